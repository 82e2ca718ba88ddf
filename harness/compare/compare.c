/*
 * compare.c: the program `compare`: servers side by side, and a table.
 *
 * It starts each server in turn, drives the same load at it, measures it
 * from outside, writes down what it saw, and renders that.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/compare/machine.h"
#include "harness/compare/options.h"
#include "harness/compare/plan.h"
#include "harness/compare/programs.h"
#include "harness/compare/rounds.h"
#include "harness/compare/server_process.h"
#include "harness/report/report.h"
#include "harness/results/results.h"

enum {
    EXIT_FAILED = 1,
    EXIT_UNMEASURED = 3,
    EXIT_AT_ONCE = 130
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number);
static void catch_signals(void);
static bool check_streams(void);
static int make_folder(const char *path);
static FILE *create(const char *folder, const char *name);
static int finish_file(FILE *file, const char *folder, const char *name,
                       int status);
static int write_reports(const char *folder, const struct results *results,
                         const struct summary *summary);
static int exit_status(const struct summary *summary);
static void say_unmeasured(const struct summary *summary);
static size_t count_rows(const struct summary *summary,
                         enum life_status status);
static int run_and_report(const struct options *options,
                          const struct plan *plan, struct results *results);

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
    if (!programs_check(&options) || !check_streams()) {
        return EXIT_UNMEASURED;
    }
    catch_signals();
    status = run_and_report(&options, &plan, &results);
    results_free(&results);
    return status;
}

static int
run_and_report(const struct options *options, const struct plan *plan,
               struct results *results)
{
    struct rounds_order order = {
        .options = options,
        .plan = plan,
        .interrupted = &interrupted,
        .results = results,
    };
    struct report_paper paper = {
        .width = report_width(stdout),
        .colour = report_wants_colour(stdout),
        .folder = options->out,
    };
    struct summary summary;
    int status = 0;

    if (make_folder(options->out) != 0 ||
        !(order.file = create(options->out, "results.jsonl")) ||
        results_write_run(order.file, &results->run) != 0) {
        fprintf(stderr, "compare: %s/results.jsonl: %s\n", options->out,
                strerror(errno));
        return EXIT_UNMEASURED;
    }
    if (rounds_run(&order) != 0) {
        paper.folder = NULL;
        status = EXIT_UNMEASURED;
    }
    fclose(order.file);
    if (summary_make(results, &summary) != 0) {
        fputs("compare: not enough memory for the table\n", stderr);
        return EXIT_UNMEASURED;
    }
    if (paper.folder && write_reports(options->out, results, &summary) != 0) {
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

/* The first signal ends the run after the present window, the second one
 * ends us and the server at once. */
static void
on_signal(int number)
{
    static const char words[] =
        "\ncompare: finishing this window; once more to stop at once\n";

    (void)number;
    if (interrupted) {
        server_process_kill_running();
        _exit(EXIT_AT_ONCE);
    }
    interrupted = 1;
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

static FILE *
create(const char *folder, const char *name)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "we");
}

/* Close a report that was written under a name with ".new" and give it its
 * own name, so that a full disk does not leave half of one. */
static int
finish_file(FILE *file, const char *folder, const char *name, int status)
{
    char from[4096];
    char to[4096];

    snprintf(from, sizeof from, "%s/%s.new", folder, name);
    snprintf(to, sizeof to, "%s/%s", folder, name);
    if (fclose(file) != 0 || status != 0 || rename(from, to) != 0) {
        fprintf(stderr, "compare: %s: %s\n", to, strerror(errno));
        unlink(from);
        return -1;
    }
    return 0;
}

static int
write_reports(const char *folder, const struct results *results,
              const struct summary *summary)
{
    static const char *const names[] = {"results.csv", "summary.csv",
                                        "results.md"};
    int status = 0;

    /* One sentence is enough for all of them. */
    for (int i = 0; i < 3 && status == 0; i++) {
        char name[32];
        FILE *file;
        int written;

        snprintf(name, sizeof name, "%s.new", names[i]);
        file = create(folder, name);
        if (!file) {
            fprintf(stderr, "compare: %s/%s: %s\n", folder, names[i],
                    strerror(errno));
            status = -1;
            continue;
        }
        if (i == 0) {
            written = csv_write_lives(file, results);
        } else if (i == 1) {
            written = csv_write_summary(file, summary);
        } else {
            written = report_markdown(file, summary);
        }
        if (finish_file(file, folder, names[i], written) != 0) {
            status = -1;
        }
    }
    return status;
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

static size_t
count_rows(const struct summary *summary, enum life_status status)
{
    size_t count = 0;

    for (size_t i = 0; i < summary->nrows; i++) {
        count += summary->rows[i].status == status;
    }
    return count;
}
