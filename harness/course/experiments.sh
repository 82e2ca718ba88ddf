# shellcheck shell=sh
# experiments.sh: experiments that are a line for sh. Each ends by printing a
# number, or with another status than 0. BIN is the folder of our programs; the
# top folder is the current one.
set -e
build=${BIN#"$(pwd -P)/"}
build=${build%/bin}
tmp=$(mktemp -d)
server=
trap 'kill "$server" 2>/dev/null || :; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# need PROGRAM: without it there is no number.
need() {
    command -v "$1" >/dev/null || {
        echo "it takes $1, which 'make deps' installs" >&2
        exit 3
    }
}

# serve PROGRAM FLAG...: start it, wait until it is ready, and set `server`,
# its process, `address` and `port`, where it listens. It ends with us.
serve() {
    program=$1
    shift
    "$BIN/$program" --port=0 "$@" >"$tmp/said" &
    server=$!
    until grep -q listening "$tmp/said" || ! kill -0 "$server"; do :; done
    address=$(sed -n 's/^listening on //p' "$tmp/said")
    port=${address##*:}
}

# herd CALL: eight processes wait for clients, in accept or in select; how many
# of them does a client wake? Linux wakes one of those in accept(2), and all in
# select, poll or epoll, unless they ask for EPOLLEXCLUSIVE, see epoll_ctl(2).
# Who comes too late goes back to sleep inside the kernel, so that only its
# context switches tell.
herd() {
    perl - "$1" <<'PERL'
use strict;
use warnings;
use IO::Socket::INET;

my ($call) = @ARGV;
my $listener = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1',
    Blocking => $call eq 'accept') or die "$@";
my @pids;

sub wait_for_clients {
    for (;;) {
        vec(my $sockets = '', fileno $listener, 1) = 1;
        select $sockets, undef, undef, undef if $call eq 'select';
        $listener->accept;
    }
}

# How often they have fallen asleep so far, once all are asleep.
sub slept {
    select undef, undef, undef, .01;
    my $n = 0;
    for (map { `cat /proc/$_/status` } @pids) {
        $n += $1 if /^voluntary_ctxt_switches:\s*(\d+)/;
    }
    return $n;
}

for (1 .. 8) {
    push @pids, fork // die "fork: $!";
    wait_for_clients() if $pids[-1] == 0;
}
my $before = slept();
for (1 .. 50) {
    IO::Socket::INET->new($listener->sockhost . ':' . $listener->sockport);
    select undef, undef, undef, .01;
}
printf "8 processes that wait in %s, 50 clients: woken for each\n%.1f\n",
    $call, (slept() - $before) / 50;
kill KILL => @pids;
PERL
}

# A file is always ready: O_NONBLOCK changes nothing.
file_nonblock() {
    need strace
    head -c 64M /dev/zero >"$tmp/file"
    strace -e trace=read -o "$tmp/calls" \
        dd if="$tmp/file" iflag=nonblock of=/dev/null bs=64k 2>/dev/null
    echo "reads: $(grep -c '= 65536' "$tmp/calls")"
    grep -c EAGAIN "$tmp/calls" || :
}

# client_stopped FLAG...: the program of four clients of a server with these
# flags is stopped: what does ss say of them then?
client_stopped() {
    need ss
    serve threaded "$@"
    "$BIN/load" "$address" -c 4 -d 3s >/dev/null &
    load=$!
    sleep .5
    kill -STOP $load
    sleep 1.5
    ss -tno "sport = :$port"
    ss -Htn state established "sport = :$port" >"$tmp/established"
    kill -CONT $load
    wait $load || : # its clients may have been ended
    wc -l <"$tmp/established"
}

# What do a thousand threads cost that only wait?
threads_at_rest() {
    serve threaded
    "$BIN/load" "$address" --silent=1000 -c 1 --rate=1 -d 3s >/dev/null &
    load=$!
    sleep 1
    before=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
    sleep 1
    after=$(awk '{ print $14 + $15 }' "/proc/$server/stat")
    grep Threads "/proc/$server/status"
    wait $load
    echo $(((after - before) * 100 / $(getconf CLK_TCK)))
}

switch_by_library() {
    need strace
    serve coroutine --switch=swapcontext
    strace -qc -p "$server" -o "$tmp/calls" &
    strace=$!
    until grep -q 'TracerPid:.[1-9]' "/proc/$server/status" || ! kill -0 $strace; do :; done
    "$BIN/load" "$address" -c 1 -n 1000 >/dev/null
    kill "$server"
    wait $strace || :
    server=
    cat "$tmp/calls"
    awk '/rt_sigprocmask/ { print $4 }' "$tmp/calls"
}

# lines_over FILES FILES: lines of the second ones over those of the first.
# shellcheck disable=SC2086 # several files
lines_over() {
    wc -l $1 $2
    echo "$(cat $2 | wc -l) $(cat $1 | wc -l)" | awk '{ printf "%.3f\n", $1 / $2 }'
}

# How many texts there are of any function of the family, at the most, but for
# what `course code` says is no difference.
same_text() {
    for function in conn_accept conn_handshake conn_echo conn_close conn_serve; do
        texts=1
        for model in threaded coroutine; do
            "$BIN/course" code -a "blocking.$function" -b "$model" |
                grep -q '^(the same text' || texts=$((texts + 1))
        done
        echo "$function: $texts"
    done | sort -t: -k2n
}

# mutant NAME: 1 if a test finds what is wrong with that program, 0 if not.
mutant() {
    grep '^[-+]' "tests/mutants/$1.diff"
    make -s "$build/mutants/$1" "$build/tests/conformance" \
        "$build/tests/faults" "$build/tests/shim.so" || {
        echo "it could not be made; \`make deps\` installs what that takes"
        exit 3
    }
    found=0
    FIVEWAYS_BIN=$BIN FIVEWAYS_VARIANT=$VARIANT tests/mutants/run "--only=$1" \
        "$build/mutants" "$build/tests/conformance" "$build/tests/faults" ||
        found=$?
    [ "$found" -le 1 ] || exit 3
    echo $((1 - found))
}

# compare_wanted: measure what the experiments in WANTED have of compare, all
# in one run; what no quick run has is measured as briefly.
compare_wanted() {
    awk -v wanted=" $WANTED " '
        /^[a-z]/ && index(wanted, " " $1 " ") && $5 == "measured" {
            print $6, $7 }' harness/course/experiments.table |
        sort -u >"$tmp/wanted"
    how=--quick
    ! grep -q '^echo,1 ' "$tmp/wanted" || how='--full --time=2s --lives=1'
    models=$(sed 's/.* //' "$tmp/wanted" | tr / '\n' | sort -u | paste -sd,)
    scenarios=$(sed 's/,.*//' "$tmp/wanted" | sort -u | paste -sd,)
    # shellcheck disable=SC2086 # several flags
    set -- "$build/bin/compare" $how --models="$models" --scenarios="$scenarios" \
        --out="$build/course/compare"
    echo "\$ $*"
    "$@" 2>"$tmp/said" || [ $? = 1 ] || {
        cat "$tmp/said" >&2
        exit 3
    }
    echo "$PPID" >"$build/course/measured"
}

# measured SCENARIO,CLIENTS MODEL[/OTHER] COLUMN: what compare measures; in
# FROM, a file, or all that is wanted once for each course.
measured() {
    results=${FROM:-$build/course/compare/results.jsonl}
    [ -n "$FROM" ] ||
        [ "$(cat "$build/course/measured" 2>/dev/null)" = "$PPID" ] ||
        compare_wanted
    "$BIN/report" --summary-csv "$results" | awk -F , -v scenario="${1%,*}" \
        -v clients="${1#*,}" -v model="${2%/*}" -v over="${2#*/}" -v column="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["scenario"] == scenario && $at["clients"] == clients {
            value[$at["model"]] = $at[column] }
        END {
            if (value[model] == "" || value[over] == "") exit 3
            if (over != model) value[model] /= value[over]
            print column ": " value[model] }' || {
        echo "there is no $3 of $1 $2 in ${results##*/}" >&2
        exit 3
    }
}
