#!/bin/bash
#
# compare.sh: the program compare against servers known to be wrong, wrong
# usage, a machine with little, and Ctrl-C (J3, J5, J7 of the fault list).
#
# FIVEWAYS_BIN names the folder of the programs (default build/bin). Prints a
# line for each case and "N passed, N failed, N skipped" at the end. Nothing
# here looks at a measured time.

set -u
bin=$(realpath "${FIVEWAYS_BIN:-build/bin}")
compare=$bin/compare
badserver=$bin/../tests/badserver
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
passed=0
failed=0
skipped=0

# skip NAME REASON: count a case that cannot be tried here.
skip() {
    skipped=$((skipped + 1))
    echo "skipped compare: $1: $2"
}

# result NAME GOOD: count a case; GOOD is 0 for a good one. What compare
# printed is shown for a bad one.
result() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok      compare: $1"
    else
        failed=$((failed + 1))
        echo "FAILED  compare: $1"
        sed 's/^/        /' "$tmp/out" "$tmp/err"
    fi
}

# run ARGUMENTS...: run compare for at most a minute; its status in $status.
run() {
    timeout 60 "$compare" --out="$tmp/results" "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}

# said PATTERN FILE: the file has a line that matches.
said() {
    grep -qE -- "$1" "$tmp/$2"
}

# servers_left: processes whose command line names our folder, one a line.
servers_left() {
    grep -sla "^$tmp/" /proc/[0-9]*/cmdline
}

# within SECONDS COMMAND...: try until it succeeds or the time is over.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

no_servers_left() { [ -z "$(servers_left)" ]; }
a_sleeper_runs() { grep -qsa "^$tmp/sleeper" /proc/[0-9]*/cmdline; }
a_server_runs() { [ -n "$(servers_left)" ]; }

# refused NAME PATTERN ARGUMENTS...: exit 2, one sentence, nothing started.
refused() {
    local name=$1 pattern=$2
    shift 2
    run "$@"
    [ "$status" -eq 2 ] && said "$pattern" err && [ ! -s "$tmp/out" ] &&
        [ ! -e "$tmp/results" ]
    result "$name is refused" $?
}

wrong_usage() {
    refused "an unknown model" '--models: fast.*blocking' --models=fast
    refused "an unknown scenario" '--scenarios: race.*echo, churn' \
        --scenarios=echo,race
    refused "no rounds" '--rounds: 0 .*1 to 1000' --rounds=0
    refused "rounds in words" '--rounds: six .*1 to 1000' --rounds=six
    refused "an unknown layout" '--layout: round.*shared' --layout=round
    refused "a server without a command" '--server: mine' --server=mine
    refused "a server called like ours" 'one of the five' \
        '--server=blocking=cat'
    refused "the same server twice" 'twice' --server=a=b --server=a=c
    refused "a time without a unit" '--start-timeout: 5 ' --start-timeout=5
    refused "an unknown flag" 'unrecognized' --faster
    refused "an argument" 'flags only' fast
    run --help
    [ "$status" -eq 0 ] && said '--scenarios=' out
    result "--help helps" $?
}

# A server in Perl's base system, which Debian always has. It listens on the
# port $1 and does with each chunk what the name $2 says.
write_servers() {
    cat >"$tmp/server.pl" <<'END'
use strict;
use IO::Socket::INET;
use IO::Select;
my ($port, $what) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 128, ReuseAddr => 1) or die "port: $!\n";
my $select = IO::Select->new($listener);
my $chunks = 0;
$SIG{PIPE} = 'IGNORE';
while (1) {
    for my $ready ($select->can_read) {
        if ($ready == $listener) {
            $select->add($listener->accept);
            next;
        }
        my $length = sysread($ready, my $bytes, 16384);
        if (!$length) {
            $select->remove($ready);
            close $ready;
            next;
        }
        $chunks++;
        if ($chunks > 100) {
            substr($bytes, 3, 1) ^= "\x01" if $what eq 'flips';
            die "I have had enough\n" if $what eq 'dies';
            if ($what eq 'closes') {
                $select->remove($ready);
                close $ready;
                next;
            }
        }
        print STDERR "x" x 4000, "\n" if $what eq 'talks';
        syswrite($ready, $bytes);
    }
}
END
    # Under a name that servers_left finds, should it stay.
    printf '#!/bin/bash\necho "never mind" >&2\nexec -a %s sleep 100\n' \
        "$tmp/sleeper" >"$tmp/never"
    printf '#!/bin/sh\necho "one" >&2\necho "no luck" >&2\nexit 7\n' \
        >"$tmp/dies_at_once"
    chmod +x "$tmp/never" "$tmp/dies_at_once"
}

