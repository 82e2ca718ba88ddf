/*
 * judge.c: from what was seen to what a life says. See measure.h.
 */
#include "harness/compare/measure.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/base/base.h"

/* Of a CPU, in the slices of others: more than a server that waits takes. */
#define ELSEWHERE_PERCENT_MAX 1.0

static double
ratio(double value, double by)
{
    return by > 0 ? value / by : NAN;
}

/* NAN where fewer than ten values lie beyond it: such a quantile is luck. */
static double
quantile_us(const struct histogram *latency, double quantile)
{
    if ((double)latency->count * (1 - quantile) < 9.999) {
        return NAN;
    }
    return (double)histogram_quantile_ns(latency, quantile) / 1000;
}

static void
fill_latency(struct life *life, const struct histogram *latency)
{
    double *figure = life->figure;

    figure[LIFE_P50_US] = quantile_us(latency, 0.5);
    figure[LIFE_P99_US] = quantile_us(latency, 0.99);
    figure[LIFE_P999_US] = quantile_us(latency, 0.999);
    if (latency->count > 0) {
        figure[LIFE_MEAN_US] = histogram_mean_ns(latency) / 1000;
        figure[LIFE_MAX_US] = (double)latency->max_ns / 1000;
    }
}

/* Beside the response time, which is in the place of the latency. Messages
 * and echoes are counted over the same time. */
static void
fill_open_loop(struct life *life, const struct engine_result *result)
{
    double *figure = life->figure;

    figure[LIFE_OFFERED_PER_S] =
        ratio((double)result->arrivals, figure[LIFE_SECONDS]);
    figure[LIFE_REACHED_SHARE] =
        ratio((double)result->echoes, (double)result->arrivals);
    figure[LIFE_SERVICE_P50_US] = quantile_us(&result->latency, 0.5);
    figure[LIFE_SERVICE_P99_US] = quantile_us(&result->latency, 0.99);
    figure[LIFE_LAG_P99_US] = quantile_us(&result->lag, 0.99);
}

/*
 * Those of the whole life, which wait4 gives, hold the start of the server
 * and of its threads as well; they must do where threads come and go. Without
 * an echo in the slices there is nothing to say, whatever the first run did.
 */
static double
switches_per_echo(const struct measurement *measurement,
                  const struct server *server)
{
    uint64_t all_echoes =
        measurement->first.echoes_total + measurement->result.echoes_total;

    if (measurement->result.echoes == 0) {
        return NAN;
    }
    if (measurement->switches >= 0) {
        return ratio((double)measurement->switches,
                     (double)measurement->switches_echoes);
    }
    return server->switches < 0
               ? NAN
               : ratio((double)server->switches, (double)all_echoes);
}

/* Who used up its CPU; the shares are of one CPU. */
static const char *
bound_by(const struct life *life, double server_share, double client_share)
{
    const char *larger = server_share > client_share ? "server" : "client";
    bool shared = strcmp(life->layout, "shared") == 0;
    double cpus = shared ? 1 : life->cpus;

    if (!shared && (server_share >= 0.9 || client_share >= 0.9)) {
        return larger;
    }
    if (strcmp(life->layout, "split") != 0 &&
        server_share + client_share >= 0.9 * cpus) {
        return shared ? "CPU" : larger;
    }
    return "waiting";
}

