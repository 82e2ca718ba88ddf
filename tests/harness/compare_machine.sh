#!/bin/bash
# compare_machine.sh: a machine that lacks something: libevent, servers, room
# to write, a second CPU, descriptors. Each is said in a clear sentence, and
# what can be measured all the same is measured. And make c10k, as far as a
# test can hold it.
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"

# refuses FOLDER STATUS PATTERN: one sentence, and no minute of measuring.
refuses() {
    run_briefly --out="$1"
    [ "$status" -eq "$2" ] && said "$3" err && [ ! -s "$tmp/out" ] &&
        [ "$(wc -l <"$tmp/err")" -eq 1 ]
    result "no place for results: ${1:0:40}" $?
}

run_once --bin=/nonexistent --scenarios=silent
[ "$status" -eq 3 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
    said 'no program yardstick in /nonexistent; run make' err &&
    [ ! -e "$tmp/results" ]
result "without any server nothing is touched" $?

own_programs threaded yardstick
run_briefly --bin="$tmp/bin" --models=threaded,libevent
[ "$status" -eq 0 ] && others_measured &&
    said '^libevent +skipped: not built: run make' out
result "without libevent its row says why" $?

run_once --bin="$tmp/bin" --models=libevent --scenarios=wait
[ "$status" -eq 3 ] && said '^libevent +skipped: not built' out &&
    said '^compare: nothing was measured' err
result "a run that measures nothing says so and exits 3" $?

rm "$tmp/bin/threaded"
run_briefly --bin="$tmp/bin"
said '^threaded +skipped: not built' out && said '^yardstick +16/16' out
result "so does that of any other which is missing" $?

mkdir "$tmp/installed"
for name in compare threaded yardstick; do
    cp "$bin/$name" "$tmp/installed/fiveways-$name"
done
through=(env -C /)
compare=$tmp/installed/fiveways-compare run_briefly
[ "$status" -eq 0 ] && others_measured
result "programs are found beside compare, as make install puts them" $?

through=(sh -c 'exec "$@" >/dev/full' sh)
run_briefly
[ "$status" -eq 3 ] && said 'standard output: No space left' err
result "a full standard output is said" $?

through=(sh -c 'exec "$@" >&-' sh)
run_briefly
[ "$status" -eq 3 ] && said 'standard output is closed' err
result "a closed standard output is said" $?

refuses /proc/none 3 'give --out=DIR, .*/proc/none: No such'
: >"$tmp/file"
refuses "$tmp/file" 3 'give --out=DIR, .*file: Not a dir'
refuses "$tmp/file/" 3 'give --out=DIR, .*file/: Not a dir'
refuses "$(printf '/tmp/%05000d' 1)" 3 'give --out=DIR, .*too long'
refuses "" 2 'there is no folder in it'
mkdir "$tmp/closed"
chmod 555 "$tmp/closed"
[ "$(id -u)" -ne 0 ] || through=(setpriv --bounding-set=-all --inh-caps=-all)
refuses "$tmp/closed" 3 'give --out=DIR, .*closed: Permission denied'
for folder in "$tmp/a b/c/" "$tmp/a
b"; do
    run_briefly --out="$folder"
    [ "$status" -eq 0 ] && [ -s "$folder/results.csv" ]
    result "results go to ${folder#"$tmp/"}" $?
done

# What the lock needs is not everywhere.
if ! strace -o /dev/null -e inject=flock:error=ENOLCK true 2>/dev/null; then
    skip "a folder without locks" "strace cannot be used here"
else
    through=(strace -o /dev/null -e trace=flock -e inject=flock:error=ENOLCK)
    run_briefly
    [ "$status" -eq 0 ] && others_measured &&
        said 'results cannot be locked.*: No locks' err
    result "without locks it says so, and measures" $?
fi

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
run_once --models=threaded --scenarios=silent,echo,idle,wait \
    "--server=fine=perl $here/server.pl {port} fine"
[ "$status" -eq 0 ] && measured &&
    said '^compare: only 64 descriptors are allowed \(ulimit -Hn\): ' err &&
    said 'echo 64 is skipped, .*idle has 16 silent clients, not 1000' err &&
    said ' is skipped\. scenarios that need flags of ours are without servers of your own: wait\. $' err &&
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

# Of which commit it is, git says of the folder it is in.
odd="$tmp/it's \"\$HOME"
export GIT_CONFIG_GLOBAL=/dev/null # as of nobody
mkdir "$odd" && cp "$bin"/* "$odd" &&
    git -C "$odd" init -q && git -C "$odd" add load &&
    git -C "$odd" -c user.name=x -c user.email=x commit -qm x
compare=$odd/compare run_once --models=threaded --scenarios=silent
said "commit $(git -C "$odd" rev-parse --short HEAD)\$" out
result "a folder with quotes has a commit" $?

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

# Whoever starts us has opened so many: a set of select(2) ends at 1024.
through=(bash -c 'for i in {1..1040}; do exec {fd}</dev/null; done; exec "$@"'
    bash)
run_once --models=threaded --scenarios=echo
[ "$status" -eq 0 ] && ! grep -q '"price ' "$tmp/results/results.jsonl"
result "descriptors beyond FD_SETSIZE have no prices" $?

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
