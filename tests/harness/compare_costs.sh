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

# The cold one is like one that compiles what it has run often enough: as steady
# as it is dear for some 150 ms.
run_briefly "--server=burns=$badserver --burn=200" \
    "--server=cold=$badserver --burn=100 --burn-first=1000" \
    "--server=warm=$badserver" "--server=holds=$badserver --hold=64"
between 160 "$(field server_cpu_us_per_echo burns)" 320 &&
    between 160 "$(life server_cpu_us_per_echo burns)" 320
result "a server that burns 200 us for each echo is told so" $?
perl -e 'exit !($ARGV[0] < 1.3 * $ARGV[1])' \
    "$(field server_cpu_us_per_echo cold)" "$(field server_cpu_us_per_echo warm)"
result "a server that is dear as it begins is measured when it is warm" $?
between 51 "$(field rss_kib_per_client holds)" 77
result "a server that holds 64 KiB for each client is told so" $?

# A server that keeps whatever comes, without bound, is told by its memory:
# here it is the whole message of 1 MiB, where others need a small buffer. The
# kernel's count may be 63 pages off for each CPU that the server has been on,
# one when it was started and the one that it is pinned to; two counts are
# subtracted, and the rest is divided by 3 clients: 336 KiB either way. (What
# is kept for the client that spoke first is taken for the fourth one's;
# this server has given it back, so 3 are charged for 4.)
run_once --untried --models=threaded --scenarios=bulk \
    "--server=right=$badserver" \
    "--server=hoards=$badserver --bug=hoard --after=1048576"
[ "$status" -eq 0 ] && [ "$(field served hoards)" -eq 4 ] &&
    between $((1024 - 336)) "$(life busy_rss_kib_per_client hoards)" \
        $((1366 + 336 + 64)) &&
    between -336 "$(life busy_rss_kib_per_client right)" $((336 + 64))
result "a server that buffers without bound is told by its memory" $?

# The kernel's part of it is on top of that; threads have one each.
run_once --models=threaded --scenarios=idle
[ "$status" -eq 0 ] && between 4 "$(field rss_kib_per_client threaded)" 40 &&
    between 3.9 "$(field kernel_stack_kib_per_client threaded)" 64.5
result "what an idle client keeps is read after all have connected" $?

run_briefly "--server=forks=perl $here/server.pl {port} forks"
[ "$status" -eq 0 ] && said '^forks +16/16' out &&
    [ -z "$(field server_cpu_us_per_echo forks)" ] &&
    [ -z "$(field cpu_over_floor forks)$(field rss_kib_per_client forks)" ] &&
    said 'note: forks: its CPU is spent in child processes, which are not' flat &&
    no_children_left
result "what children do is not counted as nothing" $?

# A child that lives as long as one connection is never there at the end.
run --quick --models=selectloop --scenarios=churn --lives=1 --time=200ms \
    --syscalls=none "--server=forks=perl $here/server.pl {port} forks"
[ "$status" -eq 0 ] && said '^forks +16/16' out &&
    [ -z "$(field server_cpu_us_per_echo forks)" ] &&
    ! said '^forks .* (least|x[0-9.]+ +\[)' out
result "nor where each child has but one connection" $?

# More system calls than a server needs: CPU for each echo, and CPU over the
# floor, rise by what they cost. So many calls that they are most of all the
# server does; it looks at their price itself, while it serves.
more_calls=100

price_ns() {
    perl -e 'local $/; my ($calls, $ns) = unpack "qq", <>; print $ns / $calls' \
        "$tmp/prices"
}

# measured_as_paid TOLERANCE COLUMN FACTOR: what it is more of the server with
# more calls is what these cost.
measured_as_paid() {
    near "($(field "$2" more) - $(field "$2" right)) * $3 / ($expected_us)" \
        1 "$1"
}

measure_more_calls() {
    rm -f "$tmp/prices"
    run --models=threaded --scenarios=silent --lives=2 --time=1s --syscalls=none \
        "--server=right=$badserver" \
        "--server=more=$badserver --getppid=$more_calls --price=$tmp/prices"
    expected_us="$(price_ns) * $more_calls / 1000"
    floor_us=$(field floor_us more)
    [ "$status" -eq 0 ] &&
        measured_as_paid 0.1 server_cpu_us_per_echo 1 &&
        measured_as_paid 0.15 cpu_over_floor "$floor_us"
}

# On a busy machine the server's other costs move, too, so there are four
# tries. Where the last is not good either, and compare itself says that
# the machine is noisy, nothing can be told; but a third too much or too
# little is wrong on any machine.
for _ in 1 2 3 4; do
    measure_more_calls
    bad=$?
    [ "$bad" -ne 0 ] || break
done
if [ "$bad" -ne 0 ] && said '^noisy machine: ' out &&
    measured_as_paid 0.33 server_cpu_us_per_echo 1 &&
    measured_as_paid 0.33 cpu_over_floor "$floor_us"; then
    skip "$more_calls more calls" "others use the CPU too much"
else
    result "$more_calls more calls raise CPU over the floor by what they cost" \
        "$bad"
fi
finish
