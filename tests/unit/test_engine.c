/*
 * test_engine.c: the engine against small servers in threads.
 *
 * What load finds out about wrong servers is tested in tests/harness; here
 * is what compare relies on: phases, counts, what is asked and served, and
 * slices that begin and end with nothing under way.
 */
#include <check.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "harness/load/load.h"
#include "tests/unit/run_suite.h"

static const int64_t ms_ns = 1000000;

/* Long enough for each client to be served, whatever else runs here. Thread
 * sanitizer makes the server's threads many times as slow. */
#ifdef __SANITIZE_THREAD__
static const int64_t window_ms = 3000;
#else
static const int64_t window_ms = 250;
#endif

/* What a client gets from the server. */
struct service {
    bool one_at_a_time; /* no thread for each */
    bool greeted;       /* "hello\n" comes first */
    bool mute;          /* takes messages and says nothing */
    bool once;          /* ends after one echo */
    int pause_ms;       /* before each echo */
};

static const struct service echo;
static const struct service once = {.once = true};
static const struct service one_at_a_time = {.one_at_a_time = true};
static const struct service mute = {.mute = true};
static const struct service slow = {.pause_ms = 2}; /* 500 a second each */

/* The server has a thread that accepts. It ends with the test's process. */
static int listen_fd;               /* where clients come from */
static struct service service;      /* what they get */
static atomic_int accepted;         /* clients so far */
static atomic_int closed_by_client; /* of those, how many ended first */
static atomic_int halves;           /* greetings that came in two pieces */
static atomic_int echoes_done;      /* messages that were answered */
static atomic_bool held;            /* while it is so, none is answered */

static struct engine_options options;
static struct engine_result result;
static struct engine *engine; /* the one whose slices are driven */

/* What the callbacks saw. */
static int phases;         /* in their order, a digit for each */
static int progress_count; /* calls of on_progress */
static double last_done;   /* what the last of them said */

/* ---- the server -------------------------------------------------------- */

/* Take the greeting and answer it. Counts how often the first recv brought
 * its first half alone. Returns true if it was one. */
static bool
greet(int fd)
{
    char bytes[4096];
    size_t used = 0;
    while (used < 6) {
        ssize_t nread = recv(fd, bytes + used, sizeof bytes - used, 0);
        if (nread <= 0) {
            return false;
        }
        halves += used == 0 && nread == 3;
        used += (size_t)nread;
    }
    return memcmp(bytes, "hello\n", 6) == 0 &&
           send(fd, bytes, used, MSG_NOSIGNAL) > 0;
}

static void *
serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    bool goes_on = !service.greeted || greet(fd);
    ssize_t nread = -1;
    while (goes_on) {
        char bytes[16384];
        nread = recv(fd, bytes, sizeof bytes, 0);
        if (nread <= 0) {
            break;
        }
        do {
            poll(NULL, 0, held ? 1 : service.pause_ms);
        } while (held);
        echoes_done++;
        goes_on = !service.once;
        if (!service.mute) {
            send(fd, bytes, (size_t)nread, MSG_NOSIGNAL);
        }
    }
    closed_by_client += nread == 0;
    close(fd);
    return NULL;
}

static void *
accept_all(void *arg)
{
    for (;;) {
        pthread_t thread;
        void *fd = (void *)(intptr_t)accept(listen_fd, NULL, NULL);
        accepted++;
        if (service.one_at_a_time) {
            serve(fd);
        } else if (pthread_create(&thread, NULL, serve, fd) == 0) {
            pthread_detach(thread);
        }
    }
    return arg;
}

static void
see_phase(enum engine_phase phase, void *arg)
{
    (void)arg;
    phases = phases % 1000 * 10 + (int)phase + 1; /* of slices are many */
}

/* Keeps the engine from its work, as a starved machine would, where `arg` is
 * for how long. */
static void
see_progress(uint64_t echoes, double done, void *arg)
{
    (void)echoes;
    if (arg) {
        nanosleep(arg, NULL);
    }
    ck_assert(done >= last_done && done <= 1);
    progress_count++;
    last_done = done;
}

