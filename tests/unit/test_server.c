/*
 * test_server_process.c: when a server counts as being at rest. A server
 * that the kernel holds up inside a call, as accept4(2) does for tens of
 * milliseconds when the descriptor table of many threads grows, uses no CPU
 * time and yet is not done.
 */
#include <check.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/compare/server_process.h"
#include "tests/unit/run_suite.h"

enum {
    LOOKS = 5000,          /* until a process has got where it sleeps */
    LOOK_NS = 1000 * 1000, /* between two */
    STAYS_LOOKS = 20,      /* so often it must still be there */
};

static void
pause_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_NS}, NULL);
}

/* The one thing that keeps a process in uninterruptible sleep for as long as
 * a test wants: with CLONE_VFORK, clone(2) returns to the parent when its
 * child is gone. The child writes its number to `fd`. A plain call, since
 * thread sanitizer makes a fork(2) of vfork(3). */
static void
sleep_in_the_kernel(int fd)
{
    if (syscall(SYS_clone, CLONE_VFORK | SIGCHLD, NULL, NULL, NULL, 0) == 0) {
        pid_t pid = getpid();

        if (write(fd, &pid, sizeof pid) == sizeof pid) {
            pause();
        }
    }
    _exit(0);
}

START_TEST(test_who_waits_for_a_client_sleeps)
{
    struct server_process server = {.seen_pid = fork()};
    int looks = 0;

    ck_assert_int_ge(server.seen_pid, 0);
    if (server.seen_pid == 0) {
        pause();
        _exit(0);
    }
    while (!server_process_sleeps(&server) && looks++ < LOOKS) {
        pause_a_moment();
    }
    ck_assert(server_process_sleeps(&server));
    kill(server.seen_pid, SIGKILL);
    waitpid(server.seen_pid, NULL, 0);
}
END_TEST

START_TEST(test_who_waits_for_the_kernel_does_not)
{
    struct server_process server = {0};
    int pipe_fds[2];
    pid_t child;

    ck_assert_int_eq(pipe(pipe_fds), 0);
    server.seen_pid = fork();
    ck_assert_int_ge(server.seen_pid, 0);
    if (server.seen_pid == 0) {
        sleep_in_the_kernel(pipe_fds[1]);
    }
    ck_assert_int_eq(read(pipe_fds[0], &child, sizeof child), sizeof child);
    for (int i = 0; i < STAYS_LOOKS; i++) {
        ck_assert(!server_process_sleeps(&server));
        pause_a_moment();
    }
    kill(child, SIGKILL);
    waitpid(server.seen_pid, NULL, 0);
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("server process");
    TCase *tests = tcase_create("at rest");

    tcase_add_test(tests, test_who_waits_for_a_client_sleeps);
    tcase_add_test(tests, test_who_waits_for_the_kernel_does_not);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
