/*
 * compare.c: the program `compare`: servers side by side, and a table.
 */
#include <err.h>
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

/* The run; and where its results are read, set before it begins: the folder
 * NULL where they are not all to be found there. */
static struct lives *lives;
static struct report_paper paper;

/* What it is held against, if anything is asked for. */
static struct results baseline;

/* ---- signals ----------------------------------------------------------- */

/* What the second signal says: where to find what there is. */
static char last_words[8400] = "compare: stopped\n";

/* Not the flag that drivers share: one of them may be told in the moment
 * before it ignores signals. */
static volatile sig_atomic_t signalled;

/* The first signal ends the run after the present slice, the second one
 * ends us, and so all servers, at once: the lines of what was measured are
 * printed, and the file is there. */
static void
on_signal(int number)
{
    bool again = signalled;
    const char *words =
        again
            ? last_words
            : "\ncompare: finishing this slice; once more to stop at once\n";
    ssize_t written;

    (void)number;
    signalled = lives->interrupted = 1;
    written = write(STDERR_FILENO, words, strlen(words));
    if (again) {
        _exit(written == -1 ? EXIT_UNMEASURED : EXIT_INTERRUPTED);
    }
}

/* ---- files --------------------------------------------------------------
 *
 * A run writes under names that end in ".new". Only when it has ended well,
 * or there was nothing before, they get their own: a run that is cut off does
 * not take the last good results away.
 */

static int folder_fd = -1;

/* Like mkdir -p, and then open it. One run at a time writes into a folder;
 * the lock ends with the process. */