/* Start the server and fill in options that talk to it for 250 ms. */
static void
start(struct service what)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t address_bytes = sizeof address;
    pthread_t thread;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    service = what;
    listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        bind(listen_fd, (struct sockaddr *)&address, address_bytes), 0);
    ck_assert_int_eq(listen(listen_fd, 1024), 0);
    getsockname(listen_fd, (struct sockaddr *)&address, &address_bytes);
    ck_assert_int_eq(pthread_create(&thread, NULL, accept_all, NULL), 0);
    memcpy(&options.address, &address, sizeof address);
    options.clients = 8;
    options.message_bytes = 64;
    options.window_ns = window_ms * ms_ns;
    options.on_phase = see_phase;
}

/* Run it; with `threads` above 1, in so many. */
static void
run(int threads)
{
    phases = 0;
    options.threads = threads;
    if (threads > 1) {
        crew_run(&options, &result);
    } else {
        engine_run(&options, &result);
    }
}

/* The same; nothing may go wrong, and the phases come in order and once. */
static void
run_well(int threads)
{
    run(threads);
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        ck_assert_msg(result.errors[i] == 0, "%s: %d",
                      engine_error_name((enum engine_error)i),
                      (int)result.errors[i]);
    }
    ck_assert(engine_result_good(&result));
    ck_assert(!engine_result_invalid(&result));
    ck_assert_int_eq(phases, threads > 1 ? 0 : 123);
}

/* ---- a run ------------------------------------------------------------- */

/* Else a rate is made of it that nobody has seen. */
TEST(test_an_echo_takes_no_longer_than_its_window)
{
    start(echo);
    options.clients = 1;
    options.warmup_ns = 0;
    options.echoes_max = 1;
    run_well(1);
    ck_assert_uint_eq(result.latency.count, 1);
    ck_assert_int_ge(result.window_ns, result.latency.max_ns);
}

/* A server that has died is not excused because we were late. */
TEST_TIMES(test_lateness_excuses_no_lost_connection, 2)
{
    memset(&result, 0, sizeof result);
    result.served = 1;
    result.errors[ENGINE_CLIENT_LATE] = 1;
    ck_assert_int_eq(summary_exit_status(&result), EXIT_NO_MEASURE);
    result.errors[_i == 0 ? ENGINE_RESET : ENGINE_EARLY_EOF] = 1;
    ck_assert_int_eq(summary_exit_status(&result), EXIT_FAILURE);
}

/* More threads than clients or echoes are not used. */
static const struct {
    int clients;
    int threads;
    int64_t echoes_max;
    bool churn;
} exact[] = {
    {8, 1, 1000, false}, {8, 1, 100, true},  {5, 8, 3, false},
    {5, 8, 1001, false}, {5, 8, 1001, true},
};

TEST_EACH(echoes_max_is_exact, exact)
{
    uint64_t echoes_max = (uint64_t)exact[_i].echoes_max;
    start(echo);
    options.clients = exact[_i].clients;
    options.churn = exact[_i].churn;
    options.echoes_max = exact[_i].echoes_max;
    options.window_ns = 20000 * ms_ns;
    run_well(exact[_i].threads);
    ck_assert_uint_eq(result.echoes, echoes_max);
    ck_assert_uint_eq(result.latency.count, echoes_max);
    ck_assert_int_lt(result.window_ns, options.window_ns);
    ck_assert_uint_eq(result.unfinished, 0);
    ck_assert_int_eq(result.asked, options.clients);
    if (options.churn) {
        ck_assert_int_eq(result.served, options.clients);
        ck_assert_int_eq(result.connected, options.clients);
        ck_assert_uint_ge(result.connect.count, echoes_max);
        /* From connect(2) on, so no latency is shorter than a connect. */
        ck_assert_int_ge(histogram_quantile_ns(&result.latency, 0),
                         histogram_quantile_ns(&result.connect, 0));
        ck_assert_uint_ge((uint64_t)accepted, echoes_max);
        ck_assert_uint_ge((uint64_t)closed_by_client, echoes_max * 8 / 10);
    }
}

