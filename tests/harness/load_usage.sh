#!/bin/bash
# load_usage.sh: what strangers type at load is answered by one sentence that
# says what to type; and what it writes to a terminal fits there.
source "$(dirname "$0")/cases.sh"

# answers STATUS PATTERN ARGUMENTS...: load says that, and ends like that.
answers() {
    try "$bin/load" "${@:3}" </dev/null
    cat "$tmp/out" "$tmp/err" >"$tmp/both"
    [ "$status" -eq "$1" ] && said "$2" both &&
        { [ "$1" -ne 2 ] || [ "$(wc -l <"$tmp/both")" -eq 1 ]; }
    result "load ${*:3}" $?
}

answers 2 'please give HOST:PORT, such as 127.0.0.1:5566'
answers 2 'please give one HOST:PORT, in one word' localhost 5566
answers 2 'a time .* with its unit: 5s' 127.0.0.1:5566 -d 5
answers 2 'a number from 1 to' 127.0.0.1:5566 -c 0
answers 0 '^Usage: load .*HOST:PORT' -h
answers 0 '^Fiveways load' --version

start_target
# shellcheck disable=SC2094 # it is what is refused
"$bin/load" "$target" -n 9 --save "$tmp/one" >"$tmp/one" 2>"$tmp/err"
[ $? -eq 2 ] && said 'cannot go into one file' err
result "the summary and --save do not go into one file" $?
"$bin/load" "$target" -n 9 --save "$tmp/c" --histogram "$tmp/./c" 2>"$tmp/err"
[ $? -eq 2 ] && [ ! -e "$tmp/c" ]
result "a file that was created for nothing is removed" $?
"$bin/load" "$target" -n 9 --histogram "$tmp/h" 2>"$tmp/err" >&-
[ $? -eq 3 ] && said 'standard output is closed' err
result "load without a standard output" $?
mkfifo "$tmp/fifo"
in_the_foreground "$bin/load" "$target" -n 9 --save "$tmp/fifo" 2>"$tmp/err" &
pid=$!
# shellcheck disable=SC2317 # within calls them
waits() { grep -A2 load "/proc/$pid/status" | grep -q '^State:.S'; }
within 10 waits
kill -INT "$pid"
within 5 has_ended "$pid" || kill -KILL "$pid"
wait "$pid" 2>"$tmp/killed"
[ $? -eq 130 ]
result "Ctrl-C ends it before a pipe has a reader" $?
if ! command -v script >/dev/null; then
    skip "what it writes to a terminal" "there is no script(1)"
else
    on_terminal 40 TERM=dumb "$bin/load $target -d700ms"
    said 'errors +none' out && no_escapes
    result "no escape sequences with TERM=dumb" $?
    on_terminal 40 TERM=xterm "$bin/load $target -d700ms"
    said '% +[0-9.]+k? echoes' out && grep '% .* echoes' "$tmp/plain" \
        >"$tmp/progress" && [ "$(wc -L <"$tmp/progress")" -le 39 ]
    result "the line of progress fits into 40 columns" $?
fi
stop_target
finish
