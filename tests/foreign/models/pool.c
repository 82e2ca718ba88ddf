/*
 * pool.c: a fixed number of threads, and a queue of what is to be done.
 *
 * Idea      One thread waits with epoll(7) and does nothing else; who is
 *           ready is put into a queue, and whichever thread is free takes the
 *           first, goes one step with it, and gives it back to epoll. No
 *           thread belongs to a client: four serve ten thousand.
 * Costs     a lock, a wake-up and a call of epoll_ctl for each step: for work
 *           as small as an echo, more than the work itself.
 * Take it   when a step is much work, or must wait for a disk, and there are
 *           several CPUs. Here it shows what handing over costs.
 * See also  threaded/server.c, prefork.c
 */
#include <pthread.h>
#include <sys/epoll.h>

#include "tests/foreign/models/echo.h"

enum {
    THREADS = 4,
    READY_MAX = 64, /* of those who are ready, put into the queue at once */
};

static int epoll_fd;

/* Who waits for a thread, first come, first served. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t not_empty;
    struct client *first; /* NULL: nobody */
    struct client **end;  /* where the next one goes */
} queue = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL,
           &queue.first};

static void
queue_put(struct client *client)
{
    pthread_mutex_lock(&queue.lock);
    client->next = NULL;
    *queue.end = client;
    queue.end = &client->next;
    pthread_cond_signal(&queue.not_empty);
    pthread_mutex_unlock(&queue.lock);
}

/* Waits until there is one. */
static struct client *
queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    while (queue.first == NULL) {
        pthread_cond_wait(&queue.not_empty, &queue.lock);
    }
    struct client *client = queue.first;
    queue.first = client->next;
    if (queue.first == NULL) {
        queue.end = &queue.first;
    }
    pthread_mutex_unlock(&queue.lock);
    return client;
}

/* Wait for `events` on a descriptor, once: the next word of it comes when
 * this was called again. So no client is ever with two threads. */
static int
watch(int operation, int fd, short events, struct client *client)
{
    struct epoll_event event = {(uint32_t)events | EPOLLONESHOT, {client}};

    return epoll_ctl(epoll_fd, operation, fd, &event);
}

/* What each thread does, for ever. */
_Noreturn static void *
work(void *unused)
{
    (void)unused;
    for (;;) {
        struct client *client = queue_take();
        short events = client_step(client);
        if (events == 0) {
            client_close(client);
        } else {
            /* Who has it next sees what was done: it takes the lock, too. */
            pthread_mutex_lock(&queue.lock);
            watch(EPOLL_CTL_MOD, client->fd, events, client);
            pthread_mutex_unlock(&queue.lock);
        }
    }
}

/* The listener is readable. Returns false when there is no room for more. */
static bool
accept_one(int listener)
{
    struct client *client = client_accept(listener, SOCK_NONBLOCK);

    if (client == NULL) {
        return !is_short();
    }
    if (watch(EPOLL_CTL_ADD, client->fd, POLLIN, client) == -1) {
        client_close(client);
        return false;
    }
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): epoll has it now */
    return true;
}

int
main(int argc, char **argv)
{
    int listener = listen_on(argc, argv, SOCK_NONBLOCK);
    struct epoll_event ready[READY_MAX];

    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    watch(EPOLL_CTL_ADD, listener, POLLIN, NULL);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0) {
            errx(1, "cannot start %d threads", THREADS);
        }
    }
    for (bool has_room = true;;) {
        int nready = epoll_wait(epoll_fd, ready, READY_MAX,
                                has_room ? -1 : ACCEPT_PAUSE_MS);
        if (!has_room) {
            watch(EPOLL_CTL_MOD, listener, POLLIN, NULL);
            has_room = true;
        }
        for (int i = 0; i < nready; i++) {
            if (ready[i].data.ptr != NULL) {
                queue_put(ready[i].data.ptr);
            } else if ((has_room = accept_one(listener))) {
                watch(EPOLL_CTL_MOD, listener, POLLIN, NULL);
            }
        }
    }
}