/* Eight clients and some silent ones: who is asked, connects, is served. */
static const struct {
    struct service service; /* of the server */
    int silent;             /* clients that come first */
    bool ask;               /* whether they are asked at last */
    bool churn;             /* what the others do */
    int asked;              /* ... and what is to come of it */
    int connected;
    int served;
    int unfinished;
} parties[] = {
    /* One keeps the server to itself; the others are not errors. */
    {{.one_at_a_time = true}, 0, false, false, 8, 8, 1, 7},
    /* The silent client connects first, so it is the one a blocking server
     * waits for; it is answered when it is asked at last. */
    {{.one_at_a_time = true}, 1, true, false, 9, 9, 1, 8},
    {{0}, 20, true, false, 28, 28, 28, 0},
    {{0}, 20, false, false, 8, 28, 8, 0},
    /* They keep their connections while the others come and go. */
    {{0}, 5, true, true, 13, 13, 13, 0},
};
TEST_EACH(silent_clients_come_first_and_are_asked_last, parties)
{
    start(parties[_i].service);
    options.silent_clients = parties[_i].silent;
    options.ask_silent = parties[_i].ask;
    options.churn = parties[_i].churn;
    run_well(1);
    ck_assert_int_eq(result.asked, parties[_i].asked);
    ck_assert_int_eq(result.connected, parties[_i].connected);
    ck_assert_int_eq(result.served, parties[_i].served);
    ck_assert_uint_eq(result.unfinished, (uint64_t)parties[_i].unfinished);
    ck_assert_int_eq(result.echoes > 0, _i != 1);
}

TEST_TIMES(greeting_comes_in_two_pieces, 2)
{
    start((struct service){.greeted = true});
    options.clients = 1;
    options.handshake = true;
    options.churn = _i == 1;
    run_well(1);
    ck_assert_int_eq(result.served, 1);
    ck_assert_uint_gt(result.echoes, 0);
    /* A server that is late finds both pieces at once. On a busy machine
     * it is late often, but not for ever. */
    for (int i = 0; options.churn && halves == 0 && i < 50; i++) {
        run(1);
    }
    if (options.churn) {
        ck_assert_int_gt(halves, 0);
    }
}

/* An echo that comes meanwhile, and wakes us, ends no pause. */
TEST(drip_has_a_pause_behind_each_byte)
{
    start(echo);
    options.clients = 1;
    options.drip = true;
    options.message_bytes = 16;
    run_well(1);
    ck_assert_uint_gt(result.latency.count, 0);
    ck_assert_int_ge(histogram_quantile_ns(&result.latency, 0), 300000);
}

/* When the last connection is gone there is nothing to wait for; a thread
 * that has nobody left does not keep the others waiting. In an open loop a
 * lost connection takes its message along; the others go on. */
TEST_TIMES(ends_early_when_all_are_dead, 3)
{
    start(once);
    options.window_ns = 20000 * ms_ns;
    options.rate_per_s = _i == 2 ? 1000 : 0;
    run(_i == 1 ? 4 : 1);
    ck_assert(!engine_result_good(&result));
    ck_assert_int_eq(result.served, 8);
    ck_assert_uint_eq(
        result.errors[ENGINE_EARLY_EOF] + result.errors[ENGINE_RESET], 8);
    ck_assert_uint_le(result.response.count, result.arrivals);
    ck_assert_int_lt(result.window_ns, 5000 * ms_ns);
}

TEST_TIMES(counts_add_up, 2)
{
    start(echo);
    options.clients = 7;
    options.silent_clients = 2;
    options.ask_silent = true;
    options.warmup_ns = 20 * ms_ns;
    options.window_ns = 1200 * ms_ns;
    options.on_progress = see_progress;
    run_well(_i == 0 ? 1 : 3);
    ck_assert_int_eq(result.asked, 9);
    ck_assert_int_eq(result.connected, 9);
    ck_assert_int_eq(result.served, 9);
    ck_assert_int_eq(accepted, 9);
    ck_assert_uint_eq(result.connect.count, 9);
    ck_assert_uint_eq(result.latency.count, result.echoes);
    ck_assert_uint_gt(result.echoes_total, result.echoes + 2);
    ck_assert_uint_eq(result.unfinished, 0);
    /* Parts of messages at both ends of the window may count either way. */
    ck_assert_uint_ge(result.bytes, (result.echoes - 7) * 64);
    ck_assert_uint_le(result.bytes, (result.echoes + 7) * 64);
    ck_assert_int_ge(result.window_ns, options.window_ns);
    ck_assert_int_gt(result.client_cpu_ns, 0);
    ck_assert_int_le(result.client_cpu_ns,
                     result.window_ns * (_i == 0 ? 1 : 3));
    ck_assert(!result.interrupted);
    ck_assert_int_ge(progress_count, 2);
    ck_assert_int_le(progress_count, 4);
}

