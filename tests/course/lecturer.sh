#!/bin/bash
# lecturer.sh: doctor, handin and slides, in a tree of their own.
# shellcheck source=tests/course/with_tables
source "$(dirname "$0")/with_tables"

cp harness/course/{doctor,handin,slides,slides.html,slides.md,demo.svg,handout.md,lecture.md} \
    "$tree/harness/course"
cp harness/README.md "$tree/harness"
cp README.md "$tree"
# in_tree COMMAND...: its status in $status, what it prints in out and err.
in_tree() {
    (cd "$tree" && exec env BIN=build/bin HOME="$tmp" GIT_DIR=none USER="Ann  O'Example/.." timeout 60 "$@") \
        >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}

# ---- doctor --------------------------------------------------------------

mkdir "$tmp/bare"
for each in bash cat cut df dirname env grep head nproc sed awk uname; do
    ln -s "$(command -v $each)" "$tmp/bare/$each"
done
in_tree harness/course/doctor
said '^. CPUs +[0-9]+ ' out && said '^. loopback ' out && said '^  make +[0-9.]+ +ok' out &&
    { said '^!' out || said "[0-9] of $(tests/models | wc -l) servers are built\.$" out; } &&
    said '^next: make' out && no_escapes && [ "$(wc -L <"$tmp/out")" -le 80 ]
result "doctor: a line for each thing, in 80 columns, and what comes next" $?
in_tree env PATH="$tmp/bare" CC=cc harness/course/doctor
[ "$status" -eq 1 ] && [ ! -s "$tmp/err" ] && said '^! cc +is not here +nothing can be built' out &&
    said '^! make ' out && said '^- strace ' out && said '^[0-9] marked ! must be mended' out &&
    said '^next: .*gcc.*make deps' out
result "doctor on a bare machine: what is needed, what else, and how to get it" $?
# The same, with one tool missing that nothing needs.
mkdir "$tmp/most"
for each in /usr/bin/* /bin/*; do
    [ "${each##*/}" = strace ] || ln -sf "$each" "$tmp/most/" 2>/dev/null
done
in_tree env PATH="$tmp/most" harness/course/doctor
said '^- strace +is not here +no make trace' out && said '^    do: make deps' out
result "doctor without strace" $?
printf '#!/bin/sh\nexit 1\n' >"$tmp/most.strace" && chmod +x "$tmp/most.strace"
mv "$tmp/most.strace" "$tmp/most/strace"
in_tree env PATH="$tmp/most" harness/course/doctor
said '^- strace +is forbidden here' out
result "doctor where ptrace is forbidden" $?
on_terminal 80 TERM=xterm "env -u NO_COLOR PATH=$tmp/most harness/course/doctor"
grep -q $'\e\[33m- strace' "$tmp/out"
result "doctor in colour, on a terminal" $?
on_terminal 80 NO_COLOR=1 "env PATH=$tmp/most harness/course/doctor"
no_escapes
result "doctor without, if that is wished" $?

# ---- handin --------------------------------------------------------------

handin() { in_tree harness/course/handin "$@"; }
archive=$tree/build/handin-Ann-O-Example-1.tar.gz
handin
[ "$status" -eq 2 ] && said 'which assignment' err
result "handin: of which assignment?" $?
handin --assignment=1
[ "$status" -eq 1 ] && said '^missing: build/course/predictions.jsonl' out && said '^    do: make compare$' out &&
    said '^No archive is made' out && [ ! -e "$archive" ]
result "handin: what is missing is said, and nothing half is made" $?
handin --assignment=1 --incomplete
[ "$status" -eq 1 ] && said '^missing' out && tar -xOzf "$archive" --wildcards '*/machine.txt' | grep -q '^missing: '
result "handin: an incomplete one says so itself" $?

mkdir -p "$tree/build/course" "$tree/build/compare" "$tree/mine/assignment-1/"{.git,more}
echo '{"lesson":"blocking"}' >"$tree/build/course/predictions.jsonl"
"$here/golden/make.pl" default >"$tree/build/compare/results.jsonl"
echo essay >"$tree/mine/assignment-1/essay.md"
echo 'int main' >"$tree/mine/assignment-1/more/mine.c"
echo no >"$tree/mine/assignment-1/.git/config"
cp "$bin/blocking" "$tree/mine/assignment-1/server"
echo no >"$tree/mine/assignment-1/mine.o"
handin --assignment=1
[ "$status" -eq 0 ] && tar -tzf "$archive" | grep -v '/$' | cut -d/ -f2- | sort >"$tmp/list"
printf '%s\n' CONTENTS machine.txt mine/assignment-1/essay.md mine/assignment-1/more/mine.c \
    predictions.jsonl results.jsonl | diff - "$tmp/list" >>"$tmp/err"