# with_server WHAT: measure threaded and that Perl server beside it.
with_server() {
    run --models=threaded --scenarios=silent --rounds=2 \
        "--server=$1=perl $tmp/server.pl {port} $1"
}

# The other rows are there, whatever happened to one of them.
others_measured() { said '^threaded +16/16' out && said '^yardstick +16/16' out; }

bad_servers() {
    with_server fine
    [ "$status" -eq 0 ] && said '^fine +16/16' out && others_measured
    result "a foreign server without a ready line is measured" $?

    with_server talks
    [ "$status" -eq 0 ] && said '^talks +16/16' out
    result "a server that prints without end is not blocked" $?

    with_server flips
    [ "$status" -eq 1 ] && others_measured &&
        said '^flips +failed: wrong byte on connection [0-9]+ at offset' out
    result "a wrong byte fails the row, with connection and offset" $?

    with_server dies
    [ "$status" -eq 1 ] && others_measured &&
        said '^dies +failed: ended with status .*I have had enough' out
    result "a server that dies says why" $?

    with_server closes
    [ "$status" -eq 1 ] && others_measured &&
        said '^closes +failed: broke connections: ' out
    result "a server that breaks connections fails" $?

    run --models=threaded --scenarios=silent --rounds=2 \
        --start-timeout=200ms "--server=never=$tmp/never {port}" \
        "--server=dies_at_once=$tmp/dies_at_once" \
        "--server=nothing=$tmp/nothing {port}"
    [ "$status" -eq 1 ] && others_measured &&
        said '^never +failed: was not ready after .*never mind' out &&
        said '^dies_at_once +failed: ended with status 7.*no luck' out &&
        said '^nothing +failed: ended with status 127' out
    result "servers that do not start say why, others are measured" $?
    no_servers_left
    result "none of them is left" $?
}

# Commands and first words as people have them.
odd_starts() {
    run --models=threaded --scenarios=silent --rounds=1 \
        "--server=set=A=1 B=2 $badserver" \
        "--server=chatty=echo 'listening on the radio'; $badserver"
    [ "$status" -eq 0 ] && said '^set +16/16' out && said '^chatty +16/16' out
    result "variables before a command and false ready lines are no trouble" $?

    printf '#!/bin/sh\necho "I am listening on 127.0.0.1:1"\n%s\n' \
        'echo "listening on port 7"; exec sleep 100' >"$tmp/misled"
    chmod +x "$tmp/misled"
    run --models=threaded --scenarios=silent --rounds=1 \
        --start-timeout=200ms "--server=misled=$tmp/misled" \
        "--server=quiet=sleep 100"
    # The table breaks the sentences where it likes.
    tr -s ' \n' ' ' <"$tmp/out" >"$tmp/flat"
    [ "$status" -eq 1 ] && others_measured &&
        said 'misled failed: .*"listening on port 7" names no address' flat &&
        said 'quiet failed: .* no ready line, and its command has no' flat
    result "a server that never says where it listens is told why" $?
}

# with_bug NAME FLAGS...: measure threaded and badserver beside it.
with_bug() {
    local name=$1
    shift
    run --models=threaded --scenarios=silent --rounds=1 \
        "--server=$name=$badserver $*"
}

# What is wrong late, early, or by silence.
sly_servers() {
    with_bug right
    [ "$status" -eq 0 ] && said '^right +16/16' out && others_measured
    result "badserver without a bug is good" $?

    with_bug short --bug=short --after=20
    [ "$status" -eq 1 ] && others_measured &&
        said '^short +failed: stopped answering: [0-9]+ of 16 .* rest of' out
    result "a byte lost late fails the row" $?

    with_bug once --bug=once
    [ "$status" -eq 1 ] && others_measured &&
        said '^once +failed: stopped answering: [0-9]+ of 16 .* next echo' out
    result "one answer for each connection fails the row" $?

    with_bug mute --bug=never
    [ "$status" -eq 1 ] && others_measured &&
        said '^mute +failed: never answered' out
    result "a mute server fails, beside a silent client" $?

    run --models=blocking --scenarios=churn --rounds=1 \
        "--server=mute=$badserver --bug=never"
    [ "$status" -eq 1 ] && said '^mute +failed: never answered' out &&
        said '^blocking +16/16' out
    result "a mute server fails, without one" $?

    with_bug early --bug=flip-first --after=1
    [ "$status" -eq 1 ] && others_measured &&
        said '^early +failed: wrong byte on connection 0 at offset 0' out
    result "a byte that is wrong only while warming up fails the row" $?

    with_bug excuse --bug=close --after=20 --excuse
    [ "$status" -eq 1 ] && others_measured &&
        said '^excuse +failed: broke connections' out
    result "a foreign server cannot talk itself out of broken connections" $?
}