/* ---- the open loop ----------------------------------------------------- */

/* Options for an open loop. A machine so busy that this test itself is late
 * is no reason to fail: none of the tests looks at ENGINE_CLIENT_LATE. */
static void
start_open_loop(struct service what, double rate_per_s)
{
    start(what);
    options.rate_per_s = rate_per_s;
    options.arrivals = SCHEDULE_FIXED;
}

/* Every message that was due in the window is found in the response times,
 * answered or not. */
static void
assert_all_accounted_for(void)
{
    double due = options.rate_per_s * (double)result.window_ns / 1e9;
    ck_assert(engine_result_good(&result));
    ck_assert_uint_eq(result.response.count, result.arrivals);
    if (options.arrivals == SCHEDULE_FIXED && options.threads == 1) {
        ck_assert_double_eq_tol((double)result.arrivals, due, 1.5);
    }
}

/* The last time by several threads, of which the longest window may be longer
 * than the others'. */
TEST_TIMES(open_loop_keeps_to_its_rate, 3)
{
    bool poisson = _i == 1;
    int threads = _i == 2 ? 3 : 1;
    start_open_loop(echo, 2000);
    options.arrivals = poisson ? SCHEDULE_POISSON : SCHEDULE_FIXED;
    options.warmup_ns = 20 * ms_ns;
    options.silent_clients = 2;
    options.ask_silent = true;
    options.spin_ns = _i == 0 ? ms_ns : 0;
    run(threads);
    assert_all_accounted_for();
    int64_t due = result.window_ns / ms_ns * 2;
    ck_assert_int_eq(result.served, 10);
    ck_assert_uint_eq(result.unfinished, 0);
    ck_assert_uint_ge(result.arrivals, poisson ? 400 : 490);
    ck_assert_int_le((int64_t)result.arrivals,
                     poisson ? due * 5 / 4 : due + 5);
    ck_assert_uint_eq(result.latency.count, result.arrivals);
    ck_assert_uint_eq(result.lag.count, result.arrivals);
    ck_assert_double_ge(result.response.sum_ns,
                        result.latency.sum_ns + result.lag.sum_ns);
    ck_assert_int_ge(result.response.max_ns, result.latency.max_ns);
    ck_assert_int_le(result.client_cpu_ns, result.window_ns * threads);
}

/* Not one answer: each client has one message, and the others wait for a
 * client until the end. */
TEST(open_loop_counts_what_is_never_answered)
{
    start_open_loop(mute, 2000);
    run(1);
    assert_all_accounted_for();
    ck_assert_int_eq(result.served, 0);
    ck_assert_uint_eq(result.echoes, 0);
    ck_assert_uint_eq(result.latency.count, 0);
    ck_assert_uint_eq(result.lag.count, 8);
    ck_assert_uint_eq(result.unfinished, result.arrivals);
    ck_assert_int_ge(result.oldest_ns, 240 * ms_ns);
    ck_assert_int_eq(result.response.max_ns, result.oldest_ns);
}

/* Twice what the server can do: each message waits longer than the one
 * before, as long as it goes on, though each takes the server as long as
 * ever. */
TEST(open_loop_shows_the_queue)
{
    start_open_loop(slow, 1000);
    options.clients = 1;
    run(1);
    assert_all_accounted_for();
    ck_assert_uint_lt(result.echoes, result.arrivals);
    int64_t service_ns = histogram_quantile_ns(&result.latency, 0.5);
    int64_t response_ns = histogram_quantile_ns(&result.response, 0.5);
    ck_assert_int_ge(service_ns, 2 * ms_ns);
    ck_assert_int_ge(response_ns, 20 * ms_ns);
    ck_assert_int_ge(response_ns, 3 * service_ns);
    ck_assert_int_ge(result.response.max_ns, 100 * ms_ns);
    /* Waiting for the server is not our own lateness. */
    ck_assert_int_lt(histogram_quantile_ns(&result.lag, 0.5), service_ns);
}

/* One client has the server to itself and the messages of all others too,
 * but for the one that each of them was given. */
TEST(open_loop_goes_on_with_who_is_free)
{
    start_open_loop(one_at_a_time, 1000);
    /* On a busy machine the server may not have its turn in time. */
    for (int i = 0; i < 10 && result.echoes <= result.arrivals / 2; i++) {
        run(1);
        assert_all_accounted_for();
    }
    ck_assert_int_eq(result.served, 1);
    ck_assert_uint_eq(result.unfinished, 7);
    ck_assert_uint_gt(result.echoes, result.arrivals / 2);
    ck_assert_int_ge(result.oldest_ns, 240 * ms_ns);
}

