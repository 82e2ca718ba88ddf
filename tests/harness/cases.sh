# shellcheck shell=bash
#
# cases.sh: what the tests of the program compare have in common. A file
# compare_*.sh sources it, counts each case with `result`, and ends with
# `finish`. It may run beside another one, each on a CPU of its own; where
# that would change what it is about, it says so in a comment line that
# begins with "Runs alone".
#
# FIVEWAYS_BIN names the folder of the programs (default build/bin).

set -u
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
idea=$(basename "$0" .sh)
idea=${idea//_/ }
tmp=$(mktemp -d)
# Commands for a shell name these, whatever the path to this folder holds.
ln -s "$(realpath "${FIVEWAYS_BIN:-build/bin}")" "$tmp/programs"
ln -s "$here" "$tmp/here"
bin=$tmp/programs
here=$tmp/here
compare=$bin/compare
badserver=$bin/../tests/badserver
trap 'rm -rf "$tmp"' EXIT
passed=0
failed=0
skipped=0
status=0   # of what was tried last
through=() # a command that the next one is started through, as env or prlimit

if [ ! -x "$compare" ]; then
    echo "skipped $idea: there is no $compare; install jansson to have it"
    echo "$idea: 0 passed, 0 failed, 1 skipped"
    exit 0
fi

# ---- counting ------------------------------------------------------------

# skip NAME REASON: count a case that cannot be tried here.
skip() {
    skipped=$((skipped + 1))
    echo "skipped $idea: $1: $2"
}

# result NAME GOOD: count a case; GOOD is 0 for a good one. What compare
# printed is shown for a bad one.
result() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok      $idea: $1"
    else
        failed=$((failed + 1))
        echo "FAILED  $idea: $1"
        sed 's/^/        /' "$tmp/out" "$tmp/err"
    fi
}

# finish: sum up and exit.
finish() {
    echo "$idea: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

# ---- running programs ----------------------------------------------------

# try COMMAND...: for at most a minute; what it prints is in $tmp/out and
# $tmp/err, its status in $status.
try() {
    timeout 60 "${through[@]}" "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    through=()
}

# run ARGUMENTS...: try compare.
run() {
    try "$compare" --out="$tmp/results" "$@"
}

# report_here ARGUMENTS...: try report, among the files of the test.
report_here() {
    try env -C "$tmp" "$bin/report" "$@"
}

# run_once ARGUMENTS...: one short life, and no calls counted. What it printed
# is in $tmp/flat as well, in one line: the table breaks sentences where it
# likes.
run_once() {
    run --lives=1 --time=200ms --syscalls=none "$@"
    tr -s ' \n' ' ' <"$tmp/out" >"$tmp/flat"
}

# run_briefly ARGUMENTS...: the same of threaded beside a silent client.
run_briefly() {
    run_once --models=threaded --scenarios=silent "$@"
}

# begin ARGUMENTS...: compare in the background, its process in $pid; returns
# when it has measured a slice. compare_ends waits for it, its status in
# $status.
begin() {
    rm -f "$tmp/results/results.jsonl.new"
    in_the_foreground "${through[@]}" "$compare" --out="$tmp/results" \
        --syscalls=none "$@" >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    through=()
    within 10 a_slice_is_there
}
# in_the_foreground COMMAND... &: what a script has in the background ignores
# Ctrl-C for good, unless it is started like that.
in_the_foreground() {
    exec perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' "$@"
}
a_slice_is_there() {
    grep -qs '"type":"slice"' "$tmp/results/results.jsonl.new"
}
compare_ends() {
    wait "$pid" 2>"$tmp/killed"
    status=$?
}

# report ARGUMENTS...: what report says of the last results, in $tmp/report.
report() {
    "$bin/report" "$@" "$tmp/results/results.jsonl" >"$tmp/report"
}

# printed_again [FILE]: report says of the file what compare said at its end,
# but for where its files are.
printed_again() {
    diff <(sed -n '/^Fiveways, /,/^more: /p' "$tmp/out" | sed '/^more: /d') \
        <("$bin/report" "${1:-$tmp/results/results.jsonl}" |
            sed '/^more: /d') >>"$tmp/err"
}

# said PATTERN FILE: the file has a line that matches.
said() {
    grep -qE -- "$1" "$tmp/$2"
}

# The other rows are there, whatever happened to one of them.
others_measured() {
    said '^threaded +16/16' out && said '^yardstick +16/16' out
}

# measured: the last run has the price of an echo of threaded, and a yardstick.
measured() {
    others_measured && [ -n "$(field server_cpu_us_per_echo threaded)" ] &&
        [ -n "$(field rss_kib_per_client threaded)" ]
}

# on_terminal COLUMNS NAME=VALUE COMMAND: what it writes to a terminal that is
# so wide, in $tmp/out; without escape sequences, and with a line for each
# carriage return, in $tmp/plain.
on_terminal() {
    script -qec "stty cols $1; exec env -u COLUMNS $2 $3" /dev/null \
        >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    tr '\r' '\n' <"$tmp/out" | sed 's/\x1b\[[0-9;]*[mK]//g' >"$tmp/plain"
}
# But for messages, which the terminal breaks: with one CPU there is one.
narrow() { [ "$(grep -v '^compare: ' "$tmp/plain" | wc -L)" -le "$1" ]; }
no_escapes() { ! grep -q $'\x1b' "$tmp/out"; }

# well_formed WHAT FILE...: each of them is XML; where nobody can tell, WHAT is
# skipped.
well_formed() {
    local what=$1
    shift
    if command -v xmllint >/dev/null; then
        xmllint --noout "$@" 2>>"$tmp/err"
        result "$what" $?
    else
        skip "$what" "there is no xmllint; 'make deps' installs it"
    fi
}

# ---- what is in the results ----------------------------------------------

# field COLUMN MODEL: a figure of the only scenario of the last run.
field() {
    awk -F, -v column="$1" -v model="$2" '
        NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i } }
        NR > 1 && $at["model"] == model { print $at[column] }
    ' "$tmp/results/summary.csv"
}

