/*
 * test_scene.c: strace's log of a scene, line by line: whole calls and pieces
 * of them, threads and processes, and what is no call at all.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/measure.h"
#include "tests/unit/run_suite.h"

#define END_MS 500.0

static struct step steps[SCENE_STEPS_MAX];
static size_t n;

/* What the log says of the half second from 1000 s on, in which these clients
 * connected. */
static void
read_log(const char *log, const char *connected)
{
    FILE *file = fmemopen((void *)(uintptr_t)log, strlen(log), "r");

    memset(steps, 0, sizeof steps);
    n = scene_read(file, 1000, END_MS, connected, steps);
    fclose(file);
}

/* The step is that call of that thread for that client, at that time; a
 * result of NAN is none. */
static void
assert_step(size_t i, const char *call, int thread, const char *client,
            double begin_ms, double lasted_ms, double result)
{
    ck_assert_uint_lt(i, n);
    ck_assert_str_eq(steps[i].call, call);
    ck_assert_str_eq(steps[i].client, client);
    ck_assert_int_eq(steps[i].thread, thread);
    ck_assert_double_eq_tol(steps[i].begin_ms, begin_ms, 0.01);
    ck_assert_double_eq_tol(steps[i].lasted_ms, lasted_ms, 0.01);
    if (isnan(result)) {
        ck_assert_double_nan(steps[i].result);
    } else {
        ck_assert_double_eq(steps[i].result, result);
    }
}

/* From before the scene on, or beyond its end: cut. Neither before nor behind
 * it: not there. */
TEST(calls_are_cut_to_the_scene)
{
    read_log(
        "7 999.900000 close(3</etc/x>) = 0 <0.000010>\n"
        "7 999.900000 accept4(3<socket:[1]>, NULL, NULL, 0) = "
        "4<socket:[2]> <0.110000>\n"
        "7 1000.010500 recvfrom(4<socket:[2]>, \"A1\\n\", 9, 0, NULL, "
        "NULL) = 3 <0.020000>\n"
        "7 1000.040000 sendto(4<socket:[2]>, \"A1\\n\", 3, 0, NULL, 0) = "
        "3 <0.000100>\n"
        "7 1000.300000 recvfrom(4<socket:[2]>, \"\", 9, 0) = 0 <0.4>\n"
        "7 1000.700000 close(4<socket:[2]>) = 0 <0.000010>\n",
        "A");
    ck_assert_uint_eq(n, 4);
    assert_step(0, "accept4", 1, "A", 0, 10, 4);
    assert_step(1, "recvfrom", 1, "A", 10.5, 20, 3);
    assert_step(2, "sendto", 1, "A", 40, 0.1, 3);
    assert_step(3, "recvfrom", 1, "A", 300, 200, NAN);
}

/* From here on the lines are shorter than strace's, in what nobody looks at.
 *
 * A number is given to another client, while a thread that had begun before
 * still waits in accept; a probe came before the scene. */
TEST(descriptors_change_hands)
{
    read_log("7 999.1 accept(3<socket:[1]>) = 4<socket:[2]> <0.00001>\n"
             "7 999.2 close(4<socket:[2]>) = 0 <0.00001>\n"
             "7 999.3 accept(3<socket:[1]>) = 4<socket:[3]> <0.71>\n"
             "7 1000.02 accept(3<socket:[1]> <unfinished ...>\n"
             "8 1000.03 read(4<socket:[3]>, \"\", 9) = 0 <0.0001>\n"
             "8 1000.04 close(4<socket:[3]>) = 0 <0.0001>\n"
             "7 1000.05 <... accept resumed>) = 4<socket:[4]> <0.03>\n"
             "7 1000.06 write(4<socket:[4]>, \"x\", 1) = 1 <0.0001>\n",
             "AB");
    ck_assert_uint_eq(n, 5);
    assert_step(0, "accept", 1, "A", 0, 10, 4);
    assert_step(1, "accept", 1, "B", 20, 30, 4);
    assert_step(2, "read", 2, "A", 30, 0.1, 0);
    assert_step(3, "close", 2, "A", 40, 0.1, 0);
    assert_step(4, "write", 1, "B", 60, 0.1, 1);
}

