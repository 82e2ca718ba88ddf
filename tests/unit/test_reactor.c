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
    int calls[FD_SETSIZE];        /* by descriptor */
    int order[16];                /* which timer came when */
    int norder;                   /* how many have come */
    struct reactor_event *victim; /* ended by the first callback; or NULL */
} seen;

/* One for each descriptor. */
static struct reactor_event events[FD_SETSIZE];

static void
setup(void)
{
    ck_assert_int_eq(reactor_init(), 0);
}

CASE(reactor, setup, NULL)

/* A pair of connected sockets; the first has a byte to read. */
static void
readable_pair(int pair[2])
{
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
}

static void
read_and_end_cb(int fd, short what, void *arg)
{
    char byte;

    ck_assert_ptr_eq(arg, &seen);
    ck_assert_int_eq(what, REACTOR_READ);
    seen.calls[fd]++;
    ck_assert_int_eq(read(fd, &byte, 1), 1);
    reactor_del(&events[fd]);
    if (seen.victim != NULL) {
        reactor_del(seen.victim);
        seen.victim = NULL;
    }
}

static void
await_byte(int fd)
{
    reactor_wait(&events[fd], fd, REACTOR_READ, 0, read_and_end_cb, &seen);
}

/* Call callback(fd, REACTOR_TIMEOUT, arg) in `time_ms`, on some descriptor,
 * which it returns. */
static int
start_timer(int time_ms, reactor_callback *callback, void *arg)
{
    int fd = open("/dev/null", O_RDONLY);

    ck_assert_int_ge(fd, 0);
    reactor_wait(&events[fd], fd, 0, time_ms, callback, arg);
    return fd;
}

/* The timer's own end, and that of the event in `arg`. */
static void
end_event_cb(int fd, short what, void *arg)
{
    ck_assert_int_eq(what, REACTOR_TIMEOUT);
    reactor_del(&events[fd]);
    reactor_del(arg);
}

static void
write_byte_cb(int fd, short what, void *arg)
{
    (void)what;
    reactor_del(&events[fd]);
    ck_assert_int_eq(write(*(int *)arg, "x", 1), 1);
}

/* ---- readiness ----------------------------------------------------------
 */

TEST(test_a_readable_descriptor_is_called_back)
{
    int pair[2];

    readable_pair(pair);
    await_byte(pair[0]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 1);
}

TEST(test_D05_an_ignored_descriptor_is_not_called_in_the_same_turn)
{
    int first[2];
    int second[2];

    readable_pair(first);
    readable_pair(second);
    seen.victim = &events[second[0]]; /* the higher number comes later */
    ck_assert_int_gt(second[0], first[0]);
    await_byte(first[0]);
    await_byte(second[0]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[first[0]], 1);
    ck_assert_int_eq(seen.calls[second[0]], 0);
}

static void
reuse_cb(int fd, short what, void *arg)
{
    int *pair = arg;
    int victim_fd = seen.victim->fd;

    (void)what;
    seen.calls[fd]++;
    reactor_del(&events[fd]);
    /* The victim's number is given to a new socket with nothing to read,
     * which is watched at once; only a stale bit could call it. */
    reactor_del(seen.victim);
    seen.victim = NULL;
    ck_assert_int_eq(dup2(pair[0], victim_fd), victim_fd);
    await_byte(victim_fd);
}

TEST(test_D05_a_number_used_again_gets_no_stale_event)
{
    int first[2];
    int second[2];
    int fresh[2];

    readable_pair(first);
    readable_pair(second);
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fresh), 0);
    seen.victim = &events[second[0]];
    reactor_wait(&events[first[0]], first[0], REACTOR_READ, 0, reuse_cb,
                 fresh);
    await_byte(second[0]);
    start_timer(20, end_event_cb, &events[second[0]]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[first[0]], 1);
    ck_assert_int_eq(seen.calls[second[0]], 0);
}

static void
write_cb(int fd, short what, void *arg)
{
    (void)arg;
    ck_assert_int_eq(what, REACTOR_WRITE);
    seen.calls[fd]++;
    await_byte(fd);
}

TEST(test_watching_for_reading_ends_watching_for_writing)
{
    int pair[2];

    readable_pair(pair);
    reactor_wait(&events[pair[0]], pair[0], REACTOR_WRITE, 0, write_cb, NULL);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 2);
}

TEST(test_D01_only_descriptors_below_FD_SETSIZE_can_be_watched)
{
    ck_assert(reactor_can_watch(0));
    ck_assert(reactor_can_watch(FD_SETSIZE - 1));
    ck_assert(!reactor_can_watch(FD_SETSIZE));
    ck_assert(!reactor_can_watch(-1));
}

