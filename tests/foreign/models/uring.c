/*
 * uring.c: the kernel is told what to do, and says when it is done.
 *
 * Idea      Not "who is ready?" but "receive this for me": what is asked for
 *           is written into one ring in memory, what has become of it is read
 *           from another, and one call, io_uring_enter(2), hands over all
 *           questions of a turn and waits for the first answer.
 * Costs     a buffer for each client that is received from, idle or not; and
 *           the rings, which a library (liburing) hides: here they are in
 *           sight. Many places forbid the call, for it was often a way in.
 * Take it   for very many small calls in a turn, or for files beside sockets.
 * See also  epoll/server.c
 *
 * Exit status 3: io_uring cannot be had here, and a sentence says why.
 */
#include "tests/foreign/models/echo.h"

#if !__has_include(<linux/io_uring.h>)
int
main(void)
{
    errx(3, "io_uring was not known where this was compiled");
}
#else
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/syscall.h>

enum {
    QUESTIONS_MAX = 1024, /* a power of two */
};

/* Both rings are the kernel's memory. A head is where its reader is, a tail
 * where its writer is; they count on for ever, and a mask makes them places.
 */
static struct {
    int fd;
    unsigned nasked; /* questions that the kernel does not have yet */
    struct io_uring_sqe *questions;
    unsigned *questions_tail;
    struct io_uring_cqe *answers;
    unsigned *answers_head;
    unsigned *answers_tail;
    unsigned answers_mask;
} ring;

/* Ends the program with 3 where the kernel does not offer it. */
static void
ring_open(void)
{
    struct io_uring_params it = {0};

    ring.fd = (int)syscall(SYS_io_uring_setup, QUESTIONS_MAX, &it);
    if (ring.fd == -1) {
        err(3, "io_uring cannot be used here");
    }
    size_t bytes =
        MAX(it.sq_off.array + it.sq_entries * sizeof(unsigned),
            it.cq_off.cqes + it.cq_entries * sizeof(*ring.answers));
    char *rings = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                       ring.fd, IORING_OFF_SQ_RING);
    ring.questions =
        mmap(NULL, it.sq_entries * sizeof *ring.questions,
             PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
    if (rings == MAP_FAILED || ring.questions == MAP_FAILED ||
        (it.features & IORING_FEAT_FAST_POLL) == 0) {
        errx(3, "io_uring is too old here: it takes Linux 5.7");
    }
    unsigned *numbers = (void *)(rings + it.sq_off.array);
    for (unsigned i = 0; i < it.sq_entries; i++) {
        numbers[i] = i; /* each place is for the question of its number */
    }
    ring.questions_tail = (void *)(rings + it.sq_off.tail);
    ring.answers = (void *)(rings + it.cq_off.cqes);
    ring.answers_head = (void *)(rings + it.cq_off.head);
    ring.answers_tail = (void *)(rings + it.cq_off.tail);
    ring.answers_mask = it.cq_entries - 1;
}

/* Ask for one call; its answer will come with `client`. */
static void
ask(struct client *client, int call, int fd, const void *data, size_t size)
{
    unsigned tail = *ring.questions_tail;

    ring.questions[tail % QUESTIONS_MAX] = (struct io_uring_sqe){
        .opcode = (uint8_t)call,
        .fd = fd,
        .addr = (uintptr_t)data,
        .len = (uint32_t)size,
        .msg_flags = call == IORING_OP_SEND ? MSG_NOSIGNAL : 0,
        .user_data = (uintptr_t)client,
    };
    /* The kernel must not see the tail before what is behind it. */
    __atomic_store_n(ring.questions_tail, tail + 1, __ATOMIC_RELEASE);
    ring.nasked++;
}

/* For a client: send what is left, or receive. */
static void
ask_on(struct client *client)
{
    if (client->begin < client->end) {
        ask(client, IORING_OP_SEND, client->fd, client->bytes + client->begin,
            client->end - client->begin);
    } else {
        client->begin = client->end = 0;
        ask(client, IORING_OP_RECV, client->fd, client->bytes,
            sizeof client->bytes);
    }
}

/* accept has answered with a descriptor or an error; or its pause is over. */
static void
accepted(int listener, int result)
{
    static const struct __kernel_timespec pause = {
        .tv_nsec = ACCEPT_PAUSE_MS * 1000000L};
    struct client *client = result >= 0 ? client_new(result) : NULL;

    errno = -result;
    if (client != NULL) {
        ask_on(client);
    }
    if (result < 0 && is_short()) {
        ask(NULL, IORING_OP_TIMEOUT, -1, &pause, 1);
    } else {
        ask(NULL, IORING_OP_ACCEPT, listener, NULL, 0);
    }
}

/* A client's recv or send has answered with a number of bytes or an error. */
static void
moved(struct client *client, int result)
{
    bool is_sent = client->end > 0;

    if (result > 0) {
        *(is_sent ? &client->begin : &client->end) += (size_t)result;
    } else if (result != -EINTR && result != -EAGAIN) {
        client_close(client);
        return;
    }
    ask_on(client);
}

int
main(int argc, char **argv)
{
    ring_open();
    int listener = listen_on(argc, argv, 0);
    ask(NULL, IORING_OP_ACCEPT, listener, NULL, 0);
    for (;;) {
        long taken = syscall(SYS_io_uring_enter, ring.fd, ring.nasked, 1,
                             IORING_ENTER_GETEVENTS, NULL, 0);
        ring.nasked -= taken > 0 ? (unsigned)taken : 0;
        /* An answer leads to two questions at most: there is room for both.
         */
        unsigned head = *ring.answers_head;
        while (ring.nasked < QUESTIONS_MAX - 1 &&
               head != __atomic_load_n(ring.answers_tail, __ATOMIC_ACQUIRE)) {
            struct io_uring_cqe it = ring.answers[head & ring.answers_mask];
            __atomic_store_n(ring.answers_head, ++head, __ATOMIC_RELEASE);
            if (it.user_data == 0) {
                accepted(listener, it.res);
            } else {
                moved((struct client *)(uintptr_t)it.user_data, it.res);
            }
        }
    }
}
#endif
