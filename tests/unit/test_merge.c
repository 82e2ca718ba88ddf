/*
 * test_merge.c: runs of several hosts added up, count by count and histogram
 * by histogram (how these are: test_histogram.c); what does not fit is
 * refused.
 */
#include <check.h>
#include <string.h>

#include "harness/load/load.h"
#include "tests/unit/run_suite.h"

static struct saved_run runs[3]; /* of three hosts */
static struct merge merge;
static char reason[SAVED_REASON_BYTES];

/* A run of one host: 10 clients and 1000 messages a second. */
static void
make_run(struct saved_run *run, int64_t begun_ms)
{
    memset(run, 0, sizeof *run);
    strcpy(run->target, "10.0.0.1:5566");
    run->begun_ms = begun_ms;
    run->options.clients = 10;
    run->options.rate_per_s = 1000;
    run->options.message_bytes = 64;
    run->options.window_ns = INT64_C(5000000000);
    run->result.asked = run->result.served = run->result.connected = 10;
    run->result.window_ns = INT64_C(5000000000) + begun_ms;
}

static void
setup(void)
{
    for (int i = 0; i < 3; i++) {
        make_run(&runs[i], i);
    }
}

CASE(merge, setup, NULL)

static int
add_all(int n)
{
    for (int i = 0; i < n; i++) {
        if (merge_add(&merge, &runs[i], reason) != 0) {
            return -1;
        }
    }
    return 0;
}

TEST(counts_add_up)
{
    for (int i = 0; i < 3; i++) {
        runs[i].result.echoes = UINT64_C(10000000000) + (uint64_t)i;
        runs[i].result.unfinished = 100;
        histogram_record(&runs[i].result.latency, 1 + i);
        histogram_record(&runs[i].result.response, 10 + i);
        histogram_record(&runs[i].result.lag, 100 + i);
        histogram_record(&runs[i].result.connect, 200 + i);
        runs[i].result.errors[ENGINE_RESET] = 7;
        runs[i].options.silent_clients = i;
        runs[i].options.clients = 10 + i;
    }
    ck_assert_int_eq(add_all(3), 0);
    ck_assert_uint_eq(merge.sum.result.echoes, UINT64_C(30000000003));
    ck_assert_uint_eq(merge.sum.result.unfinished, 300);
    ck_assert_uint_eq(merge.sum.result.errors[ENGINE_RESET], 21);
    ck_assert_int_eq(merge.sum.result.served, 30);
    for (int i = 0; i < 3; i++) {
        double share = (i + 1) / 3.0;

        ck_assert_int_eq(
            histogram_quantile_ns(&merge.sum.result.latency, share), 1 + i);
        ck_assert_int_eq(
            histogram_quantile_ns(&merge.sum.result.response, share), 10 + i);
        ck_assert_int_eq(histogram_quantile_ns(&merge.sum.result.lag, share),
                         100 + i);
        ck_assert_int_eq(
            histogram_quantile_ns(&merge.sum.result.connect, share), 200 + i);
    }
    ck_assert_int_eq(merge.sum.options.clients, 33);
    ck_assert_int_eq(merge.sum.options.silent_clients, 3);
    ck_assert_double_eq(merge.sum.options.rate_per_s, 3000);
    ck_assert_int_eq(merge.sum.result.window_ns, INT64_C(5000000002));
}

/* Two kinds of run, and how it is said that they are two. */
static const struct {
    const char *words;
    struct engine_options options[2];
} misfits[] = {
    {"a message has 1.00 KiB here and 64 B",
     {{.message_bytes = 64}, {.message_bytes = 1024}}},
    {"a message has 9.77 KiB here and 9.77 KiB",
     {{.message_bytes = 10000}, {.message_bytes = 10001}}},
    {"an open loop with fixed gaps here and",
     {{.rate_per_s = 1000},
      {.rate_per_s = 1000, .arrivals = SCHEDULE_FIXED}}},
    {"a closed loop here and an open loop with poisson's gaps",
     {{.rate_per_s = 1000}, {.rate_per_s = 0}}},
    {"there is a handshake here and none",
     {{.handshake = false}, {.handshake = true}}},
    {"a message comes a byte a segment here",
     {{.drip = false}, {.drip = true}}},
    {"the run lasts 1.00 s here and 5.00 s",
     {{.window_ns = 5 * NS_PER_S}, {.window_ns = 1 * NS_PER_S}}},
    {"the run ends by echoes here and by time",
     {{.echoes_max = 0}, {.echoes_max = 100}}},
    {"an echo may take 1.00 ms here and 0",
     {{.timeout_ns = 0}, {.timeout_ns = 1000000}}},
    {"a connection for each echo here", {{.churn = false}, {.churn = true}}},
};

TEST_EACH(what_does_not_fit_is_refused, misfits)
{
    static struct merge before;

    runs[0].options = misfits[_i].options[0];
    runs[1].options = misfits[_i].options[1];
    ck_assert_int_eq(add_all(1), 0);
    before = merge;
    ck_assert_int_eq(merge_add(&merge, &runs[1], reason), -1);
    ck_assert_msg(strstr(reason, misfits[_i].words) != NULL, "%s", reason);
    ck_assert_mem_eq(&merge, &before, sizeof merge);
}

/* In a closed loop it means nothing how gaps are chosen. */
TEST(what_had_no_effect_does_not_matter)
{
    runs[0].options.rate_per_s = runs[1].options.rate_per_s = 0;
    runs[1].options.arrivals = SCHEDULE_FIXED;
    ck_assert_int_eq(add_all(2), 0);
}

TEST(the_same_run_is_known_again)
{
    static struct saved_run copy;

    copy = runs[0];
    strcpy(copy.target, "another-name:5566");
    ck_assert(merge_same(&copy, &runs[0]));
    ck_assert(!merge_same(&runs[0], &runs[1]));
    copy.result.client_cpu_ns++;
    ck_assert(!merge_same(&copy, &runs[0]));
}