# field COLUMN MODEL: a figure of the only scenario of the last run.
field() {
    awk -F, -v column="$1" -v model="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i } }
        NR > 1 && $at["model"] == model { print $at[column] }
    ' "$tmp/results/summary.csv"
}

# between LOW VALUE HIGH: as numbers; an empty value is not between.
between() {
    [ -n "$2" ] && awk "BEGIN { exit !($1 <= $2 && $2 <= $3) }"
}

# What is measured of a server must be what it is known to do. CPU time and
# memory are the kernel's account: a busy machine does not change them much.
known_costs() {
    # The sanitizers' own CPU time and memory are not the server's.
    case ${FIVEWAYS_VARIANT:-} in
    asan | tsan)
        skip "known costs" "a sanitizer has costs of its own"
        return
        ;;
    esac
    with_bug burns --burn=200
    between 160 "$(field server_cpu_us_per_echo burns)" 320
    result "a server that burns 200 us for each echo is told so" $?

    with_bug holds --hold=64
    between 51 "$(field rss_kib_per_client holds)" 77
    result "a server that holds 64 KiB for each client is told so" $?

    cat >"$tmp/forks.pl" <<'END'
use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $ARGV[0], Listen => 128) or die "port: $!\n";
while (my $client = $listener->accept) {
    if (fork == 0) {
        syswrite($client, $bytes) while sysread($client, $bytes, 16384);
        exit 0;
    }
    close $client;
}
END
    run --models=threaded --scenarios=silent --rounds=1 \
        "--server=forks=perl $tmp/forks.pl {port}"
    [ "$status" -eq 0 ] && said '^forks +16/16' out &&
        [ -z "$(field server_cpu_us_per_echo forks)" ] &&
        [ -z "$(field cpu_over_floor forks)" ] &&
        grep -q '"note": *"its CPU is spent in child' \
            "$tmp/results/results.jsonl"
    result "what children do is not counted as nothing" $?
}

# One server at a time is what blocking means; it is no failure.
serial_server() {
    run --quick --models=blocking --rounds=1 --scenarios=echo,silent,wait,work
    [ "$status" -eq 0 ] && said '^blocking +1/64' out &&
        said '^blocking +0/16' out && said '^blocking +1/16' out
    result "blocking leaves clients waiting and is ok" $?
}

