/*
 * shim.c: a library that stands between a server and its C library.
 *
 * LD_PRELOAD=build/tests/shim.so puts it there. It makes calls do what they
 * may do, but hardly ever do on an idle machine: move only a few bytes, be
 * interrupted, find no memory. What it does is set by the environment; by
 * itself it does nothing:
 *
 *     SHIM_READ=N        a read moves 1 to N bytes at the most, by chance
 *     SHIM_WRITE=N       the same for a write
 *     SHIM_EINTR=N       one call in N fails with EINTR, before anything
 *                        moved: reads, writes and accept
 *     SHIM_EAGAIN=N      the same with EAGAIN, on non-blocking descriptors;
 *                        a lie to whoever waits for edges
 *     SHIM_MALLOC=N      every Nth allocation fails, from the first accept on
 *     SHIM_MALLOC_AT=N   the Nth allocation of the process fails, only that
 *     SHIM_THREAD=N      every Nth thread is not made
 *     SHIM_FAULTS=N      of these two, N times and then never again
 *     SHIM_IOCTL_MS=N    an ioctl takes so long, before it is carried out
 *     SHIM_STORM=US      so often a signal interrupts whatever waits
 *     SHIM_SEED=N        where chance begins, default 1
 *
 * At a regular exit it says on standard error what it did, for the tests:
 * `shim: 12 faults, 64 accepts in a row`, the latter being the most without
 * a read or a write between them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* glibc's own, which work before anything can be looked up. */
void *__libc_malloc(size_t nbytes);
void *__libc_calloc(size_t count, size_t nbytes);
void *__libc_realloc(void *memory, size_t nbytes);

/* Fortified programs call this one in place of recv. */
ssize_t __recv_chk(int fd, void *buffer, size_t nbytes, size_t room,
                   int flags);

/* The functions that this library hides. */
static struct {
    ssize_t (*read)(int, void *, size_t);
    ssize_t (*recv)(int, void *, size_t, int);
    ssize_t (*readv)(int, const struct iovec *, int);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*send)(int, const void *, size_t, int);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*sendmsg)(int, const struct msghdr *, int);
    int (*accept)(int, struct sockaddr *, socklen_t *);
    int (*accept4)(int, struct sockaddr *, socklen_t *, int);
    int (*ioctl)(int, unsigned long, ...);
    int (*pthread_create)(pthread_t *, const pthread_attr_t *,
                          void *(*)(void *), void *);
} real;

/* What the environment asks for; 0: nothing of the kind. */
static struct {
    long read_bytes;   /* the most that a read moves */
    long write_bytes;  /* the most that a write moves */
    long eintr_in;     /* one call in so many is interrupted */
    long eagain_in;    /* one call in so many finds nothing */
    long malloc_every; /* every so many allocations one fails */
    long malloc_at;    /* the number of the one that fails */
    long ioctl_ms;     /* how long an ioctl takes */
    long thread_every; /* every so many threads one is not made */
    long faults_max;   /* of memory and threads, in all */
    uint64_t seed;     /* where chance begins */
} wish;

/* What has happened. */
static struct {
    atomic_ulong chances;     /* random numbers drawn */
    atomic_ulong faults;      /* calls that were made worse */
    atomic_ulong allocations; /* asked for, since counting began */
    atomic_ulong threads;     /* asked for */
    atomic_bool has_accepted; /* accept was called once */
    atomic_ulong accepts;     /* since the last read or write */
    atomic_ulong accepts_max; /* the most of them in a row */
} done;

static long
wish_of(const char *name)
{
    const char *text = getenv(name);

    return text == NULL ? 0 : strtol(text, NULL, 10);
}

static void
count_interruption(int signal_number)
{
    (void)signal_number;
    atomic_fetch_add(&done.faults, 1);
}

/* Interrupt whatever waits, again and again. Without SA_RESTART, or the
 * kernel would hide it. */
static void
start_storm(long every_us)
{
    struct sigaction action = {.sa_handler = count_interruption};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};
    struct itimerspec when = {.it_value.tv_nsec = every_us * 1000,
                              .it_interval.tv_nsec = every_us * 1000};
    timer_t timer;

    sigaction(SIGUSR1, &action, NULL);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0) {
        timer_settime(timer, 0, &when, NULL);
    }
}

static void *
find(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL) {
        dprintf(STDERR_FILENO, "shim: there is no %s\n", name);
        _exit(125);
    }
    return function;
}