result "handin: what was asked for, and no product of a build" $?
mkdir "$tmp/unpacked" && tar -xzf "$archive" -C "$tmp/unpacked" --strip-components=1 &&
    (cd "$tmp/unpacked" && sha256sum --quiet -c CONTENTS) >>"$tmp/err" 2>&1 &&
    grep -q ' make  *[0-9]' "$tmp/unpacked/machine.txt"
result "handin: the list of what is in it holds, and the machine is described" $?
timeout 60 "$bin/report" --class "$tree/build" >"$tmp/out" 2>"$tmp/err"
said '^Fiveways on 1 machine$' out && said '^  handin-Ann-O-Example-1 ' out
result "handin: and a class's page reads it" $?

# Twice the same, but for what the machine says of itself.
printf '#!/bin/sh\necho the same\n' >"$tree/harness/course/doctor"
handin --assignment=1 && cp "$archive" "$tmp/first" && touch "$tree/mine/assignment-1/essay.md" &&
    chmod 600 "$tree/mine/assignment-1/essay.md" && (umask 077 && handin --assignment=1)
cmp "$archive" "$tmp/first" >>"$tmp/err" 2>&1 && ! tar --utc -tvzf "$archive" | grep -v ' 1970-01-01 00:00 '
result "handin: the same files make the same archive" $?

ln -s /etc/passwd "$tree/mine/assignment-1/link"
mkfifo "$tree/mine/assignment-1/pipe"
echo x >"$tree/mine/assignment-1/"$'a\e[2J\nb'
truncate -s 6M "$tree/mine/assignment-1/huge.txt"
handin --assignment=1
[ "$status" -eq 1 ] && no_escapes && for each in link pipe huge.txt "\\$'a"; do
    said "^missing: .*$each" out || break
done
result "handin: links, pipes, odd names and large files are named" $?
handin --assignment=1 --incomplete
! tar -tzf "$archive" | grep -qE 'link|pipe|huge|\\|^/|\.\.' &&
    [ "$(stat -c %s "$archive")" -lt 200000 ] && ! tar -tvzf "$archive" | grep -q '^[^-d]'
result "handin: and none of them goes along" $?
rm "$tree/mine/assignment-1/"{link,pipe,huge.txt,a*}
for i in 1 2; do head -c 4M /dev/urandom >"$tree/mine/assignment-1/$i.dat"; done
handin --assignment=1
[ "$status" -eq 1 ] && said 'more than 5 MiB' out && said ' ./mine/assignment-1/1.dat$' out
result "handin: not more than 5 MiB, and what is large is named" $?

# A grader that writes down how it was called.
printf '#!/bin/sh\necho "graded $*"\nexit 1\n' >"$tree/build/bin/grade"
chmod +x "$tree/build/bin/grade"
mkdir "$tree/mine/assignment-2"
echo two | tee "$tree/mine/assignment-2/"{essay.md,a.c} >"$tree/b.py"
printf '# ours\n./a -p {port}\npython3 b.py {port}\n' >"$tree/mine/assignment-2/servers.txt"
handin --assignment=2
[ "$status" -eq 1 ] && said '^missing: b.py' out && [ "$(grep -c ^missing "$tmp/out")" -eq 1 ]
result "handin: a source of a server that is elsewhere" $?
rm "$tree/b.py" "$tree/mine/assignment-2/a.c"
handin --assignment=2
[ "$status" -eq 1 ] && said '^missing: your sources' out
result "handin: a server without any" $?
echo two >"$tree/mine/assignment-2/a.c"
handin --assignment=2 --server='./a {port}'
[ "$status" -eq 1 ] && said '^missing: a second server' out
result "handin: one server of two" $?
handin --assignment=2
said '^./a -p {port}: graded ' out &&
    [ "$(tar -xOzf "${archive/-1/-2}" --wildcards '*/points.txt' | tee -a "$tmp/err" | grep -c ': graded ')" -eq 2 ]
