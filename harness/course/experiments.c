/*
 * experiments.c: the table of experiments. See course.h.
 *
 * To add one, add a row; `course show --figures` has what can be read off a
 * run. Two rows of one server and one load are one run.
 */
#include <string.h>

#include "harness/course/course.h"

#define DRIVE(key_, shows_, server_, load_, figure_, unit_)                  \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_DRIVE,          \
        .server = (server_), .load = (load_), .figure = (figure_),           \
        .unit = (unit_)                                                      \
    }
#define COMPARE(key_, shows_, scenario_, clients_, model_, over_, figure_,   \
                unit_)                                                       \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_COMPARE,        \
        .scenario = (scenario_), .clients = (clients_), .model = (model_),   \
        .over = (over_), .figure = (figure_), .unit = (unit_)                \
    }
#define LIE(key_, shows_, figure_, unit_)                                    \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_LIE,            \
        .figure = (figure_), .unit = (unit_)                                 \
    }
#define MUTANT(key_, shows_, mutant_, case_)                                 \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_MUTANT,         \
        .server = (mutant_), .load = (case_), .unit = ""                     \
    }
#define SHELL(key_, shows_, line_, unit_)                                    \
    {                                                                        \
        .key = (key_), .shows = (shows_), .kind = EXPERIMENT_SHELL,          \
        .server = (line_), .unit = (unit_)                                   \
    }
#define CPU "server_cpu_us_per_echo"
#define BEHIND_A_SILENT_ONE                                                  \
    "of 7 clients behind a silent one, served in half a second"
/* For sh: lines of these files over those of blocking's or others. */
#define LINES_OVER(base, files)                                              \
    "wc -l " files " " base " && cat " files " | wc -l | "                   \
    "awk -v base=\"$(cat " base " | wc -l)\" '{ print $1 / base }'"

/* ... clients whose program is stopped, and what ss has to say then. */
#define STOPPED_CLIENT(flags)                                                \
    ". harness/course/serve.sh; serve threaded " flags "; "                  \
    "$BIN/load $address -c 4 -d 3s >/dev/null & load=$!; sleep .5; "         \
    "kill -STOP $load; sleep 1.5; ss -tno \"sport = :$port\"; "              \
    "ss -Htn state established \"sport = :$port\" | wc -l | "                \
    "tee $said.n; kill -CONT $load; wait $load; ended; "                     \
    "cat $said.n; rm $said.n"

