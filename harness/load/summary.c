/*
 * summary.c: what `load` prints at the end: rows of a label and a value.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/load/load.h"

enum {
    SYN_AGAIN_NS = 1000 * 1000 * 1000, /* the kernel sends it again */
    NOTABLE_WAIT_NS = 1000 * 1000,     /* worth a sentence */
};

#define RED   "\033[31m"
#define PLAIN "\033[0m"

static void
print_head(const char *target, const struct saved_run *run)
{
    const struct engine_options *options = &run->options;
    printf("%s: %d client%s", target, options->clients,
           options->clients == 1 ? "" : "s");
    if (options->silent_clients > 0) {
        printf(", %d silent beside", options->silent_clients);
    }
    printf("%s, %s a message%s%s%s, %s%s\n",
           options->rate_per_s > 0 ? ", open loop" : "",
           BYTES_TEXT(options->message_bytes),
           options->churn ? ", churn" : "",
           options->handshake ? ", handshake" : "",
           options->drip ? ", a byte a segment" : "",
           TIME_TEXT(run->result.window_ns),
           run->result.interrupted ? " (interrupted)" : "");
}

static void
print_rates(const struct saved_run *run)
{
    const struct engine_result *result = &run->result;
    double seconds = (double)result->window_ns / NS_PER_S;
    if (run->options.rate_per_s > 0) {
        printf("  offered/s   %s (%llu in all, %s)\n",
               COUNT_TEXT((double)result->arrivals / seconds),
               (unsigned long long)result->arrivals,
               run->options.arrivals == SCHEDULE_FIXED ? "fixed gaps"
                                                       : "poisson");
    }
    printf("  echoes/s    %s (%llu in all)\n",
           COUNT_TEXT((double)result->echoes / seconds),
           (unsigned long long)result->echoes);
    printf("  MB/s        %s each way\n",
           units_format_number(UNITS_TEXT,
                               (double)result->bytes / 1e6 / seconds));
}

static void
print_latency(const char *label, const struct histogram *histogram)
{
    printf("  %-11s p50 %s   p99 %s   p99.9 %s   max %s\n", label,
           TIME_TEXT(histogram_known_ns(histogram, 0.5)),
           TIME_TEXT(histogram_known_ns(histogram, 0.99)),
           TIME_TEXT(histogram_known_ns(histogram, 0.999)),
           histogram->count > 0 ? TIME_TEXT(histogram->max_ns) : "-");
}

/* In an open loop there are three times, and their difference matters. */
static void
print_times(const struct saved_run *run)
{
    const struct engine_result *result = &run->result;
    if (run->options.rate_per_s == 0) {
        print_latency("latency", &result->latency);
    } else {
        int64_t response_ns = histogram_quantile_ns(&result->response, 0.99);
        int64_t service_ns = histogram_quantile_ns(&result->latency, 0.99);
        print_latency("response", &result->response);
        print_latency("service", &result->latency);
        print_latency("lag", &result->lag);
        if (result->errors[ENGINE_CLIENT_LATE] == 0 &&
            response_ns > 2 * service_ns &&
            response_ns - service_ns > NOTABLE_WAIT_NS) {
            puts("  note        messages waited for a free client: users "
                 "would have felt the\n"
                 "              response time, a closed loop sees the "
                 "service time");
        }
    }
    print_latency("connect", &result->connect);
    if (result->connect.max_ns >= SYN_AGAIN_NS) {
        puts("  note        a connect took a second or more: its SYN was "
             "lost, most likely\n"
             "              because the backlog of the server was full");
    }
}

