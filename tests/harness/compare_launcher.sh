#!/bin/bash
# compare_launcher.sh: servers that compare starts through a command: pinned,
# in another network namespace, or out of sight as on another host. Each is
# measured as far as it can be, and none is left.
# For the rest: it takes long.
# shellcheck disable=SC2031 # begin, of cases.sh, sets pid in this shell
source "$(dirname "$0")/cases.sh"
namespace=fiveways-$$

# fails NAME PATTERN ARGUMENT...: a server of such a run fails and says so.
fails() {
    run_briefly --untried "${@:3}"
    [ "$status" -eq 1 ] && said " $2" flat && no_children_left
    result "$1" $?
}

# tried NAME PATTERN LAUNCHER: it is told before anything is measured.
tried() {
    run_briefly --launcher="$3"
    [ "$status" -eq 1 ] && said "^compare: $3: .*$2" err &&
        [ ! -s "$tmp/out" ] && no_children_left
    result "$1 is told at once" $?
}

# shellcheck disable=SC2317 # called by name
agent_listens() { [ -S "$tmp/socket" ]; }

# What ssh does: the server is a child of somebody else, and nothing but its
# standard streams is ours.
write_remote() {
    # shellcheck disable=SC2016
    printf '#!/bin/bash\nread -r line\nexec $line 2>/dev/null\n' \
        >"$tmp/agent"
    printf '#!/bin/bash\n(echo "$*"; cat) | %s - UNIX-CONNECT:%s\n' \
        "socat -t 10" "$tmp/socket" >"$tmp/remote"
    chmod +x "$tmp/agent" "$tmp/remote"
}

# start_agent: the other host; its process is $agent.
start_agent() {
    rm -f "$tmp/socket"
    socat -t 10 "UNIX-LISTEN:$tmp/socket,fork" "EXEC:$tmp/agent" &
    agent=$!
    within 10 agent_listens
}

# A network of its own, joined to ours by two virtual cards.
make_namespace() {
    ip netns add "$namespace" &&
        ip link add "fw$$a" type veth peer name "fw$$b" netns "$namespace" &&
        ip addr add 10.99.77.1/30 dev "fw$$a" && ip link set "fw$$a" up &&
        ip -n "$namespace" addr add 10.99.77.2/30 dev "fw$$b" &&
        ip -n "$namespace" link set "fw$$b" up &&
        ip -n "$namespace" link set lo up
}

printf '#!/bin/sh\nexit 255\n' >"$tmp/quiet"
chmod +x "$tmp/quiet"
tried "a launcher that is not there" 'status 127.*nosuch' nosuch
tried "a launcher that cannot log in and is silent" \
    'status 255, without a word; the launcher must start' "$tmp/quiet -q"
run_once --host=10.255.255.1
[ "$status" -eq 1 ] && said '^compare: 10.255.255.1: .*Cannot assign' err
result "a host that is not here is told at once" $?

# Where descriptors run out between a server and its launcher, the shell that
# would read what the launcher passes on must not get ours: it would run it.
servers=()
for i in 1 2 3 4 5 6; do
    servers+=(--server="s$i=$badserver")
done
for limit in $(seq 46 58); do
    echo "touch $tmp/injected" |
        prlimit --nofile="$limit" "$compare" --bin="$bin" --quick \
            --scenarios=silent --out="$tmp/run" --launcher=env \
            "${servers[@]}" >"$tmp/out" 2>"$tmp/err"
done
[ ! -e "$tmp/injected" ]
result "a launcher never gets our standard input" $?

# It becomes the server, stays beside it, or says a word of its own.
cpu=$(taskset -cp $$ | grep -oE '[0-9]+' | tail -1)
for launcher in 'env FIVEWAYS=1' 'FIVEWAYS=1' "taskset -c $cpu" \
    "bash -c '\"\$@\"; exit \$?' bash"; do
    run_briefly --launcher="$launcher" \
        --server="mine=A=1 $badserver"
    [ "$status" -eq 0 ] && measured && said '^mine +16/16' out && no_children_left
    result "servers behind \"$launcher\" are measured and stopped" $?
