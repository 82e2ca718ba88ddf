#!/bin/bash
# report_golden.sh: what `report` prints of results, to the letter.
#
# golden/make.pl NAME makes the results, of a run that never was; NAME.txt is
# what report says of them on paper of 100 and of 80 columns, with --all and, of
# one, in Markdown. The page and the picture are those of a run that was, in
# harness/report/sample/.
# Who means to change what is printed looks at the difference and then takes it
# over with --update.
source "$(dirname "$0")/cases.sh"

render() {
    local columns
    for columns in 100 80; do
        echo "---- report, $columns columns"
        COLUMNS=$columns "$bin/report" "$1" || echo "---- exit status $?"
    done
    for format in --all --summary-csv ${2:+"$2"}; do
        echo "---- report $format"
        COLUMNS=100 "$bin/report" "$format" "$1" || echo "---- exit status $?"
    done
}

for name in default c10k rate foreign variants; do
    "$here/golden/make.pl" "$name" >"$tmp/results.jsonl"
    markdown=
    [ "$name" = foreign ] && markdown=--markdown
    (cd "$tmp" && render results.jsonl "$markdown") >"$tmp/rendered" 2>"$tmp/err"
    if [ "${1:-}" = --update ]; then
        cp "$tmp/rendered" "$here/golden/$name.txt"
        continue
    fi
    diff "$here/golden/$name.txt" "$tmp/rendered" >"$tmp/out"
    result "made results: $name" $?
    for columns in 60 70 80 90 100; do
        COLUMNS=$columns "$bin/report" "$tmp/results.jsonl"
    done >"$tmp/out" 2>"$tmp/err"
    test "$(wc -l <"$tmp/out")" -gt 0 && awk '
        /^Fiveways/ { lines = 0 }
        ++lines > 40 { exit 1 }' "$tmp/out"
    result "made results: $name: 40 lines at most, however narrow" $?
done

sample=$here/../../harness/report/sample
for name in report.html trace.svg; do
    flag=
    [ "$name" = trace.svg ] && flag=--trace
    "$bin/report" --html ${flag:+"$flag"} "$sample/results.jsonl" >"$tmp/page" \
        2>"$tmp/err"
    [ "${1:-}" = --update ] && cp "$tmp/page" "$sample/$name"
    diff "$sample/$name" "$tmp/page" >"$tmp/out"
    result "the sample's $name" $?
done

# Who waits for whom, of a scene that was: the steps are in trace.jsonl.
for columns in 100 80 60; do
    echo "---- report --trace, $columns columns"
    COLUMNS=$columns "$bin/report" --trace "$here/golden/trace.jsonl"
done >"$tmp/rendered" 2>"$tmp/err"
[ "${1:-}" = --update ] && cp "$tmp/rendered" "$here/golden/trace.txt"
diff "$here/golden/trace.txt" "$tmp/rendered" >"$tmp/out"
result "who waits for whom" $?

# The first edition's files are refused in a sentence; so is a name that is
# none.
echo '{"type":"run","mode":"default"}' >"$tmp/old.jsonl"
report_here old.jsonl
[ "$status" -eq 3 ] && said "older edition.*make compare" err
result "an older edition" $?
for name in nothing ech echo,66 "ech --all"; do
    # shellcheck disable=SC2086 # a name and a flag
    report_here --scenario=$name results.jsonl
    [ "$status" -eq 2 ] && said "echo,64" err && [ ! -s "$tmp/out" ]
    result "a scenario that is none: $name" $?
done
finish
