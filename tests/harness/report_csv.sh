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

# Is a cell this value, to half of its last digit or three digits; "-" if there
# is none; "<" something if it is less than what can be told; or else a word?
sub says {
    my ($cell, $value, $noise) = @_;
    return $cell eq '-' if $value eq '';
    return $value < $noise && $1 >= $noise if $cell =~ /^<([\d.]+)$/;
    my ($number, $decimals, $unit) = $cell =~ /^(-?\d+(?:\.(\d+))?)([kM]?)$/
      or return $cell eq $value;
    my $factor = { '' => 1, k => 1e3, M => 1e6 }->{$unit};
    my $digit = $factor * 10 ** -length($decimals // '');
    my $off = abs($number * $factor - $value);
    return $off <= 0.501 * $digit || $off <= 0.00501 * abs $value;
}

sub time_of {
    my ($line, $key, $unit) = @_;
    return 'never' if $line->{starved} eq 'yes' && $key !~ /service|lag/;
    return 'grows' if $line->{saturated} eq 'yes' && $key !~ /service|lag/;
    my $us = $line->{$key};
    # Where a lag is known but not this one, the client was late itself.
    return $line->{lag_p99_us} eq '' ? '' : 'late' if $us eq '';
    return $unit eq 'us' ? $us : $us / 1000;
}

# What stands under a heading.
sub value_of {
    my ($l, $heading, $again) = @_;
    my $p = $again ? 'service_' : '';
    return time_of($l, "$p$1_us", $2) if $heading =~ /^(p\d+)_(us|ms)$/;
    return time_of($l, 'lag_p99_us', $1) if $heading =~ /^lag_(us|ms)$/;
    my $over = 'cpu_over_least';
    my $starved = $l->{starved} eq 'yes';
    my %value = (
        'asked/s' => $l->{rate_per_s}, served => "$l->{served}/$l->{asked}",
        fair => $l->{fairness}, of_most => $l->{echoes_per_s_over_most_verdict},
        'echoes/s' => $starved && !($l->{echoes_per_s} || 0) ? 'stuck'
        : $l->{echoes_per_s},
        server => $l->{server_cpu_us_per_echo},
        client => $l->{client_cpu_us_per_echo},
        least => $l->{"${over}_verdict"},
        '95_%' => $l->{"${over}_low"} eq '' ? ''
        : sprintf('[%.2f,%.2f]', @$l{"${over}_low", "${over}_high"}),
        yard => $l->{model} eq 'yardstick' ? '' : $l->{cpu_over_yardstick},
        floor => $l->{cpu_over_floor}, calls => $l->{syscalls_per_echo},
        switch => $l->{switches_per_echo}, 'KiB/cl' => $l->{kib_per_client},
        bound_by => $l->{bound_by}, 'unfin.' => $l->{unfinished},
        state => $starved ? "$l->{served}/$l->{asked}_served"
        : { yes => 'saturated', no => 'kept', '' => '' }->{$l->{saturated}},
    );
    return $value{$heading} // die "no heading $heading\n";
}

my ($bad, $same) = (0, 0);
for my $table (@tables) {
    my @headings;
    for (`COLUMNS=100 $report --scenario=$table $results`) {
        s/(p\d+|lag) (us|ms)/$1_$2/g;
        s/(of) (most)|(bound) (by)|(95) (%)/join '_', grep { defined } $1, $2,
          $3, $4, $5, $6/ge;
        s/(\[[\d.]+), /$1,/g;
        s/(\d) served$/$1_served/;
        @headings = split if /^ +served |^asked/;
        my @said = split;
        next if !@headings || !@said;
        last if /^What clients that only wait/;
        my $open = $headings[0] eq 'asked/s';
        my ($rate, $model) = $open ? @said : (0, @said);
        my $line = $row{$table}{$rate}{$model // ''};
        next if !$line || !$open && /^ /; # of an item, or what goes on
        my %seen;
        my @cells = $open ? @said : @said[1 .. $#said];
        splice @cells, 1, 1 if $open; # the model
        my @values = $line->{status} eq 'ok'
          ? map { value_of($line, $_, $seen{$_}++) } @headings
          : ("$line->{status}:", split ' ', $line->{reason});
        my $fits = @cells == @values;
        $fits &&= says($cells[$_], $values[$_], $line->{kib_per_client_noise})
          for 0 .. $#cells;
        $same += $fits;
        next if $fits;
        print STDERR "$table\n  table @said\n  csv   @values\n";
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
