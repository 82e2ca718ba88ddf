#!/bin/bash
# book.sh: the five sources side by side, on a page and in the terminal, are
# the sources as they are: nothing is left out, and nothing is said to be the
# same text but what tests/lines/run holds to be.
# shellcheck source=tests/harness/cases.sh
source "$(dirname "$0")/../harness/cases.sh"

cd -P "$here/../.." || exit 1
course=$(realpath "$bin")/course
models=$(tests/models | xargs)
sample=harness/report/sample/results.jsonl
book=$tmp/book.html

# fails STATUS COMMAND...: it ends so, with one line on standard error.
fails() {
    local expected=$1
    shift
    timeout 60 "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    [ "$status" = "$expected" ] && [ "$(wc -l <"$tmp/err")" = 1 ]
}

# ---- the page ------------------------------------------------------------

timeout 60 "$course" book --from="$sample" --out="$book" \
    >"$tmp/out" 2>"$tmp/err" && [ "$(stat -c %s "$book")" -le 409600 ]
result "the page is made, and has 400 KiB at most" $?

timeout 60 "$course" book --from="$sample" --out="$tmp/again.html" \
    >"$tmp/out" 2>"$tmp/err"
cmp "$book" "$tmp/again.html" >"$tmp/out"
result "made again it is the same" $?

well_formed "it is well-formed" "$book"

! grep -noE 'src=|https?:|url\(|@import|href="[^#][^"]*"' "$book" >"$tmp/out"
result "it refers to nothing outside of itself" $?

grep -oE ' id="[^"]+"' "$book" | cut -d'"' -f2 | sort >"$tmp/ids"
uniq -d "$tmp/ids" >"$tmp/out" && [ ! -s "$tmp/out" ]
result "no place is there twice" $?
comm -13 "$tmp/ids" <(grep -oE 'href="#[^"]+"' "$book" | tr -d '"' |
    sed 's/href=#//' | sort -u) >"$tmp/out" && [ ! -s "$tmp/out" ]
result "every link leads to a place" $?

# All that server.c defines, one a line: "selectloop.conn_echo_cb".
for model in $models; do
    sed -nE "s/^(struct )?([a-z_]+)( \{|\(.*)$/$model.\2/p" "$model/server.c" |
        grep -v '^[a-z]*\.__'
done | sort >"$tmp/defined"
[ "$(wc -l <"$tmp/defined")" -gt 50 ] &&
    comm -23 "$tmp/defined" "$tmp/ids" >"$tmp/out" && [ ! -s "$tmp/out" ]
result "every function and struct of the five server.c has its place" $?

# Each part, against the lines of the source that it names; and no line of a
# source is there twice. What is said to be the same goes to standard error.
cat >"$tmp/parts.pl" <<'PERL'
use strict;
use warnings;
local $/;
my (%text, %seen, $bad);
my $n = 0;
my $page = <STDIN>;
my $head = qr{<div class="part([^"]*)"><h3 id="([^."]+)\.([^"]+)">}s;
while ($page =~ m{$head<a[^>]*title="([^":]+):(\d+)".*?<pre[^>]*>(.*?)</pre>}sg) {
    my ($classes, $model, $name, $path, $line, $code) = ($1, $2, $3, $4, $5, $6);
    print STDERR "$model $_ $name\n" for map { (split ' ', $ENV{models})[$_] }
      $classes =~ /s(\d)/g;
    $code =~ s/<[^>]*>//g;
    $code =~ s/&(lt|gt|amp|quot);/{lt => '<', gt => '>', amp => '&',
      quot => '"'}->{$1}/ge;
    if (!$text{$path}) {
        open my $file, '<', $path or die "$path: $!";
        $text{$path} = [split /(?<=\n)/, <$file>];
    }
    my $last = $line + ($code =~ tr/\n//) - 1;
    my $source = join '', @{ $text{$path} }[$line - 1 .. $last - 1];
    my $again = grep { $seen{"$path:$_"}++ } $line .. $last;
    $n++;
    next if $code eq $source && !$again && $code =~ /^\}|\*\/\n\z/m;
    print "$path:$line is not $name of $model\n";
    $bad = 1;
}
print "$n parts\n";
exit($bad || $n < 60);
PERL
models=$models perl "$tmp/parts.pl" <"$book" >"$tmp/out" 2>"$tmp/same"
result "each part is what stands in its source, and no line is there twice" $?