static void
print_client(const struct engine_result *result)
{
    double cpu_ns = (double)result->client_cpu_ns;
    if (result->echoes != 0) {
        printf("  client CPU  %s for each echo, %.0f %% of a CPU\n",
               TIME_TEXT(cpu_ns / (double)result->echoes),
               100 * cpu_ns / (double)result->window_ns);
    }
    if (result->unfinished > 0) {
        bool dated = result->oldest_ns > 0;
        printf("  unfinished  %llu without an echo at the end%s%s\n",
               (unsigned long long)result->unfinished,
               dated ? ", the oldest due for " : "",
               dated ? TIME_TEXT(result->oldest_ns) : "");
    }
    if (result->errors[ENGINE_CLIENT_LATE] != 0) {
        puts("  note        this client was late itself, see lag and client "
             "CPU: these figures\n"
             "              say little about the server");
    }
}

/* The errors of the kinds from `first` up to `end`, if there are any, behind
 * the name of who is to blame. */
static void
print_errors(const struct engine_result *result, const char *owner,
             enum engine_error first, enum engine_error end)
{
    enum engine_error error = engine_first_error(result, first);
    const char *before = "";
    if (error >= end) {
        return;
    }
    printf("  errors      of %s: ", owner);
    for (; error < end; error = engine_first_error(result, error + 1)) {
        printf("%s%s %llu", before, engine_error_name(error),
               (unsigned long long)result->errors[error]);
        if (result->error_errno[error] != 0) {
            printf(" (%s)", strerror(result->error_errno[error]));
        }
        before = ", ";
    }
    putchar('\n');
}

static void
print_wrong_byte(const struct engine_result *result)
{
    const struct engine_mismatch *mismatch = &result->mismatch;
    bool differs = mismatch->expected != mismatch->got;
    bool explained = mismatch->origin[0] != '\0';
    /* Runs that were saved and added up do not know which it was. */
    if (!engine_has_wrong_byte(result) || (!differs && !explained)) {
        return;
    }
    printf("  wrong byte  connection %lld, offset %lld: ",
           (long long)mismatch->connection, (long long)mismatch->offset);
    if (differs) {
        printf("expected 0x%02x, ", mismatch->expected);
    }
    /* One that came too early, or too often, may be the right one. */
    printf("got 0x%02x%s%s\n", mismatch->got, explained ? "; " : "",
           mismatch->origin);
}

bool
is_terminal(FILE *file)
{
    const char *terminal = getenv("TERM");
    return isatty(fileno(file)) &&
           (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

bool
wants_colour(FILE *file)
{
    const char *no_colour = getenv("NO_COLOR");
    return is_terminal(file) && (no_colour == NULL || no_colour[0] == '\0');
}

void
summary_print(const char *target, const struct saved_run *run)
{
    const struct engine_result *result = &run->result;
    bool colour = wants_colour(stdout);
    bool red = colour && result->served < result->asked;
    print_head(target, run);
    printf("  served      %s%d of %d%s clients\n", red ? RED : "",
           result->served, result->asked, red ? PLAIN : "");
    print_rates(run);
    print_times(run);
    print_client(result);
    if (engine_result_good(result) && !engine_result_invalid(result)) {
        puts("  errors      none");
        return;
    }
    fputs(colour ? RED : "", stdout);
    print_errors(result, "the server", 0, ENGINE_SERVER_ERRORS);
    print_errors(result, "this client", ENGINE_SERVER_ERRORS, ENGINE_ERRORS);
    print_wrong_byte(result);
    fputs(colour ? PLAIN : "", stdout);
}

int
summary_exit_status(const struct engine_result *result)
{
    bool invalid = engine_result_invalid(result);
    /* A connection that the server has ended is ended, late as we may be. */
    if (engine_has_wrong_byte(result) || result->errors[ENGINE_RESET] != 0 ||
        result->errors[ENGINE_EARLY_EOF] != 0 ||
        (!invalid && !engine_result_good(result))) {
        return EXIT_FAILURE;
    }
    return invalid || (result->served == 0 && result->interrupted)
               ? EXIT_NO_MEASURE
           : result->served > 0 ? EXIT_SUCCESS
                                : EXIT_FAILURE;
}
