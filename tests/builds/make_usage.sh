#!/bin/bash
#
# make_usage.sh: what a user may set on make's command line, and what is made
# anew for it. In a copy of the sources, in a folder that no Makefile likes; of
# the programs only the smallest is really built.
set -u
cd "$(dirname "$0")/../.." || exit 1

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
copy=$tmp/"ä b\$c"
mkdir "$copy"
# shellcheck disable=SC2046 # models are words
cp -r Makefile $(tests/models) harness tests "$copy"
cd "$copy" || exit 1
# As a user calls it, not as `make check` does.
unset MAKEFLAGS MAKELEVEL MAKEOVERRIDES MFLAGS VARIANT CI V
unset MODELS CFLAGS CPPFLAGS LDFLAGS LDLIBS PKG_CONFIG PKG_CONFIG_PATH
passed=0
failed=0
skipped=0

# run ARGUMENTS...: make, its status in $status, what it says in out and err.
run() {
    timeout 60 make --no-print-directory "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}

# result NAME GOOD: count a case; GOOD is 0 for a good one.
result() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok      make: $1"
    else
        failed=$((failed + 1))
        echo "FAILED  make: $1"
        tail -n 20 "$tmp/out" "$tmp/err"
    fi
}

# refused NAME PATTERN ARGUMENTS...: status 2 and one sentence.
refused() {
    local name=$1 pattern=$2
    shift 2
    run "$@"
    [ "$status" -eq 2 ] && [ ! -s "$tmp/out" ] && grep -q "$pattern" "$tmp/err" &&
        [ "$(wc -l <"$tmp/err")" -eq 1 ]
    result "$name is refused" $?
}

refused "SCENARIO=" 'SCENARIO= is not known.*SCENARIOS=?' -n SCENARIO=echo
refused "MODEL=" 'MODEL= is not known.*MODELS=?' -n compare MODEL=threaded
refused "models=" 'models= is not known.*MODELS=?' -n compare models=threaded
refused "SERVERS=, a variable inside" 'SERVERS= is not known.*SERVER=?' -n SERVERS=x
refused "HAVE=, a variable inside" 'HAVE= is not known' -n HAVE=
refused "an unknown one behind values with blanks" 'ROUNDS= is not known' \
    -n compare LAUNCHER="env A=1 B=2\\" SERVER=$'a=b\nC=3 D=4' ROUNDS=3
refused "check SCENARIOS=" 'SCENARIOS= does nothing.*compare' -n check SCENARIOS=echo
refused "c10k SOAK_SECONDS=" 'SOAK_SECONDS= does nothing.*soak' -n c10k SOAK_SECONDS=5
refused "check CASES=" 'CASES= is not known here.*mean CONFORMANCE_CASES=' -n check CASES=x
refused "make comapre" 'make comapre.*mean compare?' -n comapre
refused "make compare quick, before it measures" 'make quick.*mean compare-quick?' compare quick
refused "make test" 'make test.*mean check?' test
refused "PREFIX= with a ~ in it" 'please write .HOME' -n install PREFIX='~/x'
mkdir "$tmp/other" && touch "$tmp/other/features.h"
refused "a compiler without glibc" 'a C compiler for Linux with glibc' \
    CC="cc -nostdinc -I$tmp/other" blocking
refused "a compiler that is not here" 'none cannot build this.*glibc' CC=/none blocking
refused "SERVER= twice" 'SERVER= is there twice.*SERVER2=' -n compare SERVER=a=b SERVER=c=d
refused "PKG_CONFIG= without such a program" 'PKG_CONFIG=/none is no program' \
    -n PKG_CONFIG=/none

for flag in -march=nonesuch "-include nonesuch.h"; do
    run CFLAGS="$flag" build/obj/coroutine/hello.o
    [ "$status" -eq 2 ] && grep -q nonesuch "$tmp/err" && ! grep glibc "$tmp/err"
    result "of CFLAGS=$flag it is the compiler that complains" $?
done
run -n CPATH=/x LD_LIBRARY_PATH=/x MALLOC_ARENA_MAX=1 JOBS=2 BARE_CHECK=check-unit check-bare
result "what compilers, loaders and tests read is let through" "$status"
# shellcheck disable=SC2016 # make shall see the $
MODELS=a,b SEED=7 SOAK_SECONDS=5 run -n soak TEST_SLOW=2 && [ ! -s "$tmp/err" ] &&
    grep -q -- ' --seconds="$SOAK_SECONDS" --seed="$SEED"' "$tmp/out" &&
    grep -q -- '^ *--model=a --model=b' "$tmp/out"
result "soak is told by the environment as well" $?
run -n CI=1 build/bin/hello && grep -q -- -Werror "$tmp/out" &&
    run -n CI=false build/bin/hello && ! grep -q -- -Werror "$tmp/out"
result "CI=1 makes errors of warnings, and CI=false does not" $?

