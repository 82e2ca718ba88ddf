/*
 * test_co.c: the scheduler of coroutine/. Every test runs with both ways of
 * switching, in a process of its own.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "tests/unit/co_body.h"
#include "tests/unit/run_suite.h"

enum {
    TURN_BYTES = 64 * 1024, /* co_io.c's own, which bounds a firehose */
};

/* A log of letters, in the order in which coroutines wrote them. */
static char log_text[256];

static void
log_letter(char letter)
{
    size_t length = strlen(log_text);

    ck_assert_uint_lt(length + 1, sizeof log_text);
    log_text[length] = letter;
}

static void *
write_thrice(void *arg)
{
    for (int i = 0; i < 3; i++) {
        log_letter(*(const char *)arg);
        co_give_way();
    }
    return arg;
}

static void *
two_writers(void *arg)
{
    static char a = 'a';
    static char b = 'b';
    struct co *first = co_create(write_thrice, &a);
    struct co *second = co_create(write_thrice, &b);

    (void)arg;
    log_letter('s'); /* a spawned one runs later, not at once */
    ck_assert_ptr_eq(co_join(first), &a);
    ck_assert_ptr_eq(co_join(second), &b);
    log_letter('e');
    return NULL;
}

TEST_TIMES(test_E09_turns_are_taken_in_order, SWITCHES)
{
    run(_i, two_writers, NULL);
    ck_assert_str_eq(log_text, "sabababe");
}

/* Each waits for the next one, 128 deep, and adds one to its result. */
static void *
nested(void *arg)
{
    intptr_t depth = (intptr_t)arg;

    if (depth == 0) {
        return NULL;
    }
    struct co *inner = co_create(nested, (void *)(depth - 1));
    ck_assert_ptr_nonnull(inner);
    return (void *)((intptr_t)co_join(inner) + 1);
}

static void *
nest_128(void *arg)
{
    *(intptr_t *)arg = (intptr_t)co_join(co_create(nested, (void *)128));
    return NULL;
}

TEST_TIMES(test_E09_results_come_through_128_joins, SWITCHES)
{
    intptr_t result = 0;

    run(_i, nest_128, &result);
    ck_assert_int_eq(result, 128);
}

static void *
return_arg(void *arg)
{
    return arg;
}

static void *
join_after_it_finished(void *arg)
{
    struct co *co = co_create(return_arg, arg);

    co_give_way();
    co_give_way();
    ck_assert_ptr_eq(co_join(co), arg);
    return NULL;
}

TEST_TIMES(test_E09_a_result_waits_for_who_joins_late, SWITCHES)
{
    int something;

    run(_i, join_after_it_finished, &something);
}

static long created;

static void *
count_one(void *arg)
{
    created++;
    return arg;
}

static void *
create_many(void *arg)
{
    long count = *(long *)arg;

    for (long i = 0; i < count; i++) {
        co_join(co_create(count_one, NULL));
    }
    return NULL;
}

TEST_TIMES(test_E09_a_million_are_created_and_finish, SWITCHES)
{
    /* Sanitizers and the slower switch get by with fewer; but tsan keeps
     * something of each, and has room for 32 768 on a stack. */
    const char *variant = getenv("FIVEWAYS_VARIANT");
    bool is_plain = variant == NULL || *variant == '\0';
    long count = _i == 0 && is_plain ? 1000000 : 100000;
    run(_i, create_many, &count);
    ck_assert_int_eq(created, count);
}

static void *
sleep_50_ms(void *arg)
{
    co_sleep_ms(50);
    return arg;
}

static int asleep;
static int asleep_peak;

static void *
sleep_and_be_counted(void *arg)
{
    asleep++;
    asleep_peak = asleep > asleep_peak ? asleep : asleep_peak;
    co_sleep_ms(20);
    asleep--;
    return arg;
}

enum {
    SLEEPERS = 100
};

static void *
hundred_sleepers(void *arg)
{
    struct co *sleepers[SLEEPERS];
    int64_t begin_ms = clock_now_ms();

    (void)arg;
    for (int i = 0; i < SLEEPERS; i++) {
        sleepers[i] = co_create(sleep_and_be_counted, NULL);
        ck_assert_ptr_nonnull(sleepers[i]);
    }
    for (int i = 0; i < SLEEPERS; i++) {
        co_join(sleepers[i]);
    }
    ck_assert_int_ge(clock_now_ms() - begin_ms, 20);
    return NULL;
}

