#!/bin/bash
# puzzle.sh: each puzzle is red as it comes, and green after our own fix, which
# is the original source; nothing gives it away; what a student does is kept.
# shellcheck source=tests/course/with_tables
source "$(dirname "$0")/with_tables"

table=harness/course/puzzles.table
cp "$table" "$tree/harness/course"
mapfile -t mutants < <(sed -n 's/^\([^# ][^ ]*\) | .*/\1/p' "$table")

# ---- the table -----------------------------------------------------------

[ ${#mutants[@]} -ge 25 ]
result "there are enough" $?
course puzzle --list
[ "$status" -eq 0 ] && [ "$(wc -L <"$tmp/out")" -le 80 ] &&
    said '^\[\.+\] 0 of [0-9]+ solved$' out
result "they are listed" $?
cp "$tmp/out" "$tmp/list"
for model in $(tests/models); do
    [ "$(grep -cE "^ ?[0-9]+  $model  .* open$" "$tmp/out")" -ge 5 ]
    result "five or more are of $model" $?
done
# gives_away NAME: a hint, the title or the reason has a line that mends it.
gives_away() {
    local line
    sed -n "/^$1 |/,/^[^ ]/p" "$table" | sed '1!{/^[^ ]/d}' | tr -s ' \n' ' ' >"$tmp/row"
    sed -n 's/^-[^-] *//p' "tests/mutants/$1.diff" >"$tmp/removed"
    while read -r line; do
        [ ${#line} -lt 12 ] || ! grep -qF -- "$line" "$tmp/row" || return 0
    done <"$tmp/removed"
    return 1
}
for mutant in "${mutants[@]}"; do
    if gives_away "$mutant"; then
        result "no hint of $mutant is its mending" 1
    fi
done

# ---- what it takes -------------------------------------------------------

course puzzle
[ "$status" -eq 3 ] && said "make deps" err
result "without the tests there is no judge" $?
course puzzle --n=200
[ "$status" -eq 2 ] && said "from 1 to ${#mutants[@]}$" err
result "no such puzzle, and how many there are" $?
tests=$(realpath "$bin/../tests")
for tool in "$tests/faults" "$tests/shim.so" "$(command -v patch || echo patch)"; do
    if [ ! -e "$tool" ] || [ -n "${FIVEWAYS_VARIANT:-}" ]; then
        skip "red and green" "it takes the plain build, 'make tests' and patch"
        finish
    fi
done
mkdir -p "$tree/build/tests" "$tree/build/obj/harness"
ln -s "$tests"/{conformance,faults,shim.so} "$tree/build/tests"
cp "$bin"/{coroutine,libevent} "$tree/build/bin" 2>/dev/null
# Nothing but the puzzles is compiled.
cp -a "$tests/../made-with" "$tree/build"
cp -a "$tests/../obj/harness/"{base,contract} "$tree/build/obj/harness"

# ---- red and green -------------------------------------------------------

# puzzle FILE ARGUMENTS...: what it prints, in FILE.out, its status in FILE.rc.
puzzle() {
    local file=$1
    shift
    (cd "$tree" && exec timeout 300 build/bin/course puzzle "$@") \
        >"$file.out" 2>&1 </dev/null
    echo $? >"$file.rc"
}
# mend N: our own fix.
mend() {
    local folder
    folder=$(echo "$tree/mine/puzzle-$1"/*)
    cp "$(basename "$folder")"/*.[ch] "$folder"
    rm -f "$folder"/{hello,bufferevent}.c
}
both() {
    puzzle "$tmp/red$1" --n="$1"
    mend "$1"
    puzzle "$tmp/green$1" --n="$1"
}
# CI tries one of each model, every day another one.
mapfile -t tried < <(seq ${#mutants[@]})
if [ -n "${CI:-}" ]; then
    tried=()
    for model in $(tests/models); do
        mapfile -t its < <(sed -n "s/^ *\([0-9]*\)  $model .*/\1/p" "$tmp/list")
        tried+=("${its[$(date +%-j) % ${#its[@]}]}")
    done
fi
begin=$SECONDS
for n in "${tried[@]}"; do
    [ "$(jobs -rp | wc -l)" -lt 8 ] || wait -n
    both "$n" &
done
wait
echo "$idea: ${tried[*]} took $((SECONDS - begin)) s"
for n in "${tried[@]}"; do
    cp "$tmp/red$n.out" "$tmp/out"
    cp "$tmp/green$n.out" "$tmp/err"
    if said '^  sorry ' out || said 'there is no .*libevent' out; then
        skip "puzzle $n" "$(grep -E 'skipped|there is no' "$tmp/out" | head -n 1)"
        continue
    fi
    [ "$(cat "$tmp/red$n.rc" "$tmp/green$n.rc" | tr '\n' ' ')" = "0 0 " ] &&
        said '^  seen ' out && said "^  edit +mine/puzzle-$n/" out &&
        ! said 'warning:' out && ! grep -qF "${mutants[n - 1]}" "$tmp/out" &&
        said '^  solved ' err && said '^  why ' err && ! said 'warning:' err &&
        [ "$(grep -c '^  hint ' "$tmp/err")" -eq 3 ]
    result "puzzle $n" $?
done
course puzzle --list
said "^\[[#.]+\] ${#tried[@]} of ${#mutants[@]} solved$" out
result "all of them are solved" $?
seq ${#mutants[@]} | sed 's/.*/puzzle-& hints 0, solved/' >"$tree/mine/progress"
course puzzle
[ "$status" -eq 0 ] && said "^\[#+\] ${#mutants[@]} of" out
result "then nothing is left" $?

# ---- on the way ----------------------------------------------------------

rm -r "$tree/mine"
course puzzle --hint=2
[ "$status" -eq 0 ] && [ "$(grep -c '^  hint ' "$tmp/out")" -eq 2 ]
result "two hints" $?
puzzle "$tmp/first"
[ "$(cat "$tmp/first.rc")" -eq 0 ] && cp "$tmp/first.out" "$tmp/out" &&
    [ "$(grep -c '^  hint ' "$tmp/out")" -eq 2 ]
result "they are kept, and shown with it" $?
source=$(echo "$tree"/mine/puzzle-1/*/server.c)
echo 'int (' >>"$source"
puzzle "$tmp/first"
[ "$(cat "$tmp/first.rc")" -eq 1 ] && cp "$tmp/first.out" "$tmp/out" &&
    said 'server.c:[0-9:]+ error: ' out && ! said '^  seen ' out
result "the compiler is heard" $?
sed -i '$d' "$source"
puzzle "$tmp/first"
[ "$(cat "$tmp/first.rc")" -eq 1 ] && cp "$tmp/first.out" "$tmp/out" &&
    said '^  seen ' out
result "... and it goes on from there" $?
course puzzle --list
said '^ 1 .* open, hints: 2$' out && said '^\[\.+\] 0 of' out
result "the list knows" $?
# Ctrl-C in the middle of a case that takes three seconds.
(cd "$tree" && in_the_foreground build/bin/course puzzle --n=18 >"$tmp/out" 2>&1) &
pid=$!
# shellcheck disable=SC2317 # called by within
# there PATTERN: some process of this tree has such a command line.
there() {
    local each
    for each in $(pgrep -f -- "$1"); do
        [ ! "/proc/$each/cwd" -ef "$tree" ] || return 0
    done
    return 1
}
# shellcheck disable=SC2317
is_asked() {
    there 'build/mine/puzzle-18 .*--handshake'
}
# shellcheck disable=SC2317
nobody_is_there() {
    ! there 'build/mine/puzzle-18'
}
within 60 is_asked
kill -INT "$pid"
wait "$pid"
[ $? -eq 130 ] && within 2 nobody_is_there
result "Ctrl-C leaves nobody behind" $?
# A server that greets nobody passes no neighbour.
mend 1
sed -i 's/"hello"/"holla"/; s/if (options->handshake) {/if (false) {/' "$source"
puzzle "$tmp/first"
[ "$(cat "$tmp/first.rc")" -eq 1 ] && cp "$tmp/first.out" "$tmp/out" &&
    said '^  case +[GH]0' out && ! said '^  solved ' out
result "to take a feature out is no solution" $?
# The fault of another one, put into it, is found as well: here, that the limit
# of a greeting begins anew with each byte.
mend 1
patch -s -p0 -d "$tree/mine/puzzle-1" <tests/mutants/per-recv-deadline.diff
puzzle "$tmp/first"
[ "$(cat "$tmp/first.rc")" -eq 1 ] && cp "$tmp/first.out" "$tmp/out" &&
    said '^  case +H04_dripping' out && ! said '^  solved ' out
result "nor is another fault" $?
puzzle "$tmp/first" --n=2
mend 2
sed -i 's/left_ms > 1 ? (int)left_ms : 1/(int)left_ms * 0/' "$tree/mine/puzzle-2/selectloop/server.c"
puzzle "$tmp/first" --n=2
[ "$(cat "$tmp/first.rc")" -eq 1 ] && cp "$tmp/first.out" "$tmp/out" &&
    said '^  case +H0' out && ! said '^  solved ' out
result "nor a greeting that may take for ever" $?
mend 1
puzzle "$tmp/first"
course puzzle --list
said '^ 1 .* solved, hints: 2$' out && said '^ 2 .* open$' out
result "solved is kept" $?
finish