/* ISO C has no cast from void * to a function; POSIX promises that it
 * works. */
#define FIND(name) (*(void **)&real.name = find(#name))

__attribute__((constructor)) static void
shim_start(void)
{
    FIND(read);
    FIND(recv);
    FIND(readv);
    FIND(write);
    FIND(send);
    FIND(writev);
    FIND(sendmsg);
    FIND(accept);
    FIND(accept4);
    FIND(ioctl);
    FIND(pthread_create);
    wish.read_bytes = wish_of("SHIM_READ");
    wish.write_bytes = wish_of("SHIM_WRITE");
    wish.eintr_in = wish_of("SHIM_EINTR");
    wish.eagain_in = wish_of("SHIM_EAGAIN");
    wish.malloc_every = wish_of("SHIM_MALLOC");
    wish.thread_every = wish_of("SHIM_THREAD");
    wish.ioctl_ms = wish_of("SHIM_IOCTL_MS");
    wish.seed = (uint64_t)wish_of("SHIM_SEED") + 1;
    wish.malloc_at = wish_of("SHIM_MALLOC_AT");
    wish.faults_max = wish_of("SHIM_FAULTS");
    atomic_store(&done.allocations, 0);
    if (wish_of("SHIM_STORM") > 0) {
        start_storm(wish_of("SHIM_STORM"));
    }
}

__attribute__((destructor)) static void
shim_end(void)
{
    dprintf(STDERR_FILENO, "shim: %lu faults, %lu accepts in a row\n",
            atomic_load(&done.faults), atomic_load(&done.accepts_max));
}

/* A number below `bound` that follows from the seed and from how many were
 * drawn before. */
static unsigned long
chance(long bound)
{
    uint64_t word =
        (wish.seed << 32) + atomic_fetch_add(&done.chances, 1) + 1;

    word *= 0x9e3779b97f4a7c15U;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    word ^= word >> 31;
    return (unsigned long)(word % (uint64_t)bound);
}

/* True when this call is to fail; errno is set then. */
static bool
fails(int fd)
{
    if (wish.eintr_in > 0 && chance(wish.eintr_in) == 0) {
        atomic_fetch_add(&done.faults, 1);
        errno = EINTR;
        return true;
    }
    if (wish.eagain_in > 0 && chance(wish.eagain_in) == 0 &&
        (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) {
        atomic_fetch_add(&done.faults, 1);
        errno = EAGAIN;
        return true;
    }
    return false;
}

/* How many of `nbytes` this call may move. */
static size_t
cut(size_t nbytes, long most)
{
    size_t some;

    atomic_store(&done.accepts, 0);
    if (most <= 0) {
        return nbytes;
    }
    some = 1 + chance(most);
    if (some >= nbytes) {
        return nbytes;
    }
    atomic_fetch_add(&done.faults, 1);
    return some;
}

/* glibc's own names for the parameters are reserved ones.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* ---- reads --------------------------------------------------------------
 */

ssize_t
read(int fd, void *buffer, size_t nbytes)
{
    return fails(fd) ? -1
                     : real.read(fd, buffer, cut(nbytes, wish.read_bytes));
}

ssize_t
recv(int fd, void *buffer, size_t nbytes, int flags)
{
    return fails(fd)
               ? -1
               : real.recv(fd, buffer, cut(nbytes, wish.read_bytes), flags);
}

ssize_t
__recv_chk(int fd, void *buffer, size_t nbytes, size_t room, int flags)
{
    if (nbytes > room) {
        abort();
    }
    return recv(fd, buffer, nbytes, flags);
}

ssize_t
readv(int fd, const struct iovec *pieces, int count)
{
    struct iovec piece;

    if (fails(fd)) {
        return -1;
    }
    piece = pieces[0];
    piece.iov_len = cut(piece.iov_len, wish.read_bytes);
    return real.readv(fd, wish.read_bytes > 0 ? &piece : pieces,
                      wish.read_bytes > 0 ? 1 : count);
}

/* ---- writes -------------------------------------------------------------
 */

ssize_t
write(int fd, const void *bytes, size_t nbytes)
{
    return fails(fd) ? -1
                     : real.write(fd, bytes, cut(nbytes, wish.write_bytes));
}

ssize_t
send(int fd, const void *bytes, size_t nbytes, int flags)
{
    return fails(fd)
               ? -1
               : real.send(fd, bytes, cut(nbytes, wish.write_bytes), flags);
}

int
ioctl(int fd, unsigned long request, ...)
{
    const struct timespec time = {wish.ioctl_ms / 1000,
                                  wish.ioctl_ms % 1000 * 1000000};
    va_list rest;
    void *arg;

    va_start(rest, request);
    arg = va_arg(rest, void *);
    va_end(rest);
    nanosleep(&time, NULL);
    return real.ioctl(fd, request, arg);
}

ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
    struct iovec piece;

    if (fails(fd)) {
        return -1;
    }
    piece = pieces[0];
    piece.iov_len = cut(piece.iov_len, wish.write_bytes);
    return real.writev(fd, wish.write_bytes > 0 ? &piece : pieces,
                       wish.write_bytes > 0 ? 1 : count);
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct msghdr shorter = *message;
    struct iovec piece;

    if (fails(fd)) {
        return -1;
    }
    if (wish.write_bytes > 0 && message->msg_iovlen > 0) {
        piece = message->msg_iov[0];
        piece.iov_len = cut(piece.iov_len, wish.write_bytes);
        shorter.msg_iov = &piece;
        shorter.msg_iovlen = 1;
    }
    return real.sendmsg(fd, &shorter, flags);
}

