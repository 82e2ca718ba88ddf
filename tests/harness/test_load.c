/*
 * test_load.c: does `load` find what is wrong with a server?
 *
 * Each test starts a server with a known bug on a port that the kernel picks
 * and looks at the exit status and the summary of `load`. The letters in the
 * names are the rows of the table of faults.
 */
#include <check.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/harness/servers.h"
#include "tests/unit/run_suite.h"

/* Run load against a bad server, to its end; it must say these words, and end
 * with this status. */
static void
expect(const char *server_flags, const char *load_flags, const char *says,
       int exit_status)
{
    server_start("badserver", server_flags);
    load_start("", target, load_flags);
    load_says(says, exit_status);
}

/* ---- J5: each bug is found and named ----------------------------------- */

static const struct {
    const char *server; /* flags of the bad server */
    const char *load;   /* flags of load */
    int exit_status;    /* that load must have */
    const char *says;   /* as for load_says() */
} bugs[] = {
    {"--bug=none", "-c8 -n800", 0, "8 of 8&(800 in all)&none"},
    {"--bug=none", "-c8 -n200 --churn", 0, "8 of 8&none"},
    {"--bug=none", "-c8 -n800 --threads=3", 0, "8 of 8&(800 in all)"},
    {"--bug=swap", "-c2 -d1s --threads=2", 1, "mismatch"},
    {"--bug=never", "-c8 -d200ms --threads=2", 1,
     "0 of 8&unfinished  8&none"},
    {"--bug=none", "-c8 -n200 --silent=9", 0, "17 of 17&none"},
    {"--bug=none", "-c2 -n20 --size=1MiB", 0, "2 of 2&none"},
    {"--bug=none --handshake", "-c8 -n200 --handshake", 0, "8 of 8"},
    {"--bug=none --handshake", "-c8 -n80 --handshake --churn", 0, "8 of 8"},
    {"--bug=none --handshake", "-c2 -n20 --handshake -s200KiB", 0,
     "2 of 2&none"},
    {"--bug=fixed", "-c1 -d1s", 1,
     "mismatch 1&connection 0, offset 64:&64 bytes were doubled"},
    {"--bug=flip", "-c1 -d1s", 1,
     "mismatch 1&connection 0, offset 133:&1 byte was changed"},
    {"--bug=drop", "-c1 -d1s", 1,
     "mismatch 1&connection 0, offset 133:&1 byte was lost"},
    {"--bug=double", "-c1 -d1s", 1,
     "mismatch 1&connection 0, offset 134:&1 byte was doubled"},
    {"--bug=swap", "-c2 -d1s", 1, "mismatch&; connection "},
    {"--bug=swap", "-c8 -d1s --churn", 1,
     "mismatch&; connection |; an earlier connection"},
    {"--bug=extra", "-c1 -d1s", 1, "extra_bytes 1&connection 0, offset 192:"},
    {"--bug=afterthought --after=1", "-c1 -d1s --churn", 1,
     "extra_bytes&connection 0, offset 64:"},
    {"--bug=parting", "-c1 -d1s --churn", 1,
     "extra_bytes&connection 0, offset 64:"},
    {"--bug=parting", "-c3 -n3 --churn", 1, "extra_bytes&offset 64:"},
    {"--bug=stays --after=1", "-c2 -d200ms --churn", 0, "2 of 2&none"},
    {"--bug=stays --after=1", "-c2 -d5s --churn --connect-timeout=200ms", 1,
     "2 of 2&timeout"},
    {"--bug=never", "-c8 -d200ms", 1, "0 of 8&unfinished  8&none"},
    {"--bug=never", "-c8 -d1s --timeout=200ms", 1, "0 of 8&timeout 8"},
    {"--bug=close", "-c4 -d1s", 1, "4 of 4&early_eof|reset"},
    {"--bug=close", "-c4 -d200ms --churn", 0, "4 of 4&none"},
    {"--bug=reset", "-c4 -d1s", 1, "4 of 4&reset 4"},
    {"--bug=close-at-once", "-c4 -d1s", 1, "0 of 4&early_eof|reset"},
    {"--bug=close-at-once", "-c4 -d1s --churn", 1, "0 of 4&early_eof|reset"},
    {"--bug=first", "-c8 -d200ms", 0, "3 of 8&unfinished  5&none"},
    {"--bug=limit", "-c8 -d200ms", 1, "3 of 8&early_eof|reset"},
    {"--bug=limit", "-c2 -d200ms --silent=6", 1,
     "3 of 8|0 of 8&early_eof|reset"},
    {"--bug=die --after=50", "-c4 -d5s", 1, "4 of 4&early_eof|reset"},
    {"--bug=die --after=50", "-c4 -d5s --churn", 1, "4 of 4&refused|reset"},
    {"--bug=die --after=500", "-c4 -d60s --rate=1k", 1, "early_eof|reset"},
    {"--bug=greeting --handshake", "-c2 -d200ms --handshake", 1,
     "mismatch&in the greeting"},
    {"--bug=none", "-c8 -d1s --handshake --churn", 1,
     "extra_bytes&: got 0x68; it came before the greeting was whole"},
    {"--bug=refuse", "-c4 -d200ms", 1, "0 of 4&refused 4"},
    {"--bug=never-accept", "-c20 -d200ms --connect-timeout=300ms", 1,
     "0 of 20&connect_timeout"},
};
CASE(faults, NULL, NULL)