TEST(test_D06_the_last_word_is_scanned_and_given_up_again)
{
    struct rlimit limit;
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
    await_byte(low[0]);
    await_byte(FD_SETSIZE - 1);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[low[0]], 1);
    ck_assert_int_eq(seen.calls[FD_SETSIZE - 1], 1);
    /* The highest goes while the other still waits: that is found again,
     * in a set shrunk to one word. */
    ck_assert_int_eq(write(high[1], "x", 1), 1);
    await_byte(low[0]);
    await_byte(FD_SETSIZE - 1);
    start_timer(1, write_byte_cb, &low[1]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[low[0]], 2);
    ck_assert_int_eq(seen.calls[FD_SETSIZE - 1], 2);
}

static void
interrupt(int signal_number)
{
    (void)signal_number;
}

/* What select leaves in its sets when a signal ends it means nothing. */
TEST(test_D04_an_interrupted_wait_calls_nobody)
{
    const struct itimerval often = {{0, 1000}, {0, 1000}};
    struct sigaction action = {.sa_handler = interrupt};
    int pair[2];

    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    await_byte(pair[0]);
    start_timer(50, end_event_cb, &events[pair[0]]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 0);
}

/* ---- time ---------------------------------------------------------------
 */

static void
note_order_cb(int fd, short what, void *arg)
{
    (void)what;
    reactor_del(&events[fd]);
    seen.order[seen.norder++] = *(int *)arg;
}

TEST(test_waits_for_time_end_in_the_order_of_their_time)
{
    static int numbers[] = {0, 1, 2, 3};
    const int times_ms[] = {30, 10, 20, 5};
    int fd = -1;

    for (int i = 0; i < 4; i++) {
        fd = start_timer(times_ms[i], note_order_cb, &numbers[i]);
    }
    reactor_del(&events[fd]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.norder, 3);
    ck_assert_int_eq(seen.order[0], 1);
    ck_assert_int_eq(seen.order[1], 2);
    ck_assert_int_eq(seen.order[2], 0);
}

TEST(test_who_waits_again_is_late_once_at_the_new_time)
{
    static int numbers[] = {0, 1, 2};
    int first = start_timer(1, note_order_cb, &numbers[0]);
    int second = start_timer(50, note_order_cb, &numbers[1]);

    start_timer(10, note_order_cb, &numbers[2]);
    reactor_wait(&events[first], first, 0, 20, note_order_cb, &numbers[0]);
    reactor_wait(&events[second], second, 0, 1, note_order_cb, &numbers[1]);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.norder, 3);
    ck_assert_int_eq(seen.order[0], 1);
    ck_assert_int_eq(seen.order[1], 2);
    ck_assert_int_eq(seen.order[2], 0);
}

/* Late twice, and not for good: the limit is one of each wait. */
static void
count_late_cb(int fd, short what, void *arg)
{
    (void)arg;
    ck_assert_int_eq(what, REACTOR_TIMEOUT);
    if (++seen.calls[fd] == 2) {
        reactor_del(&events[fd]);
    }
}

TEST(test_who_goes_on_waiting_is_late_again)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    reactor_wait(&events[pair[0]], pair[0], REACTOR_READ, 5, count_late_cb,
                 NULL);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 2);
}

/* A limit that is taken back is over, and a wait for time is for nothing
 * else. */
TEST(test_nobody_is_late_without_a_limit_nor_ready_without_a_wish)
{
    static int number = 7;
    int pair[2];

    readable_pair(pair);
    reactor_wait(&events[pair[0]], pair[0], REACTOR_READ, 1, read_and_end_cb,
                 &seen);
    reactor_wait(&events[pair[0]], pair[0], 0, 30, note_order_cb, &number);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 0);
    ck_assert_int_eq(seen.norder, 1);
}

static void
not_yet_cb(int fd, short what, void *arg)
{
    (void)what;
    (void)arg;
    ck_assert_int_eq(seen.norder, 0);
    reactor_del(&events[fd]);
    seen.norder = 1;
}

static void
after_the_pause_cb(int fd, short what, void *arg)
{
    ck_assert_int_eq(seen.norder, 1);
    read_and_end_cb(fd, what, arg);
}

TEST(test_B02_a_pause_is_kept_and_ends_by_itself)
{
    int pair[2];

    readable_pair(pair);
    reactor_wait(&events[pair[0]], pair[0], REACTOR_READ, 0,
                 after_the_pause_cb, &seen);
    reactor_pause(&events[pair[0]], 0); /* is none */
    reactor_pause(&events[pair[0]], 40);
    start_timer(20, not_yet_cb, NULL);
    ck_assert_int_eq(reactor_run(), 0);
    ck_assert_int_eq(seen.calls[pair[0]], 1);
    await_byte(pair[0]);
    reactor_pause(&events[pair[0]], -1);
    ck_assert_int_eq(reactor_run(), 0); /* nobody is left */
}
