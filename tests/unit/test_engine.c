/*
 * test_engine.c: the engine against small servers in threads.
 *
 * What load finds out about wrong servers is tested in tests/harness; here
 * is what compare relies on: phases, counts, what is asked and served, and
 * slices that begin and end with nothing under way.
 */
#include <check.h>
#include <errno.h>
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
    options.address_bytes = address_bytes;
    options.clients = 8;
    options.message_bytes = 64;
    options.window_ns = window_ms * ms_ns;
}

static void
assert_no_errors(void)
{
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        ck_assert_msg(result.errors[i] == 0, "%s: %d",
                      engine_error_name((enum engine_error)i),
                      (int)result.errors[i]);
    }
    ck_assert(engine_result_good(&result));
    ck_assert(!engine_result_invalid(&result));
}

/* Run it; with `threads` above 1, in so many. */
static void
run(int threads)
{
    options.runs = threads > 1 ? threads : 0;
    ck_assert_int_eq(threads > 1 ? crew_run(&options, &result)
                                 : engine_run(&options, &result),
                     0);
}

/* The same, and nothing may go wrong. */
static void
run_well(int threads)
{
    run(threads);
    assert_no_errors();
}

/* ---- a run ------------------------------------------------------------- */

/* Else a rate is made of it that nobody has seen. */
START_TEST(test_an_echo_takes_no_longer_than_its_window)
{
    start(echo);
    options.clients = 1;
    options.warmup_ns = 0;
    options.echoes_max = 1;
    run_well(1);
    ck_assert_uint_eq(result.latency.count, 1);
    ck_assert_int_ge(result.window_ns, result.latency.max_ns);
}
END_TEST

/* A server that has died is not excused because we were late. */
START_TEST(test_lateness_excuses_no_lost_connection)
{
    memset(&result, 0, sizeof result);
    result.served = 1;
    result.errors[ENGINE_CLIENT_LATE] = 1;
    ck_assert_int_eq(summary_exit_status(&result), EXIT_NO_MEASURE);
    result.errors[_i == 0 ? ENGINE_RESET : ENGINE_EARLY_EOF] = 1;
    ck_assert_int_eq(summary_exit_status(&result), EXIT_FAILURE);
}
END_TEST

START_TEST(echoes_max_is_exact)
{
    start(echo);
    options.echoes_max = 1000;
    options.window_ns = 20000 * ms_ns;
    run_well(1);
    ck_assert_uint_eq(result.echoes, 1000);
    ck_assert_uint_eq(result.latency.count, 1000);
    ck_assert_int_lt(result.window_ns, options.window_ns);
    ck_assert_uint_eq(result.unfinished, 0);
}
END_TEST

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
enum {
    PARTIES = sizeof parties / sizeof parties[0]
};

START_TEST(silent_clients_come_first_and_are_asked_last)
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
END_TEST

START_TEST(churn_closes_first)
{
    start(echo);
    options.churn = true;
    options.echoes_max = 100;
    options.window_ns = 20000 * ms_ns;
    run_well(1);
    ck_assert_uint_eq(result.echoes, 100);
    ck_assert_int_eq(result.served, 8);
    ck_assert_int_eq(result.connected, 8);
    ck_assert_uint_ge(result.connect.count, 100);
    /* From connect(2) on, so no latency is shorter than a connect. */
    ck_assert_int_ge(histogram_quantile_ns(&result.latency, 0),
                     histogram_quantile_ns(&result.connect, 0));
    ck_assert_int_ge(accepted, 100);
    ck_assert_int_ge(closed_by_client, 80);
}
END_TEST

START_TEST(greeting_comes_in_two_pieces)
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
END_TEST

/* When the last connection is gone there is nothing to wait for; a thread
 * that has nobody left does not keep the others waiting. */
START_TEST(ends_early_when_all_are_dead)
{
    start(once);
    options.window_ns = 20000 * ms_ns;
    run(_i == 0 ? 1 : 4);
    ck_assert(!engine_result_good(&result));
    ck_assert_int_eq(result.served, 8);
    ck_assert_uint_eq(
        result.errors[ENGINE_EARLY_EOF] + result.errors[ENGINE_RESET], 8);
    ck_assert_int_lt(result.window_ns, 5000 * ms_ns);
}
END_TEST

/* What the callbacks saw. */
struct seen {
    enum engine_phase phases[8]; /* in this order */
    int phase_count;             /* how many */
    int progress_count;          /* calls of on_progress */
    double last_done;            /* what the last of them said */
};

static void
see_phase(enum engine_phase phase, void *arg)
{
    struct seen *seen = arg;
    seen->phases[seen->phase_count++ % 8] = phase;
}

static void
see_progress(uint64_t echoes, double done, void *arg)
{
    struct seen *seen = arg;
    (void)echoes;
    ck_assert(done >= seen->last_done && done <= 1);
    seen->progress_count++;
    seen->last_done = done;
}

