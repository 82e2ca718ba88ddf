/*
 * measure.c: what is measured, started and made ready. See measure.h.
 */
#include "harness/compare/measure.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/base.h"

enum {
    SETTLE_LOOK_NS = 2 * 1000 * 1000,   /* between looks at its CPU time */
    SETTLE_BUSY_NS = 20 * 1000,         /* more than that is no rest */
    SETTLE_MAX_NS = 1000 * 1000 * 1000, /* for a server that never rests */
    FLAG_BYTES = 64
};

void
measure_identify(const struct turn *turn, struct life *life)
{
    const struct scenario *scenario = turn->scenario;
    const struct layout *layout = &turn->lives->cell->layout;

    life_clear(life);
    snprintf(life->scenario, sizeof life->scenario, "%s", scenario->name);
    snprintf(life->model, sizeof life->model, "%s", turn->contender->name);
    snprintf(life->layout, sizeof life->layout, "%s", layout->name);
    life->clients = scenario_asked(scenario);
    life->silent = scenario->silent;
    life->life = turn->lives->life;
    life->ask_silent = scenario->ask_silent;
    life->churn = scenario->churn;
    life->handshake = scenario->handshake;
    life->cpus = layout->server_cpus;
    life->delay_ms = scenario->delay_ms;
    life->work_us = scenario->work_us;
    life->message_bytes = scenario->message_bytes;
}

int
measure_start_server(struct turn *turn, const char *const *prefix,
                     char reason[SERVER_REASON_BYTES])
{
    const struct options *options = turn->lives->options;
    const struct scenario *scenario = turn->scenario;
    char address[FLAG_BYTES];
    char delay[FLAG_BYTES];
    char work[FLAG_BYTES];
    /* Our own servers get the flags of the scenario. */
    const struct {
        bool given;
        const char *flag;
    } flags[] = {
        {true, turn->contender->path},
        {true, "--port=0"},
        {true, "--stats"},
        {turn->contender->flag, turn->contender->flag},
        {options->host, address},
        {scenario->handshake, "--handshake"},
        {scenario->delay_ms > 0, delay},
        {scenario->work_us > 0, work},
    };
    struct server_order server_order = {
        .cpus = &turn->lives->cell->layout.server,
        .start_timeout_ns = options->start_timeout_ns,
        .interrupted = &turn->lives->shared->interrupted,
        .launcher = options->launcher,
        .host = options->host,
        .command = turn->contender->command,
    };
    size_t n = 0;

    snprintf(address, sizeof address, "--address=%s", options->host);
    snprintf(delay, sizeof delay, "--delay=%d", scenario->delay_ms);
    snprintf(work, sizeof work, "--work=%d", scenario->work_us);
    for (; prefix && prefix[n]; n++) {
        server_order.arguments[n] = prefix[n];
    }
    for (size_t i = 0;
         i < sizeof flags / sizeof flags[0] && !server_order.command; i++) {
        if (flags[i].given) {
            server_order.arguments[n++] = flags[i].flag;
        }
    }
    return server_start(&turn->server, &server_order, reason);
}

void
measure_set_load(const struct turn *turn, struct engine_options *options)
{
    const struct scenario *scenario = turn->scenario;
    const char *layout = turn->lives->cell->layout.name;

    *options = (struct engine_options){
        .address = turn->server.address,
        .address_bytes = turn->server.address_bytes,
        .clients = scenario->clients,
        .silent_clients = scenario->silent,
        .ask_silent = scenario->ask_silent,
        .message_bytes = scenario->message_bytes,
        .churn = scenario->churn,
        .handshake = scenario->handshake,
        .arrivals = SCHEDULE_POISSON,
        .spin_ns = strcmp(layout, "split") == 0 ? ENGINE_SPIN_NS : 0,
        .interrupted = &turn->lives->shared->interrupted,
    };
}

void
measure_settle(const struct turn *turn)
{
    const struct server *server = &turn->server;
    /* Who serves in vain those who have left uses CPU once in each delay. */
    const int64_t look_ns =
        SETTLE_LOOK_NS + 2 * NS_PER_MS * turn->scenario->delay_ms;
    const struct timespec pause = {.tv_sec = look_ns / NS_PER_S,
                                   .tv_nsec = look_ns % NS_PER_S};
    int64_t before_ns = server_cpu_ns(server);

    for (int64_t i = 0; i < SETTLE_MAX_NS / look_ns; i++) {
        int64_t now_ns;

        nanosleep(&pause, NULL);
        now_ns = server_cpu_ns(server);
        if (now_ns - before_ns < SETTLE_BUSY_NS &&
            !server_is(server, SERVER_BUSY)) {
            return;
        }
        before_ns = now_ns;
    }
}
