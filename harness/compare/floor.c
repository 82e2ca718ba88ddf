/*
 * floor.c: what the kernel alone charges for an echo. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/results/results.h"

enum {
    PIECE_BYTES = 16 * 1024, /* what a server moves at once */
    BATCHES = 5,             /* the median of them is the result */
    BATCH_CALLS = 200,       /* sends in a batch, at least */
    WARMUP_CALLS = 50,       /* the first calls find cold caches */
};

/* Two connected sockets over TCP. Returns 0, or -1. */
static int
connect_pair(int pair[2])
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t bytes = sizeof address;
    int listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pair[1] = -1;
    if (listen_fd != -1 && pair[0] != -1 &&
        bind(listen_fd, (struct sockaddr *)&address, bytes) == 0 &&
        listen(listen_fd, 1) == 0 &&
        getsockname(listen_fd, (struct sockaddr *)&address, &bytes) == 0 &&
        connect(pair[0], (struct sockaddr *)&address, bytes) == 0) {
        pair[1] = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    }
    close(listen_fd);
    if (pair[1] == -1) {
        close(pair[0]);
        return -1;
    }
    setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(pair[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return 0;
}

/* A piece always fits into the socket's buffers, so nothing here waits. */
static int
move_message(int from, int to, int64_t message_bytes)
{
    static char bytes[PIECE_BYTES];

    while (message_bytes > 0) {
        size_t piece =
            message_bytes < PIECE_BYTES ? (size_t)message_bytes : PIECE_BYTES;

        if (send(from, bytes, piece, MSG_NOSIGNAL) != (ssize_t)piece ||
            recv(to, bytes, piece, MSG_WAITALL) != (ssize_t)piece) {
            return -1;
        }
        message_bytes -= (int64_t)piece;
    }
    return 0;
}

/* The CPU time of `count` messages, this way and that in turn as in an
 * echo; -1 on an error. */
static int64_t
move_messages(const int pair[2], int64_t message_bytes, int count)
{
    struct timespec begin;
    struct timespec end;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (int i = 0; i < count; i++) {
        if (move_message(pair[i % 2], pair[1 - i % 2], message_bytes) != 0) {
            return -1;
        }
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (end.tv_sec - begin.tv_sec) * INT64_C(1000000000) + end.tv_nsec -
           begin.tv_nsec;
}

double
floor_probe_us(int64_t message_bytes)
{
    int64_t calls = (message_bytes + PIECE_BYTES - 1) / PIECE_BYTES;
    int count = (int)((BATCH_CALLS + calls - 1) / calls);
    double us[BATCHES];
    int pair[2];

    if (connect_pair(pair) != 0) {
        return NAN;
    }
    move_messages(pair, message_bytes, 1 + WARMUP_CALLS / (int)calls);
    for (int i = 0; i < BATCHES; i++) {
        int64_t used_ns = move_messages(pair, message_bytes, count);

        us[i] = used_ns > 0 ? (double)used_ns / 1000 / count : NAN;
    }
    close(pair[0]);
    close(pair[1]);
    return statistics_median(us, BATCHES);
}