START_TEST(phases_come_in_order_and_once)
{
    struct seen seen = {0};
    start(echo);
    options.churn = _i == 1;
    options.on_phase = see_phase;
    options.arg = &seen;
    run_well(1);
    ck_assert_int_eq(seen.phase_count, 3);
    ck_assert_int_eq(seen.phases[0], ENGINE_CONNECTED);
    ck_assert_int_eq(seen.phases[1], ENGINE_WINDOW_BEGIN);
    ck_assert_int_eq(seen.phases[2], ENGINE_WINDOW_END);
}
END_TEST

START_TEST(counts_add_up)
{
    struct seen seen = {0};
    start(echo);
    options.clients = 7;
    options.silent_clients = 2;
    options.ask_silent = true;
    options.warmup_ns = 20 * ms_ns;
    options.window_ns = 1200 * ms_ns;
    options.on_progress = see_progress;
    options.arg = &seen;
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
    ck_assert_int_ge(seen.progress_count, 2);
    ck_assert_int_le(seen.progress_count, 4);
}
END_TEST

static volatile sig_atomic_t interrupted;

static void
interrupt_at_begin(enum engine_phase phase, void *arg)
{
    (void)arg;
    interrupted = phase == ENGINE_WINDOW_BEGIN ? 1 : interrupted;
}

START_TEST(interrupt_ends_the_window)
{
    start(echo);
    options.interrupted = &interrupted;
    options.on_phase = interrupt_at_begin;
    /* Long enough for each client's first echo, however busy the machine. */
    options.warmup_ns = 500 * ms_ns;
    options.window_ns = 20000 * ms_ns;
    run_well(1);
    ck_assert(result.interrupted);
    ck_assert_int_eq(result.served, 8);
    ck_assert_int_lt(result.window_ns, 1000 * ms_ns);
}
END_TEST

/* Keep the engine from its work, as a starved machine would: `arg` is for how
 * long. */
static void
sleep_for_a_while(uint64_t echoes, double done, void *arg)
{
    (void)echoes;
    (void)done;
    nanosleep(arg, NULL);
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
    if (options.arrivals == SCHEDULE_FIXED) {
        ck_assert_double_eq_tol((double)result.arrivals, due, 1.5);
    }
}

START_TEST(open_loop_keeps_to_its_rate)
{
    start_open_loop(echo, 2000);
    options.arrivals = _i == 0 ? SCHEDULE_FIXED : SCHEDULE_POISSON;
    options.warmup_ns = 20 * ms_ns;
    options.silent_clients = 2;
    options.ask_silent = true;
    options.spin_ns = _i == 0 ? ms_ns : 0;
    run(1);
    assert_all_accounted_for();
    ck_assert_int_eq(result.served, 10);
    ck_assert_uint_eq(result.unfinished, 0);
    ck_assert_uint_ge(result.arrivals, 400);
    ck_assert_uint_le(result.arrivals,
                      (uint64_t)(result.window_ns / ms_ns * 5 / 2));
    ck_assert_uint_eq(result.latency.count, result.arrivals);
    ck_assert_uint_eq(result.lag.count, result.arrivals);
    ck_assert_double_ge(result.response.sum_ns,
                        result.latency.sum_ns + result.lag.sum_ns);
    ck_assert_int_ge(result.response.max_ns, result.latency.max_ns);
    ck_assert_int_le(result.client_cpu_ns, result.window_ns);
}
END_TEST

/* Not one answer: each client has one message, and the others wait for a
 * client until the end. */
START_TEST(open_loop_counts_what_is_never_answered)
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
END_TEST

/* Twice what the server can do: each message waits longer than the one
 * before, though each takes the server as long as ever. */
START_TEST(open_loop_shows_the_queue)
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
    /* Waiting for the server is not our own lateness. */
    ck_assert_int_lt(histogram_quantile_ns(&result.lag, 0.5), service_ns);
}
END_TEST

/* One client has the server to itself and the messages of all others too,
 * but for the one that each of them was given. */
START_TEST(open_loop_goes_on_with_who_is_free)
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
END_TEST

/* A lost connection takes its message along; the others go on. */
START_TEST(open_loop_survives_lost_connections)
{
    start_open_loop(once, 1000);
    run(1);
    ck_assert_int_eq(result.served, 8);
    ck_assert_uint_eq(
        result.errors[ENGINE_EARLY_EOF] + result.errors[ENGINE_RESET], 8);
    ck_assert_uint_le(result.response.count, result.arrivals);
    ck_assert_int_lt(result.window_ns, 200 * ms_ns);
}
END_TEST

/* Late with messages; or with too few of them to judge the lag, but for
 * longer than the window, and than the time between two calls. */