# Make without the building, and with a compare that says what it was given.
printf 'include Makefile\nCOMPARE_BUILD := @:\ncompare compare-quick trace: BIN := .\n' >"$tmp/show.mk"
printf '#!/bin/sh\nprintf "<%%s>" "$@"\n' >compare
chmod +x compare
# given EXPECTED ARGUMENTS...
given() {
    local expected=$1
    shift
    run -f "$tmp/show.mk" "$@"
    [ "$(cat "$tmp/out")" = "$expected" ]
}
if pkg-config --exists jansson 2>/dev/null; then
    given '<--bin=.><--time=5s><--layout=split><--start-timeout=9s><--why><--untried><--out=o p>' \
        compare OUT='o p' TIME=5s LAYOUT=split START_TIMEOUT=9s WHY=1 UNTRIED=1 && given \
        '<--quick><--bin=.><--out=build/compare-quick>' compare-quick WHY=false UNTRIED=0 MODELS=
    result "compare gets its flags" $?
    given '<--trace><--bin=.><--out=build/trace><--clients=8><--handshake>' \
        trace CLIENTS=8 HANDSHAKE=yes
    result "and so it does for a trace" $?
    # shellcheck disable=SC2016 # the server's shell shall see the $
    given '<--bin=.><--out=build/compare><--server=a=sh -c "x '\''$y; z" #1><--server=b=c,  d>' \
        compare SERVER='a=sh -c "x '\''$y; z" #1' SERVER2='b=c,  d'
    result "a server's command arrives as it was typed" $?
    # shellcheck disable=SC2016
    given '<--bin=.><--out=build/compare><--server=a=$b>' compare SERVER='a=$$b'
    result "with \$\$ for a \$ as well" $?
    # shellcheck disable=SC2016
    MODELS=x TIME=y SEED=1 SERVER='$(error z)' \
        given '<--bin=.><--out=build/compare><--time=1s>' compare TIME=1s && [ \
        "$(cut -d ';' -f 1 "$tmp/err")" = \
        "MODELS= and SERVER= of the environment are not looked at" ]
    result "nothing of it is taken from the environment, which is said" $?
else
    skipped=$((skipped + 5))
    echo "skipped make: compare's flags: jansson is not installed here"
fi

# remakes NAME PATTERN ARGUMENTS...: builds hello; all lines of what it says
# match, and there are some if there is a pattern.
remakes() {
    local name=$1 pattern=$2
    shift 2
    run -j2 build/bin/hello "$@"
    [ "$status" -eq 0 ] && [ -x build/bin/hello ] &&
        if [ -n "$pattern" ]; then
            grep -q . "$tmp/out" && ! grep -v "$pattern" "$tmp/out"
        else
            ! grep -v 'is up to date' "$tmp/out"
        fi
    result "$name" $?
}
HAVE='' BASE=x BUILD=/none OBJ=/none OWN_CFLAGS=-none OWN_LIBS=-none WERROR=-none \
    FLAGS_=-none SAY=false DEPS_TRIED=x \
    remakes "the environment replaces no variable inside" 'CC\|LINK' \
    CFLAGS=-O1
remakes "it builds in a path with blanks, a \$ and an umlaut" 'CC\|LINK' CFLAGS=-O0 V=0
remakes "and nothing a second time" '' CFLAGS=-O0
remakes "LDFLAGS= links anew, and only that" LINK CFLAGS=-O0 LDFLAGS=-static-libgcc
remakes "without it again" LINK CFLAGS=-O0
remakes "LDLIBS= as well" LINK CFLAGS=-O0 LDLIBS=-lm
remakes "CPPFLAGS= compiles anew" 'CC\|LINK' CFLAGS=-O0 LDLIBS=-lm CPPFLAGS='-DA="b c"'
run -n CFLAGS=-O3 build/bin/hello
run -q build/bin/hello CFLAGS=-O0 LDLIBS=-lm CPPFLAGS='-DA="b c"'
result "make -n leaves no trace" "$status"
run -s -j4 clean build/bin/hello CFLAGS=-O0
[ -x build/bin/hello ] && [ ! -s "$tmp/out" ] && [ ! -s "$tmp/err" ]
result "make -s -j4 clean and a program: clean comes first, and no word is said" $?

# Another libevent concerns what is made with it.
if pkg-config --exists libevent 2>/dev/null; then
    mkdir pc
    printf 'Name: e\nDescription: e\nVersion: 2\nCflags: -I/other\nLibs: -L/other -levent\n' \
        >pc/libevent.pc
    run -n libevent PKG_CONFIG_PATH=pc
    grep -q -- '-I/other .*-c libevent/loop.c' "$tmp/out" &&
        grep -q -- '-L/other -levent .*-o build/bin/libevent' "$tmp/out" &&
        ! grep -q -- '-I/other.*-c harness' "$tmp/out"
    result "PKG_CONFIG_PATH= says which libevent" $?
else
    skipped=$((skipped + 1))
    echo "skipped make: PKG_CONFIG_PATH=: libevent is not installed here"
fi

# Programs that are only names, to be installed.
for program in $(make -n -o programs install | grep -o 'build/bin/[a-z]*' | sort -u); do
    touch "$program"
done
run -o programs install DESTDIR="$tmp/to" PREFIX=/'p q' && [ "$status" -eq 0 ] &&
    [ -e "$tmp/to/p q/bin/fiveways-threaded" ] &&
    run -o programs uninstall DESTDIR="$tmp/to" PREFIX=/'p q' &&
    [ ! -e "$tmp/to/p q/bin/fiveways-threaded" ]
result "install and uninstall" $?
mkdir -p "$tmp/to/bin/fiveways-coroutine/x"
for target in install uninstall; do
    run -o programs $target DESTDIR="$tmp/to" PREFIX=
    [ "$status" -ne 0 ] && grep -q '^coroutine could not' "$tmp/err"
    result "$target fails with one program, and says which" $?
done

run help
[ "$status" -eq 0 ] && grep -q 'SCENARIOS=' "$tmp/out" &&
    ! LC_ALL=C.UTF-8 awk 'length > 80' "$tmp/out" | grep .
result "make help has 80 columns" $?
run -n --warn-undefined-variables programs compare help
[ "$status" -eq 0 ] && ! grep undefined "$tmp/err"
result "make --warn-undefined-variables has nothing to say" $?

echo "make: $passed passed, $failed failed, $skipped skipped"
exit $((failed > 0))
