#!/bin/bash
# compare_calls.sh: system calls are counted right, by strace and by perf.
source "$(dirname "$0")/cases.sh"

# Tracefs is mounted in a name space of our own, which ends with the command,
# so that perf can be tried where root has not mounted it.
with_perf() {
    # shellcheck disable=SC2016 # expanded by the inner shell
    local mounted='test -d /sys/kernel/tracing/events ||
        mount -t tracefs tracefs /sys/kernel/tracing || exit 1; exec "$@"'
    through=(unshare -m sh -c "$mounted" sh)
    run --syscalls=perf "$@"
    through=()
    [ "$status" -eq 0 ] &&
        grep -q '"method":"perf"' "$tmp/results/results.jsonl"
}

# reason NAME PATTERN: the table says that calls are n/a, --why says why.
reason() {
    report --why
    [ "$status" -eq 0 ] && said '^threaded .* n/a ' report &&
        said "^  threaded +$2" report
    result "$1" $?
}

not_counted() {
    # shellcheck disable=SC2119 # it is given no more
    run_briefly
    reason "without counting, system calls are n/a" 'not asked for'
    through=(env PATH=/nowhere)
    run_briefly --syscalls=strace
    through=()
    reason "without strace the reason is told" 'no strace: .* not installed'
}

# Two servers, one of which makes five more calls for each echo.
plain_and_more=("--server=plain=$badserver"
    "--server=more=$badserver --getppid=5")

# edge CLIENTS: the calls per echo that the edges of the counted time can add
# or hide: of each client one echo, of which some calls came before or after.
edge() {
    local echoes
    echoes=$(calls_of more echoes)
    [ -n "$echoes" ] && echo "8 * $1 / $echoes"
}

strace_finds_five() {
    run_briefly --bin="$tmp/bin" --syscalls=strace "${plain_and_more[@]}"
    [ "$status" -eq 0 ] && near "$(calls_of threaded)" 2 0.05 &&
        near "$(calls_of more getppid)" 5 "$(edge 1)" &&
        near "$(calls_of more) - $(calls_of plain)" 5 "2 * $(edge 1)"
}

# With one client there is nothing that could differ but those five. A busy
# machine may leave no echo in the counted time: three tries. A counting that
# is wrong fails them all.
by_strace() {
    own_programs threaded yardstick
    strace_finds_five || strace_finds_five || strace_finds_five
    result "strace finds five more calls where there are five more" $?
    no_servers_left
    result "strace leaves no server" $?
}

# With many clients one poll serves as many as are ready, which is luck.
by_perf() {
    if [ "${FIVEWAYS_VARIANT:-}" = tsan ]; then
        skip "perf finds five more calls where there are five more" \
            "thread sanitizer makes a hundred calls of its own for the threads"
        return
    fi
    near "$(calls_of threaded)" 2 0.05 &&
        near "$(calls_of more getppid)" 5 "$(edge 16)" &&
        near "$(calls_of more) - $(calls_of more poll)" \
            "$(calls_of plain) - $(calls_of plain poll) + 5" "2 * $(edge 16)"
    result "perf finds five more calls where there are five more" $?
}

both_agree() {
    local model calls=()
    run_once --models=selectloop,libevent --scenarios=echo --syscalls=strace
    for model in selectloop libevent yardstick; do
        calls+=("$(calls_of "$model" "" 1)")
    done
    with_perf --models=selectloop,libevent --scenarios=echo --lives=1 --time=200ms
    near "$(calls_of selectloop "" 1)" "${calls[0]}" 0.06 &&
        near "$(calls_of libevent "" 1)" "${calls[1]}" 0.08 &&
        near "$(calls_of yardstick "" 1)" "${calls[2]}" 0.06
    result "perf and strace agree within 2 % at one client" $?
}

not_counted
if ! command -v strace >/dev/null; then
    skip "system calls under strace" "strace is not installed"
    finish
fi
by_strace
if ! with_perf --models=threaded --scenarios=silent --lives=1 --time=200ms \
    "${plain_and_more[@]}"; then
    skip "system calls with perf" "the kernel does not let us"
    finish
fi
by_perf
both_agree
finish