TEST_TIMES(test_sleeps_overlap, SWITCHES)
{
    run(_i, hundred_sleepers, NULL);
    ck_assert_int_eq(asleep, 0);
    ck_assert_int_eq(asleep_peak, SLEEPERS);
}

/* ---- descriptors ------------------------------------------------------- */

static int pair[2];

static void
make_pair(void)
{
    ck_assert_int_eq(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
}

static void *
receive_all(void *arg)
{
    size_t total_bytes = 0;
    char buffer[1000];
    ssize_t nread;

    (void)arg;
    while ((nread = co_recv(pair[0], buffer, sizeof buffer, 0)) > 0) {
        for (ssize_t i = 0; i < nread; i++) {
            if ((unsigned char)buffer[i] != (total_bytes + (size_t)i) % 251) {
                ck_abort_msg("byte %zu is wrong", total_bytes + (size_t)i);
            }
        }
        total_bytes += (size_t)nread;
    }
    ck_assert_int_eq(nread, 0);
    return (void *)total_bytes;
}

static void *
send_all(void *arg)
{
    size_t total_bytes = (size_t)arg;
    char buffer[3000];

    for (size_t sent = 0; sent < total_bytes;) {
        size_t nbytes = total_bytes - sent;
        nbytes = nbytes < sizeof buffer ? nbytes : sizeof buffer;
        for (size_t i = 0; i < nbytes; i++) {
            buffer[i] = (char)((sent + i) % 251);
        }
        ssize_t nwritten = co_send(pair[1], buffer, nbytes, 0);
        ck_assert_int_gt(nwritten, 0);
        sent += (size_t)nwritten;
    }
    shutdown(pair[1], SHUT_WR);
    return NULL;
}

static void *
transfer(void *arg)
{
    struct co *receiver = co_create(receive_all, NULL);
    struct co *sender = co_create(send_all, arg);

    co_join(sender);
    ck_assert_ptr_eq(co_join(receiver), arg);
    co_close(pair[0]);
    co_close(pair[1]);
    return NULL;
}

TEST_TIMES(test_bytes_pass_unchanged_however_much_waiting_it_takes, SWITCHES)
{
    make_pair();
    run(_i, transfer, (void *)(size_t)5000000);
}

/* The data and the FIN are there before anybody looks: one edge for both. */
static void *
receive_with_fin(void *arg)
{
    char buffer[100];

    (void)arg;
    ck_assert_int_eq(co_recv(pair[0], buffer, sizeof buffer, 0), 5);
    ck_assert_int_eq(co_recv(pair[0], buffer, sizeof buffer, 0), 0);
    return NULL;
}

TEST_TIMES(test_a_fin_that_came_with_the_data_is_seen, SWITCHES)
{
    make_pair();
    ck_assert_int_eq(write(pair[1], "hello", 5), 5);
    shutdown(pair[1], SHUT_WR);
    run(_i, receive_with_fin, NULL);
}

static void *
send_and_end(void *arg)
{
    (void)arg;
    ck_assert_int_eq(write(pair[1], "hello", 5), 5);
    shutdown(pair[1], SHUT_WR);
    return NULL;
}

/* As above, but the reader waits already: data and FIN in one event. */
static void *
wait_for_data_and_fin(void *arg)
{
    struct co *other = co_create(send_and_end, NULL);

    receive_with_fin(arg);
    co_join(other);
    return NULL;
}

TEST_TIMES(test_a_fin_in_the_same_event_as_the_data_is_seen, SWITCHES)
{
    make_pair();
    run(_i, wait_for_data_and_fin, NULL);
}

static void *
wait_in_vain(void *arg)
{
    char byte;
    int64_t begin_ms = clock_now_ms();

    (void)arg;
    co_set_timeout(pair[0], 30);
    ck_assert_int_eq(co_recv(pair[0], &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    ck_assert_int_ge(clock_now_ms() - begin_ms, 29);
    /* And it can be used again. */
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    ck_assert_int_eq(co_recv(pair[0], &byte, 1, 0), 1);
    return NULL;
}

TEST_TIMES(test_a_timeout_ends_a_wait, SWITCHES)
{
    make_pair();
    run(_i, wait_in_vain, NULL);
}

static void *
write_a_byte(void *arg)
{
    (void)arg;
    co_sleep_ms(5);
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    return NULL;
}

enum {
    PATIENCE_MS = 10000 /* for a byte that comes after 5 ms */
};

/* Wait for a byte on a pair, twice with the same descriptor. */
static void *
wait_on_a_number_used_again(void *arg)
{
    char byte;
    int number = -1;

    (void)arg;
    for (int use = 0; use < 2; use++) {
        make_pair();
        ck_assert(number == -1 || number == pair[0]);
        number = pair[0];
        /* Who is not woken by the byte finds it when the time is up. */
        int64_t begin_ms = clock_now_ms();
        co_set_timeout(pair[0], PATIENCE_MS);
        struct co *writer = co_create(write_a_byte, NULL);
        ck_assert_int_eq(co_recv(pair[0], &byte, 1, 0), 1);
        ck_assert_int_lt(clock_now_ms() - begin_ms, PATIENCE_MS);
        co_join(writer);
        co_close(pair[0]);
        co_close(pair[1]);
    }
    return NULL;
}

TEST_TIMES(test_E07_a_closed_descriptor_leaves_nothing_behind, SWITCHES)
{
    run(_i, wait_on_a_number_used_again, NULL);
}

static void *
recv_late(void *arg)
{
    char byte;

    (void)arg;
    co_set_timeout(pair[0], 10);
    ck_assert_int_eq(co_recv(pair[0], &byte, 1, 0), 1);
    return NULL;
}

/* Keeps everybody waiting past the deadline, and then delivers. */
static void *
hold_everybody_up(void *arg)
{
    int64_t end_ms = clock_now_ms() + 30;

    (void)arg;
    while (clock_now_ms() < end_ms) {
    }
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    return NULL;
}

static void *
deliver_late(void *arg)
{
    struct co *reader = co_create(recv_late, arg);
    struct co *other = co_create(hold_everybody_up, arg);

    co_join(reader);
    co_join(other);
    return NULL;
}

TEST_TIMES(test_H06_what_has_come_counts_even_when_time_is_up, SWITCHES)
{
    make_pair();
    run(_i, deliver_late, NULL);
}

/* So many that epoll always has more who are ready than it can report at a
 * time: of each pair there is one. */
enum {
    BUSY_PAIRS = 600, /* co.c takes 512 events at a time */
    BUSY_MS = 10000,  /* they give up then */
    NAP_MS = 20,      /* and meanwhile somebody sleeps so long */
    SPARE_DESCRIPTORS = 50,
};

static int busy_ends[BUSY_PAIRS][2];
static bool has_slept;

static void *
pass_on(void *arg)
{
    int fd = *(int *)arg;
    int64_t end_ms = clock_now_ms() + BUSY_MS;
    char buffer[100]; /* more than comes, so the next one waits for epoll */

    while (!has_slept && clock_now_ms() < end_ms) {
        ck_assert_int_eq(co_send(fd, "x", 1, 0), 1);
        ck_assert_int_gt(co_recv(fd, buffer, sizeof buffer, 0), 0);
    }
    /* For who waits for it still. */
    co_send(fd, "x", 1, 0);
    return NULL;
}

static void *
sleep_among_the_busy(void *arg)
{
    int64_t begin_ms = clock_now_ms();

    (void)arg;
    for (int i = 0; i < BUSY_PAIRS; i++) {
        spawn_body(pass_on, &busy_ends[i][0]);
        spawn_body(pass_on, &busy_ends[i][1]);
    }
    co_sleep_ms(NAP_MS);
    has_slept = true;
    ck_assert_int_lt(clock_now_ms() - begin_ms, BUSY_MS);
    return NULL;
}

TEST_TIMES(test_H06_time_passes_however_many_are_ready, SWITCHES)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 2 * BUSY_PAIRS + SPARE_DESCRIPTORS) {
        printf("skipped: test_H06_time_passes_however_many_are_ready: the "
               "hard limit of descriptors is too low\n");
        return;
    }
    for (int i = 0; i < BUSY_PAIRS; i++) {
        ck_assert_int_eq(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, busy_ends[i]),
            0);
    }
    run(_i, sleep_among_the_busy, NULL);
}

