#!/bin/bash
# compare_costs.sh: what is measured of a server must be what it is known to
# cost. CPU time and memory are the kernel's account: a busy machine does not
# change them much.
source "$(dirname "$0")/cases.sh"

# The sanitizers' own CPU time and memory are not the server's.
case ${FIVEWAYS_VARIANT:-} in
asan | tsan)
    skip "known costs" "a sanitizer has costs of its own"
    finish
    ;;
esac

run_briefly "--server=burns=$badserver --burn=200"
between 160 "$(field server_cpu_us_per_echo burns)" 320
result "a server that burns 200 us for each echo is told so" $?

run_briefly "--server=holds=$badserver --hold=64"
between 51 "$(field rss_kib_per_client holds)" 77
result "a server that holds 64 KiB for each client is told so" $?

run_briefly "--server=forks=perl $here/forks.pl {port}"
[ "$status" -eq 0 ] && said '^forks +16/16' out &&
    [ -z "$(field server_cpu_us_per_echo forks)" ] &&
    [ -z "$(field cpu_over_floor forks)" ] &&
    grep -q '"note": *"its CPU is spent in child' \
        "$tmp/results/results.jsonl"
result "what children do is not counted as nothing" $?
finish
