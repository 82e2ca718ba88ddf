# forks.pl PORT: a server that makes a process for each client, whose CPU
# time is not its own.
use strict;
use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $ARGV[0], Listen => 128) or die "port: $!\n";
while (my $client = $listener->accept) {
    if (fork == 0) {
        my $bytes;
        syswrite($client, $bytes) while sysread($client, $bytes, 16384);
        exit 0;
    }
    close $client;
}
