#!/bin/bash
# report_merge.sh: runs that load saved are added up by report, and files that
# are none or do not fit together are refused.
source "$(dirname "$0")/cases.sh"

# load_saved FILE ARGUMENTS...: a short run, saved.
load_saved() {
    "$bin/load" "$target" --save "$tmp/$1" -n 2000 "${@:2}" \
        >"$tmp/$1.out" 2>>"$tmp/err"
}

merge() { report_here --merge "$@"; }

# refused NAME PATTERN FILES...: exit 3, one sentence, nothing printed.
refused() {
    merge "${@:3}"
    [ "$status" -eq 3 ] && said "^report: $2" err &&
        [ "$(wc -l <"$tmp/err")" -eq 1 ] && [ ! -s "$tmp/out" ]
    result "$1 is refused" $?
}

# usage NAME PATTERN ARGUMENTS...: wrong usage, and it says so.
usage() {
    report_here "${@:3}"
    [ "$status" -eq 2 ] && said "$2" err
    result "$1 is wrong usage" $?
}

# shift_run FILE BEGUN_MS: the run as if it had begun then, and lasted 1 s.
shift_run() {
    sed -E "s/(\"begun_ms\":) [0-9]+/\1 $2/; s/(\"window_ns\":) [0-9]+/\1 1000000000/" \
        "$tmp/$1"
}

start_target
load_saved a.run -c 4 && load_saved b.run -c 8 && load_saved c.run -c 1
merge a.run b.run c.run
[ "$status" -eq 0 ] && [ ! -s "$tmp/err" ] &&
    said "^3 runs against $target: 13 clients, 64 B a message" out &&
    said 'served +13 of 13 clients' out && said '\(6000 in all\)' out &&
    said 'errors +none' out
result "three runs are added up" $?
# They were one after the other: it would be wrong to keep quiet of it.
said 'these runs were at one time for 0 ns of .* only' out
result "runs at different times are told" $?
shift_run a.run 1000 >"$tmp/first.run"
shift_run b.run 1500 >"$tmp/half.run"
shift_run b.run 1050 >"$tmp/little.run"
merge first.run half.run
said 'these runs were at one time for 500 ms of 1.00 s only' out
result "runs that overlap by half are told" $?
merge first.run little.run
[ "$status" -eq 0 ] && ! said 'at one time' out
result "hosts need not start on the dot" $?
merge a.run
sed '1s/^1 run against //' "$tmp/out" | diff - "$tmp/a.run.out"
result "one run alone is printed as load printed it" $?

cp "$tmp/a.run" "$tmp/copy.run"
refused "a copy" 'copy.run: holds the same run as a.run' \
    a.run b.run copy.run
load_saved churn.run --churn
refused "a run with another load" \
    'churn.run: cannot .* connection for each echo here' a.run churn.run
head -c 400 "$tmp/b.run" >"$tmp/cut.run"
refused "a file cut off" 'cut.run: is cut off' a.run cut.run
refused "an empty file" '/dev/null: is cut off' /dev/null
refused "a folder" '/: Is a directory' /
refused "a file that is not there" 'none.run: No such file' none.run

usage "no file at all" '--merge: name the files' --merge
usage "--merge with --csv" '--merge: .* leave the other flag out' \
    --merge --csv a.run
usage "--merge with --diff" '--merge: goes with no other' \
    --merge --diff a.run b.run
usage "two formats" 'choose one of --markdown, ' --html --csv a.run
usage "two files without --merge" 'added up with --merge' a.run b.run
"$bin/report" --merge "$tmp/a.run" >/dev/full 2>"$tmp/err"
[ $? -eq 3 ] && said 'standard output: No space left' err
result "a full standard output is said" $?

stop_target
load_saved gone.run -c 3
merge a.run gone.run
[ "$status" -eq 1 ] && said 'served +4 of 7 clients' out &&
    said 'refused 3' out
result "errors of one host are errors of the sum" $?
finish
