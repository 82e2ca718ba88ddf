#!/bin/bash
# trace.sh: who waits for whom is seen as it is, whatever the server does.
# Runs alone: a client that gets no CPU comes late.
# shellcheck disable=SC2016,SC2119 # what stands in quotes is Perl
source "$(dirname "$0")/cases.sh"

# trace ARGUMENTS...: play the scene; it must be over in 10 s, with who does
# not even start.
trace() {
    through=(timeout 10 "${through[@]}")
    try "$compare" --trace --out="$tmp/results" "$@"
}

# steps CODE: run Perl on the steps, in @steps; the status is its own. It has
# of(MODEL, CALLS): those steps of it, a pattern.
steps() {
    perl -e 'use strict; my @steps;
        while (<STDIN>) {
            next unless /"type":"step"/;
            push @steps, {/"(\w+)":"?([^",}]*)/g};
        }
        $_->{end} = $_->{begin_ms} + $_->{lasted_ms} for @steps;
        sub of { my ($model, $calls) = @_; grep { $_->{model} eq $model &&
            $_->{call} =~ /^(?:$calls)$/ } @steps }
        exit !(eval $ARGV[0] // die $@)' "$1" \
        <"$tmp/results/results.jsonl" 2>>"$tmp/err"
}

# seen NAME MODEL CODE: the steps of the last run say so, or else those of
# another one: whom the machine holds up for a tenth of a second misses his cue.
seen() {
    local try=1
    until steps "$3" || [ "$try" -eq 3 ]; do
        try=$((try + 1))
        trace --models="$2"
    done
    steps "$3"
    result "$1" $?
}

sentence() { [ "$(wc -l <"$tmp/err")" -eq 1 ] && said "$1" err; }

# What was stored is shown without strace, in colour on a terminal only.
if ! command -v script >/dev/null; then
    skip "on a terminal" "script is not installed"
else
    on_terminal 80 TERM=xterm "$bin/report --trace $here/golden/trace.jsonl"
    [ "$status" -eq 0 ] && narrow 80 && ! no_escapes
    result "on a terminal who waits is red" $?
    on_terminal 60 NO_COLOR=1 "$bin/report --trace $here/golden/trace.jsonl"
    [ "$status" -eq 0 ] && narrow 60 && no_escapes
    result "without colour it is as narrow as the terminal" $?
fi

mkdir "$tmp/none"
through=(env "PATH=$tmp/none")
trace
[ "$status" -eq 3 ] && sentence 'strace is not installed'
result "without strace it is one sentence" $?
cat >"$tmp/none/strace" <<'EOF'
#!/bin/sh
echo "strace: ptrace(PTRACE_TRACEME, ...): Operation not permitted" >&2
exit 1
EOF
chmod +x "$tmp/none/strace"
through=(env "PATH=$tmp/none")
trace
[ "$status" -eq 3 ] && sentence 'strace may not trace here'
result "where nothing may be traced it is one sentence" $?

if ! command -v strace >/dev/null || ! strace -o /dev/null true 2>/dev/null
then
    skip "traces" "strace is not installed, or may not trace"
    finish
fi
case ${FIVEWAYS_VARIANT:-} in
asan | tsan | valgrind)
    skip "traces" "such a build makes calls of its own"
    finish
    ;;
esac

# With blocking, B is served when A has left, and A in vain behind C; with
# threaded each thread sleeps in a recv of its own; a loop in one call for all.
trace --models="$("$here/../models" | xargs)"
[ "$status" -eq 0 ] && [ ! -s "$tmp/err" ] && no_escapes &&
    [ "$(grep -c '^longest wait' "$tmp/out")" -eq 5 ]
result "the five are traced, and it is plain text" $?
[ -s "$tmp/results/blocking.strace" ] &&
    grep -q 'resumed>' "$tmp/results/threaded.strace" &&
    grep -q '</svg>' "$tmp/results/trace.svg"
result "the logs and the picture are there" $?
report --trace && diff <(head -n -2 "$tmp/out") "$tmp/report" >>"$tmp/err"
result "report prints the same of the file" $?
well_formed "the picture is XML" "$tmp/results/trace.svg"
seen "blocking: B waits until A leaves, and C is in A's way" blocking '
    my ($b) = grep { $_->{client} eq "B" } of("blocking", "says");
    my ($left) = grep { $_->{client} eq "A" } of("blocking", "leaves");
    my @a = grep { $_->{client} eq "A" } of("blocking", "says");
    $b->{end} >= $left->{begin_ms} && @a == 3 && $a[2]{result} eq "null"'
