#!/bin/bash
# compare_usage.sh: wrong usage is refused with one sentence.
source "$(dirname "$0")/cases.sh"

# refused NAME PATTERN ARGUMENTS...: exit 2, one sentence, nothing started.
refused() {
    local name=$1 pattern=$2
    shift 2
    run "$@"
    [ "$status" -eq 2 ] && said "$pattern" err && [ ! -s "$tmp/out" ] &&
        [ ! -e "$tmp/results" ]
    result "$name is refused" $?
}

refused "an unknown model" '--models: fast.*blocking' --models=fast
refused "an unknown scenario" '--scenarios: race.*echo, churn' \
    --scenarios=echo,race
refused "no lives" '--lives=0: .*1 to 100' --lives=0
refused "lives in words" '--lives=six: .*1 to 100' --lives=six
refused "no time" '--time=0s: .*1ms to 3600s' --time=0s
refused "an unknown layout" '--layout=round: .*shared' --layout=round
refused "a server without a command" '--server: mine' --server=mine
refused "a server called like ours" 'that name is taken' '--server=blocking=cat'
refused "a server called like a variant" 'that name is taken' \
    '--server=libevent-poll=cat'
refused "two modes" 'exclude each other' --variants --quick
refused "the same server twice" 'that name is taken' --server=a=b --server=a=c
refused "a time without a unit" '--start-timeout=5: ' --start-timeout=5
refused "an unknown flag" 'unrecognized' --faster
refused "an argument" 'fast: only flags' fast
run --help
[ "$status" -eq 0 ] && said '--scenarios=' out
result "--help helps" $?
finish
