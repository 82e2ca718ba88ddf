#!/bin/bash
# compare_noise.sh: a machine kept busy by others is called noisy.
# Runs alone: it keeps all the CPUs busy.
source "$(dirname "$0")/cases.sh"

hogs=()
for ((i = 0; i < $(nproc); i++)); do
    (while :; do :; done) &
    hogs[i]=$!
    taskset -cp "$i" "${hogs[i]}" >/dev/null
done
# shellcheck disable=SC2119 # it is given no more
run_briefly
kill "${hogs[@]}"
wait "${hogs[@]}" 2>/dev/null
[ "$status" -eq 0 ] && said '^noisy machine: .* foreign' out &&
    said ': 1 used of [23] run' out &&
    grep -q '"disturbed_by":\["foreign"' "$tmp/results/results.jsonl"
result "a machine kept busy by others is called noisy" $?
finish