static void
fill_costs(struct life *life, const struct measurement *measurement,
           const struct server *server)
{
    const struct engine_result *result = &measurement->result;
    double echoes = (double)result->echoes;
    double window_ns = (double)result->window_ns;
    double server_ns = (double)measurement->server_cpu_ns;
    double client_ns = (double)result->client_cpu_ns;
    double *figure = life->figure;
    double held = result->served - measurement->held_before;

    /* Silent clients are among the served where they are asked. */
    if (!measurement->ask_silent && result->served > 0) {
        held += life->silent;
    }
    figure[LIFE_BASE_RSS_KIB] = measurement->base_rss_kib;
    figure[LIFE_CLIENT_CPU_US_PER_ECHO] = ratio(client_ns / 1000, echoes);
    /* What children of a server did is seen by neither its CPU clock nor its
     * memory map; better no number than a wrong one. */
    if (measurement->forks || measurement->server_cpu_ns < 0) {
        return;
    }
    figure[LIFE_SERVER_CPU_US_PER_ECHO] = ratio(server_ns / 1000, echoes);
    figure[LIFE_FAULTS_PER_ECHO] =
        ratio(measurement->faults, (double)measurement->switches_echoes);
    figure[LIFE_THREADS] = measurement->threads;
    figure[LIFE_SWITCHES_PER_ECHO] = switches_per_echo(measurement, server);
    if (held >= 1) {
        figure[LIFE_RSS_KIB_PER_CLIENT] =
            (measurement->rss_kib - measurement->base_rss_kib) / held;
        figure[LIFE_BUSY_RSS_KIB_PER_CLIENT] =
            (measurement->busy_rss_kib - measurement->base_rss_kib) / held;
        figure[LIFE_STACK_KIB_PER_CLIENT] =
            (measurement->threads - measurement->base_threads) *
            measurement->stack_kib / (held + measurement->held_before);
    }
    if (window_ns > 0) {
        snprintf(
            life->bound_by, sizeof life->bound_by, "%s",
            bound_by(life, server_ns / window_ns, client_ns / window_ns));
    }
}

static void
add_note(struct life *life, const char *format, ...)
{
    size_t length = strlen(life->note);
    va_list args;

    if (length > 0) {
        length += (size_t)snprintf(life->note + length,
                                   sizeof life->note - length, "; ");
    }
    if (length < sizeof life->note) {
        va_start(args, format);
        vsnprintf(life->note + length, sizeof life->note - length, format,
                  args);
        va_end(args);
    }
}

/* What the reader must know of a life that may well be good. A connect
 * without an answer has broken nothing: the client was never let in. */
static void
fill_note(struct life *life, const struct measurement *measurement)
{
    uint64_t outside = measurement->result.errors[ENGINE_CONNECT_TIMEOUT];

    if (outside > 0) {
        add_note(life,
                 "%llu client%s could not connect, most likely its backlog "
                 "is full",
                 (unsigned long long)outside, outside == 1 ? "" : "s");
    }
    if (measurement->unseen) {
        add_note(life, "the launcher put its process out of sight, so "
                       "neither its CPU nor its memory is measured");
    } else if (measurement->forks) {
        add_note(life, "its CPU is spent in child processes, which are "
                       "not counted");
    }
    if (measurement->moved) {
        add_note(life, "it was put on other CPUs than this row's, so the "
                       "floor and the client may be on another one");
    }
    if (measurement->elsewhere_percent > ELSEWHERE_PERCENT_MAX) {
        add_note(life, "it used %.0f %% of a CPU while others were measured",
                 measurement->elsewhere_percent);
    }
}

void
judge_fill(struct life *life, const struct measurement *measurement,
           const struct server *server)
{
    const struct engine_result *result = &measurement->result;
    double *figure = life->figure;
    uint64_t errors = 0;

    figure[LIFE_START_MS] = server->start_ms;
    server_last_line(server->output, life->stats, sizeof life->stats);
    if (life->stats[0] != '{') {
        life->stats[0] = '\0';
    }
    if (measurement->engine_errno != 0) {
        return;
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        life->errors[i] = result->errors[i];
        if (i < ENGINE_SERVER_ERRORS && i != ENGINE_CONNECT_TIMEOUT) {
            errors += result->errors[i];
        }
    }
    figure[LIFE_ASKED] = result->asked;
    figure[LIFE_SERVED] = result->served;
    figure[LIFE_CONNECTED] = result->connected;
    figure[LIFE_UNFINISHED] = (double)result->unfinished;
    figure[LIFE_ERRORS] = (double)errors;
    figure[LIFE_ECHOES] = (double)result->echoes;
    figure[LIFE_SECONDS] = (double)result->window_ns / 1e9;
    figure[LIFE_ECHOES_PER_S] =
        ratio((double)result->echoes, figure[LIFE_SECONDS]);
    figure[LIFE_FAIRNESS] = result->fairness;
    if (result->served == 0) {
        figure[LIFE_ECHOES_PER_S] = 0;
    }
    if (measurement->first.unfinished == 0 && result->unfinished == 0 &&
        measurement->life_echoes > 0 && engine_result_good(result)) {
        figure[LIFE_CLIENT_BYTES] = (double)(measurement->first.echoes_total +
                                             measurement->life_echoes) *
                                    (double)life->message_bytes;
    }
    if (life->rate_per_s > 0) {
        fill_latency(life, &result->response);
        fill_open_loop(life, result);
    } else {
        fill_latency(life, &result->latency);
    }
    fill_costs(life, measurement, server);
    fill_note(life, measurement);
    if (measurement->unseen) {
        snprintf(life->layout, sizeof life->layout, "apart");
    }
}