static void
open_folder(const char *path)
{
    char part[4096];

    for (const char *end = strchr(path, '/'); end;
         end = strchr(end + 1, '/')) {
        PUT(part, "%.*s", (int)(end - path), path);
        mkdir(part, 0777);
    }
    if ((mkdir(path, 0777) == -1 && errno != EEXIST) ||
        (folder_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1 ||
        faccessat(folder_fd, ".", W_OK | X_OK, AT_EACCESS) == -1) {
        err(EXIT_UNMEASURED,
            "give --out=DIR, a folder for results that can be written; %s",
            path);
    }
    if (flock(folder_fd, LOCK_EX | LOCK_NB) == -1) {
        if (errno == EWOULDBLOCK) {
            errx(EXIT_UNMEASURED,
                 "another run writes into %s; wait for it, or give --out=DIR "
                 "(make: OUT=DIR)",
                 path);
        }
        warn("%s cannot be locked, so start no other run there", path);
    }
}

static FILE *
create(const char *name)
{
    char path[64];
    int fd;

    PUT(path, "%s.new", name);
    fd = openat(folder_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                0666);
    return fd == -1 ? NULL : fdopen(fd, "w");
}

/* Give what was written as "from.new" the name `to`; -1: errno says why. */
static int
keep_file(const char *from, const char *to)
{
    char path[64];

    PUT(path, "%s.new", from);
    return renameat(folder_fd, path, folder_fd, to);
}

/* All reports, each whole or not at all; one sentence is enough for them. */
static void
write_reports(const struct summary *summary)
{
    static const char *const names[] = {"results.csv", "summary.csv",
                                        "results.md", "report.html"};

    /* Of what was counted there is nothing to draw. */
    int files = lives->options->mode->bit == MODE_COUNT ? 3 : 4;

    for (int i = 0; i < files; i++) {
        const char *name = names[i];
        FILE *file = create(name);
        int status = !file    ? -1
                     : i == 0 ? csv_write_lives(file, summary->results)
                     : i == 1 ? csv_write_summary(file, summary)
                     : i == 3 ? report_page(file, summary)
                              : report_markdown(file, summary);

        if ((file && fclose(file) != 0) || status != 0 ||
            keep_file(name, name) != 0) {
            warn("%s/%s", paper.folder, name);
            paper.folder = NULL;
            return;
        }
    }
}

/* A run that did not end well, or in which nothing was good, stays beside the
 * last good results. */
static void
keep_results(const struct summary *summary, size_t ok)
{
    bool beside = (summary->results->run.partial || ok == 0) &&
                  faccessat(folder_fd, "results.jsonl", F_OK, 0) == 0;

    if (keep_file("results.jsonl",
                  beside ? "partial.jsonl" : "results.jsonl") != 0) {
        warn("%s/results.jsonl", paper.folder);
        paper.folder = NULL;
    } else if (beside) {
        warnx("what was measured is in %s/partial.jsonl; the last whole run "
              "stays in results.jsonl",
              paper.folder);
        paper.partial = true;
    } else {
        write_reports(summary);
    }
}

/* ---- the run ----------------------------------------------------------- */

/* One scenario after the other, each to be read while the next one runs, and
 * the scene, which is all of a trace. Returns what scene_run() does. */
static int
run_plan(const struct plan *plan, bool traces)
{
    struct run *run = &lives->results.run;
    int failed = 0;

    if (!traces) {
        warnx("%zu scenario%s, about %.0f s", plan->ncells,
              plan->ncells == 1 ? "" : "s", ceil(plan->seconds));
        lives->terminal = isatty(STDERR_FILENO);
    }
    if (run->note[0] != '\0') {
        warnx("%s", run->note);
    }
    lives->begin_ns = clock_now_ns();
    srandom((unsigned)run->seed);
    for (size_t i = 0; i < plan->ncells && !lives->interrupted; i++) {
        const struct scenario *scenario = &plan->cells[i].scenario;

        lives_run_cell(lives, &plan->cells[i]);
        if (plan->cells[i].lives > 0) {
            report_scenario_lines(stdout, &lives->results, scenario->name,
                                  scenario_asked(scenario), &paper);
            fflush(stdout);
        }
    }
    if ((traces || plan->scene) && !lives->interrupted) {
        failed = scene_run(lives);
    }
    run->partial = lives->interrupted;
    run->seconds = (double)(clock_now_ns() - lives->begin_ns) / 1e9;
    lives_keep(lives, RECORD_END, run);
    fclose(lives->file);
    return failed;
}

/* A server's failure is the news; that we could not measure comes second. Say
 * what of it is the rows' fault; the rest has been said. */
static int
exit_status(const size_t rows[LIFE_STATUSES])
{
    size_t invalid = rows[LIFE_INVALID];

    if (rows[LIFE_FAILED] > 0) {
        return EXIT_FAILED;
    }
    if (rows[LIFE_OK] == 0) {
        warnx(lives->interrupted
                  ? "interrupted before anything was measured"
                  : "nothing was measured; the table says why");
    } else if (invalid > 0) {
        warnx("%zu row%s could not be measured, the table says why; "
              "the others are good",
              invalid, invalid == 1 ? "" : "s");
    }
    return lives->interrupted   ? EXIT_INTERRUPTED
           : rows[LIFE_OK] == 0 ? EXIT_UNMEASURED
                                : 0;
}

/* Of the scene alone, in which so many `failed`, and its picture. Returns the
 * exit status. */
static int
report_scene(int failed)
{
    FILE *picture;

    if (failed < 0 || lives->interrupted) {
        return failed < 0 ? EXIT_UNMEASURED : EXIT_INTERRUPTED;
    }
    if (failed == 0 && lives->results.nsteps == 0) {
        warnx("there is no server to trace");
        return EXIT_UNMEASURED;
    }
    report_trace(stdout, &lives->results, &paper);
    errno = lives->write_errno;
    picture = errno == 0 ? create("trace.svg") : NULL;
    if (!picture || report_trace_svg(picture, &lives->results) != 0 ||
        fclose(picture) != 0 || keep_file("trace.svg", "trace.svg") != 0 ||
        keep_file("results.jsonl", "results.jsonl") != 0 ||
        printf("\nin pictures: %s/trace.svg\n", paper.folder) < 0 ||
        fflush(stdout) != 0) {
        warn("%s", paper.folder);
        return EXIT_UNMEASURED;
    }
    if (failed > 0) {
        warnx("%d server%s failed, as said above the columns", failed,
              failed == 1 ? "" : "s");
    }
    return failed > 0 ? EXIT_FAILED : 0;
}

/* Returns the exit status. */
static int
report_run(void)
{
    const struct options *options = lives->options;
    struct summary summary, before;
    size_t rows[LIFE_STATUSES] = {0}; /* how many there are of each */
    int status;

    summary_make(&lives->results, &summary);
    for (size_t i = 0; i < summary.nrows; i++) {
        rows[summary.rows[i].status]++;
    }
    if (lives->write_errno == 0) {
        keep_results(&summary, rows[LIFE_OK]);
    } else {
        paper.folder = NULL;
    }
    report_headline(stdout, &summary, &paper);
    if (options->why) {
        report_scenarios(stdout, &summary,
                         &(struct report_views){.why = true}, &paper);
    }
    if (options->baseline) {
        summary_make(&baseline, &before);
        report_dearer(stdout, &before, &summary, options->baseline, &paper);
        summary_free(&before);
        results_free(&baseline);
    }
    if (fflush(stdout) != 0) {
        warn("standard output");
        paper.folder = NULL;
    }
    status = exit_status(rows);
    summary_free(&summary);
    return status == 0 && !paper.folder ? EXIT_UNMEASURED : status;
}

int
main(int argc, char **argv)
{
    const struct options *options;
    static struct plan plan;
    const char *problem;
    bool traces;
    int failed;
    int status;

    streams_check(EXIT_UNMEASURED);
    options = options_read(argc, argv);
    lives = mmap(NULL, sizeof *lives, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (lives == MAP_FAILED) {
        err(EXIT_UNMEASURED, "memory");
    }
    /* Before the run: a wrong name must not cost a minute. */
    problem =
        options->baseline ? results_load(options->baseline, &baseline) : NULL;
    if (problem) {
        errx(EXIT_USAGE, "--baseline: %s: %s", options->baseline, problem);
    }
    traces = options->mode->bit == MODE_TRACE;
    plan_make(&plan, options);
    machine_describe(&lives->results.run, options, &plan, argc, argv);
    paper = report_paper_of(stdout);
    paper.folder = options->out;
    paper.bin = options->bin;
    lives->options = options;
    lives->plan = &plan;
    signals_catch(on_signal);
    open_folder(options->out);
    if (!options->untried && !traces && !trial_run(lives)) {
        errx(EXIT_FAILED, "nothing was measured; --untried (make: UNTRIED=1) "
                          "measures all the same");
    }
    lives->file = create("results.jsonl");
    if (!lives->file ||
        results_write(lives->file, RECORD_RUN, &lives->results.run) != 0) {
        err(EXIT_UNMEASURED, "%s/results.jsonl", options->out);
    }
    PUT(last_words,
        "compare: stopped; what there is: %s/report %s/results.jsonl.new\n",
        options->bin, options->out);
    failed = run_plan(&plan, traces);
    status = traces ? report_scene(failed) : report_run();
    results_free(&lives->results);
    return status;
}