/* Whichever process has it, and by whatever number, it is one client's. */
TEST(children_keep_their_descriptors)
{
    read_log("7 1000.001 accept(3<socket:[1]>) = 5<socket:[2]> <0.00001>\n"
             "7 1000.002 clone(flags=SIGCHLD <unfinished ...>\n"
             "8 1000.003 read(0<socket:[2]>, \"A\", 9) = 1 <0.00001>\n"
             "7 1000.004 <... clone resumed>) = 8 <0.002>\n"
             "7 1000.005 close(5<socket:[2]>) = 0 <0.00001>\n"
             "7 1000.006 accept(3<socket:[1]>) = 5<socket:[3]> <0.00001>\n"
             "8 1000.008 read(5<socket:[2]>, \"A\", 9) = 1 <0.00001>\n"
             "9 1000.009 read(5<socket:[3]>, \"B\", 9) = 1 <0.00001>\n",
             "AB");
    ck_assert_uint_eq(n, 7);
    assert_step(1, "clone", 1, "", 2, 2, 8);
    assert_step(2, "read", 2, "A", 3, 0.01, 1);
    assert_step(5, "read", 2, "A", 8, 0.01, 1);
    assert_step(6, "read", 3, "B", 9, 0.01, 1);
}

/* What is no client's socket is nobody's, and so is who comes when all are
 * there. */
TEST(strangers_have_no_letter)
{
    read_log("7 1000.001 accept(3<socket:[1]>) = 4<socket:[2]> <0.00001>\n"
             "7 1000.003 read(4</tmp/socket:[2]>, \"\", 9) = 6 <0.00001>\n"
             "7 1000.0035 read(4<pipe:[2]>, \"\", 9) = 6 <0.00001>\n"
             "7 1000.004 accept(3<socket:[1]>) = 5<socket:[3]> <0.00001>\n"
             "7 1000.005 read(5<socket:[3]>, \"\", 9) = 6 <0.00001>\n",
             "A\0B");
    ck_assert_uint_eq(n, 5);
    for (size_t i = 1; i < n; i++) {
        ck_assert_str_eq(steps[i].client, "");
    }
}

/* The first number of select is none of a client's, and that of epoll_ctl
 * stands in the third place. */
TEST(numbers_that_are_descriptors)
{
    read_log("7 1000.001000 accept4(3<socket:[1]>, NULL, NULL, 0) = "
             "5<socket:[2]> <0.000010>\n"
             "7 1000.002000 pselect6(5, [5<socket:[2]>], NULL, NULL) = 1 (in "
             "[5]) <0.002000>\n"
             "7 1000.005000 epoll_ctl(4<anon_inode:[eventpoll]>, "
             "EPOLL_CTL_ADD, 5<socket:[2]>, {events=EPOLLIN}) = 0 "
             "<0.000010>\n"
             "7 1000.006000 epoll_wait(4<anon_inode:[eventpoll]>, "
             "[{events=EPOLLIN}], 32, -1) = 1 <0.000010>\n"
             "7 1000.007000 recvfrom(5<socket:[2]>, 0x7ff, 9, 0) = -1 EAGAIN "
             "(Resource temporarily unavailable) <0.000010>\n",
             "A");
    ck_assert_uint_eq(n, 5);
    assert_step(1, "pselect6", 1, "", 2, 2, 1);
    assert_step(2, "epoll_ctl", 1, "A", 5, 0.01, 0);
    assert_step(3, "epoll_wait", 1, "", 6, 0.01, 1);
    assert_step(4, "recvfrom", 1, "A", 7, 0.01, -1);
}

/* What came over the network looks like the end of a call, but stands in
 * quotes; what is no call is passed over. */