TEST_EACH(test_J05_bug_is_found, bugs)
{
    expect(bugs[_i].server, bugs[_i].load, bugs[_i].says,
           bugs[_i].exit_status);
}

/* ---- the client's own limits ------------------------------------------- */

CASE(limits, NULL, NULL)

/* Port 1 refuses: had the run been started, it would say so. */
TEST(test_J03_too_few_descriptors)
{
    load_start("prlimit --nofile=40:40", "127.0.0.1:1",
               "-c60 --silent=40 -d100ms");
    load_says("", 3);
    ck_assert_str_eq(load.out, "");
    ck_assert_ptr_nonnull(strstr(load.err, "needs 116"));
    ck_assert_ptr_nonnull(strstr(load.err, "only 40"));
}

/* Thirty clients in a network with ten ports: that is not the server's
 * fault. The server holds one of the ports itself. */
TEST(test_J01_ports_run_short)
{
    if (servers_enter_network("test_J01_ports_run_short", "40000 40009")) {
        expect("--bug=none", "-c30 -d100ms", "of this client: no_ports 2", 3);
    }
}

/* What a client address has of ports is soon used up by churn, each of them
 * for a minute: so it uses as many addresses as it needs. */
TEST(test_J02_churn_spreads_over_addresses)
{
    if (servers_enter_network("test_J02_churn_spreads_over_addresses",
                              "40000 40009")) {
        expect("--bug=none", "-c4 -n500 --churn", "4 of 4", 0);
    }
}

/* Messages that fit into no socket buffer: one end must read while it
 * writes. */
TEST(test_J06_messages_larger_than_buffers)
{
    expect("--bug=none --buffer=4096", "-c2 -n2 -s8MiB", "2 of 2", 0);
}

/* ---- J7: signals ------------------------------------------------------- */

/* Start a server that speaks up when the load is in full swing, and a load
 * that would go on for long; return when it does. */
static void
start_in_full_swing(const char *server_flags, const char *load_flags)
{
    server_start("badserver", server_flags);
    load_start("", target, load_flags);
    server_waits_to_tell();
}

TEST(test_J07_interrupt_prints_what_there_is)
{
    start_in_full_swing("--tell=1000", "-c4 -d60s --warmup=0");
    kill(load.pid, SIGINT);
    load_says("(interrupted)&4 of 4", 0);
}

/* The server does not answer, so load waits for it a little at the end; the
 * second signal finds it there. */
TEST(test_J07_second_signal_exits_at_once)
{
    start_in_full_swing("--bug=never --tell=4", "-c4 -d60s --warmup=0");
    kill(load.pid, SIGINT);
    kill(load.pid, SIGTERM);
    load_finish();
    /* Which of the two handlers runs last is the kernel's choice. */
    ck_assert(load.status == 128 + SIGTERM || load.status == 128 + SIGINT);
    ck_assert_str_eq(load.out, "");
}

/* A server that stops in the middle: what hangs is counted. */
TEST(test_J08_stopped_server_times_out)
{
    start_in_full_swing("--tell=1000", "-c4 -d60s --timeout=200ms");
    kill(server.pid, SIGSTOP);
    load_says("timeout 4", 1);
}

/* ---- the open loop ----------------------------------------------------- */

static const struct {
    const char *server; /* flags of the bad server */
    const char *load;   /* flags of load */
    const char *says;   /* as for load_says() */
} open_loops[] = {
    {"--bug=none", "-c8 -d300ms --rate=1k --arrivals=fixed",
     "open loop&offered/s&response  &service  &lag  &8 of 8"},
    {"--bug=none", "-c8 -d300ms --rate=1k --seed=7 --threads=2",
     "open loop&offered/s&response  &service  &lag  &8 of 8"},
    {"--bug=first", "-c8 -d300ms --rate=1k --arrivals=fixed",
     "3 of 8&unfinished  5 without an echo at the end, the oldest"},
};