/* Late with messages; or with too few of them to judge the lag, but for
 * longer than the window, and than the time between two calls. */
TEST_TIMES(open_loop_is_late_on_purpose, 2)
{
    struct timespec pause = {.tv_nsec = _i == 0 ? 50000000 : 700000000};
    start_open_loop(echo, _i == 0 ? 1000 : 50);
    options.clients = 64;
    options.on_progress = see_progress;
    options.arg = &pause;
    options.window_ns = (_i == 0 ? 1200 : 600) * ms_ns;
    run(1);
    assert_all_accounted_for();
    ck_assert_uint_eq(result.errors[ENGINE_CLIENT_LATE], 1);
    ck_assert(engine_result_invalid(&result));
    if (_i == 0) {
        ck_assert_int_ge(histogram_quantile_ns(&result.lag, 0.99),
                         20 * ms_ns);
    } else {
        ck_assert_int_ge(result.window_ns, 700 * ms_ns);
    }
}

static void
hold_up(int signal_number)
{
    (void)signal_number;
    poll(NULL, 0, 200); /* which a handler may call */
}

/* Held up in the middle of the window, when two messages are due and then a
 * hundred more: those two are too few for the p99 of the lag to show it. On a
 * busy machine the alarm may find both clients waiting for their echoes, and
 * then no sleep is too long: try again. */
TEST(open_loop_is_kept_asleep)
{
    const struct itimerval timer = {.it_value.tv_usec = 300000};
    sigset_t alarm;

#ifdef __SANITIZE_THREAD__
    printf("skipped: open_loop_is_kept_asleep: thread sanitizer runs the "
           "handler late, outside of the wait\n");
    return;
#endif
    /* For this thread alone, not for the server's. */
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    start_open_loop(slow, 300);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    signal(SIGALRM, hold_up);
    options.clients = 2;
    options.window_ns = 1000 * ms_ns;
    for (int i = 0; i < 10 && result.overslept_ns < 150 * ms_ns; i++) {
        setitimer(ITIMER_REAL, &timer, NULL);
        run(1);
        assert_all_accounted_for();
    }
    ck_assert_int_ge(result.overslept_ns, 150 * ms_ns);
    ck_assert_uint_eq(result.errors[ENGINE_CLIENT_LATE], 1);
}

/* ---- several threads --------------------------------------------------- */

TEST_EXITS(crew_that_cannot_start_says_so, EXIT_NO_MEASURE, 1)
{
    struct rlimit limit;
    start(echo);
    /* There is no descriptor for its epoll. */
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)listen_fd + 1;
    setrlimit(RLIMIT_NOFILE, &limit);
    options.threads = 4;
    crew_run(&options, &result);
}

/* On loopback the server needs a CPU too. */
TEST(crew_is_as_large_as_suits)
{
    struct sockaddr_in local = {.sin_family = AF_INET};
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    options.clients = 1;
    ck_assert_int_eq(crew_suitable_threads(&options, 8), 1);
    options.clients = 65;
    ck_assert_int_eq(crew_suitable_threads(&options, 8), 2);
    ck_assert_int_eq(crew_suitable_threads(&options, 1), 1);
    options.clients = 10000;
    ck_assert_int_eq(crew_suitable_threads(&options, 8), 4);
    ck_assert_int_eq(crew_suitable_threads(&options, 2), 2);
    memcpy(&options.address, &local, sizeof local);
    ck_assert_int_eq(crew_suitable_threads(&options, 2), 1);
    ck_assert_int_eq(crew_suitable_threads(&options, 1), 1);
    options.rate_per_s = 1000;
    ck_assert_int_eq(crew_suitable_threads(&options, 8), 1);
    options.rate_per_s = 100000;
    ck_assert_int_eq(crew_suitable_threads(&options, 8), 3);
}

/* ---- slices ------------------------------------------------------------ */

/* Begin with slices, by which result is then filled. */
static void
open_engine(void)
{
    engine = engine_open(&options, &result);
}

/* A slice of 5 ms of a closed loop, or as long as it takes. */
static bool
slice(void)
{
    return engine_slice(engine, 5 * ms_ns, 0, 0, &result);
}

