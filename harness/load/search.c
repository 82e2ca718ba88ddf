/*
 * search.c: `load --slo`: tries of the open loop, and what came of them.
 */
#include "harness/load/search.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/crew.h"
#include "harness/load/slo.h"
#include "harness/load/units.h"

enum {
    SPAN = 1000,      /* the lowest rate is the highest divided by this */
    ENOUGH = 1000,    /* messages; their 99th percentile can be told */
    FEWEST = 100,     /* with fewer nothing is said */
    WINDOW_MAX_S = 5, /* for one try, if the rate is low */
    LOWEST_PER_S = ENOUGH / WINDOW_MAX_S, /* rates below are not tried */
    ATTEMPTS_MAX = 64,                    /* two at each of 32 rates */
};

/* What one try has shown. */
struct attempt {
    double rate_per_s;       /* messages due */
    int64_t p99_ns;          /* of the response time */
    bool good;               /* the server made no error */
    enum engine_error error; /* the first one; ENGINE_ERRORS: none */
};

/* The search, from one try to the next. */
struct search {
    const struct arguments *arguments;     /* what is asked */
    bool progress;                         /* print each try */
    struct engine_result result;           /* of the last try */
    struct attempt attempts[ATTEMPTS_MAX]; /* all tries, in order */
    int nattempts;                         /* how many */
    int start_errno; /* a try could not be begun; else 0 */
};

/* The first kind of error in a result, ENGINE_ERRORS if there is none. */
static enum engine_error
first_error(const struct engine_result *result)
{
    int error = 0;
    while (error < ENGINE_ERRORS && result->errors[error] == 0) {
        error++;
    }
    return (enum engine_error)error;
}

static enum slo_outcome
judge(struct search *search, double rate_per_s)
{
    const struct engine_result *result = &search->result;
    int64_t p99_ns = histogram_quantile_ns(&result->response, 0.99);
    if (result->interrupted) {
        return SLO_INTERRUPTED;
    }
    assert(search->nattempts < ATTEMPTS_MAX);
    search->attempts[search->nattempts++] = (struct attempt){
        .rate_per_s = rate_per_s,
        .p99_ns = p99_ns,
        .good = engine_result_good(result),
        .error = first_error(result),
    };
    if (!engine_result_good(result)) {
        return SLO_BROKEN;
    }
    bool kept = p99_ns <= search->arguments->slo_ns && result->served > 0;
    /* A client that was late has made the response times longer, if
     * anything: what is kept all the same is kept. */
    if (kept && result->response.count >= FEWEST) {
        return SLO_KEPT;
    }
    if (engine_result_invalid(result) || kept) {
        return SLO_UNKNOWN;
    }
    return SLO_BROKEN;
}

static void
print_try(const struct search *search, double rate_per_s,
          enum slo_outcome outcome)
{
    static const char *const words[] = {"kept", "broken", "unknown", "end"};
    char rate[UNITS_TEXT_BYTES];
    char p99[UNITS_TEXT_BYTES];
    int64_t p99_ns = histogram_quantile_ns(&search->result.response, 0.99);
    fprintf(stderr, "%10s/s  p99 %-9s %s",
            units_format_count(rate, rate_per_s),
            units_format_time(p99, (double)p99_ns), words[outcome]);
    enum engine_error error = first_error(&search->result);
    if (error != ENGINE_ERRORS) {
        fprintf(stderr, " (%s)", engine_error_name(error));
    }
    fputc('\n', stderr);
}

/* A try takes a second, or what it takes for enough messages; -d says it
 * otherwise. */
static int64_t
window_ns_at(const struct arguments *arguments, double rate_per_s)
{
    double seconds = ENOUGH / rate_per_s;
    if (arguments->has_duration) {
        return arguments->options.window_ns;
    }
    if (seconds > WINDOW_MAX_S) {
        seconds = WINDOW_MAX_S;
    }
    return (int64_t)((seconds < 1 ? 1 : seconds) * 1e9);
}

