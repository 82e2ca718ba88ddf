#!/bin/bash
# compare_more.sh: the ready-made models of tests/foreign/models are right:
# each echoes, whatever other clients do, and ends when it is told to. What
# does not run on this machine is skipped with its reason.
#
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"
ln -s "$(realpath "$here/../foreign")" "$tmp/foreign"
more=$bin/../more

# clients PORT PID WHAT: one client is served beside the others. `hostile`:
# silent ones, some that do not read, some that reset. `crowd`: more than
# there are descriptors for; then nobody burns the CPU, and who comes when the
# first have left is served. (The last may wait until then, or are sent away.)
clients() {
    # shellcheck disable=SC2016 # perl's
    timeout 30 perl -MSocket -MIO::Select -MIO::Socket::INET -e '
        my ($port, $pid, $what) = @ARGV;
        sub come { IO::Socket::INET->new("127.0.0.1:$port") || die "came: $!" }
        sub reset_it { setsockopt $_[0], SOL_SOCKET, SO_LINGER, pack "ii", 1, 0;
            close $_[0] }
        sub echo { my ($client, $got) = (shift, "");
            syswrite $client, "x" x 100;
            while (length $got < 100) { sysread $client, $got, 100, length $got
                or die "$what: no echo: $!" } }
        sub ticks { my $sum = 0; for (glob "/proc/[0-9]*/stat") {
                open my $file, $_ or next; my @f = split " ", <$file> // "";
                $sum += $f[13] + $f[14] if $f[0] == $pid || $f[3] == $pid }
            $sum }
        if ($what eq "hostile") {
            my @silent = map { come() } 1 .. 60;
            my @deaf = map { my $one = come(); $one->blocking(0); $one } 1 .. 8;
            my $them = IO::Select->new(@deaf);
            while (my @open = $them->can_write(.1)) {
                syswrite $_, "y" x 65536 for @open }
            my $client = come();
            echo($client);
            for (1 .. 20) { my $one = come(); syswrite $one, "z" x 1000;
                reset_it($one) }
            reset_it($_) for @deaf;
            echo($client);
            echo(come());
        } else {
            my @crowd = map { come() } 1 .. 60;
            echo($crowd[0]);
            my $before = ticks();
            select undef, undef, undef, .4;
            my $used = ticks() - $before;
            $used < 5 or die "it burns the CPU: $used ticks in 400 ms";
            splice @crowd, 0, 50;
            for (my $n = 0; !eval { echo(come()); 1 }; select undef, undef,
                undef, .05) { $n++ < 200 or die $@ }
        }' "$@" 2>>"$tmp/err"
}

# starts COMMAND: its port in $port, its process in $server.
starts() {
    : >"$tmp/ready"
    # shellcheck disable=SC2086 # words
    "${through[@]}" $1 >"$tmp/ready" 2>"$tmp/err" &
    server=$!
    through=()
    within 20 grep -q '^listening on 127.0.0.1:' "$tmp/ready"
    port=$(sed 's/.*://' "$tmp/ready")
}

# ends: within some seconds of SIGTERM, and whatever it has started, too.
# shellcheck disable=SC2317 # within calls it
family_is_gone() { [ -z "$(ps -o pid= -p "$family")" ]; }
ends() {
    family=$(echo "$server" $(pgrep -P "$server") | tr ' ' ',')
    kill "$server" 2>>"$tmp/err"
    within 10 family_is_gone
}

"$tmp/foreign/models/with" "$more" printf '%s\n' >"$tmp/models" \
    2>"$tmp/left_out"
while IFS=' :' read -r _ _ name reason; do
    skip "$name" "$reason"
done <"$tmp/left_out"
while IFS="=" read -r _ name command; do
    command=${command//\{port\}/0}
    command=${command//\{host\}/127.0.0.1}
    command=${command/--port=0/-p 0}
    : >"$tmp/out"
    starts "$command" &&
        "$bin/../tests/conformance" --at="$port" >"$tmp/out" 2>&1
    result "$name echoes as any server must" $?
    clients "$port" "$server" hostile
    result "$name serves one beside hostile ones" $?
    ends
    result "$name ends with all that it started" $?
    through=(prlimit --nofile=40)
    starts "$command" && clients "$port" "$server" crowd
    result "$name goes on when descriptors run out" $?
    ends
done <"$tmp/models"
finish
