#!/bin/bash
# compare_machine.sh: a machine that lacks something: a second CPU,
# descriptors, room on the disk. Each is said in a clear sentence, and
# what can be measured all the same is measured. And make c10k, as far as a
# test can hold it.
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"

cpu=$(taskset -cp $$ | grep -oE '[0-9]+' | tail -1)
through=(taskset -c "$cpu")
run_once --models=threaded --scenarios=silent,work
[ "$status" -eq 0 ] && measured &&
    said 'with one CPU, work cannot show' err &&
    said 'with one CPU, work cannot show' flat
result "one CPU is said, and the rest is measured" $?
through=(taskset -c "$cpu")
run_once --layout=split
[ "$status" -eq 2 ] && said 'split needs 2 CPUs, and this process' err
result "a layout that needs two is refused" $?

through=(prlimit --nofile=64)
run_once --models=threaded --scenarios=silent,echo,idle,wait
[ "$status" -eq 0 ] && measured &&
    said '^compare: only 64 descriptors are allowed \(ulimit -Hn\): ' err &&
    said 'echo 64 is skipped, .*idle has 16 silent clients, not 1000' err &&
    said '^threaded +1/1 ' out && said '^threaded +32/32' out &&
    said 'skipped: 64 clients need 96' flat &&
    [ "$(wc -l <"$tmp/err")" -le 3 ]
result "with 64 descriptors rows shrink or are skipped, in one sentence" $?

# A disk of 8 KiB, in a name space of our own, which ends with the command.
disk=$tmp/disk
mkdir "$disk"
if ! unshare -m mount -t tmpfs -o size=8k none "$disk" 2>/dev/null; then
    skip "a full disk" "we may not mount one"
else
    # shellcheck disable=SC2016
    through=(unshare -m sh -c 'disk=$1 && shift &&
        mount -t tmpfs -o size=8k none "$disk" &&
        exec "$@" --out="$disk/compare"' sh "$disk")
    run_once --models=threaded --scenarios=silent --lives=2 --time=1s
    [ "$status" -eq 3 ] && said '^threaded +16/16' out &&
        said 'results.jsonl: No space left .*prints its table' err &&
        ! said 'more: [^ ]*report [^ ]*results' flat && [ "$(grep -c 'No space' "$tmp/err")" -eq 1 ]
    result "a full disk is said once, and the table is printed" $?
fi

# Where there is but one port, whoever connects to it meets himself.
network="ip link set lo up && exec \"\$@\""
network="echo 40001 40001 >/proc/sys/net/ipv4/ip_local_port_range && $network"
through=(unshare -rn sh -c "$network" sh)
if ! "${through[@]}" true 2>/dev/null; then
    skip "a server that never listens" "this needs unshare -rn and ip"
else
    run_once --models=none --scenarios=silent --start-timeout=500ms \
        '--server=never=sleep 100 # {port}'
    [ "$status" -eq 1 ] && said '^compare: never: was not ready' err
    result "a connection to itself is no server" $?
fi

if ! prlimit --nofile=2400:2400 true 2>/dev/null; then
    skip "idle clients by their number" "2400 descriptors are too many"
else
    through=(prlimit --nofile=2400:2400)
    run_once --c10k --models=threaded,selectloop
    sed -n '/^What clients that only wait cost/,/kernel:/p' "$tmp/out" \
        >"$tmp/scale"
    [ "$status" -eq 0 ] && said '^ +0 +1000 +2[0-9]+ +served' scale &&
        said '^threaded +[0-9.]+ +[0-9.]+ +[0-9.]+ +2[0-9]+/2' scale
    result "idle clients have a table by their number" $?
    said '^selectloop +[0-9.]+ +[0-9.]+ +- +10[0-9][0-9]/2[0-9]+ .* 0$' scale &&
        said 'selectloop .*serves 10[0-9][0-9] of .* from FD_SETSIZE on' flat
    result "selectloop stops at FD_SETSIZE and has no thread stacks" $?
    said 'idle has [0-9]+ silent clients, not 5000' err &&
        said 'idle with 10000 silent clients is left out' err
    result "too few descriptors are said before it starts" $?
fi
finish
