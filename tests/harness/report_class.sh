#!/bin/bash
# report_class.sh: results of many machines on one page; strangers' files are
# hostile.
source "$(dirname "$0")/cases.sh"

class=$tmp/class
class_of() { report_here --class "$@"; }

# machine NAME SCRIPT: results as of another machine, changed by perl.
machine() {
    perl -pe 's/"seed":7/"seed":'$((++seed))'/;'"${2:-}" "$tmp/default.jsonl" \
        >"$1"
}
"$here/golden/make.pl" default >"$tmp/default.jsonl"
seed=10
mkdir -p "$class/cem" "$class/.hidden"

# Three machines: on one a thread is cheap and blocking serves everybody; one
# has a single CPU and another compiler.
machine "$class/ann.jsonl"
# shellcheck disable=SC2016 # for perl
machine "$class/bob.jsonl" '
    s/("server_cpu_us":)([\d.]+)/$1 . $2 * .4/e
        if /"type":"slice"/ && /"model":"threaded"/;
    s/"served":1,/"served":512,/ if /"scenario":"echo"/ && !/"clients":1,/'
machine "$class/cem/results.jsonl" 's/"cpus":2/"cpus":1/; s/AMD EPYC/Pi/;
    s/"cores":2/"cores":1/; s/gcc 12.2.0/clang 14/'
cp "$tmp/default.jsonl" "$class/.hidden.jsonl"
cp "$tmp/default.jsonl" "$class/.hidden/results.jsonl"
machine "$class/partial.jsonl" # beside the last good one, of no other machine
echo "not of ours" >"$class/README.txt"

class_of class
[ "$status" -eq 0 ] && said '^Fiveways on 3 machines' out && ! said 'Left out' out
result "three machines" $?
said '^  2 of 3 +a thread each costs more .*each echo; not on bob$' out
result "a claim that does not hold on one" $?
said '^  2 of 3 +one at a time leaves many .*; not on bob' out
result "clients that are served after all" $?
said '^  2 of 2 +a thread each is fastest where an echo is work' out
result "one CPU says nothing of work that is parallel" $?
said '^  3 of 3 +select costs more' out && said '^  3 of 3 +a thread each keeps' out
result "what holds on all" $?
said '^  cem +Pi, 1 CPU, Linux.*clang 14, seed' out && said ' threaded 0.66 ' out
result "a machine by what it is" $?

class_of class --html
[ "$status" -eq 0 ] && grep -q '<svg' "$tmp/out" &&
    cmp -s "$tmp/out" <(cd "$tmp" && "$bin/report" --html --class class)
result "as a page with a picture, twice the same" $?

# ---- hostile files -------------------------------------------------------

cp "$class/ann.jsonl" "$class/again.jsonl"
echo '{"type":"run","mode":"default"}' >"$class/old.jsonl"
head -c 100000 /dev/urandom >"$class/garbage.jsonl"
truncate -s 9M "$class/huge.jsonl"
: >"$class/empty.jsonl"
mkfifo "$class/fifo.jsonl"
ln -s /dev/zero "$class/zero.jsonl"
ln -s . "$class/loop"
mkdir "$class/nothing" "$class/folder" "$class/folder/results.jsonl"
head -1 "$tmp/default.jsonl" >"$class/one_line.jsonl"
perl -e 'print "[" x 1e6' >"$class/deep.jsonl"
(
    head -1 "$class/ann.jsonl" | sed 's/"seed":11/"seed":99/'
    yes '{"type":"life","scenario":"a","model":"b","status":"ok"}' | head -5000
) >"$class/lives.jsonl"
machine "$class/"$'\e[2J<script>"x"\n'"$(printf 'y%.0s' {1..200}).jsonl" \
    's/AMD EPYC/<script>\\u001b[2J&\\u202e/; s/libevent/<script>/g'
# shellcheck disable=SC2016 # for perl
machine "$class/numbers.jsonl" 's/("server_cpu_us":)[\d.e-]+/${1}1e300/;
    s/("echoes_per_s":)[\d.e-]+/${1}-1e308/; s/("rss_kib_per_client":)[\d.]+/${1}1e999/'

class_of class
[ "$status" -eq 0 ] && said '^Fiveways on 4 machines' out
result "the others go on" $?
for line in 'ann +is the same run' 'old +line 1 is of an older' \
    'garbage +line 1 is not JSON' 'huge +is larger' 'empty +line 1 is missing' \
    'fifo +is no regular' 'zero +is no regular' 'nothing +has no results' 'loop +has no results' \
    'folder +is no regular' 'one_line +has nothing' 'deep +line 1' \
    'lives +is larger' 'numbers +line'; do
    said "^  $line" out
    result "named: $line" $?
done
no_escapes && [ "$(wc -L <"$tmp/out")" -le 100 ]
result "no link is followed, no line too long, no terminal steered" $?
class_of class --html
[ "$status" -eq 0 ] && ! grep -q '<script' "$tmp/out" && ! grep -q '://' "$tmp/out"
result "as a page: words are words, and it refers to nothing" $?
well_formed "as a page that is well-formed" "$tmp/out"

