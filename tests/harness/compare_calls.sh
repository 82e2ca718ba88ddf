#!/bin/bash
# compare_calls.sh: system calls are counted right, whoever asks.
source "$(dirname "$0")/cases.sh"

# reason NAME PATTERN: the table has no calls, and --why says why.
reason() {
    report --why
    [ "$status" -eq 0 ] && [ -z "$(field syscalls_per_echo threaded)" ] &&
        said "^  threaded +$2" report
    result "$1" $?
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

# shellcheck disable=SC2119 # it is given no more
run_briefly
reason "without counting there are no calls" 'not asked for'
through=(env PATH=/nowhere)
run_briefly --syscalls=strace
reason "without strace the reason is told" 'strace is not installed'

if ! command -v strace >/dev/null; then
    skip "system calls under strace" "strace is not installed"
    finish
fi

# One poll serves as many as are ready, which is luck.
run_briefly --syscalls=strace "${plain_and_more[@]}"
if [ "${FIVEWAYS_VARIANT:-}" = tsan ]; then
    skip "five more calls are found where there are five more" \
        "thread sanitizer makes a hundred calls of its own for the threads"
else
    [ "$status" -eq 0 ] && near "$(calls_of threaded)" 2 0.05 &&
        near "$(calls_of more getppid)" 5 "$(edge)" &&
        near "$(calls_of more) - $(calls_of more poll)" \
            "$(calls_of plain) - $(calls_of plain poll) + 5" "2 * $(edge)"
    result "five more calls are found where there are five more" $?
fi
no_children_left
result "strace leaves no server" $?

# It needs no privilege; and 512 clients are as many as 1.
[ "$(id -u)" -ne 0 ] ||
    through=(setpriv --bounding-set=-all --inh-caps=-all)
run_once --models=threaded,selectloop,libevent --scenarios=echo,silent \
    --syscalls=strace
[ "$status" -eq 0 ] && perl -ne '
    next unless /"type":"calls"/;
    /"clients":(\d+)/ and $clients = $1;
    /"syscalls_per_echo":([0-9.]+)/ and $calls = $1;
    $n++;
    $bad = 1 if $calls < 2 || $calls > ($clients == 1 ? 3.01 : 2.1);
    END { exit $bad || $n < 12 }' "$tmp/results/results.jsonl"
result "without privileges a row is counted with its own clients" $?
finish