void
judge_merge(struct measurement *measurement)
{
    const struct engine_result *first = &measurement->first;
    struct engine_result *result = &measurement->result;

    if (first->errors[ENGINE_MISMATCH] + first->errors[ENGINE_EXTRA_BYTES] >
        0) {
        result->mismatch = first->mismatch;
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (first->errors[i] > 0) {
            result->errors[i] += first->errors[i];
            result->error_errno[i] = first->error_errno[i];
        }
    }
    result->turned_away += first->turned_away;
    /* These count clients, and those of the first run came again. */
    if (result->stalled < first->stalled) {
        result->stalled = first->stalled;
        result->stalled_inside = first->stalled_inside;
        result->stalled_behind = first->stalled_behind;
    }
}

/* How many kinds of trouble the client had itself. */
static int
own_errors(const struct engine_result *result)
{
    int kinds = 0;

    for (int i = ENGINE_SERVER_ERRORS; i < ENGINE_ERRORS; i++) {
        kinds += result->errors[i] > 0;
    }
    return kinds;
}

/* What made the client late, so that one knows what to do about it. */
static void
describe_lateness(char *text, size_t text_bytes,
                  const struct engine_result *result)
{
    double used = (double)result->client_cpu_ns / (double)result->window_ns;
    int64_t lag_ns = histogram_quantile_ns(&result->lag, 0.99);
    char time[UNITS_TEXT_BYTES];

    if (used > ENGINE_CPU_SHARE_MAX) {
        snprintf(text, text_bytes,
                 "the client was late itself (it used %.0f %% of its CPU)",
                 100 * used);
    } else if (lag_ns > ENGINE_LAG_MAX_NS) {
        units_format_time(time, (double)lag_ns);
        snprintf(text, text_bytes,
                 "the client was late itself (p99 of its lag: %s)", time);
    } else if (result->overslept_ns > 0) {
        units_format_time(time, (double)result->overslept_ns);
        snprintf(text, text_bytes,
                 "the client was late itself (it was not woken for %s)",
                 time);
    } else {
        snprintf(text, text_bytes,
                 "the client was late itself (it slept through the end of "
                 "its life)");
    }
}

/* "12 reset (Connection reset by peer), 3 early_eof". */
static void
describe_errors(char *text, size_t text_bytes,
                const struct engine_result *result, int from, int to)
{
    size_t length = 0;

    text[0] = '\0';
    for (int i = from; i < to && length < text_bytes; i++) {
        int error = result->error_errno[i];

        if (result->errors[i] == 0) {
            continue;
        }
        length += (size_t)snprintf(
            text + length, text_bytes - length, "%s%llu %s%s%s%s",
            length > 0 ? ", " : "", (unsigned long long)result->errors[i],
            engine_error_name(i), error ? " (" : "",
            error ? strerror(error) : "", error ? ")" : "");
    }
}

/* Connections that the server should have kept. A connect that was never
 * answered is a client not served, which is no failure. */
static uint64_t
broken(const struct engine_result *result)
{
    return result->errors[ENGINE_REFUSED] + result->errors[ENGINE_RESET] +
           result->errors[ENGINE_EARLY_EOF] + result->errors[ENGINE_TIMEOUT];
}

/* How many clients the server says that it turned away because its model
 * cannot hold them; but no more than were turned away before a byte came
 * back, because whom it has served it cannot refuse any more. */
