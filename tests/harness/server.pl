# server.pl PORT NAME: a foreign server in Perl's base system, which Debian
# always has. It listens on the port and does with each chunk what its name
# says: fine, talks, dies, uppers; lines waits for the end of one, other answers something else, hello speaks first; or it never rests:
# spins; or makes a process for each client, whose CPU time is not its own:
# forks; or leaves for the background: daemon; or ends with its first client:
# once.
use strict;
use IO::Socket::INET;
use IO::Select;
my ($port, $what, $host) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => $host // '127.0.0.1',
    LocalPort => $port, Listen => 128, ReuseAddr => 1) or die "port: $!\n";
my $select = IO::Select->new($listener);
my $chunks = 0;
my $kept = '';
exit 0 if $what eq 'daemon' && fork;
$SIG{PIPE} = 'IGNORE';
$SIG{CHLD} = 'IGNORE';
while (1) {
    for my $ready ($select->can_read($what eq "spins" ? 0 : undef)) {
        if ($ready == $listener) {
            my $client = $listener->accept;
            syswrite($client, "220 mail ready\r\n") if $what eq 'hello';
            if ($what ne 'forks') {
                $select->add($client);
            } elsif (fork == 0) {
                my $bytes;
                syswrite($client, $bytes) while sysread($client, $bytes, 16384);
                exit 0;
            }
            next;
        }
        my $length = sysread($ready, my $bytes, 16384);
        $chunks++;
        die "I have had enough\n" if $chunks > 100 && $what eq 'dies';
        exit 0 if !$length && $what eq 'once' && $chunks > 1;
        if (!$length) {
            $select->remove($ready);
            close $ready;
            next;
        }
        $bytes = uc $bytes if $what eq 'uppers';
        $bytes = "HTTP/1.1 400 Bad Request\r\n\r\n" if $what eq 'other';
        if ($what eq 'lines') {
            $kept .= $bytes;
            $bytes = $kept =~ s/^(.*\n)//s ? $1 : '';
        }
        print STDERR "x" x 4000, "\n" if $what eq 'talks';
        syswrite($ready, $bytes);
    }
}