# What tests/lines/run holds to be alike, and what follows of it.
# shellcheck disable=SC2317 # it is called by what is evaluated
alike() {
    local file=$1 other=$2 name
    shift 2
    for name in "$@"; do
        echo "${file%%/*} ${other%%/*} $name"
    done
}
eval "$(sed -n '/^straight=/,/^$/p' tests/lines/run)" >"$tmp/alike"
perl -lane '$alike{$F[2]}{$F[0]}{$F[1]} = $alike{$F[2]}{$F[1]}{$F[0]} = 1;
    END { for my $name (keys %alike) { my $of = $alike{$name};
        for my $via (keys %$of) { for my $a (keys %$of) { for my $b (keys %$of) {
            $of->{$a}{$b} = 1 if $of->{$a}{$via} && $of->{$via}{$b} } } }
        for my $a (keys %$of) { for my $b (keys %{$of->{$a}}) {
            print "$a $b $name" if $a ne $b } } } }' "$tmp/alike" |
    sort >"$tmp/held"
[ -s "$tmp/held" ] && diff "$tmp/held" <(sort "$tmp/same") >"$tmp/out"
result "the same text is just what tests/lines/run holds to be" $?

diff <(echo "$ report $sample" && COLUMNS=100 "$bin/report" "$sample") \
    <(sed -n '/<tbody id="run"/,$p' "$book" | sed '1,/<pre>/d; /^<\/pre>/,$d
        s/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g') \
    >"$tmp/out" && [ "$(grep -c 'echoes/s of most' "$book")" = 1 ]
result "below the code stands what the report says, and of which run" $?

fails 3 "$course" book --from="$tmp/none" --out="$tmp/no.html" &&
    [ ! -e "$tmp/no.html" ] && grep -q "$tmp/none: " "$tmp/err"
result "without the run that was asked for there is no page" $?
echo '{' >"$tmp/strange.jsonl"
fails 3 "$course" book --from="$tmp/strange.jsonl" --out="$tmp/no.html" &&
    [ ! -e "$tmp/no.html" ] && grep -q "$tmp/strange.jsonl: line 1" "$tmp/err"
result "nor of what is no run" $?

# tree: a copy of all that goes into the book.
tree() {
    rm -rf "$tmp/tree"
    mkdir -p "$tmp/tree/harness/report/sample"
    # shellcheck disable=SC2086 # models are words
    cp -r $models "$tmp/tree"
    cp -r harness/contract harness/course "$tmp/tree/harness"
    cp "$sample" "$tmp/tree/harness/report/sample"
}
tree
mkdir "$tmp/tree/build"
echo before >"$tmp/tree/build/book.html"
ln "$tmp/tree/build/book.html" "$tmp/tree/before"
env -C "$tmp/tree" "$course" book >"$tmp/out" 2>"$tmp/err" &&
    [ "$(cat "$tmp/tree/before")" = before ] &&
    [ "$(ls "$tmp/tree/build")" = book.html ] &&
    grep -q '</html>' "$tmp/tree/build/book.html"
result "until the page is whole the one before stays" $?
sed -i 's/conn_chunk/conn_piece/' "$tmp/tree/libevent/server.c"
fails 3 env -C "$tmp/tree" "$course" book --out=no.html &&
    grep -q 'libevent/server.c has no conn_chunk' "$tmp/err" &&
    [ ! -e "$tmp/tree/no.html" ]
result "a function that is gone is missed" $?
fails 3 env -C "$tmp" "$course" code && grep -q 'folder of Fiveways' "$tmp/err"
result "elsewhere it says where to start it" $?
tree
sed -i 's/sleep_ms(pause_ms)/sleep_ms(1)/' "$tmp/tree/threaded/server.c"
env -C "$tmp/tree" "$course" book --out="$tmp/no.html" >"$tmp/out" 2>"$tmp/err"
models=$models env -C "$tmp/tree" perl "$tmp/parts.pl" <"$tmp/no.html" \
    2>"$tmp/same" >"$tmp/out"
diff <(grep -v 'threaded .*conn_accept\|.* threaded conn_accept$' "$tmp/held") \
    <(sort "$tmp/same") >"$tmp/out"
result "a word that differs ends that a function is the same text" $?

# ---- in the terminal -----------------------------------------------------

# code WIDTH ARGUMENTS...: in so many columns.
code() {
    COLUMNS=$1 timeout 60 "$course" code "${@:2}" >"$tmp/out" 2>"$tmp/err"
}
for pair in blocking/threaded selectloop/libevent threaded/coroutine \
    blocking/libevent; do
    code 80 --a="${pair%/*}" --b="${pair#*/}" &&
        [ "$(wc -L <"$tmp/out")" -le 80 ] && no_escapes &&
        [ "$(grep -c '^==== ' "$tmp/out")" -ge 9 ]
    result "$pair in one column" $?
    code 160 --a="${pair%/*}" --b="${pair#*/}" &&
        [ "$(wc -L <"$tmp/out")" -le 160 ] && no_escapes &&
        [ "$(grep -cE '^.{78} [|<>] ' "$tmp/out")" -ge 10 ]
    result "$pair in two columns" $?
done

code 80 --a=blocking.conn_echo --b=selectloop.conn_echo_cb
diff <(sed -nE '3,$s/^[- ] //p' "$tmp/out" | sed '/^$/d') \
    <(sed -n '/^\/\* Echo, the/,/^}/p' blocking/server.c | sed '/^$/d') \
    >"$tmp/err" &&
    grep -q '^+ *conn_chunk(' "$tmp/out" && grep -q '^  *{$' "$tmp/out"
result "two functions: all of A, and what only B has" $?

code 80 --a=threaded.send_all --b=coroutine.send_all &&
    grep -q 'proved by a test' "$tmp/out" && ! grep -q '^[-+] ' "$tmp/out"
result "the same text is there once" $?

fails 2 "$course" code --a=blockin &&
    grep -q "$models" "$tmp/err"
result "an unknown model: which ones there are" $?
timeout 60 "$course" code --a=libevent.conn_ech >"$tmp/out" 2>"$tmp/err"
[ $? = 2 ] &&
    tr '\n' ' ' <"$tmp/err" | grep -q 'libevent.conn_echo_cb libevent.conn_chunk' &&
    [ "$(wc -L <"$tmp/err")" -le 80 ]
result "an unknown function: which ones there are" $?
code 80 --a=blocking.conn_echo --b=selectloop.conn_echo_cb
mv "$tmp/out" "$tmp/both"
code 80 --a=blocking.conn_echo --b=selectloop && cmp -s "$tmp/out" "$tmp/both" &&
    code 80 --a=blocking --b=selectloop.conn_echo_cb &&
    cmp -s "$tmp/out" "$tmp/both"
result "one function: the same one of the other" $?
code 80 --a=coroutine.conn_echo && grep -q '^+++ libevent.*conn_echo_cb$' "$tmp/out"
result "one model: the next one" $?
timeout 60 "$course" code >/dev/full 2>"$tmp/err"
[ $? = 3 ] && [ "$(wc -l <"$tmp/err")" = 1 ]
result "what cannot be printed is no success" $?

on_terminal 200 TERM=xterm "$course code"
grep -q $'\x1b\[31m' "$tmp/out"
result "on a terminal it is in colour" $?
on_terminal 200 "TERM=xterm NO_COLOR=1" "$course code"
no_escapes && [ "$(grep -cE '^.{78} [|<>] ' "$tmp/plain")" -ge 10 ]
result "and without with NO_COLOR" $?

# ---- in a browser --------------------------------------------------------

chromium=$(command -v chromium || command -v chromium-browser)
if [ -z "$chromium" ]; then
    skip "in a browser" "there is no chromium; make deps-browser installs it"
    finish
fi
cat "$book" - >"$tmp/spy.html" <<'END'
<script>
const seen = what => Array.from(document.querySelectorAll(what))
    .filter(e => getComputedStyle(e).display != "none");
const rows = seen("tbody").length;
document.getElementById("lack").click();
document.title = [
    document.documentElement.scrollWidth > innerWidth ? "wide" : "fits",
    ...seen("thead th").map(e => e.id), rows, seen("tbody").length].join(" ");
</script>
END
# shows WIDTH PLACE EXPECTED: so it opens there; how many rows there are, and
# how many that both models have.
shows() {
    HOME=$tmp timeout 60 "$chromium" --headless --no-sandbox --disable-gpu \
        --no-first-run --user-data-dir="$tmp/profile" --window-size="$1,768" \
        --dump-dom "file://$tmp/spy.html$2" 2>"$tmp/log" |
        sed -n 's:.*<title>\(.*\)</title>.*:\1:p' >"$tmp/out"
    [ "$(cat "$tmp/out")" = "$3" ]
}
shows 1024 "" "fits blocking threaded 12 11"
result "it opens with two models, as wide as a projector" $?
shows 1024 "#pair=selectloop,libevent" "fits selectloop libevent 11 11"
result "or with the pair that its address has" $?
shows 500 "#coroutine.conn_serve" "fits threaded coroutine 12 12"
result "or with a function and what its model is compared with" $?
finish
