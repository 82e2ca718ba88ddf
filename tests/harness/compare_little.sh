#!/bin/bash
# compare_little.sh: a machine with little: no libevent, no servers, no room to
# write.
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"

# refuses FOLDER STATUS PATTERN: one sentence, and no minute of measuring.
refuses() {
    run_briefly --out="$1"
    [ "$status" -eq "$2" ] && said "$3" err && [ ! -s "$tmp/out" ] &&
        [ "$(wc -l <"$tmp/err")" -eq 1 ]
    result "no place for results: ${1:0:40}" $?
}

run_once --bin=/nonexistent --scenarios=silent
[ "$status" -eq 3 ] && [ "$(wc -l <"$tmp/err")" -eq 1 ] &&
    said 'no program blocking in /nonexistent; run make' err &&
    [ ! -e "$tmp/results" ]
result "without any server nothing is touched" $?

own_programs threaded yardstick
run_briefly --bin="$tmp/bin" --models=threaded,libevent
[ "$status" -eq 0 ] && others_measured &&
    said '^libevent +skipped: not built: libevent is not inst' out
result "without libevent its row says why" $?

run_once --bin="$tmp/bin" --models=libevent --scenarios=wait
[ "$status" -eq 3 ] && said '^libevent +skipped: not built' out &&
    said '^compare: nothing was measured' err
result "a run that measures nothing says so and exits 3" $?

rm "$tmp/bin/threaded"
run_briefly --bin="$tmp/bin"
[ "$status" -eq 3 ] && said 'no program threaded in ' err
result "a missing server of ours is an error" $?

mkdir "$tmp/installed"
for name in compare threaded yardstick; do
    cp "$bin/$name" "$tmp/installed/fiveways-$name"
done
through=(env -C /)
compare=$tmp/installed/fiveways-compare run_briefly
through=()
[ "$status" -eq 0 ] && others_measured
result "programs are found beside compare, as make install puts them" $?

through=(sh -c 'exec "$@" >/dev/full' sh)
run_briefly
[ "$status" -eq 3 ] && said 'standard output: No space left' err
result "a full standard output is said" $?

through=(sh -c 'exec "$@" >&-' sh)
run_briefly
through=()
[ "$status" -eq 3 ] && said 'standard output is closed' err
result "a closed standard output is said" $?

refuses /proc/none 3 'give --out=DIR, .*/proc/none: No such'
: >"$tmp/file"
refuses "$tmp/file" 3 'give --out=DIR, .*file: Not a dir'
refuses "$tmp/file/" 3 'give --out=DIR, .*file/: Not a dir'
refuses "$(printf '/tmp/%05000d' 1)" 3 'give --out=DIR, .*too long'
refuses "" 2 'there is no folder in it'
mkdir "$tmp/closed"
chmod 555 "$tmp/closed"
[ "$(id -u)" -ne 0 ] || through=(setpriv --bounding-set=-all --inh-caps=-all)
refuses "$tmp/closed" 3 'give --out=DIR, .*closed: Permission denied'
through=()
for folder in "$tmp/a b/c/" "$tmp/a
b"; do
    run_briefly --out="$folder"
    [ "$status" -eq 0 ] && [ -s "$folder/results.csv" ]
    result "results go to ${folder#"$tmp/"}" $?
done

# What the lock needs is not everywhere.
if ! strace -o /dev/null -e inject=flock:error=ENOLCK true 2>/dev/null; then
    skip "a folder without locks" "strace cannot be used here"
else
    through=(strace -o /dev/null -e trace=flock -e inject=flock:error=ENOLCK)
    run_briefly
    through=()
    [ "$status" -eq 0 ] && others_measured &&
        said 'results cannot be locked.*: No locks' err
    result "without locks it says so, and measures" $?
fi
finish
