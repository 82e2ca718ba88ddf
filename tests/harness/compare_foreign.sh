#!/bin/bash
# compare_foreign.sh: servers in other languages, as people give them with
# SERVER="name=command {port}". Those that echo right are measured; one that
# does not fails, and has no number.
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"
foreign=$(realpath "$here/../foreign")

# measures NAME PROGRAM STATUS PATTERN COMMAND: the row of that server matches
# if there is the program. Returns 1 without it.
measures() {
    if ! command -v "$2" >/dev/null; then
        skip "$1" "there is no $2"
        return 1
    fi
    run_briefly --start-timeout=30s --server="$1=$5"
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

# forking NAME PROGRAM COMMAND: measured, but what its children use is not.
forking() {
    measures "$1" "$2" 0 '[1-9][0-9]*/16' "$3" || return
    [ "$good" -eq 0 ] && [ -z "$(field server_cpu_us_per_echo "$1")" ] &&
        said "note: $1: its CPU is spent in child processes" flat
    result "$1 is measured; a note says that its children are not" $?
    within 10 no_children_left
    result "$1 and its children are stopped" $?
}

# fails NAME PROGRAM PATTERN COMMAND: it fails, and has no number.
fails() {
    measures "$1" "$2" 1 'failed: ' "$4" || return
    [ "$good" -eq 0 ] && said "$1 failed: $3" flat &&
        [ -z "$(field server_cpu_us_per_echo "$1")$(field echoes_per_s "$1")" ]
    result "$1 fails and has no number" $?
}

in_sight python python3 "python3 $foreign/echo_selectors.py {port} {host}"
in_sight node node "node $foreign/echo_net.js {port} {host}"
forking socat socat \
    'socat TCP-LISTEN:{port},bind={host},fork,reuseaddr EXEC:cat'
forking ncat ncat 'ncat -l -k {host} {port} --exec /bin/cat'
fails ncat-two ncat 'broke connections' \
    'ncat -l -k -m 2 {host} {port} --exec /bin/cat'
fails daytime socat '' \
    'socat TCP-LISTEN:{port},bind={host},fork,reuseaddr EXEC:date'
fails upper socat 'wrong byte on connection' \
    'socat TCP-LISTEN:{port},bind={host},fork,reuseaddr EXEC:"stdbuf -i0 -o0 tr a-z A-Z"'
mkdir "$tmp/a=b"
cp "$badserver" "$tmp/a=b/server"
in_sight equals true "$tmp/a=b/server"
finish
