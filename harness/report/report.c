/*
 * report.c: the program `report`, which renders a results file.
 *
 * It measures nothing and knows nothing but the file, so a table can be
 * made again, elsewhere and later, from the numbers alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/internal.h"

static struct report_paper paper;
static struct report_views views;
static bool markdown;
static bool lives_csv;
static bool summary_csv;
static bool html;
static bool columns;
static bool merge;
static bool trace;
static bool diff;
static const char *baseline;
static const char *class_path;

#define RESULTS_USUAL "build/compare/results.jsonl"

static const char about[] =
    "Show what compare measured, on one screen, or add up what load saved.\v"
    "Without a file it reads " RESULTS_USUAL "; - is standard "
    "input. Exit status: 0 good, 2 wrong usage, 3 a file cannot be read, is "
    "not what it should be, or does not fit to the others. With --merge also "
    "what load would exit with: 1 if a byte was wrong, a connection failed "
    "or nobody was served, 3 if a client itself could not measure.";

/* What a table of flags cannot say; without a file it is the usual one.
 * Returns how many there are. */
static int
check_usage(const char **paths)
{
    const char *alone = merge        ? "--merge: "
                        : diff       ? "--diff: "
                        : class_path ? "--class: "
                        : baseline   ? "--save-baseline: "
                                     : "";
    bool tables = views.scenario || views.why || views.noise || views.all;
    int views_asked = tables + markdown + lives_csv + summary_csv + columns +
                      (html || trace);
    bool page = html && !trace && !merge && !baseline; /* there is one */
    const char *problem = NULL;
    int npaths = 0;

    while (paths[npaths]) {
        npaths++;
    }
    if (merge + diff + !!class_path + !!baseline > 1) {
        problem = "goes with no other of --merge, --diff, --class and "
                  "--save-baseline";
    } else if (views_asked > 1) {
        problem = "choose one of --markdown, --html, --csv, --summary-csv, "
                  "--trace, --columns, and the tables of a terminal";
    } else if (views_asked > 0 && !page && alone[0] != '\0') {
        problem = "has no such table or page; leave the other flag out";
    } else if (merge ? npaths == 0 : diff && npaths != 2) {
        problem = merge ? "name the files that load --save wrote"
                        : "name the two results files, the earlier one first";
    } else if (class_path && npaths > 0) {
        problem = "reads a folder; leave the file out";
    } else if (!merge && !diff && npaths > 1) {
        problem = "only one results file can be read; runs that load --save "
                  "wrote are added up with --merge";
    }
    if (problem) {
        fprintf(stderr, "report: %s%s\n", alone, problem);
        exit(2);
    }
    if (npaths == 0) {
        paths[npaths++] = RESULTS_USUAL;
    }
    return npaths;
}

/* Read the command line: one file, or with --merge several, into `paths`. */
static int
read_flags(int argc, char **argv, const char **paths)
{
    const struct flag flags[] = {
        FLAG_TEXT("scenario", 'S', "NAME[,CLIENTS]", &views.scenario,
                  "The table of a scenario, such as echo or echo,512"),
        FLAG_ON("why", 'w', &views.why,
                "All tables with system calls by name, page faults and "
                "threads"),
        FLAG_ON("noise", 'n', &views.noise,
                "All tables, then what disturbed and how precise they are"),
        FLAG_ON("all", 'a', &views.all, "Everything"),
        FLAG_ON("markdown", 'm', &markdown, "Everything in Markdown"),
        FLAG_ON("html", 0, &html, "Everything on a page with pictures"),
        FLAG_ON("csv", 'c', &lives_csv, "One line for each life of a server"),
        FLAG_ON("summary-csv", 's', &summary_csv,
                "One line for each scenario and model"),
        FLAG_ON("trace", 't', &trace,
                "Who waits for whom, as make trace has seen it, or compare; "
                "with --html the picture, in SVG"),
        FLAG_ON("columns", 0, &columns, "What each column of the CSVs is"),
        FLAG_ON("merge", 0, &merge,
                "The files are runs that load --save wrote, on as many hosts "
                "as you like: add them up exactly and print the sum as load "
                "does"),
        FLAG_ON(
            "diff", 'd', &diff,
            "Two results files: what is another in the second one, beyond "
            "noise"),
        FLAG_TEXT("class", 0, "DIR", &class_path,
                  "Results of many machines on one page: NAME.jsonl, or a "
                  "folder or a hand-in with results.jsonl, for each"),
        FLAG_ROW("save-baseline", 0, "FILE",
                 "Keep the results in this file, for compare --baseline "
                 "(default: build/baseline.jsonl)",
                 .text = &baseline, .allowed = "build/baseline.jsonl"),
        FLAG_ARGUMENTS("[RESULTS.JSONL]\n--merge FILE...\n--diff A B", paths,
                       argc),
        {0},
    };

    flags_parse("report", about, flags, NULL, argc, argv);
    return check_usage(paths);
}

/* The exit status, if that is what is wrong with `path`; NULL: nothing is. */
static int
status_of(const char *path, const char *problem)
{
    if (problem) {
        fprintf(stderr, "report: %s: %s\n", path, problem);
    }
    return problem ? 3 : 0;
}

