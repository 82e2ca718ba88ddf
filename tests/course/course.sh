# shellcheck shell=bash
# shellcheck source=tests/harness/cases.sh
#
# course.sh: what the tests of the course have in common. It runs with tables
# of the tests' own (tables.c), in a tree of its own, so that it keeps nothing
# in ours. Runs from the top folder.
source "$(dirname "$0")/../harness/cases.sh"

tree=$tmp/tree
mkdir -p "$tree/build/bin"
for each in Makefile blocking threaded selectloop coroutine libevent harness \
    tests; do
    ln -s "$(realpath "$here/../..")/$each" "$tree/$each"
done
cp "$bin"/{blocking,threaded,selectloop,yardstick,load,compare} \
    "$tree/build/bin"
cp "$bin/../tests/course" "$tree/build/bin/course"

# course ARGUMENTS...: its status in $status, what it prints in out and err.
course() {
    (cd "$tree" && exec timeout 60 build/bin/course "$@") \
        >"$tmp/out" 2>"$tmp/err" </dev/null
    # shellcheck disable=SC2034 # for who sources this
    status=$?
}
