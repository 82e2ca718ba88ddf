/*
 * compare.c: the program `compare`: servers side by side, and a table.
 *
 * It starts all servers of a scenario, drives the same load at one of them at
 * a time, measures it from outside, writes down what it saw, and renders
 * that.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/compare/measure.h"
#include "harness/compare/plan.h"
#include "harness/compare/server.h"
#include "harness/report/report.h"
#include "harness/results/results.h"

enum {
    EXIT_FAILED = 1,
    EXIT_UNMEASURED = 3,
    EXIT_AT_ONCE = 130
};

static volatile sig_atomic_t interrupted;

/* Where results are read, set before the run begins. */
static struct report_paper paper;

/* ---- signals ------------------------------------------------------------
 */

/* What the second signal says: where to find what there is. */
static char last_words[4400];

/* The first signal ends the run after the present slice, the second one
 * ends us, and so all servers, at once: the lines of what was measured are
 * printed, and the file is there. */
static void
on_signal(int number)
{
    static const char words[] =
        "\ncompare: finishing this slice; once more to stop at once\n";

    (void)number;
    if (interrupted) {
        if (write(STDERR_FILENO, last_words, strlen(last_words)) == -1) {
            _exit(EXIT_UNMEASURED);
        }
        _exit(EXIT_AT_ONCE);
    }
    interrupted = 1;
    driver_interrupt();
    if (write(STDERR_FILENO, words, sizeof words - 1) == -1) {
        return;
    }
}

static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal,
                               .sa_flags = SA_RESTART};
    struct sigaction before;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Ignored means nohup, which wants the run to go on. */
    if (sigaction(SIGHUP, NULL, &before) == 0 &&
        before.sa_handler != SIG_IGN) {
        sigaction(SIGHUP, &action, NULL);
    }
}

/* ---- files --------------------------------------------------------------

 * A run writes under names that end in ".new". Only when it has ended well,
 * or there was nothing before, they get their own: a run that is cut off does
 * not take the last good results away.
 */

/* A file that is opened must never become a standard stream: the table would
 * go into it. False, and a sentence, if there is nowhere to print it. */
static bool
check_streams(void)
{
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        fputs("compare: standard output is closed\n", stderr);
        return false;
    }
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) != fd) {
            return false;
        }
    }
    return true;
}

/* Like mkdir -p. Returns 0, or -1 with errno. */
static int
make_folder(const char *path)
{
    char part[4096];

    if (strlen(path) >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] == '/' || path[i] == '\0') {
            snprintf(part, sizeof part, "%.*s", (int)i, path);
            if (mkdir(part, 0777) == -1 && errno != EEXIST) {
                return -1;
            }
        }
    }
    return 0;
}

/* One run at a time writes into a folder; the lock ends with the process.
 * False, and a sentence, if another one is at it. */
static bool
lock_folder(const char *folder)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/lock", folder);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == -1 &&
        errno == EWOULDBLOCK) {
        fprintf(stderr,
                "compare: another run writes into %s; wait for it, or give "
                "--out=DIR\n",
                folder);
        return false;
    }
    return true;
}

static FILE *
create(const char *folder, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s.new", folder, name);
    return fopen(path, "we");
}

