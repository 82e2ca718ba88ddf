#!/bin/bash
# formats.sh: the grader around its tests: what it prints, for whom; exits,
# usage, hints; servers that leave, lie, or kill.
# shellcheck disable=SC2016 # a $ in quotes is Perl's
# shellcheck source=tests/harness/cases.sh
source "$(dirname "$0")/../harness/cases.sh"
top=$(realpath "$here/../..")
cd "$top" || exit 1

# grade SERVER FLAGS...: its status in $status.
grade() {
    timeout 100 "${through[@]}" "$bin/grade" --server="$1" "${@:2}" \
        >"$tmp/out" 2>"$tmp/err"
    status=$?
}
# is STATUS PATTERN...: so it ended, and that it has printed.
is() {
    local wanted=$1
    shift
    [ "$status" -eq "$wanted" ] || return 1
    for pattern; do said "$pattern" out || return 1; done
}
# json EXPRESSION: it holds of what was printed, which is $_.
json() {
    perl -MJSON::PP -e 'local $/; $_ = decode_json(<>); exit !('"$1"')' \
        "$tmp/out" 2>>"$tmp/err"
}
# But for the line that is to be copied.
fits() { [ "$(grep -v '^      again' "$tmp/out" | wc -L)" -le 80 ]; }
good="$bin/threaded -p {port}"

# wrong EACH [BEGIN]: from now on $mine is one that first runs BEGIN and then,
# for each client, EACH on the bytes that have come, before they go back: Perl.
wrong() {
    printf '%s;\n1;\n' "$1" >"$tmp/each.pl"
    printf '%s;\n1;\n' "${2:-}" >"$tmp/begin.pl"
}
mine="perl $tmp/server.pl {port}"
cat >"$tmp/server.pl" <<'END'
use IO::Socket::INET;
use File::Basename;
my ($each, $begin) = map { local (@ARGV, $/) = dirname($0) . "/$_.pl"; <> }
    "each", "begin";
my $listener = IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 99,
    LocalPort => $ARGV[0], ReuseAddr => 1) or die "$!\n";
$SIG{CHLD} = "IGNORE";
eval $begin or die $@;
while (1) {
    my $client = $listener->accept or next;
    next if fork;
    while (sysread($client, $_, 65536)) {
        eval $each or die $@;
        syswrite($client, $_) if length;
    }
    exit;
}
END

# ---- all is right --------------------------------------------------------

grade "$good" --only="starts bytes"
is 0 '^  starts  .* 5/5$' '^  bytes  .* 5/5$' \
    '^2 of 2 public tests passed; 10 of 10 points. seed 1$' && fits && no_escapes
result "full marks" $?
[ "$(wc -l <"$tmp/out")" -eq 3 ] && [ ! -s "$tmp/err" ]
result "a line for each test and one more" $?
grade "$bin/threaded -p 0" --only=bytes --seed=77 --verbose
is 0 '^  bytes  .* 5/5 \([0-9.]+ s\)$' 'stdout +listening on' ' seed 77$' && fits
result "a ready line; the seed; what it printed" $?
wrong 'open(my $limits, "/proc/self/limits");
    print STDERR "limit $1\n" if join("", <$limits>) =~ /open files +(\d+)/'
grade "cd / && $mine; true" --only="starts leak descriptors" --verbose
is 0 '^3 of 3 ' '^ +(stderr +)?limit [1-9][0-9]?$'
result "the server is who listens, not the shell before it" $?
grade "$bin/blocking -p {port}" --one-at-a-time --only="starts reset"
is 0
result "one at a time" $?

# ---- what is wrong -------------------------------------------------------

wrong 'tr/\0//d'
grade "$mine" --only=bytes
is 1 '^  bytes .* FAILED  0/5$' '^      seen +a byte is wrong: 840 of' \
    '^      sent +65793 bytes' '^      expected +at offset 840: 00 ' \
    '^      came +at offset 840: [1-9a-f]' '^      likely +bytes are taken for text' \
    '^      or +[a-z]' '^      read +blocking/README.md#traps$' \
    '^      again +make grade SERVER=' && fits && no_escapes
result "a failed test says what, why, where" $?
if strace -o "$tmp/trace" true 2>/dev/null; then
    [ "$(sed -n '/^      calls/,/^      [l-o]/p' "$tmp/out" | wc -l)" -eq 11 ] &&
        said ' write\(.* = 65327$' out
    result "the server's last ten calls" $?
