/*
 * server.h: servers, each from exec to its last breath.
 *
 * A server is started in a process group of its own, pinned to its CPUs, with
 * default signal dispositions, and measured from outside. Any number may run
 * at a time. Each has a keeper, a process of ours that is its parent and that
 * of all that it leaves behind, and ends them when we are gone, whatever has
 * ended us.
 *
 * With a launcher the server is a descendant of what we started, or out of
 * sight; then nothing is known of its costs.
 *
 *   server.c         start, stop
 *   server_line.c    the command line; addresses; how it ended, in words
 *   server_watch.c   what can be read of one that runs
 */
#ifndef FIVEWAYS_SERVER_H
#define FIVEWAYS_SERVER_H

#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    SERVER_ARGUMENTS_MAX = 24,  /* the final NULL included */
    SERVER_REASON_BYTES = 512,  /* a sentence */
    SERVER_LINE_BYTES = 4096,   /* a command, expanded and launched, for sh */
    SERVER_OUTPUT_BYTES = 4096, /* kept of what one prints */
};

/* What makes a command more than the name of a program and its arguments. */
#define SERVER_SHELL_SIGNS ";&|<>()`\n"

/* What to start, and how. */
struct server_order {
    const char *arguments[SERVER_ARGUMENTS_MAX]; /* path first, NULL last */
    const char *command;      /* behind these: a line for sh, with {port} and
                               * {host} to be filled in; or NULL */
    const char *launcher;     /* words for sh that start it, or NULL */
    const char *host;         /* where to connect to; NULL: as it says */
    const cpu_set_t *cpus;    /* that it may use; NULL: those that we do */
    int64_t start_timeout_ns; /* until it must be ready */
    const char *if_slow;      /* what to do then; NULL: compare's flag */
    const volatile sig_atomic_t *interrupted; /* ends the waiting at once */
};

/* How it ended, as its keeper says. */
struct server_end {
    int wait_status;  /* as wait4 gives it */
    bool early;       /* nobody had asked for it */
    bool left_behind; /* processes, which went on without it */
    double switches;  /* in its whole life, all threads; NAN: unknown */
};

/* A server that runs or has run. */
struct server {
    struct server_order order;       /* by which it was started */
    pid_t pid;                       /* 0: a launcher put it out of sight */
    pid_t keeper_pid;                /* of the keeper */
    int keeper_fd;                   /* readable when it has ended */
    int output_fd;                   /* files in memory: what it prints on */
    int error_fd;                    /* ... standard output, and error */
    struct sockaddr_storage address; /* where it listens */
    double start_ms;                 /* from exec to ready */
    char listens[128];               /* not ready: all addresses, or "" */
    /* From here on known when it has been stopped. */
    struct server_end end;                /* how it ended */
    bool killed;                          /* SIGTERM was not enough */
    char reason[SERVER_REASON_BYTES];     /* how, in words; or why it did not
                                           * start */
    char output[SERVER_OUTPUT_BYTES + 1]; /* the end of its standard output */
    char errors[SERVER_OUTPUT_BYTES + 1]; /* ... and of its standard error */
};

/* Start a server and wait until it is ready: until it says so, or, for a
 * command with {port}, until something listens on the port that we chose.
 * Returns 0; or -1 with a reason, and then nothing is left of it. Blocks, for
 * start_timeout_ns at most. */
int server_start(struct server *server, const struct server_order *order);

/* Stop it: SIGTERM to its group, SIGKILL after a grace time. Then the last
 * fields of the struct are known and nothing of it is left. Other servers and
 * their children go on. Blocks, for about 2 s at most. */
void server_stop(struct server *server);

/* True if it has ended, or does so within the time, and its keeper knows. */
bool server_ends_within(const struct server *server, int64_t time_ns);

/* Connect to where it listens. Returns the socket, on which sending and
 * receiving block for `most_ms`, as this does; or -1. */
int server_connect(const struct server *server, int most_ms);

/* Give a reason to one that was stopped: how it ended; behind that why it did
 * not start, or end later than it began, and what to do. */
void server_describe_end(struct server *server);
void server_describe_start(struct server *server);

/* Copy the last line of `output` or `errors` that is not empty, or "", and
 * clean it: what could steer a terminal, or be no UTF-8, becomes "?". */
void server_last_line(const char *output, char *line, size_t line_bytes);

/* ---- what can be read of one that runs --------------------------------- */

/* What can be read at a moment; NAN: unknown. */
struct server_look {
    double cpu_ns;  /* as below */
    double rss_kib; /* resident memory */
    double threads; /* how many it has */
    double faults;  /* minor page faults of all its threads so far */
    double user_ticks, kernel_ticks; /* of the clock, that found it there */
    double switches;  /* context switches, voluntary or not, of all threads
                       * that live; of 2000 or more unknown */
    double stack_kib; /* of a thread in the kernel: its account of all
                       * stacks, over all threads of the machine */
    bool moved;       /* it may use other CPUs than it was given: a launcher
                       * such as taskset has chosen, or it has itself */
    bool rests;       /* all its threads wait, none is at work or held by a
                       * tracer; of one out of sight nothing else is known */
};

/* Look. Takes 15 us for each thread. */
void server_look(const struct server *server, struct server_look *look);

/* CPU time of all its threads so far, those that have ended included; NAN if
 * it is gone or out of sight. */
double server_cpu_ns(const struct server *server);

/* Fill in `listens` of a server that is not where it was looked for, by ss(8)
 * where that is installed. */
void server_find_listeners(struct server *server);

/* True if it has child processes, whose CPU time and memory are not seen.
 * Takes 15 us for each process of the machine. */
bool server_forks(const struct server *server);

/* True if its main thread is in one of these states, letters of proc(5):
 * busy is at work, waiting for a CPU to go on, or held up inside a call by
 * the kernel or a tracer; stopped it is with SIGSTOP or by a debugger. */
bool server_is(const struct server *server, const char *states);
#define SERVER_BUSY    "RDt"
#define SERVER_STOPPED "Tt"

/* ---- command lines and addresses --------------------------------------- */

/* The command line of a server. */
struct server_line {
    char text[SERVER_LINE_BYTES];                    /* for the shell */
    const char *arguments[SERVER_ARGUMENTS_MAX + 5]; /* NULL behind them */
};

/* Make it from an order, with `port` in the place of each {port}, the order's
 * host or 127.0.0.1 in that of each {host}, and the launcher before it. A
 * single simple command is exec'ed by the shell, so that we measure the
 * server itself and not a shell that waits for it. Returns NULL; or why it
 * cannot be done, a phrase. The line points into `order`. */
const char *server_make_line(const struct server_order *order, int port,
                             struct server_line *line);

/* What a launcher starts is `sh -s`, which reads this script, so that no
 * program is needed on the other host and no quoting gets through a launcher
 * wrong. It reports its server's number in a line that begins with
 * SERVER_PID_WORDS, and ends the server when one more line comes or standard
 * input ends: a signal does not get through every launcher, and the end of
 * standard input comes by itself when we die or the connection breaks. */
extern const char server_leash[];
#define SERVER_PID_WORDS "the server is process "

/* Look for the first ready line in what a server has printed: it ends in an
 * address, "127.0.0.1:5566" or "[::1]:5566", up to the first blank; half a
 * line may still become another address. If `host` is not NULL, the address
 * is its, and only the port that of the line. Returns 0, or -1 for none. */
int server_read_ready(const char *output, const char *host,
                      struct sockaddr_storage *address);
#define SERVER_READY_WORDS "listening on "

#endif
