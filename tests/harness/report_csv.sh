#!/bin/bash
# report_csv.sh: both CSVs tell all that the tables tell, in columns that are
# all documented, and numbers only where a column has numbers.
source "$(dirname "$0")/cases.sh"

# What the tables of all scenarios must say, made again of summary.csv alone,
# against what they say: one line on standard error for each that differs. In
# Markdown they have all columns, and each has one heading.
cat >"$tmp/rebuild.pl" <<'PERL'
use strict;
use warnings;

my ($csv, $report, $results) = @ARGV;
open my $file, '<', $csv or die "$csv: $!";
my (@names, %row);
while (<$file>) {
    my @fields;
    push @fields, defined $1 ? $1 =~ s/""/"/gr : $2
      while /\G(?:"((?:[^"]|"")*)"|([^,\n]*))(?:,|\n)/g;
    if (!@names) { @names = @fields; next }
    my %line;
    @line{@names} = @fields;
    $row{"$line{scenario} $line{clients} $line{rate_per_s} $line{model}"} = \%line;
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

# A time; where a lag is known but not this one, the client was late itself.
sub time_of {
    my ($line, $key, $unit) = @_;
    my $response = $key !~ /service|lag/;
    return 'never' if $line->{starved} eq 'yes' && $response;
    return 'grows' if $line->{saturated} eq 'yes' && $response;
    my $us = $line->{$key};
    return $line->{lag_p99_us} eq '' ? '' : 'late' if $us eq '';
    return $unit eq 'us' ? $us : $us / 1000;
}

# What stands under a heading.
sub value_of {
    my ($l, $heading) = @_;
    return time_of($l, ($1 ? 'service_' : '') . "$2_us", $3)
      if $heading =~ /^(service )?.*\b(p\d+) (us|ms)$/;
    return time_of($l, 'lag_p99_us', $1) if $heading =~ /^client lag (us|ms)$/;
    my $over = 'cpu_over_least';
    my $starved = $l->{starved} eq 'yes';
    my %value = (
        served => "$l->{served}/$l->{asked}", fair => $l->{fairness},
        'of most' => $l->{echoes_per_s_over_most_verdict},
        'echoes/s' => $starved && !($l->{echoes_per_s} || 0) ? 'stuck'
        : $l->{echoes_per_s},
        'CPU us/echo server' => $l->{server_cpu_us_per_echo},
        'CPU us/echo client' => $l->{client_cpu_us_per_echo},
        'server CPU over least' => $l->{"${over}_verdict"},
        'server CPU over 95 %' => $l->{"${over}_low"} eq '' ? ''
        : sprintf('[%.2f, %.2f]', @$l{"${over}_low", "${over}_high"}),
        'server CPU over yard' => $l->{model} eq 'yardstick' ? ''
        : $l->{cpu_over_yardstick},
        'server CPU over floor' => $l->{cpu_over_floor},
        calls => $l->{syscalls_per_echo}, switch => $l->{switches_per_echo},
        'KiB/cl' => $l->{kib_per_client}, 'bound by' => $l->{bound_by},
        'unfin.' => $l->{unfinished},
        state => $starved ? "$l->{served}/$l->{asked} served"
        : { yes => 'saturated', no => 'kept', '' => '' }->{$l->{saturated}},
    );
    return $value{$heading} // die "no heading $heading\n";
}

my ($table, $same, @headings) = ('', 0);
for (`$report --markdown $results`) {
    ($table, @headings) = (/^### (\S+ \d+): / ? $1 : '') if /^#/;
    next if $table eq '' || !/^\| (.*) \|$/;
    my @cells = map { s/^\*\*|\*\*$|\\(?=.)//gr } split / \| /, $1, -1;
    my $rate = @headings && $headings[0] eq 'asked/s' ? $cells[0] : 0;
    if ($cells[0] eq 'asked/s' || $cells[0] eq '') {
        # Another table is about what is not in these.
        @headings = $cells[1] =~ /^(served|)$/ ? @cells : ();
        next;
    }
    my $first = $rate ? 2 : 1;
    my $line = $row{"$table $rate $cells[$first - 1]"};
    next if !@headings || !$line;
    my @values = $line->{status} eq 'ok'
      ? map { value_of($line, $_) } @headings[$first .. $#headings]
      : "$line->{status}: $line->{reason}";
    splice @cells, 0, $first;
    my $fits = !grep { !says($cells[$_], $values[$_],
            $line->{kib_per_client_noise}) } 0 .. $#values;
    $same += $fits;
    print STDERR "$table\n  table @cells\n  csv   @values\n" if !$fits;
}
print STDERR "$same of ", scalar keys %row, " rows\n" if $same != keys %row;
exit($same != keys %row);
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