static uint64_t
refused_by_design(const struct life *life, const struct engine_result *result)
{
    uint64_t said;
    json_t *stats = json_loads(life->stats, 0, NULL);
    json_int_t refused =
        json_integer_value(json_object_get(stats, "refused"));

    json_decref(stats);
    said = refused > 0 ? (uint64_t)refused : 0;
    return said < result->turned_away ? said : result->turned_away;
}

/* "stopped answering: 3 of 16 clients wait for the rest of an echo". Who has
 * its whole echo has been answered, but no server may keep its connection. */
static void
describe_stall(char *text, size_t text_bytes,
               const struct engine_result *result)
{
    int inside = result->stalled_inside;
    int stalled = result->stalled - result->stalled_behind;

    if (stalled <= 0) {
        snprintf(text, text_bytes,
                 "does not end connections: %d of %d clients have ended "
                 "their side and wait for the server to end its own",
                 result->stalled_behind, result->asked);
    } else if (inside == 0 || inside == stalled) {
        snprintf(text, text_bytes,
                 "stopped answering: %d of %d clients wait for %s", stalled,
                 result->asked,
                 inside > 0 ? "the rest of an echo" : "their next echo");
    } else {
        snprintf(text, text_bytes,
                 "stopped answering: %d of %d clients wait for their next "
                 "echo, %d of them for the rest of it",
                 stalled, result->asked, inside);
    }
}

/* Beside a silent client it is no failure to serve nobody, if the server has
 * served the one client that was alone with it. */
static bool
never_answered(const struct life *life, const struct measurement *measurement)
{
    return measurement->result.served == 0 &&
           (life->silent == 0 || measurement->first.served == 0);
}

void
judge_status(struct life *life, const struct measurement *measurement,
             const struct server *server, bool ours)
{
    const struct engine_result *result = &measurement->result;
    const struct engine_mismatch *wrong = &result->mismatch;
    char text[RESULTS_REASON_BYTES];

    if (result->errors[ENGINE_MISMATCH] + result->errors[ENGINE_EXTRA_BYTES] >
        0) {
        life_fail(life, LIFE_FAILED,
                  "wrong byte on connection %lld at offset %lld: 0x%02x "
                  "was sent, 0x%02x came back%s%s",
                  (long long)wrong->connection, (long long)wrong->offset,
                  wrong->expected, wrong->got,
                  wrong->origin[0] ? "; it looks like " : "", wrong->origin);
    } else if (server->ended_early) {
        server_describe_end(server, text);
        life_fail(life, LIFE_FAILED, "%s", text);
    } else if (measurement->engine_errno != 0) {
        life_fail(life, LIFE_INVALID, "the client failed: %s",
                  strerror(measurement->engine_errno));
    } else if (result->errors[ENGINE_CLIENT_LATE] > 0 &&
               own_errors(result) == 1) {
        describe_lateness(text, sizeof text, result);
        life_fail(life, LIFE_INVALID, "%s", text);
    } else if (engine_result_invalid(result)) {
        describe_errors(text, sizeof text, result, ENGINE_SERVER_ERRORS,
                        ENGINE_ERRORS);
        life_fail(life, LIFE_INVALID, "trouble of the client's own: %s",
                  text);
    } else if (broken(result) >
               (ours ? refused_by_design(life, result) : 0)) {
        describe_errors(text, sizeof text, result, 0, ENGINE_SERVER_ERRORS);
        life_fail(life, LIFE_FAILED, "broke connections: %s", text);
    } else if (result->stalled > 0) {
        describe_stall(text, sizeof text, result);
        life_fail(life, LIFE_FAILED, "%s", text);
    } else if (never_answered(life, measurement)) {
        life_fail(life, LIFE_FAILED, "never answered%s%s",
                  life->note[0] ? "; " : "", life->note);
    } else if (ours && (server->killed || !WIFEXITED(server->wait_status) ||
                        WEXITSTATUS(server->wait_status) != 0)) {
        server_describe_end(server, text);
        life_fail(life, LIFE_FAILED, "at the stop: %s", text);
    }
}
