/*
 * kept.c: what a run keeps, in memory and in its file. See measure.h.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <string.h>

bool
lives_interrupted(const struct lives *lives)
{
    return *lives->order->interrupted != 0;
}

void
lives_say_unwritten(struct lives *lives, int error)
{
    if (lives->write_errno == 0) {
        lives->write_errno = error;
        fprintf(stderr,
                "%scompare: %s/results.jsonl: %s; the run goes on and prints "
                "its table, but keeps no files\n",
                lives->progress.shown ? "\n" : "", lives->order->options->out,
                strerror(error));
    }
}

static bool
writes(const struct lives *lives)
{
    return lives->order->file && lives->write_errno == 0;
}

/* Without memory errno is ENOMEM. */
static void
expect_kept(struct lives *lives, int status)
{
    if (status != 0) {
        lives_say_unwritten(lives, errno);
    }
}

void
lives_keep(struct lives *lives, const struct life *life)
{
    expect_kept(lives, results_add(lives->order->results, RECORD_LIFE, life));
    if (writes(lives)) {
        expect_kept(lives,
                    results_write(lives->order->file, RECORD_LIFE, life));
    }
}

void
lives_keep_slice(struct lives *lives, const struct slice *slice)
{
    expect_kept(lives,
                results_add(lives->order->results, RECORD_SLICE, slice));
    if (writes(lives)) {
        expect_kept(lives,
                    results_write(lives->order->file, RECORD_SLICE, slice));
    }
}

void
lives_keep_calls(struct lives *lives, const struct calls *calls)
{
    expect_kept(lives,
                results_add(lives->order->results, RECORD_CALLS, calls));
    if (writes(lives)) {
        expect_kept(lives,
                    results_write(lives->order->file, RECORD_CALLS, calls));
    }
}

struct measure_order
lives_order_for(const struct lives *lives, size_t contender)
{
    const struct options *options = lives->order->options;

    return (struct measure_order){
        .contender = &options->contenders[contender],
        .scenario = &lives->cell->scenario,
        .layout = &lives->cell->layout,
        .bin = options->bin,
        .launcher = options->launcher,
        .host = options->host,
        .start_timeout_ns = options->start_timeout_ns,
        .life = lives->life,
        .interrupted = lives->order->interrupted,
    };
}

void
lives_keep_reason(struct lives *lives, const struct measure_order *order,
                  enum life_status status, const char *reason)
{
    struct life life;

    measure_identify(order, &life);
    life_fail(&life, status, "%s", reason);
    lives_keep(lives, &life);
}
