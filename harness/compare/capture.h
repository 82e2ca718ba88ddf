/*
 * capture.h: what a server prints, kept without ever blocking it.
 *
 * A pipe that nobody reads fills up and then blocks its writer in the middle
 * of a measurement. So a thread of its own reads both pipes all the time; it
 * sleeps while the server is quiet. Of a server that never stops printing
 * the beginning and the end are kept.
 */
#ifndef FIVEWAYS_CAPTURE_H
#define FIVEWAYS_CAPTURE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    CAPTURE_BYTES = 4096
};

/* One stream of the server: standard output or standard error. */
struct capture_stream {
    int read_fd;                  /* our end of the pipe; -1: ended */
    int write_fd;                 /* the server's end; -1: given away */
    char head[CAPTURE_BYTES + 1]; /* the first bytes, ending in 0 */
    size_t head_bytes;            /* how many */
    char tail[CAPTURE_BYTES + 1]; /* the last bytes, ending in 0 */
    size_t tail_bytes;            /* how many */
};

/* Both streams and the thread that reads them. */
struct capture {
    struct capture_stream out;   /* standard output */
    struct capture_stream error; /* standard error */
    pthread_t thread;            /* reads both */
    pthread_mutex_t mutex;       /* guards heads and tails */
    pthread_cond_t printed;      /* signalled when something was printed */
    int stop_fd;                 /* an eventfd that ends the thread */
};

/* Make the pipes and start the thread. The caller gives out.write_fd and
 * error.write_fd to the server and then calls capture_started(). Returns 0,
 * or -1 with errno. */
int capture_start(struct capture *capture);

/* Close our copies of the server's ends. */
void capture_started(struct capture *capture);

/*
 * Find the first whole line of standard output that begins with "listening
 * on " and goes on with an address. Waits for it until `deadline_ns`
 * (CLOCK_MONOTONIC). Returns false if there is none by then: a line that
 * goes on with something else is a greeting like any other.
 */
bool capture_ready_line(struct capture *capture,
                        struct sockaddr_storage *address,
                        socklen_t *address_bytes, int64_t deadline_ns);

/* Copy the first line that began like a ready line and was none, or "", for
 * an error message; bytes as in capture_last_line(). Only after
 * capture_end(). */
void capture_false_ready_line(const struct capture_stream *stream, char *line,
                              size_t line_bytes);

/* Read what is left in the pipes, end the thread, close everything. Call it
 * when the server is gone; does not block. Texts stay readable. */
void capture_end(struct capture *capture);

/* Copy the last line of a stream that is not empty, or "". Only after
 * capture_end(). Bytes that could steer a terminal become "?". */
void capture_last_line(const struct capture_stream *stream, char *line,
                       size_t line_bytes);

#endif
