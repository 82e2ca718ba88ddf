/*
 * measure.c: what is measured, started and made ready. See measure.h.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/server.h"
#include "harness/load/engine.h"

enum {
    SETTLE_LOOK_NS = 2 * 1000 * 1000,   /* between looks at its CPU time */
    SETTLE_BUSY_NS = 20 * 1000,         /* more than that is no rest */
    SETTLE_MAX_NS = 1000 * 1000 * 1000, /* for a server that never rests */
};

void
measure_identify(const struct measure_order *order, struct life *life)
{
    const struct scenario *scenario = order->scenario;

    life_clear(life);
    snprintf(life->scenario, sizeof life->scenario, "%s", scenario->name);
    snprintf(life->model, sizeof life->model, "%s", order->contender->name);
    snprintf(life->layout, sizeof life->layout, "%s", order->layout->name);
    life->clients = scenario_asked(scenario);
    life->silent = scenario->silent;
    life->life = order->life;
    life->ask_silent = scenario->ask_silent;
    life->churn = scenario->churn;
    life->handshake = scenario->handshake;
    life->cpus = order->layout->server_cpus;
    life->delay_ms = scenario->delay_ms;
    life->work_us = scenario->work_us;
    life->message_bytes = scenario->message_bytes;
    if (order->rate) {
        life->rate_per_s = order->rate->rate_per_s;
        life->rate_of_per_s = order->rate->of_per_s;
        snprintf(life->rate_of, sizeof life->rate_of, "%s", order->rate->of);
    }
}

/* The command line: our own servers get the flags of the scenario. */
static void
order_server(const struct measure_order *order, const char *const *prefix,
             struct server_order *server_order, char *path, size_t path_bytes,
             char flags[3][64])
{
    const struct scenario *scenario = order->scenario;
    int n = 0;

    memset(server_order, 0, sizeof *server_order);
    server_order->cpus = &order->layout->server;
    server_order->start_timeout_ns = order->start_timeout_ns;
    server_order->interrupted = order->interrupted;
    server_order->launcher = order->launcher;
    server_order->host = order->host;
    for (; prefix && prefix[n]; n++) {
        server_order->arguments[n] = prefix[n];
    }
    if (order->contender->kind == CONTENDER_FOREIGN) {
        server_order->command = order->contender->command;
        return;
    }
    contender_find(order->contender, order->bin, path, path_bytes);
    server_order->arguments[n++] = path;
    server_order->arguments[n++] = "--port=0";
    server_order->arguments[n++] = "--stats";
    if (order->contender->flag) {
        server_order->arguments[n++] = order->contender->flag;
    }
    if (order->host) {
        snprintf(flags[2], sizeof flags[2], "--address=%s", order->host);
        server_order->arguments[n++] = flags[2];
    }
    if (scenario->handshake) {
        server_order->arguments[n++] = "--handshake";
    }
    if (scenario->delay_ms > 0) {
        snprintf(flags[0], sizeof flags[0], "--delay=%d", scenario->delay_ms);
        server_order->arguments[n++] = flags[0];
    }
    if (scenario->work_us > 0) {
        snprintf(flags[1], sizeof flags[1], "--work=%d", scenario->work_us);
        server_order->arguments[n++] = flags[1];
    }
}

int
measure_start_server(const struct measure_order *order, struct server *server,
                     const char *const *prefix,
                     char reason[SERVER_REASON_BYTES])
{
    struct server_order server_order;
    char path[4096];
    char flags[3][64];

    order_server(order, prefix, &server_order, path, sizeof path, flags);
    return server_start(server, &server_order, reason);
}

void
measure_identify_slice(const struct measure_order *order,
                       const struct grid_point *rate, int block,
                       struct slice *slice)
{
    memset(slice, 0, sizeof *slice);
    snprintf(slice->scenario, sizeof slice->scenario, "%s",
             order->scenario->name);
    snprintf(slice->model, sizeof slice->model, "%s", order->contender->name);
    slice->clients = scenario_asked(order->scenario);
    slice->rate_per_s = rate ? rate->rate_per_s : 0;
    slice->life = order->life;
    slice->block = block;
}

void
measure_add_floor(struct life *life, double floor_us)
{
    life->figure[LIFE_FLOOR_US] = floor_us;
    life->figure[LIFE_CPU_OVER_FLOOR] =
        life->figure[LIFE_SERVER_CPU_US_PER_ECHO] / floor_us;
}

bool
measure_has_moved(const struct measure_order *order,
                  const struct server *server)
{
    cpu_set_t cpus;

    return server->pid != 0 &&
           sched_getaffinity(server->pid, sizeof cpus, &cpus) == 0 &&
           !CPU_EQUAL(&cpus, &order->layout->server);
}

void
measure_set_load(const struct measure_order *order,
                 const struct server *server, struct engine_options *options)
{
    const struct scenario *scenario = order->scenario;

    memset(options, 0, sizeof *options);
    options->address = server->address;
    options->address_bytes = server->address_bytes;
    options->clients = scenario->clients;
    options->silent_clients = scenario->silent;
    options->ask_silent = scenario->ask_silent;
    options->message_bytes = scenario->message_bytes;
    options->churn = scenario->churn;
    options->handshake = scenario->handshake;
    options->arrivals = SCHEDULE_POISSON;
    if (strcmp(order->layout->name, "split") == 0) {
        options->spin_ns = ENGINE_SPIN_NS;
    }
}

void
measure_settle(const struct measure_order *order, const struct server *server)
{
    /* Who serves in vain those who have left uses CPU once in each delay. */
    const int64_t look_ns =
        SETTLE_LOOK_NS + INT64_C(2000000) * order->scenario->delay_ms;
    const struct timespec pause = {.tv_sec = look_ns / 1000000000,
                                   .tv_nsec = look_ns % 1000000000};
    int64_t before_ns = server_cpu_ns(server);

    for (int64_t i = 0; i < SETTLE_MAX_NS / look_ns; i++) {
        int64_t now_ns;

        nanosleep(&pause, NULL);
        now_ns = server_cpu_ns(server);
        if (now_ns - before_ns < SETTLE_BUSY_NS && !server_is(server, "RD")) {
            return;
        }
        before_ns = now_ns;
    }
}
