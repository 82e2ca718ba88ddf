#!/bin/bash
# demo.sh: the demonstration shows what is so, live or from a file, on any
# terminal or none, and leaves nothing behind.
# shellcheck disable=SC2016,SC2317 # $p is sed's; and `within` calls shows
# shellcheck source=tests/course/with_tables
source "$(dirname "$0")/with_tables"
idea=demo

events=$(realpath "$here/../course/events.jsonl")
picture=$(realpath "$here/../../harness/course/demo.svg")
course=$tree/build/bin/course
kept=$tree/build/course/demo.jsonl
cd "$tree" || exit 1

# demo ARGUMENTS...: without a terminal; it takes 20 s at most.
demo() {
    timeout 30 "$course" demo "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}

# One sentence, by which no terminal is steered.
sentence() {
    [ "$(wc -l <"$tmp/err")" -eq 1 ] && ! grep -q $'\x1b' "$tmp/err" &&
        said "$1" err
}

# when FILE MODEL CLIENT EVENT: in ms, the first time.
when() {
    perl -ne 'print "$1\n" and exit if
        /"t_ms":([0-9.]+),"model":"'"$2"'","client":"'"$3"'","event":"'"$4"'"/' \
        "$1"
}

# ---- without a terminal ----------------------------------------------------

live() {
    local a_left
    demo --models="threaded blocking"
    [ "$status" -eq 0 ] && [ ! -s "$tmp/err" ] && no_escapes &&
        ! LC_ALL=C grep -q '[^ -~]' "$tmp/out"
    result "without a terminal it is plain lines" $?
    [ "$(wc -l <"$tmp/out")" -le 140 ] && said '^blocking +[5-7] of 8' out &&
        said '^threaded +nobody' out && no_children_left
    result "it says who waited, and no server is left" $?
    a_left=$(when "$kept" blocking A leaves)
    between "$a_left" "$(when "$kept" blocking C echo)" 3000 &&
        between "$(when "$kept" blocking C echo)" \
            "$(when "$kept" blocking D echo)" 3000
    result "blocking: nobody is served while A is there, then in turn" $?
    between 0 "$(when "$kept" threaded C echo)" \
        "$(when "$kept" threaded A leaves)" &&
        between 0 "$(when "$kept" threaded H echo)" \
            "$(when "$kept" threaded B leaves)"
    result "threaded: they are served beside A and B" $?
    grep -v '^once more' "$tmp/out" >"$tmp/live"
    demo --replay="$kept"
    [ "$status" -eq 0 ] && diff "$tmp/live" "$tmp/out" >>"$tmp/err"
    result "replayed it is the same" $?
    demo --replay="$kept" --models=threaded
    [ "$status" -eq 0 ] && ! said '^blocking' out && said '^threaded' out
    result "of a file it can be some of the models" $?
}

# begin_blocking: that scene in the background; returns when it goes on.
begin_blocking() {
    : >"$tmp/out"
    in_the_foreground "$course" demo --models=blocking >"$tmp/out" \
        2>"$tmp/err" &
    within 5 said ' A  connects' out
}
child_of() { tr -d ' ' <"/proc/$1/task/$1/children"; }

broken_servers() {
    demo --models=coroutine
    [ "$status" -eq 3 ] && said 'left out, it is not built' out &&
        sentence 'nothing to show'
    result "what is not built is left out" $?
    printf '#!/bin/sh\necho "no luck today" >&2\nexit 1\n' >"$tree/build/bin/libevent"
    chmod +x "$tree/build/bin/libevent"
    demo --models=libevent,threaded
    [ "$status" -eq 1 ] && said 'libevent: .*no luck today' out &&
        said '^threaded +nobody' out
    result "of a server that does not start it is said why" $?
    rm "$tree/build/bin/libevent"
    cp "$kept" "$tmp/before"
    begin_blocking
    kill -KILL "$(child_of "$(child_of $!)")"
    wait $!
    [ $? -eq 1 ] && said '^blocking: .*9' out && no_children_left
    result "a server that is killed in its scene is told of" $?
    cp "$tmp/before" "$kept"
    begin_blocking
    kill -INT $!
    wait $!
    [ $? -eq 130 ] && sentence 'interrupted' && within 2 no_children_left &&
        cmp "$tmp/before" "$kept"
    result "Ctrl-C ends it, and the file before stays" $?
}

# ---- files ------------------------------------------------------------------

# refuses NAME PATTERN: that file is refused with a sentence.
refuses() {
    demo --replay="$tmp/$1"
    [ "$status" -eq 3 ] && sentence "$1: $2" && [ ! -s "$tmp/out" ]
}

files() {
    local bytes bad=0
    bytes=$(wc -c <"$events")
    for ((i = 0; i < bytes; i += 997)); do
        head -c "$i" "$events" >"$tmp/cut"
        refuses cut "cut off at line $(awk 'END { print NR }' "$tmp/cut");" ||
            bad=1
    done
    result "wherever a file is cut off, the line is named" "$bad"
    sed '$d' "$events" >"$tmp/cut"
    refuses cut "cut off at line"
    result "a scene without its end is cut off" $?
    echo '{"type":"run"}' >"$tmp/other"
    refuses other 'line 1 is not'
    result "another file is refused" $?
    for change in 's/"blocking"/"b\\u001b[31m"/' 's/"C"/"I"/' 's/"says"/"sings"/' \
        '5s/:[0-9.]*,/:1e300,/' '5s/:[0-9.]*,/:-1,/' '5s/"client":"."/"client":""/' \
        '5s/"event":/"what":/' '$p' '5s/^/[/'; do
        sed "$change" "$events" >"$tmp/strange"
        refuses strange 'line [0-9]+ is not' || { echo "$change" && bad=1; }
    done
    result "whatever an event may not be is refused with its line" "$bad"
    { head -9 "$events" && yes "$(sed -n 9p "$events")" | head -100000; } \
        >"$tmp/huge"
    refuses huge 'line 2[0-9][0-9] is not'
    result "a scene has its bounds" $?
    (ulimit -v 200000 && timeout 10 "$course" demo --replay=/dev/zero) \
        2>"$tmp/err"
    [ $? -eq 3 ] && sentence 'line 1 is not'
    result "a line has its bounds" $?
    demo --replay="$tmp/none"
    [ "$status" -eq 3 ] && sentence 'none: No such file'
    result "no file is a sentence" $?
    timeout 10 "$course" demo --replay="$events" >/dev/full 2>"$tmp/err"
    [ $? -eq 3 ]
    result "what cannot be printed is no success" $?
    demo --models=" ,"
    [ "$status" -eq 2 ] && sentence '--models: there is nothing in it'
    result "no model at all is refused" $?
    demo --models=nobody
    [ "$status" -eq 2 ] && sentence '--models: nobody is .*blocking threaded'
    result "an unknown model is refused, and the known ones are named" $?
}

svg() {
    demo --replay="$events" --svg="$tmp/demo.svg"
    [ "$status" -eq 0 ] && cmp "$tmp/demo.svg" "$picture" >>"$tmp/err" 2>&1
    result "the picture in the repository is that of the events" $?
    [ "$(wc -c <"$picture")" -le 40960 ] &&
        ! grep -qE '<script|href|url\(|@import' "$picture" &&
        grep -q 'prefers-reduced-motion' "$picture"
    result "it is small, and needs nothing else" $?
    well_formed "it is XML" "$picture"
    demo --svg="$tmp/none/demo.svg"
    [ "$status" -eq 3 ] && sentence 'cannot be written' && [ ! -s "$tmp/out" ]
    result "a folder that is not there is a sentence, before the scenes" $?
}

# ---- on a terminal ----------------------------------------------------------

# terminal SIZE NAME=VALUE...: two scenes again on a terminal of so many
# columns and rows; what it gets is in $tmp/out, without escapes in $tmp/plain.
terminal() {
    local size=$1
    shift
    on_terminal "${size%x*} rows ${size#*x}" "$*" \
        "$course demo --replay=$events --models=blocking,threaded"
}

terminals() {
    terminal 80x24 LC_ALL=C.UTF-8 TERM=xterm
    [ "$status" -eq 0 ] && said $'\x1b\\[33m░' out && said '─' out &&
        [ "$(tail -n +2 "$tmp/plain" | LC_ALL=C.UTF-8 wc -L)" -le 80 ]
    result "UTF-8: in colour, and within 80 columns" $?
    tail -c 200 "$tmp/out" | grep -q $'\x1b\\[?25h'
    result "the cursor is back" $?
    terminal 80x24 LC_ALL=C TERM=xterm
    [ "$status" -eq 0 ] && said '::::#' plain && ! LC_ALL=C grep -q '[^ -~[:cntrl:]]' "$tmp/out"
    result "without UTF-8 it is ASCII, and no word of it" $?
    terminal 80x24 NO_COLOR=1 TERM=xterm
    [ "$status" -eq 0 ] && ! said $'\x1b\\[3[0-9]m' out && said $'\x1b\\[10A' out
    result "without colour it is drawn as well" $?
    terminal 80x24 TERM=dumb
    [ "$status" -eq 0 ] && no_escapes && said ' A  connects' out
    result "a terminal that can do nothing gets lines" $?
    terminal 60x24 TERM=xterm
    [ "$status" -eq 0 ] && no_escapes && said '60x24 is too small' out &&
        said ' A  connects' out
    result "one that is too small gets a sentence and lines" $?
}

# shows WORDS: they are on the screen of tmux, without what is not drawn yet.
screen() { tmux -L "$FIVEWAYS_TEST" "$@"; }
shows() { screen capture-pane -p | grep -q "$1"; }
type_in() { screen send-keys "$1" Enter; }

in_tmux() {
    trap 'screen kill-server; rm -rf "$tmp"' EXIT
    screen -f /dev/null new-session -d -x 80 -y 24 \
        "env PS1='> ' LC_ALL=C.UTF-8 bash --norc"
    within 5 shows '^>'
    type_in "stty -g >$tmp/stty.1; clear; $course demo --models=threaded; echo over"
    within 20 shows '^over'
    screen capture-pane -p | sed -n '/^threaded:/,/^nobody/p' >"$tmp/live"
    type_in "clear; $course demo --replay=$kept; echo done"
    within 20 shows '^done'
    screen capture-pane -p | sed -n '/^threaded:/,/^nobody/p' >"$tmp/out"
    [ "$(wc -l <"$tmp/out")" -eq 12 ] && diff "$tmp/live" "$tmp/out" >"$tmp/err"
    result "80x24: the last picture is the same live and from a file" $?
    type_in "clear; tmux clear-history; $course demo --replay=$events; echo all"
    within 30 shows '^all'
    [ "$(screen capture-pane -p -S - | grep -c '0 s  *1 s')" -eq 5 ] &&
        [ "$(screen capture-pane -p -S - | grep -c '^H ')" -eq 5 ]
    result "each scene leaves one picture" $?
    type_in "clear; $course demo --models=blocking; echo status \$?"
    within 10 shows '░░░'
    screen send-keys x C-z "C-\\" C-c
    within 10 shows '^status 130'
    type_in "stty -g >$tmp/stty.2; echo again"
    within 10 shows '^again'
    cmp "$tmp/stty.1" "$tmp/stty.2" >"$tmp/err" 2>&1 &&
        [ "$(screen display-message -p '#{cursor_flag}')" = 1 ] &&
        within 2 no_children_left
    result "after Ctrl-C the terminal is as it was, and no server is left" $?
}

pauses() {
    yes '' 2>/dev/null | timeout 20 "$course" demo --pause --replay="$events" \
        >"$tmp/out" 2>"$tmp/err"
    [ "${PIPESTATUS[1]}" -eq 0 ] && [ "$(grep -c '^Enter' "$tmp/out")" -eq 5 ]
    result "it waits for Enter before each scene" $?
    demo --pause --replay="$events"
    [ "$status" -eq 0 ] && said '^libevent +nobody' out
    result "the end of standard input is an Enter" $?
}

live
broken_servers
files
svg
pauses
if command -v script >/dev/null; then
    terminals
else
    skip "terminals" "script is not installed"
fi
if command -v tmux >/dev/null; then
    in_tmux
else
    skip "80x24 in tmux" "tmux is not installed"
fi
finish
