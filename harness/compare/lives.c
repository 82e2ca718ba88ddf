/*
 * lives.c: a scenario: lives, blocks. See measure.h.
 */
#include "harness/compare/measure.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/param.h>

#include "harness/base/base.h"

#define BLOCKS_MIN    3 /* in each life, of a closed loop */
#define STARVED_EVERY 4 /* blocks: who leaves most clients unserved */

/* What a life still takes when its slices are over: the silent are asked, and
 * who leaves clients unserved is given a last chance. Measured. */
#define LEAVING_MS 250

/* Show on a terminal where the run is. Blanks wipe out what was longer. */
static void
show_progress(const struct lives *lives)
{
    if (lives->terminal) {
        fprintf(stderr, "\r%s %d, life %d of %d, %.0f of %.0f s  ",
                lives->cell->scenario.name,
                scenario_asked(&lives->cell->scenario), lives->life,
                lives->cell->lives,
                (double)(clock_now_ns() - lives->begin_ns) / 1e9,
                lives->plan->seconds);
    }
}

/* ---- blocks ------------------------------------------------------------ */

/* A random order of all that are driven (Fisher and Yates). */
static size_t
shuffle(struct lives *lives, struct turn *order[CONTENDERS_MAX])
{
    size_t n = 0;

    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        if (turn->state == STATE_DRIVEN) {
            size_t other = (size_t)random() % (n + 1);

            order[n] = turn;
            order[n++] = order[other];
            order[other] = turn;
        }
    }
    return n;
}

/* Who leaves most clients unserved is compared with nobody: a slice now and
 * then, and one in each life, says how fast the others are served. */
static bool
has_turn(const struct turn *turn)
{
    return 2 * turn->driver.last.served >= turn->scenario->load.clients ||
           turn->driver.sums[SUM_CLOSED].slices == 0 ||
           turn->lives->block % STARVED_EVERY == 0;
}

/* Each server once, at the rate of a sum. Returns how many. */
static size_t
run_block(struct lives *lives, int sum)
{
    struct turn *order[CONTENDERS_MAX];
    size_t n = shuffle(lives, order);
    size_t floor = n > 0 ? (size_t)random() % n : 0;
    int64_t begin_ns = clock_now_ns();

    lives->block++;
    for (size_t i = 0; i < n && !lives->interrupted; i++) {
        if (i == floor && sum == SUM_CLOSED) {
            prices_measure(lives);
        }
        if (has_turn(order[i])) {
            turn_slice(order[i], sum);
        }
    }
    for (size_t i = 0; i < n; i++) {
        order[i]->driver.others_ns += (double)(clock_now_ns() - begin_ns);
    }
    show_progress(lives);
    return n;
}

/* Blocks at the rates of some sums in turn, until the time is over; a few
 * whatever time they take. */
static void
run_blocks(struct lives *lives, int first, int sums, int most, int64_t end_ns)
{
    int least = first == SUM_CLOSED ? BLOCKS_MIN : sums;

    for (int i = 0; i < most && !lives->interrupted &&
                    (i < least || clock_now_ns() < end_ns) &&
                    run_block(lives, first + i % sums) > 0;
         i++) {
    }
}

/* The grid of rates, from what each has done in a closed loop, the median of
 * its slices; and all of its points in turn. */
static void
run_open(struct lives *lives, int64_t end_ns)
{
    struct grid_point least = {0}, most = {0};

    run_blocks(lives, SUM_CLOSED, 1, TURN_RATES, end_ns);
    if (lives->interrupted) {
        return;
    }
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        /* Who leaves clients unserved has nothing to offer them at any rate:
         * their messages would wait for ever. */
        if (turn->state == STATE_DRIVEN &&
            turn->driver.last.served < turn->scenario->load.clients) {
            turn->state = STATE_MUTE;
        }
        /* The yardstick comes last, and only if there is no other. */
        if (turn->state == STATE_DRIVEN &&
            (turn + 1 < lives->turns_end || !least.of)) {
            struct grid_point next = {
                .of = turn->contender->name,
                .of_per_s = statistics_median(
                    turn->rates,
                    (size_t)turn->driver.sums[SUM_CLOSED].slices)};

            least =
                !least.of || next.of_per_s < least.of_per_s ? next : least;
            most = next.of_per_s > most.of_per_s ? next : most;
        }
    }
    if (lives->life == 1) {
        lives->npoints = grid_choose(lives->grid + 1, &least, &most);
        lives->npoints = MIN(lives->npoints, lives->cell->points);
    }
    if (lives->npoints > 0) {
        run_blocks(lives, 1, lives->npoints, INT_MAX, end_ns);
    }
}

/* ---- lives ------------------------------------------------------------- */

/* All servers started, connected to and warmed up. */
static void
begin_life(struct lives *lives)
{
    lives->nfloors = 0;
    disturbance_read(lives, lives->before);
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        if (!turn->over && !lives->interrupted) {
            show_progress(lives);
            turn_begin(turn);
        }
    }
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        if (turn->state == STATE_DRIVEN && !lives->interrupted) {
            turn_warm_up(turn);
        }
    }
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        if (turn->state == STATE_DRIVEN) {
            turn_settle(turn);
            server_look(&turn->server, &turn->begin);
        }
    }
}

static void
run_life(struct lives *lives)
{
    int64_t end_ns =
        clock_now_ns() + lives->cell->life_ns - LEAVING_MS * NS_PER_MS;

    begin_life(lives);
    if (lives->cell->scenario.open_loop) {
        run_open(lives, end_ns);
    } else {
        run_blocks(lives, SUM_CLOSED, 1, INT_MAX, end_ns);
    }
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        if (turn->state != STATE_OUT) {
            turn_end(turn);
        }
    }
}

/* ---- a scenario -------------------------------------------------------- */

/* Whoever had no turn gets a row that says so: a table without it would look
 * as if it had not been asked for. */
static void
end_cell(struct lives *lives)
{
    const char *why = lives->cell->skipped[0] ? lives->cell->skipped
                      : lives->interrupted
                          ? "not measured: the run was interrupted"
                          : NULL;

    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        if (!turn->measured && !turn->over && why) {
            turn_keep_reason(turn, LIFE_SKIPPED, why);
        }
    }
    if (!why) {
        counts_take(lives);
    }
}

void
lives_enter_cell(struct lives *lives, const struct plan_cell *cell)
{
    const struct contender *next = lives->options->contenders;

    lives->cell = cell;
    lives->turns_end = lives->turns + lives->options->ncontenders;
    lives->life = 1;
    lives->block = 0;
    lives->npoints = 0;
    for (struct turn *turn = lives->turns; turn < lives->turns_end; turn++) {
        turn->lives = lives;
        turn->contender = next++;
        turn->scenario = &cell->scenario;
        turn->over = !contender_offers(turn->contender, turn->scenario);
        turn->measured = false;
        turn->cpus = cell->layout.server;
        calls_clear(&turn->calls);
        calls_clear(&turn->code);
    }
}

void
lives_run_cell(struct lives *lives, const struct plan_cell *cell)
{
    struct run *run = &lives->results.run;

    lives_enter_cell(lives, cell);
    sched_setaffinity(0, sizeof cell->layout.client, &cell->layout.client);
    for (int i = 1;
         i <= cell->lives && cell->skipped[0] == '\0' && !lives->interrupted;
         i++) {
        lives->life = i;
        run_life(lives);
    }
    end_cell(lives);
    if (lives->terminal) {
        fprintf(stderr, "\r%39s\r", "");
    }
    run->lives = cell->lives > run->lives ? cell->lives : run->lives;
}
