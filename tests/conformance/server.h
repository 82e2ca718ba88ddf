/*
 * server.h: one server process, from its start to its end.
 *
 * A server is executed as its users execute it, never run as a function in
 * a forked test: a test inherits Check's signal handlers, which would stop
 * the wrong processes. All signals are set back to their defaults first,
 * because ignored ones survive exec and would hide, say, a missing SIGPIPE
 * handling. Standard error is a file in memory, so it can never fill up and
 * block the server; standard output is a pipe, because the ready line has
 * to be flushed to be seen, and carries two lines in all.
 *
 * A server must be ended by server_stop() inside the test: Check kills what
 * is left over with SIGKILL, and then leaks, coverage and the counters
 * would go unseen. A test that fails takes its server with it.
 */
#ifndef FIVEWAYS_SERVER_H
#define FIVEWAYS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
    SERVER_FLAGS_MAX = 12,
    SERVER_ENVIRONMENT_MAX = 8,
    SERVER_LAUNCHER_MAX = 16,
};

/* How to start a server; all zero is a plain one. */
struct server_setup {
    const char *flags[SERVER_FLAGS_MAX]; /* besides --port=0 --stats */
    const char *environment[SERVER_ENVIRONMENT_MAX]; /* NAME=VALUE, more */
    const char *launcher[SERVER_LAUNCHER_MAX]; /* a program that becomes the
                                                * server, with its flags */
    bool bare;                 /* not even those two, nor the model's own */
    rlim_t descriptors_max;    /* RLIMIT_NOFILE, both limits; 0: leave it */
    rlim_t memory_max_bytes;   /* RLIMIT_AS, both limits; 0: leave it */
    int inherited_descriptors; /* how many it finds open above 2 */
    bool streams_closed;       /* descriptors 0, 1 and 2 are closed */
    const char *stdout_path;   /* standard output is this file, NULL: pipe */
};

/* A server that was started. Copies refer to the same process. */
struct server {
    pid_t pid;                       /* 0: not ours, never stopped by us */
    int stdout_fd;                   /* our end of its standard output */
    int stderr_fd;                   /* the file behind its standard error */
    struct sockaddr_storage address; /* where it listens */
    socklen_t address_bytes;         /* how much of that is used */
    int port;                        /* the same, as a number */
    char where[80];                  /* the same, as the ready line has it */
};

/* The counters that --stats prints. */
struct server_stats {
    int64_t accepted;        /* clients that were admitted */
    int64_t refused;         /* clients that were turned away */
    int64_t closed_eof;      /* ended by themselves, with everything back */
    int64_t closed_error;    /* reset, broken pipe, no memory */
    int64_t closed_timeout;  /* idle, or too slow with their handshake */
    int64_t closed_rejected; /* wrong handshakes */
    int64_t open;            /* not ended when the counters were printed */
    int64_t peak_open;       /* the most at once */
    int64_t bytes_in;        /* of echo, received */
    int64_t bytes_out;       /* of echo, sent */
    int64_t accept_errors;   /* times that accept failed */
    int64_t accept_pauses;   /* times that accept was left alone */
};

/* Tests use the server that somebody else runs at `port` of 127.0.0.1; no
 * process is started, no flag is passed. */
void server_use_foreign(int port);

/* Tests start the program `path`, which stays the caller's, in place of the
 * one that the model under test has: a server like it, but with a bug. */
void server_use_program(const char *path);

/* The program that tests start; valid until the next call. */
char *server_program(void);

/* Execute the model under test and return at once. */
struct server server_spawn(struct server_setup setup);

/* Execute the model under test and wait for its ready line; the test fails
 * without one. */
struct server server_start(struct server_setup setup);

/*
 * Read one line of standard output, without its newline. Returns false when
 * output ended or `ms`, scaled, passed before a line was complete.
 */
bool server_read_line(const struct server *server, char *line,
                      size_t line_bytes, int ms);

/* Put where the server listens into it, from its ready line. The test fails
 * if that is not what the contract says. */
void server_parse_ready(struct server *server, const char *line);

/* Copy the whole of standard error to `text`, cut to `text_bytes` - 1, and
 * return its real length. */
size_t server_stderr(const struct server *server, char *text,
                     size_t text_bytes);

/* Send `signal_number`. */
void server_signal(const struct server *server, int signal_number);

/* Stop the process (SIGSTOP), wait until it stands still, and let it go on:
 * what happens between finds it all at once. */
void server_freeze(const struct server *server);
void server_thaw(const struct server *server);

/*
 * Wait for the process to end by itself. Returns its wait status; the test
 * fails when it still runs after `ms`, scaled. Frees what the server held.
 */
int server_wait(struct server *server, int ms);

/*
 * Send SIGTERM, wait for the end, require status 0, and read the counters,
 * which must add up: accepted is what was closed and what is open, and no
 * more came out than went in. For most tests the last line.
 */
struct server_stats server_stop(struct server *server);

/* As server_stop(), but the signal has been sent already. */
struct server_stats server_stopped(struct server *server);

/* A wait status in words; valid until the next call. */
const char *server_status_words(int wait_status);

#endif
