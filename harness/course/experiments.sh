# shellcheck shell=sh
# experiments.sh: experiments that are a line for sh. Each ends by printing a
# number. BIN is the folder of our programs; the top folder is the current one.

# serve PROGRAM FLAG...: start it, wait until it is ready, and set `server`,
# its process, `address` and `port`, where it listens, and `file`, a name for
# what else is to be kept.
serve() {
    file=$(mktemp)
    program=$1
    shift
    "$BIN/$program" --port=0 "$@" >"$file" &
    server=$!
    until grep -q listening "$file" || ! kill -0 "$server"; do :; done
    address=$(sed -n 's/^listening on //p' "$file")
    port=${address##*:}
}

# ended: stop it, wait for it, remove the files.
ended() {
    kill "$server"
    wait "$server"
    rm -f "$file" "$file".*
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
    file=$(mktemp)
    head -c 64M /dev/zero >"$file"
    strace -e trace=read -o "$file.calls" \
        dd if="$file" iflag=nonblock of=/dev/null bs=64k
    echo "reads: $(grep -c '= 65536' "$file.calls")"
    grep -c EAGAIN "$file.calls"
    rm "$file" "$file.calls"
}

# The program of four clients is stopped: what does ss say of them then?
client_stopped() {
    serve threaded "$@"
    "$BIN/load" "$address" -c 4 -d 3s >/dev/null &
    load=$!
    sleep .5
    kill -STOP $load
    sleep 1.5
    ss -tno "sport = :$port"
    ss -Htn state established "sport = :$port" >"$file.ss"
    kill -CONT $load
    wait $load
    wc -l <"$file.ss"
    ended
}

client_stopped_limit() {
    client_stopped --idle-timeout=500
}

switch_by_library() {
    serve coroutine --switch=swapcontext
    strace -qc -p "$server" -o "$file.calls" &
    strace=$!
    until grep -q 'TracerPid:.[1-9]' "/proc/$server/status"; do :; done
    "$BIN/load" "$address" -c 1 -n 1000 >/dev/null
    kill $strace
    wait $strace
    cat "$file.calls"
    awk '/rt_sigprocmask/ { print $4 }' "$file.calls"
    ended
}

three_parts() {
    grep -nE '= select\(|^reactor_run|^conn_.*_cb\(' selectloop/reactor.c \
        selectloop/server.c
    grep -cE '^conn_.*_cb\(' selectloop/server.c
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

# How many texts of conn_echo there are, but for blanks and the prefix co_.
same_text() {
    for model in blocking threaded coroutine; do
        sed -n '/^conn_echo(/,/^}/p' $model/server.c | sed 's/\<co_//g' |
            tr -d '[:space:]' | cksum
    done | sort -u | wc -l
}

# mutant NAME: 1 if a test finds what is wrong with that program, 0 if not.
mutant() {
    build=build${VARIANT:+/$VARIANT}
    make -s "$build/mutants/$1" "$build/tests/conformance" \
        "$build/tests/faults" "$build/tests/shim.so" || {
        echo "it could not be made; \`make deps\` installs what that takes"
        return
    }
    FIVEWAYS_BIN=$BIN FIVEWAYS_VARIANT=$VARIANT tests/mutants/run "--only=$1" \
        "$build/mutants" "$build/tests/conformance" "$build/tests/faults"
    case $? in
    0) echo 1 ;;
    1) echo 0 ;;
    *) echo "its case was not run" ;;
    esac
}
