#!/bin/bash
# load_hosts.sh: one load from several hosts. Here they are processes that are
# started by what people have, and where it can be made have a network each.
source "$(dirname "$0")/cases.sh"

# What a host says, by a clock that is $ENV{AHEAD_MS} before ours. When all
# shall begin it waits for the end if $ENV{WAITS} is set, and sends $ENV{RUN}.
# With $ENV{MUTE} it never answers.
cat >"$tmp/host.pl" <<'PERL'
use IO::Socket::INET;
use Time::HiRes;
my ($meeting) = $ARGV[1] =~ /^--meet=(.*)/ or die "@ARGV";
my $leader = IO::Socket::INET->new($meeting) or die "$meeting: $!";
$leader->autoflush;
$| = 1;
sub now_ns { int((Time::HiRes::time() * 1e3 + $ENV{AHEAD_MS}) * 1e6) }
print $leader "host odd\n";
<$leader> =~ /^words (\d+)$/ or die;
{ local $/ = "\0"; <$leader> for 1 .. $1; }
print "joined\n";
1 while $ENV{MUTE} && <$leader>;
while (<$leader>) {
    print $leader now_ns(), "\n" if /^clock/;
    next unless my ($begin_ns) = /^begin (\d+) \d+ 2$/;
    my $ahead_ms = ($begin_ns - now_ns()) / 1e6;
    print "begins in good time\n" if $ahead_ms > 0 && $ahead_ms < 1000;
    <$leader> if $ENV{WAITS};
    local @ARGV = ($ENV{RUN}) or exit;
    print {$leader} <>;
    exit;
}
PERL
export AHEAD_MS=0 RUN=$tmp/a.run WAITS=
# With a tab and a line in it, and longer than any line should be.
three=$(printf '%5000s' '')$'for host in 1 2 3; do\t"$@" &\ndone; wait; :'
odd='perl '$tmp'/host.pl "$@" & "$@" & wait; :'

lead() { try "$bin/load" "$target" "$@"; }

# rows PATTERN: how many hosts have a row that matches.
rows() {
    grep -cE "^  host        [^ ]+$1" "$tmp/out"
}

start_target

# added_up NAME LAUNCHER: three hosts by it.
added_up() {
    lead -c 4 -d 300ms --hosts=3 --launcher="$2" --save="$tmp/sum.run"
    [ "$status" -eq 0 ] && said "^$target, from 3 hosts: 12 clients" out &&
        said 'served +12 of 12' out && said 'errors +none' out &&
        [ "$(rows ': [0-9.]+k? echoes/s, p99 .*, clock [-+]0\.[0-9]+ ms \(')" -eq 3 ]
    result "$1 starts three, which are added up" $?
}

"$bin/load" "$target" --hosts=2 --launcher=: >"$tmp/ended" 2>&1 &
ended=$!
added_up "a shell" "$three"
"$bin/report" --merge "$tmp/sum.run" >"$tmp/report"
diff <(sed 1d "$tmp/report") <(sed '1d; /^  host/,$d' "$tmp/out") >>"$tmp/err"
result "the sum is saved, and report says the same of it" $?
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
for launcher in "mpirun --oversubscribe -n 3" "parallel -j3 -N0"; do
    if ! command -v "${launcher%% *}" >/dev/null; then
        skip "${launcher%% *}" "it is not installed"
    elif [ "${launcher%% *}" = parallel ]; then
        added_up "GNU parallel" "seq 3 | $launcher -q"
    else
        added_up "${launcher%% *}" "$launcher"
    fi
done

"$bin/load" "$target" -c 4 -d 300ms --save "$RUN" >/dev/null
AHEAD_MS=7000 lead -c 4 -d 300ms --hosts=2 --launcher="$odd"
[ "$status" -eq 0 ] && said '^begins in good time' err &&
    said '^  host        odd: .*, clock \+(6999|700[01])\.[0-9]+ ms \(' out &&
    said '^  echoes/s' out
result "a clock that is ahead is told, and begins with the others" $?
RUN='' lead -c 4 -d 300ms --hosts=2 --launcher="$odd"
[ "$status" -eq 3 ] && said 'from 1 of 2 hosts: 4 clients' out &&
    said '^  host        odd is missing: it has sent nothing' out
result "a host that sends nothing is missed, the others count" $?
: >"$tmp/err"
WAITS=1 RUN=$tmp/host.pl "$bin/load" "$target" -c 4 -d 60s --hosts=2 --launcher="$odd" \
    >"$tmp/out" 2>"$tmp/err" &
leader=$!
within 10 grep -qs '^begins' "$tmp/err"
kill -TERM "$leader"
wait "$leader"
said 'from 1 of 2 hosts: 4 clients, .* \(interrupted\)' out &&
    [ "$(rows ': .*, clock .* \(interrupted\)$')" -eq 1 ] &&
    said 'odd is missing: what it sent was not saved by load' out
result "a stop stops all, and what they saw is added up" $?
(ulimit -n 64 && lead -c 100 --hosts=2 --launcher='false' && exit "$status")
status=$?
[ "$status" -eq 3 ] && [ ! -s "$tmp/out" ] &&
    said '^load: the launcher failed, and of 2 hosts 0 joined 127' err
