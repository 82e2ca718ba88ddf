/*
 * verdict.c: whether one model costs less than another. See verdict.h.
 */
#include "harness/results/verdict.h"

#include <math.h>
#include <stdbool.h>

/* The risk of one wrong claim or more among the pairs shown together. */
#define RISK 0.05

static enum verdict decide(const struct comparison *comparison,
                           bool significant);

struct comparison
verdict_compare(double *ratios, size_t n)
{
    struct comparison comparison = {.p = NAN, .verdict = VERDICT_TOO_FEW};
    int above = 0;
    int below = 0;

    for (size_t i = 0; i < n; i++) {
        above += ratios[i] > 1;
        below += ratios[i] < 1;
    }
    comparison.ratio = statistics_estimate(ratios, n);
    if (comparison.ratio.values > 0) {
        comparison.p = verdict_sign_test(above, above + below);
    }
    return comparison;
}

/* Holm: the smallest p is held against RISK / n, the next one against
 * RISK / (n - 1), and so on; from the first that fails on, none counts. */
void
verdict_decide(struct comparison *const comparisons[], size_t n)
{
    double before = -1;

    for (size_t i = 0; i < n; i++) {
        int rounds = comparisons[i]->ratio.values;

        comparisons[i]->verdict = decide(comparisons[i], false);
        if (comparisons[i]->verdict == VERDICT_UNCLEAR &&
            verdict_sign_test(0, rounds) > RISK / (double)n) {
            comparisons[i]->verdict = VERDICT_TOO_FEW;
        }
    }
    for (size_t left = n; left > 0;) {
        double smallest = INFINITY;
        size_t equal = 0;

        for (size_t i = 0; i < n; i++) {
            if (comparisons[i]->p > before) {
                smallest = fmin(smallest, comparisons[i]->p);
            }
        }
        if (!(smallest <= RISK / (double)left)) {
            return;
        }
        for (size_t i = 0; i < n; i++) {
            if (comparisons[i]->p == smallest) {
                comparisons[i]->verdict = decide(comparisons[i], true);
                equal++;
            }
        }
        left -= equal;
        before = smallest;
    }
}

double
verdict_sign_test(int above, int n)
{
    int fewer = above < n - above ? above : n - above;
    double probability = ldexp(1, -n); /* of exactly k above */
    double tail = 0;                   /* of at most `fewer` */

    for (int k = 0; k <= fewer; k++) {
        tail += probability;
        probability = probability * (n - k) / (k + 1);
    }
    return fmin(1, 2 * tail);
}

/* Comparisons with NAN are false: without an interval nothing is said. */
static enum verdict
decide(const struct comparison *comparison, bool significant)
{
    const struct estimate *ratio = &comparison->ratio;

    if (ratio->low >= 1 / (1 + VERDICT_THRESHOLD) &&
        ratio->high <= 1 + VERDICT_THRESHOLD) {
        return VERDICT_SAME;
    }
    if (significant && ratio->low > 1 &&
        ratio->median > 1 + VERDICT_THRESHOLD) {
        return VERDICT_MORE;
    }
    if (significant && ratio->high < 1 &&
        ratio->median < 1 / (1 + VERDICT_THRESHOLD)) {
        return VERDICT_LESS;
    }
    return VERDICT_UNCLEAR;
}
