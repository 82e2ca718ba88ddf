#!/bin/bash
# compare_foreign.sh: servers in other languages, as people give them with
# SERVER="name=command {port}". Those that echo right are measured; one that
# does not fails, and has no number.
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"
ln -s "$(realpath "$here/../foreign")" "$tmp/foreign"
foreign=$tmp/foreign

# measures NAME PROGRAM STATUS PATTERN COMMAND: the row of that server matches
# if there is the program. Returns 1 without it.
measures() {
    if ! command -v "$2" >/dev/null; then
        skip "$1" "there is no $2"
        return 1
    fi
    run_briefly --start-timeout=30s --server="$1=$5" "${@:6}"
    [ "$status" -eq "$3" ] && said "^$1 +$4" out && said '^threaded +16/16' out
    good=$?
}

# in_sight NAME PROGRAM COMMAND: measured, its CPU time and memory included.
in_sight() {
    measures "$1" "$2" 0 16/16 "$3" || return
    [ "$good" -eq 0 ] && [ -n "$(field server_cpu_us_per_echo "$1")" ] &&
        [ -n "$(field rss_kib_per_client "$1")" ] && ! said 'out of sight|in child' flat
    result "$1 is measured" $?
    within 10 no_children_left
    result "$1 is stopped" $?
}

# fails NAME PROGRAM PATTERN COMMAND: it fails, and has no number.
fails() {
    measures "$1" "$2" 1 'failed: ' "$4" --untried || return
    [ "$good" -eq 0 ] && said "$1 failed: $3" flat &&
        [ -z "$(field server_cpu_us_per_echo "$1")$(field echoes_per_s "$1")" ]
    result "$1 fails and has no number" $?
}

in_sight python python3 "python3 $foreign/echo_selectors.py {port} {host}"
in_sight node node "node $foreign/echo_net.js {port} {host}"
fails ncat-two ncat 'broke connections' \
    'ncat -l -k -m 2 {host} {port} --exec /bin/cat'
fails daytime socat '' \
    'socat TCP-LISTEN:{port},bind={host},fork,reuseaddr EXEC:date'
fails upper socat 'wrong byte on connection' \
    'socat TCP-LISTEN:{port},bind={host},fork,reuseaddr EXEC:"stdbuf -i0 -o0 tr a-z A-Z"'

# refused PATTERN PROGRAM COMMAND [ARGUMENT...]: such a server is told at once
# what is wrong, in one line, and nothing is measured.
refused() {
    if ! command -v "$2" >/dev/null; then
        skip "a server that is told: $1" "there is no $2"
        return
    fi
    run_briefly --server="mine=$3" "${@:4}"
    [ "$status" -eq 1 ] && said "^compare: mine: .*$1" err &&
        said 'nothing was measured' err && [ "$(wc -l <"$tmp/err")" -eq 2 ] &&
        [ ! -s "$tmp/out" ] && within 10 no_children_left
    result "a server that is told: $1" $?
}

perl="perl $here/server.pl {port}"
printf '#!/bin/sh\necho "usage: mine PORT"\nexit 2\n' >"$tmp/plain"
chmod +x "$tmp/plain"
refused 'status 2; .*usage: mine PORT; .* command has no \{port\}' true "$tmp/plain"
refused 'give --start-timeout=0.6s \(make: START_TIMEOUT=' true \
    'sleep 77; exit {port}' --start-timeout=300ms
refused 'its command has no \{port\}' true 'sleep 77' --start-timeout=100ms
refused 'into the background: .* -f,' perl "$perl daemon"
refused 'client after client' perl "$perl once"
refused 'client after client .*fork' socat 'socat TCP-LISTEN:{port} EXEC:cat'
refused 'client after client .*-k' ncat 'ncat -l {host} {port} --exec /bin/cat'
refused 'its first client only' true "$badserver --bug=first --after=1"
refused 'it ends connections' true "$badserver --bug=close --after=1"
refused 'it ends connections' true "$badserver --bug=close-at-once"
refused 'it never answered' true "$badserver --bug=never"
refused 'it answered "HTTP/1.1 400' perl "$perl other"
refused 'it answered "' true "$badserver --bug=drop --after=1"
refused 'it speaks first, "220 mail' perl "$perl hello"
refused 'it speaks first, "' socat \
    'socat TCP-LISTEN:{port},bind={host},fork,reuseaddr EXEC:date'
refused 'the end of a line' perl "$perl lines"
refused 'it changes letters, as in "FIVEWAYS TRIES EACH .*"' perl "$perl uppers"
refused 'it listens on 127.0.0.1:[0-9]+; .*\{port\}' ss \
    "perl $here/server.pl 0 fine" --start-timeout=3s
refused 'it listens on 127.0.0.2:[0-9]+; .*\{host\}' ss \
    "$perl fine 127.0.0.2" --start-timeout=3s
refused 'it listens on .*::1\]:[0-9]+; ' socat \
    'socat TCP6-LISTEN:{port},bind=[::1],fork EXEC:cat' --host=127.0.0.1 \
    --start-timeout=3s
refused 'cannot be reached; it listens on 127' perl \
    "echo listening on 127.0.0.1:9; exec ${perl/\{port\}/0} fine"
# shellcheck disable=SC2016
refused 'signal 11' true 'kill -SEGV $$'
mkdir "$tmp/a=b"
cp "$badserver" "$tmp/a=b/server"
in_sight equals true "$tmp/a=b/server"
finish
