/*
 * compare.c: the program `compare`: servers side by side, and a table.
 *
 * It starts all servers of a scenario, drives the same load at one of them at
 * a time, measures it from outside, writes down what it saw, and renders
 * that.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "harness/compare/measure.h"
#include "harness/report/report.h"

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_UNMEASURED = 3,
    EXIT_AT_ONCE = 130
};

/* The run; and where its results are read, set before it begins: the folder
 * NULL once something could not be written there. */
static struct lives lives;
static struct report_paper paper;

/* ---- signals ------------------------------------------------------------
 */

/* What the second signal says: where to find what there is. */
static char last_words[4400];

/* The first signal ends the run after the present slice, the second one
 * ends us and all servers at once: the lines of what was measured are
 * printed, and the file is there. */
static void
on_signal(int number)
{
    static const char words[] =
        "\ncompare: finishing this slice; once more to stop at once\n";

    (void)number;
    if (lives.shared->interrupted) {
        server_kill_running();
        if (write(STDERR_FILENO, last_words, strlen(last_words)) == -1) {
            _exit(EXIT_UNMEASURED);
        }
        _exit(EXIT_AT_ONCE);
    }
    lives.shared->interrupted = 1;
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

    snprintf(last_words, sizeof last_words,
             "compare: stopped; what there is: report %s/results.jsonl.new\n",
             lives.options->out);
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

static int folder_fd = -1;

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

/* A sentence about a file of the run; errno says why. Returns -1. */
static int
say_unwritten(const char *name)
{
    fprintf(stderr, "compare: %s/%s: %s\n", lives.options->out, name,
            strerror(errno));
    return -1;
}

/* Like mkdir -p, and then open it. One run at a time writes into a folder;
 * the lock ends with the process. Returns 0, or -1 after a sentence. */
static int
open_folder(const char *path)
{
    char part[4096];

    for (const char *end = strchr(path, '/'); end;
         end = strchr(end + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
        mkdir(part, 0777);
    }
    if ((mkdir(path, 0777) == -1 && errno != EEXIST) ||
        (folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1) {
        return say_unwritten("results.jsonl");
    }
    if (flock(folder_fd, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK) {
        fprintf(stderr,
                "compare: another run writes into %s; wait for it, or give "
                "--out=DIR\n",
                path);
        return -1;
    }
    return 0;
}

static FILE *
create(const char *name)
{
    char path[64];
    int fd;

    snprintf(path, sizeof path, "%s.new", name);
    fd = openat(folder_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                0666);
    return fd == -1 ? NULL : fdopen(fd, "w");
}

/* Give a file that was written as "from.new" the name `to`. Returns 0; or -1,
 * and a sentence. */
static int
keep_file(const char *from, const char *to)
{
    char path[64];

    snprintf(path, sizeof path, "%s.new", from);
    return renameat(folder_fd, path, folder_fd, to) == 0 ? 0
                                                         : say_unwritten(to);
}

static int
write_lives(FILE *file, const struct summary *summary)
{
    return csv_write_lives(file, summary->results);
}

/* All reports, each whole or not at all. One sentence is enough for them. */
static int
write_reports(const struct summary *summary)
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
        FILE *file = create(reports[i].name);
        int status = file ? reports[i].write(file, summary) : -1;

        if ((file && fclose(file) != 0) || status != 0) {
            return say_unwritten(reports[i].name);
        }
        if (keep_file(reports[i].name, reports[i].name) != 0) {
            return -1;
        }
    }
    return 0;
}

/* What a run that did not end well has measured stays beside the last good
 * results. Returns 0, or -1 after a sentence. */
static int
keep_results(const struct summary *summary)
{
    if (summary->results->run.partial &&
        faccessat(folder_fd, "results.jsonl", F_OK, 0) == 0) {
        fprintf(stderr,
                "compare: what was measured is in %s/partial.jsonl; the last "
                "whole run stays in results.jsonl\n",
                paper.folder);
        paper.folder = NULL;
        return keep_file("results.jsonl", "partial.jsonl");
    }
    return keep_file("results.jsonl", "results.jsonl") == 0
               ? write_reports(summary)
               : -1;
}

/* ---- the run ------------------------------------------------------------
 */

/* Say how long it will take, and what the plan had to change; then run one
 * scenario after the other, the lines of which can be read while the next one
 * runs. */
static void
run_cells(const struct plan *plan)
{
    struct run *run = &lives.results.run;
    int64_t begin_ns = clock_now_ns();

    fprintf(stderr, "compare: %zu scenario%s, about %.0f s\n", plan->ncells,
            plan->ncells == 1 ? "" : "s", ceil(plan->seconds));
    if (run->note[0] != '\0') {
        fprintf(stderr, "compare: %s\n", run->note);
    }
    lives.terminal = isatty(STDERR_FILENO);
    srandom((unsigned)run->seed);
    for (size_t i = 0; i < plan->ncells && !lives.shared->interrupted; i++) {
        const struct scenario *scenario = &plan->cells[i].scenario;

        lives_run_cell(&lives, &plan->cells[i]);
        report_scenario_lines(stdout, &lives.results, scenario->name,
                              scenario_asked(scenario), &paper);
        fflush(stdout);
    }
    run->partial = lives.shared->interrupted;
    run->seconds = (double)(clock_now_ns() - begin_ns) / 1e9;
    if (lives.write_errno == 0 && results_write_end(lives.file, run) != 0) {
        lives_say_unwritten(&lives, errno);
    }
    fclose(lives.file);
}

/* A server's failure is the news; that we could not measure comes second. A
 * run in which no row is good has measured nothing. Say what of it is the
 * rows' fault; the rest has been said. */
static int
exit_status(const struct summary *summary)
{
    size_t count[LIFE_STATUSES] = {0};

    for (size_t i = 0; i < summary->nrows; i++) {
        count[summary->rows[i].status]++;
    }
    if (count[LIFE_FAILED] > 0) {
        return EXIT_FAILED;
    }
    if (count[LIFE_OK] == 0) {
        fputs(lives.shared->interrupted
                  ? "compare: interrupted before anything was "
                    "measured\n"
                  : "compare: nothing was measured; the table "
                    "says why\n",
              stderr);
        return EXIT_UNMEASURED;
    }
    if (count[LIFE_INVALID] > 0) {
        fprintf(stderr,
                "compare: %zu row%s could not be measured; the table says "
                "why\n",
                count[LIFE_INVALID], count[LIFE_INVALID] == 1 ? "" : "s");
        return EXIT_UNMEASURED;
    }
    return 0;
}

/* What the whole run says. Returns the exit status. */
static int
report_run(void)
{
    struct summary summary;
    int written = lives.write_errno;
    int status;

    if (summary_make(&lives.results, &summary) != 0) {
        fputs("compare: not enough memory for the table\n", stderr);
        return EXIT_UNMEASURED;
    }
    if (written == 0) {
        written = keep_results(&summary);
    }
    if (written != 0) {
        paper.folder = NULL;
    }
    report_headline(stdout, &summary, &paper);
    if (lives.options->why) {
        report_scenarios(stdout, &summary,
                         &(struct report_views){.why = true}, &paper);
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "compare: standard output: %s\n", strerror(errno));
        written = -1;
    }
    status = exit_status(&summary);
    summary_free(&summary);
    return status == 0 && written != 0 ? EXIT_UNMEASURED : status;
}

int
main(int argc, char **argv)
{
    struct options *options = options_parse(argc, argv);
    static struct plan plan;
    int status;

    lives.shared = mmap(NULL, sizeof *lives.shared, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (lives.shared == MAP_FAILED) {
        fprintf(stderr, "compare: %s\n", strerror(errno));
        return EXIT_UNMEASURED;
    }
    plan_make(&plan, options);
    machine_describe(&lives.results.run, options, &plan, argc, argv);
    if (plan.ncells == 0) {
        fputs("compare: --scenarios: none of them is part of this run; "
              "--full has them all\n",
              stderr);
        return EXIT_USAGE;
    }
    if (!options_find_programs(options) || !check_streams()) {
        return EXIT_UNMEASURED;
    }
    paper = (struct report_paper){
        .width = report_width(stdout),
        .colour = report_wants_colour(stdout),
        .folder = options->out,
    };
    lives.options = options;
    lives.plan = &plan;
    catch_signals();
    if (open_folder(options->out) != 0) {
        return EXIT_UNMEASURED;
    }
    lives.file = create("results.jsonl");
    if (!lives.file ||
        results_write_run(lives.file, &lives.results.run) != 0) {
        say_unwritten("results.jsonl");
        return EXIT_UNMEASURED;
    }
    run_cells(&plan);
    status = report_run();
    results_free(&lives.results);
    return status;
}