/* Make a whole copy, or none, and put it where nothing is, or a file. Returns
 * NULL, or why not. The end of the program closes what is open. */
static const char *
copy_file(const char *from, const char *to)
{
    const char *problem = NULL;
    struct stat there;
    char *beside;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = -1;
    ssize_t n = 1;

    if (lstat(to, &there) == 0 && !S_ISREG(there.st_mode)) {
        return "what is there is no file";
    }
    given(asprintf(&beside, "%s.new", to) != -1 ? beside : NULL);
    if (in != -1) {
        out = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
    while (out != -1 && n > 0) {
        n = sendfile(out, in, NULL, 1 << 20);
    }
    if (out == -1 || n == -1 || close(out) != 0 || rename(beside, to) != 0) {
        problem = strerror(errno);
        if (out != -1) {
            unlink(beside);
        }
    }
    free(beside);
    return problem;
}

static int
save_baseline(const char *path)
{
    struct results results;
    const char *problem = results_load(path, &results);

    if (!problem) {
        problem = results.run.partial   ? "is of a run that was cut short"
                  : results.nlives == 0 ? "has nothing that was measured"
                                        : copy_file(path, baseline);
        results_free(&results);
    }
    if (problem) {
        fprintf(stderr, "report: %s is not kept as %s: %s\n", path, baseline,
                problem);
        return 3;
    }
    printf("kept. next: make compare BASELINE=%s\n", baseline);
    return 0;
}

/* A name that is none gets those that there are. */
static int
print_scenarios(const struct summary *summary)
{
    if (report_scenarios(stdout, summary, &views, &paper) == 0) {
        return 0;
    }
    fprintf(stderr, "report: --scenario=%s: there is",
            views.scenario ? views.scenario : "");
    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct life *life = summary->groups[i].life;

        if (life->rate_per_s == 0) {
            fprintf(stderr, " %s,%d", life->scenario, life->clients);
        }
    }
    fputs(summary->ngroups > 0 ? "\n" : " nothing\n", stderr);
    return 2;
}

static int
print_report(const struct results *results, const struct summary *summary)
{
    if (trace && results->nsteps == 0) {
        fputs("report: there is no trace in that file; make trace makes one, "
              "and so does compare where there is strace\n",
              stderr);
        return 3;
    }
    if (trace && html) {
        report_trace_svg(stdout, results);
    } else if (trace) {
        report_trace(stdout, results, &paper);
    } else if (summary_csv) {
        csv_write_summary(stdout, summary);
    } else if (lives_csv) {
        csv_write_lives(stdout, results);
    } else if (html) {
        report_page(stdout, summary);
    } else if (markdown) {
        report_markdown(stdout, summary);
    } else if (views.scenario || views.why || views.noise || views.all) {
        return print_scenarios(summary);
    } else {
        report_headline(stdout, summary, &paper);
    }
    return 0;
}

/* Read one run and report of it; or two, and say what changed. */
static int
report_runs(struct document *document, const char *const *paths, int n)
{
    struct results results[2] = {{.nlives = 0}};
    struct summary summaries[2] = {{0}};
    int status = 0;

    for (int i = 0; i < n; i++) {
        status = status_of(paths[i], results_load(paths[i], &results[i]));
        if (status != 0) {
            exit(status); /* nothing can be said without it */
        }
        summary_make(&results[i], &summaries[i]);
    }
    if (diff) {
        diff_build(document, &summaries[0], &summaries[1]);
    } else {
        status = print_report(&results[0], &summaries[0]);
    }
    while (n-- > 0) {
        summary_free(&summaries[n]);
        results_free(&results[n]);
    }
    return status;
}

/* What each column of the CSVs means. */
static void
build_columns(struct document *document)
{
    static const char *const only[] = {
        [CSV_LIVES] = " (results.csv only)",
        [CSV_SUMMARY] = " (summary.csv only)",
        [CSV_BOTH] = "",
    };

    document_paragraph(
        document,
        "results.csv has a line for each life of a server. In summary.csv "
        "its lives in a scenario are one line, with the median, least, most "
        "or sum of a figure; CPU and echoes per second are fitted to all "
        "slices where they are compared. Empty is what was not measured, or "
        "would mislead.");
    for (const struct csv_column *c = csv_columns; c->files != 0; c++) {
        document_item(document, c->key, "%s%s", c->meaning, only[c->files]);
    }
}

int
main(int argc, char **argv)
{
    const char **paths = given(calloc((size_t)argc + 1, sizeof *paths));
    int npaths = read_flags(argc, argv, paths);
    struct document document = {0};
    int status = 0;

    paper = report_paper_of(stdout);
    if (columns) {
        build_columns(&document);
    } else if (merge) {
        status = merge_print(paths, npaths);
    } else if (class_path) {
        status = status_of(class_path, class_build(&document, class_path));
    } else if (baseline) {
        status = save_baseline(paths[0]);
    } else {
        status = report_runs(&document, paths, npaths);
    }
    if (document.nblocks > 0 && html) {
        document_print_page(stdout, &document, document.blocks[0].words);
    }
    document_print_text(stdout, &document, &paper);
    free(paths);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "report: standard output: %s\n", strerror(errno));
        return 3;
    }
    return status;
}