else
    skip "the server's last ten calls" "strace cannot be used here"
fi

# The line that repeats it, with make's words as flags.
said "^      again +make grade SERVER='perl .*' ONLY=bytes SEED=1 V=1$" out &&
    eval "grade $(sed -n 's/^      again *make grade SERVER=//p' "$tmp/out" |
        sed 's/ ONLY=/ --only=/; s/ SEED=/ --seed=/; s/ V=1/ --verbose/')"
is 1 '^      seen +a byte is wrong: 840 of'
result "its line repeats it" $?
wrong 'tr/\0//d'
grade "$mine" --only=bytes --seed=2
is 1 '^      seen +a byte is wrong: [0-9]+ of' ' SEED=2 ' && ! said 'at offset 840' out
result "another seed sends other bytes" $?

wrong 'if (!$n++) { exit if length > 64; s/^\s+|\s+$//g; $_ .= "\n" }'
grade "$mine" --only=hello-line --proto=hello
is 1 'connection was ended: 0 of the 6 expected bytes came$' \
    '^      sent +65 bytes: (20 ){8}\.\.\. " {8}"$' '^      came +the end of the'
result "how much was sent, blanks too, and that nothing came" $?
wrong '' 'my $all = $$;
    while (my $client = $listener->accept) {
        next if fork;
        1 while ($n = sysread($client, $_, 65536)) && syswrite($client, $_);
        kill 9, $all if !defined $n;
        exit;
    }'
grade "$mine" --only=reset
is 1 '^      (seen +after these resets a new client|.*Connection refused)'
result "who ends at a reset while recv waits" $?

first=$tmp/first
wrong "\$_ = '' unless -e '$first'; open(my \$file, '>', '$first');"
grade "$mine" --only=coalesced
is 1 'it failed once, and' && said '^0 of 1 ' out && ! said '^      (likely|or|read) +[a-z]' out
result "what passes the second time has failed, by chance" $?

wrong 'die "before\0behind\n"'
grade "$mine" --only=bytes
is 1 'stderr +before[?]behind'
result "a NUL hides nothing that it prints" $?

wrong 's/./x/g' 'system("(echo OUCH >/dev/tty) 2>&1")'
on_terminal 80 A=b "$bin/grade --only=bytes --server='$mine'"
grep -q $'\x1b\\[31m.*FAILED' "$tmp/out"
result "in colour on a terminal" $?
! grep -q OUCH "$tmp/out" && said '^      seen' plain
result "a server has no terminal" $?
on_terminal 80 NO_COLOR=1 "$bin/grade --only=bytes --server='$mine'"
! grep -q $'\x1b\[[0-9]*m' "$tmp/out" && said '^      seen' plain
result "no colour with NO_COLOR" $?

through=(env "PATH=$tmp/path")
mkdir "$tmp/path"
ln -s "$(command -v perl)" "$(command -v sh)" "$(command -v env)" "$tmp/path"
wrong 's/./x/g'
grade "$mine" --only="bytes coalesced"
through=()
is 1 'last calls are not' && [ "$(grep -c 'calls are not' "$tmp/out")" -eq 1 ] &&
    ! said '^      calls' out
result "without strace there are no calls, which is said once" $?

# ---- hints that fit ------------------------------------------------------

wrong 's/([\x80-\xff])/\xef\xbf\xbd/g'
grade "$mine" --only=bytes
is 1 'likely +bytes are decoded as text'
result "U+FFFD is known" $?
wrong '$kept .= $_; $_ = $kept =~ s/(.*\n)//s ? $1 : ""'
grade "$mine" --only=slow-reader
is 1 'stuck behind a newline' 'likely +it reads by line'
result "who reads by line" $?
wrong '' 'print STDERR "Traceback:\n    at  here\nOops: Error: no room\n",
    "    at there\n"; exit 1'
grade "$mine" --only=starts
is 1 'last words: Oops: Error: no$' '^ {20}at  here$' && ! said ' command has no' out
result "its last words are the error; stderr keeps its blanks" $?
for way in "perl $tmp/server.pl|no \{port\}|write \{port\}" \
    "perl $tmp/nobody.pl {port}|No such file|the path in SERVER=" \
    "perl '$tmp/server.pl {port}|Unterminated|a quote" \
    "$tmp {port}|may not be executed|it is a folder"; do
    IFS='|' read -r server seen likely <<<"$way"
    wrong '' 'die "which port?\n" unless @ARGV'
    grade "$server" --only=bytes
    is 1 "$seen" "likely +$likely"
    result "before its first client: $seen" $?
