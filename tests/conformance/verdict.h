/*
 * verdict.h: how a test fails, or finds that it cannot tell.
 *
 * require() is the assertion of this suite. Check adds file, line and the
 * test's name; the message adds the model under test, how its server ended,
 * should it be gone, and the last line that it wrote to standard error: often
 * the explanation.
 */
#ifndef FIVEWAYS_VERDICT_H
#define FIVEWAYS_VERDICT_H

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

/* Fail the test unless `condition` holds; the rest, a format and its
 * arguments, says what was expected and what was seen. */
#define require(condition, ...)                                              \
    do {                                                                     \
        if (!(condition)) {                                                  \
            ck_abort_msg("%s", verdict(__VA_ARGS__));                        \
        }                                                                    \
    } while (0)

/* The same of what the test itself needs, such as a socket of its own: the
 * message begins with words by which it is told from a server's failure. */
#define VERDICT_UNABLE "the test itself cannot go on: "
#define require_able(condition, ...)                                         \
    require(condition, VERDICT_UNABLE __VA_ARGS__)

/* From now on `act` is called as soon as a test is about to fail; it must not
 * require anything. */
void verdict_before_failure(void (*act)(void));

/* From now on messages name `model`, say how the caller's child `server_pid`
 * ended (-1: nobody's), and quote the last line of the file `stderr_fd`,
 * which stays the caller's (-1: none). */
void verdict_subject(const char *model, pid_t server_pid, int stderr_fd);

/* What the server calls just now, for a message about a busy one: lines of
 * strace behind "\ncalls: ", or "" where there is none. Valid until the next
 * call, which blocks for a second at most. */
const char *verdict_calls(void);

/* From now on messages end with this, a format and its arguments: what was
 * going on. */
void verdict_context(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* Before the tests of a model: none has been inconclusive. */
void verdict_begin(void);

/* The running test, `__func__`, cannot tell, because of `reason`: it says so
 * and is counted as skipped, though Check takes it for passed. The test goes
 * on to its end, and says this once. */
void verdict_inconclusive(const char *test, const char *reason);

/* How many tests were inconclusive since verdict_begin(). */
int verdict_inconclusive_count(void);

/* True when `test` was one of them. */
bool verdict_was_inconclusive(const char *test);

/* The message for a failure; valid until the next call. */
const char *verdict(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