result "handin: the points are said, and go along" $?
for n in 1 2; do
    tar -xOzf "${archive/-1/-2}" --wildcards "*/grade-$n.txt"
done >"$tmp/graded"
[ "$status" -eq 0 ] && diff "$tmp/graded" - >>"$tmp/err" <<'GRADED'
graded --server=./a -p {port} --proto=hello
graded --server=python3 b.py {port} --proto=hello
GRADED
result "handin: each server is graded once, each has a file, with the handshake" $?
handin --assignment=2 --proto=echo
tar -xOzf "${archive/-1/-2}" --wildcards '*/grade-2.txt' | grep -qx 'graded .* --proto=echo'
result "handin: without it, if that is said" $?
mkdir -p "$tree/mine/"{epoll,puzzle-7/blocking,assignment-3,assignment-4}
echo essay | tee "$tree/mine/assignment-3/essay.md" "$tree/mine/assignment-4/essay.md" >"$tree/mine/progress"
echo 'MODEL(epoll)' | tee "$tree/mine/epoll/model" "$tree/mine/puzzle-7/blocking/server.c" >"$tree/mine/epoll/server.c"
handin --assignment=3
tar -xOzf "${archive/-1/-3}" --wildcards '*/grade-1.txt' '*/epoll/model' '*/results.jsonl' >"$tmp/graded"
[ "$status" -eq 0 ] && grep -qx 'graded --server=build/bin/epoll -p {port}' "$tmp/graded"
result "handin: a model of one's own, and its grade" $?
handin --assignment=4
[ "$status" -eq 1 ] && said '^puzzles solved: 0 of ten$' out && said '^missing: 10 puzzles' out &&
    said '^missing: a puzzle of threaded' out
result "handin: how many puzzles are solved, and of which models none is" $?
n=10
for each in $(tests/models) $(tests/models); do
    mkdir -p "$tree/mine/puzzle-$n/$each"
    echo it >"$tree/mine/puzzle-$n/$each/server.c"
    echo "puzzle-$n hints 0, solved" >>"$tree/mine/progress"
    n=$((n + 1))
done
handin --assignment=4
[ "$status" -eq 0 ] && said '^puzzles solved: 10 of ten$' out && tar -tzf "${archive/-1/-4}" >"$tmp/list" &&
    [ "$(grep -c '/server.c$' "$tmp/list")" -eq 10 ] && ! grep puzzle-7 "$tmp/list"
result "handin: those that are solved, and how far they are" $?
printf '#!/bin/sh\necho "0 of 16 public tests passed"\n' >"$tree/build/bin/grade"
handin --assignment=2
[ "$status" -eq 1 ] && said '^missing: a point of ./a -p' out && said "do: make grade SERVER='./a .*' PROTO=hello" out
result "handin: a server that has not a point" $?
printf '#!/bin/sh\nexit 3\n' >"$tree/build/bin/grade"
handin --assignment=2
[ "$status" -eq 1 ] && said '^./a -p {port}: 0 of all$' out && said "do: make grade SERVER='./a -p" out
result "handin: a grader that fails is no grade" $?

# ---- the handout ---------------------------------------------------------

# Its tests and their points are those of the grader.
if [ -r harness/course/grade_cases.c ]; then
    tr '\n' ' ' <harness/course/grade_cases.c | grep -oE '\{"[a-z0-9-]+", +"([^"\\]|\\.)*", +[0-9]+,[^}]*' |
        grep -E 'HELLO|BOTH|ALL' | sed -E 's/\{"([^"]*)", +"([^"\\]|\\.)*", +([0-9]+),.*/\1 \3/' |
        sort >"$tmp/out"
    sed -nE 's/^\| .([a-z-]+). \| ([0-9]+) \|.*/\1 \2/p' harness/course/handout.md |
        sort | diff - "$tmp/out" >"$tmp/err"
    result "the handout names the grader's tests and their points" $?
    [ "$(awk '!/^hello/ { of += $2 } END { print of }' "$tmp/out")" -eq 100 ] &&
        [ "$(awk '/^hello/ { of += $2 } END { print of }' "$tmp/out")" -eq 50 ] &&
        grep -q 'and 50 points more' harness/course/handout.md
    result "the handout says what they add up to" $?
