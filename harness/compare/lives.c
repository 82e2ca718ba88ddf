/*
 * lives.c: the run: scenarios, lives, blocks. See measure.h.
 */
#include "harness/compare/measure.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"

enum {
    BLOCKS_MIN = 3,      /* in each life, whatever time they take */
    CAPACITY_BLOCKS = 5, /* before the rates are chosen */
};

/* What a life still takes when its slices are over: the silent are asked, and
 * who leaves clients unserved is given a last chance. Measured. */
#define LEAVING_NS INT64_C(250000000)

/* The floor, on the server's CPU, whose work it is compared with. */
static void
run_floor(struct lives *lives)
{
    const struct plan_cell *cell = lives->cell;
    struct measure_order order = lives_order_for(lives, 0);
    struct slice slice;
    double us;

    layout_enter_server(&cell->layout);
    us = floor_probe_us(cell->scenario.message_bytes);
    layout_enter(&cell->layout);
    if (lives->nfloors < LIVES_BLOCKS_MAX) {
        lives->floor_us[lives->nfloors++] = us;
    }
    order.contender = &(struct contender){.name = "floor"};
    measure_identify_slice(&order, NULL, lives->block, &slice);
    slice.echoes = 1;
    slice.server_cpu_us = us;
    lives_keep_slice(lives, &slice);
}

/* A random order of all that are driven (Fisher and Yates). */
static size_t
shuffle(const struct lives *lives, size_t order[CONTENDERS_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        if (lives->turns[i].state == STATE_DRIVEN) {
            order[n++] = i;
        }
    }
    for (size_t i = n; i > 1; i--) {
        size_t other = (size_t)random() % i;
        size_t swapped = order[i - 1];

        order[i - 1] = order[other];
        order[other] = swapped;
    }
    return n;
}

/* Each server once, at one rate or in a closed loop. Returns how many. */
static size_t
run_block(struct lives *lives, int sum)
{
    size_t order[CONTENDERS_MAX];
    size_t n = shuffle(lives, order);
    size_t floor = n > 0 ? (size_t)random() % n : 0;
    int64_t begin_ns = clock_now_ns();

    lives->block++;
    for (size_t i = 0; i < n && !lives_interrupted(lives); i++) {
        if (i == floor && sum == 0) {
            run_floor(lives);
        }
        turn_slice(lives, order[i], sum);
    }
    for (size_t i = 0; i < n; i++) {
        lives->turns[order[i]].ns_out += (double)(clock_now_ns() - begin_ns);
    }
    return n;
}

static void
begin_blocks(struct lives *lives)
{
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        struct turn *turn = &lives->turns[i];
        double threads;

        if (turn->state == STATE_DRIVEN) {
            measure_settle(&turn->order, &turn->server);
            turn->begin_switches = server_switches(&turn->server);
            server_faults(&turn->server, &turn->begin_faults, &threads);
            turn->begin_cpu_ns = server_cpu_ns(&turn->server);
            turn->begin_echoes = turn->driver.shared->echoes;
        }
    }
}

/* Blocks in a closed loop until the time is over; what the other lives have
 * not measured in either. */
static void
run_closed(struct lives *lives, int64_t end_ns, int most)
{
    for (int i = 0; i < most && !lives_interrupted(lives); i++) {
        if ((i >= BLOCKS_MIN && clock_now_ns() >= end_ns) ||
            run_block(lives, 0) == 0) {
            return;
        }
        progress_show(&lives->progress, lives->cell, lives->life);
    }
}

/* From what each has done in a closed loop, the median of its slices. */
static void
choose_grid(struct lives *lives)
{
    const struct results *results = lives->order->results;
    struct grid_capacity capacities[CONTENDERS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        const struct turn *turn = &lives->turns[i];
        double rates[CAPACITY_BLOCKS];
        size_t nrates = 0;

        for (size_t j = results->nslices;
             j-- > 0 && nrates < CAPACITY_BLOCKS &&
             turn->state == STATE_DRIVEN &&
             turn->driver.shared->served >= lives->cell->scenario.clients;) {
            const struct slice *slice = &results->slices[j];

            if (strcmp(slice->scenario, lives->cell->scenario.name) == 0 &&
                strcmp(slice->model, turn->order.contender->name) == 0) {
                rates[nrates++] = slice->echoes / slice->seconds;
            }
        }
        if (nrates > 0) {
            capacities[n++] = (struct grid_capacity){
                .of = turn->order.contender->name,
                .per_s = statistics_median(rates, nrates),
                .yardstick =
                    turn->order.contender->kind == CONTENDER_YARDSTICK,
            };
        }
    }
    lives->npoints = grid_choose(lives->grid, capacities, n);
    if (lives->npoints > lives->cell->points) {
        lives->npoints = lives->cell->points;
    }
}

