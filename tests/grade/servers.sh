#!/bin/bash
# servers.sh: servers that are right get all points, whoever wrote them.
#
# Speed is never graded, nor how many may wait in the queue: right.py.
# They wait more than they compute: several are graded side by side.
# shellcheck source=tests/harness/cases.sh
source "$(dirname "$0")/../harness/cases.sh"
cd "$(realpath "$here/../..")" || exit 1
names=()
all='([0-9]+) of \1 public tests passed; 100 of 100 points'

# right NAME SERVER FLAGS...: begin to grade it; six at a time.
right() {
    local file=$tmp/${#names[@]} server=$2
    names+=("$1")
    shift 2
    while [ "$(jobs -rp | wc -l)" -ge 6 ]; do
        wait -n
    done
    {
        timeout 200 "$bin/grade" --server="$server" "$@" >"$file.out" 2>"$file.err"
        echo $? >"$file.status"
    } &
}

right "blocking, one at a time" "$bin/blocking -p {port}" --one-at-a-time
right "blocking that wants a hello, one at a time" \
    "$bin/blocking --handshake -p {port}" --one-at-a-time --proto=hello
for model in threaded selectloop coroutine libevent bufferevent; do
    if [ ! -x "$bin/$model" ]; then
        skip "$model" "it has not been built"
        continue
    fi
    right "$model" "$bin/$model -p {port}"
    right "$model, by its ready line" "$bin/$model -p 0" --proto=rfc862
    [ "$model" = bufferevent ] || # which knows no handshake
        right "$model that wants a hello" \
            "$bin/$model --handshake -p {port}" --proto=hello
done

# With pieces larger than PIPE_BUF socat waits for itself: its pipe is full.
if command -v socat >/dev/null; then
    right socat \
        "socat -b 4096 -t 60 TCP-LISTEN:{port},fork,reuseaddr,backlog=1024 PIPE"
else
    skip socat "there is no socat"
fi
if command -v python3 >/dev/null; then
    for how in backlog=5 late=1 delay=0.3 piece=1; do
        right "python3, $how" "python3 tests/grade/right.py {port} $how"
    done
fi

# The ready-made models; what is missing here says with's second stream.
tests/foreign/models/with "$bin/../more" printf '%s\n' >"$tmp/models" 2>"$tmp/err"
while IFS=' :' read -r _ _ name reason; do
    skip "$name" "$reason"
done <"$tmp/err"
while IFS='=' read -r _ name command; do
    right "$name" "${command//\{host\}/127.0.0.1}"
done <"$tmp/models"

wait
for i in "${!names[@]}"; do
    for part in out err; do
        mv "$tmp/$i.$part" "$tmp/$part"
    done
    [ "$(cat "$tmp/$i.status")" -eq 0 ] && case ${names[i]} in
    *'one at a time') said '; ([0-9]+) of \1 points' out && ! said '-(client|silent) .* 20/' out ;;
    *) said "^$all" out ;;
    esac
    result "${names[i]}: all points" $?
done
finish
