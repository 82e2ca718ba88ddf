#!/bin/bash
# compare_usage.sh: wrong usage is refused with one sentence; what the
# environment says of terminals holds, and nothing else of it does.
source "$(dirname "$0")/cases.sh"

# refused NAME PATTERN ARGUMENTS...: exit 2, one sentence, nothing started.
refused() {
    run "${@:3}"
    [ "$status" -eq 2 ] && said "$2" err && [ ! -s "$tmp/out" ] &&
        [ ! -e "$tmp/results" ]
    result "$1 is refused" $?
}

refused "an unknown model" '--models: fast.*blocking' --models=fast
refused "an unknown scenario" '--scenarios: race.*echo, churn' \
    --scenarios=echo,race
refused "no lives" '--lives=0: .*1 to 100' --lives=0
refused "an unknown layout" '--layout=round: .*shared' --layout=round
refused "a server without a command" '--server: mine' --server=mine
refused "a server called like ours" 'that name is taken' '--server=blocking=cat'
refused "a server called like a variant" 'that name is taken' \
    '--server=libevent-poll=cat'
refused "two modes" 'exclude each other' --variants --quick
refused "the same server twice" 'that name is taken' --server=a=b --server=a=c
refused "a time without a unit" '--start-timeout=5: ' --start-timeout=5
refused "an empty launcher" 'launcher: there is nothing in it' --launcher=' '
refused "a host that is no number" 'host: localhost is not a numeric' \
    --host=localhost
refused "an unknown flag" 'unrecognized' --faster
refused "an argument" 'fast: only flags' fast
run --help
[ "$status" -eq 0 ] && said '--scenarios=' out
result "--help helps" $?

# Three letters of which make makes something, and the one of a shell's.
make="env HOST=x COMPARE_HOST=x MODELS=x make --no-print-directory -n"
$make -C "$here/../.." compare-quick >"$tmp/out" 2>"$tmp/err"
said 'compare --quick' out && ! said '--(host|models)' out
result "what happens to be in the environment is not asked for" $?

# in_columns COLUMNS MOST [NAME=VALUE]: a table and what is shown meanwhile on
# a terminal so wide; no line has more than MOST columns.
in_columns() {
    on_terminal "$1" "${3:-TERM=xterm}" "$compare --out=$tmp/results --lives=1 \
        --time=200ms --syscalls=none --models=threaded --scenarios=silent,work"
    [ "$status" -eq 0 ] && said 'life 1 of 1, ' plain && narrow "$2"
}

if command -v script >/dev/null; then
    in_columns 80 80 && ! no_escapes
    result "a terminal of 80 columns has lines of 80, and colours" $?
    in_columns 40 60
    result "one of 40 has the narrowest table" $?
    in_columns 80 80 TERM=dumb && no_escapes
    result "a dumb terminal has no escape sequences" $?
    in_columns 80 80 NO_COLOR=1 && no_escapes
    result "NO_COLOR has none either" $?
    in_columns 80 80 LC_ALL=C && ! sed '/^more: /,$d' "$tmp/out" | LC_ALL=C grep -q $'[\x80-\xff]'
    result "all letters are ASCII, whatever the locale" $?
else
    skip "terminals" "there is no script(1)"
fi
COLUMNS=70 run_briefly --layout=shared
[ "$status" -eq 0 ] && ! grep -qE '.{71}|'$'\x1b' "$tmp/out"
result "into a pipe goes plain text, and COLUMNS is its width" $?
finish
