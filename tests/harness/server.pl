# server.pl PORT NAME: a foreign server in Perl's base system, which Debian
# always has. It listens on the port and does with each chunk what its name
# says: fine, talks, flips, dies, closes; or it never rests: spins.
use strict;
use IO::Socket::INET;
use IO::Select;
my ($port, $what) = @ARGV;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
    LocalPort => $port, Listen => 128, ReuseAddr => 1) or die "port: $!\n";
my $select = IO::Select->new($listener);
my $chunks = 0;
$SIG{PIPE} = 'IGNORE';
while (1) {
    for my $ready ($select->can_read($what eq "spins" ? 0 : undef)) {
        if ($ready == $listener) {
            $select->add($listener->accept);
            next;
        }
        my $length = sysread($ready, my $bytes, 16384);
        if (!$length) {
            $select->remove($ready);
            close $ready;
            next;
        }
        $chunks++;
        if ($chunks > 100) {
            substr($bytes, 3, 1) ^= "\x01" if $what eq 'flips';
            die "I have had enough\n" if $what eq 'dies';
            if ($what eq 'closes') {
                $select->remove($ready);
                close $ready;
                next;
            }
        }
        print STDERR "x" x 4000, "\n" if $what eq 'talks';
        syswrite($ready, $bytes);
    }
}
