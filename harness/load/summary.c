/*
 * summary.c: what `load` prints at the end.
 */
#include "harness/load/summary.h"

#include <stdlib.h>
#include <string.h>

#include "harness/load/arguments.h"
#include "harness/load/units.h"

enum {
    SYN_AGAIN_NS = 1000 * 1000 * 1000, /* the kernel sends it again */
    NOTABLE_WAIT_NS = 1000 * 1000,     /* worth a sentence */
};

static const char *
red(bool colour)
{
    return colour ? "\033[31m" : "";
}

static const char *
plain(bool colour)
{
    return colour ? "\033[0m" : "";
}

char *
summary_quantile(char *text, const struct histogram *histogram,
                 double quantile)
{
    /* 10 / (1 - p), with a little forgiven for what is not exact in it. */
    if ((double)histogram->count * (1 - quantile) < 10 - 1e-6) {
        snprintf(text, UNITS_TEXT_BYTES, "-");
        return text;
    }
    return units_format_time(
        text, (double)histogram_quantile_ns(histogram, quantile));
}

static void
print_head(FILE *stream, const char *target,
           const struct engine_options *options,
           const struct engine_result *result)
{
    char size[UNITS_TEXT_BYTES];
    char duration[UNITS_TEXT_BYTES];
    units_format_bytes(size, (double)options->message_bytes);
    units_format_time(duration, (double)result->window_ns);
    fprintf(stream, "%s: %d client%s", target, options->clients,
            options->clients == 1 ? "" : "s");
    if (options->silent_clients > 0) {
        fprintf(stream, ", %d silent beside", options->silent_clients);
    }
    fprintf(stream, "%s, %s a message%s%s, %s%s\n",
            options->rate_per_s > 0 ? ", open loop" : "", size,
            options->churn ? ", churn" : "",
            options->handshake ? ", handshake" : "", duration,
            result->interrupted ? " (interrupted)" : "");
}

static void
print_rate(FILE *stream, const struct engine_result *result)
{
    char echoes[UNITS_TEXT_BYTES];
    double seconds = (double)result->window_ns / 1e9;
    if (seconds <= 0) {
        return;
    }
    units_format_count(echoes, (double)result->echoes / seconds);
    fprintf(stream, "  echoes/s    %s (%llu in all)\n", echoes,
            (unsigned long long)result->echoes);
    units_format_number(echoes, (double)result->bytes / 1e6 / seconds);
    fprintf(stream, "  MB/s        %s each way\n", echoes);
}

/* What was asked of the server, and what it did. */
static void
print_offered(FILE *stream, const struct engine_options *options,
              const struct engine_result *result)
{
    char rate[UNITS_TEXT_BYTES];
    double seconds = (double)result->window_ns / 1e9;
    if (seconds <= 0) {
        return;
    }
    units_format_count(rate, (double)result->arrivals / seconds);
    fprintf(stream, "  offered/s   %s (%llu in all, %s)\n", rate,
            (unsigned long long)result->arrivals,
            options->arrivals == SCHEDULE_FIXED ? "fixed gaps" : "poisson");
}

static void
print_latency(FILE *stream, const char *name,
              const struct histogram *histogram)
{
    char p50[UNITS_TEXT_BYTES];
    char p99[UNITS_TEXT_BYTES];
    char p999[UNITS_TEXT_BYTES];
    char max[UNITS_TEXT_BYTES] = "-";
    if (histogram->count > 0) {
        units_format_time(max, (double)histogram->max_ns);
    }
    fprintf(stream, "  %-11s p50 %s   p99 %s   p99.9 %s   max %s\n", name,
            summary_quantile(p50, histogram, 0.5),
            summary_quantile(p99, histogram, 0.99),
            summary_quantile(p999, histogram, 0.999), max);
}

/* In an open loop there are three times, and their difference matters. */
static void
print_times(FILE *stream, const struct engine_options *options,
            const struct engine_result *result)
{
    if (options->rate_per_s == 0) {
        print_latency(stream, "latency", &result->latency);
        return;
    }
    print_latency(stream, "response", &result->response);
    print_latency(stream, "service", &result->latency);
    print_latency(stream, "lag", &result->lag);
    int64_t response_ns = histogram_quantile_ns(&result->response, 0.99);
    int64_t service_ns = histogram_quantile_ns(&result->latency, 0.99);
    if (result->errors[ENGINE_CLIENT_LATE] == 0 &&
        response_ns > 2 * service_ns &&
        response_ns - service_ns > NOTABLE_WAIT_NS) {
        fputs("  note        messages waited for a free client before they "
              "could be sent: users\n              would have felt the "
              "response time, a closed loop sees the service time\n",
              stream);
    }
}

