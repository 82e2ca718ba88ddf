/*
 * ledger.c: what is predicted, claimed and to be done. See course.h.
 *
 * Tables only. The pages have the same words, and tests/docs holds the ones
 * to the others.
 */
#include <math.h>

#include "harness/course/course.h"

/* From there on. */
#define UP(low) (low), INFINITY

#define PREDICTION(lesson_, id_, experiment_, question_, ...)                \
    {                                                                        \
        .lesson = (lesson_), .id = (id_), .experiment = (experiment_),       \
        .question = (question_), .choices = {                                \
            __VA_ARGS__                                                      \
        }                                                                    \
    }

const struct prediction predictions[] = {
    PREDICTION(
        "blocking", "P1", "silent-blocking",
        "Eight clients connect; the first one says nothing, the others "
        "speak at once. How many of the seven have an echo after half "
        "a second?",
        {"none", 0, 0}, {"one", 1, 1}, {"all seven", 7, 7}),
    PREDICTION("blocking", "P2", "wait-blocking",
               "Each echo has to wait for 5 ms, for a disk perhaps, and 64 "
               "clients ask without a pause. How many echoes are there in a "
               "second?",
               {"at most 200", 0, 200}, {"some thousands", 1000, 9999},
               {"more than ten thousand", UP(10000)}),
    PREDICTION(
        "blocking", "P3", "backlog-of-one",
        "The backlog is one, and 50 clients connect at once. What does "
        "the one with the least luck see?",
        {"an echo within a tenth of a second", 0, 100},
        {"an echo, but after a second or more", UP(900)},
        {"an error: connection refused", -INFINITY, -1}),
    PREDICTION("threaded", "P1", "silent-threaded",
               "Eight clients again, the first one says nothing. How many of "
               "the seven have an echo after half a second?",
               {"none", 0, 0}, {"one", 1, 1}, {"all seven", 7, 7}),
    PREDICTION("threaded", "P2", "memory-threaded",
               "A thousand clients are connected and say nothing. How much "
               "memory does the server keep for each, the kernel's stack of "
               "its thread included?",
               {"less than 100 KiB", 0, 99}, {"about 1 MiB", 100, 4000},
               {"8 MiB: that is what a thread's stack is", UP(4001)}),
    PREDICTION(
        "threaded", "P3", "echo-threaded",
        "64 clients ask without a pause, on one CPU. How much CPU time "
        "does an echo take, over that of coroutines in one thread?",
        {"the same", 0, 1.1}, {"half as much again, or twice", 1.1, 3},
        {"ten times", UP(3)}),
    PREDICTION("threaded", "P4", "work-threaded",
               "Each echo computes for 200 us, and there are two CPUs or "
               "more. How many echoes are there, over coroutines in one "
               "thread?",
               {"fewer", 0, .95}, {"as many", .95, 1.3},
               {"more than half as many again", UP(1.3)}),
    PREDICTION(
        "selectloop", "P1", "idle-selectloop",
        "Beside 16 busy clients there are a thousand that say nothing. "
        "How much CPU time does an echo take then, over that of a "
        "server that waits with epoll?",
        {"the same: who says nothing costs nothing", 0, 1.1},
        {"up to twice", 1.1, 2}, {"more than twice", UP(2)}),
    PREDICTION("selectloop", "P2", "idle-in-kernel",
               "Where is that time spent?",
               {"in the server's loop over FD_ISSET", 0, 50},
               {"half there, half in the kernel", 50, 80},
               {"in the kernel", UP(80)}),
    PREDICTION("selectloop", "P3", "many-selectloop",
               "And when 1200 clients come?", {"all are served", 1200, 1200},
               {"about a thousand are served, the others refused", 900, 1100},
               {"it crashes", 0, 0}),
    PREDICTION(
        "coroutine", "P1", "instructions-coroutine",
        "\"To switch coroutines is cheap.\" How many instructions does "
        "an echo take outside of the kernel, over callbacks "
        "(selectloop)?",
        {"fewer", 0, .95}, {"as many", .95, 1.05}, {"more", UP(1.05)}),
    PREDICTION("coroutine", "P2", "echo-selectloop",
               "And CPU time, with 64 clients: what do callbacks take, over "
               "coroutines?",
               {"half", 0, .8}, {"about the same", .8, 1.25},
               {"twice", UP(1.25)}),
    PREDICTION("coroutine", "P3", "work-in-turn",
               "Each echo computes for 20 ms, and 16 clients ask without a "
               "pause. How long does one of them wait for an echo?",
               {"20 ms", 0, 39}, {"some 40 ms: there are two CPUs", 40, 200},
               {"some 320 ms: 16 times 20", UP(200)}),
    PREDICTION("libevent", "P1", "echo-libevent",
               "The same callbacks on a library's loop. How much CPU time "
               "does an echo take, over our own loop on select?",
               {"less", 0, .9}, {"about the same", .9, 1.15},
               {"half as much again: a library has its price", UP(1.15)}),
    PREDICTION("libevent", "P2", "select-limit-libevent",
               "It is told to wait with select, and 1200 clients come. How "
               "many are served?",
               {"all", 1200, 1200}, {"about a thousand", 900, 1100},
               {"none: it crashes", 0, 0}),
    PREDICTION("libevent", "P3", "lines-libevent",
               "How many lines are server and loop, over selectloop's?",
               {"half or less", 0, .5}, {"about three quarters", .5, .9},
               {"as many", UP(.9)}),
    PREDICTION("measuring", "P1", "lie-closed-p99",
               "A server stands still for one second of four. What does a "
               "closed loop report as its p99, the time within which 99 of "
               "100 echoes came?",
               {"less than 10 ms", 0, 10}, {"about 100 ms", 10, 400},
               {"about a second", UP(400)}),
    PREDICTION("measuring", "P2", "lie-open-p99",
               "And an open loop, beside it, over the same stall?",
               {"less than 10 ms", 0, 10}, {"about 100 ms", 10, 400},
               {"about a second", UP(400)}),
    PREDICTION("measuring", "P3", "lie-closed-mean",
               "And the average of the closed loop?",
               {"less than 10 ms", 0, 10}, {"about 100 ms", 10, 400},
               {"about a second", UP(400)}),
    {0},
};

