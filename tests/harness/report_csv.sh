#!/bin/bash
# report_csv.sh: both CSVs tell all that the tables tell, in columns that are
# all documented, and numbers only where a column has numbers.
source "$(dirname "$0")/cases.sh"

# What the tables of all scenarios must say, made again of summary.csv alone,
# against what they say: one line on standard error for each that differs.
cat >"$tmp/rebuild.pl" <<'PERL'
use strict;
use warnings;

my ($csv, $report, $results) = @ARGV;
open my $file, '<', $csv or die "$csv: $!";
my (@names, %row, @tables);
while (<$file>) {
    my @fields;
    push @fields, defined $1 ? $1 =~ s/""/"/gr : $2
      while /\G(?:"((?:[^"]|"")*)"|([^,\n]*))(?:,|\n)/g;
    if (!@names) { @names = @fields; next }
    my %line;
    @line{@names} = @fields;
    my $table = $line{scenario} . ',' . $line{clients};
    push @tables, $table if !grep { $_ eq $table } @tables;
    $row{$table}{$line{rate_per_s}}{$line{model}} = \%line;
}

# Three digits, as units_format_number() has them; with a unit.
sub number {
    my ($value) = @_;
    return '-' if $value eq '';
    return '0' if $value == 0;
    my $rounded = sprintf '%.2e', $value;
    my $decimals = 2 - ($rounded =~ /e(.*)/)[0];
    return sprintf '%.*f', $decimals > 0 ? $decimals : 0, $rounded;
}
sub count {
    my ($value) = @_;
    my @units = ('', 'k', 'M');
    return '-' if $value eq '';
    my $whole = $value < 999.5 && $value == int $value;
    while ($value >= 999.5) { $value /= 1000; shift @units }
    return ($whole ? $value : number($value)) . $units[0];
}
sub fixed { $_[0] eq '' ? '-' : sprintf '%.2f', $_[0] }
sub word { $_[0] eq '' ? '-' : $_[0] }

sub time_of {
    my ($line, $key, $unit) = @_;
    return 'never' if $line->{starved} eq 'yes' && $key !~ /service|lag/;
    return 'grows' if $line->{saturated} eq 'yes' && $key !~ /service|lag/;
    my $us = $line->{$key};
    return number($us eq '' || $unit eq 'us' ? $us : $us / 1000);
}
sub memory {
    my ($kib, $noise) = @_;
    return '-' if $kib eq '';
    if ($kib < $noise) {
        my $step = 10 ** POSIX::floor(log($noise) / log 10);
        return sprintf '<%g', POSIX::ceil($noise / $step) * $step;
    }
    return sprintf $kib < 0.095 ? '%.2f' : $kib < 9.95 ? '%.1f' : '%.0f', $kib;
}

# What stands under a heading.
sub cell {
    my ($l, $heading, $again) = @_;
    my $p = $again ? 'service_' : '';
    return time_of($l, "$p$1_us", $2) if $heading =~ /^(p\d+)_(us|ms)$/;
    return time_of($l, 'lag_p99_us', $1) if $heading =~ /^lag_(us|ms)$/;
    my $over = 'cpu_over_least';
    my %cell = (
        'asked/s' => $l->{rate_per_s}, served => "$l->{served}/$l->{asked}",
        fair => fixed($l->{fairness}), of_most =>
          word($l->{echoes_per_s_over_most_verdict}),
        'echoes/s' => $l->{starved} eq 'yes' && !($l->{echoes_per_s} || 0)
        ? 'stuck' : count($l->{echoes_per_s}),
        server => number($l->{server_cpu_us_per_echo}),
        client => number($l->{client_cpu_us_per_echo}),
        least => word($l->{"${over}_verdict"}),
        '95_%' => $l->{"${over}_low"} eq '' ? '-'
        : sprintf('[%.2f,%.2f]', @$l{"${over}_low", "${over}_high"}),
        yard => $l->{model} eq 'yardstick' ? '-'
        : fixed($l->{cpu_over_yardstick}),
        floor => fixed($l->{cpu_over_floor}),
        calls => fixed($l->{syscalls_per_echo}),
        switch => fixed($l->{switches_per_echo}),
        'KiB/cl' => memory($l->{kib_per_client}, $l->{kib_per_client_noise}),
        bound_by => word($l->{bound_by}), 'unfin.' => count($l->{unfinished}),
        state => $l->{starved} eq 'yes' ? "$l->{served}/$l->{asked} served"
        : $l->{saturated} eq 'yes' ? 'saturated'
        : $l->{saturated} eq 'no' ? 'kept' : '-',
    );
    return $cell{$heading} // die "no heading $heading\n";
}

