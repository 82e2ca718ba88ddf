/*
 * slo.h: the highest rate at which a server keeps a promise.
 *
 * The promise is a service level objective: 99 of 100 response times within
 * a limit. Rates are tried on a grid of equal ratios, each time the one in
 * the middle between the highest that was kept and the lowest that was not.
 * What one try looks like is the caller's business, so that it can be tested
 * without a server.
 */
#ifndef FIVEWAYS_SLO_H
#define FIVEWAYS_SLO_H

/* What came of a rate. */
enum slo_outcome {
    SLO_KEPT,        /* the promise was kept */
    SLO_BROKEN,      /* it was not */
    SLO_UNKNOWN,     /* the client could not do it: nothing is known */
    SLO_INTERRUPTED, /* the search is to end */
};

/* Try a rate. Called with the `arg` of slo_search(). */
typedef enum slo_outcome slo_try_function(double rate_per_s, void *arg);

struct slo_answer {
    double kept_per_s;    /* the highest rate that was kept; 0 if none was */
    double failed_per_s;  /* the next one on the grid, which was not; 0 if
                           * the highest of all was kept */
    enum slo_outcome why; /* SLO_KEPT if so; else what came of failed_per_s,
                           * or SLO_INTERRUPTED: then both are only bounds */
};

#define SLO_GRID_RATIO 1.05 /* from one rate to the next, at the most */

/*
 * Search between min_per_s and max_per_s, both included and above 0. A rate
 * that is not kept is tried a second time, because one stall of the machine
 * is enough for that. At most 2 * (2 + log2 of the number of rates) tries;
 * with rates from 1 to 1000 that is 18. Returns the answer.
 */
struct slo_answer slo_search(double min_per_s, double max_per_s,
                             slo_try_function *try_rate, void *arg);

#endif