#define CLAIM(id_, page_, says_, text_, ...)                                 \
    {                                                                        \
        .id = (id_), .page = (page_), .says = CLAIM_##says_,                 \
        .text = (text_), __VA_ARGS__                                         \
    }
#define HOLDS(...) .holds = {__VA_ARGS__}
#define TOO(...)   .too = {__VA_ARGS__}

const struct claim claims[] = {
    /* The article's, in the order of its text, and what its code claims. */
    CLAIM("silent-blocks", "blocking/README.md", TRUE,
          "\"blocks others' connections\"", HOLDS("silent-blocking", 0, 0)),
    CLAIM("no-second-request", "blocking/README.md", FALSE,
          "it \"cannot handle other requests if there is no client tries to "
          "establish a connection\"",
          HOLDS("second-request", 0, 1)),
    CLAIM("wastes-time-waiting", "blocking/README.md", CONDITIONAL,
          "it \"wastes a lot of time waiting for I/O responses\"",
          HOLDS("wait-blocking", 0, 200), TOO("work-blocking", 0, .9)),
    CLAIM("listen-ten", "blocking/README.md", FALSE,
          "its code: `s.listen(10)`", HOLDS("backlog-of-ten", 0, 500)),
    CLAIM("send-is-all", "blocking/README.md", FALSE,
          "its code: `conn.send(msg)`, once", HOLDS("short-writes", 0, 0)),
    CLAIM("threads-solve-it", "threaded/README.md", TRUE,
          "\"using threads can solve blocking issues\"",
          HOLDS("silent-threaded", 7, 7)),
    CLAIM("threads-consume", "threaded/README.md", CONDITIONAL,
          "\"creating numerous threads may consume all computing power "
          "without high throughput\"",
          HOLDS("echo-threaded", UP(1.1)), TOO("work-threaded", 0, 1.1)),
    CLAIM("threads-wait-for-locks", "threaded/README.md", FALSE,
          "it \"may waste time waiting for a lock\"",
          HOLDS("calls-threaded", UP(2.1))),
    CLAIM("handler-ends", "threaded/README.md", FALSE,
          "its code: `while True: msg = conn.recv(65535)`",
          HOLDS("eof-is-nothing", 0, 10)),
    CLAIM("listen-10240", "threaded/README.md", FALSE,
          "its code: `s.listen(10240)`", HOLDS("somaxconn", UP(10240))),
    CLAIM("three-parts", "selectloop/README.md", TRUE,
          "\"three main components\"", HOLDS("three-parts", UP(1))),
    CLAIM("not-easy-to-read", "selectloop/README.md", TRUE,
          "such a program \"isn't easy to read\"",
          HOLDS("lines-selectloop", UP(2))),
    CLAIM("write-is-all", "selectloop/README.md", FALSE,
          "its code: `conn.send(msg)` in `write`",
          HOLDS("short-writes", 0, 0)),
    CLAIM("hello-in-one-piece", "selectloop/README.md", FALSE,
          "its code: `msg.decode(\"utf-8\").strip() != \"hello\"`",
          HOLDS("hello-in-pieces", 8, 8)),
    CLAIM("entry-is-removed", "selectloop/README.md", FALSE,
          "its code: `is_hello[conn] = True`", HOLDS("stale-event", 0, 0)),
    CLAIM("loop-is-a-scheduler", "coroutine/README.md", TRUE,
          "\"An event loop is a scheduler to manage tasks within a program "
          "instead of operating systems\"",
          HOLDS("switches-coroutine", 0, .3),
          TOO("switches-threaded", UP(.8))),
    CLAIM("status-is-kept", "coroutine/README.md", TRUE,
          "\"snapshot the current status, including arguments, variables, "
          "and breakpoints\"",
          HOLDS("memory-coroutine", UP(4)), TOO("memory-selectloop", 0, 1)),
    CLAIM("more-readable", "coroutine/README.md", TRUE,
          "\"more intuitive and readable than using callback functions\"",
          HOLDS("same-text", 1, 1)),
    CLAIM("select-0-rests", "coroutine/README.md", FALSE,
          "its code: `self.sel.select(0)`", HOLDS("idle-spins", 0, 10)),
    CLAIM("size-is-all", "coroutine/README.md", FALSE,
          "its code: `size = conn.send(msg)`", HOLDS("short-writes", 0, 0)),
    CLAIM("sleeps-at-once", "coroutine/README.md", TRUE,
          "`await asyncio.sleep(1)`", HOLDS("sleep-at-once", 900, 1500)),
    CLAIM("libraries-assist", "libevent/README.md", TRUE,
          "\"better libraries, frameworks, or syntaxes to assist "
          "programmers\"",
          HOLDS("echo-libevent", 0, 1.1), TOO("lines-libevent", 0, .9)),
    CLAIM("epoll-avoids-waiting", "libevent/README.md", TRUE,
          "developers use \"epoll, or kqueue to avoid their software "
          "waiting\"",
          HOLDS("many-libevent", 1200, 1200), TOO("idle-selectloop", UP(2))),
    CLAIM("C10k-is-a-puzzle", "libevent/README.md", CONDITIONAL,
          "the C10k problem \"is still a puzzle\"",
          HOLDS("many-selectloop", 0, 1199), TOO("many-libevent", 0, 1199)),
    {0},
};

const struct exercise exercises[] = {
    {"blocking",
     "Close a client that has said nothing for a second, without a flag.",
     {{"mine-blocking-silent", 7, 7}, {"mine-blocking-talks", 0, 0}}},
    {"threaded",
     "Have at most a hundred threads for clients: who comes next waits in "
     "the kernel's queue.",
     {{"mine-threaded-served", 150, 150}, {"mine-threaded-threads", 2, 101}}},
    {"selectloop",
     "Wait with poll(2) in reactor.c, so that a thousand clients are no "
     "limit.",
     {{"mine-selectloop-many", 1200, 1200}, {"mine-selectloop-idle", 0, 10}}},
    {"coroutine",
     "Print a line with the number of clients each second, from a coroutine "
     "of its own.",
     {{"mine-coroutine-lines", 2, 4},
      {"mine-coroutine-served", 16, 16},
      {"mine-coroutine-end", 0, 1100}}},
    {"libevent",
     "Print a line with the number of clients each second, from an event of "
     "its own.",
     {{"mine-libevent-lines", 2, 4},
      {"mine-libevent-served", 16, 16},
      {"mine-libevent-end", 0, 1100}}},
    {0},
};
