#!/usr/bin/perl
# make.pl NAME: results as compare writes them, of a run that never was.
#
# The figures are made up, near those of a small machine, and come from a
# generator with a fixed seed (Perl brings its own, so that it is the same
# everywhere). NAME is default, c10k, rate, foreign or variants.
use strict;
use warnings;

my $name = shift // die "usage: make.pl NAME\n";
my @own  = qw(blocking threaded selectloop coroutine libevent);
srand(7);

sub gauss {
    return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand());
}

sub json {
    my ($value) = @_;
    return 'null' if !defined $value;
    return '{' . join(',', map { "\"$_\":" . json($value->{$_}) }
          sort keys %$value) . '}'
      if ref $value eq 'HASH';
    return $$value ? 'true' : 'false' if ref $value eq 'SCALAR';
    return $value if $value =~ /^-?\d+(\.\d+)?(e[-+]\d+)?$/;
    $value =~ s/(["\\])/\\$1/g;
    return "\"$value\"";
}

sub line { print json({@_}), "\n"; }
sub three { return 0 + sprintf('%.6g', $_[0]); }

# cost: server CPU of an echo, us; by model
my %cost = (
    blocking  => 5.6, threaded => 9.8, selectloop => 6.1, coroutine => 5.9,
    libevent  => 6.05, yardstick => 5.9, floor => 4.1, node => 9.1,
    crashing  => 6.0, bufferevent => 7.2, 'libevent-poll' => 6.3,
    'libevent-select' => 6.4, 'coroutine-swapcontext' => 7.0,
    'threaded-8192' => 9.9,
);
my %kib = (blocking => 0, threaded => 12.4, selectloop => 0.2,
    coroutine => 8, libevent => 0.3, yardstick => 0, node => 20.5,
    bufferevent => 1.1, 'libevent-poll' => 0.3, 'libevent-select' => 0.3,
    'coroutine-swapcontext' => 8, 'threaded-8192' => 12.5);

# What a scenario makes of it: factor of the cost, or "stuck".
sub factor {
    my ($s, $model) = @_;
    return 'one' if $model eq 'blocking' && $s->{clients} > 1 && !$s->{churn};
    return 1 + 0.0028 * $s->{silent}
      if $model eq 'selectloop' && ($s->{silent} // 0) > 100;
    return 4 if $s->{churn};
    return 0.6 if $s->{clients} == 1 && $model eq 'threaded';
    return 1;
}

sub life {
    my ($s, $model, $life) = @_;
    my $factor = factor($s, $model);
    my $served = $factor eq 'one' ? ($s->{silent} ? 0 : 1) : $s->{clients};
    $served = 1010 if $model eq 'selectloop' && $s->{clients} > 1024;
    my $us   = $cost{$model} * ($factor eq 'one' ? 1.1 : $factor);
    $us += $s->{work_us} // 0;
    my $cpus = ($s->{work_us} && $model eq 'threaded') ? 1.9 : 1;
    my $rate = $s->{rate_per_s} || $cpus * 1e6 / ($us + ($s->{work_us} ? 0
          : 6));
    $rate = 1000 * ($factor eq 'one' ? 1 : $s->{clients}) / $s->{delay_ms}
      if $s->{delay_ms};
    $rate = 0 if $served == 0;
    my $p50 = $rate ? 1e6 * ($factor eq 'one' ? 1 : $s->{clients} -
          ($s->{ask_silent} ? $s->{silent} : 0)) / $rate : undef;
    $p50 = 60 + $us * 3 + $s->{rate_per_s} / 1000 if $s->{rate_per_s};
    my $keeps = !$s->{rate_per_s} || $s->{rate_per_s} * ($us + 6) < 1e6;
    my %line = (
        type => 'life', status => 'ok', layout => $s->{work_us} ? 'all'
        : 'shared', bound_by => $s->{delay_ms} ? 'waiting' : 'CPU',
        life => $life, cpus => $s->{work_us} ? 2 : 1, model => $model,
        map({ $_ => $s->{$_} } grep { !/^(blocks|noise|models)$/ } keys %$s),
        asked => $s->{clients}, served => $served,
        fairness => $served > 1 ? three(0.9 + 0.05 * rand()) : undef,
        echoes => int($rate), seconds => 1, echoes_per_s => three($rate),
        p50_us => $p50 && three($p50), p99_us => $p50 && three(1.6 * $p50),
        mean_us => $p50 && three($p50 * 1.05),
        server_cpu_us_per_echo => $rate ? three($us) : undef,
        client_cpu_us_per_echo => $rate
        ? three($model eq 'threaded' ? 8.6 : 6.6) : undef,
        switches_per_echo => $model =~ /threaded/ ? three(1.02)
        : three(0.03), rss_kib_per_client => $kib{$model},
        kernel_stack_kib_per_client => $model =~ /threaded/ ? 16 : 0,
        errors => 0, stalls => 0, stall_ms => 0,
        elsewhere_percent => three(0.2 * rand()), start_ms => three(3 +
          rand()), base_rss_kib => 2300, minor_faults_per_echo => 0,
        threads => $model =~ /threaded/ ? $s->{clients} + 1 : 1,
        steal_percent => three(0.3 * rand()), throttled => 0,
        listen_overflows => 0, listen_drops => 0, retransmits => 0,
    );
    if ($s->{rate_per_s}) {
        %line = (%line, offered_per_s => $s->{rate_per_s},
            reached_share => $keeps ? 0.999 : 0.8, unfinished => $keeps ? 2
            : 4000, service_p50_us => three(40 + $us),
            service_p99_us => three(90 + $us), lag_p99_us => 22,
            rate_of => 'threaded', rate_of_per_s => 61000);
        # The client was late with some messages.
        %line = (%line, errors_by_kind => { client_late => 1 },
            lag_p99_us => 1040, map({ $_ => undef }
                qw(p99_us mean_us service_p99_us)))
          if $model eq 'coroutine' && $s->{rate_per_s} == 40000;
    }
    if ($model eq 'crashing' && $s->{clients} > 1) {
        %line = (%line, status => 'failed',
            reason => 'it ended by itself, with "bye" (signal 11)');
    }
    line(%line);
    return $served < $s->{clients} || $line{status} ne 'ok' ? undef
      : { us => $us, rate => $rate, mean => $line{seconds} };
}

sub slices {
    my ($s, $life, $lives, $models) = @_;
    my $n = $s->{blocks} / 2;
    for my $block ($n * ($life - 1) + 1 .. $n * $life) {
        my $machine = 0.06 * gauss();
        for my $model (@$models, 'floor') {
            my $level = $model eq 'floor' ? { us => $cost{floor},
                rate => 90000 } : $lives->{$model};
            next if !$level;
            my $stalled = rand() < 0.002;
            my $noise = exp($machine + $s->{noise} * gauss()) *
              ($stalled ? 3 : 1);
            my $echoes = int($level->{rate} * 0.015) + 1;
            line(type => 'slice', map({ $_ => $s->{$_} } qw(scenario
                  clients)), rate_per_s => $s->{rate_per_s} // 0,
                model => $model, life => $life, block => $block,
                seconds => three(0.015 * $noise), echoes => $echoes,
                server_cpu_us => three($echoes * $level->{us} * $noise),
                client_cpu_us => three($echoes * 6.6 * $noise),
                gap_ms => $stalled ? 31 : 1, stalled => \$stalled);
        }
    }
}

sub scenario {
    my ($models, %s) = @_;
    %s = (silent => 0, message_bytes => 64, delay_ms => 0, work_us => 0,
        rate_per_s => 0, blocks => 60, noise => 0.05, %s);
    for my $life (1, 2) {
        my %lives = map { $_ => life(\%s, $_, $life) } @$models;
        slices(\%s, $life, \%lives, $models);
    }
    for my $model (@$models) {
        my $three = $model eq 'bufferevent';
        line(type => 'calls', scenario => $s{scenario},
            clients => $s{clients}, model => $model, echoes => 1000,
            syscalls_per_echo => $three ? 3 : 2, per_echo_by_name => {
                read => 1, write => 1, $three ? (epoll_ctl => 1) : () })
          if !$s{rate_per_s} && !$s{work_us};
    }
}

sub run {
    my ($mode, @models) = @_;
    line(type => 'run', edition => 2, cpu_model => 'AMD EPYC', cores => 2,
        kernel => 'Linux 6.18.44 x86_64', date => '2026-11-28T00:06:00Z',
        compiler => 'gcc 12.2.0', commit => 'v1-12-g16c6709', mode => $mode,
        layout => 'shared', lives => 2, seed => 7,
        models => join(' ', @models), command => 'compare',
        note => $mode eq 'quick' ? 'Shrunk to 256 clients.' : '');
}

my $true  = \1;
my @all   = (@own, 'yardstick');
my $echo  = 'echo';
if ($name eq 'default') {
    run('default', @own);
    scenario(\@all, scenario => $echo, clients => $_, noise => $_ > 64 ? 0.09
        : 0.05) for 1, 64, 512;
    scenario(\@all, scenario => 'churn', clients => 16, churn => $true);
    scenario(\@all, scenario => 'idle', clients => 1016, silent => 1000,
        ask_silent => $true);
    scenario(\@all, scenario => 'silent', clients => 16, silent => 1);
    scenario(\@own, scenario => 'wait', clients => 64, delay_ms => 5,
        blocks => 10);
    scenario(\@own, scenario => 'work', clients => 16, work_us => 200);
    scenario(\@all, scenario => 'bulk', clients => 4,
        message_bytes => 1048576);
    line(type => 'end', partial => \0, seconds => 58.4, lives => 2);
} elsif ($name eq 'c10k') {
    run('c10k', @own[1 .. 4]);
    scenario([@all[1 .. 5]], scenario => 'idle', clients => $_ + 16,
        silent => $_, ask_silent => $true, blocks => 20)
      for 0, 1000, 5000, 10000;
    line(type => 'end', partial => \0, seconds => 101, lives => 2);
} elsif ($name eq 'rate') {
    run('default', @own);
    scenario(\@all, scenario => 'rate', clients => 64, rate_per_s => $_,
        blocks => 10) for 0, 20000, 40000, 80000;
    line(type => 'end', partial => \0, seconds => 44, lives => 2);
} elsif ($name eq 'foreign') {
    my @foreign = ('selectloop', 'coroutine', 'node', 'crashing');
    run('quick', @foreign);
    scenario([@foreign, 'yardstick'], scenario => $echo, clients => $_,
        blocks => 30) for 1, 64;
    print '{"type":"li'; # it was killed
} elsif ($name eq 'variants') {
    my @variants = qw(libevent libevent-poll libevent-select selectloop
      bufferevent coroutine coroutine-swapcontext threaded threaded-8192);
    run('variants', @variants);
    scenario([@variants, 'yardstick'], scenario => $echo, clients => $_)
      for 1, 64;
    scenario([@variants, 'yardstick'], scenario => 'idle', clients => 1016,
        silent => 1000, ask_silent => $true);
    line(type => 'end', partial => \0, seconds => 40, lives => 2);
} else {
    die "make.pl: $name: no such run\n";
}
