#!/bin/bash
# lesson.sh: experiments are run once each and say what came; a lesson asks,
# judges by the run, and keeps it; an exercise is done when its tests hold.
# shellcheck source=tests/course/with_tables
source "$(dirname "$0")/with_tables"

# came NAME NUMBER: that experiment, and behind what was run its number.
came() {
    perl -0ne 'exit !/^\Q'"$1"'\E: .*\n(?:  [^=].*\n|\n(?=    ))*  = '"$2"'\n\n/m' \
        "$tmp/out"
}

# ---- experiments ---------------------------------------------------------

course show --experiment="silent,silent-end threads,idle"
[ "$status" -eq 0 ] && came silent '0 of 7' && came silent-end 0 &&
    came threads '9 threads'
result "a server is driven" $?
[ "$(grep -c 'blocking --port=[1-9][0-9]* &$' "$tmp/out")" -eq 1 ] &&
    said '^  \$ build/bin/load 127.0.0.1:[0-9]+ --silent=1 -c 7 -d 200ms$' out
result "two figures of one run, which is said as one types it" $?
said '^  \$ build/bin/blocking --backlog=5 --port=[0-9]+ &' out &&
    came idle '[01](\.\d+)? %'
result "nobody asks" $?

begin_ms=$(date +%s%3N)
course show --experiment=idle
[ $(($(date +%s%3N) - begin_ms)) -ge 1000 ]
result "... for a second" $?

course show --experiment=three,bin,no-number,no-server,no-figure,silent-p99
[ "$status" -eq 1 ] && came three '3 ms' && came bin '1 ms' &&
    came no-number 'no number came of it' && came no-server 'the server ended with status 127.*' &&
    came no-figure 'no number came of it' &&
    came silent-p99 'no number came of it'
result "what cannot be had is said, and the others go on" $?

"$here/golden/make.pl" default >"$tmp/golden.jsonl"
course show --experiment=cpu,bare,no-model --from="$tmp/golden.jsonl"
[ "$status" -eq 1 ] && came bare '64' && came cpu '[0-9.]+' &&
    came no-model 'it could not be run.*' && ! said 'bin/compare' out
result "results of compare are read and nothing is run" $?
course show --experiment=no-model --from="$tmp/golden.jsonl"
[ "$status" -eq 3 ]
result "nothing could be had" $?

on_terminal 80 "-C $tree" "build/bin/course show --experiment=cpu,bare,other"
tr -d '\r' <"$tmp/out" >"$tmp/shown" && mv "$tmp/shown" "$tmp/out"
[ "$status" -eq 0 ] && came other 16 && [ "$(grep -c 'bin/compare' "$tmp/out")" -eq 1 ] &&
    said 'compare --quick --models=selectloop,threaded --scenarios=echo,silent' out &&
    came bare 64
result "what compare measures, in one run" $?
! said 'life [0-9]' out && said '^    threaded +64/64' out &&
    [ "$(grep '^    [^$]' "$tmp/out" | wc -L)" -le 80 ]
result "... as wide as the terminal, without where it has got to" $?
COLUMNS=90 course show --experiment=columns
came columns '86 columns'
result "... or as COLUMNS" $?
timeout 10 "$bin/course" show >/dev/full 2>"$tmp/err"
[ $? -eq 3 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ]
result "what cannot be printed is no success" $?

course show && [ "$(grep -c . "$tmp/out")" -eq 19 ] && said '^three +the last' out
result "all are listed" $?
course show --experiment=silnt
[ "$status" -eq 2 ] && said '^course: --experiment: silnt is none; .make show. lists them$' err
result "a name that is mistyped" $?

# Ctrl-C ends all that was started.
begin_long() {
    (cd "$tree" && in_the_foreground build/bin/course "$@") \
        >"$tmp/out" 2>"$tmp/err" </dev/null &
    pid=$!
    within 10 test -s "$tree/build/bin/begun"
}
begin_long show --experiment=long,last
kill -INT "$pid"
wait "$pid"
status=$?
[ "$status" -eq 130 ] && within 5 no_children_left && ! said '^last' out &&
    said '^  = interrupted$' out
result "Ctrl-C" $?

# ---- a lesson ------------------------------------------------------------

kept=$tree/build/course/predictions.jsonl
course lesson blocking
[ "$status" -eq 0 ] && said '^P1 +- +a\) none: 0 of 7$' out &&
    said '^P2 +- +none of these: 3 ms$' out && said '^P3 +- +not seen: ' out &&
    said '^read on: blocking/README.md$' out
result "nobody is asked" $?
printf '# mine\nblocking.P1=c # sure\nblocking.P2=A\nblocking.P3=\nthreaded.P1=b\n' \
    >"$tmp/answers"
