#!/bin/bash
# report_golden.sh: what `report` prints of stored results, to the letter.
#
# golden/NAME.jsonl.gz is a run that was measured once, NAME.txt what report
# said of it in each of its formats. Who means to change what is printed looks
# at the difference and then takes it over with --update.
source "$(dirname "$0")/cases.sh"

# render FILE: all that report makes of it.
render() {
    local format
    for format in --table --why --markdown --summary-csv; do
        echo "---- report $format"
        "$bin/report" $format "$1" || echo "---- exit status $?"
    done
}

for stored in "$here"/golden/*.jsonl.gz; do
    name=$(basename "$stored" .jsonl.gz)
    gzip -dc "$stored" >"$tmp/results.jsonl"
    (cd "$tmp" && render results.jsonl) >"$tmp/rendered" 2>"$tmp/err"
    if [ "${1:-}" = --update ]; then
        cp "$tmp/rendered" "$here/golden/$name.txt"
        continue
    fi
    diff "$here/golden/$name.txt" "$tmp/rendered" >"$tmp/out"
    result "stored results: $name" $?
done
finish
