/*
 * test_reactor.c: selectloop's own loop. Each test runs in a process of its
 * own (Check forks), so each has a fresh reactor.
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "selectloop/reactor.h"
#include "tests/unit/run_suite.h"

/* What callbacks note, for the test to look at afterwards. */
static struct {
    int calls[FD_SETSIZE]; /* by descriptor */
    int order[16];         /* which timer came when */
    int norder;            /* how many have come */
    int victim;            /* ignored by the first callback; -1: none */
} seen = {.victim = -1};

static void
setup(void)
{
    ck_assert_int_eq(reactor_init(), 0);
}

static void
read_and_ignore_cb(int fd, void *arg)
{
    char byte;

    ck_assert_ptr_eq(arg, &seen);
    seen.calls[fd]++;
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    reactor_ignore(fd);
    if (seen.victim != -1) {
        reactor_ignore(seen.victim);
        seen.victim = -1;
    }
}

/* A pair of connected sockets; the first has a byte to read. */
static void
readable_pair(int pair[2])
{
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
}

START_TEST(test_a_readable_descriptor_is_called_back)
{
    int pair[2];

    readable_pair(pair);
    reactor_watch(pair[0], REACTOR_READ, read_and_ignore_cb, &seen);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 1);
}
END_TEST

START_TEST(test_D05_an_ignored_descriptor_is_not_called_in_the_same_turn)
{
    int first[2];
    int second[2];

    readable_pair(first);
    readable_pair(second);
    seen.victim = second[0]; /* the higher number: it comes later */
    ck_assert_int_gt(second[0], first[0]);
    reactor_watch(first[0], REACTOR_READ, read_and_ignore_cb, &seen);
    reactor_watch(second[0], REACTOR_READ, read_and_ignore_cb, &seen);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[first[0]], 1);
    ck_assert_int_eq(seen.calls[second[0]], 0);
}
END_TEST

static void
reuse_cb(int fd, void *arg)
{
    int *pair = arg;

    seen.calls[fd]++;
    reactor_ignore(fd);
    /* The victim's number is given to a new socket with nothing to read,
     * which is watched at once; only a stale bit could call it. */
    reactor_ignore(seen.victim);
    ck_assert_int_eq(dup2(pair[0], seen.victim), seen.victim);
    reactor_watch(seen.victim, REACTOR_READ, read_and_ignore_cb, &seen);
}

static void
stop_watching_cb(void *arg)
{
    reactor_ignore(*(int *)arg);
}

START_TEST(test_D05_a_number_used_again_gets_no_stale_event)
{
    int first[2];
    int second[2];
    int fresh[2];
    struct reactor_timer timer = {0};

    readable_pair(first);
    readable_pair(second);
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fresh), 0);
    seen.victim = second[0];
    reactor_watch(first[0], REACTOR_READ, reuse_cb, fresh);
    reactor_watch(second[0], REACTOR_READ, read_and_ignore_cb, &seen);
    reactor_timer_start(&timer, 20, stop_watching_cb, &second[0]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[first[0]], 1);
    ck_assert_int_eq(seen.calls[second[0]], 0);
}
END_TEST

static void
write_cb(int fd, void *arg)
{
    (void)arg;
    seen.calls[fd]++;
    reactor_watch(fd, REACTOR_READ, read_and_ignore_cb, &seen);
}

START_TEST(test_watching_for_reading_ends_watching_for_writing)
{
    int pair[2];

    readable_pair(pair);
    reactor_watch(pair[0], REACTOR_WRITE, write_cb, NULL);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 2);
}
END_TEST

START_TEST(test_D01_only_descriptors_below_FD_SETSIZE_can_be_watched)
{
    ck_assert(reactor_can_watch(0));
    ck_assert(reactor_can_watch(FD_SETSIZE - 1));
    ck_assert(!reactor_can_watch(FD_SETSIZE));
    ck_assert(!reactor_can_watch(-1));
}
END_TEST

static void
write_byte_cb(void *arg)
{
    ck_assert_int_eq(write(*(int *)arg, "x", 1), 1);
}

