#!/bin/bash
# instructions.sh: an echo takes as many instructions as it did. What costs
# more by them is seen on any machine, however noisy. They hang on compiler,
# libc and CPU, so the numbers below are those of some; others have a line to
# be added, which is printed.
source "$(dirname "$0")/cases.sh"

models="blocking threaded selectloop coroutine libevent yardstick"
# Compiler, libc, CPU, and what an echo takes with one client.
numbers='
gcc-12 2.36 x86_64 85 183 390 567 731 103
'

if [ -n "${FIVEWAYS_VARIANT:-}" ]; then
    skip "instructions" "a build of its own has numbers of its own"
    finish
elif ! command -v valgrind >/dev/null; then
    skip "instructions" "valgrind is not installed"
    finish
fi

# counted: what an echo takes, of all models in their order; 0 for one that is
# not built.
counted() {
    local model
    for model in $models; do
        echo "$(field instructions_per_echo "$model") 0"
    done | awk '{ print $1 }' | xargs
}

# alike SHARE LIST LIST: no number of the one is further than that from the
# other's, but for 0.
alike() {
    perl -e '($share, @a) = map { split } @ARGV; @b = splice @a, @a / 2;
        exit !(@a && !grep { $a[$_] && abs($a[$_] - $b[$_]) > $share * $b[$_] }
            0 .. $#a)' "$@"
}

run --count
first=$(counted)
said '^  blocking +[0-9]+: conn_serve [0-9]+' out
result "instructions are counted, by function: $first" $?
run --count
alike 0.01 "$first" "$(counted)"
result "and are the same again within 1 %" $?

compiler=$(perl -ne 'print "$1-$2" if /"compiler":"(\w+) (\d+)/' \
    "$tmp/results/results.jsonl")
key="$compiler $(getconf GNU_LIBC_VERSION | awk '{print $2}') $(uname -m)"
known=$(awk -v key="$key " 'index($0, key) == 1 {
    print substr($0, length(key)) }' <<<"$numbers")
if ! grep -qs -- '-pthread .* -O2 -g *$' "$bin/../made-with/compile"; then
    skip "instructions are what they were" "it is built with flags of its own"
elif [ -z "$known" ]; then
    read -ra each <<<"$first"
    skip "instructions are what they were" \
        "not known here; to be added: $key$(printf ' %.0f' "${each[@]}")"
else
    alike 0.03 "$first" "$known"
    result "they are what they were within 3 %:$known" $?
fi

run --count --models=none "--server=plain=$badserver" \
    "--server=dies=sh -c 'exit 3'" "--server=gone=/nowhere/gone" --untried
[ "$status" -eq 0 ] && said '^  plain +[0-9]' out && said '^  dies +not' out
result "one's own server is counted, and one that dies has its reason" $?
said '^  gone +not counted: ended with status 127; .* /nowhere/gone: No such' out
result "one that is not there is not taken for a valgrind that is not" $?
mkdir "$tmp/pipes"
through=(env TMPDIR="$tmp/pipes")
run --count --models=none --untried \
    "--server=deaf=env --ignore-signal=TERM $badserver"
[ "$status" -eq 0 ] && said '^  deaf +not counted: valgrind did not' out &&
    [ -z "$(ls "$tmp/pipes")" ]
result "a valgrind that is killed leaves nothing" $?
# Below compare there is a process for each CPU that counts.
"$compare" --out="$tmp/results" --count --models=blocking >"$tmp/out" \
    2>"$tmp/err" &
pid=$!
# shellcheck disable=SC2317 # called by within
one_is_counted() {
    [ -n "$(pgrep -f -- --tool=callgrind)" ] && counts=$(pgrep -P "$pid")
}
# shellcheck disable=SC2086 # one word for each process
within 10 one_is_counted && set -- $counts && kill -9 "$1"
compare_ends
said '^  blocking +not counted: the process that counts it ended' out &&
    said '^  yardstick +([0-9]|not counted: the process)' out
result "who dies takes the count along, and that is said" $?
through=(env PATH=/nowhere)
run --count
[ "$status" -eq 3 ] && said 'valgrind is not installed' out
result "without valgrind it says how to get it" $?
no_children_left
result "valgrind leaves no server" $?
finish
