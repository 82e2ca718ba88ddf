#!/bin/bash
# servers.sh: servers that are right get all points, whoever wrote them.
# shellcheck source=tests/harness/cases.sh
source "$(dirname "$0")/../harness/cases.sh"
top=$(realpath "$here/../..")
cd "$top" || exit 1

# full NAME SERVER FLAGS...: it gets all, in every test that is asked.
full() {
    local name=$1 server=$2
    shift 2
    timeout 120 "$bin/grade" --server="$server" "$@" >"$tmp/out" \
        2>"$tmp/err" && said '^([0-9]+) of \1 public tests passed; 100 of 100 ' out
    result "$name gets all points" $?
}

# serial NAME SERVER FLAGS...: it gets all that one at a time can have.
serial() {
    local name=$1 server=$2
    shift 2
    timeout 120 "$bin/grade" --one-at-a-time --server="$server" "$@" \
        >"$tmp/out" 2>"$tmp/err" && said '^([0-9]+) of \1 public tests passed; ([0-9]+) of \2 ' out &&
        ! said '^  (silent-client|hello-silent) ' out
    result "$name gets all points, one at a time" $?
}

# foreign NAME COMMAND: where there is such a program.
foreign() {
    if command -v "$1" >/dev/null; then
        full "$1" "$2"
    else
        skip "$1 gets all points" "there is no $1"
    fi
}

serial blocking "$bin/blocking -p {port}"
serial "blocking that wants a hello" "$bin/blocking --handshake -p {port}" \
    --proto=hello
for model in threaded selectloop coroutine libevent bufferevent; do
    [ -x "$bin/$model" ] || {
        skip "$model gets all points" "it has not been built"
        continue
    }
    full "$model" "$bin/$model -p {port}"
    full "$model, by its ready line" "$bin/$model -p 0" --proto=rfc862
    [ "$model" = bufferevent ] ||
        full "$model that wants a hello" \
            "$bin/$model --handshake -p {port}" --proto=hello
done

# With pieces larger than PIPE_BUF socat waits for itself: its pipe is full.
foreign socat \
    "socat -b 4096 -t 60 TCP-LISTEN:{port},fork,reuseaddr,backlog=1024 PIPE"
foreign python3 "python3 tests/foreign/echo_selectors.py {port}"
foreign node "node tests/foreign/echo_net.js {port}"
if command -v go >/dev/null; then
    go build -o "$tmp/echo_go" tests/foreign/echo.go && full go "$tmp/echo_go {port}"
else
    skip "go gets all points" "there is no go"
fi

finish
