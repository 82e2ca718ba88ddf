# shellcheck shell=sh
# experiments.sh: experiments that are a line for sh. Each ends by printing a
# number, or with another status than 0. BIN is the folder of our programs; the
# top folder is the current one.
set -e
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

somaxconn() {
    cat /proc/sys/net/core/somaxconn
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

sleep_at_once() {
    begin_ms=$(date +%s%3N)
    "$BIN/hello"
    echo $(($(date +%s%3N) - begin_ms))
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

# The program of four clients is stopped: what does ss say of them then?
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

client_stopped_limit() {
    client_stopped --idle-timeout=500
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
    until grep -q 'TracerPid:.[1-9]' "/proc/$server/status" ||
        ! kill -0 $strace; do :; done
    "$BIN/load" "$address" -c 1 -n 1000 >/dev/null
    kill "$server"
    wait $strace || :
    server=
    cat "$tmp/calls"
    awk '/rt_sigprocmask/ { print $4 }' "$tmp/calls"
}

# How many of the three parts of the article are there, by name.
three_parts() {
    grep -nE '= select\(|^reactor_run|^conn_echo_cb\(' selectloop/reactor.c \
        selectloop/server.c >"$tmp/parts"
    cat "$tmp/parts"
    wc -l <"$tmp/parts"
}

# lines_over BASE FILE...: lines of these over those of the first ones.
lines_over() {
    base=$1
    shift
    # shellcheck disable=SC2086 # several files
    wc -l $base "$@"
    # shellcheck disable=SC2086
    echo "$(cat "$@" | wc -l) $(cat $base | wc -l)" |
        awk '{ printf "%.3f\n", $1 / $2 }'
}

lines_selectloop() {
    lines_over blocking/server.c selectloop/server.c selectloop/reactor.c
}

lines_libevent() {
    lines_over 'selectloop/server.c selectloop/reactor.c' libevent/server.c \
        libevent/loop.c
}

# How many texts there are of any function of the family, at the most, but for
# blanks and the prefix co_.
same_text() {
    for function in conn_accept conn_handshake conn_echo conn_close \
        conn_serve; do
        for model in blocking threaded coroutine; do
            sed -n "/^$function(/,/^}/p" $model/server.c | sed 's/\<co_//g' |
                tr -d '[:space:]' >"$tmp/text"
            cksum <"$tmp/text"
            test -s "$tmp/text" || echo "not in $model"
        done | sort -u >"$tmp/texts"
        echo "$function: $(wc -l <"$tmp/texts")"
    done | sort -t: -k2n
}

# mutant NAME: 1 if a test finds what is wrong with that program, 0 if not.
mutant() {
    grep '^[-+]' "tests/mutants/$1.diff"
    build=build${VARIANT:+/$VARIANT}
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
