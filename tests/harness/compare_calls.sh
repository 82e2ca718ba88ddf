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

# The calls per echo that the edges of the counted time can add or hide: of
# each client one echo, of which some calls came before or after.
edge() {
    local echoes
    echoes=$(calls_of more echoes)
    [ -n "$echoes" ] && echo "8 * 16 / $echoes"
}

# finds_five METHOD: one poll serves as many as are ready, which is luck.
finds_five() {
    if [ "${FIVEWAYS_VARIANT:-}" = tsan ]; then
        skip "$1 finds five more calls where there are five more" \
            "thread sanitizer makes a hundred calls of its own for the threads"
        return
    fi
    [ "$status" -eq 0 ] && near "$(calls_of threaded)" 2 0.05 &&
        near "$(calls_of more getppid)" 5 "$(edge)" &&
        near "$(calls_of more) - $(calls_of more poll)" \
            "$(calls_of plain) - $(calls_of plain poll) + 5" "2 * $(edge)"
    result "$1 finds five more calls where there are five more" $?
}

by_strace() {
    own_programs threaded yardstick
    run_briefly --bin="$tmp/bin" --syscalls=strace "${plain_and_more[@]}"
    finds_five strace
    no_servers_left
    result "strace leaves no server" $?
}

# Without privileges there is strace alone; nobody may be made to wait by it.
all_of_them=("--models=threaded,selectloop,libevent" "--scenarios=echo,silent")
not_root() {
    local drop=(setpriv --bounding-set=-all --inh-caps=-all)
    [ "$(id -u)" -ne 0 ] || through=("${drop[@]}")
    run_once "${all_of_them[@]}" --syscalls=auto
    through=()
    by_strace=$(clients_and_calls)
    [ "$status" -eq 0 ] && ! grep -q '"method":""' "$tmp/results/results.jsonl" &&
        [ "$(calls_of selectloop counted_clients 64)" = 64 ]
    result "without privileges a row is counted with its own clients" $?
}

clients_and_calls() {
    perl -ne 'print "$1 $2\n" if
        /"calls",.*"counted_clients":(\d+).*"syscalls_per_echo":([0-9.]+)/' \
        "$tmp/results/results.jsonl"
}

both_agree() {
    with_perf "${all_of_them[@]}" --lives=1 --time=200ms &&
        paste <(echo "$by_strace") <(clients_and_calls) | awk '
            $1 != $3 || $2 < 0.95 * $4 || $2 > 1.05 * $4 { bad = 1 }
            END { exit bad || NR < 12 }'
    result "perf and strace agree within 5 %, with 1, 16, 64, 512 clients" $?
}

not_counted
if ! command -v strace >/dev/null; then
    skip "system calls under strace" "strace is not installed"
    finish
fi
by_strace
not_root
if ! with_perf --models=threaded --scenarios=silent --lives=1 --time=200ms \
    "${plain_and_more[@]}"; then
    skip "system calls with perf" "the kernel does not let us"
    finish
fi
finds_five perf
both_agree
finish
