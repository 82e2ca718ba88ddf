#!/bin/bash
# report_diff.sh: what changed between two runs, and what is kept to be held
# against the next one.
source "$(dirname "$0")/cases.sh"

diff_of() { report_here --diff "$@"; }

"$here/golden/make.pl" default >"$tmp/a.jsonl"
# threaded is 10 % dearer, on another machine and by another compiler.
perl -pe 'if (/"type":"slice"/ && /"model":"threaded"/) {
        s/("server_cpu_us":)([\d.]+)/$1 . 1.1 * $2/e
    }
    s/AMD EPYC/<script>\\u001b[2J \\"x\\"/; s/gcc 12.2.0/clang 14/' "$tmp/a.jsonl" \
    >"$tmp/b.jsonl"

diff_of a.jsonl a.jsonl
[ "$status" -eq 0 ] && said "^Nothing changed beyond noise" out &&
    ! said "worse|better|, was " out
result "a run against itself" $?

diff_of a.jsonl b.jsonl
[ "$status" -eq 0 ] &&
    [ "$(grep -c '^  threaded .*: CPU per echo 1.*(x1.10 \[1.0' "$tmp/out")" -eq 7 ] &&
    ! said '^  (blocking|selectloop|coroutine|libevent|yardstick) ' out &&
    said '^  CPU +<script>.*, was AMD EPYC' out && said '^  compiler +clang 14, was gcc' out
result "who is ten percent dearer, and where else" $?
no_escapes
result "another machine's name steers no terminal" $?

diff_of --html a.jsonl b.jsonl
[ "$status" -eq 0 ] && ! grep -q '<script' "$tmp/out" &&
    cmp -s "$tmp/out" <(cd "$tmp" && "$bin/report" --diff --html a.jsonl b.jsonl)
result "as a page, twice the same" $?
well_formed "which is well-formed" "$tmp/out"

# ---- usage and files -----------------------------------------------------

diff_of a.jsonl
[ "$status" -eq 2 ] && said "name the two results files" err
result "one file is wrong usage" $?
echo "not JSON" >"$tmp/bad.jsonl"
for pair in "bad.jsonl a.jsonl" "a.jsonl bad.jsonl" "a.jsonl none"; do
    # shellcheck disable=SC2086 # two words
    diff_of $pair
    [ "$status" -eq 3 ] && [ ! -s "$tmp/out" ] &&
        said '^report: (bad.jsonl: line 1 is not JSON|none: No such file)' err
    result "refused: $pair" $?
done

# ---- a baseline ----------------------------------------------------------

save() { report_here --save-baseline "$@"; }
mkdir "$tmp/build"
save a.jsonl
[ "$status" -eq 0 ] && cmp -s "$tmp/a.jsonl" "$tmp/build/baseline.jsonl"
result "kept as build/baseline.jsonl" $?
sed '$d' "$tmp/a.jsonl" >"$tmp/cut.jsonl"
head -1 "$tmp/a.jsonl" >"$tmp/empty.jsonl"
tail -1 "$tmp/a.jsonl" >>"$tmp/empty.jsonl"
for name in bad cut empty none; do
    save "$name.jsonl"
    [ "$status" -eq 3 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
        said "^report: $name.jsonl is not kept" err &&
        cmp -s "$tmp/a.jsonl" "$tmp/build/baseline.jsonl" &&
        [ "$(ls "$tmp/build")" = baseline.jsonl ]
    result "not kept: $name" $?
done
save a.jsonl --save-baseline=nowhere/x
[ "$status" -eq 3 ] && said "^report: a.jsonl is not kept as nowhere/x: No such" err
result "not kept where there is no folder" $?
touch "$tmp/b.new"
report_here --save-baseline=b - <"$tmp/a.jsonl"
[ "$status" -eq 3 ] && said "^report: - is not kept as b: No such file" err &&
    [ -e "$tmp/b.new" ]
result "another's file stays" $?
mkdir "$tmp/folder"
mkfifo "$tmp/fifo"
ln -s /dev/null "$tmp/link"
for taken in folder fifo link; do
    save a.jsonl --save-baseline=$taken
    [ "$status" -eq 3 ] && said "^report: a.jsonl is not kept as $taken: " err &&
        [ ! -f "$tmp/$taken" ] && [ ! -e "$tmp/$taken.new" ]
    result "not kept in the place of what is no file: $taken" $?
done

run_once --models=threaded --scenarios=echo --baseline="$tmp/bad.jsonl"
[ "$status" -eq 2 ] && said "--baseline: .*bad.jsonl: line 1 is not JSON" err &&
    [ ! -e "$tmp/results" ]
result "compare looks at the baseline first" $?
run_once --models=threaded --scenarios=silent --baseline="$tmp/a.jsonl"
[ "$status" -eq 0 ] && said '(dearer|Dearer) or worse than in ' flat
result "compare says at its end what is dearer" $?
finish
