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
#include "harness/load/load.h"

#define SERVER  "selectloop --delay=4"
#define CLOSED  "-c 4 -d 4s"
#define OPEN    "--rate=1000 --arrivals=fixed -c 64 -d 4s"
#define LATE_MS 100 /* who waits for longer has met it */

/* What both saw. */
enum {
    LOOP_CLOSED,
    LOOP_OPEN,
    LOOPS,
};
static struct saved_run runs[LOOPS];

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
value_of(int loop, double quantile)
{
    const struct engine_result *result = &runs[loop].result;
    const struct histogram *times =
        loop == LOOP_OPEN ? &result->response : &result->latency;

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
            return value_of(row->figure[0] == 'o' ? LOOP_OPEN : LOOP_CLOSED,
                            rows[i].quantile);
        }
    }
    return NAN;
}

static void
print_table(void)
{
    printf("\n    %-12s  %11s  %11s\n", "", "closed loop", "open loop");
    for (size_t i = 0; i < COUNT(rows); i++) {
        printf("    %-12s", rows[i].heading);
        for (int loop = 0; loop < LOOPS; loop++) {
            double value = value_of(loop, rows[i].quantile);

            printf("  %11s", units_format_number(UNITS_TEXT, value));
        }
        printf("\n");
    }
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
    FILE *saved[LOOPS] = {drive_load(line, &server, CLOSED " >/dev/null"),
                          drive_load(line, &server, OPEN " >/dev/null")};
    snprintf(stall, sizeof stall, "kill -STOP %d; sleep 1; kill -CONT %d",
             server.pid, server.pid);
    child_show(stall);
    text_append(line, sizeof line, " & ", "sleep 1.5; %s; wait", stall);
    child_run(line, NULL);
    for (int i = 0; i < LOOPS; i++) {
        if (saved_read(saved[i], &runs[i], reason) != 0 ||
            value_of(i, MESSAGES) == 0) {
            problem = "a loop was never answered; it says why above";
        }
        fclose(saved[i]);
    }
    server_stop(&server);
    if (!problem) {
        print_table();
    }
    return problem;
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
        value_of(LOOP_CLOSED, LATE), value_of(LOOP_OPEN, LATE), LATE_MS);
    printf("So 99 of 100 took %s at most, says the one, and %s, says the "
           "other.\nWith the averages one would have said %s and %s.\n",
           TIME_TEXT(value_of(LOOP_CLOSED, .99) * NS_PER_MS),
           TIME_TEXT(value_of(LOOP_OPEN, .99) * NS_PER_MS),
           TIME_TEXT(value_of(LOOP_CLOSED, MEAN) * NS_PER_MS),
           TIME_TEXT(value_of(LOOP_OPEN, MEAN) * NS_PER_MS));
    return 0;
}
