# shellcheck shell=bash
# shellcheck source=tests/harness/cases.sh
#
# course.sh: what the tests of the course have in common. It runs with tables
# of the tests' own (tables/), in a tree of its own, so that it keeps nothing
# in ours. Runs from the top folder.
source "$(dirname "$0")/../harness/cases.sh"

tree=$tmp/tree
mkdir -p "$tree/build/bin"
mkdir -p "$tree/harness/course"
for each in Makefile blocking threaded selectloop coroutine libevent tests \
    harness/{base,contract,load,results,compare,report} \
    harness/course/experiments.sh; do
    ln -s "$(realpath .)/$each" "$tree/$each"
done
cp tests/course/tables/*.table "$tree/harness/course"
cp "$bin"/{blocking,threaded,selectloop,yardstick,load,compare,course} \
    "$tree/build/bin"

# course ARGUMENTS...: its status in $status, what it prints in out and err.
course() {
    (cd "$tree" && exec timeout 60 build/bin/course "$@") \
        >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}