done
said 'servers are started through "bash' flat
result "the table says that there was a launcher" $?

run_once --models=threaded --scenarios=churn --launcher="taskset -c $cpu"
[ "$status" -eq 0 ] && [ -z "$(field switches_per_echo threaded)" ]
result "a launcher's own context switches are not the server's" $?

# All that compare is given is one CPU; a launcher need not keep to it.
through=(taskset -c "$cpu")
run_briefly --launcher="taskset -c $cpu"
! said 'other CPUs than' flat
result "servers on their own CPU have no note" $?
other=$((cpu == 0 ? 1 : 0))
if ! taskset -c "$other" true 2>/dev/null; then
    skip "servers moved to another CPU" "there is only one"
else
    through=(taskset -c "$cpu")
    run_briefly --launcher="taskset -c $other"
    said 'note: threaded, yardstick: it was put on other CPUs' flat
    result "servers that a launcher moved to another CPU are told" $?
fi

fails "half a command line does not run in front of a launcher" \
    'shell failed: .* behind a launcher; make a script' \
    --launcher=env --server="shell=true; $badserver"
said '^threaded +16/16' out
result "and others are measured behind it" $?
fails "a launcher that is not there is told" \
    'threaded failed: ended with status 127; .*/nonexistent/launcher' \
    --launcher='/nonexistent/launcher'
[ -n "$(field server_cpu_us_per_echo threaded)" ] &&
    said 'the last whole run stays' err
result "a run without one good row keeps the last results" $?
fails "a launcher without standard input is told" \
    'threaded failed: .*the launcher must pass standard input on' \
    --launcher="bash -c '\"\$@\" </dev/null' bash"

if ! command -v socat >/dev/null; then
    skip "servers out of sight" "there is no socat"
else
    write_remote
    start_agent
    run_briefly --launcher="$tmp/remote"
    [ "$status" -eq 0 ] && said '^threaded +16/16' out &&
        [ -z "$(field server_cpu_us_per_echo threaded)" ] &&
        [ -z "$(field rss_kib_per_client threaded)" ] &&
        said 'note: threaded, yardstick: .* out of sight' flat &&
        said '^silent 16: .*, servers out of sight,' out &&
        [ -n "$(life accepted threaded)" ]
    result "of servers out of sight no CPU and no memory is told" $?
    run_briefly --syscalls=strace --launcher="$tmp/remote"
    report --why
    [ "$status" -eq 0 ] && [ -z "$(field syscalls_per_echo threaded)" ] &&
        said 'the launcher kept what strace printed' report
    result "calls whose log does not come through are not none" $?
    kill "$agent"
    wait "$agent" 2>/dev/null
    within 10 no_children_left
    result "servers out of sight end" $?

    start_agent
    begin --models=threaded --scenarios=silent --time=600s \
        --launcher="$tmp/remote"
    within 10 a_child_runs
    found=$?
    kill -KILL "$pid"
    compare_ends
    kill "$agent"
    wait "$agent" 2>/dev/null
    [ "$found" -eq 0 ] && within 10 no_children_left
    result "not even SIGKILL leaves a server out of sight" $?
fi

if ! make_namespace 2>"$tmp/ip"; then
    ip netns del "$namespace" 2>/dev/null
    skip "two network namespaces" "$(head -1 "$tmp/ip")"
else
    run_briefly --host=10.99.77.2 \
        --launcher="ip netns exec $namespace" \
        --server="mine=$bin/yardstick --address={host} --port={port}"
    [ "$status" -eq 0 ] && measured && said '^mine +16/16' out && no_children_left
    result "servers in another network namespace are measured" $?

    fails "without --host they cannot be reached, and it says so" \
        'threaded failed: .*refused' --launcher="ip netns exec $namespace"
    ip netns del "$namespace"
    ip link del "fw$$a" 2>/dev/null
fi
finish