static bool
exists(const char *folder, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

/* Give a file that was written as "from.new" the name `to`. Returns 0; or -1,
 * and a sentence. */
static int
keep_file(const char *folder, const char *from, const char *to)
{
    char from_path[4096];
    char to_path[4096];

    snprintf(from_path, sizeof from_path, "%s/%s.new", folder, from);
    snprintf(to_path, sizeof to_path, "%s/%s", folder, to);
    if (rename(from_path, to_path) != 0) {
        fprintf(stderr, "compare: %s: %s\n", to_path, strerror(errno));
        return -1;
    }
    return 0;
}

static int
write_lives(FILE *file, const struct summary *summary)
{
    return csv_write_lives(file, summary->results);
}

/* All reports, each whole or not at all. One sentence is enough for them. */
static int
write_reports(const char *folder, const struct summary *summary)
{
    static const struct {
        const char *name;
        int (*write)(FILE *file, const struct summary *summary);
    } reports[] = {
        {"results.csv", write_lives},
        {"summary.csv", csv_write_summary},
        {"results.md", report_markdown},
    };

    for (int i = 0; i < 3; i++) {
        FILE *file = create(folder, reports[i].name);
        int status = file ? reports[i].write(file, summary) : -1;

        if ((file && fclose(file) != 0) || status != 0) {
            fprintf(stderr, "compare: %s/%s: %s\n", folder, reports[i].name,
                    strerror(errno));
            return -1;
        }
        if (keep_file(folder, reports[i].name, reports[i].name) != 0) {
            return -1;
        }
    }
    return 0;
}

/* What a run that did not end well has measured stays beside the last good
 * results. Returns 0, or -1 after a sentence. */
static int
keep_results(const char *folder, const struct summary *summary)
{
    if (summary->results->run.partial && exists(folder, "results.jsonl")) {
        paper.folder = NULL;
        fprintf(stderr,
                "compare: what was measured is in %s/partial.jsonl; the last "
                "whole run stays in results.jsonl\n",
                folder);
        return keep_file(folder, "results.jsonl", "partial.jsonl");
    }
    return keep_file(folder, "results.jsonl", "results.jsonl") == 0
               ? write_reports(folder, summary)
               : -1;
}

/* ---- the run ------------------------------------------------------------
 */

static size_t
count_rows(const struct summary *summary, enum life_status status)
{
    size_t count = 0;

    for (size_t i = 0; i < summary->nrows; i++) {
        count += summary->rows[i].status == status;
    }
    return count;
}

/* A server's failure is the news; that we could not measure comes second.
 * A run in which no row is good has measured nothing. */
static int
exit_status(const struct summary *summary)
{
    if (count_rows(summary, LIFE_FAILED) > 0) {
        return EXIT_FAILED;
    }
    if (count_rows(summary, LIFE_INVALID) > 0 ||
        count_rows(summary, LIFE_OK) == 0) {
        return EXIT_UNMEASURED;
    }
    return 0;
}

/* Say what of it is the rows' fault; the rest has been said. */
static void
say_unmeasured(const struct summary *summary)
{
    size_t invalid = count_rows(summary, LIFE_INVALID);

    if (count_rows(summary, LIFE_OK) == 0) {
        fputs(interrupted ? "compare: interrupted before anything was "
                            "measured\n"
                          : "compare: nothing was measured; the table says "
                            "why\n",
              stderr);
    } else if (invalid > 0) {
        fprintf(stderr,
                "compare: %zu row%s could not be measured; the table says "
                "why\n",
                invalid, invalid == 1 ? "" : "s");
    }
}

/* A scenario is measured: its lines can be read while the next one runs. */
static void
show_cell(const struct results *results, const struct plan_cell *cell)
{
    report_scenario_lines(stdout, results, cell->scenario.name,
                          scenario_asked(&cell->scenario), &paper);
    fflush(stdout);
}

static int
run_and_report(const struct options *options, const struct plan *plan,
               struct results *results)
{
    struct lives_order order = {
        .options = options,
        .plan = plan,
        .interrupted = &interrupted,
        .results = results,
        .on_cell = show_cell,
    };
    struct summary summary;
    int status = 0;

    if (make_folder(options->out) == 0 && !lock_folder(options->out)) {
        return EXIT_UNMEASURED;
    }
    if (!(order.file = create(options->out, "results.jsonl")) ||
        results_write(order.file, RECORD_RUN, &results->run) != 0) {
        fprintf(stderr, "compare: %s/results.jsonl: %s\n", options->out,
                strerror(errno));
        return EXIT_UNMEASURED;
    }
    if (lives_run(&order) != 0) {
        paper.folder = NULL;
        status = EXIT_UNMEASURED;
    }
    fclose(order.file);
    if (summary_make(results, &summary) != 0) {
        fputs("compare: not enough memory for the table\n", stderr);
        return EXIT_UNMEASURED;
    }
    if (paper.folder && keep_results(options->out, &summary) != 0) {
        paper.folder = NULL;
        status = EXIT_UNMEASURED;
    }
    report_headline(stdout, &summary, &paper);
    if (options->why) {
        report_scenarios(stdout, &summary,
                         &(struct report_views){.why = true}, &paper);
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "compare: standard output: %s\n", strerror(errno));
        status = EXIT_UNMEASURED;
    }
    if (exit_status(&summary) != 0) {
        status = exit_status(&summary);
    }
    if (status == EXIT_UNMEASURED) {
        say_unmeasured(&summary);
    }
    summary_free(&summary);
    return status;
}

int
main(int argc, char **argv)
{
    struct layout_machine machine;
    struct options options;
    struct results results = {0};
    struct plan plan;
    int status;

    options_parse(&options, argc, argv);
    layout_look(&machine);
    plan_make(&plan, &options, &machine);
    machine_describe(&results.run, &options, &plan, &machine, argc, argv);
    if (plan.ncells == 0) {
        fputs("compare: --scenarios: none of them is part of this run; "
              "--full has them all\n",
              stderr);
        return 2;
    }
    if (!contenders_are_there(options.contenders, options.ncontenders,
                              options.bin) ||
        !check_streams()) {
        return EXIT_UNMEASURED;
    }
    paper = report_paper_of(stdout);
    paper.folder = options.out;
    snprintf(last_words, sizeof last_words,
             "compare: stopped; what there is: report %s/results.jsonl.new\n",
             options.out);
    catch_signals();
    status = run_and_report(&options, &plan, &results);
    results_free(&results);
    return status;
}
