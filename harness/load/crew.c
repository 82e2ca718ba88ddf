/*
 * crew.c: a run by several threads.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/param.h>

#include "harness/load/internal.h"
#include "harness/load/load.h"

enum {
    THREADS_DEFAULT_MAX = 4,    /* unless more are asked for */
    CLIENTS_FOR_ONE = 64,       /* closed loop: what one thread is for */
    RATE_FOR_ONE_PER_S = 40000, /* open loop: the same */
};

/* One of the threads. */
struct member {
    pthread_t thread;            /* itself; the first is the caller */
    struct engine_result result; /* what it saw */
    uint64_t echoes;             /* of its progress */
};

static struct {
    const struct engine_options *options; /* what is to be done in all */
    int count;                            /* threads */
    atomic_uint_fast64_t echoes;          /* of all, so far */
    pthread_mutex_t gate;      /* shut until it is known how many there are */
    pthread_barrier_t meeting; /* at each phase */
    struct member members[CREW_MAX];
} crew = {.gate = PTHREAD_MUTEX_INITIALIZER};

/* The share of number `index` when `whole` is dealt out to `count`. */
static int64_t
share_of(int64_t whole, int count, int index)
{
    return whole / count + (index < whole % count);
}

static int
useful_threads(const struct engine_options *options, int threads)
{
    int64_t most = MIN(CREW_MAX, options->clients);
    if (options->echoes_max != 0) {
        most = MIN(most, options->echoes_max);
    }
    return MAX(1, MIN(threads, (int)most));
}

/* At the end of the window those who are late need not keep the others from
 * the echoes that are still to come. */
static void
meet_at_phase(enum engine_phase phase, void *arg)
{
    (void)arg;
    if (phase != ENGINE_WINDOW_END) {
        pthread_barrier_wait(&crew.meeting);
    }
}

/* Each adds what is new, and the first tells what there is in all. */
static void
add_up_progress(uint64_t echoes, double done, void *arg)
{
    struct member *member = arg;
    atomic_fetch_add(&crew.echoes, echoes - member->echoes);
    member->echoes = echoes;
    if (member == crew.members && crew.options->on_progress != NULL) {
        crew.options->on_progress(atomic_load(&crew.echoes), done,
                                  crew.options->arg);
    }
}

/* Several Poisson schedules together are one of the sum of their rates, as
 * long as they do not depend on each other: each gets a seed of its own.
 * Schedules of equal gaps are laid between each other. */
static void *
member_main(void *arg)
{
    struct member *member = arg;
    const struct engine_options *whole = crew.options;
    struct engine_options share = *whole;
    int index = (int)(member - crew.members);
    int runs = MAX(1, whole->runs);
    pthread_mutex_lock(&crew.gate);
    pthread_mutex_unlock(&crew.gate);
    share.clients = (int)share_of(whole->clients, crew.count, index);
    share.silent_clients =
        (int)share_of(whole->silent_clients, crew.count, index);
    share.echoes_max = share_of(whole->echoes_max, crew.count, index);
    share.rate_per_s = whole->rate_per_s / crew.count;
    share.runs = crew.count * runs;
    share.index = index * runs + whole->index;
    share.seed += (uint64_t)share.index * UINT64_C(0x632be59bd9b4e019);
    share.on_phase = meet_at_phase;
    share.on_progress = add_up_progress;
    share.arg = member;
    member->echoes = 0;
    engine_run(&share, &member->result);
    return NULL;
}

/* As many threads are started as can be had, the first being this one. */
void
crew_run(const struct engine_options *options, struct engine_result *result)
{
    int threads = useful_threads(options, options->threads);
    memset(result, 0, sizeof *result);
    crew.options = options;
    crew.echoes = 0;
    pthread_mutex_lock(&crew.gate);
    for (crew.count = 1; crew.count < threads; crew.count++) {
        struct member *member = &crew.members[crew.count];
        if (pthread_create(&member->thread, NULL, member_main, member) != 0) {
            break;
        }
    }
    pthread_barrier_init(&crew.meeting, NULL, (unsigned)crew.count);
    pthread_mutex_unlock(&crew.gate);
    member_main(&crew.members[0]);
    for (int i = 0; i < crew.count; i++) {
        if (i > 0) {
            pthread_join(crew.members[i].thread, NULL);
        }
        crew_add_result(result, &crew.members[i].result);
    }
    pthread_barrier_destroy(&crew.meeting);
}

int
crew_suitable_threads(const struct engine_options *options, int cpus)
{
    int wanted = 1 + (options->clients - 1) / CLIENTS_FOR_ONE;
    if (options->rate_per_s > 0) {
        int for_rate =
            1 + (int)((options->rate_per_s - 1) / RATE_FOR_ONE_PER_S);
        wanted = MIN(wanted, for_rate);
    }
    cpus = MIN(cpus - source_is_loopback(options), THREADS_DEFAULT_MAX);
    return useful_threads(options, MIN(wanted, cpus));
}