result "a launcher that fails is said, however many the clients are" $?
lead -c 4 -d 300ms --hosts=3 \
    --launcher="trap '' TERM; yes | :; ${three%:} sleep $$00000; :"
[ "$status" -eq 0 ] && said 'from 3 hosts: 12 clients' out &&
    ! said 'Broken pipe' err && ! pgrep -f "^sleep $$00000" >>"$tmp/err"
result "a launcher that never ends is ended, with its group" $?
wait "$ended"
[ $? -eq 3 ] && said 'load: the launcher has ended, and of 2 hosts 0' ended
result "who comes from a launcher that has ended is not waited for long" $?
if command -v strace >/dev/null; then
    ASAN_OPTIONS=detect_leaks=0 timeout 20 strace -qqo /dev/null -e inject=accept4:error=EMFILE \
        "$bin/load" "$target" --hosts=3 --launcher="$three" 2>"$tmp/err"
    [ $? -eq 3 ] && said 'load: Too many open files, and of 3 hosts 0' err
    result "an accept that fails is said" $?
else
    skip "an accept that fails" "there is no strace"
fi

# Ctrl-C before they begin.
: >"$tmp/err"
MUTE=1 "$bin/load" "$target" --hosts=2 --launcher="$odd" \
    >"$tmp/out" 2>"$tmp/err" &
leader=$!
within 10 grep -qs '^joined' "$tmp/err"
kill -TERM "$leader"
wait "$leader"
[ $? -eq 3 ] && [ ! -s "$tmp/out" ] && ! said 'before it began' err
result "nobody is blamed for a stop before they begin" $?

# A host is stopped, told to finish, and then gets a signal as well.
# shellcheck disable=SC2317 # within calls it
holds() { [ "$(find "/proc/$host/fd" -lname 'socket:*' | wc -l)" -ge 5 ]; }
"$bin/load" "$target" -c 4 -d 60s --hosts=1 >"$tmp/out" 2>"$tmp/err" \
    --launcher="echo \$\$ >'$tmp/host'; exec" &
leader=$!
within 10 test -s "$tmp/host"
host=$(cat "$tmp/host")
within 10 holds
kill -STOP "$host"
kill -TERM "$leader"
within 10 grep -q 'ShdPnd:.*[13579bdf].......$' "/proc/$host/status" # SIGIO
kill -TERM "$host"
kill -CONT "$host"
wait "$leader" && said 'from 1 host: 4 clients' out &&
    [ "$(rows ': .* \(interrupted\)$')" -eq 1 ]
result "the end of all is no signal to a host" $?

"$bin/load" "$target" --hosts=1 >"$tmp/out" 2>"$tmp/err" \
    --launcher="echo \$\$ >'$tmp/launcher'; exec sleep 60 #" &
leader=$!
within 10 test -s "$tmp/launcher"
launcher=$(cat "$tmp/launcher")
{ kill -KILL "$leader" && wait "$leader"; } 2>"$tmp/killed"
within 5 has_ended "$launcher"
result "who is killed takes its launcher along" $?
lead --meet=127.0.0.1:1
[ "$status" -eq 3 ] && said '^load: --meet: nobody waits there' err
result "a host that meets nobody says so" $?

# Two hosts with a network each, which reach the server's by its other address.
cat >"$tmp/networks" <<'NETWORKS'
set -e
mount -t tmpfs none /run
ip link set lo up
for host in 1 2; do
    ip netns add "$host"
    ip link add "to$host" type veth peer name eth netns "$host"
    ip addr add "10.9.$host.1/24" dev "to$host"
    ip link set "to$host" up
    ip -n "$host" addr add "10.9.$host.2/24" dev eth
    ip -n "$host" link set eth up
    ip -n "$host" route add default via "10.9.$host.1"
done
NETWORKS
if unshare -rnm sh "$tmp/networks" 2>"$tmp/err"; then
    cat >>"$tmp/networks" <<'SERVE'
"$1/threaded" --address=10.9.1.1 --port=5566 >"$2" &
until [ -s "$2" ]; do sleep 0.02; done
exec "$1/load" 10.9.1.1:5566 -c 4 -d 300ms --hosts=2 \
    --launcher='for host in 1 2; do ip netns exec $host "$@" & done; wait; :'
SERVE
    try unshare -rnm --pid --fork --kill-child sh "$tmp/networks" "$bin" \
        "$tmp/ready"
    [ "$status" -eq 0 ] && said 'from 2 hosts: 8 clients' out &&
        [ "$(rows ': .*, clock ')" -eq 2 ]
    result "two hosts with a network of their own each" $?
else
    skip "networks" "none can be made here: $(tail -1 "$tmp/err")"
fi

stop_target
lead -c 4 -d 300ms --hosts=3 --launcher="$three"
[ "$status" -eq 1 ] && said 'refused 12' out && ! said note out &&
    [ "$(rows ': 0 echoes/s, p99 -, ')" -eq 3 ]
result "a server that is not there fails for all of them" $?
finish
