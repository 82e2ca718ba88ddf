#!/bin/bash
# compare_rate.sh: the scenario rate. On a busy machine the client may be late
# itself, and compare then calls a window invalid; so nothing here looks at a
# time, or says that a rate was kept.
# For the rest: it takes long.
# Runs alone: each side of an open loop wants a CPU of its own.
#
# Conditions in single quotes are for awk.
# shellcheck disable=SC2016
source "$(dirname "$0")/cases.sh"

# run_rate ARGUMENTS...: the scenario rate, once; its status in $status.
run_rate() {
    run --scenarios=rate --lives=1 --time=200ms --syscalls=none "$@"
}

# flat PATTERN: as said, of what compare printed with its lines joined.
flat() {
    tr -s ' \n' ' ' <"$tmp/out" | grep -qE -- "$1"
}

# columns NAMES...: these columns of results.csv, one window a line.
columns() {
    awk -F, -v names="$*" '
        NR == 1 {
            for (i = 1; i <= NF; i++) at[$i] = i
            n = split(names, wanted, " ")
            for (i = 1; i <= n; i++) if (!(wanted[i] in at)) exit 1
            next
        }
        {
            line = $at[wanted[1]]
            for (i = 2; i <= n; i++) line = line "," $at[wanted[i]]
            print line
        }' "$tmp/results/results.csv"
}

# all AWK COLUMNS...: the condition holds for each window, of which there is
# at least one; $1, $2 ... are the columns.
all() {
    local condition=$1
    shift
    columns "$@" | awk -F, "!($condition) { print > \"/dev/stderr\"; bad = 1 }
        END { exit bad || NR == 0 }" 2>>"$tmp/err"
}

# Good, or invalid for no other reason than that the client was late.
good_or_late() {
    [ "$status" -eq 0 ] || { [ "$status" -eq 3 ] && said 'late itself' out; }
}

grids() {
    local layout=shared

    run_rate --models=blocking,threaded
    [ "$(nproc)" -lt 2 ] || layout="split"
    good_or_late && all "\$1 == \"$layout\"" layout
    result "each side has a CPU where there are two" $?
    run_rate --models=threaded --layout=shared
    good_or_late && all '$1 == "shared"' layout
    result "both sides share a CPU where that is asked for" $?
    run_rate --models=blocking,threaded

    columns rate_per_s model | grep -v '^,' | sort -u >"$tmp/points"
    [ "$(cut -d, -f1 "$tmp/points" | sort -u | wc -l)" -ge 5 ] &&
        [ "$(cut -d, -f1 "$tmp/points" | sort | uniq -c |
            awk '{ print $1 }' | sort -u)" = 2 ] &&
        ! grep -q blocking "$tmp/points"
    result "all servers are asked for the same rates" $?

    # The rates are shares of what threaded, which alone serves all, did in
    # some window of the same run, to three digits.
    perl -ne '
        next unless /"type":"life"/;
        my $line = $_;
        my ($of) = $line =~ /"rate_of":"(\w+)"/;
        my ($base, $rate, $did) = map { $line =~ /"$_":([0-9.]+)/ ? $1 : 0 }
            qw(rate_of_per_s rate_per_s echoes_per_s);
        push @did, int $did if /"model":"threaded"/ && $rate == 0;
        next if $rate == 0;
        $points++;
        $bad = 1 unless $of eq "threaded" and grep { $_ == $base } @did;
        $bad = 1 unless grep { abs($rate / $base / $_ - 1) < 0.006 }
            0.25, 0.5, 0.75, 0.9, 1.1;
        END { exit !($points > 0 && !$bad) }' "$tmp/results/results.jsonl"
    result "the rates are shares of a capacity measured in this run" $?
    flat 'Rates: 25, 50, 75, 90, 110 % of the [0-9.]+k?/s of threaded'
    result "how they were chosen is said" $?

    all '$1 == "" || $2 == "invalid" || ($3 > 0 && $4 > 0 && $5 != "")' \
        rate_per_s status offered_per_s reached_share saturated
    result "each good window says what was due and what was reached" $?
    # Poisson's own spread, five times, whatever the machine does.
    all '$1 == "" || $2 == "invalid" ||
        ($3 - $1) ^ 2 * $4 <= 25 * $1 + ($1 / 100) ^ 2' \
        rate_per_s status offered_per_s seconds
    result "what was due is the rate that was asked for" $?
    all '$1 == "" || $2 == "" || $3 == "" || $2 + 0 >= $3 * 0.98' \
        rate_per_s p99_us service_p99_us
    result "no response time is below the service time" $?
    flat 'blocking at no rate that (was tried|could be measured)' &&
        said '1/64 (served|saturated)' out &&
        flat 'blocking serves 1 of 64: it serves one client until .* At .*/s'
    result "what blocking gives is said" $?
}

# A server that burns 200 us does 5000 echoes a second at most on any machine,
# and threaded more, so that the highest rate is more than it can do.
bad_servers() {
    local good

    run_rate --models=threaded "--server=burns=$badserver --burn=200" \
        "--server=wrong=$badserver --bug=flip --after=9"
    perl -ne 'chomp; my @f = split /,/, $_, -1;
        if ($. == 1) { @at{@f} = 0 .. $#f; next }
        next unless $f[$at{model}] eq "burns" && $f[$at{rate_per_s}];
        @last = @f if !@last || $f[$at{rate_per_s}] > $last[$at{rate_per_s}];
        END { exit 2 if $last[$at{status}] eq "invalid";
            exit !($last[$at{status}] eq "ok" && $last[$at{saturated}] eq
            "yes" && $last[$at{p99_us}] eq "" && $last[$at{p50_us}] eq "" &&
            $last[$at{reached_share}] < 0.97) }' "$tmp/results/summary.csv"
    good=$?
    if [ "$good" -eq 2 ]; then
        skip "a server that cannot keep the rate" \
            "the client itself was late each time, on this busy machine"
    else
        result "a server that cannot keep the rate is given no response time" \
            "$good"
        said '^ +([0-9.]+k +)?burns .* grows +grows .* saturated$' out &&
            flat 'Saturated, so that what is due piles up:.* burns from [0-9]'
        result "and it is said" $?
    fi
    [ "$status" -eq 1 ] && said '^ *wrong +failed: wrong byte' out
    result "a wrong byte fails a row at any rate" $?
}

one_cpu() {
    through=(taskset -c "$(taskset -cp $$ | sed 's/.*[ ,-]//')")
    run_rate --models=threaded
    good_or_late && all '$1 == "shared"' layout &&
        said 'open loop, one CPU shared' out
    result "on one CPU both share it, and that is said" $?
}

grids
bad_servers
one_cpu
finish