static enum slo_outcome
try_rate(double rate_per_s, void *arg)
{
    struct search *search = arg;
    struct engine_options options = search->arguments->options;
    options.rate_per_s = rate_per_s;
    options.window_ns = window_ns_at(search->arguments, rate_per_s);
    if (crew_run(&options, search->arguments->threads, &search->result) !=
        0) {
        search->start_errno = errno;
        return SLO_INTERRUPTED;
    }
    enum slo_outcome outcome = judge(search, rate_per_s);
    if (search->progress) {
        print_try(search, rate_per_s, outcome);
    }
    return outcome;
}

/* The last try at a rate, which decided; NULL if there was none. */
static const struct attempt *
last_attempt(const struct search *search, double rate_per_s)
{
    int i = search->nattempts;
    while (i > 0 && search->attempts[i - 1].rate_per_s != rate_per_s) {
        i--;
    }
    return i > 0 ? &search->attempts[i - 1] : NULL;
}

/* Why a rate could not be judged. */
static void
print_unknown(const char *rate, const struct attempt *attempt)
{
    if (attempt->error == ENGINE_CLIENT_LATE) {
        printf("  At %s/s this client itself was too late to tell.\n", rate);
    } else if (attempt->error != ENGINE_ERRORS) {
        printf("  At %s/s this client itself failed: %s.\n", rate,
               engine_error_name(attempt->error));
    } else {
        printf("  At %s/s there were fewer than %d responses, too few to "
               "tell; -d 10s has more.\n",
               rate, FEWEST);
    }
}

/* Why it is not more. */
static void
print_reason(const struct search *search, const struct slo_answer *answer)
{
    const struct attempt *attempt =
        last_attempt(search, answer->failed_per_s);
    char rate[UNITS_TEXT_BYTES];
    char p99[UNITS_TEXT_BYTES];
    units_format_count(rate, answer->failed_per_s);
    if (answer->why == SLO_INTERRUPTED) {
        puts("  The search was interrupted: it may be more.");
    } else if (answer->why == SLO_KEPT || attempt == NULL) {
        puts("  More was not asked for.");
    } else if (answer->why == SLO_UNKNOWN) {
        print_unknown(rate, attempt);
    } else if (attempt->good) {
        printf("  At %s/s it was %s.\n", rate,
               units_format_time(p99, (double)attempt->p99_ns));
    } else {
        printf("  At %s/s the server failed: %s.\n", rate,
               engine_error_name(attempt->error));
    }
}

static void
print_answer(const struct search *search, const struct slo_answer *answer)
{
    char limit[UNITS_TEXT_BYTES];
    char rate[UNITS_TEXT_BYTES];
    const struct engine_options *options = &search->arguments->options;
    units_format_time(limit, (double)search->arguments->slo_ns);
    printf("%s: %d clients, open loop\n", search->arguments->target,
           options->clients);
    if (answer->kept_per_s > 0) {
        printf("  p99 of the response time is within %s up to %s/s.\n", limit,
               units_format_count(rate, answer->kept_per_s));
    } else {
        printf("  No rate was found at which p99 of the response time is "
               "within %s.\n",
               limit);
    }
    print_reason(search, answer);
}

int
search_run(const struct arguments *arguments, bool progress)
{
    static struct search search;
    double max_per_s = arguments->options.rate_per_s;
    double min_per_s = max_per_s / SPAN;
    if (min_per_s < LOWEST_PER_S) {
        min_per_s = max_per_s < LOWEST_PER_S ? max_per_s : LOWEST_PER_S;
    }
    search.arguments = arguments;
    search.progress = progress;
    struct slo_answer answer =
        slo_search(min_per_s, max_per_s, try_rate, &search);
    if (search.start_errno != 0) {
        fprintf(stderr, "load: cannot start: %s\n",
                strerror(search.start_errno));
        return EXIT_NO_MEASURE;
    }
    print_answer(&search, &answer);
    if (answer.kept_per_s > 0) {
        return EXIT_SUCCESS;
    }
    return answer.why == SLO_UNKNOWN ? EXIT_NO_MEASURE : EXIT_FAILURE;
}
