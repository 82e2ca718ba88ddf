#!/bin/bash
# new_model.sh: `make new-model` makes a model that check, compare, trace and
# book find with nothing else edited; and one for good is a folder and a line.
# In a copy of the tree.
# shellcheck source=tests/harness/cases.sh
source "$(dirname "$0")/../harness/cases.sh"

cd -P "$here/../.." || exit 1
mapfile -t models < <(tests/models)
build=$(realpath "$bin/..")
tree=$tmp/tree
mkdir -p "$tree/build/bin"
cp -a Makefile README.md .github "${models[@]}" harness tests "$tree"
cp -a "$build"/{obj,made-with,bin} "$tree/build"
cd "$tree" || exit 1
# Those of the tree that this is a copy of are none here.
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES MFLAGS MODELS VARIANT FROM NAME
epoll=tests/foreign/models/epoll

# makes ARGUMENTS...: make, its status in $status.
makes() {
    timeout 300 make --no-print-directory "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}
# refused WHAT WORDS ARGUMENTS...: status 2, with one sentence that has WORDS.
refused() {
    local what=$1 words=$2
    shift 2
    makes new-model "$@"
    [ "$status" -eq 2 ] && [ "$(grep -c '^new-model: ' "$tmp/err")" -eq 1 ] &&
        said "$words" err && [ ! -e mine/x ]
    result "refused: $what" $?
}
# is NAME WAYS IDEA: its line says so.
is() {
    sed -i "s/^MODEL(.*/MODEL($1, $2, \"$3\")/" "mine/$1/model"
}

# ---- made ----------------------------------------------------------------

refused "no name" 'NAME=epoll'
for name in Epoll 9p 'a b' a-b ../x toolongtobename; do
    refused "the name $name" 'is no name' NAME="$name"
done
for name in libevent load grade tests build mine always none floor measuring progress; do
    refused "$name, which is taken" 'choose another name' NAME=$name
done
refused "to begin as what is not there" 'FROM=nothing' NAME=x FROM=nothing

makes new-model NAME=epoll
[ "$status" -eq 0 ] && [ "$(grep -cE '^  [123]\. ' "$tmp/out")" -eq 3 ] &&
    [ "$(echo mine/epoll/*)" = "$(echo mine/epoll/{model,reactor.c,reactor.h,server.c})" ] &&
    ! grep -q 'selectloop[/"]' mine/epoll/*.[ch] &&
    grep -qx 'MODEL(epoll, MODEL_SELECT, ".*")' mine/epoll/model
result "it is a copy of selectloop that stands alone, and three steps follow" $?
cp -a mine/epoll "$tmp/first"
refused "the same once more" 'mine/epoll is there' NAME=epoll
makes new-model NAME=serial FROM=blocking
[ "$status" -eq 0 ] && grep -q '^MODEL(serial, MODEL_ONE_AT_A_TIME' mine/serial/model &&
    [ "$(echo mine/serial/*)" = "mine/serial/model mine/serial/server.c" ]
result "FROM=blocking: it begins as that" $?
mkdir mine/blocking
cp blocking/server.c mine/blocking

# ---- found ---------------------------------------------------------------

if [ -r "$epoll/server.c" ]; then
    rm mine/epoll/*.[ch]
    cp "$epoll"/*.[ch] mine/epoll
    is epoll 0 "one thread, callbacks, epoll"
else
    skip "a small epoll server in it" "there is no $epoll"
fi
makes compare-quick MODELS="selectloop epoll" SCENARIOS=echo TIME=200ms \
    LIVES=1 SYSCALLS=none
[ "$status" -eq 0 ] && awk '/^(selectloop|epoll|yardstick) +64\/64/ { print $1 }' \
    "$tmp/out" | head -n 3 | diff - <(printf '%s\n' selectloop epoll yardstick)
result "compare: it has a row" $?

makes build/tests/conformance
build/tests/conformance --list | head -n 7 |
    diff - <(printf '%s\n' "${models[@]}" epoll serial) >"$tmp/out"
result "the tests have it behind ours, and no copy without a model's line" $?
makes check-conformance MODELS=epoll \
    CONFORMANCE_CASES=_A01,_A02,_A07_half_close_small,_A15
[ "$status" -eq 0 ] && said '^epoll: [1-9][0-9]* passed, 0 failed, 0 skipped' out &&
    ! said '^(threaded|serial): ' out
result "check MODELS=epoll: it alone, and it passes" $?
# What it must pass follows from how it works.
cases() { build/tests/conformance --list-cases --model="$1" | cut -f3; }
cases serial >"$tmp/out"
said B05_max_clients_serial out && ! cases epoll | grep B05_max_clients_serial
result "who serves one at a time is asked for no more" $?

makes trace MODELS=epoll
[ "$status" -eq 0 ] && said 'accept A' out && said '>epoll<' tree/build/trace/trace.svg
result "trace: who waits for whom in it" $?
makes book
said 'id="epoll.conn_echo(_cb)?"' tree/build/book.html &&
    said 'id="serial.send_all"' tree/build/book.html &&
    said "^    'epoll', // 5" tree/build/book.html &&
    diff <(grep -o 'id="[a-z]*.main"' build/book.html | sort) \
        <(printf 'id="%s.main"\n' "${models[@]}" epoll serial | sort)
result "book: a column, with its functions in their rows" $?
well_formed "the page is well-formed" build/book.html
makes -n -p grade SERVER=mine/epoll
said '^SERVER := build/bin/epoll -p' out
known=$?
makes -n -p grade SERVER=mine/blocking
[ $known -eq 0 ] && said '^SERVER := build/mine/blocking -p' out
result "grade: SERVER=mine/NAME is what is made of it" $?

touch mine/epoll/server.c
makes grade SERVER=mine/epoll ONLY=starts FORMAT=json
[ "$status" -eq 0 ] && said '^building first' err && head -n 1 "$tmp/out" | grep -qx '{' &&
    said '"server": "build/bin/epoll -p' out
result "... and whoever reads the answer does not read of the build" $?
tests/foreign/models/with build/more printf '%s\n' >"$tmp/out" 2>"$tmp/err"
said '^--server=epoll-more=' out && ! said '^--server=epoll=' out
result "compare-more: the ready-made one of that name has another" $?

# ---- broken --------------------------------------------------------------

# shellcheck disable=SC2016 # as it is written
odd=("x'y" 'a b' '$(touch pwned)' '`touch pwned`' $'e\e[2J' Epoll)
for name in "${odd[@]}"; do
    mkdir "mine/$name"
    cp mine/epoll/* "mine/$name"
done
mkdir mine/bar
echo 'MODEL(bar, 0, "an idea")' >mine/bar/model
makes -n blocking
[ "$status" -eq 0 ] && [ "$(grep -c ': its name is to be ' "$tmp/err")" -eq ${#odd[@]} ] &&
    said '^mine/bar: there is no server.c' err && [ "$(wc -l <"$tmp/err")" -eq $((${#odd[@]} + 1)) ] &&
    no_escapes && [ -z "$(find . -name pwned)" ]
result "names that are none, and a model without sources, are told, and nobody else notices" $?
for name in "${odd[@]}" bar; do rm -r "mine/$name"; done

sed -i '1i what is this' mine/epoll/server.c
makes compare-quick SCENARIOS=echo TIME=200ms LIVES=1 SYSCALLS=none MODELS=selectloop
[ "$status" -eq 0 ] && ! said 'error' err
result "where it does not compile, others do not notice" $?
makes programs
[ "$status" -eq 0 ] && said 'mine/epoll/server.c:1' err && said 'mine/epoll does not compile' err &&
    timeout 60 build/bin/compare --out="$tmp/o" --lives=1 --time=200ms --syscalls=none \
        --models=epoll,selectloop --scenarios=echo >"$tmp/out" 2>>"$tmp/err"
said '^epoll +skipped: not built' out && said '^selectloop +64/64' out
result "the compiler's message is shown, and its row says that it is not built" $?
makes check-conformance MODELS=epoll
[ "$status" -ne 0 ] && said 'mine/epoll/server.c:1' err
result "who asks for it gets the message, and no more" $?
echo "MODEL(epoll)" >mine/epoll/model
makes -n blocking
[ "$status" -eq 0 ] && said 'mine/epoll/model: please write a line' err
result "a line that is none is told" $?

# ---- for good ------------------------------------------------------------

rm -rf mine
mv "$tmp/first" poll
rm poll/model
sed -i 's/epoll/poll/g' poll/*.[ch]
sed -i 's/^    MODELS_OF_MINE/    MODEL(poll, MODEL_SELECT, "callbacks") \\\n&/' harness/base/models.h
makes programs build/tests/conformance
[ "$status" -eq 0 ] && [ -x build/bin/poll ] &&
    build/tests/conformance --list | sed -n 6p | grep -qx poll
result "for good: a folder and a line, and it is built and among the tested" $?
OBJ=build/obj tests/lines/run >"$tmp/out" 2>"$tmp/err"
said 'poll [0-9]+/290' out && ! said '^FAILED: poll' out
result "check-lines has looked at it, and it is as the others" $?
sed -i 's/^ \* Idea /^ * Thought /; s/^conn_close(/conn_end(/' poll/server.c
OBJ=build/obj tests/lines/run >"$tmp/out" 2>"$tmp/err"
said '^FAILED: poll/server.c: header card has' out &&
    said '^FAILED: poll/server.c: begins with main' out
result "... or not" $?
tests/docs/static >"$tmp/out" 2>"$tmp/err"
said 'there is no poll/README.md' out
result "its lesson is missed" $?
(cd tests && awk -F '\t' -f promises/table.awk </dev/null) >"$tmp/out" 2>"$tmp/err"
said '\| test \|.* libevent \| poll \| finds' out
result "the promises have a column for it" $?

finish
