/*
 * lie.c: one stall of one server, seen by a closed and by an open loop at the
 * same time. See course.h.
 *
 * With --delay the clients of the closed loop send as many messages a second
 * as are due in the open one. Then the server is stopped for a second. Who
 * asks only once he is answered has nothing to ask in that second, and
 * reports as many slow messages as there are clients. By the schedule a
 * thousand were due, and their times count from then: what people would have
 * waited. That load is late itself, on a busy machine, is nothing beside
 * that.
 */
#include <err.h>
#include <math.h>
#include <string.h>

#include "harness/compare/server.h"
#include "harness/course/course.h"

#define SERVER  "selectloop --delay=4"
#define CLOSED  "-c 4 -d 4s"
#define OPEN    "--rate=1000 --arrivals=fixed -c 64 -d 4s"
#define LATE_MS 100 /* who waits for longer has met it */

/* What the closed loop has seen, and what the open one. */
static struct saved_run runs[2];

/* What is shown of them. */
static const struct row {
    const char *key;     /* behind "closed_" or "open_" */
    const char *heading; /* in the table */
    double quantile;     /* of the times; or one of these: */
} rows[] = {
#define MESSAGES 2
#define MEAN     3
#define LATE     4
    {"messages", "messages", MESSAGES},
    {"mean_ms", "mean ms", MEAN},
    {"p50_ms", "p50 ms", .5},
    {"p90_ms", "p90 ms", .9},
    {"p99_ms", "p99 ms", .99},
    {"p999_ms", "p99.9 ms", .999},
    {"max_ms", "max ms", 1},
    {"late", "over 100 ms", LATE},
};

/* How many took longer than LATE_MS, by what the quantiles say. */
static double
count_late(const struct histogram *times)
{
    const double all = (double)times->count;
    double late = 0;

    while (late < all && histogram_quantile_ns(times, 1 - late / all) >
                             LATE_MS * NS_PER_MS) {
        late++;
    }
    return late;
}

static double
value_of(bool open, double quantile)
{
    const struct engine_result *result = &runs[open].result;
    const struct histogram *times =
        open ? &result->response : &result->latency;

    return quantile == MESSAGES ? (double)times->count
           : quantile == MEAN   ? histogram_mean_ns(times) / NS_PER_MS
           : quantile == LATE
               ? count_late(times)
               : (double)histogram_quantile_ns(times, quantile) / NS_PER_MS;
}

double
lie_read(const struct experiment *row)
{
    const char *key = strchr(row->figure, '_');

    for (size_t i = 0; key && i < COUNT(rows); i++) {
        if (strcmp(rows[i].key, key + 1) == 0) {
            return value_of(row->figure[0] == 'o', rows[i].quantile);
        }
    }
    return NAN;
}

/* ---- the run ----------------------------------------------------------- */

const char *
lie_run(const struct experiment *row)
{
    struct server server;
    char reason[SAVED_REASON_BYTES];
    char line[CHILD_LINE_BYTES] = "";
    char stall[CHILD_LINE_BYTES];
    const char *problem = drive_server(&server, SERVER);

    (void)row;
    if (problem) {
        return problem;
    }
    FILE *saved[] = {drive_load(line, &server, CLOSED " >/dev/null"),
                     drive_load(line, &server, OPEN " >/dev/null")};
    PUT(stall, "kill -STOP %d; sleep 1; kill -CONT %d", server.pid,
        server.pid);
    child_show(stall);
    text_append(line, sizeof line, " & ", "sleep 1.5; %s; wait", stall);
    child_run(line, NULL);
    for (int i = 0; i < 2; i++) {
        if (saved_read(saved[i], &runs[i], reason) != 0 ||
            value_of(i, MESSAGES) == 0) {
            problem = "a loop was never answered; it says why above";
        }
        fclose(saved[i]);
    }
    server_stop(&server);
    if (problem) {
        return problem;
    }
    printf("\n    %-12s  %11s  %11s\n", "", "closed loop", "open loop");
    for (size_t i = 0; i < COUNT(rows); i++) {
        printf("    %-12s  %11s  %11s\n", rows[i].heading,
               units_format_number(UNITS_TEXT,
                                   value_of(false, rows[i].quantile)),
               units_format_number(UNITS_TEXT,
                                   value_of(true, rows[i].quantile)));
    }
    return NULL;
}

int
course_lie(int argc, char **argv)
{
    flags_parse("course lie",
                "Stop a server for a second, and let a closed and an open "
                "loop tell of it.",
                (struct flag[]){{0}}, NULL, argc, argv);
    course_begin();
    const char *problem = lie_run(NULL);
    if (problem) {
        errx(course_interrupted ? COURSE_INTERRUPTED : COURSE_CANNOT, "%s",
             course_interrupted ? "interrupted" : problem);
    }
    printf(
        "\nFor a second the server did nothing. The closed loop asks again "
        "once it is\nanswered: it met that second with %.0f messages, and "
        "had nothing to say in the\nrest of it. In the open loop a message "
        "was due each millisecond: %.0f of them\nwaited longer than %d "
        "ms.\n",
        value_of(false, LATE), value_of(true, LATE), LATE_MS);
    printf("So 99 of 100 took %s at most, says the one, and %s, says the "
           "other.\nWith the averages one would have said %s and %s.\n",
           TIME_TEXT(value_of(false, .99) * NS_PER_MS),
           TIME_TEXT(value_of(true, .99) * NS_PER_MS),
           TIME_TEXT(value_of(false, MEAN) * NS_PER_MS),
           TIME_TEXT(value_of(true, MEAN) * NS_PER_MS));
    return 0;
}
