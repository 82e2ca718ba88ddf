/*
 * lie.c: one stall of one server, seen by a closed and by an open loop at the
 * same time. See course.h.
 *
 * With --delay each of the closed loop's clients sends 250 messages a second,
 * and all of them as many as the open loop, whose schedule does not wait for
 * anybody. Then the server is stopped for a second, by SIGSTOP. Who asks
 * only after an answer has nothing to ask in that second, and reports a few
 * messages that were slow; by the schedule a thousand were due. Its times
 * count from when a message was due: what a person would have waited.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/server.h"
#include "harness/course/course.h"
#include "harness/load/load.h"

enum {
    BEFORE_MS = 1500, /* from the start of the loads on */
    STALL_MS = 1000,  /* the server is stopped */
    LATE_MS = 100,    /* who waits for longer has met it */
    CLIENTS = 4,      /* of the closed loop */
};
#define SERVER "selectloop --delay=4"
#define CLOSED "-c 4 -d 4s"
#define OPEN   "--rate=1000 --arrivals=fixed -c 64 -d 4s"

/* What both saw. */
enum loop {
    LOOP_CLOSED,
    LOOP_OPEN,
    LOOPS,
};
static const char *const names[LOOPS] = {"closed", "open"};
static struct saved_run runs[LOOPS];

/* The times that a person waits. */
static const struct histogram *
times(enum loop loop)
{
    const struct engine_result *result = &runs[loop].result;

    return loop == LOOP_OPEN ? &result->response : &result->latency;
}

/* ---- figures ----------------------------------------------------------- */

static double
messages(const struct histogram *h, double unused)
{
    (void)unused;
    return (double)h->count;
}

static double
mean_ms(const struct histogram *h, double unused)
{
    (void)unused;
    return histogram_mean_ns(h) / NS_PER_MS;
}

static double
quantile_ms(const struct histogram *h, double quantile)
{
    return (double)histogram_quantile_ns(h, quantile) / NS_PER_MS;
}

/* How many took longer: found by halving, in what the quantiles say. */
static double
later_than(const struct histogram *h, double ms)
{
    uint64_t within = 0;
    uint64_t beyond = h->count + 1;

    while (beyond - within > 1) {
        uint64_t middle = within + (beyond - within) / 2;
        bool late = quantile_ms(h, (double)middle / (double)h->count) > ms;

        *(late ? &beyond : &within) = middle;
    }
    return (double)(h->count - within);
}

static const struct row {
    const char *key; /* behind "closed_" or "open_" */
    const char *heading;
    double (*read)(const struct histogram *h, double of);
    double of; /* handed to it */
} rows[] = {
    {"echoes", "messages", messages, 0},
    {"mean_ms", "mean ms", mean_ms, 0},
    {"p50_ms", "p50 ms", quantile_ms, .5},
    {"p90_ms", "p90 ms", quantile_ms, .9},
    {"p99_ms", "p99 ms", quantile_ms, .99},
    {"p999_ms", "p99.9 ms", quantile_ms, .999},
    {"max_ms", "max ms", quantile_ms, 1},
    {"late", "over 100 ms", later_than, LATE_MS},
};

void
lie_figures(FILE *stream)
{
    fprintf(stream, "Of a stall, seen by both loops at the same time:\n");
    for (size_t i = 0; i < COUNT(rows); i++) {
        fprintf(stream, "  closed_%s, open_%s\n", rows[i].key, rows[i].key);
    }
}

static double
figure(enum loop loop, const char *key)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].key, key) == 0) {
            return rows[i].read(times(loop), rows[i].of);
        }
    }
    return NAN;
}

/* ---- the run ----------------------------------------------------------- */