static void *
recv_from_nowhere(void *arg)
{
    char byte;

    (void)arg;
    errno = 0;
    ck_assert_int_eq(co_recv(pair[1], &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EBADF);
    return NULL;
}

static void *
send_to_nobody(void *arg)
{
    (void)arg;
    errno = 0;
    ck_assert_int_eq(co_send(pair[0], "x", 1, MSG_NOSIGNAL), -1);
    ck_assert_int_eq(errno, EPIPE);
    return NULL;
}

static void *
fail_in_turns(void *arg)
{
    (void)arg;
    co_close(pair[1]);
    struct co *one = co_create(recv_from_nowhere, NULL);
    struct co *other = co_create(send_to_nobody, NULL);
    co_join(one);
    co_join(other);
    return NULL;
}

TEST_TIMES(test_E06_each_sees_its_own_errno, SWITCHES)
{
    make_pair();
    run(_i, fail_in_turns, NULL);
}

static void *
recv_a_reset(void *arg)
{
    char byte;

    (void)arg;
    ck_assert_int_eq(co_recv(pair[0], &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    return NULL;
}

/* It runs again after the reset was received, and before its receiver. */
static void *
reset_and_set_errno(void *arg)
{
    struct co *receiver = co_create(recv_a_reset, NULL);

    (void)arg;
    co_give_way();
    ck_assert_int_eq(co_send(pair[0], "x", 1, 0), 1);
    co_close(pair[1]); /* with something unread: a reset */
    co_give_way();
    errno = ENOTSUP;
    co_join(receiver);
    return NULL;
}

TEST_TIMES(test_E06_the_errno_of_a_wait_is_its_own, SWITCHES)
{
    make_pair();
    run(_i, reset_and_set_errno, NULL);
}

/* Two connections of which one end each is waited for. */
static int crowd[2][2];
static int nreceived;

/* Whoever runs first finds that the other's byte has been received, too. */
static void *
recv_in_a_crowd(void *arg)
{
    int which = (int)(intptr_t)arg;
    char byte;

    ck_assert_int_eq(co_recv(crowd[which][0], &byte, 1, 0), 1);
    ck_assert_int_eq(byte, 'a' + which);
    nreceived++;
    ck_assert_int_eq(recv(crowd[1 - which][0], &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    return NULL;
}

static void *
send_to_a_crowd(void *arg)
{
    struct co *receivers[2];

    (void)arg;
    for (int i = 0; i < 2; i++) {
        receivers[i] = co_create(recv_in_a_crowd, (void *)(intptr_t)i);
    }
    co_give_way();
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(write(crowd[i][1], i == 0 ? "a" : "b", 1), 1);
    }
    for (int i = 0; i < 2; i++) {
        co_join(receivers[i]);
    }
    ck_assert_int_eq(nreceived, 2);
    return NULL;
}

TEST_TIMES(test_all_that_has_come_is_received_before_anybody_runs, SWITCHES)
{
    nreceived = 0;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(
            socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, crowd[i]), 0);
    }
    run(_i, send_to_a_crowd, NULL);
}

/* The same as make_pair(), with TCP, which knows urgent data. */
static void
make_tcp_pair(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t address_bytes = sizeof address;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(
        bind(listen_fd, (struct sockaddr *)&address, address_bytes), 0);
    ck_assert_int_eq(listen(listen_fd, 1), 0);
    ck_assert_int_eq(
        getsockname(listen_fd, (struct sockaddr *)&address, &address_bytes),
        0);
    pair[1] = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(
        connect(pair[1], (struct sockaddr *)&address, address_bytes), 0);
    pair[0] = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK);
    ck_assert_int_ne(pair[0], -1);
    close(listen_fd);
}

static void *
recv_one(void *arg)
{
    (void)arg;
    char byte = 0;

    ck_assert_int_eq(co_recv(pair[0], &byte, 1, 0), 1);
    ck_assert_int_eq(byte, 'b');
    nreceived++;
    return NULL;
}

/* An urgent byte wakes epoll and leaves nothing for recv. */
static void *
send_urgently(void *arg)
{
    struct co *receiver = co_create(recv_one, NULL);

    (void)arg;
    co_give_way();
    ck_assert_int_eq(send(pair[1], "!", 1, MSG_OOB), 1);
    for (int turn = 0; turn < 3; turn++) {
        co_give_way();
    }
    ck_assert_int_eq(nreceived, 0);
    ck_assert_int_eq(send(pair[1], "b", 1, 0), 1);
    co_join(receiver);
    ck_assert_int_eq(nreceived, 1);
    return NULL;
}

TEST_TIMES(test_A14_who_is_woken_for_nothing_goes_on_waiting, SWITCHES)
{
    nreceived = 0;
    make_tcp_pair();
    run(_i, send_urgently, NULL);
}

/* A firehose: what it sends is read by itself, so it never has to wait. */
static int firehose_goes_on = 1;

static void *
firehose(void *arg)
{
    static char buffer[4096];
    size_t moved_bytes = 0;

    (void)arg;
    while (firehose_goes_on) {
        ck_assert_int_eq(co_send(pair[1], buffer, sizeof buffer, 0),
                         sizeof buffer);
        ck_assert_int_eq(co_recv(pair[0], buffer, sizeof buffer, 0),
                         sizeof buffer);
        moved_bytes += 2 * sizeof buffer;
    }
    return (void *)moved_bytes;
}

static void *
firehose_and_neighbour(void *arg)
{
    struct co *other = co_create(firehose, NULL);

    (void)arg;
    for (int turn = 0; turn < 10; turn++) {
        co_give_way();
    }
    firehose_goes_on = 0;
    ck_assert_uint_le((size_t)co_join(other),
                      11 * ((size_t)TURN_BYTES + 8192));
    return NULL;
}

TEST_TIMES(test_A16_who_never_waits_still_gives_way, SWITCHES)
{
    make_pair();
    run(_i, firehose_and_neighbour, NULL);
}

/* ---- stacks ------------------------------------------------------------ */

/* Go down by `nbytes`, a little at a time, and no further: what lies below
 * the stack then is a neighbour's, and only a guard page in between can end
 * it. The recursion must stay one, whatever the optimiser thinks. */
static int
deeper(volatile char *above, intptr_t nbytes)
{
    volatile char frame[512];

    frame[0] = above[0];
    if (nbytes <= 0) {
        return 0;
    }
    return deeper(frame, nbytes - (intptr_t)sizeof frame) + frame[0];
}

static void *
overflow(void *arg)
{
    volatile char start[1] = {0};

    co_give_way(); /* until the others have their stacks, too */
    if (arg != NULL) {
        deeper(start, STACK_BYTES + STACK_BYTES / 2);
    }
    return NULL;
}

/* The first overflows; the kernel maps from the top down, so the others have
 * their stacks below it. */
static void *
overflow_among_neighbours(void *arg)
{
    static char first;

    for (int i = 0; i < 8; i++) {
        spawn_body(overflow, i == 0 ? &first : NULL);
    }
    return arg;
}

TEST_UNSANITIZED(test_E01_an_overflow_hits_the_guard_page, SIGSEGV, SWITCHES)
{
    /* The kernel finds no stack left for a handler: the default action. */
    signal(SIGSEGV, SIG_DFL);
    run(_i, overflow_among_neighbours, NULL);
}

/* Anonymous and file pages in memory now, in KiB. */
static long
resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

enum {
    PEAK = 5000
};

static void *
peak_and_fall(void *arg)
{
    static struct co *all[PEAK];
    long *kib = arg;

    kib[0] = resident_kib();
    for (int i = 0; i < PEAK; i++) {
        all[i] = co_create(sleep_50_ms, NULL);
        ck_assert_ptr_nonnull(all[i]);
    }
    co_sleep_ms(1);
    kib[1] = resident_kib();
    for (int i = 0; i < PEAK; i++) {
        co_join(all[i]);
    }
    kib[2] = resident_kib();
    return NULL;
}

TEST_UNSANITIZED(test_E08_memory_of_a_peak_is_given_back, 0, SWITCHES)
{
    long kib[3];

    run(_i, peak_and_fall, kib);
    long grown_kib = kib[1] - kib[0];
    long kept_kib = kib[2] - kib[0];
    ck_assert_int_gt(grown_kib, PEAK); /* a page each, at the least */
    ck_assert_msg(kept_kib * 5 <= grown_kib,
                  "%ld KiB of %ld KiB were kept after the peak", kept_kib,
                  grown_kib);
}

static void *
spawn_until_it_fails(void *arg)
{
    struct co *last = NULL;
    long count = 0;

    for (; count < 100000; count++) {
        struct co *co = co_create(return_arg, last);
        if (co == NULL) {
            break;
        }
        last = co;
    }
    ck_assert_int_eq(errno, ENOMEM);
    *(long *)arg = count;
    while (last != NULL) {
        last = co_join(last); /* each returns the one before it */
    }
    last = co_create(return_arg, NULL);
    ck_assert_ptr_nonnull(last);
    co_join(last);
    return NULL;
}

TEST_UNSANITIZED(test_E03_no_stack_is_an_error_and_no_end, 0, SWITCHES)
{
    const struct rlimit limit = {256 << 20, 256 << 20};
    long count = 0;

    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    run(_i, spawn_until_it_fails, &count);
    ck_assert_int_gt(count, 100);
}