/* ---- accept -------------------------------------------------------------
 */

/* Count the accept that gave `conn_fd`, and give it on. */
static int
count_accept(int conn_fd)
{
    unsigned long accepts;

    if (conn_fd == -1) {
        return -1;
    }
    accepts = atomic_fetch_add(&done.accepts, 1) + 1;
    if (accepts > atomic_load(&done.accepts_max)) {
        atomic_store(&done.accepts_max, accepts);
    }
    return conn_fd;
}

int
accept(int fd, struct sockaddr *address, socklen_t *address_bytes)
{
    atomic_store(&done.has_accepted, true);
    return fails(fd) ? -1
                     : count_accept(real.accept(fd, address, address_bytes));
}

int
accept4(int fd, struct sockaddr *address, socklen_t *address_bytes, int flags)
{
    atomic_store(&done.has_accepted, true);
    return fails(fd) ? -1
                     : count_accept(
                           real.accept4(fd, address, address_bytes, flags));
}

/* ---- memory and threads -------------------------------------------------
 */

/* True when there have been as many faults as were wished for. */
static bool
has_had_enough(void)
{
    return wish.faults_max > 0 &&
           atomic_load(&done.faults) >= (unsigned long)wish.faults_max;
}

/* A sanitizer in the server brings an allocator of its own, and has to be
 * left alone with it: the Makefile says so. */
#ifndef SHIM_SPARES_MEMORY

/* True when this allocation is to fail; errno is set then. */
static bool
lacks_memory(void)
{
    bool fails_now = false;

    if (wish.malloc_at > 0) {
        fails_now = atomic_fetch_add(&done.allocations, 1) + 1 ==
                    (unsigned long)wish.malloc_at;
    } else if (wish.malloc_every > 0 && atomic_load(&done.has_accepted)) {
        fails_now = (atomic_fetch_add(&done.allocations, 1) + 1) %
                            (unsigned long)wish.malloc_every ==
                        0 &&
                    !has_had_enough();
    }
    if (fails_now) {
        atomic_fetch_add(&done.faults, 1);
        errno = ENOMEM;
    }
    return fails_now;
}

void *
malloc(size_t nbytes)
{
    return lacks_memory() ? NULL : __libc_malloc(nbytes);
}

void *
calloc(size_t count, size_t nbytes)
{
    return lacks_memory() ? NULL : __libc_calloc(count, nbytes);
}

void *
realloc(void *memory, size_t nbytes)
{
    return lacks_memory() ? NULL : __libc_realloc(memory, nbytes);
}

void *
reallocarray(void *memory, size_t count, size_t nbytes)
{
    size_t product;

    if (__builtin_mul_overflow(count, nbytes, &product)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(memory, product);
}

#endif

int
pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
               void *(*function)(void *), void *arg)
{
    if (wish.thread_every > 0 && !has_had_enough() &&
        (atomic_fetch_add(&done.threads, 1) + 1) %
                (unsigned long)wish.thread_every ==
            0) {
        atomic_fetch_add(&done.faults, 1);
        return EAGAIN;
    }
    return real.pthread_create(thread, attributes, function, arg);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
