/*
 * search.c: `load --slo`: how many messages a second, if 99 of 100 are to be
 * answered in time?
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/load/load.h"

#define ROUNDING 1e-9 /* more than a double is wrong by */

/* ---- the search, whatever a try is ------------------------------------- */

struct slo_answer
slo_search(double min_per_s, double max_per_s,
           struct slo_try (*try_rate)(double rate_per_s, void *arg),
           void *arg)
{
    struct slo_answer answer = {.failed.outcome = SLO_KEPT};
    /* For all we know, up to here all are kept, and from there on none is. */
    double kept_per_s = min_per_s / SLO_RATIO;
    double failed_per_s = max_per_s * SLO_RATIO;
    while (failed_per_s > kept_per_s * SLO_RATIO * (1 + ROUNDING)) {
        double middle_per_s = sqrt(kept_per_s * failed_per_s);
        double rate_per_s = fmin(fmax(middle_per_s, min_per_s), max_per_s);
        struct slo_try tried = try_rate(rate_per_s, arg);
        if (tried.outcome == SLO_BROKEN || tried.outcome == SLO_UNKNOWN) {
            tried = try_rate(rate_per_s, arg);
        }
        if (tried.outcome == SLO_KEPT) {
            answer.kept_per_s = kept_per_s = rate_per_s;
            continue;
        }
        failed_per_s = rate_per_s;
        answer.failed = tried;
        if (tried.outcome == SLO_INTERRUPTED) {
            break;
        }
    }
    return answer;
}

/* ---- a try of the open loop -------------------------------------------- */

enum {
    SPAN = 1000,      /* the lowest rate is the highest divided by this */
    ENOUGH = 1000,    /* messages; their 99th percentile can be told */
    FEWEST = 100,     /* with fewer nothing is said */
    WINDOW_MAX_S = 5, /* for one try, if the rate is low */
    LOWEST_PER_S = ENOUGH / WINDOW_MAX_S, /* rates below are not tried */
};

static enum slo_outcome
judge(const struct engine_result *result, bool kept)
{
    if (result->interrupted) {
        return SLO_INTERRUPTED;
    }
    if (!engine_result_good(result)) {
        return SLO_BROKEN;
    }
    /* A client that was late has made the response times longer, if
     * anything: what is kept all the same is kept. */
    return kept && result->response.count >= FEWEST ? SLO_KEPT
           : engine_result_invalid(result) || kept  ? SLO_UNKNOWN
                                                    : SLO_BROKEN;
}

static void
print_try(const struct slo_try *tried)
{
    static const char *const words[] = {"kept", "broken", "unknown", "end"};
    bool failed = tried->error != ENGINE_ERRORS;
    fprintf(stderr, "%10s/s  p99 %-9s %s%s%s%s\n",
            COUNT_TEXT(tried->rate_per_s), TIME_TEXT(tried->p99_ns),
            words[tried->outcome], failed ? " (" : "",
            failed ? engine_error_name(tried->error) : "", failed ? ")" : "");
}

/* For a second, or what enough messages take; unless -d says it. */
static struct slo_try
try_rate(double rate_per_s, void *arg)
{
    static struct engine_result result;
    struct engine_options options = *(const struct engine_options *)arg;
    struct slo_try tried = {.rate_per_s = rate_per_s};
    options.rate_per_s = rate_per_s;
    if (options.window_ns == 0) {
        double seconds = fmin(ENOUGH / rate_per_s, WINDOW_MAX_S);
        options.window_ns = (int64_t)(fmax(1, seconds) * NS_PER_S);
    }
    crew_run(&options, &result);
    tried.p99_ns = histogram_quantile_ns(&result.response, 0.99);
    tried.error = engine_first_error(&result, 0);
    tried.outcome =
        judge(&result, tried.p99_ns <= options.slo_ns && result.served > 0);
    if (isatty(STDERR_FILENO)) {
        print_try(&tried);
    }
    return tried;
}

static void
print_answer(const char *target, const struct engine_options *options,
             const struct slo_answer *answer)
{
    const struct slo_try *failed = &answer->failed;
    bool kept = answer->kept_per_s > 0;
    const char *rate = COUNT_TEXT(failed->rate_per_s);
    printf("%s: %d clients, open loop\n", target, options->clients);
    printf("  %sp99 of the response time is within %s%s%s%s.\n",
           kept ? "" : "No rate was found at which ",
           TIME_TEXT(options->slo_ns), kept ? " up to " : "",
           kept ? COUNT_TEXT(answer->kept_per_s) : "", kept ? "/s" : "");
    if (failed->outcome == SLO_INTERRUPTED) {
        puts("  The search was interrupted: it may be more.");
    } else if (failed->outcome == SLO_KEPT) {
        puts("  More was not asked for.");
    } else if (failed->error < ENGINE_SERVER_ERRORS) {
        printf("  At %s/s the server failed: %s.\n", rate,
               engine_error_name(failed->error));
    } else if (failed->outcome == SLO_BROKEN) {
        printf("  At %s/s it was %s.\n", rate, TIME_TEXT(failed->p99_ns));
    } else if (failed->error == ENGINE_CLIENT_LATE) {
        printf("  At %s/s this client itself was too late to tell.\n", rate);
    } else if (failed->error != ENGINE_ERRORS) {
        printf("  At %s/s this client itself failed: %s.\n", rate,
               engine_error_name(failed->error));
    } else {
        printf("  At %s/s fewer than %d responses came, too few to tell; "
               "-d 10s has more.\n",
               rate, FEWEST);
    }
}

int
search_run(const char *target, const struct engine_options *options)
{
    double max_per_s = options->rate_per_s;
    double min_per_s = fmin(max_per_s, fmax(max_per_s / SPAN, LOWEST_PER_S));
    struct slo_answer answer =
        slo_search(min_per_s, max_per_s, try_rate, (void *)options);
    print_answer(target, options, &answer);
    return answer.kept_per_s > 0                  ? EXIT_SUCCESS
           : answer.failed.outcome == SLO_UNKNOWN ? EXIT_NO_MEASURE
                                                  : EXIT_FAILURE;
}