/* Connections for one echo end in their slice, too. */
TEST_TIMES(a_slice_holds_all_of_its_echoes, 2)
{
    start(echo);
    options.churn = _i == 1;
    open_engine();
    ck_assert_int_eq(result.connected, options.churn ? 0 : 8);
    for (int i = 0; i < 20 || (i < 400 && result.served < 8); i++) {
        int before = echoes_done;
        ck_assert(slice());
        /* On a busy machine nobody may be connected before it ends. */
        ck_assert(options.churn || result.echoes > 0);
        ck_assert_int_eq((int)result.echoes, echoes_done - before);
        ck_assert_int_eq((int)result.latency.count, (int)result.echoes);
        ck_assert_int_ge(result.window_ns, 5 * ms_ns);
    }
    ck_assert_int_eq(result.served, 8);
    engine_close(engine, &result);
    ck_assert_int_eq(result.served, 8);
    ck_assert(result.fairness > 0 && result.fairness <= 1);
    ck_assert(engine_result_good(&result));
}

/* A greeting that a slice's end falls into goes on in the next one. */
TEST(who_is_greeted_as_a_slice_ends_is_served_in_the_next)
{
    start((struct service){.greeted = true});
    options.clients = 16;
    options.handshake = options.churn = true;
    open_engine();
    engine_slice(engine, ms_ns / 20, 0, 0, &result);
    for (int i = 0; i < 20; i++) {
        engine_slice(engine, 10 * ms_ns, 0, 0, &result);
    }
    ck_assert_uint_gt(result.echoes, 0);
    engine_close(engine, &result);
    ck_assert_int_eq(result.served, 16);
}

/* Seven of eight are never accepted. Their messages stay with the server, and
 * the slices of the eighth do not wait for them. */
TEST(who_was_never_served_holds_nobody_up)
{
    start(one_at_a_time);
    open_engine();
    for (int i = 0; i < 5; i++) {
        ck_assert(slice());
        ck_assert_int_gt((int)result.echoes, 0);
    }
    ck_assert_int_eq(result.served, 1);
    ck_assert_int_lt(result.window_ns, 500 * ms_ns);
    engine_close(engine, &result);
    ck_assert_int_eq(result.served, 1);
    ck_assert_int_eq(result.stalled, 0);
}

/* Two seconds are twice as long as a stall may take. */
static bool
is_paused(void *arg)
{
    int *asked = arg;
    if (++*asked == 2) {
        held = false;
    }
    return true;
}

TEST_TIMES(who_waits_in_vain_is_stalled_unless_the_server_is_stopped, 2)
{
    bool paused = _i == 1;
    int asked = 0;
    start(echo);
    options.clients = 2;
    options.is_paused = paused ? is_paused : NULL;
    options.arg = &asked;
    open_engine();
    ck_assert(slice());
    held = true;
    ck_assert_int_eq(slice(), paused);
    ck_assert(!paused || result.gap_ns > 1000 * ms_ns);
    engine_close(engine, &result);
    ck_assert_int_eq(result.stalled, paused ? 0 : 2);
    ck_assert(!paused || engine_result_good(&result));
}

TEST_TIMES(the_least_served_is_told, 2)
{
    held = _i == 1;
    start(one_at_a_time);
    options.clients = 1;
    open_engine();
    ck_assert(slice());
    ck_assert_int_eq(result.echoes > 0, _i == 0);
    engine_close(engine, &result);
    ck_assert(_i == 0 ? result.fairness == 1 : isnan(result.fairness));
}

/* A closed loop between two open ones: nothing of the one is left in the
 * other, and what was due is the rate. */
TEST(open_and_closed_slices_take_turns)
{
    start(echo);
    options.clients = 4;
    open_engine();
    for (int i = 0; i < 4; i++) {
        double rate = i % 2 == 0 ? 2000 : 0;
        ck_assert(engine_slice(engine, 200 * ms_ns, rate, 7, &result));
        ck_assert_int_eq((int)result.unfinished, 0);
        /* On a busy machine a window may be longer than was asked for. */
        ck_assert_double_eq_tol((double)result.arrivals,
                                rate * (double)result.window_ns / 1e9,
                                0.5 + rate / 20);
    }
    engine_close(engine, &result);
    ck_assert(engine_result_good(&result));
}
