#!/bin/bash
# claims.sh: verdicts follow from runs, and what the pages say otherwise is
# named; predictions of a class.
# shellcheck source=tests/course/with_tables
source "$(dirname "$0")/with_tables"

COLUMNS=80 course claims
[ "$status" -eq 1 ] && said '^5 claims: 3 as the pages say, 1 otherwise, 1 not run\.$' out
result "all are run" $?
for line in '  right +true +true +a.md +0 of 7$' \
    '  depends +conditional +conditional +a.md +0 of 7; 3 ms$' \
    '  both +true +true +harness +0 of 7; 3 ms$' \
    '! wrong +true +false +b.md +0 of 7$' \
    '  unknown +true +not run +b.md *$'; do
    said "^$line" out
    result "a line: ${line%% +*}" $?
done
said '^  \^ +b.md says "everybody":$' out &&
    said '^ +served of silent: wanted 7 of 7, seen 0 of 7$' out &&
    said '^ +no number came of it$' out
result "what is otherwise is named" $?
[ "$(sed -n '/^  claim /,$p' "$tmp/out" | wc -L)" -le 80 ]
result "it fits 80 columns" $?
[ "$(grep -c 'load 127' "$tmp/out")" -eq 1 ] &&
    [ "$(grep -c '^silent: ' "$tmp/out")" -eq 1 ]
result "each experiment is run once" $?
# ---- what a class has predicted ------------------------------------------

class=$tmp/class
mkdir -p "$class/bob" "$class/cem"
line='{"lesson":"blocking","id":"P1","question":"How many?","choices":["none","one","all"],"experiment":"x","yours":"b","observed":"a","number":0.0,"unit":"of 7","date":"d","machine":"m"}'
# The second time counts nothing.
printf '%s\n%s\n' "$line" "${line/\"yours\":\"b\"/\"yours\":\"c\"}" \
    >"$class/ann.predictions.jsonl"
echo "${line/\"yours\":\"b\"/\"yours\":\"a\"}" >"$class/bob/predictions.jsonl"
"$here/golden/make.pl" default >"$class/bob/results.jsonl"
echo "${line/\"yours\":\"b\",\"observed\":\"a\"/\"yours\":null,\"observed\":null}" \
    >"$class/cem/predictions.jsonl"
class_of() {
    timeout 60 "$bin/report" --class "${@:-$class}" >"$tmp/out" 2>"$tmp/err"
    status=$?
    tr -s ' \n' ' ' <"$tmp/out" >"$tmp/flat"
}
class_of
[ "$status" -eq 0 ] && said '^Fiveways on 1 machine$' out && said \
    'blocking P1 How many\? 1 of 2 predicted \(a\) none, 1 of 2 predicted \(b\) one; on 2 of 3 machines it was \(a\) none ' flat
result "a class" $?

# What was seen is counted once for each, with its last number.
seen=$tmp/seen
mkdir "$seen"
(
    echo "$line"
    echo "${line/\"observed\":\"a\",\"number\":0.0/\"observed\":\"b\",\"number\":1.0}"
    echo "${line/\"number\":0.0/\"number\":null}"
) >"$seen/a.predictions.jsonl"
echo "${line/\"number\":0.0/\"number\":null}" >"$seen/b.predictions.jsonl"
echo "${line/\"none\",\"one\"/\"all\",\"lies\"}" >"$seen/c.predictions.jsonl"
(echo "${line/P1/P7}" && echo '{"lesson":') >"$seen/d.predictions.jsonl"
for i in $(seq 1000); do echo "${line/P1/Q$i}"; done >"$seen/e.predictions.jsonl"
echo "${line/P1/P8}" >"$seen/f.predictions.jsonl"
class_of "$seen"
[ "$status" -eq 0 ] && said 'P1 How many\? 2 of 2 predicted \(b\) one; on 1 of 1 machines it was \(b\) one ' flat
result "a machine counts once, and only with a number" $?
said 'P1 \(other question\) How many\? 1 of 1 predicted \(b\) lies; on 1 of 1 machines it was \(a\) all ' flat
result "other choices are another question" $?
! said 'P7' out && said '^ +d.predictions.jsonl +has a line that is no prediction' out
result "of a file that is left out nothing counts" $?
! said 'Q1' out && said '^ +e.predictions.jsonl +has too many questions' out &&
    said 'P8 How many' flat
result "one with very many questions leaves room for others" $?

# Strangers' files.
echo '[[[' >"$class/bad.predictions.jsonl"
perl -e 'print "{\"lesson\":" x 5000' >"$class/deep.predictions.jsonl"
echo "${line/\"id\":\"P1\"/\"id\":7}" >"$class/kind.predictions.jsonl"
printf '%s\n' "${line/How many/$(printf 'y%.0s' {1..5000})\\u001b[2J<script>}" \
    >"$class/long.predictions.jsonl"
perl -pe 's/P1/P2/; s/"none","one"/1,{},[],4,5/' "$class/cem/predictions.jsonl" \
    >"$class/mixed.predictions.jsonl"
for i in $(seq 1000); do echo "${line/P1/Q$i}"; done >"$class/many.predictions.jsonl"
truncate -s 9M "$class/huge.predictions.jsonl"
mkfifo "$class/fifo.predictions.jsonl"
ln -s /dev/zero "$class/zero.predictions.jsonl"
class_of
[ "$status" -eq 0 ] && said 'blocking P1 How many\? 1 of 2 predicted' flat &&
    no_escapes && [ "$(wc -L <"$tmp/out")" -le 100 ]
result "the others go on" $?
for name in bad deep kind; do
    said "^ +$name.predictions.jsonl +has a line that is no prediction" out
    result "named: $name" $?
done
for name in huge fifo zero; do
    said "^ +$name.predictions.jsonl +is " out
    result "named: $name" $?
done
class_of "$class" --html
[ "$status" -eq 0 ] && ! grep -q '<script' "$tmp/out"
result "as a page: words are words" $?
finish