const struct experiment experiments[] = {
    /* Who is served. */
    DRIVE("silent-blocking", BEHIND_A_SILENT_ONE, "blocking",
          "--silent=1 -c 7 -d 500ms", "served", "of 7"),
    DRIVE("silent-blocking-cpu", "CPU of the server meanwhile", "blocking",
          "--silent=1 -c 7 -d 500ms", "cpu_percent", "% of one"),
    DRIVE("silent-threaded", BEHIND_A_SILENT_ONE, "threaded",
          "--silent=1 -c 7 -d 500ms", "served", "of 7"),
    DRIVE("silent-libevent", BEHIND_A_SILENT_ONE, "libevent",
          "--silent=1 -c 7 -d 500ms", "served", "of 7"),
    DRIVE("second-request", "of 100 messages of one client, answered",
          "blocking", "-c 1 -n 100", "echoes", "of 100"),
    DRIVE("backlog-of-one", "the longest that one of 50 clients waits",
          "blocking --backlog=1", "--churn -c 50 -d 1s", "max_ms", "ms"),
    DRIVE("backlog-refused", "of them, refused", "blocking --backlog=1",
          "--churn -c 50 -d 1s", "refused", "connects"),
    DRIVE("backlog-of-ten", "the longest that one of 50 clients waits",
          "blocking --backlog=10", "--churn -c 50 -d 1s", "max_ms", "ms"),
    DRIVE("backlog-enough", "the longest that one of 50 clients waits",
          "blocking", "--churn -c 50 -d 1s", "max_ms", "ms"),
    DRIVE("drip", "of 4 clients that send a byte at a time, served",
          "selectloop --handshake",
          "--handshake --drip --churn -c 4 -d 500ms", "served", "of 4"),
    DRIVE("drip-wrong", "of 4 clients that send a byte at a time, served",
          "mutants/handshake-in-one-piece --handshake",
          "--handshake --drip --churn -c 4 -d 500ms", "served", "of 4"),
    SHELL("somaxconn", "the longest queue that this system allows",
          "cat /proc/sys/net/core/somaxconn", "clients"),
    DRIVE("many-selectloop", "of 1200 clients, served", "selectloop",
          "-c 1200 -d 500ms", "served", "of 1200"),
    DRIVE("many-libevent", "of 1200 clients, served", "libevent",
          "-c 1200 -d 500ms", "served", "of 1200"),
    DRIVE("select-limit-libevent", "of 1200 clients, served",
          "libevent --backend=select", "-c 1200 -d 500ms", "served",
          "of 1200"),
    DRIVE("select-limit-alive", "1: it went on", "libevent --backend=select",
          "-c 1200 -d 500ms", "alive", ""),

    SHELL("herd-accept", "of 8 processes in accept, woken by a client",
          "$BIN/course herd accept", "of 8"),
    SHELL("herd-epoll", "of 8 processes in epoll_wait, woken by a client",
          "$BIN/course herd epoll", "of 8"),

    /* Waiting, and working. */
    DRIVE("wait-blocking", "echoes with a wait of 5 ms, 64 clients",
          "blocking --delay=5", "-c 64 -d 1s", "echoes_per_s", "a second"),
    DRIVE("wait-threaded", "echoes with a wait of 5 ms, 64 clients",
          "threaded --delay=5", "-c 64 -d 1s", "echoes_per_s", "a second"),
    COMPARE("wait-alike", "echoes with a wait of 5 ms, over coroutine",
            "wait", 64, "threaded", "coroutine", "echoes_per_s", "times"),
    COMPARE("work-blocking", "echoes of 200 us work, over coroutine", "work",
            16, "blocking", "coroutine", "echoes_per_s", "times"),
    COMPARE("work-threaded", "echoes of 200 us work, over coroutine", "work",
            16, "threaded", "coroutine", "echoes_per_s", "times"),
    DRIVE("work-in-turn", "an echo of 20 ms work, 16 clients",
          "coroutine --work=20000", "-c 16 -d 2s", "p50_ms", "ms"),
    SHELL("sleep-at-once", "two coroutines that sleep a second, in all",
          "begin=$(date +%s%3N); $BIN/hello >/dev/null && "
          "echo $(($(date +%s%3N) - begin))",
          "ms"),

    DRIVE("latency-1", "an echo, with one client", "coroutine", "-c 1 -d 1s",
          "p50_ms", "ms"),
    DRIVE("latency-64", "an echo, with 64 clients", "coroutine",
          "-c 64 -d 1s", "p50_ms", "ms"),
    SHELL("file-nonblock", "times that a file of 64 MiB said EAGAIN",
          "f=$(mktemp) && head -c 64M /dev/zero >$f; "
          "strace -e trace=read -o $f.calls "
          "dd if=$f iflag=nonblock of=/dev/null bs=64k 2>/dev/null; "
          "grep -c '= 65536' $f.calls; grep -c EAGAIN $f.calls; "
          "rm $f $f.calls",
          "times"),
    SHELL("client-stopped", "connected 1.5 s after their program stopped",
          STOPPED_CLIENT(""), "of 4"),
    SHELL("client-stopped-limit",
          "connected 1.5 s after their program "
          "stopped",
          STOPPED_CLIENT("--idle-timeout=500"), "of 4"),

    /* CPU. */
    COMPARE("echo-threaded", "CPU of an echo, over coroutine", "echo", 64,
            "threaded", "coroutine", CPU, "times"),
    COMPARE("echo-selectloop", "CPU of an echo, over coroutine", "echo", 64,
            "selectloop", "coroutine", CPU, "times"),
    COMPARE("echo-libevent", "CPU of an echo, over selectloop", "echo", 64,
            "libevent", "selectloop", CPU, "times"),
    COMPARE("idle-selectloop", "CPU beside 1000 idle ones, over coroutine",
            "idle", 1016, "selectloop", "coroutine", CPU, "times"),
    COMPARE("idle-in-kernel", "of selectloop's CPU there, in the kernel",
            "idle", 1016, "selectloop", NULL, "kernel_percent", "%"),
    COMPARE("idle-threaded", "CPU beside 1000 idle ones, over coroutine",
            "idle", 1016, "threaded", "coroutine", CPU, "times"),
    COMPARE("calls-threaded", "system calls of an echo", "echo", 64,
            "threaded", NULL, "syscalls_per_echo", "calls"),
    COMPARE("calls-coroutine", "system calls of an echo", "echo", 64,
            "coroutine", NULL, "syscalls_per_echo", "calls"),
    COMPARE("switches-threaded", "switches by the kernel for an echo", "echo",
            64, "threaded", NULL, "switches_per_echo", "switches"),
    COMPARE("switches-coroutine", "switches by the kernel for an echo",
            "echo", 64, "coroutine", NULL, "switches_per_echo", "switches"),
    COMPARE("instructions-coroutine",
            "instructions of an echo, over "
            "selectloop",
            "echo", 1, "coroutine", "selectloop", "instructions_per_echo",
            "times"),

    SHELL("switch-by-library", "signal masks set for 1000 echoes",
          ". harness/course/serve.sh; serve coroutine "
          "--switch=swapcontext; strace -qc -p $server -o $said.calls & "
          "trace=$!; sleep 1; $BIN/load $address -c 1 -n 1000 >/dev/null; "
          "kill $trace; wait $trace; cat $said.calls; "
          "awk '/rt_sigprocmask/ { print $4 }' $said.calls; "
          "rm $said.calls; ended",
          "calls"),

    /* Memory, threads. */
    DRIVE("threads-idle",
          "threads with 500 silent clients and one that "
          "speaks",
          "threaded", "--silent=500 -c 1 -d 300ms", "threads", "threads"),
    COMPARE("memory-threaded", "a client that waits keeps", "idle", 1016,
            "threaded", NULL, "kib_per_client", "KiB"),
    COMPARE("memory-coroutine", "a client that waits keeps", "idle", 1016,
            "coroutine", NULL, "kib_per_client", "KiB"),
    COMPARE("memory-selectloop", "a client that waits keeps", "idle", 1016,
            "selectloop", NULL, "kib_per_client", "KiB"),

    /* The text. */
    SHELL("three-parts", "callbacks, beside one select and one loop",
          "grep -nE '= select\\(|^reactor_run|^conn_.*_cb\\(' "
          "selectloop/reactor.c selectloop/server.c; "
          "grep -cE '^conn_.*_cb\\(' selectloop/server.c",
          "callbacks"),
    SHELL("lines-selectloop", "lines, loop included, over blocking",
          LINES_OVER("blocking/server.c",
                     "selectloop/server.c selectloop/reactor.c"),
          "times"),
    SHELL("lines-libevent", "lines, loop included, over selectloop",
          LINES_OVER("selectloop/server.c selectloop/reactor.c",
                     "libevent/server.c libevent/loop.c"),
          "times"),
    SHELL("same-text", "texts of conn_echo in three models, but for co_",
          "for model in blocking threaded coroutine; do "
          "sed -n '/^conn_echo(/,/^}/p' $model/server.c | "
          "sed 's/\\<co_//g' | tr -d '[:space:]' | cksum; done | "
          "sort -u | wc -l",
          "text"),

    /* Wrong servers. */
    DRIVE("short-writes", "of 4 messages of 4 MiB, back with a wrong byte",
          "mutants/drop-on-short-write --sndbuf=65536", "-s 4MiB -c 4 -d 1s",
          "wrong", "of 4"),
    DRIVE("hello-in-pieces", "of 8 clients, served",
          "mutants/handshake-in-one-piece --handshake",
          "--handshake -c 8 -d 500ms", "served", "of 8"),
    MUTANT("broken-pipe", "1: it dies because its client has left",
           "no-SIGPIPE-ignore", NULL),
    DRIVE("loop-variable", "of 64 clients, never served",
          "mutants/thread-reads-the-loop-variable",
          "-c 64 -d 1s --timeout=1s", "unserved", "of 64"),
    DRIVE("eof-is-nothing", "CPU of the server, whose clients have left",
          "mutants/eof-is-nothing", "--churn -c 4 -d 1s", "cpu_percent",
          "% of one"),
    MUTANT("count-without-atomics", "1: threads lose counts",
           "count-without-atomics", NULL),
    MUTANT("leak-thread", "1: threads of clients are left over",
           "leak-thread", NULL),
    DRIVE("nfds-is-a-count", "of 4 clients, served",
          "mutants/nfds-is-a-count", "-c 4 -d 500ms", "served", "of 4"),
    MUTANT("sets-after-EINTR", "1: somebody is called for nothing",
           "sets-believed-after-EINTR", NULL),
    DRIVE("FD_SET-unchecked", "1: it went on, 0: it has died",
          "mutants/FD_SET-unchecked", "-c 16 --silent=1100 -d 500ms", "alive",
          ""),
    MUTANT("stale-event", "1: the event of a client goes to the next one",
           "stale-event-for-a-reused-number", NULL),
    MUTANT("no-guard-page", "1: a stack runs into what lies below",
           "no-guard-page", NULL),
    MUTANT("whose-errno", "1: errno is another coroutine's",
           "errno-is-whoever-ran-last", NULL),
    MUTANT("edge-lost", "1: bytes arrive and nobody is told",
           "an-edge-for-nobody-is-lost", NULL),
    MUTANT("short-is-drained", "1: bytes are left lying",
           "short-is-always-drained", NULL),
    DRIVE("idle-spins", "CPU of a server that nobody asks",
          "mutants/asks-without-waiting", NULL, "cpu_percent", "% of one"),
    DRIVE("idle-rests", "CPU of a server that nobody asks", "coroutine", NULL,
          "cpu_percent", "% of one"),
    DRIVE("sleep-in-callback", "echoes with a wait of 5 ms, 64 clients",
          "mutants/sleep-in-the-loop --delay=5", "-c 64 -d 1s",
          "echoes_per_s", "a second"),
    MUTANT("unbounded-buffer", "1: memory grows for who does not read",
           "unbounded-buffer", NULL),
    MUTANT("library-listener", "1: it spins without descriptors",
           "listener-left-to-libevent", NULL),
    MUTANT("accept-spins", "1: it spins without descriptors",
           "spin-on-EMFILE", NULL),
    MUTANT("end-cuts-echo", "1: bytes under way are lost",
           "close-before-drain", NULL),
    MUTANT("restart", "1: it cannot come back for a minute",
           "no-SO_REUSEADDR", NULL),
    MUTANT("never-its-turn", "1: a coroutine is never run",
           "one-in-65536-never-runs", NULL),

    /* One stall. */
    LIE("lie-closed-p99", "p99 of the closed loop", "closed_p99_ms", "ms"),
    LIE("lie-open-p99", "p99 of the open loop", "open_p99_ms", "ms"),
    LIE("lie-closed-mean", "mean of the closed loop", "closed_mean_ms", "ms"),
    LIE("lie-open-mean", "mean of the open loop", "open_mean_ms", "ms"),

    /* Exercises: see ledger.c. */
    DRIVE("mine-blocking-silent", "of 7 clients behind a silent one, served",
          "mine/blocking", "--silent=1 --churn -c 7 -d 3s", "served", "of 7"),
    DRIVE("mine-blocking-talks", "of a client that talks, broken connections",
          "mine/blocking", "-c 1 -d 2s", "errors", ""),
    DRIVE("mine-threaded-served", "of 150 clients, served", "mine/threaded",
          "--churn -c 150 -d 2s", "served", "of 150"),
    DRIVE("mine-threaded-threads", "threads at the most", "mine/threaded",
          "--churn -c 150 -d 2s", "threads", "threads"),
    DRIVE("mine-selectloop-many", "of 1200 clients, served",
          "mine/selectloop", "-c 1200 -d 500ms", "served", "of 1200"),
    DRIVE("mine-selectloop-idle", "CPU when nobody asks", "mine/selectloop",
          NULL, "cpu_percent", "% of one"),
    DRIVE("mine-coroutine-lines", "lines that it printed in three seconds",
          "mine/coroutine", "-c 16 -d 3s", "lines", "lines"),
    DRIVE("mine-coroutine-served", "of 16 clients meanwhile, served",
          "mine/coroutine", "-c 16 -d 3s", "served", "of 16"),
    DRIVE("mine-coroutine-end", "from SIGTERM to its end", "mine/coroutine",
          "-c 16 -d 3s", "stop_ms", "ms"),
    DRIVE("mine-libevent-lines", "lines that it printed in three seconds",
          "mine/libevent", "-c 16 -d 3s", "lines", "lines"),
    DRIVE("mine-libevent-served", "of 16 clients meanwhile, served",
          "mine/libevent", "-c 16 -d 3s", "served", "of 16"),
    DRIVE("mine-libevent-end", "from SIGTERM to its end", "mine/libevent",
          "-c 16 -d 3s", "stop_ms", "ms"),
    {0},
};

const struct experiment *
experiment_find(const char *key)
{
    for (const struct experiment *row = experiments; row->key; row++) {
        if (strcmp(row->key, key) == 0) {
            return row;
        }
    }
    return NULL;
}
