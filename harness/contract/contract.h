/*
 * contract.h: what every server of the suite owes the harness.
 *
 * How servers wait, move bytes and fail is the lesson and stays in each
 * server.c. What would make the numbers unfair if it differed is here: flags,
 * the listener and its socket options, the ready line, the stop, the
 * counters. Nothing here accepts, receives, sends, waits or starts a thread
 * (a test looks at the symbols).
 *
 * A server calls, in this order:
 *
 *     options = contract_parse("blocking", ...);     flags, or exit 2
 *     listen_fd = contract_listen();                 bound, or exit 1
 *     contract_ready();                              the ready line
 *     contract_client_opened() ... contract_client_closed()
 *     return contract_finish();                      --stats, status 0
 *
 * The stop. SIGTERM or SIGINT shuts down the listener, both ways, and every
 * open client for reading; shutdown(2) is async-signal-safe. So the sockets
 * themselves wake whoever waits on them: accept says EINVAL, recv hands over
 * what had already arrived and then end-of-file, and each connection ends on
 * its ordinary path with every byte that was read echoed. (Who goes on
 * sending even so is reset by the kernel, and loses what it has not received
 * by then.) When --grace is over, the clients that are left are reset, so
 * that none takes half an echo for a whole one, and CONTRACT_CUT_MS later the
 * process ends even if its model still sleeps. A second signal resets them
 * and ends it at once, with status 128 + the signal's number.
 */
#ifndef FIVEWAYS_CONTRACT_H
#define FIVEWAYS_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/base.h"

enum {
    /* The most that a server may hold for one client, and the size of its
     * receive buffer: equal for all, because it sets the calls per MiB. */
    CONTRACT_BUFFER_BYTES = 16 * 1024,
    /* The longest first line of a handshake, its "\n" not counted. */
    CONTRACT_LINE_BYTES = 64,
    /* How long a server leaves accept alone when descriptors run out. */
    CONTRACT_ACCEPT_PAUSE_MS = 100,
    /* From the end of the grace time to the end of the process. Under thread
     * sanitizer hundreds of threads would not have ended by then. */
#ifdef __SANITIZE_THREAD__
    CONTRACT_CUT_MS = 1000,
#else
    CONTRACT_CUT_MS = 200,
#endif
};

/* The flags that all servers share, checked. */
struct contract_options {
    const char *model;        /* the program's name, in every message */
    const char *address;      /* numeric IPv4 or IPv6 address to listen on */
    int port;                 /* 0: the kernel picks one */
    int backlog;              /* of listen(2) */
    bool handshake;           /* a client must open with "hello" */
    int handshake_timeout_ms; /* from accept to the end of the line */
    /* No byte went either way for so long: close; 0: never. A byte goes when
     * the kernel takes it from the server; so who reads too slowly is closed
     * when for so long the socket had no room, and who stops reading may last
     * for three times as long, for each part of an echo starts it anew. */
    int idle_timeout_ms;
    int delay_ms;     /* wait before echoing each chunk; 0: none */
    int work_us;      /* CPU to burn for each chunk; 0: none */
    int max_clients;  /* refuse more; 0: what the limits allow */
    int sndbuf_bytes; /* SO_SNDBUF; 0: the kernel's default */
    int rcvbuf_bytes; /* SO_RCVBUF; 0: the kernel's default */
    int grace_ms;     /* how long a stop may drain */
    bool stats;       /* print the counters at exit */
    bool verbose;     /* a line for each client that comes or goes */
};

/* Why a connection ended: each kind has a counter of its own. */
enum contract_end {
    CONTRACT_OPEN = 0, /* it has not */
    CONTRACT_EOF,      /* the client ended its side and has it all back */
    CONTRACT_ERROR,    /* reset, broken pipe, or no memory for it */
    CONTRACT_TIMEOUT,  /* idle, or too slow with its handshake */
    CONTRACT_UNSENT,   /* too slow to read: a part of its echo is not sent;
                        * counts as a timeout */
    CONTRACT_REJECTED, /* its handshake was wrong or ended too soon */
    CONTRACT_REFUSED,  /* not served after all: no thread, no memory, or a
                        * descriptor that the model cannot hold; counts as
                        * refused, like one over --max-clients */
    CONTRACT_ENDS,     /* how many kinds there are */
};

/* What the bytes received so far say of the handshake. */
enum contract_hello {
    CONTRACT_HELLO_PARTIAL, /* no newline yet: receive more */
    CONTRACT_HELLO_GOOD,    /* the client said hello */
    CONTRACT_HELLO_BAD,     /* anything else: close without a byte sent */
};

/* Parse the command line, set the stop's signal handlers, ignore SIGPIPE,
 * raise the soft limit of descriptors to the hard one, and make sure that
 * descriptors 0, 1 and 2 are open. Call it once, first, in main. `own_flags`
 * are the model's, NULL if it has none. Wrong usage: one sentence on standard
 * error and exit(2). The result lives as long as the process. */
