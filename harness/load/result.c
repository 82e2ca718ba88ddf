/*
 * result.c: what a run saw: kinds of error, whose fault each is, and sums.
 */
#include <sys/param.h>

#include "harness/load/engine.h"

static const char *const names[ENGINE_ERRORS] = {
    [ENGINE_REFUSED] = "refused",
    [ENGINE_CONNECT_TIMEOUT] = "connect_timeout",
    [ENGINE_RESET] = "reset",
    [ENGINE_EARLY_EOF] = "early_eof",
    [ENGINE_TIMEOUT] = "timeout",
    [ENGINE_MISMATCH] = "mismatch",
    [ENGINE_EXTRA_BYTES] = "extra_bytes",
    [ENGINE_NO_DESCRIPTORS] = "no_descriptors",
    [ENGINE_NO_PORTS] = "no_ports",
    [ENGINE_CLIENT_LATE] = "client_late",
    [ENGINE_CLIENT_TROUBLE] = "client_trouble",
};

const char *
engine_error_name(enum engine_error error)
{
    return names[error];
}

enum engine_error
engine_first_error(const struct engine_result *result,
                   enum engine_error first)
{
    while (first < ENGINE_ERRORS && result->errors[first] == 0) {
        first++;
    }
    return first;
}

bool
engine_result_good(const struct engine_result *result)
{
    return engine_first_error(result, 0) >= ENGINE_SERVER_ERRORS;
}

bool
engine_result_invalid(const struct engine_result *result)
{
    return engine_first_error(result, ENGINE_SERVER_ERRORS) != ENGINE_ERRORS;
}

bool
engine_has_wrong_byte(const struct engine_result *result)
{
    return result->errors[ENGINE_MISMATCH] != 0 ||
           result->errors[ENGINE_EXTRA_BYTES] != 0;
}

void
engine_add_errors(struct engine_result *into,
                  const struct engine_result *from)
{
    if (!engine_has_wrong_byte(into)) {
        into->mismatch = from->mismatch;
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (into->errors[i] == 0) {
            into->error_errno[i] = from->error_errno[i];
        }
        into->errors[i] += from->errors[i];
    }
    into->turned_away += from->turned_away;
}

void
crew_add_result(struct engine_result *into, const struct engine_result *from)
{
    engine_add_errors(into, from);
    into->asked += from->asked;
    into->connected += from->connected;
    into->served += from->served;
    into->served_speaking += from->served_speaking;
    into->echoes += from->echoes;
    into->echoes_total += from->echoes_total;
    into->bytes += from->bytes;
    into->unfinished += from->unfinished;
    into->stalled += from->stalled;
    into->stalled_inside += from->stalled_inside;
    into->stalled_behind += from->stalled_behind;
    into->arrivals += from->arrivals;
    into->client_cpu_ns += from->client_cpu_ns;
    into->window_ns = MAX(into->window_ns, from->window_ns);
    into->overslept_ns = MAX(into->overslept_ns, from->overslept_ns);
    into->oldest_ns = MAX(into->oldest_ns, from->oldest_ns);
    into->interrupted = into->interrupted || from->interrupted;
    histogram_merge(&into->latency, &from->latency);
    histogram_merge(&into->response, &from->response);
    histogram_merge(&into->lag, &from->lag);
    histogram_merge(&into->connect, &from->connect);
}