done
if strace -o "$tmp/trace" true 2>/dev/null; then
    wrong '' '$listener->blocking(0); while (1) {
        $listener->accept; open(my $file, "/dev/null"); <$file> }'
    grade "$mine" --only=bytes
    is 1 'calls +accept4?\(.*\) = -1 EAGAIN x [0-9]+$' &&
        ! said ' open|/dev/null|0x|\[[0-9]+\]>| $' out
    result "calls are about sockets, folded, with the name of an error" $?
    wrong '' '$listener->accept for 1, 2; my ($one, $other) = map {
        $listener->accept } 1, 2; fork or sysread($one, $_, 9); sysread($other, $_, 9)'
    grade "$mine" --only=silent-client
    is 1 '[0-9]+: read\([0-9]+, *\(waits\)$'
    result "... and who waits for what" $?
else
    skip "calls are about sockets" "strace cannot be used here"
fi

# ---- it does not start ---------------------------------------------------

grade /bin/true
is 1 '^  starts .* FAILED  0/5$' 'ended with status 0' '^  bytes .* not run$' \
    '^0 of 16 .* 0 of 100 points'
result "one that ends at once gets nothing" $?
grade ./no-such-program --only=starts
is 1 'no such program'
result "there is no such program" $?
wrong '' 'exit if fork'
grade "$mine" --only=starts
is 1 '^  starts .* FAILED  0/5$' 'it goes into the background'
result "one that goes into the background" $?
start_target
grade "printf 'listening on $target\n'; sleep 60" --only=bytes
is 1 'another program listens on port'
result "another one's port is named, not graded" $?
stop_target

# ---- for programs --------------------------------------------------------

wrong 'tr/\0//d'
grade "$mine" --only="starts bytes" --format=json --seed=5
[ "$status" -eq 1 ] && json '$_->{seed} == 5 && $_->{protocol} eq "echo" &&
    $_->{points} == 5 && $_->{of} == 10 && @{$_->{tests}} == 2 &&
    $_->{tests}[1]{verdict} eq "failed" && $_->{tests}[1]{expected} =~ /: 00 / &&
    @{$_->{tests}[1]{causes}} == 2 && $_->{tests}[1]{again} =~ /SEED=5/ &&
    ref $_->{tests}[1]{calls} && $_->{tests}[0]{seconds} > 0'
result "JSON" $?
wrong 'die "\xff\e[31m]]><&\n"'
grade "$mine" --only=bytes --format=json
[ "$status" -eq 1 ] && json '$_->{tests}[0]{verdict} eq "failed"'
result "JSON, whatever it prints" $?
wrong 'die "\xff\e[31m]]><&\n"'
grade "$mine" --only="starts bytes" --format=junit
[ "$status" -eq 1 ] && said '<testcase .*name="bytes".*<failure message="the connection was ended' out &&
    said ' tests="2" failures="1" errors="0" ' out &&
    said '\]\]&gt;&lt;&amp;' out && no_escapes
result "JUnit" $?
well_formed "JUnit is XML" "$tmp/out"
wrong 's/./x/g'
grade "$mine" --only="starts bytes" --format=gradescope
[ "$status" -eq 1 ] && json '$_->{score} == 5 && $_->{output} =~ /^1 of 2 public/ &&
    $_->{output} =~ /others may exist/ && $_->{tests}[1]{max_score} == 5 &&
    $_->{tests}[1]{score} == 0 && $_->{tests}[1]{status} eq "failed" &&
    $_->{tests}[1]{number} eq "2" && $_->{tests}[1]{visibility} eq "visible" &&
    $_->{tests}[1]{output} =~ /likely/'
result "Gradescope" $?

# ---- unknown, and the grader's own fault ---------------------------------

through=(prlimit --nofile=400:400)
grade "$good" --only="starts thousand"
is 1 '^  thousand .* unknown$' '5 of 5 points. 5 more could neither be had nor lost$' &&
    fits
result "unknown is neither had nor lost, nor full marks" $?
grade "$good" --only="starts thousand" --format=gradescope
[ "$status" -eq 1 ] && json '!defined $_->{score} && $_->{error} &&
    !defined $_->{tests}[0]{score} && $_->{output} =~ / 5 more could neither/'