const struct contract_options *contract_parse(const char *model,
                                              const struct flag *own_flags,
                                              int argc, char **argv);

/* Refuse --handshake, --idle-timeout, --delay and --work with one sentence
 * and exit(2): for what offers the plain echo and is no model. */
void contract_offer_echo_only(void);

/* Bind and listen as the options say: SO_REUSEADDR, TCP_NODELAY, keepalive
 * and buffer sizes on the listener, from which clients inherit them. Returns
 * a blocking, close-on-exec listener, which the contract owns and
 * contract_finish() closes. Exits with 1 and a sentence on failure. */
int contract_listen(void);

/* Print `listening on ADDRESS:PORT` on standard output and flush it. Call it
 * when the model is set up: from then on whoever reads it may connect. */
void contract_ready(void);

/* Count and register a client just accepted, so that a stop reaches it; if a
 * stop is under way it is shut down here. Returns false when --max-clients or
 * the registry is full: the caller closes conn_fd, which stays its own.
 * Thread-safe; does not block, unless --verbose prints to a full pipe. */
bool contract_client_opened(int conn_fd);

/* Count and forget a client, because of `why`. Call it exactly once for each
 * client that was opened, *before* its descriptor is closed: afterwards the
 * number may already be somebody else's.
 *
 * Who is owed bytes is reset here, so that it does not mistake a part of its
 * echo for the whole: after CONTRACT_ERROR and CONTRACT_UNSENT, for then only
 * the server knows what it still held; and after CONTRACT_TIMEOUT, if the
 * kernel says that not all of what was sent is acknowledged. Everybody else
 * gets a clean end. Thread-safe; does not block, unless --verbose prints to a
 * full pipe. */
void contract_client_closed(int conn_fd, enum contract_end why);

/* Count bytes of echo received and sent, no handshakes. Thread-safe. */
void contract_count_in(size_t nread);
void contract_count_out(size_t nwritten);

/* Count an errno of accept and say for how many milliseconds to leave accept
 * alone: 0 where nothing is wrong here, EAGAIN included; a while when
 * descriptors or memory ran out; -1, for ever, when the stop has shut the
 * listener down. accept(2) lists the errors that belong to the one connection
 * that was about to be accepted. Anything not known there pauses, and so does
 * each of them once a hundred have come with no client between, so that no
 * error ever becomes a spin. Thread-safe. */
int contract_accept_error(int error);

/* What an errno of recv or of send means for the connection. EAGAIN, where
 * the call had a time limit: CONTRACT_TIMEOUT or CONTRACT_UNSENT. Anything
 * else: CONTRACT_ERROR. EINTR means nothing: call again. */
enum contract_end contract_end_of_recv(int error);
enum contract_end contract_end_of_send(int error);

/* Look at the first `nbytes` of a connection. When the answer is GOOD,
 * `*line_bytes` is the length of the line with its "\n": what is behind it is
 * already data to echo. Pure: no state, no waiting. */
enum contract_hello contract_hello(const char *bytes, size_t nbytes,
                                   size_t *line_bytes);

/* The answer to a good handshake. */
#define CONTRACT_HELLO_REPLY       "hello\n"
#define CONTRACT_HELLO_REPLY_BYTES (sizeof CONTRACT_HELLO_REPLY - 1)

/* Burn --work microseconds of this thread's CPU time, or return at once. */
void contract_work(void);

/* True from the moment that a stop was asked for. */
bool contract_stopping(void);

/* End a set-up that failed: print `MODEL: what: reason` and exit(1). The
 * reason is errno's; pass error = 0 for none. For setting up only, never
 * because of what a client did. */
_Noreturn void contract_die(int error, const char *what);

/* Print the counters if --stats asks for them, and close the listener. One
 * line of JSON, with these numbers:
 *
 *     accepted         clients that were let in
 *     refused          turned away: --max-clients, or no room for them
 *     closed_eof       ended their side, or were ended by the stop, and were
 *                      sent everything back
 *     closed_error     failed, or were cut off by the stop
 *     closed_timeout   were silent, slow with the handshake, or slow to read,
 *                      for too long
 *     closed_rejected  began with anything but hello, or had not said it
 *                      when they or the stop ended their side
 *     open             still there; accepted is the sum of this and closed_*
 *     peak_open        the most that were there at a time, one that was
 *                      about to be refused included
 *     bytes_in         of echo received, handshakes left out
 *     bytes_out        of echo sent; of a chunk that failed half-way, each
 *                      model counts what it knows to be sent
 *     accept_errors    accept failed, but not for want of clients
 *     accept_pauses    of them: descriptors or memory ran out
 *
 * Returns main's exit status: 0; 1 if standard output did not take them. */
int contract_finish(void);

#endif
