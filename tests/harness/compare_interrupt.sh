#!/bin/bash
# compare_interrupt.sh: Ctrl-C prints what there is, the last good results
# stay, and whatever ends compare, no server is left (J7).
# For the rest: it takes long.
# shellcheck disable=SC2016,SC2031,SC2119,SC2317 # perl's words; begin sets pid in this shell; within calls
source "$(dirname "$0")/cases.sh"

# begin_long: a run of minutes that has measured a slice.
begin_long() {
    begin --models=threaded --scenarios=silent --time=600s
}

# The status of a run that was killed is of no interest to the shell, either.
begin_and_end_by() {
    begin_long
    for signal in "$@"; do
        kill -"$signal" "$pid"
    done
    compare_ends
}

write_sleeper

begin_and_end_by INT
[ "$status" -eq 130 ] && said 'PARTIAL: ' out &&
    said '^(threaded|yardstick) ' out && no_children_left
result "Ctrl-C prints what there is, marked partial, and leaves no server" $?
printed_again
result "report prints the same from the file alone" $?

# What comes back in the slice that is cut off counts for no time, but is there;
# three times, for it may have been between two slices.
many_slices_are_there() {
    [ "$(grep -c '"type":"slice"' "$tmp/results/results.jsonl.new")" -ge 40 ]
}
good=0
for _ in 1 2 3; do
    begin --models=threaded --scenarios=echo --time=600s
    within 10 many_slices_are_there
    kill -INT "$pid"
    compare_ends
    [ "$status" -eq 130 ] && said '^Checked: bytes on both sides' out || good=1
done
result "and both sides have the same bytes" "$good"

# They are asked at the end of a life, which this one does not have.
begin --models=threaded --scenarios=idle --time=600s
kill -INT "$pid"
compare_ends
[ "$status" -eq 130 ] && said '^threaded ' out && ! said '/1016' out
result "silent clients who were not asked are not unserved" $?

# What whoever starts it may have left, in perl's words.
through=(perl -MPOSIX -e 'sigprocmask(SIG_BLOCK,
        POSIX::SigSet->new(SIGINT, SIGTERM));
    $SIG{TERM} = $SIG{CHLD} = $SIG{PIPE} = "IGNORE"; exec @ARGV')
begin_long
kill -TERM "$pid"
within 30 has_ended "$pid" || kill -KILL "$pid"
compare_ends
[ "$status" -eq 130 ] && said 'PARTIAL: ' out && no_children_left
result "SIGTERM ends it, though it was blocked and ignored" $?

run_briefly
cp "$tmp/results/results.jsonl" "$tmp/results/summary.csv" "$tmp"
begin_and_end_by INT
[ "$status" -eq 130 ] && cmp "$tmp/results.jsonl" "$tmp/results/results.jsonl" &&
    cmp "$tmp/summary.csv" "$tmp/results/summary.csv" &&
    said 'is in .*/partial.jsonl; the last whole run stays' err &&
    said '^more: .*/partial\.jsonl --all$' out &&
    printed_again "$tmp/results/partial.jsonl"
result "a run cut short leaves the last good results" $?
begin_and_end_by KILL
cmp "$tmp/results.jsonl" "$tmp/results/results.jsonl"
result "so does one that was killed" $?

# The second one may not even touch the file that the first one is writing.
begin_long
before_bytes=$(wc -c <"$tmp/results/results.jsonl.new")
timeout 20 "$compare" --out="$tmp/results" --scenarios=silent \
    >"$tmp/second.out" 2>"$tmp/second.err"
[ $? -eq 3 ] && [ "$(wc -l <"$tmp/second.err")" -eq 1 ] &&
    said 'another run writes into .*--out=DIR' second.err &&
    [ ! -s "$tmp/second.out" ] &&
    [ "$(wc -c <"$tmp/results/results.jsonl.new")" -ge "$before_bytes" ]
result "a second run in the same folder is refused" $?
kill -INT "$pid"
compare_ends
[ "$status" -eq 130 ] && printed_again "$tmp/results/partial.jsonl"
result "and does not disturb the first" $?

in_the_foreground "$compare" --out="$tmp/others" --models=threaded \
    --scenarios=silent --start-timeout=50s \
    "--server=never=$tmp/never {port}" >"$tmp/out" 2>"$tmp/err" &
pid=$!
within 10 a_sleeper_runs
kill -INT "$pid"
SECONDS=0
compare_ends
# Servers are started before any is measured.
[ "$status" -eq 130 ] && said 'interrupted before' err &&
    [ "$SECONDS" -lt 10 ] && no_children_left
result "Ctrl-C does not wait for a server that starts" $?

begin_and_end_by INT TERM
[ "$status" -eq 130 ] && within 5 no_children_left
result "a second Ctrl-C ends it at once, and leaves no server" $?
begin_and_end_by KILL
within 5 no_children_left
result "not even SIGKILL leaves a server" $?
finish