START_TEST(open_loop_is_late_on_purpose)
{
    struct timespec pause = {.tv_nsec = _i == 0 ? 50000000 : 700000000};
    start_open_loop(echo, _i == 0 ? 1000 : 50);
    options.clients = 64;
    options.on_progress = sleep_for_a_while;
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
END_TEST

#ifdef __SANITIZE_THREAD__
static const bool handlers_are_prompt = false;
#else
static const bool handlers_are_prompt = true;
#endif

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
START_TEST(open_loop_is_kept_asleep)
{
    const struct itimerval timer = {.it_value.tv_usec = 300000};
    sigset_t alarm;

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
END_TEST

/* ---- several threads --------------------------------------------------- */

/* More threads than clients or echoes are not used. */
START_TEST(crew_deals_out_exactly)
{
    start(echo);
    options.clients = 5;
    options.echoes_max = _i == 0 ? 3 : 1001;
    options.window_ns = 20000 * ms_ns;
    options.churn = _i == 2;
    run_well(8);
    ck_assert_uint_eq(result.echoes, options.echoes_max);
    ck_assert_uint_eq(result.latency.count, options.echoes_max);
    ck_assert_int_eq(result.asked, 5);
}
END_TEST

START_TEST(crew_keeps_to_the_rate)
{
    start_open_loop(echo, 2000);
    run(3);
    ck_assert(engine_result_good(&result));
    ck_assert_uint_eq(result.response.count, result.arrivals);
    /* The longest window of the three may be longer than the others'. */
    ck_assert_uint_ge(result.arrivals, 490);
    ck_assert_uint_le(result.arrivals,
                      (uint64_t)(result.window_ns * 2 / ms_ns) + 3);
    ck_assert_int_eq(result.served, 8);
}
END_TEST

START_TEST(crew_that_cannot_start_says_so)
{
    struct rlimit limit;
    start(echo);
    /* Two of four find a descriptor for their epoll. */
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = (rlim_t)listen_fd + 3;
    setrlimit(RLIMIT_NOFILE, &limit);
    options.runs = 4;
    ck_assert_int_eq(crew_run(&options, &result), -1);
    ck_assert_int_eq(errno, EMFILE);
}
END_TEST

/* On loopback the server needs a CPU too. */
START_TEST(crew_is_as_large_as_suits)
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
END_TEST

START_TEST(descriptors_are_enough)
{
    options.clients = 100;
    options.silent_clients = 1000;
    ck_assert_int_ge(engine_descriptors_needed(&options), 1101);
    ck_assert_int_le(engine_descriptors_needed(&options), 1150);
}
END_TEST

/* ---- slices ------------------------------------------------------------ */

START_TEST(a_slice_holds_all_of_its_echoes)
{
    start(echo);
    struct engine *engine = engine_open(&options, &result);
    ck_assert_ptr_nonnull(engine);
    ck_assert_int_eq(result.connected, 8);
    for (int i = 0; i < 20; i++) {
        int before = echoes_done;
        ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
        ck_assert_int_gt((int)result.echoes, 0);
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
END_TEST

START_TEST(connections_for_one_echo_end_in_their_slice)
{
    start(echo);
    options.clients = 4;
    options.churn = true;
    struct engine *engine = engine_open(&options, &result);
    for (int i = 0; i < 20; i++) {
        int before = echoes_done;
        ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
        ck_assert_int_eq((int)result.echoes, echoes_done - before);
    }
    engine_close(engine, &result);
    ck_assert(engine_result_good(&result));
}
END_TEST

/* A greeting that a slice's end falls into goes on in the next one. */
START_TEST(who_is_greeted_as_a_slice_ends_is_served_in_the_next)
{
    start((struct service){.greeted = true});
    options.clients = 16;
    options.handshake = options.churn = true;
    struct engine *engine = engine_open(&options, &result);
    engine_slice(engine, ms_ns / 20, 0, 0, &result);
    for (int i = 0; i < 20; i++) {
        engine_slice(engine, 10 * ms_ns, 0, 0, &result);
    }
    ck_assert_uint_gt(result.echoes, 0);
    engine_close(engine, &result);
    ck_assert_int_eq(result.served, 16);
}
END_TEST

/* Seven of eight are never accepted. Their messages stay with the server, and
 * the slices of the eighth do not wait for them. */
START_TEST(who_was_never_served_holds_nobody_up)
{
    start(one_at_a_time);
    struct engine *engine = engine_open(&options, &result);
    for (int i = 0; i < 5; i++) {
        ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
        ck_assert_int_gt((int)result.echoes, 0);
    }
    ck_assert_int_eq(result.served, 1);
    ck_assert_int_lt(result.window_ns, 500 * ms_ns);
    engine_close(engine, &result);
    ck_assert_int_eq(result.served, 1);
    ck_assert_int_eq(result.stalled, 0);
}
END_TEST

START_TEST(who_was_served_and_then_waits_in_vain_is_stalled)
{
    start(echo);
    options.clients = 2;
    struct engine *engine = engine_open(&options, &result);
    ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
    held = true;
    ck_assert(!engine_slice(engine, 5 * ms_ns, 0, 0, &result));
    engine_close(engine, &result);
    ck_assert_int_eq(result.stalled, 2);
}
END_TEST

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

START_TEST(a_stopped_server_is_waited_for)
{
    start(echo);
    options.clients = 2;
    int asked = 0;
    options.is_paused = is_paused;
    options.arg = &asked;
    struct engine *engine = engine_open(&options, &result);
    ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
    held = true;
    ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
    ck_assert_int_gt(result.gap_ns, 1000 * ms_ns);
    engine_close(engine, &result);
    ck_assert_int_eq(result.stalled, 0);
    ck_assert(engine_result_good(&result));
}
END_TEST

START_TEST(the_least_served_is_told)
{
    held = _i == 1;
    start(one_at_a_time);
    options.clients = 1;
    struct engine *engine = engine_open(&options, &result);
    ck_assert(engine_slice(engine, 5 * ms_ns, 0, 0, &result));
    ck_assert_int_eq(result.echoes > 0, _i == 0);
    engine_close(engine, &result);
    ck_assert(_i == 0 ? result.fairness == 1 : isnan(result.fairness));
}
END_TEST

/* A closed loop between two open ones: nothing of the one is left in the
 * other, and what was due is the rate. */
START_TEST(open_and_closed_slices_take_turns)
{
    start(echo);
    options.clients = 4;
    struct engine *engine = engine_open(&options, &result);
    for (int i = 0; i < 4; i++) {
        double rate = i % 2 == 0 ? 2000 : 0;
        ck_assert(engine_slice(engine, 200 * ms_ns, rate, 7, &result));
        ck_assert_int_eq((int)result.unfinished, 0);
        if (rate > 0) {
            ck_assert_double_eq_tol((double)result.arrivals, 400, 100);
        } else {
            ck_assert_int_eq((int)result.arrivals, 0);
        }
    }
    engine_close(engine, &result);
    ck_assert(engine_result_good(&result));
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("engine");
    TCase *tests = tcase_create("engine");
    tcase_add_loop_test(tests, counts_add_up, 0, 2);
    tcase_add_test(tests, test_an_echo_takes_no_longer_than_its_window);
    tcase_add_loop_test(tests, test_lateness_excuses_no_lost_connection, 0,
                        2);
    tcase_add_test(tests, echoes_max_is_exact);
    tcase_add_loop_test(tests, silent_clients_come_first_and_are_asked_last,
                        0, PARTIES);
    tcase_add_test(tests, churn_closes_first);
    tcase_add_loop_test(tests, greeting_comes_in_two_pieces, 0, 2);
    tcase_add_loop_test(tests, ends_early_when_all_are_dead, 0, 2);
    tcase_add_loop_test(tests, phases_come_in_order_and_once, 0, 2);
    tcase_add_test(tests, interrupt_ends_the_window);
    tcase_add_loop_test(tests, open_loop_keeps_to_its_rate, 0, 2);
    tcase_add_test(tests, open_loop_counts_what_is_never_answered);
    tcase_add_test(tests, open_loop_shows_the_queue);
    tcase_add_test(tests, open_loop_goes_on_with_who_is_free);
    tcase_add_test(tests, open_loop_survives_lost_connections);
    tcase_add_loop_test(tests, open_loop_is_late_on_purpose, 0, 2);
    if (handlers_are_prompt) {
        tcase_add_test(tests, open_loop_is_kept_asleep);
    } else {
        printf("skipped: open_loop_is_kept_asleep: thread sanitizer runs the "
               "handler late, outside of the wait\n");
    }
    tcase_add_loop_test(tests, crew_deals_out_exactly, 0, 3);
    tcase_add_test(tests, crew_keeps_to_the_rate);
    tcase_add_test(tests, crew_that_cannot_start_says_so);
    tcase_add_test(tests, crew_is_as_large_as_suits);
    tcase_add_test(tests, descriptors_are_enough);
    tcase_add_test(tests, a_slice_holds_all_of_its_echoes);
    tcase_add_test(tests, connections_for_one_echo_end_in_their_slice);
    tcase_add_test(tests,
                   who_is_greeted_as_a_slice_ends_is_served_in_the_next);
    tcase_add_test(tests, who_was_never_served_holds_nobody_up);
    tcase_add_test(tests, who_was_served_and_then_waits_in_vain_is_stalled);
    tcase_add_test(tests, a_stopped_server_is_waited_for);
    tcase_add_loop_test(tests, the_least_served_is_told, 0, 2);
    tcase_add_test(tests, open_and_closed_slices_take_turns);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
