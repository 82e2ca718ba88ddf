/*
 * report.c: the program `report`, which renders a results file.
 *
 * It measures nothing and knows nothing but the file, so a table can be
 * made again, elsewhere and later, from the numbers alone.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/table.h"
#include "harness/results/csv.h"

/* What is to be printed. */
enum format {
    FORMAT_TABLE,
    FORMAT_MARKDOWN,
    FORMAT_CSV,
    FORMAT_SUMMARY_CSV,
};

/* The command line. */
struct arguments {
    enum format format; /* what to print */
    const char *path;   /* the results file; "-" is standard input */
};

static error_t parse_option(int key, char *arg, struct argp_state *state);
static int read_results(const char *path, struct results *results);
static int print_report(enum format format, const struct results *results,
                        const struct summary *summary);

const char *argp_program_version = "fiveways report";

static const struct argp_option options[] = {
    {"table", 't', NULL, 0, "A table for the terminal (default)", 0},
    {"markdown", 'm', NULL, 0, "Markdown, ready for a README", 0},
    {"csv", 'c', NULL, 0, "One line for each window", 0},
    {"summary-csv", 's', NULL, 0, "One line for each scenario and model", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "[RESULTS.JSONL]",
    .doc = "Render what compare measured.\v"
           "Without a file it reads build/compare/results.jsonl; - is "
           "standard input. Exit status: 0 good, 2 wrong usage, 3 the file "
           "cannot be read or is not a results file.",
};

int
main(int argc, char **argv)
{
    struct arguments arguments = {
        .format = FORMAT_TABLE,
        .path = "build/compare/results.jsonl",
    };
    struct results results;
    struct summary summary;
    int status;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (read_results(arguments.path, &results) != 0) {
        return 3;
    }
    if (summary_make(&results, &summary) != 0) {
        fputs("report: not enough memory\n", stderr);
        results_free(&results);
        return 3;
    }
    status = print_report(arguments.format, &results, &summary);
    summary_free(&summary);
    results_free(&results);
    return status;
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
    struct arguments *arguments = state->input;

    switch (key) {
    case 't':
        arguments->format = FORMAT_TABLE;
        return 0;
    case 'm':
        arguments->format = FORMAT_MARKDOWN;
        return 0;
    case 'c':
        arguments->format = FORMAT_CSV;
        return 0;
    case 's':
        arguments->format = FORMAT_SUMMARY_CSV;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "one results file at a time, not also %s", arg);
        }
        arguments->path = arg;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int
read_results(const char *path, struct results *results)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    long line;

    if (!file) {
        fprintf(stderr, "report: %s: %s\n", path, strerror(errno));
        return -1;
    }
    line = results_read(file, results);
    if (line > 0) {
        fprintf(stderr, "report: %s: line %ld %s\n", path, line,
                results->problem);
    } else if (line < 0) {
        fprintf(stderr, "report: %s: cannot be read\n", path);
    }
    fclose(file);
    return line == 0 ? 0 : -1;
}

static int
print_report(enum format format, const struct results *results,
             const struct summary *summary)
{
    switch (format) {
    case FORMAT_MARKDOWN:
        markdown_print(stdout, &results->run, summary);
        break;
    case FORMAT_CSV:
        csv_write_windows(stdout, results);
        break;
    case FORMAT_SUMMARY_CSV:
        csv_write_summary(stdout, summary);
        break;
    default:
        table_print(stdout, &results->run, summary, NULL,
                    table_wants_colour(stdout));
        break;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "report: standard output: %s\n", strerror(errno));
        return 3;
    }
    return 0;
}
