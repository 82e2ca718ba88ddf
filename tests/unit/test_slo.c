/*
 * test_slo.c: the search for a rate, against servers that are a function.
 */
#include <check.h>

#include "harness/load/load.h"
#include "tests/unit/run_suite.h"

/* A server that keeps its promise up to a rate, and between which rates it is
 * searched for. */
struct server {
    double min_per_s;        /* the lowest rate */
    double max_per_s;        /* the highest rate */
    double knee_per_s;       /* up to here it keeps its promise */
    enum slo_outcome beyond; /* what comes of higher rates */
    int stall_at;            /* this try fails whatever its rate; 0: none */
    int interrupt_at;        /* the search is to end there; 0: never */
    int tries;               /* so far */
};

static enum slo_outcome
outcome_of(double rate_per_s, struct server *server)
{
    server->tries++;
    if (server->tries == server->interrupt_at) {
        return SLO_INTERRUPTED;
    }
    if (server->tries == server->stall_at) {
        return SLO_BROKEN;
    }
    return rate_per_s <= server->knee_per_s ? SLO_KEPT : server->beyond;
}

static struct slo_try
try_rate(double rate_per_s, void *arg)
{
    return (struct slo_try){.rate_per_s = rate_per_s,
                            .outcome = outcome_of(rate_per_s, arg)};
}

static const struct server servers[] = {
    {100, 1e5, 100, SLO_BROKEN, 0, 0, 0},
    {100, 1e5, 104, SLO_BROKEN, 0, 0, 0},
    {100, 1e5, 1000, SLO_BROKEN, 0, 0, 0},
    {100, 1e5, 34567, SLO_BROKEN, 0, 0, 0},
    {100, 1e5, 99000, SLO_BROKEN, 0, 0, 0},
    /* All is kept, or nothing; one rate is a grid. */
    {100, 1e5, 1e9, SLO_BROKEN, 0, 0, 0},
    {100, 1e5, 50, SLO_BROKEN, 0, 0, 0},
    {7, 7, 10, SLO_BROKEN, 0, 0, 0},
    /* One stall is forgiven. */
    {100, 1e5, 34567, SLO_BROKEN, 1, 0, 0},
    {100, 1e5, 34567, SLO_BROKEN, 2, 0, 0},
    {100, 1e5, 34567, SLO_BROKEN, 3, 0, 0},
    {100, 1e5, 34567, SLO_BROKEN, 4, 0, 0},
    {100, 1e5, 34567, SLO_BROKEN, 5, 0, 0},
    /* A client at its end is not a broken promise. */
    {100, 1e6, 5000, SLO_UNKNOWN, 0, 0, 0},
};

TEST_EACH(finds_the_knee, servers)
{
    struct server server = servers[_i];
    struct slo_answer answer =
        slo_search(server.min_per_s, server.max_per_s, try_rate, &server);
    double kept_per_s = answer.kept_per_s;
    double failed_per_s = answer.failed.rate_per_s;
    ck_assert_int_le(server.tries, 20);
    ck_assert_double_le(kept_per_s, server.knee_per_s);
    if (server.knee_per_s >= server.max_per_s) {
        ck_assert_int_eq(answer.failed.outcome, SLO_KEPT);
        ck_assert_double_eq(kept_per_s, server.max_per_s);
        return;
    }
    ck_assert_int_eq(answer.failed.outcome, server.beyond);
    ck_assert_double_gt(failed_per_s, server.knee_per_s);
    if (server.knee_per_s < server.min_per_s) {
        ck_assert_double_eq(kept_per_s, 0);
        ck_assert_double_eq(failed_per_s, server.min_per_s);
    } else {
        ck_assert_double_le(failed_per_s, kept_per_s * SLO_RATIO * 1.0001);
    }
}

TEST(interrupt_ends_it)
{
    struct server server = {.knee_per_s = 1e9, .interrupt_at = 3};
    struct slo_answer answer = slo_search(100, 1e5, try_rate, &server);
    ck_assert_int_eq(answer.failed.outcome, SLO_INTERRUPTED);
    ck_assert_int_eq(server.tries, 3);
    ck_assert_double_gt(answer.kept_per_s, 0);
}
