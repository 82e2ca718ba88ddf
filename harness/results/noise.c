/*
 * noise.c: which windows were disturbed. See noise.h.
 */
#include "harness/results/noise.h"

#include "harness/results/order.h"
#include <math.h>

static bool same_place(const struct window *a, const struct window *b);

/* Comparisons with NAN are false: what was not measured disturbs nothing. */
unsigned
noise_causes(const struct window *window, double floor_us)
{
    const double *figure = window->figure;
    double drift = fabs(figure[WINDOW_FLOOR_US] / floor_us - 1);
    unsigned causes = 0;

    if (figure[WINDOW_STEAL_PERCENT] > NOISE_STEAL_PERCENT) {
        causes |= WINDOW_STOLEN;
    }
    /* The kernel counts in ticks; less than one is no evidence. */
    if (figure[WINDOW_FOREIGN_PERCENT] >
        NOISE_FOREIGN_PERCENT + figure[WINDOW_TICK_PERCENT]) {
        causes |= WINDOW_FOREIGN;
    }
    if (100 * drift > NOISE_FLOOR_PERCENT) {
        causes |= WINDOW_DRIFTED;
    }
    if (figure[WINDOW_THROTTLED] > 0) {
        causes |= WINDOW_WAS_THROTTLED;
    }
    return causes;
}

void
noise_choose(struct results *results)
{
    for (size_t i = 0; i < results->nwindows; i++) {
        struct window *window = &results->windows[i];

        window->used = window->status == WINDOW_OK;
        for (size_t j = 0; j < i && window->used; j++) {
            struct window *other = &results->windows[j];

            if (!other->used || !same_place(other, window)) {
                continue;
            }
            if (other->causes != 0 && window->causes == 0) {
                other->used = false;
            } else {
                window->used = false;
            }
        }
    }
}

/* Attempts at the same round of the same row. */
static bool
same_place(const struct window *a, const struct window *b)
{
    return a->round == b->round && order_same_row(a, b);
}
