#!/bin/bash
# compare_interrupt.sh: Ctrl-C prints what there is, and whatever ends
# compare, no server is left (J7).
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"

# shellcheck disable=SC2317 # called by within
a_window_is_there() {
    grep -qs '"status": *"ok"' "$tmp/results/results.jsonl"
}

# begin: compare in the background, for long; returns when a window has
# been measured and a server of its own runs.
begin() {
    rm -f "$tmp/results/results.jsonl"
    "$compare" --out="$tmp/results" --bin="$tmp/bin" --models=threaded \
        --scenarios=silent --time=600s >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    within 10 a_window_is_there
    within 10 a_server_runs
}

one_signal() {
    begin
    kill -INT "$pid"
    wait "$pid" && said 'PARTIAL: the run was cut' out &&
        said '^(threaded|yardstick) ' out
    result "Ctrl-C prints what there is, marked partial" $?
    no_servers_left
    result "Ctrl-C leaves no server" $?
    "$bin/report" "$tmp/results/results.jsonl" >"$tmp/again" 2>"$tmp/err" &&
        diff <(sed 's/   *data:.*//; s/ data:.*//' "$tmp/out") "$tmp/again"
    result "report prints the same from the file alone" $?
}

while_a_server_starts() {
    rm -f "$tmp/results/results.jsonl"
    "$compare" --out="$tmp/results" --bin="$tmp/bin" --models=threaded \
        --scenarios=silent --lives=2 --time=200ms --start-timeout=50s \
        "--server=never=$tmp/never {port}" >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    within 10 a_sleeper_runs
    kill -INT "$pid"
    SECONDS=0
    wait "$pid"
    status=$?
    # 3 where it was the first one: then nothing had been measured.
    if [ "$status" -eq 0 ]; then
        said '^never +skipped: not measured' out
    else
        [ "$status" -eq 3 ] && said 'interrupted before' err
    fi && [ "$SECONDS" -lt 10 ] && no_servers_left
    result "Ctrl-C does not wait for a server that starts" $?
}

harder_signals() {
    begin
    kill -INT "$pid"
    kill -TERM "$pid"
    wait "$pid"
    status=$?
    # Where the first window ended in between, one signal was enough.
    [ "$status" -eq 130 ] || [ "$status" -eq 0 ]
    result "a second Ctrl-C ends it at once" $?
    within 5 no_servers_left
    result "a second Ctrl-C leaves no server" $?

    begin
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    within 5 no_servers_left
    result "not even SIGKILL leaves a server" $?
}

own_programs threaded yardstick
write_sleeper
one_signal
while_a_server_starts
harder_signals
finish
