#!/bin/bash
# compare_wrong_echo.sh: what is wrong late, early, or by silence fails the
# row of that server and no other (J5). What is wrong from the first byte on
# is not even measured, unless it is asked for.
source "$(dirname "$0")/cases.sh"

at='wrong byte on connection [0-9]+ at offset'
# The wrong bytes that there are, and what is said of each, are in test_load.c.
# Name, flags of badserver, what its row says, separated by blanks and bars.
bad=(
    "swap | --bug=swap | $at 0: [^;]*; it looks like (an earlier )?connection"
    "flip | --bug=flip | $at 133: [^;]*; it looks like 1 byte was changed"
    # Only while warming up.
    "early | --bug=flip-first --after=1 | wrong byte on connection 0 at offset 0"
    "closes | --bug=close --after=20 | broke connections: .*early_eof"
    # A foreign server cannot talk itself out of it.
    "excuse | --bug=close --after=20 --excuse | broke connections"
    "short | --bug=short --after=20 | stopped answering: [0-9]+ of 16 .* rest of"
    "once | --bug=once | stopped answering: [0-9]+ of 16 .* next echo"
    "mute | --bug=never | never answered"
)

servers=("--server=right=$badserver")
for row in "${bad[@]}"; do
    IFS='|' read -r name flags _ <<<"$row"
    servers+=("--server=${name% }=$badserver $flags")
done
run_briefly --untried "${servers[@]}"
[ "$status" -eq 1 ] && others_measured && said '^right +16/16' out
result "servers without a bug are good, whoever is beside them" $?
for row in "${bad[@]}"; do
    IFS='|' read -r name _ says <<<"$row"
    said "[ .]${name% } failed: ${says# }" flat
    result "${name% } fails, and why" $?
done

# The first run takes one connection of those that are served.
run_once --quick --models=threaded --scenarios=echo \
    "--server=first=$badserver --bug=first --after=11"
[ "$status" -eq 0 ] && said '^first +10/64' out && said '^threaded +64/64' out
result "a server that serves only the first is given their number" $?

# Connections that are closed after one echo hide what comes behind it only
# from a client that does not wait for their end.
run_once --untried --models=blocking --scenarios=churn \
    "--server=mute=$badserver --bug=never" \
    "--server=later=$badserver --bug=afterthought --after=1" \
    "--server=parting=$badserver --bug=parting" \
    "--server=stays=$badserver --bug=stays"
[ "$status" -eq 1 ] && said '^blocking +16/16' out &&
    said "later failed: $at 64:" flat && said "parting failed: $at 64:" flat
result "a byte that follows the only echo of a connection is found" $?
said '^stays +failed: ' out
result "a server that does not end connections is found" $?
said '^mute +failed: never answered' out
result "a mute server fails, without a silent client, too" $?
finish
