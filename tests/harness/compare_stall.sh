#!/bin/bash
# compare_stall.sh: who was stopped for a while is neither failed nor judged by
# it, and who works while others are measured is told.
# For the rest: it takes long.
# Runs alone: it is about time.
source "$(dirname "$0")/cases.sh"

# processes PATTERN: those whose command line matches, one a line.
processes() {
    grep -slaE "$1" /proc/[0-9]*/cmdline | grep -oE '[0-9]+'
}

# stopped PATTERN: compare for 6 s, in the middle of which the processes of
# that command line stand still for 1.5 s; and again for a moment until that
# was in a slice, and not between two.
stopped() {
    local pids seconds
    begin --bin="$tmp/bin" --models=threaded --scenarios=silent --lives=1 \
        --time=6s
    sleep 1
    mapfile -t pids < <(processes "$1")
    for seconds in 1.5 0.2 0.2 0.2 0.2 0.2 0.2; do
        kill -STOP "${pids[@]}"
        sleep "$seconds"
        kill -CONT "${pids[@]}"
        sleep 0.1
        ! grep -q '"stalled":true' "$tmp/results/results.jsonl.new" || break
    done
    compare_ends
}

# cost: what threaded costs, in yardsticks.
cost() { field cpu_over_yardstick threaded; }

# unharmed STALLS: each row is good, there were stalls, and the price is what
# it was when nothing had stopped. Busy machines move it, but not by a third.
unharmed() {
    [ "$status" -eq 0 ] && others_measured &&
        between 1 "$1" 100 && near "$(cost) / $usual" 1 0.25
}

own_programs threaded yardstick compare
run --bin="$tmp/bin" --models=threaded --scenarios=silent --lives=1 --time=3s \
    --syscalls=none
usual=$(cost)
stopped "^$tmp/bin/threaded"
unharmed "$(life stalls threaded)"
result "a server that was stopped for a while is not judged by it" $?
report --noise
said 'threaded +stalled for [0-9]{3,4} ms in silent 16' report
result "but it is told" $?

compare=$tmp/bin/compare
stopped "^$tmp/bin/compare"
unharmed "$(($(life stalls threaded) + $(life stalls yardstick)))"
result "nobody is judged by a stop of compare itself" $?

# It asks without end whether there is something to do.
run_briefly "--server=spins=perl $here/server.pl {port} spins"
report --noise
[ "$status" -eq 0 ] && between 1 "$(life elsewhere_percent spins)" 100 &&
    between 0 "$(life elsewhere_percent threaded)" 1 &&
    said '^spins +silent 16 +[0-9]+ +[0-9.]+ +[1-9]' report &&
    said 'note: spins: it used [0-9]+ % of a CPU while others' flat
result "a server that works while others are measured is told" $?
finish