/* The errors of the kinds from `first` up to `end`, if there are any, under
 * the name of who is to blame. */
static void
print_errors(FILE *stream, const struct engine_result *result,
             const char *owner, int first, int end)
{
    bool any = false;
    for (int i = first; i < end; i++) {
        if (result->errors[i] == 0) {
            continue;
        }
        fprintf(stream, "%s %s %llu", any ? "," : owner,
                engine_error_name((enum engine_error)i),
                (unsigned long long)result->errors[i]);
        if (result->error_errno[i] != 0) {
            fprintf(stream, " (%s)", strerror(result->error_errno[i]));
        }
        any = true;
    }
    if (any) {
        fputc('\n', stream);
    }
}

static void
print_mismatch(FILE *stream, const struct engine_result *result)
{
    const struct engine_mismatch *mismatch = &result->mismatch;
    if (result->errors[ENGINE_MISMATCH] == 0 &&
        result->errors[ENGINE_EXTRA_BYTES] == 0) {
        return;
    }
    /* Runs that were saved and added up do not know which it was. */
    if (mismatch->expected == mismatch->got && mismatch->origin[0] == '\0') {
        return;
    }
    fprintf(stream, "  wrong byte  connection %lld, offset %lld: ",
            (long long)mismatch->connection, (long long)mismatch->offset);
    fprintf(stream, "expected 0x%02x, got 0x%02x%s%s\n", mismatch->expected,
            mismatch->got, mismatch->origin[0] != '\0' ? "; " : "",
            mismatch->origin);
}

static void
print_own_cpu(FILE *stream, const struct engine_result *result)
{
    char each[UNITS_TEXT_BYTES];
    if (result->echoes == 0 || result->window_ns <= 0) {
        return;
    }
    units_format_time(each,
                      (double)result->client_cpu_ns / (double)result->echoes);
    fprintf(stream, "  client CPU  %s for each echo, %.0f %% of a CPU\n",
            each,
            100 * (double)result->client_cpu_ns / (double)result->window_ns);
}

static void
print_unfinished(FILE *stream, const struct engine_result *result)
{
    char age[UNITS_TEXT_BYTES];
    fprintf(stream, "  unfinished  %llu without an echo at the end",
            (unsigned long long)result->unfinished);
    if (result->oldest_ns > 0) {
        fprintf(stream, ", the oldest due for %s",
                units_format_time(age, (double)result->oldest_ns));
    }
    fputc('\n', stream);
}

void
summary_print(FILE *stream, const char *target,
              const struct engine_options *options,
              const struct engine_result *result, bool colour)
{
    bool short_of = result->served < result->asked;
    print_head(stream, target, options, result);
    fprintf(stream, "  served      %s%d of %d%s clients\n",
            short_of ? red(colour) : "", result->served, result->asked,
            short_of ? plain(colour) : "");
    if (options->rate_per_s > 0) {
        print_offered(stream, options, result);
    }
    print_rate(stream, result);
    print_times(stream, options, result);
    print_latency(stream, "connect", &result->connect);
    if (result->connect.max_ns >= SYN_AGAIN_NS) {
        fputs("  note        a connect took a second or more: its SYN was "
              "lost, most likely\n              because the backlog of the "
              "server was full\n",
              stream);
    }
    print_own_cpu(stream, result);
    if (result->unfinished > 0) {
        print_unfinished(stream, result);
    }
    if (result->errors[ENGINE_CLIENT_LATE] != 0) {
        fputs("  note        this client was late itself, see lag and client "
              "CPU: these figures\n              say little about the "
              "server\n",
              stream);
    }
    if (engine_result_good(result) && !engine_result_invalid(result)) {
        fputs("  errors      none\n", stream);
        return;
    }
    fputs(red(colour), stream);
    print_errors(stream, result, "  errors      of the server:", 0,
                 ENGINE_SERVER_ERRORS);
    print_errors(stream, result,
                 "  errors      of this client:", ENGINE_SERVER_ERRORS,
                 ENGINE_ERRORS);
    print_mismatch(stream, result);
    fputs(plain(colour), stream);
}

int
summary_exit_status(const struct engine_result *result)
{
    if (result->errors[ENGINE_MISMATCH] != 0 ||
        result->errors[ENGINE_EXTRA_BYTES] != 0) {
        return EXIT_FAILURE;
    }
    if (engine_result_invalid(result)) {
        return EXIT_NO_MEASURE;
    }
    if (engine_result_good(result) && result->interrupted &&
        result->served == 0) {
        return EXIT_NO_MEASURE;
    }
    if (!engine_result_good(result) || result->served == 0) {
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
