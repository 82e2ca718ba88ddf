# shellcheck shell=bash
#
# scripts.sh: what the scripts beside it share: counting cases, running
# compare, looking at what it said, and finding processes that it left.
#
# To be sourced, with $suite set to the script's name. A script ends with
# `finish`. FIVEWAYS_BIN names the folder of the programs (default build/bin).

bin=$(realpath "${FIVEWAYS_BIN:-build/bin}")
compare=$bin/compare
# Others may build and test on this machine as well: ours are the processes
# with this in their environment.
export FIVEWAYS_TEST=$$.$RANDOM
tmp=$(mktemp -d)
passed=0
failed=0
skipped=0
trap 'rm -rf "$tmp"' EXIT

# skip NAME REASON: count a case that cannot be tried here.
skip() {
    skipped=$((skipped + 1))
    echo "skipped ${suite:?}: $1: $2"
}

# result NAME GOOD: count a case; GOOD is 0 for a good one. What compare
# printed is shown for a bad one.
result() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok      ${suite:?}: $1"
    else
        failed=$((failed + 1))
        echo "FAILED  ${suite:?}: $1 (status ${status:-none})"
        sed 's/^/        /' "$tmp/out" "$tmp/err"
    fi
}

# finish: print the counts and end.
finish() {
    echo "$suite: $passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

# run_as COMMAND ...: run compare behind a command, for at most two minutes;
# its status in $status. What it said is kept with its lines joined as well,
# because the table breaks sentences where it likes.
run_as() {
    local words=()
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    timeout 120 "${words[@]}" "$compare" --out="$tmp/results" --rounds=1 \
        --syscalls=none "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    tr -s ' \n' ' ' <"$tmp/out" >"$tmp/flat"
}

# run ARGUMENTS...: the same without a command before it.
run() {
    run_as env -- "$@"
}

# said PATTERN FILE: the file has a line that matches.
said() {
    grep -qE -- "$1" "$tmp/$2"
}

# ours: the processes of this script, beside the shells themselves.
ours() {
    local pid
    grep -lsa "FIVEWAYS_TEST=$FIVEWAYS_TEST" /proc/[0-9]*/environ |
        grep -oE '[0-9]+' | while read -r pid; do
        case $(cat "/proc/$pid/comm" 2>/dev/null) in
        threaded | yardstick | coroutine | selectloop | leash | badserver | \
            socat | ncat | python3 | node) echo "$pid" ;;
        esac
    done
}

none_left() { [ -z "$(ours)" ]; }
one_runs() { [ -n "$(ours)" ]; }

# within SECONDS COMMAND...: try until it succeeds or the time is over.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.02
    done
}

# field COLUMN MODEL [CLIENTS]: a figure of the last run.
field() {
    awk -F, -v column="$1" -v model="$2" -v clients="${3:-}" '
        NR == 1 { for (i = 1; i <= NF; i++) { at[$i] = i } }
        NR > 1 && $at["model"] == model &&
            (clients == "" || $at["clients"] == clients) { print $at[column] }
    ' "$tmp/results/summary.csv"
}