/* The grid of rates, and all of its points in turn. */
static void
run_open(struct lives *lives, int64_t end_ns)
{
    int point = 0;

    if (lives->life == 1) {
        choose_grid(lives);
    }
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        struct turn *turn = &lives->turns[i];

        /* Who leaves clients unserved has nothing to offer them at any rate:
         * their messages would wait for ever. */
        if (turn->state == STATE_DRIVEN &&
            turn->driver.shared->served < turn->order.scenario->clients) {
            turn->state = STATE_MUTE;
        }
    }
    while (point < lives->npoints ||
           (lives->npoints > 0 && clock_now_ns() < end_ns)) {
        if (lives_interrupted(lives)) {
            return;
        }
        if (run_block(lives, 1 + point % lives->npoints) == 0) {
            return;
        }
        point++;
        progress_show(&lives->progress, lives->cell, lives->life);
    }
}

/* ---- a scenario -------------------------------------------------------- */

static bool
takes_part(const struct lives *lives, size_t contender)
{
    return contender_offers(&lives->order->options->contenders[contender],
                            &lives->cell->scenario);
}

static void
run_life(struct lives *lives)
{
    cpu_set_t cpus;
    size_t n = lives->order->options->ncontenders;
    int64_t begin_ns = clock_now_ns();
    int64_t end_ns = begin_ns + lives->cell->life_ns - LEAVING_NS;

    lives->nfloors = 0;
    CPU_OR(&cpus, &lives->cell->layout.client, &lives->cell->layout.server);
    disturbance_read(&lives->before, &cpus);
    for (size_t i = 0; i < n && !lives_interrupted(lives); i++) {
        if (takes_part(lives, i) && !lives->failed[i]) {
            progress_show(&lives->progress, lives->cell, lives->life);
            turn_begin(lives, i);
        }
    }
    for (size_t i = 0; i < n && !lives_interrupted(lives); i++) {
        if (lives->turns[i].state == STATE_DRIVEN) {
            turn_warm_up(lives, i);
        }
    }
    begin_blocks(lives);
    if (lives->cell->scenario.open_loop) {
        run_closed(lives, end_ns, CAPACITY_BLOCKS);
        run_open(lives, end_ns);
    } else {
        run_closed(lives, end_ns, INT_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        if (lives->turns[i].state != STATE_OUT) {
            turn_end(lives, i);
        }
    }
}

/* Whoever had no turn gets a row that says so: a table without it would look
 * as if it had not been asked for. */
static void
name_the_missing(struct lives *lives)
{
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        if (takes_part(lives, i) && !lives->measured[i] &&
            !lives->failed[i]) {
            const struct measure_order order = lives_order_for(lives, i);

            lives_keep_reason(lives, &order, LIFE_SKIPPED,
                              "not measured: the run was interrupted");
        }
    }
}

/* Count the system calls of those that were measured. */
static void
count_calls(struct lives *lives)
{
    const struct options *options = lives->order->options;

    /* What an open loop calls says more of the rate than of the server. */
    for (size_t i = 0;
         i < options->ncontenders && !lives->cell->scenario.open_loop; i++) {
        if (lives->measured[i] && !lives_interrupted(lives)) {
            const struct measure_order order = lives_order_for(lives, i);
            struct calls calls;

            syscalls_count(&order, options->syscalls, &calls);
            if (!lives_interrupted(lives)) {
                lives_keep_calls(lives, &calls);
            }
        }
    }
}

static void
run_cell(struct lives *lives, const struct plan_cell *cell)
{
    lives->cell = cell;
    lives->block = 0;
    lives->npoints = 0;
    memset(lives->failed, 0, sizeof lives->failed);
    memset(lives->measured, 0, sizeof lives->measured);
    progress_cell(&lives->progress);
    layout_enter(&cell->layout);
    for (size_t i = 0; i < lives->order->options->ncontenders; i++) {
        if (cell->skipped[0] != '\0' && takes_part(lives, i)) {
            const struct measure_order order = lives_order_for(lives, i);

            lives_keep_reason(lives, &order, LIFE_SKIPPED, cell->skipped);
        }
    }
    for (int i = 1; i <= cell->lives && cell->skipped[0] == '\0' &&
                    !lives_interrupted(lives);
         i++) {
        lives->life = i;
        run_life(lives);
    }
    if (lives_interrupted(lives)) {
        name_the_missing(lives);
    } else {
        count_calls(lives);
    }
    progress_end(&lives->progress);
    if (lives->order->on_cell) {
        lives->order->on_cell(lives->order->results, cell);
    }
}

int
lives_run(const struct lives_order *order)
{
    const struct plan *plan = order->plan;
    struct run *run = &order->results->run;
    struct lives *lives = calloc(1, sizeof *lives);
    int64_t begin_ns = clock_now_ns();
    int error;

    if (!lives) {
        return -1;
    }
    lives->order = order;
    progress_begin(&lives->progress, plan, run->note);
    srandom((unsigned)run->seed);
    for (size_t i = 0; i < plan->ncells && !lives_interrupted(lives); i++) {
        run_cell(lives, &plan->cells[i]);
        run->lives = plan->cells[i].lives > run->lives ? plan->cells[i].lives
                                                       : run->lives;
    }
    run->partial = lives_interrupted(lives);
    run->seconds = (double)(clock_now_ns() - begin_ns) / 1e9;
    if (order->file && lives->write_errno == 0 &&
        results_write(order->file, RECORD_END, run) != 0) {
        lives_say_unwritten(lives, errno);
    }
    error = lives->write_errno;
    free(lives);
    errno = error;
    return error == 0 ? 0 : -1;
}