else
    skip "the handout names the grader's tests" "there is no grader here"
fi

# ---- slides --------------------------------------------------------------

mkdir "$tmp/no-cmark" && ln -s "$(command -v perl)" "$(command -v env)" "$tmp/no-cmark"
in_tree env PATH="$tmp/no-cmark" harness/course/slides
[ "$status" -ne 0 ] && [ ! -s "$tmp/out" ] && said "^slides: they take cmark-gfm, a package of Debian's$" err
result "slides: without cmark-gfm it is named" $?
printf '#!/bin/sh\nexit 1\n' >"$tmp/no-cmark/cmark-gfm" && chmod +x "$tmp/no-cmark/cmark-gfm"
in_tree env PATH="$tmp/no-cmark:$PATH" harness/course/slides
[ "$status" -ne 0 ] && [ ! -s "$tmp/out" ] && said '^slides: cmark-gfm has failed$' err
result "slides: one that fails is no page" $?
if ! command -v cmark-gfm >/dev/null; then
    skip "slides" "cmark-gfm is not here"
    finish
fi
in_tree harness/course/slides
cp "$tmp/out" "$tmp/slides.html"
[ "$status" -eq 0 ] && [ ! -s "$tmp/err" ] && [ "$(stat -c %s "$tmp/out")" -le $((400 << 10)) ] &&
    [ "$(grep -c '<section' "$tmp/out")" -eq $(($(grep -c '^---$' harness/course/slides.md) + 1)) ]
result "slides: all of them, in less than 400 KiB" $?
well_formed "slides: well-formed" "$tmp/slides.html"
sed 's/xmlns="[^"]*"//g' "$tmp/slides.html" >"$tmp/out"
! grep -qE '://|(src|href)=|url\(|@import' "$tmp/out"
result "slides: they refer to nothing" $?
said 'ArrowRight' out && said 'Home:' out && said '@media print' out && said 'prefers-color-scheme:dark' out
result "slides: keys, paper, light and dark" $?
said '<b>conn_echo_cb</b>\(int conn_fd' out && said '<figure><svg' out &&
    ! said '^!(include|code|picture)' out && ! said 'what you do' out
result "slides: code and pictures of the pages, and nothing that is for who teaches" $?
said '<li>.*What wins on localhost wins on the network\.&quot; No\. When' out
result "slides: what is believed is told from what is so" $?
printf '!include harness/course/lecture.md#one-lecture-of-50-minutes 1\n' >"$tree/harness/course/slides.md"
in_tree harness/course/slides
[ "$status" -eq 0 ] && said '<td>.*make demo PAUSE=1' out
result "slides: a table of a page" $?
printf '# A\n\n<kbd>x</kbd>\n\n# B\n\n- - -\n' >"$tree/odd.md"
while read -r wrong words; do
    printf '# One\n\n%s\n' "${wrong//_/ }" >"$tree/harness/course/slides.md"
    in_tree harness/course/slides
    [ "$status" -ne 0 ] && [ ! -s "$tmp/out" ] && said "^slides: slide 1: .*$words" err
    result "slides: told: $words" $?
done <<'WRONG'
!include_README.md#nowhere README.md has no section nowhere
!include_nothing.md#traps there is no nothing.md
!include_README.md#lessons_90 has only [0-9]+ blocks
!include_harness/course/lecture.md#the-day-before_1_1-1 only indented text has lines
!include_README.md#what-make-compare-prints_2_5-900 has only [0-9]+ lines
!code_blocking/server.c_nobody blocking/server.c has no function nobody
!picture_harness/course/demo.svg_Nobody has no picture Nobody
!nothing_x what is !nothing
!include_odd.md#a it has raw HTML omitted
WRONG
printf '# One\n\nWords\n!picture harness/course/demo.svg 24-288\nand more\n' >"$tree/harness/course/slides.md"
in_tree harness/course/slides
[ "$status" -eq 0 ] && said '^<p>Words</p>' out && said '^<figure><svg' out && said '^<p>and more</p>' out
result "slides: a picture among words" $?
printf '# One\n\n!include odd.md#b\n' >"$tree/harness/course/slides.md"
in_tree harness/course/slides
[ "$status" -ne 0 ] && said 'slide 2: there is a rule within the one before' err
result "slides: told: a rule in what is included" $?
finish
