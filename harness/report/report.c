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

#include "harness/report/merge.h"
#include "harness/report/report.h"

/* What is to be printed. */
enum format {
    FORMAT_HEADLINE,
    FORMAT_SCENARIOS,
    FORMAT_ALL,
    FORMAT_MARKDOWN,
    FORMAT_CSV,
    FORMAT_SUMMARY_CSV,
};

/* Flags without a short form. */
enum {
    KEY_MERGE = 256
};

/* The command line. */
struct arguments {
    enum format format;        /* what to print */
    struct report_views views; /* with what beside it */
    const char *path;          /* the results file; "-" is standard input */
    bool merge;                /* the files are saved runs, to be added up */
    bool rendered; /* a flag was given that only results have a use for */
    char **paths;  /* all files, as many as were given */
    int npaths;    /* how many */
};

const char *argp_program_version = "fiveways report";

static const struct argp_option options[] = {
    {"scenario", 'S', "NAME[,CLIENTS]", 0,
     "The table of a scenario, such as echo or echo,512", 0},
    {"why", 'w', NULL, 0,
     "All tables with system calls by name, page faults and threads", 0},
    {"noise", 'n', NULL, 0,
     "All tables, then what disturbed and how precise they are", 0},
    {"all", 'a', NULL, 0, "Everything", 0},
    {"markdown", 'm', NULL, 0, "Everything in Markdown", 0},
    {"csv", 'c', NULL, 0, "One line for each life of a server", 0},
    {"summary-csv", 's', NULL, 0, "One line for each scenario and model", 0},
    {"merge", KEY_MERGE, NULL, 0,
     "The files are runs that load --save wrote, on as many hosts as you "
     "like: add them up exactly and print the sum as load does",
     0},
    {0},
};

/* Flags and files that do not go together. Does not return if there are
 * any. */
static void
check_together(const struct arguments *arguments,
               const struct argp_state *state)
{
    if (arguments->merge && arguments->npaths == 0) {
        argp_error(state, "--merge: name the files that load --save wrote");
    }
    if (arguments->merge && arguments->rendered) {
        argp_error(state,
                   "--merge: prints the sum of runs, which has no table, "
                   "Markdown or CSV; leave the other flag out");
    }
    if (!arguments->merge && arguments->npaths > 1) {
        argp_error(state,
                   "one results file at a time, not also %s; runs that load "
                   "--save wrote are added up with --merge",
                   arguments->paths[1]);
    }
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
    static const char formats[] = {
        [FORMAT_ALL] = 'a',
        [FORMAT_MARKDOWN] = 'm',
        [FORMAT_CSV] = 'c',
        [FORMAT_SUMMARY_CSV] = 's',
    };
    struct arguments *arguments = state->input;

    switch (key) {
    case KEY_MERGE:
        arguments->merge = true;
        return 0;
    case ARGP_KEY_ARG:
        arguments->paths[arguments->npaths++] = arg;
        arguments->path = arguments->paths[0];
        return 0;
    case ARGP_KEY_END:
        check_together(arguments, state);
        return 0;
    case 'S':
        arguments->views.scenario = arg;
        arguments->format = FORMAT_SCENARIOS;
        break;
    case 'w':
        arguments->views.why = true;
        arguments->format = FORMAT_SCENARIOS;
        break;
    case 'n':
        arguments->views.noise = true;
        arguments->format = FORMAT_SCENARIOS;
        break;
    default:
        for (size_t i = FORMAT_ALL; i < sizeof formats; i++) {
            if (formats[i] == key) {
                arguments->format = i;
                arguments->rendered = true;
                return 0;
            }
        }
        return ARGP_ERR_UNKNOWN;
    }
    arguments->rendered = true;
    return 0;
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "[RESULTS.JSONL]\n--merge FILE...",
    .doc = "Show what compare measured, on one screen, or add up what load "
           "saved.\v"
           "Without a file it reads build/compare/results.jsonl; - is "
           "standard input. Exit status: 0 good, 2 wrong usage, 3 a file "
           "cannot be read, is not what it should be, or does not fit to the "
           "others. With --merge also what load would exit with: 1 if a byte "
           "was wrong, a connection failed or nobody was served, 3 if a "
           "client itself could not measure.",
};

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

/* A name that is none gets those that there are. */
static int
print_scenarios(const struct report_views *views,
                const struct summary *summary,
                const struct report_paper *paper)
{
    if (report_scenarios(stdout, summary, views, paper) == 0) {
        return 0;
    }
    fprintf(stderr, "report: --scenario=%s: there is",
            views->scenario ? views->scenario : "");
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct life *life = summary->groups[i].rows[0].life;

        if (life->rate_per_s == 0) {
            fprintf(stderr, "%s %s,%d", i > 0 ? "," : "", life->scenario,
                    life->clients);
        }
    }
    fputs(summary->ngroups > 0 ? "\n" : " nothing\n", stderr);
    return 2;
}

static int
print_report(const struct arguments *arguments, const struct results *results,
             const struct summary *summary)
{
    const struct report_paper paper = {
        .width = report_width(stdout),
        .colour = report_wants_colour(stdout),
    };
    int status = 0;

    switch (arguments->format) {
    case FORMAT_MARKDOWN:
        report_markdown(stdout, summary);
        break;
    case FORMAT_CSV:
        csv_write_lives(stdout, results);
        break;
    case FORMAT_SUMMARY_CSV:
        csv_write_summary(stdout, summary);
        break;
    case FORMAT_ALL:
        report_all(stdout, summary, &paper);
        break;
    case FORMAT_SCENARIOS:
        status = print_scenarios(&arguments->views, summary, &paper);
        break;
    default:
        report_headline(stdout, summary, &paper);
        break;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "report: standard output: %s\n", strerror(errno));
        return 3;
    }
    return status;
}

int
main(int argc, char **argv)
{
    struct arguments arguments = {
        .format = FORMAT_HEADLINE,
        .path = "build/compare/results.jsonl",
    };
    struct results results;
    struct summary summary;
    int status;

    argp_err_exit_status = 2;
    arguments.paths = calloc((size_t)argc + 1, sizeof *arguments.paths);
    if (!arguments.paths) {
        fputs("report: not enough memory\n", stderr);
        return 3;
    }
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        fputs("report: not enough memory to read the flags\n", stderr);
        return 3;
    }
    if (arguments.merge) {
        status = merge_print(stdout, arguments.paths, arguments.npaths,
                             report_wants_colour(stdout));
        free(arguments.paths);
        return status;
    }
    free(arguments.paths);
    if (read_results(arguments.path, &results) != 0) {
        return 3;
    }
    if (summary_make(&results, &summary) != 0) {
        fputs("report: not enough memory\n", stderr);
        results_free(&results);
        return 3;
    }
    status = print_report(&arguments, &results, &summary);
    summary_free(&summary);
    results_free(&results);
    return status;
}