little_machine() {
    mkdir "$tmp/bin"
    cp "$bin/threaded" "$bin/yardstick" "$tmp/bin"
    run --bin="$tmp/bin" --models=threaded,libevent --scenarios=silent \
        --rounds=1
    [ "$status" -eq 0 ] && others_measured &&
        said '^libevent +skipped: not built: libevent is not inst' out
    result "without libevent its row says why" $?

    (
        ulimit -n 300 && run --models=threaded --scenarios=echo,idle \
            --rounds=1 && exit "$status"
    )
    status=$?
    [ "$status" -eq 0 ] && said '512 clients need .* limit' err &&
        said '^skipped: 512 clients' out &&
        said 'idle: [0-9]+ silent clients in place of 1000' err
    result "with few descriptors rows shrink or are skipped, and say so" $?

    (
        ulimit -n 300 && run --full --models=threaded --scenarios=idle \
            --rounds=1 && exit "$status"
    )
    status=$?
    [ "$status" -eq 0 ] && said '10000 silent clients is left out' err &&
        [ "$(grep -cE '^threaded +[0-9]' "$tmp/out")" -eq 1 ]
    result "two sizes that shrink to the same are run once" $?

    run --models=threaded --scenarios=silent --rounds=1 \
        "--server=odd=perl $tmp/server.pl {port} $(printf 'a\377\033[1m')"
    [ "$status" -eq 0 ] && others_measured &&
        grep -q 'port} a??\[1m' "$tmp/results/results.jsonl"
    result "a command line that is no UTF-8 is written down all the same" $?

    rm -rf "$tmp/results"
    run --bin=/nonexistent --scenarios=silent --rounds=1
    [ "$status" -eq 3 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
        said 'no program blocking in /nonexistent; run make' err &&
        [ ! -e "$tmp/results" ]
    result "without any server nothing is touched" $?

    rm "$tmp/bin/threaded"
    run --bin="$tmp/bin" --models=threaded --scenarios=silent --rounds=1
    [ "$status" -eq 3 ] && said 'no program threaded in ' err
    result "a missing server of ours is an error" $?
    cp "$bin/threaded" "$tmp/bin"

    run --bin="$tmp/bin" --models=libevent --scenarios=wait --rounds=1
    [ "$status" -eq 3 ] && said '^libevent +skipped: not built' out &&
        said '^compare: nothing was measured' err
    result "a run that measures nothing says so and exits 3" $?

    mkdir "$tmp/installed"
    for name in compare threaded yardstick; do
        cp "$bin/$name" "$tmp/installed/fiveways-$name"
    done
    (
        cd / && compare=$tmp/installed/fiveways-compare &&
            run --models=threaded --scenarios=silent --rounds=1 &&
            exit "$status"
    )
    status=$?
    [ "$status" -eq 0 ] && others_measured
    result "programs are found beside compare, as make install puts them" $?

    timeout 60 "$compare" --out="$tmp/results" --models=threaded \
        --scenarios=silent --rounds=1 >/dev/full 2>"$tmp/err"
    [ $? -eq 3 ] && said 'standard output: No space left' err
    result "a full standard output is said" $?

    timeout 60 "$compare" --out="$tmp/results" --models=threaded \
        --scenarios=silent --rounds=1 >&- 2>"$tmp/err"
    [ $? -eq 3 ] && said 'standard output is closed' err
    result "a closed standard output is said" $?

    timeout 60 "$compare" --out=/proc/none --scenarios=silent --rounds=1 \
        >"$tmp/out" 2>"$tmp/err"
    [ $? -eq 3 ] && said '/proc/none' err
    result "without a place for results nothing is measured" $?
}

# begin: compare in the background, many rounds; returns when a window has
# been measured and a server of its own runs.
begin() {
    rm -f "$tmp/results/results.jsonl"
    "$compare" --out="$tmp/results" --bin="$tmp/bin" --models=threaded \
        --scenarios=silent --rounds=500 >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    within 10 a_window_is_there
    within 10 a_server_runs
}

a_window_is_there() { grep -qs '"status": *"ok"' "$tmp/results/results.jsonl"; }

interrupts() {
    begin
    kill -INT "$pid"
    wait "$pid" && said '^partial: ' out && said '^(threaded|yardstick) ' out
    result "Ctrl-C prints what there is, marked partial" $?
    no_servers_left
    result "Ctrl-C leaves no server" $?
    "$bin/report" "$tmp/results/results.jsonl" >"$tmp/again" 2>"$tmp/err" &&
        diff <(grep -v '^files:' "$tmp/out") "$tmp/again"
    result "report prints the same from the file alone" $?

    rm -f "$tmp/results/results.jsonl"
    "$compare" --out="$tmp/results" --bin="$tmp/bin" --models=threaded \
        --scenarios=silent --rounds=2 --start-timeout=50s \
        "--server=never=$tmp/never {port}" >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    within 10 a_sleeper_runs
    kill -INT "$pid"
    SECONDS=0
    wait "$pid"
    status=$?
    # 3 where it was the first one: then nothing had been measured.
    if [ "$status" -eq 0 ]; then
        said '^never +skipped: not measured' out
    else
        [ "$status" -eq 3 ] && said 'interrupted before' err
    fi && [ "$SECONDS" -lt 10 ] && no_servers_left
    result "Ctrl-C does not wait for a server that starts" $?

    begin
    kill -INT "$pid"
    kill -TERM "$pid"
    wait "$pid"
    status=$?
    # Where the first window ended in between, one signal was enough.
    [ "$status" -eq 130 ] || [ "$status" -eq 0 ]
    result "a second Ctrl-C ends it at once" $?
    within 5 no_servers_left
    result "a second Ctrl-C leaves no server" $?

    begin
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    within 5 no_servers_left
    result "not even SIGKILL leaves a server" $?
}

if [ ! -x "$compare" ]; then
    echo "0 passed, 0 failed, 1 skipped: there is no $compare"
    exit 0
fi
write_servers
wrong_usage
bad_servers
odd_starts
sly_servers
known_costs
serial_server
little_machine
interrupts
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
