#!/bin/bash
# report_page.sh: the page of results: well-formed, refers to nothing outside,
# has every number that the terminal has, is the same each time, takes
# strangers' words for words, and says what was not measured.
source "$(dirname "$0")/cases.sh"

# page NAME: the page of $tmp/NAME.jsonl, in $tmp/page.html.
page() {
    report_here --html "$1.jsonl"
    mv "$tmp/out" "$tmp/page.html"
    : >"$tmp/out"
}

# pictures: each picture of the page by itself, as one*.svg.
pictures() {
    rm -f "$tmp"/part* "$tmp"/one*.svg
    csplit -sz -f "$tmp/part" "$tmp/page.html" '/^<svg /' '{*}'
    for part in "$tmp"/part*; do
        ! grep -q '^<svg ' "$part" ||
            sed '/^<\/svg>/q' "$part" >"$tmp/one${part##*/part}.svg"
    done
}

# alone: nothing refers outside, runs, or is there twice.
alone() {
    ! grep -niE 'src=|url\(|@import|https?:|<script|<link|javascript:' \
        "$tmp/page.html" >"$tmp/err" &&
        ! grep -oE '(href| on[a-z]+)="[^#][^"]*"' "$tmp/page.html" >"$tmp/err" &&
        test -z "$(grep -oE ' id="[^"]*"' "$tmp/page.html" | sort | uniq -d)"
}

# words FILE: those with a digit in them, each once.
words() {
    tr -s '[:space:]' '\n' <"$1" | grep '[0-9]' | sort -u
}

# as_text: what the page says.
as_text() {
    sed 's/<[^>]*>/ /g; s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g' \
        "$tmp/page.html"
}

# good NAME: all of that.
good() {
    page "$1"
    result "$1: a page comes out" $status
    pictures
    shopt -s nullglob
    well_formed "$1: page and pictures are well-formed" "$tmp/page.html" \
        "$tmp"/one*.svg
    shopt -u nullglob
    alone
    result "$1: refers to nothing outside, no id twice" $?
    test "$(wc -c <"$tmp/page.html")" -le $((400 * 1024))
    result "$1: is no longer than 400 KiB" $?
}

# has NAME PATTERN..., has_not NAME PATTERN...: the page has such lines.
has() {
    local pattern good=0
    for pattern in "${@:2}"; do
        grep -qE -- "$pattern" "$tmp/page.html" || {
            echo "no $pattern" >>"$tmp/err"
            good=1
        }
    done
    result "$1" $good
}
has_not() {
    ! grep -E -- "$2" "$tmp/page.html" >"$tmp/err"
    result "$1" $?
}

# ---- made runs ------------------------------------------------------------

for name in default c10k rate foreign variants; do
    "$here/golden/make.pl" "$name" >"$tmp/$name.jsonl"
    good "$name"
    cp "$tmp/page.html" "$tmp/first.html"
    through=(env LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo COLUMNS=60)
    page "$name"
    cmp "$tmp/first.html" "$tmp/page.html" >"$tmp/err" 2>&1
    result "$name: is the same each time" $?
    COLUMNS=100 "$bin/report" --all "$tmp/$name.jsonl" >"$tmp/text"
    as_text >"$tmp/said"
    comm -23 <(words "$tmp/text") <(words "$tmp/said") >"$tmp/err"
    test ! -s "$tmp/err"
    result "$name: has every number of the terminal" $?
    for anchor in trace cost clients idle wait rate noise tables; do
        grep -q " id=\"$anchor\"" "$tmp/page.html" || echo "$anchor"
    done >"$tmp/err"
    test ! -s "$tmp/err"
    result "$name: has its anchors" $?
done

# What the pages of ordinary runs hold is in the sample, of which report_golden.sh
# looks at each letter. Here is what no ordinary run has.
# section ANCHOR: the page from there on, up to the next one.
section() {
    sed -i "1,/ id=\"$1\"/d" "$tmp/page.html"
    sed -i '/<h2 id=/,$d' "$tmp/page.html"
}
page rate
section rate
has "rate: who does not keep it is marked" '>saturated<' 'class="cross"'
sed '/"reached_share":0.8/s/"status":"ok"/"status":"invalid","reason":"late"/' \
    "$tmp/rate.jsonl" >"$tmp/late.jsonl"
page late
section rate
has "late: who is known is drawn" 'class="m1 mark"'
has_not "late: the client's fault is nobody's end" 'class="cross"|>invalid<'
page c10k
has "c10k: the slope has a name" 'selectloop</dt><dd>\+[0-9.]+ us \+- '

# The sample, with who waits, and of what an echo is made; and some of it that
# is taken for a tag, unless it is quoted.
sed 's/"call":"sendto"/"call":"<b>\&"/; s/"conn_serve":/"conn_serve<":/' \
    "$here/../../harness/report/sample/results.jsonl" >"$tmp/whole.jsonl"
good whole
has "whole: calls and functions are words" '>&lt;b&gt;&amp; A' 'conn_serve&lt; [0-9]+, '
grep -E '"type":"(run|step|end)"' "$tmp/whole.jsonl" >"$tmp/trace.jsonl"
good trace
has "trace alone: is drawn" 'class="wide"' 'Nothing was measured'
has "trace alone: has its calls, folded" '<summary>libevent</summary>' 'class="left">recv A</td>'

# Colours are told from what is behind them (WCAG): words 4.5 to 1, marks 3,
# and numbers on the parts of bars.
page default
perl -0ne '
    my @themes = /:root \{([^{}]*)\}/g;
    sub light {
        my @rgb = map { hex(length($_) < 2 ? $_ x 2 : $_) / 255 }
            length($_[0]) < 6 ? $_[0] =~ /./g : $_[0] =~ /../g;
        my @linear = map { $_ <= .03928 ? $_ / 12.92 : (($_ + .055) / 1.055) ** 2.4 } @rgb;
        return .2126 * $linear[0] + .7152 * $linear[1] + .0722 * $linear[2];
    }
    die "two themes expected" if @themes != 2;
    for (@themes) {
        my %is = /--(\w+): #(\w+)/g;
        for my $pair (map({ "c$_ back 3" } 0 .. 6), map({ "text p$_ 4.5" } 0 .. 4),
                map({ "$_ back 4.5" } qw(text soft bad))) {
            my ($on, $back, $least) = split / /, $pair;
            my ($low, $high) = sort { $a <=> $b } light($is{$on}), light($is{$back});
            my $ratio = ($high + .05) / ($low + .05);
            print "$on on $back: $ratio\n" if $ratio < $least;
        }
    }' "$tmp/page.html" >"$tmp/err" 2>&1
test ! -s "$tmp/err"
result "contrast is enough in both themes" $?

# ---- what is not there ------------------------------------------------------

# only NAME FILTER: the default run, less what the filter takes away.
only() {
    grep -vE -- "$2" "$tmp/default.jsonl" >"$tmp/$1.jsonl"
    good "$1"
    has_not "$1: no number that is none" 'nan|inf["<,]'
}
only "nothing" '"type":"(life|slice|calls)"'
has "nothing: is said" 'Nothing was measured'
only "one_model" '"model":"(blocking|selectloop|coroutine|libevent|yardstick)"'
has "one model: is drawn" '>threaded</text>'
only "one_life" '"life":2[,}]'
only "no_slices" '"type":"slice"'
has "no slices: is said" 'It was tried'
only "echo_64" '"scenario":"(churn|idle|silent|wait|work|bulk)"|"clients":(1|512),'
has "echo 64 alone: each gap says how to fill it" 'SCENARIOS=idle' \
    'SCENARIOS=&quot;wait work' 'SCENARIOS=rate' 'different numbers of clients'
sed 's/"status":"ok"/"status":"failed","reason":"it died"/' \
    "$tmp/default.jsonl" >"$tmp/all_failed.jsonl"
good all_failed
has "all failed: is said" 'It was tried'
head -c 100000 "$tmp/default.jsonl" >"$tmp/cut_off.jsonl"
good cut_off

# ---- strangers' words -------------------------------------------------------

# hostile NAME WORDS: a model of that name, and a reason, as JSON has them.
hostile() {
    words=$2 perl -pe 's/"node"/"$ENV{words}"/; s/it ended by itself/$ENV{words}/' \
        "$tmp/foreign.jsonl" >"$tmp/$1.jsonl"
    good "$1"
}
hostile "script" '<script>x()</script>'
has "script: is text" '<th>&lt;script&gt;x\(\)&lt;/script&gt;</th>'
hostile "quotes" "' onload='x()' \\\"&lt;"
has "quotes: are text" "<th>' onload='x\(\)' &quot;&amp;lt;</th>"
hostile "long" "$(printf 'x%.0s' {1..200})"
hostile "right_to_left" $'\u202e\u05d0\u05d1'
has "right to left: turns nothing else round" '<th>\?{3}\S+</th>'
sed 's/"server_cpu_us":[0-9.]*/"server_cpu_us":1e-320/' "$tmp/default.jsonl" \
    >"$tmp/tiny.jsonl"
good tiny
hostile "control" '\u001b[31m\u0007\u0085'
hostile "no_sign" 'a\uffff\ufffe'
has "no sign: is none" '<th>a\?{6}</th>'
hostile "brackets" ']]>--><!--%s%n'
sed 's/"server_cpu_us":[0-9.]*/"server_cpu_us":1e308/; s/"echoes_per_s":[0-9.e+]*/"echoes_per_s":1e300/' \
    "$tmp/default.jsonl" >"$tmp/huge.jsonl"
good huge
perl -ne 'print; if (/"scenario":"echo"/ && /"clients":64/) {
    for my $i (1 .. 60) { print s/"clients":64/q("clients":) . (64 + $i)/er } }
    ' "$tmp/foreign.jsonl" >"$tmp/many.jsonl"
page many
result "many scenarios: a page comes out" $status
has "many scenarios: they are there" '>echo 124: '
test "$(grep -c '^<svg ' "$tmp/page.html")" -le 12
result "many scenarios: with no more pictures than otherwise" $?
perl -ne 'print; if (/"scenario":"echo"/) {
    for my $i (1 .. 70) { print s/"model":"node"/"model":"node$i"/r if /node/ } }
    ' "$tmp/foreign.jsonl" >"$tmp/crowd.jsonl"
page crowd
result "many servers: a page comes out" $status
has "many servers: that some are not drawn is said" 'Only 12 of the [0-9]+ servers'
finish
