#!/bin/bash
# lie.sh: one stall, of which a closed loop tells almost nothing; and a load
# that drips, which finds who takes one recv for one message.
# shellcheck source=tests/course/with_tables
source "$(dirname "$0")/with_tables"

begin=$SECONDS
course lie
[ "$status" -eq 0 ] && [ $((SECONDS - begin)) -le 10 ]
result "it ends in time" $?

# cell ROW COLUMN: of the table, as a number.
cell() {
    sed -nE "s/^ *$1  +//p" "$tmp/out" | awk -v column="$2" '{ print $column }'
}
# Of the second that nobody answered.
between 4 "$(cell 'over 100 ms' 1)" 60
result "a few messages of the closed loop have met it" $?
between 850 "$(cell 'over 100 ms' 2)" 2500
result "of the open loop all that were due for long" $?
between 3 "$(cell 'p99 ms' 1)" 400 && between 850 "$(cell 'p99 ms' 2)" 3000
result "so they disagree about the p99" $?
between 900 "$(cell 'max ms' 1)" 3000 && between 900 "$(cell 'max ms' 2)" 3000
result "and not about the longest" $?
told=$(sed -nE 's/.*each millisecond: ([0-9]+) of them$/\1/p' "$tmp/out")
between "$((told - 5))" "$(cell 'over 100 ms' 2)" "$((told + 5))"
result "the sentences have the table's numbers" $?
course show --experiment=stall
between 850 "$(cell 'over 100 ms' 2)" 2500 &&
    said '^  = [0-9]+ messages$' out
result "as an experiment it shows the table, too" $?

# ---- a load that drips ---------------------------------------------------

# A server that answers what comes as 64 bytes at once, and nothing else.
cat >"$tmp/at_once.pl" <<'PERL'
use strict;
use warnings;
use IO::Socket::INET;
$| = 1;
my $listener = IO::Socket::INET->new(Listen => 9, LocalAddr => '127.0.0.1')
    or die "$@";
print 'listening on 127.0.0.1:', $listener->sockport, "\n";
while (my $client = $listener->accept) {
    while (sysread $client, my $bytes, 64) {
        syswrite $client, $bytes if length $bytes == 64;
    }
}
PERL
perl "$tmp/at_once.pl" >"$tmp/ready" &
server=$!
within 10 test -s "$tmp/ready"
target=$(sed 's/listening on //' "$tmp/ready")
load() {
    timeout 30 "$bin/load" "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
}
load "$target" -c 1 -d 100ms
[ "$status" -eq 0 ] && said 'served +1 of 1' out
result "a message at once is answered" $?
load "$target" -c 1 -d 100ms --drip --save="$tmp/drip"
[ "$status" -eq 1 ] && said 'served +0 of 1' out && said 'a byte a segment' out
result "one that drips is not" $?
kill "$server"
wait "$server" 2>"$tmp/killed"

# A writable event may send the last byte before it is due.
"$bin/selectloop" --handshake --port=0 >"$tmp/ready" &
server=$!
within 10 grep -q listening "$tmp/ready"
target=$(sed 's/listening on //' "$tmp/ready")
for clients in 2 4 8; do
    load "$target" -c "$clients" -d 300ms --handshake --drip --churn
    [ "$status" -eq 0 ] && said '^  errors +none$' out
    result "a right server is not blamed, $clients clients" $?
done
stop_target

rm "$tmp/ready"
start_target
load "$target" -c 2 -n 50 --drip --save="$tmp/drip"
[ "$status" -eq 0 ] && said 'served +2 of 2' out
result "a right server does not mind" $?
load "$target" -c 2 -n 50 --save="$tmp/whole"
stop_target
timeout 30 "$bin/report" --merge "$tmp/drip" "$tmp/whole" >"$tmp/out" 2>"$tmp/err"
[ $? -eq 3 ] && said 'a message comes whole here and a byte a segment' err
result "the two are not added up" $?
finish