TEST(nothing_in_quotes_counts)
{
    read_log(
        "strace: Process 8 attached\n"
        "\n7\n7 1000.0\n7 x read(5) = 1 <0.1>\n"
        "7 1000.001000 accept(3<socket:[1]>, NULL, NULL) = 5<socket:[2]> "
        "<0.000010>\n"
        "7 1000.002000 read(5<socket:[2]>, \") = 9 <0.3>\\n8 1000.1 fork() = "
        "3\", 99) "
        "= 44 <0.000010>\n"
        "7 1000.003000 write(5<socket:[2]>, \") = 9 <0.3>\", 11 <unfinished "
        "...>\n"
        "7 1000.004000 --- SIGTERM {si_signo=SIGTERM, si_pid=1} ---\n"
        "9 1000.004500 <... read resumed>\"\", 3) = 0 <0.1>\n"
        "7 1000.005000 +++ exited with 0 +++\n"
        "7 1000.006000 READ(5) = 1 <0.1>\n",
        "A");
    ck_assert_uint_eq(n, 3);
    assert_step(1, "read", 1, "A", 2, 0.01, 44);
    assert_step(2, "write", 1, "A", 3, 497, NAN);
}

/* Cut off anywhere, it is read up to there. */
TEST(a_log_may_be_cut_off)
{
    static const char log[] =
        "7 1000.001000 accept(3<socket:[1]>) = 5<socket:[2]> <0.000010>\n"
        "7 1000.002000 recvfrom(5<socket:[2]>, \"A\", 9, 0, NULL, NULL "
        "<unfinished ...>\n"
        "8 1000.003000 close(3) = 0 <0.000010>\n"
        "7 1000.004000 <... recvfrom resumed>) = 1 <0.002000>\n";
    char part[sizeof log];

    for (size_t length = 1; length < sizeof log; length++) {
        snprintf(part, length + 1, "%s", log);
        read_log(part, "A");
        ck_assert_uint_le(n, 3);
        for (size_t i = 0; i < n; i++) {
            ck_assert_double_ge(steps[i].begin_ms, 0);
            ck_assert_double_le(steps[i].begin_ms + steps[i].lasted_ms,
                                END_MS);
        }
    }
    assert_step(1, "recvfrom", 1, "A", 2, 2, 1);
}

/* More calls, threads, descriptors and clients than there is room for; and
 * those from before the scene take none. */
TEST(too_much_is_left_out)
{
    char *log = NULL;
    size_t bytes;
    FILE *file = open_memstream(&log, &bytes);

    for (int i = 0; i < 9000; i++) {
        fprintf(file,
                "7 999.0%05d accept(3, NULL, NULL) = -1 EAGAIN (x) "
                "<0.000001>\n",
                i);
    }
    for (int i = 0; i < 9000; i++) {
        fprintf(file,
                "%d 1000.1%05d accept(3, NULL, NULL) = %d<socket:[%d]> "
                "<0.000001>\n",
                7 + i % 300, i, i, i + 1);
    }
    fclose(file);
    read_log(log, "A");
    ck_assert_uint_eq(n, SCENE_STEPS_MAX);
    ck_assert_str_eq(steps[0].client, "A");
    ck_assert_str_eq(steps[1].client, "");
    free(log);
}

/* A time or a number that is none harms nobody. */
TEST(odd_numbers)
{
    read_log("7 1e300 read(5<socket:[-5]>, 0, 1) = 1 <0.1>\n"
             "7 nan read(5<socket:[-5]>, 0, 1) = 1 <0.1>\n"
             "-7 1000.1 read(-5, 0, 1) = -1 <0.1>\n"
             "0 1000.1 read(99999999999, 0, 1) = 1e300 <nan>\n"
             "7 1000.1 accept(3, 0, 0) = 9<socket:[1e300]> <1e300>\n"
             "7 1000.2 accept(3, 0, 0) = nan <-5>\n"
             "7 1000.3 readreadreadreadreadreadreadread(3) = 0 <0.1>\n",
             "A");
    for (size_t i = 0; i < n; i++) {
        ck_assert_double_ge(steps[i].begin_ms, 0);
        ck_assert_double_le(steps[i].begin_ms + steps[i].lasted_ms, END_MS);
    }
}