# life FIGURE MODEL: a figure of the records of lives, one for each.
life() {
    perl -ne 'next unless /"type":"life"/ && /"model":"'"$2"'"/;
        print "$1\n" if /"'"$1"'":"?([^,"}]+)/' "$tmp/results/results.jsonl"
}

# calls_of MODEL [NAME [CLIENTS]]: the calls per echo in the results, in
# total or of one name.
calls_of() {
    perl -ne 'next unless /"type":"calls"/ && /"model":"'"$1"'"/ &&
            /"clients":'"${3:-[0-9]+}"',/;
        print "$1\n" if /"'"${2:-syscalls_per_echo}"'":([0-9.]+)/' \
        "$tmp/results/results.jsonl"
}

# between LOW VALUE HIGH: as numbers; an empty value is not between.
between() {
    [ -n "$2" ] && awk "BEGIN { exit !($1 <= $2 && $2 <= $3) }"
}

# near A B TOLERANCE: the two numbers differ by that at most.
near() {
    perl -e 'exit !(@ARGV == 3 && abs(eval($ARGV[0]) - eval($ARGV[1])) <=
        eval($ARGV[2]))' "$@"
}

# ---- a server to be loaded ------------------------------------------------

# start_target: threaded, at $target; stop_target ends it.
start_target() {
    "$bin/threaded" --port=0 >"$tmp/ready" &
    server=$!
    within 10 test -s "$tmp/ready"
    target=$(sed 's/listening on //' "$tmp/ready")
}
stop_target() {
    kill "$server"
    wait "$server"
}

# ---- processes -----------------------------------------------------------

# within SECONDS COMMAND...: try until it succeeds or the time is over.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

# own_programs NAME...: a folder of our own with these of the programs alone.
own_programs() {
    local name
    mkdir -p "$tmp/bin"
    for name in "$@"; do
        cp "$bin/$name" "$tmp/bin"
    done
}

# A server that never is ready, under a name of its own.
write_sleeper() {
    printf '#!/bin/bash\necho "never mind" >&2\nexec -a %s sleep 100\n' \
        "$tmp/sleeper" >"$tmp/never"
    chmod +x "$tmp/never"
}

# Our servers are told from those of others by their environment, which those
# out of our sight have as well.
export FIVEWAYS_TEST=$$.$RANDOM

# children_left: the servers among the processes with it, one a line.
children_left() {
    local pid
    grep -lsa "FIVEWAYS_TEST=$FIVEWAYS_TEST" /proc/[0-9]*/environ |
        grep -oE '[0-9]+' | while read -r pid; do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
        threaded | yardstick | selectloop | sh | badserver | socat | \
            ncat | python3 | node | perl | sleep) echo "$pid" ;;
        esac
    done
}

has_ended() { ! kill -0 "$1" 2>"$tmp/killed"; }
no_children_left() { [ -z "$(children_left)" ]; }
a_child_runs() { [ -n "$(children_left)" ]; }
a_sleeper_runs() { grep -qsa "^$tmp/sleeper" /proc/[0-9]*/cmdline; }
