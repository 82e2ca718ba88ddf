#!/bin/bash
# hostile.sh: servers that mean harm: none hangs the grader, fills memory, or
# gets full marks, and nothing is left of it. See hostile/server.py.
# shellcheck source=tests/harness/cases.sh
source "$(dirname "$0")/../harness/cases.sh"
top=$(realpath "$here/../..")
cd "$top" || exit 1
if ! command -v python3 >/dev/null; then
    skip "hostile servers" "there is no python3"
    finish
fi
export GROWN=$tmp/grown

# grade HOW [FLAGS...]: grade that one, for two minutes at most; $before and
# $behind are of its command.
before='' behind=''
grade() {
    local how=$1
    shift
    timeout 120 "$bin/grade" "$@" \
        --server="${before}python3 tests/grade/hostile/server.py $how {port}$behind" \
        >"$tmp/out" 2>"$tmp/err"
    status=$?
    before='' behind=''
}

# left HOW: nothing of it is.
left() {
    within 5 no_children_left
    result "$1: nothing of it is left" $?
}

# caught HOW TEST: it loses the points of that test; nothing is left.
caught() {
    [ "$status" -eq 1 ] && said "^  $2 .*FAILED" out
    result "$1: points are lost" $?
    left "$1"
}

grade endless --only="starts bytes idle"
[ "$status" -le 1 ] && [ ! -e "$GROWN" ]
result "endless: what it prints does not fill memory" $?
left endless

grade children --only="starts leak"
caught children leak

grade stays --only="starts stops"
caught stays stops

behind=' & wait' grade stays --only="starts stops"
caught "stays, behind a shell that does not" stops
before='setsid ' behind=' & wait' grade stays --only="starts stops"
caught "stays, in a session of its own" stops

grade heir --only=starts 9>"$tmp/nine"
[ "$status" -eq 0 ] && [ ! -s "$tmp/nine" ]
result "heir: it has inherited nothing" $?

grade parricide --only="starts bytes"
left parricide

grade warden --only=stops
said 'still runs' out
caught warden stops

grade crowd --only=leak
caught crowd leak

grade mute --only="starts bytes"
caught mute bytes

grade moody --only="starts fragments"
caught moody fragments

grade leaves
caught leaves starts

grade liar
caught liar starts

start_target
RIGHT=$target grade borrower --only="starts bytes stops"
stop_target
caught borrower starts

grade more --only="starts bytes"
caught more bytes

on_terminal 80 NO_COLOR=1 "$bin/grade --only='starts bytes' \
    --server='python3 tests/grade/hostile/server.py loud {port}'"
said '^  bytes .*FAILED' plain && ! said 'full marks' plain
result "loud: it cannot write to the terminal" $?
left loud

finish