START_TEST(test_D06_the_last_word_is_scanned_and_given_up_again)
{
    struct rlimit limit;
    struct reactor_timer timer = {0};
    int low[2];
    int high[2];

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < FD_SETSIZE) {
        printf(
            "skipped: D06: the limit of descriptors is below FD_SETSIZE\n");
        return;
    }
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    readable_pair(low);
    readable_pair(high);
    ck_assert_int_eq(dup2(high[0], FD_SETSIZE - 1), FD_SETSIZE - 1);
    reactor_watch(low[0], REACTOR_READ, read_and_ignore_cb, &seen);
    reactor_watch(FD_SETSIZE - 1, REACTOR_READ, read_and_ignore_cb, &seen);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[low[0]], 1);
    ck_assert_int_eq(seen.calls[FD_SETSIZE - 1], 1);
    /* The highest goes while the other still waits: that is found again,
     * in a set shrunk to one word. */
    ck_assert_int_eq(write(high[1], "x", 1), 1);
    reactor_watch(low[0], REACTOR_READ, read_and_ignore_cb, &seen);
    reactor_watch(FD_SETSIZE - 1, REACTOR_READ, read_and_ignore_cb, &seen);
    reactor_timer_start(&timer, 1, write_byte_cb, &low[1]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[low[0]], 2);
    ck_assert_int_eq(seen.calls[FD_SETSIZE - 1], 2);
}
END_TEST

static void
note_order_cb(void *arg)
{
    seen.order[seen.norder++] = *(int *)arg;
}

START_TEST(test_timers_come_in_the_order_of_their_time)
{
    static int numbers[] = {0, 1, 2, 3};
    static struct reactor_timer timers[4];
    const int times_ms[] = {30, 10, 20, 5};
    for (int i = 0; i < 4; i++) {
        reactor_timer_start(&timers[i], times_ms[i], note_order_cb,
                            &numbers[i]);
    }
    reactor_timer_stop(&timers[3]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.norder, 3);
    ck_assert_int_eq(seen.order[0], 1);
    ck_assert_int_eq(seen.order[1], 2);
    ck_assert_int_eq(seen.order[2], 0);
}
END_TEST

START_TEST(test_a_timer_started_again_comes_once_at_the_new_time)
{
    static int numbers[] = {0, 1};
    static struct reactor_timer timers[2];

    reactor_timer_start(&timers[0], 1, note_order_cb, &numbers[0]);
    reactor_timer_start(&timers[1], 10, note_order_cb, &numbers[1]);
    reactor_timer_start(&timers[0], 20, note_order_cb, &numbers[0]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.norder, 2);
    ck_assert_int_eq(seen.order[0], 1);
    ck_assert_int_eq(seen.order[1], 0);
}
END_TEST

static void
interrupt(int signal_number)
{
    (void)signal_number;
}

/* What select leaves in its sets when a signal ends it means nothing. */
START_TEST(test_D04_an_interrupted_wait_calls_nobody)
{
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    struct sigaction action = {.sa_handler = interrupt};
    struct reactor_timer timer = {0};
    int pair[2];

    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    reactor_watch(pair[0], REACTOR_READ, read_and_ignore_cb, &seen);
    reactor_timer_start(&timer, 50, stop_watching_cb, &pair[0]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 0);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("reactor");
    TCase *tcase = tcase_create("reactor");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, test_a_readable_descriptor_is_called_back);
    tcase_add_test(
        tcase, test_D05_an_ignored_descriptor_is_not_called_in_the_same_turn);
    tcase_add_test(tcase, test_D05_a_number_used_again_gets_no_stale_event);
    tcase_add_test(tcase,
                   test_watching_for_reading_ends_watching_for_writing);
    tcase_add_test(tcase,
                   test_D01_only_descriptors_below_FD_SETSIZE_can_be_watched);
    tcase_add_test(tcase,
                   test_D06_the_last_word_is_scanned_and_given_up_again);
    tcase_add_test(tcase, test_timers_come_in_the_order_of_their_time);
    tcase_add_test(tcase,
                   test_a_timer_started_again_comes_once_at_the_new_time);
    tcase_add_test(tcase, test_D04_an_interrupted_wait_calls_nobody);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
