#!/bin/bash
# compare_rate.sh: the scenario rate. On a busy machine the client may be late
# itself, and a rate then is late or invalid; so nothing here looks at a
# time, or says that a rate was kept.
# For the rest: it takes long.
# Runs alone: each side of an open loop wants a CPU of its own.
#
# Conditions in single quotes are for perl.
# shellcheck disable=SC2016
source "$(dirname "$0")/cases.sh"

# run_rate ARGUMENTS...: the scenario rate, once; its status in $status. What
# report says of it is in $tmp/report, and in one line in $tmp/flat.
run_rate() {
    run_once --scenarios=rate "$@"
    report --scenario=rate
    tr -s ' \n' ' ' <"$tmp/report" >"$tmp/flat"
}

# all PERL: the condition holds for each line of results.csv, a life or a rate,
# of which there is at least one; %f has its fields, and what is printed goes
# to $tmp/lines.
all() {
    perl -ne 'BEGIN { $condition = shift }
        chomp; @fields = split /,/, $_, -1;
        if ($. == 1) { @names = @fields; next }
        @f{@names} = @fields; $n++;
        next if eval $condition; die $@ if $@;
        print STDERR "$_\n"; $bad = 1;
        END { exit($? || $bad || !$n) }' "$1" "$tmp/results/results.csv" \
        >"$tmp/lines" 2>>"$tmp/err"
}

# Good, or invalid for no other reason than that the client was late.
good_or_late() {
    [ "$status" -eq 0 ] || { [ "$status" -eq 3 ] && said 'late itself' flat; }
}

run_rate --models=threaded --layout=shared
good_or_late && all '$f{layout} eq "shared"'
result "both sides share a CPU where that is asked for" $?
run_rate --models=blocking,threaded
layout=shared
[ "$(nproc)" -lt 2 ] || layout="split"
good_or_late && all "\$f{layout} eq '$layout'"
result "each side has a CPU where there are two" $?
all 'print "$f{rate_per_s},$f{model}\n" if $f{rate_per_s}; 1'
sort -u "$tmp/lines" >"$tmp/points"
[ "$(cut -d, -f1 "$tmp/points" | sort -u | wc -l)" -ge 5 ] &&
    [ "$(cut -d, -f1 "$tmp/points" | sort | uniq -c |
        awk '{ print $1 }' | sort -u)" = 2 ]
result "all servers are asked for the same rates" $?
! grep -q blocking "$tmp/points" && said '^blocking +1/64 ' report &&
    said 'blocking +serves one at a time: 63 of 64 wait' report
result "but the one that leaves clients unserved, and that is said" $?

# The rates are shares of what threaded, which alone serves all, did in
# the median of its slices, to three digits.
perl -ne '
    next unless /"scenario":"rate"/ && /"model":"threaded"/;
    my ($rate) = /"rate_per_s":([0-9.]+)/;
    if (/"type":"slice"/) {
        push @did, $1 / $2 if $rate == 0 &&
            m/(?=.*"echoes":([0-9.]+))(?=.*"seconds":([0-9.]+))/;
    } elsif ($rate > 0) {
        my ($base) = /"rate_of_per_s":([0-9.]+)/;
        @did = sort { $a <=> $b } @did;
        my $median = ($did[$#did / 2] + $did[@did / 2]) / 2;
        $points++;
        $bad = 1 if !/"rate_of":"threaded"/ || abs($base - $median) > 1;
        $bad = 1 unless grep { abs($rate / $base / $_ - 1) < 0.006 }
            0.25, 0.5, 0.75, 0.9, 1.1;
    }
    END { exit !($points > 0 && !$bad) }' "$tmp/results/results.jsonl"
result "the rates are shares of a capacity measured in this run" $?
said 'The rates are shares of what threaded does, [0-9]+/s' flat
result "how they were chosen is said" $?

all '!$f{rate_per_s} || $f{status} eq "invalid" ||
    $f{offered_per_s} > 0 && $f{reached_share} > 0'
result "each good rate says what was due and what was reached" $?
# Poisson's own spread, five times, whatever the machine does.
all '!$f{rate_per_s} || $f{status} eq "invalid" || $f{p99_us} eq "" ||
    ($f{offered_per_s} - $f{rate_per_s}) ** 2 * $f{seconds} <=
    25 * $f{rate_per_s} + ($f{rate_per_s} / 100) ** 2'
result "what was due is the rate that was asked for" $?
all '!$f{rate_per_s} || $f{p99_us} eq "" || $f{service_p99_us} eq "" ||
    $f{p99_us} >= $f{service_p99_us} * 0.98'
result "no response time is below the service time" $?
said '^asked/s ' out && said '^ *[0-9]+ +threaded ' out
result "all rates are in a table as soon as they are measured" $?

# A server that burns 200 us does 5000 echoes a second at most on any machine,
# and threaded more, so that the highest rate is more than it can do.
run_rate --models=threaded "--server=burns=$badserver --burn=200" \
    "--server=wrong=$badserver --bug=flip --after=9"
# most COLUMN: at the highest rate, which stands last.
most() { field "$1" burns | tail -1; }
if [ "$(most status)" = invalid ]; then
    skip "a server that cannot keep the rate" \
        "the client itself was late each time, on this busy machine"
else
    [ "$(most status)" = ok ] && [ "$(most saturated)" = yes ] &&
        [ -z "$(most p99_us)$(most p50_us)" ] &&
        [ "$(most rate_per_s)" -gt 0 ] && between 0 "$(most reached_share)" 0.97
    result "a server that cannot keep the rate is given no response time" $?
    said '^ *[0-9]+ +burns .* grows +grows .* saturated$' report &&
        { said 'burns +keeps up to [0-9]+ messages/s' flat ||
            ! said '^ *[0-9]+ +burns +[0-9.k]+ +[0-9]' report; }
    result "and it is said, with the rate that it kept, if any" $?
fi
[ "$status" -eq 1 ] && said '^wrong +failed: wrong byte' out
result "a wrong byte fails a row at any rate" $?

through=(taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')")
run_rate --models=threaded
good_or_late && all '$f{layout} eq "shared"' &&
    said '^rate 64: .* messages/s, .* one CPU shared' report
result "on one CPU both share it, and that is said" $?
finish
