#!/bin/bash
# compare_servers.sh: servers that do not start, start oddly, die, or talk
# without end; the others are measured all the same (J5).
# For the rest: it takes long.
source "$(dirname "$0")/cases.sh"

# Commands and first words as people have them; of all of the command line only
# so much is kept as to have that which is no UTF-8.
run_briefly --lives=2 \
    "--server=odd=perl $here/server.pl {port} $(printf 'a\377\033[1m')" \
    "--server=fine=perl $here/server.pl {port} fine" \
    "--server=talks=perl $here/server.pl {port} talks" \
    "--server=dies=perl $here/server.pl {port} dies" \
    "--server=set=A=1 B=2 $badserver" \
    "--server=chatty=echo 'listening on the radio'; $badserver"
[ "$status" -eq 1 ] && others_measured && said '^fine +16/16' out
result "a foreign server without a ready line is measured" $?
said '^talks +16/16' out
result "a server that prints without end is not blocked" $?
said '^dies +failed: ended with status .*I have had enough' out
result "a server that dies says why" $?
said '^set +16/16' out && said '^chatty +16/16' out
result "variables before a command and false ready lines are no trouble" $?
said '^odd +16/16' out && grep -q 'port} a??\[1m' "$tmp/results/results.jsonl"
result "a command line that is no UTF-8 is written down all the same" $?

write_sleeper
printf '#!/bin/sh\necho "one" >&2\necho "no luck" >&2\nexit 7\n' \
    >"$tmp/dies_at_once"
printf '#!/bin/sh\necho "I am listening on 127.0.0.1:1"\n%s\n' \
    'echo "listening on port 7"; exec sleep 100' >"$tmp/misled"
chmod +x "$tmp/dies_at_once" "$tmp/misled"
run_briefly --untried --start-timeout=200ms \
    "--server=never=$tmp/never {port}" \
    "--server=dies_at_once=$tmp/dies_at_once" \
    "--server=nothing=$tmp/nothing {port}" "--server=misled=$tmp/misled" \
    "--server=quiet=sleep 100"
[ "$status" -eq 1 ] && others_measured &&
    said ' never failed: was not ready after .*never mind' flat &&
    said '^dies_at_once +failed: ended with status 7.*no luck' out &&
    said '^nothing +failed: ended with status 127' out
result "servers that do not start say why, others are measured" $?
said 'misled failed: .*"listening on port 7" names no address' flat &&
    said 'quiet failed: .* no ready line, and its command has no' flat
result "a server that never says where it listens is told why" $?
no_children_left
result "none of them is left" $?

# One server at a time is what blocking means; it is no failure.
run_once --quick --models=blocking --scenarios=echo,silent,wait,work
[ "$status" -eq 0 ] && said '^blocking +1/64 .* stuck' out
result "blocking leaves clients waiting and is ok" $?
# "slice" lines of echo 64, by model.
perl -ne '/"type":"slice"/ && /"scenario":"echo","clients":64,/ &&
    /"model":"(\w+)"/ && $n{$1}++;
    END { exit !($n{blocking} > 0 && 3 * $n{blocking} <= $n{yardstick}) }' \
    "$tmp/results/results.jsonl"
result "and has one slice where the others have four" $?

# Each variant is its program with its flag; without libevent those that are
# made with it are left out.
own_programs coroutine yardstick
printf '#!/bin/sh\necho "$@" >>"%s/flags"\nexec "%s/coroutine" "$@"\n' \
    "$tmp" "$bin" >"$tmp/bin/coroutine"
run_once --variants --bin="$tmp/bin" --models=coroutine,libevent \
    --scenarios=echo
[ "$status" -eq 0 ] && said '^coroutine +64/64' out &&
    [ "$(grep -c swapcontext "$tmp/flags")" -eq 2 ] &&
    [ "$(wc -l <"$tmp/flags")" -eq 4 ]
result "a variant is started with its flag" $?
said '^bufferevent +skipped: not built: run make' out &&
    said '^coroutine-swapcontext +coroutine +(x[0-9.]+|same|~|-) ' out &&
    ! said '^bufferevent +libevent' out
result "without libevent the other variants are held against models" $?
printed_again "$tmp/results/results.jsonl"
result "report says the same of variants from the file alone" $?
finish