# ---- archives of make handin ---------------------------------------------

# pack ARCHIVE [TAR-OPTION...]: $tmp/handin-x, under that name.
pack() { (cd "$tmp" && tar -czf "handins/$1" --force-local "${@:2}" handin-x); }
mkdir -p "$tmp/handins" "$tmp/handin-x/mine/deeper"
machine "$tmp/handin-x/results.jsonl"
cp "$tmp/default.jsonl" "$tmp/handin-x/mine/results.jsonl"
cp "$tmp/default.jsonl" "$tmp/handin-x/mine/deeper/results.jsonl"
prediction='{"lesson":"blocking","id":"P1","question":"How many?","choices":["none","one"],"yours":"b","observed":"a","number":0.0}'
echo "$prediction" >"$tmp/handin-x/predictions.jsonl"
pack ann.tar.gz
machine "$tmp/handin-x/results.jsonl"
pack "-b:c \$(touch pwned)'\"x.tar.gz" --exclude=predictions.jsonl
machine "$tmp/handins/dan.jsonl"
mv "$tmp/handin-x/results.jsonl" "$tmp/kept"
pack no-results.tar.gz
ln -s /etc/passwd "$tmp/handin-x/results.jsonl"
pack link.tar.gz
rm "$tmp/handin-x/results.jsonl"
mkfifo "$tmp/handin-x/results.jsonl"
pack fifo.tar.gz
rm "$tmp/handin-x/results.jsonl"
truncate -s 64M "$tmp/handin-x/results.jsonl"
pack bomb.tar.gz
mv "$tmp/kept" "$tmp/handin-x/results.jsonl"
head -c 1000 "$tmp/handins/ann.tar.gz" >"$tmp/handins/cut.tar.gz"
head -c 1000 /dev/urandom >"$tmp/handins/noise.tar.gz"
ln -s ann.tar.gz "$tmp/handins/elsewhere.tar.gz"
mkfifo "$tmp/handins/pipe.tar.gz"

class_of handins
[ "$status" -eq 0 ] && said '^Fiveways on 3 machines' out && said '^  ann +AMD' out &&
    said '^  dan +AMD' out && tr -s ' \n' ' ' <"$tmp/out" | grep -q 'P1 How many? 5 of 5 predicted (b)'
result "archives beside a file, each with its name and its predictions" $?
said "^  -b:c .*x +AMD" out && [ -z "$(find "$tmp" -name pwned)" ]
result "a name is a name, whatever the shell or tar make of it" $?
for name in no-results link fifo bomb cut noise; do
    said "^  $name +(has no results.jsonl|line 1 is missing|is larger)" out
    result "an archive that is left out: $name" $?
done
said '^  elsewhere +is no regular file' out && said '^  pipe +is no regular file' out
result "no archive leads elsewhere, or waits for somebody" $?

said '^  bomb +is larger than any run' out && [ "$(grep -c '^  bomb ' "$tmp/out")" -eq 1 ]
result "one with too much in it" $?
# What looks like an archive, and is none.
mkdir -p "$tmp/named/"{eve.tar.gz,fay.jsonl,gus.predictions.jsonl}
for file in eve.tar.gz/results fay.jsonl/results gus.predictions.jsonl/results hal.tar.gz; do
    machine "$tmp/named/$file.jsonl"
done
echo "$prediction" | tee "$tmp/named/fay.jsonl/predictions.jsonl" >"$tmp/named/ida.predictions.jsonl"
class_of named
[ "$status" -eq 0 ] && said '^Fiveways on 4 machines' out && said '^  eve.tar.gz +AMD' out &&
    ! said 'Left out' out && tr -s ' \n' ' ' <"$tmp/out" | grep -q 'P1 .* 2 of 2 predicted'
result "a folder or a file is what it ends in" $?

# A thousand of them; each file is what it is to the others.
mkdir "$tmp/many"
# shellcheck disable=SC2016 # for perl
perl -ne 'print if $. == 1 || (/"scenario":"echo"/ && /"clients":64,/ &&
    (/"type":"life"/ || /"block":[1-4]\b/))' "$tmp/default.jsonl" >"$tmp/short.jsonl"
for i in $(seq 1000); do
    sed "s/\"seed\":7/\"seed\":$i/" "$tmp/short.jsonl" >"$tmp/many/$i.jsonl"
done
class_of many --html
[ "$status" -eq 0 ] && grep -q 'Fiveways on 1000 machines' "$tmp/out"
result "a thousand machines" $?

class_of none
[ "$status" -eq 3 ] && [ ! -s "$tmp/out" ] && said '^report: none: No such' err
result "no such folder" $?
rm -r "$class"/[!eg]*
class_of class
[ "$status" -eq 3 ] && said '^report: class: has no good results' err &&
    said '^  empty +line 1 is missing' out
result "none that is good" $?
finish
