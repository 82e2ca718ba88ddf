/*
 * scenarios.c: the table of what is measured. See plan.h.
 *
 * To add a scenario, add a line; what is said of it hangs on its properties,
 * in harness/report/facts.c.
 */
#include "harness/compare/plan.h"

#include "harness/report/report.h"

#define EVERY_MODE   (MODE_DEFAULT | MODE_QUICK | MODE_FULL)
#define LONGER_MODES (MODE_DEFAULT | MODE_FULL)

/* A row: the name, seconds in the default run, clients that speak, bytes of a
 * message, and the modes that it is part of; then what is special. */
#define SCENARIO(name_, seconds_, clients_, message_bytes_, ...)             \
    {                                                                        \
        .name = (name_), .seconds = (seconds_), .load.clients = (clients_),  \
        .load.message_bytes = (message_bytes_), .modes = __VA_ARGS__         \
    }

const struct scenario scenarios[] = {
    SCENARIO("echo", 4, 1, 64, LONGER_MODES | MODE_VARIANTS | MODE_COUNT),
    SCENARIO("echo", 10, 64, 64, EVERY_MODE | MODE_VARIANTS),
    SCENARIO("echo", 8, 512, 64, LONGER_MODES),
    SCENARIO("churn", 4, 16, 64, EVERY_MODE, .load.churn = true),
    SCENARIO("handshake", 5, 16, 64, MODE_FULL, .load.churn = true,
             .load.handshake = true),
    SCENARIO("idle", 5, 16, 64, MODE_C10K, .load.ask_silent = true),
    SCENARIO("idle", 3, 16, 64, EVERY_MODE | MODE_C10K | MODE_VARIANTS,
             .load.silent_clients = 1000, .load.ask_silent = true),
    SCENARIO("idle", 5, 16, 64, MODE_C10K, .load.silent_clients = 5000,
             .load.ask_silent = true),
    SCENARIO("idle", 5, 16, 64, MODE_FULL | MODE_C10K,
             .load.silent_clients = 10000, .load.ask_silent = true),
    SCENARIO("silent", 2.5, 16, 64, EVERY_MODE, .load.silent_clients = 1),
    SCENARIO("wait", 7, 64, 64, EVERY_MODE, .delay_ms = 5),
    SCENARIO("work", 3, 16, 64, EVERY_MODE, .work_us = 200, .all_cpus = true),
    SCENARIO("bulk", 5, 4, INT64_C(1024) * 1024, MODE_FULL),
    SCENARIO("rate", 25, 64, 64, LONGER_MODES, .open_loop = true),
    {0},
};

const struct mode modes[MODES] = {
    {MODE_DEFAULT, "default", "build/compare", 1, 3},
    {MODE_QUICK, "quick", "build/compare-quick", 0.2, 1},
    {MODE_FULL, "full", "build/compare-full", 3, 4},
    {MODE_C10K, "c10k", "build/compare-c10k", 2, 2},
    {MODE_VARIANTS, VARIANTS_MODE, "build/compare-variants", 2.8, 3},
    {MODE_TRACE, "trace", "build/trace", 1, 1},
    {MODE_COUNT, COUNT_MODE, "build/count", 0, 0},
};

bool
scenario_is_bare(const struct scenario *scenario)
{
    const struct engine_options *load = &scenario->load;

    return !scenario->open_loop && scenario->delay_ms == 0 &&
           scenario->work_us == 0 && load->silent_clients == 0 &&
           !load->churn && !load->handshake &&
           load->clients <= SCENARIO_BARE_CLIENTS &&
           load->message_bytes <= SCENARIO_BARE_BYTES;
}

int
scenario_asked(const struct scenario *scenario)
{
    return scenario->load.clients +
           (scenario->load.ask_silent ? scenario->load.silent_clients : 0);
}

bool
contender_offers(const struct contender *contender,
                 const struct scenario *scenario)
{
    return !contender->plain ||
           (!scenario->load.handshake && scenario->delay_ms == 0 &&
            scenario->work_us == 0);
}
