#!/bin/bash
# mutants.sh [--all] [NAME...]: each wrong server loses the points that "meant"
# has for it and no others, and what the grader says of them stands in golden/.
# Without --all or names (also in GRADED) only those that have a * there. With
# --write before all that, what is said now becomes golden, and what is lost is
# printed.
#
# They wait more than they compute: several are graded side by side.
set -u
here=$(realpath "$(dirname "$0")")
cd "$here/../.." || exit 1
bin=${FIVEWAYS_BIN:-build/bin}
mutants=$bin/../mutants
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
write=
[ "${1:-}" != --write ] || { write=yes && shift; }
# shellcheck disable=SC2086 # a list of names, where no argument can be given
[ $# -gt 0 ] || set -- ${GRADED:-}
case ${1:-} in
--all) wanted='.' ;;
'') wanted='^[^|]*\*' ;;
*) wanted="^($(IFS='|' && echo "$*"))[ *]" ;;
esac
if [ ! -x "$bin/grade" ]; then
    echo "skipped grade mutants: there is no $bin/grade"
    echo "grade mutants: 0 passed, 0 failed, 1 skipped"
    exit 0
fi

# failures FILE MEANT: what a run says of what has failed, but for what may or
# may not; and without what varies: times, numbers, bytes, calls. Lines are
# joined first, which break where these are long.
failures() {
    awk -v meant=" $2 " '/^  [a-z]/ { on = / (FAILED|unknown|fault)( |$)/ &&
            meant !~ " " $1 "[?~] " } /^[^ ]/ { on = 0 } on' "$1" |
        perl -0pe 's/\n {16}/ /g; s/^ {6}(calls|again) .*\n//gm;
            s/ \([\d.]+ s\)//g; s/ +(?=FAILED)/ /g;
            s/(?<=at offset )\d+: (?:[0-9a-f]{2} )+.*?".*?"(?=\n|,)/N: BYTES/g;
            s/; it failed once, and passed .*//g;
            s{^([ ]{6}seen[ ]+).*?(;[ ]the[ ]server[ ](?:ended|died).*\n)
              (?:[ ]{6}(?:sent|expected|came)[ ].*\n)*}{$1...$2}gmx;
            s{^( {6}(?:seen|sent|expected|came) .*)}{ my $line = $1;
                $line =~ m{(?:[0-9a-f]{2} ){3}} ? $line : $line =~ s/-?\d+/N/gr}gme'
}

# lost FILE: the names of these tests.
lost() {
    awk '/^  [a-z].* (FAILED|unknown|fault)( |$)/ { print $1 }' "$1" | xargs
}

# fits LOST MEANT: all of these are lost and no others; of one with a ? behind
# it both is right.
fits() {
    local name
    for name in $1; do
        [[ " $2 " == *" $name"[' ?~']* ]] || return 1
    done
    for name in $2; do
        [[ " $1 - " == *" ${name%\~} "* || $name == *\? ]] || return 1
    done
}

# agree GOLDEN SAID: they say the same. Of a test that passed when it was run
# again, which hangs on chance, one of them gives no causes: then neither counts.
agree() {
    local bare texts=() file lines=40
    bare=$(awk '/^  [a-z]/ { at = FILENAME $1; names[at] = $1 } /^      likely/ { has[at] = 1 }
        END { for (at in names) if (!has[at]) print names[at] }' "$1" "$2" | xargs)
    for file in "$1" "$2"; do
        texts+=("$(awk -v bare=" $bare " '/^  [a-z]/ { on = index(bare, " " $1 " ") }
            !(on && /^      (likely|or|read) /)' "$file")")
        # Where the text is cut, both are as long as the shorter one.
        [ "$(wc -l <"$file")" -lt 40 ] || lines=$(printf '%s\n' "$lines" "$(wc -l <<<"${texts[-1]}")" |
            sort -n | head -n 1)
    done
    diff <(head -n "$lines" <<<"${texts[0]}") <(head -n "$lines" <<<"${texts[1]}")
}

# judge "NAME | ECHO | HELLO | WHY": a line that says how it went.
judge() {
    local name echo hello diff said in_echo in_hello
    IFS='|' read -r name echo hello _ <<<"$(sed 's/ \*//; s/ *| */|/g' <<<"$1")"
    diff=tests/mutants/$name.diff
    if [ ! -x "$mutants/$name" ]; then
        echo "skipped grade mutants: $name: it has not been built"
        return
    fi
    flags=()
    ! grep -q '^model: blocking' "$diff" || flags=(--one-at-a-time)
    timeout 400 "$bin/grade" "${flags[@]}" >"$tmp/$name.echo" 2>&1 \
        --server="$mutants/$name -p {port}"
    : >"$tmp/$name.hello"
    grep -q '^model: bufferevent' "$diff" || { # which knows no handshake
        hello="$echo $hello"
        timeout 400 "$bin/grade" "${flags[@]}" --proto=hello \
            --server="$mutants/$name --handshake -p {port}" \
            >"$tmp/$name.hello" 2>&1
    }
    in_echo=$(lost "$tmp/$name.echo")
    in_hello=$(lost "$tmp/$name.hello")
    said=$tmp/$name.txt
    {
        failures "$tmp/$name.echo" "$echo"
        failures "$tmp/$name.hello" "$hello ${in_echo// /? }?" # said once
    } | head -40 >"$said" # one that fails in all needs no more
    if [ -n "$write" ]; then
        echo "lost    $name | $in_echo | $in_hello"
        rm -f "$here/golden/$name.txt"
        [ ! -s "$said" ] || cp "$said" "$here/golden/$name.txt"
    elif ! fits "$in_echo" "$echo" || ! fits "$in_hello" "$hello"; then
        echo "FAILED  grade mutants: $name loses \"$in_echo | $in_hello\", not \"$echo | $hello\""
    elif ! agree "$here/golden/$name.txt" "$said" >"$tmp/$name.diff" 2>&1 &&
        [ -s "$said" ]; then
        echo "FAILED  grade mutants: $name: other words than in golden/"
        sed 's/^/        /' "$tmp/$name.diff"
    else
        echo "ok      grade mutants: $name"
    fi
}

export -f judge failures lost fits agree
export bin mutants tmp write here
mkdir -p "$here/golden"
# shellcheck disable=SC2016 # of that shell
grep -E "$wanted" "$here/meant" | grep -v '^#' |
    xargs -d '\n' -P 6 -I{} bash -c 'judge "$1"' _ {} | tee "$tmp/judged"
awk '/^ok /{ p++ } /^FAILED /{ f++ } /^skipped /{ s++ } END {
    printf "grade mutants: %d passed, %d failed, %d skipped\n", p, f, s
    exit f > 0 || p + s == 0 }' "$tmp/judged"