/* That this client is late is no failure on a busy machine, if it is said. */
TEST_EACH(open_loop_prints_all_times, open_loops)
{
    server_start("badserver", open_loops[_i].server);
    load_start("", target, open_loops[_i].load);
    load_finish();
    bool late = strstr(load.out, "client_late") != NULL;
    assert_says(open_loops[_i].says);
    assert_says(late ? "this client was late itself" : "errors");
    assert_exit_status(late ? 3 : 0);
}

/* Each window of a search is as long as this. Where no echo ever comes, a
 * longer one would show no more. */
TEST_TIMES(slo_is_searched_for, 2)
{
    bool mute = _i == 1;
    server_start("badserver", mute ? "--bug=never" : "--bug=none");
    load_start("", target,
               mute ? "-c8 -d50ms --rate=300 --slo=150ms"
                    : "-c8 -d200ms --rate=1k --slo=150ms");
    load_finish();
    assert_says(mute ? "No rate was found"
                     : "is within 150 ms up to|this client itself|too few to "
                       "tell");
    if (mute) {
        /* A search that was late itself cannot say whose fault it is. */
        bool is_late = strstr(load.out, "this client itself was too late");
        assert_exit_status(is_late ? 3 : 1);
    }
    ck_assert_str_eq(load.err, "");
}

/* ---- files and flags --------------------------------------------------- */

/* What cannot be written is said, before anything is measured if it can be
 * known then. */
static const struct {
    const char *load; /* flags of load */
    const char *says; /* on standard error, which may be the file */
    bool measures;    /* whether there is a summary */
    int exit_status;  /* and how it ends */
} files[] = {
    {"-c1 -n9 --save=/nowhere/file", "No such", false, 3},
    {"-c1 -n9 --histogram=/nowhere/file", "No such", false, 3},
    {"-c1 -n9 --save=/dev/full", "No space", true, 3},
    {"-c1 -n9 --histogram=/dev/full", "No space", true, 3},
    {"-c1 -n9 --save=/dev/stderr", "\"echoes\": 9, ", true, 0},
    {"-c1 -n9 --histogram=/dev/stderr", "count    =            9]", true, 0},
};

TEST_EACH(files_are_written, files)
{
    expect("--bug=none", files[_i].load, "", files[_i].exit_status);
    ck_assert_ptr_nonnull(strstr(load.err, files[_i].says));
    ck_assert_int_eq(load.out[0] != '\0', files[_i].measures);
}

/* Flags and targets that are refused, with a bar between them, in a line for
 * each that they are about. What is said of flags: load_usage.sh. */
static const struct {
    const char *words;
    bool targets;
} wrong[] = {
    {"-c|--clients=x|-c-1|--silent=-1|-n1.5", false},
    {"-d1us|--timeout=1|--warmup=1e3", false},
    {"--size=0|--size=2GiB|-s1KB", false},
    {"--nonsense|127.0.0.1:2|--churn=yes", false},
    {"--threads=0|--threads=65", false},
    {"--rate=0|--rate=20kk|--rate=11M|--rate=-5|--rate=1 --churn", false},
    {"--arrivals=fixed|--rate=1 --arrivals=random", false},
    {"--seed=1|--rate=1 --seed=x", false},
    {"--slo=5ms|--slo=5 --rate=1k|--slo=0 --rate=1k", false},
    {"--slo=1s --rate=1k -n5|--slo=1s --rate=1k --save=/dev/null", false},
    {"|localhost|127.0.0.1:|127.0.0.1:0|127.0.0.1:65536|:5566|::1:5566|"
     "[::1:5566|[::1]|127.0.0.1:5566x|[]:5566|5566|localhost:echo|"
     "http://127.0.0.1:5566/|fe80::1%lo:5566",
     true},
};

TEST_EACH(wrong_usage_is_refused, wrong)
{
    char *rest = strdupa(wrong[_i].words);
    bool is_target = wrong[_i].targets;
    const char *word;

    while ((word = strsep(&rest, "|"))) {
        load_start("", is_target ? word : "127.0.0.1:1",
                   is_target ? "-d100ms" : word);
        load_says("", 2);
        ck_assert_str_eq(load.out, "");
        ck_assert_str_ne(load.err, "");
        ck_assert(!is_target || strstr(load.err, "give HOST:PORT"));
    }
}
