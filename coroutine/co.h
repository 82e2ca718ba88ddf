/*
 * co.h: coroutines, and the calls that make them wait.
 *
 * A coroutine is a function with a stack of its own. It runs until it calls
 * one of the functions below that has to wait; then the next one runs. So
 * co_recv() reads like recv(2) and blocks the caller, but nobody else. All
 * coroutines share one thread: between two such calls nothing else happens,
 * and what does not span one needs no lock. "Waits" below means: may let
 * other coroutines run before it returns.
 *
 * The functions named like system calls return what those return, -1 with
 * errno included. errno belongs to the thread and so to everybody: look at
 * it before the next call that may wait.
 *
 * There is one scheduler in a process, used by one thread only.
 */
#ifndef FIVEWAYS_CO_H
#define FIVEWAYS_CO_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

struct co;

/* How one stack is left for another. */
enum co_switch {
    CO_SWITCH_JUMP,        /* _setjmp and _longjmp: no system call */
    CO_SWITCH_SWAPCONTEXT, /* swapcontext: saves the signal mask each time,
                            * which is a system call */
};

struct co_options {
    int stack_kib; /* of each coroutine, guard page not counted */
    int switch_by; /* enum co_switch; JUMP is the faster */
};

/* Run function(fd) as the first coroutine, and return when the last one has
 * returned. Not from inside one. Returns 0; or -1 with errno when there is no
 * memory to begin with, or when the kernel does not let us wait any more:
 * then the coroutines that are left are abandoned. */
int co_run(const struct co_options *options, void (*function)(int fd),
           int fd);

/* Make a coroutine that will run function(fd), later: the caller goes on.
 * Nobody can wait for it. Returns 0, or -1 with errno (ENOMEM, EAGAIN) when
 * there is no stack to be had. */
int co_spawn(void (*function)(int fd), int fd);

/* The same for function(arg), whose result somebody must take by co_join().
 * Returns the coroutine, or NULL with errno. */
struct co *co_create(void *(*function)(void *arg), void *arg);

/* Wait until `co` has returned, and take its result: what futures and
 * `await` are elsewhere. `co` is gone afterwards. Waits. */
void *co_join(struct co *co);

/* Let everybody else who can run do so first. Waits. */
void co_give_way(void);

/* Wait for so long, measured finer than a millisecond; 0 or less returns at
 * once. Waits. */
void co_sleep_ms(int time_ms);

/* accept4(2): the new socket is non-blocking and known to the scheduler, and
 * the caller's. `listen_fd` becomes non-blocking. Waits. */
int co_accept4(int listen_fd, struct sockaddr *address,
               socklen_t *address_bytes, int flags);

/* recv(2) and send(2) on a TCP socket; only one coroutine may receive, and
 * one send, at a time. EAGAIN: it took longer than co_set_timeout() allows,
 * and nothing had come even then. `buffer` is the call's until it returns,
 * and may be filled before. Not for MSG_PEEK, nor for AF_UNIX where
 * descriptors travel with the bytes: a short recv is taken to have emptied
 * the socket. A coroutine that never has to wait gives way to the others now
 * and then all the same. Both wait. */
ssize_t co_recv(int fd, void *buffer, size_t nbytes, int flags);
ssize_t co_send(int fd, const void *buffer, size_t nbytes, int flags);

/* From now on a recv or send on `fd` may wait for so long; 0: for ever. */
void co_set_timeout(int fd, int timeout_ms);

/* close(2) for a descriptor that was ever given to the calls above. Nobody
 * may be waiting for it. */
int co_close(int fd);

#endif