static const char *
drive_both(const struct server *server, FILE *stream)
{
    static struct loading closed, open;
    const char *problem = "load could not be started";
    const char *other = NULL;

    closed = open = (struct loading){.child.output_fd = -1};
    if (loading_start(&closed, server, CLOSED, stream) != 0) {
        return problem;
    }
    if (loading_start(&open, server, OPEN, stream) == 0) {
        child_wait(&closed.child, BEFORE_MS);
        fprintf(stream, "  $ kill -STOP %d; sleep 1; kill -CONT %d\n",
                server->pid, server->pid);
        fflush(stream);
        kill(server->pid, SIGSTOP);
        child_wait(&closed.child, STALL_MS);
        kill(server->pid, SIGCONT);
        problem = loading_end(&open, &runs[LOOP_OPEN]);
    }
    other = loading_end(&closed, &runs[LOOP_CLOSED]);
    return problem ? problem : other;
}

static const char *
lie(FILE *stream)
{
    struct server server;
    const char *problem = drive_server(&server, SERVER, stream);

    if (!problem) {
        problem = drive_both(&server, stream);
        server_stop(&server);
    }
    return problem ? problem
           : runs[LOOP_CLOSED].result.echoes == 0 ||
                   runs[LOOP_OPEN].result.echoes == 0
               ? "there is a loop that was not answered at all"
               : NULL;
}

void
lie_run(struct finding *findings, size_t n, FILE *stream)
{
    const char *problem = lie(stream);

    for (size_t i = 0; i < n; i++) {
        const struct experiment *row = findings[i].experiment;
        bool open;

        if (!row || row->kind != EXPERIMENT_LIE) {
            continue;
        }
        open = strncmp(row->figure, "open_", 5) == 0;
        findings[i].number = figure(open ? LOOP_OPEN : LOOP_CLOSED,
                                    strchr(row->figure, '_') + 1);
        if (problem) {
            finding_fail(&findings[i], "%s", problem);
        } else if (isnan(findings[i].number)) {
            finding_fail(&findings[i], "%s is no figure of a stall",
                         row->figure);
        }
    }
}

/* ---- course lie -------------------------------------------------------- */

int
course_lie(int argc, char **argv)
{
    static const struct flag flags[] = {{0}};
    const char *problem;

    flags_parse("course lie",
                "Stop a server for a second, and let a closed and an open "
                "loop tell of it.",
                flags, NULL, argc, argv);
    course_catch();
    problem = lie(stdout);
    if (problem) {
        fprintf(stderr, "course: %s\n", problem);
        return course_interrupted ? COURSE_INTERRUPTED : COURSE_CANNOT;
    }
    printf("\n%-12s", "");
    for (int loop = 0; loop < LOOPS; loop++) {
        printf("  %6s loop", names[loop]);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        printf("\n%-12s", rows[i].heading);
        for (int loop = 0; loop < LOOPS; loop++) {
            double value = rows[i].read(times(loop), rows[i].of);
            char text[UNITS_TEXT_BYTES];

            printf("  %11s",
                   value == trunc(value)
                       ? (snprintf(text, sizeof text, "%.0f", value), text)
                       : units_format_number(text, value));
        }
    }
    printf(
        "\n\nFor one second the server did nothing. The closed loop has "
        "%d clients, who ask\nagain once they are answered: they met the "
        "second with %.0f messages, and had\nnothing to say in the rest of "
        "it. In the open loop a message was due each\nmillisecond, "
        "answered or not: %.0f waited longer than %d ms.\n",
        CLIENTS, figure(LOOP_CLOSED, "late"), figure(LOOP_OPEN, "late"),
        LATE_MS);
    printf("So the p99 of the same second is %s in the one and %s in the "
           "other.\nBy the averages one would have said %s and %s.\n",
           TIME_TEXT(figure(LOOP_CLOSED, "p99_ms") * NS_PER_MS),
           TIME_TEXT(figure(LOOP_OPEN, "p99_ms") * NS_PER_MS),
           TIME_TEXT(figure(LOOP_CLOSED, "mean_ms") * NS_PER_MS),
           TIME_TEXT(figure(LOOP_OPEN, "mean_ms") * NS_PER_MS));
    return 0;
}