result "... and nothing that is to be added up" $?
grade "$good" --only=thousand --format=gradescope
[ "$status" -eq 3 ] && json '!defined $_->{score} && $_->{error}'
result "where nothing is known there is no score" $?
through=()
# The keeper's parent is the test.
wrong '' 'my ($above) = do { local (@ARGV, $/) = "/proc/" . getppid . "/stat";
    <> =~ /.*\) . (\d+)/ }; kill 9, $above'
grade "$mine" --only=bytes
is 3 "^  bytes .* grader's fault$" 'this is$'
result "a test that is killed is the grader's fault" $?
grade "$mine" --only=bytes --format=gradescope
[ "$status" -eq 3 ] && json '!defined $_->{score} && $_->{error} &&
    !defined $_->{tests}[0]{score}'
result "... and never a mark" $?

wrong '' 'my ($above) = do { local (@ARGV, $/) = "/proc/" . getppid . "/stat";
    <> =~ /.*\) . (\d+)/ };
    (readlink($_) // "") =~ /check_/ && open(F, "+<", $_) &&
        syswrite(F, "garbage" x 99) for glob("/proc/$above/fd/*")'
grade "$mine" --only=bytes
[ "$status" -eq 3 ] && said 'this is no mark' err
result "... and one that writes into what Check reads" $?

# interrupt SIGNAL: while a test waits for a server that ignores it.
interrupt() {
    write_sleeper
    {
        setsid -w perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$bin/grade" \
            --server="$tmp/never"
    } >"$tmp/out" 2>"$tmp/err" &
    within 10 a_sleeper_runs
    signal_grade "$1"
    wait $!
    status=$?
}
signal_grade() {
    grep -lsa "FIVEWAYS_TEST=$FIVEWAYS_TEST" /proc/[0-9]*/environ |
        grep -oE '[0-9]+' | while read -r pid; do
        [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != grade ] || {
            kill -"$1" "$pid"
            break
        }
    done
}
# shellcheck disable=SC2317 # by within
no_sleeper_runs() { ! a_sleeper_runs; }
for signal in INT TERM KILL; do
    interrupt $signal
    [ "$status" -gt 128 ] && within 10 no_sleeper_runs
    result "SIG$signal ends all that runs" $?
done

# ---- usage ---------------------------------------------------------------

grade ''
[ "$status" -eq 2 ] && said 'SERVER=' err
result "no server" $?
for flags in --only= --only=bites "--only=bytes bites" "--only=bytes --proto=rfc862" \
    --proto=http --seed=x --timeout-scale=0 --format=xml \
    "--only=silent-client --one-at-a-time" --bogus; do
    # shellcheck disable=SC2086
    grade "$good" $flags
    [ "$status" -eq 2 ] && [ -s "$tmp/err" ] && [ ! -s "$tmp/out" ]
    result "refused: $flags" $?
done
(cd / && timeout 60 "$bin/grade" --server=true >"$tmp/out" 2>"$tmp/err")
status=$?
[ $status -eq 3 ] && said 'in the folder of Fiveways' err
result "out of place" $?

# ---- hints ---------------------------------------------------------------

rows=$(perl -0pe 's/\n +/ /g' harness/course/grade.table | grep -v '^#' | grep .)
echo "$rows" | awk -F ' [|] ' 'NF != 5 || $3 == $4 { exit 1 }'
result "each hint has two causes and a page" $?
[ "$(echo "$rows" | grep -c '^[*] | [*] |')" -eq 1 ] &&
    echo "$rows" | tail -1 | grep -q '^[*] | [*] |'
result "there is one for anything else, the last one" $?
: >"$tmp/out"
echo "$rows" | sed 's/.* | //' | sort -u | while IFS='#' read -r page anchor; do
    awk -f tests/docs/page.awk "$page" | grep -qx "h"$'\t'"$anchor" ||
        echo "$page#$anchor" >>"$tmp/out"
done
[ ! -s "$tmp/out" ]
result "where they point, there is something to read" $?
"$bin/grade" --server=true --only=' ,' >"$tmp/out" 2>&1
[ $? -eq 2 ] && said '^grade: --only: there is nothing in it$' out
result "no test at all is refused" $?
"$bin/grade" --server=true --only=bites 2>&1 | sed 's/.*not one of //; s/, /\n/g' >"$tmp/names"
echo "$rows" | cut -d' ' -f1 | sort -u | grep -vxF '*' |
    grep -vE '^(hello-|five-clients$)' | grep -vxFf "$tmp/names" >"$tmp/out"
[ ! -s "$tmp/out" ]
result "they are of tests that there are" $?
finish