course lesson --answers="$tmp/answers" blocking
[ "$status" -eq 0 ] && said '^P1 +c +a\) none: 0 of 7$' out &&
    said '^P2 +a +none of these' out && said '^P3 +- ' out
result "answers in a file, right or wrong" $?
perl -MJSON::PP -ne 'push @all, decode_json($_);
    END { my ($p1, $p2, $p3) = @all[3 .. 5];
        exit !(@all == 6 && $p1->{lesson} eq "blocking" && $p1->{id} eq "P1" &&
            $p1->{question} eq "How many are served?" &&
            "@{$p1->{choices}}" eq "none one all seven" &&
            $p1->{experiment} eq "silent" && $p1->{yours} eq "c" &&
            $p1->{observed} eq "a" && $p1->{number} == 0 &&
            $p1->{unit} eq "of 7" && !defined $p2->{observed} &&
            $p2->{number} == 3 && !defined $p3->{number} &&
            !defined $all[0]{yours}) }' "$kept"
result "both times are kept" $?

printf '{"lesson":"cut' >"$kept"
course lesson blocking
[ "$status" -eq 0 ] && [ "$(grep -c '' "$kept")" -eq 4 ] &&
    [ "$(grep -c '^{"lesson":"cut$' "$kept")" -eq 1 ]
result "a line that was cut off stays alone" $?
ln -sf /dev/full "$kept"
course lesson blocking
[ "$status" -eq 3 ] && said '^P3 ' out && said 'predictions.jsonl could not be written' err
result "the file cannot be written" $?
rm "$kept"
printf 'blocking.P1=a\nblocking.P3=a\n' >"$tmp/answers"
course lesson --answers="$tmp/answers" blocking
[ "$status" -eq 0 ] && ! said '^Where yours' out
result "what was not seen does not differ" $?
rm "$kept"
echo 'libevent.P1=a' >"$tmp/answers"
course lesson --answers="$tmp/answers" libevent
[ "$status" -eq 3 ] && said '^P1 +a +not seen: ' out && ! said '^Where yours' out
result "nothing could be seen" $?

printf '\nblocking.P1=d\n' >"$tmp/answers"
course lesson --answers="$tmp/answers" blocking
[ "$status" -eq 2 ] && said 'blocking.P1=d is no choice' err
result "an unknown choice" $?
course lesson --answers=/nowhere blocking
[ "$status" -eq 2 ] && said 'nowhere' err
result "no such file" $?
course lesson bloking
[ "$status" -eq 2 ] && said '^course: bloking is no lesson; there are blocking threaded' err
result "no such lesson" $?

(cd "$tree" && printf 'x\nb)\n C\n\n' | timeout 60 script -qec \
    "stty cols 80; build/bin/course lesson blocking" /dev/null) |
    tr -d '\r' >"$tmp/out"
[ "$(grep -o 'your answer \[a-c, Enter' "$tmp/out" | wc -l)" -eq 4 ] &&
    [ "$(grep -c 'please a letter from a to c$' "$tmp/out")" -eq 1 ] &&
    said '^P1 +b +a\) none' out && said '^P2 +c ' out && said '^P3 +- ' out
result "on a terminal people are asked, again what is no answer" $?
[ "$(wc -L <"$tmp/out")" -le 80 ] && said '^P3 Is that a number, or' out &&
    ! said ' %  ' out
result "... within its width" $?

# ---- an exercise ---------------------------------------------------------

mkdir -p "$tree/mine/blocking" # by make: see the lessons, which check-docs runs
cp blocking/server.c "$tree/mine/blocking"
course exercise blocking
[ "$status" -eq 0 ] && said '^done$' out
result "it is done" $?
mkdir -p "$tree/mine/harness/contract"
echo '#error of my own' >"$tree/mine/harness/contract/contract.h"
touch "$tree/mine/blocking/server.c"
course exercise blocking
[ "$status" -eq 1 ] && said 'of my own' err
result "its own headers come before ours" $?
rm -r "$tree/mine/harness"
sed -i 's/^conn_echo(/conn_echo_not(/' "$tree/mine/blocking/server.c"
course exercise blocking
[ "$status" -eq 1 ] && said '^  not yet: .*that server could' out
result "it cannot be built" $?
cat >"$tree/mine/blocking/server.c" <<'C'
#include <stdio.h>
#include <unistd.h>
int main(void) { return puts("listening on 127.0.0.9:1"), fflush(stdout), pause(); }
C
course exercise blocking
[ "$status" -eq 1 ] && said '^  not yet: .*wanted at least 1 echoes, seen ' out
result "it is not yet done" $?
course exercise treaded
[ "$status" -eq 2 ] && said '^course: treaded is no exercise' err
result "no such exercise" $?
finish
