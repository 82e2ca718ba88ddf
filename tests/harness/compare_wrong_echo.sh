#!/bin/bash
# compare_wrong_echo.sh: what is wrong late, early, or by silence fails the
# row of that server and no other (J5).
source "$(dirname "$0")/cases.sh"

# with_bug NAME FLAGS...: measure threaded and badserver beside it.
with_bug() {
    local name=$1
    shift
    run_briefly "--server=$name=$badserver $*"
}

with_bug right
[ "$status" -eq 0 ] && said '^right +16/16' out && others_measured
result "badserver without a bug is good" $?

run_briefly "--server=flips=perl $here/server.pl {port} flips"
[ "$status" -eq 1 ] && others_measured &&
    said '^flips +failed: wrong byte on connection [0-9]+ at offset' out
result "a wrong byte fails the row, with connection and offset" $?

# wrong_byte NAME WORDS: its row says that a byte was wrong, and these words.
wrong_byte() {
    [ "$status" -eq 1 ] && others_measured &&
        said "$1 failed: wrong byte on connection [0-9]+ at offset $2" flat
    result "$1: a wrong byte is found and what it looks like" $?
}

bugs=()
for bug in fixed flip drop double swap extra; do
    bugs+=("--server=$bug=$badserver --bug=$bug")
done
run_briefly "${bugs[@]}"
wrong_byte fixed '64: [^;]*; it looks like 64 bytes were doubled'
wrong_byte flip '133: [^;]*; it looks like 1 byte was changed'
wrong_byte drop '133: [^;]*; it looks like 1 byte was lost'
wrong_byte double '134: [^;]*; it looks like 1 byte was doubled'
wrong_byte swap '0: [^;]*; it looks like (an earlier )?connection'
wrong_byte extra '192: '

# The first run takes one connection of those that are served.
run_once --quick --models=threaded --scenarios=echo \
    "--server=first=$badserver --bug=first --after=11"
[ "$status" -eq 0 ] && said '^first +10/64' out && said '^threaded +64/64' out
result "a server that serves only the first is given their number" $?

with_bug closes --bug=close --after=20
[ "$status" -eq 1 ] && others_measured &&
    said '^closes +failed: broke connections: .*early_eof' out
result "a server that closes after 20 messages breaks connections" $?

with_bug short --bug=short --after=20
[ "$status" -eq 1 ] && others_measured &&
    said '^short +failed: stopped answering: [0-9]+ of 16 .* rest of' out
result "a byte lost late fails the row" $?

with_bug once --bug=once
[ "$status" -eq 1 ] && others_measured &&
    said '^once +failed: stopped answering: [0-9]+ of 16 .* next echo' out
result "one answer for each connection fails the row" $?

with_bug mute --bug=never
[ "$status" -eq 1 ] && others_measured &&
    said '^mute +failed: never answered' out
result "a mute server fails, beside a silent client" $?

run_once --models=blocking --scenarios=churn \
    "--server=mute=$badserver --bug=never"
[ "$status" -eq 1 ] && said '^mute +failed: never answered' out &&
    said '^blocking +16/16' out
result "a mute server fails, without one" $?

# Connections that are closed after one echo hide what comes behind it only
# from a client that does not wait for their end.
run_once --models=blocking --scenarios=churn \
    "--server=later=$badserver --bug=afterthought --after=1" \
    "--server=parting=$badserver --bug=parting" \
    "--server=stays=$badserver --bug=stays"
[ "$status" -eq 1 ] && said '^blocking +16/16' out &&
    said 'later failed: wrong byte on connection [0-9]+ at offset 64:' flat &&
    said 'parting failed: wrong byte on connection [0-9]+ at offset 64:' flat
result "a byte that follows the only echo of a connection is found" $?
said '^stays +failed: ' out
result "a server that does not end connections is found" $?

with_bug early --bug=flip-first --after=1
[ "$status" -eq 1 ] && others_measured &&
    said '^early +failed: wrong byte on connection 0 at offset 0' out
result "a byte that is wrong only while warming up fails the row" $?

with_bug excuse --bug=close --after=20 --excuse
[ "$status" -eq 1 ] && others_measured &&
    said '^excuse +failed: broke connections' out
result "a foreign server cannot talk itself out of broken connections" $?
finish