seen "threaded: three threads sleep, each in recv for its client" threaded '
    my @asleep = map { my $at = $_; join "", sort map { $_->{client} }
        grep { $_->{begin_ms} < $at && $_->{end} > $at }
        of("threaded", "recvfrom") } 80 .. 240;
    my %threads = map { $_->{thread} => 1 } of("threaded", "recvfrom");
    (grep { $_ eq "ABC" } @asleep) && keys %threads == 4'
for model in selectloop coroutine libevent; do
    seen "$model: one wait for all, and nobody waits" $model '
        my %threads; my @all = of("'$model'", ".*");
        $threads{$_->{thread}} = 1 for @all;
        my ($waits, $else, $late) = (0, 0, 0);
        for (@all) {
            $waits += $_->{lasted_ms} if $_->{call} =~ /select|poll/;
            $else += $_->{lasted_ms} if $_->{call} !~ /select|poll/;
            $late++ if $_->{result} eq "null" && !$_->{thread};
        }
        keys %threads == 2 && $waits > 400 && $else < 100 && !$late'
done

trace --models=libevent,blocking --handshake --clients=8
[ "$status" -eq 0 ] && steps 'my %said;
    $said{$_->{client}}++ for of("libevent", "greets");
    join("", sort keys %said) eq "ABCDEFGH" && $said{A} == 2 &&
        !grep { $_->{result} eq "null" } of("libevent", "greets|says")'
result "eight clients greet first, the silent one, too" $?
trace --clients=2 --models=threaded
[ "$status" -eq 0 ] && said '^ +ms +A +B +thread 1' out
result "two clients are enough" $?
trace --quick
[ "$status" -eq 2 ] && trace --scenarios=echo && [ "$status" -eq 2 ]
result "what has nothing to do with a trace is refused" $?
through=(env -C "$tmp")
trace --bin="$bin" --models=blocking --out='!touch ran; x'
[ "$status" -eq 0 ] && said 'recv A' out && [ ! -e "$tmp/ran" ]
result "a folder is no command, whatever its name" $?
through=(bash -c 'trap "" XFSZ; ulimit -f 16; exec "$@"' bash)
trace
[ "$status" -eq 3 ] && ! said '^in pictures' out &&
    [ "$(grep -c 'File too large' "$tmp/err")" -eq 2 ]
result "what cannot be kept is not said to be there" $?

# Servers of somebody else's: each has its reason, and the others go on.
cat >"$tmp/mute.pl" <<'EOF'
use IO::Socket::INET;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 9,
    LocalPort => $ARGV[0], ReuseAddr => 1);
print "7 $^T.500000 accept4(3, NULL, NULL, 0) = 77 <0.500000>\n";
push @clients, scalar $listener->accept while 1;
EOF
trace --models=threaded "--server=mute=perl $tmp/mute.pl {port}" \
    "--server=gone=perl $here/server.pl {port} once" \
    "--server=upper=perl $here/server.pl {port} uppers" \
    "--server=other=perl $here/server.pl {port} other" \
    "--server=shell=true; cat" "--server=never=false {port}" \
    "--server=fine=perl $here/server.pl {port} fine" \
    "--server=forks=perl $here/server.pl {port} forks"
[ "$status" -eq 1 ] && said 'mute: it answered nobody' err &&
    said 'gone: .*status 0' err && said 'other: it sent what' err &&
    said 'upper: it sent what' err &&
    said 'shell: a command for the shell' err && said 'never: ' err &&
    said '^threaded$' out && said 'in vain: A, B$' out
result "of each that fails it is said why, and the others go on" $?
steps '!grep { $_->{result} eq "77" } @steps'
result "what a server prints is no call" $?
steps 'my %whose;
    $whose{$_->{thread}}{$_->{client}} = 1
        for grep { $_->{client} } of("forks", "read|write");
    my @own = map { join "", sort keys %$_ } values %whose;
    join("", sort @own) eq "AABC" && of("fine", "p?select6?") > 4'
result "foreign servers are seen as well, with a process for each" $?
trace --models=none "--server=spins=perl $here/server.pl {port} spins"
[ "$status" -eq 0 ] && said 'Not all that happened can be shown' out
result "of who calls without end there is a beginning" $?
no_children_left
result "no server is left" $?

# A run keeps the steps of a scene unless no calls are to be counted.
run --lives=1 --time=200ms --models=threaded --scenarios=silent
[ "$status" -eq 0 ] && steps 'of("threaded", "recvfrom") > 5 &&
    !of("yardstick", ".*")' && [ ! -e "$tmp/results/threaded.strace" ]
result "a run plays the scene at its end" $?
run_briefly
[ "$status" -eq 0 ] && steps '@steps == 0' && ! report --trace
result "not where calls are not counted" $?
finish