my ($bad, $same) = (0, 0);
for my $table (@tables) {
    my @headings;
    for (`COLUMNS=100 $report --scenario=$table $results`) {
        s/(p\d+|lag) (us|ms)/$1_$2/g;
        s/(of) (most)|(bound) (by)|(95) (%)/join '_', grep { defined } $1, $2,
          $3, $4, $5, $6/ge;
        s/(\[[\d.]+), /$1,/g;
        @headings = split if /^ +served |^asked/;
        my @said = split;
        next if !@headings || !@said;
        last if /^What clients that only wait/;
        my $open = $headings[0] eq 'asked/s';
        my ($rate, $model) = $open ? @said : (0, @said);
        my $line = $row{$table}{$rate}{$model // ''};
        next if !$line || !$open && /^ /; # of an item, or what goes on
        my ($wanted, %seen) = $open ? '' : "$model ";
        if ($line->{status} eq 'ok') {
            $wanted .= cell($line, $_, $seen{$_}++) . ' ' for @headings;
            $wanted =~ s/^(\S+ )/$1$model / if $open;
        } else {
            $wanted .= "$line->{status}: $line->{reason} ";
        }
        $same += "@said " eq $wanted;
        next if "@said " eq $wanted;
        print STDERR "$table\n  table @said\n  csv   $wanted\n";
        $bad = 1;
    }
}
my $rows = map { map { keys %$_ } values %$_ } values %row;
print STDERR "$same of $rows rows\n" if $same < $rows;
exit($bad || $same < $rows);
PERL

for name in default c10k rate foreign variants; do
    "$here/golden/make.pl" "$name" >"$tmp/results.jsonl"
    "$bin/report" --summary-csv "$tmp/results.jsonl" >"$tmp/summary.csv"
    perl -MPOSIX "$tmp/rebuild.pl" "$tmp/summary.csv" "$bin/report" \
        "$tmp/results.jsonl" >"$tmp/out" 2>"$tmp/err"
    result "summary.csv tells what the tables of $name tell" $?
done

# documented NAME: the columns of a file, one a line, in their order.
documented() {
    COLUMNS=100 "$bin/report" --columns |
        awk -v name="$1.csv only)" '/^  [^ ]/ { line[++n] = $0; key[n] = $1; next }
            { line[n] = line[n] $0 }
            END { for (i = 1; i <= n; i++)
                if (line[i] !~ /only\)/ || index(line[i], name)) print key[i] }'
}
for name in results summary; do
    flag=--csv
    [ "$name" = results ] || flag=--summary-csv
    "$bin/report" "$flag" "$tmp/results.jsonl" >"$tmp/$name.csv"
    diff <(documented "$name") <(head -1 "$tmp/$name.csv" | tr , '\n') >"$tmp/out"
    result "--columns has the columns of $name.csv" $?
    documented "$name" | sort | uniq -d >"$tmp/out" && [ ! -s "$tmp/out" ]
    result "none of $name.csv is there twice" $?
    awk -F, 'NR == 1 { n = split($0, name); next }
        { if (NF != n) { print NF, n; bad = 1 }
          for (i = 1; i <= NF; i++)
            if (name[i] !~ /^(scenario|model|layout|bound_by|status|starved|saturated|reason|.*_verdict)$/ &&
                $i !~ /^(-?[0-9.]+(e[-+][0-9]+)?)?$/) { print name[i], $i; bad = 1 } }
        END { exit bad || NR < 2 }' "$tmp/$name.csv" >"$tmp/out"
    result "the numbers of $name.csv are numbers" $?
done
finish
