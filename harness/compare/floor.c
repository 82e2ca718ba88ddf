/*
 * floor.c: what the kernel alone charges for an echo. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"

enum {
    PIECE_BYTES = 16 * 1024, /* what a server moves at once */
    BATCHES = 5,             /* the median of them is the result */
    BATCH_CALLS = 200,       /* sends in a batch, at least */
    WARMUP_CALLS = 50,       /* the first calls find cold caches */
};

/* Two connected sockets over TCP; what there is not is -1. */
static void
connect_pair(int pair[2])
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t bytes = sizeof address;
    int listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;

    pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pair[1] = -1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listen_fd, (struct sockaddr *)&address, bytes) == 0 &&
        listen(listen_fd, 1) == 0 &&
        getsockname(listen_fd, (struct sockaddr *)&address, &bytes) == 0 &&
        connect(pair[0], (struct sockaddr *)&address, bytes) == 0) {
        pair[1] = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
    }
    close(listen_fd);
    setsockopt(pair[0], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(pair[1], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* The CPU time of `count` messages, this way and that in turn as in an echo;
 * NAN on an error. A piece always fits into the socket's buffers, so nothing
 * here waits. */
static double
move_messages_ns(const int pair[2], int64_t message_bytes, int count)
{
    static char bytes[PIECE_BYTES];
    struct timespec begin;
    struct timespec end;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (int i = 0; i < count; i++) {
        for (int64_t left = message_bytes; left > 0; left -= PIECE_BYTES) {
            size_t piece = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

            if (send(pair[i % 2], bytes, piece, MSG_NOSIGNAL) !=
                    (ssize_t)piece ||
                recv(pair[1 - i % 2], bytes, piece, MSG_WAITALL) !=
                    (ssize_t)piece) {
                return NAN;
            }
        }
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return (double)((end.tv_sec - begin.tv_sec) * NS_PER_S + end.tv_nsec -
                    begin.tv_nsec);
}

double
floor_probe_us(int64_t message_bytes)
{
    int64_t calls = (message_bytes + PIECE_BYTES - 1) / PIECE_BYTES;
    int count = (int)((BATCH_CALLS + calls - 1) / calls);
    double us[BATCHES];
    int pair[2];

    connect_pair(pair);
    move_messages_ns(pair, message_bytes, 1 + WARMUP_CALLS / (int)calls);
    for (int i = 0; i < BATCHES; i++) {
        us[i] = move_messages_ns(pair, message_bytes, count) / 1000 / count;
    }
    close(pair[0]);
    close(pair[1]);
    return statistics_median(us, BATCHES);
}
