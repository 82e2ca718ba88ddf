/*
 * threaded/server.c: one thread for each connection.
 *
 * Idea          Accept a client, start a thread that serves it, accept on.
 * Waits in      accept(2) in main; recv(2) and send(2) in each thread.
 * State in      each thread's own stack; the kernel switches between them.
 * Costs         a thread and its stack for each client, a switch each turn.
 * Breaks when   there are more clients than threads or memory for stacks.
 * Survives      reset, half-close, broken pipe, no thread, no descriptors.
 * Compare with  blocking/server.c: the same conn_echo, without the threads.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/contract/contract.h"

static void server_run(int listen_fd);
static int conn_accept(int listen_fd);
static enum contract_end conn_handshake(int conn_fd, char *buffer,
                                        size_t *nbuffered);
static enum contract_end conn_echo(int conn_fd, char *buffer,
                                   size_t nbuffered);
static void conn_close(int conn_fd, enum contract_end why);
static void *conn_thread(void *arg);
static int send_all(int conn_fd, const char *bytes, size_t nbytes);
static void set_timeout(int conn_fd, int timeout_ms);
static void sleep_ms(int time_ms);
static error_t parse_own_flag(int key, char *text, struct argp_state *state);
static void threads_prepare(void);
static int thread_start(int conn_fd);
static void thread_finish(void);
static void threads_join(void);

/* The flags, set once in main. */
static const struct contract_options *options;

enum {
    /* The buffer below, what glibc keeps at the top of a stack, and room for
     * the calls; only the pages that are touched cost memory. */
    STACK_DEFAULT_KIB = 64,
    STACK_MIN_KIB = 32,
    STACK_MAX_KIB = 64 * 1024,
};

static int stack_kib = STACK_DEFAULT_KIB;

static const struct argp own_flags = {
    .options =
        (const struct argp_option[]){
            {"stack-size", 's', "KIB", 0,
             "Stack of each thread (default 64, from 32)", 0},
            {0},
        },
    .parser = parse_own_flag,
};

int
main(int argc, char **argv)
{
    options = contract_parse("threaded", &own_flags, argc, argv);
    server_run(contract_listen());
    return contract_finish();
}

/* Serve until the server is to stop, then wait for the threads. */
static void
server_run(int listen_fd)
{
    int conn_fd;

    threads_prepare();
    contract_ready();
    while ((conn_fd = conn_accept(listen_fd)) != -1) {
        if (thread_start(conn_fd) == -1) {
            conn_close(conn_fd, CONTRACT_REFUSED);
            sleep_ms(CONTRACT_ACCEPT_PAUSE_MS);
        }
    }
    threads_join();
}

/* Wait for the next client that may stay. Returns its descriptor, which is
 * the caller's, or -1 when the server is to stop. Blocks. */
static int
conn_accept(int listen_fd)
{
    for (;;) {
        int conn_fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (conn_fd == -1) {
            enum contract_accept next = contract_accept_error(errno);
            if (next == CONTRACT_ACCEPT_STOP) {
                return -1;
            }
            if (next == CONTRACT_ACCEPT_PAUSE) {
                sleep_ms(CONTRACT_ACCEPT_PAUSE_MS);
            }
        } else if (contract_client_opened(conn_fd)) {
            return conn_fd;
        } else {
            close(conn_fd);
        }
    }
}

/* Receive the first line. Returns CONTRACT_OPEN when it is the right one and
 * answered; then the `*nbuffered` bytes that came in behind it are at the
 * start of `buffer`. Anything else is the reason to close. Blocks. */
static enum contract_end
conn_handshake(int conn_fd, char *buffer, size_t *nbuffered)
{
    int64_t deadline_ms = contract_now_ms() + options->handshake_timeout_ms;
    enum contract_hello hello = CONTRACT_HELLO_PARTIAL;
    size_t line_bytes = 0;

    while (hello == CONTRACT_HELLO_PARTIAL) {
        /* The limit is for the whole line, however slowly it drips; but what
         * has come by then counts, hence 1 and not 0, which is for ever. */
        int64_t left_ms = deadline_ms - contract_now_ms();
        set_timeout(conn_fd, left_ms > 0 ? (int)left_ms : 1);
        ssize_t nread = recv(conn_fd, buffer + *nbuffered,
                             CONTRACT_BUFFER_BYTES - *nbuffered, 0);
        if (nread == 0) {
            return CONTRACT_REJECTED;
        }
        if (nread == -1 && errno != EINTR) {
            return contract_end_of(errno);
        }
        *nbuffered += nread > 0 ? (size_t)nread : 0;
        hello = contract_hello(buffer, *nbuffered, &line_bytes);
    }
    if (hello == CONTRACT_HELLO_BAD) {
        return CONTRACT_REJECTED;
    }
    if (send_all(conn_fd, CONTRACT_HELLO_REPLY, CONTRACT_HELLO_REPLY_BYTES) ==
        -1) {
        return contract_end_of(errno);
    }
    *nbuffered -= line_bytes;
    memmove(buffer, buffer + line_bytes, *nbuffered);
    return CONTRACT_OPEN;
}

/* Echo, the `nbuffered` bytes in `buffer` first, until the client ends its
 * side. Returns why it ended. Blocks. */
static enum contract_end
conn_echo(int conn_fd, char *buffer, size_t nbuffered)
{
    ssize_t nread = (ssize_t)nbuffered;

    set_timeout(conn_fd, options->idle_timeout_ms);
    for (;;) {
        if (nread > 0) {
            contract_count_in((size_t)nread);
            sleep_ms(options->delay_ms);
            contract_work();
            if (send_all(conn_fd, buffer, (size_t)nread) == -1) {
                return contract_end_of(errno);
            }
            contract_count_out((size_t)nread);
        }
        nread = recv(conn_fd, buffer, CONTRACT_BUFFER_BYTES, 0);
        if (nread == 0) {
            return CONTRACT_EOF;
        }
        if (nread == -1 && errno != EINTR) {
            return contract_end_of(errno);
        }
    }
}

/* End a connection, whose descriptor is gone afterwards. */
static void
conn_close(int conn_fd, enum contract_end why)
{
    contract_client_closed(conn_fd, why);
    close(conn_fd);
}

/* One client, from its first byte to its last: the body of a thread. */
static void *
conn_thread(void *arg)
{
    int conn_fd = (int)(intptr_t)arg;
    char buffer[CONTRACT_BUFFER_BYTES];
    size_t nbuffered = 0;
    enum contract_end end = CONTRACT_OPEN;

    if (options->handshake) {
        end = conn_handshake(conn_fd, buffer, &nbuffered);
    }
    if (end == CONTRACT_OPEN) {
        end = conn_echo(conn_fd, buffer, nbuffered);
    }
    conn_close(conn_fd, end);
    thread_finish();
    return NULL;
}

/* Send all of it. Returns 0, or -1 with errno, and then nobody knows how
 * much of it arrived. Blocks. */
static int
send_all(int conn_fd, const char *bytes, size_t nbytes)
{
    while (nbytes > 0) {
        ssize_t nwritten = send(conn_fd, bytes, nbytes, 0);
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        bytes += nwritten > 0 ? nwritten : 0;
        nbytes -= nwritten > 0 ? (size_t)nwritten : 0;
    }
    return 0;
}

/* From now on recv and send on this descriptor fail with EAGAIN when they
 * had to wait for so long; 0: they wait for ever. The kernel is only asked
 * where a limit is in force or was. */
static void
set_timeout(int conn_fd, int timeout_ms)
{
    struct timeval limit = {
        .tv_sec = timeout_ms / 1000,
        .tv_usec = timeout_ms % 1000 * 1000L,
    };

    if (timeout_ms > 0 || options->handshake) {
        setsockopt(conn_fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(conn_fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    }
}

/* Sleep, signals or not; 0 returns at once. Blocks. */
static void
sleep_ms(int time_ms)
{
    struct timespec left = {
        .tv_sec = time_ms / 1000,
        .tv_nsec = time_ms % 1000 * 1000000L,
    };

    while (time_ms > 0 && nanosleep(&left, &left) == -1 && errno == EINTR) {
    }
}

static error_t
parse_own_flag(int key, char *text, struct argp_state *state)
{
    (void)state;
    if (key != 's') {
        return ARGP_ERR_UNKNOWN;
    }
    stack_kib = contract_parse_number("--stack-size", text, STACK_MIN_KIB,
                                      STACK_MAX_KIB, "KiB");
    return 0;
}

/* All threads together. */
static struct {
    pthread_attr_t attributes; /* stack size, and every signal blocked */
    pthread_mutex_t mutex;     /* guards what follows */
    pthread_cond_t none_left;  /* signalled when `running` falls to 0 */
    unsigned int running;      /* threads that serve a client */
    pthread_t last;            /* the one that finished last, not joined */
    bool last_is_set;          /* whether there is one */
} threads = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .none_left = PTHREAD_COND_INITIALIZER,
};

/* What each thread is born with. The signals of the stop are for main, which
 * is the one that waits in accept. */
static void
threads_prepare(void)
{
    sigset_t signals;
    int error;

    sigfillset(&signals);
    pthread_attr_init(&threads.attributes);
    error = pthread_attr_setsigmask_np(&threads.attributes, &signals);
    if (error == 0) {
        error = pthread_attr_setstacksize(&threads.attributes,
                                          (size_t)stack_kib * 1024);
    }
    if (error != 0) {
        contract_die(error, "set up threads");
    }
}

/* Serve conn_fd in a thread of its own, which closes it in the end. Returns
 * 0, or -1 when there is no thread to be had; then conn_fd is the caller's
 * still. */
static int
thread_start(int conn_fd)
{
    pthread_t thread;

    pthread_mutex_lock(&threads.mutex);
    threads.running++;
    pthread_mutex_unlock(&threads.mutex);
    if (pthread_create(&thread, &threads.attributes, conn_thread,
                       (void *)(intptr_t)conn_fd) == 0) {
        return 0;
    }
    pthread_mutex_lock(&threads.mutex);
    threads.running--;
    pthread_mutex_unlock(&threads.mutex);
    return -1;
}

/* The last act of a thread: join the one that finished before it. So each
 * is joined, memory and all, while the server runs, and main need not wake
 * up for it; at most one that has finished is ever left over. */
static void
thread_finish(void)
{
    pthread_mutex_lock(&threads.mutex);
    pthread_t previous = threads.last;
    bool previous_is_set = threads.last_is_set;
    threads.last = pthread_self();
    threads.last_is_set = true;
    threads.running--;
    if (threads.running == 0) {
        pthread_cond_signal(&threads.none_left);
    }
    pthread_mutex_unlock(&threads.mutex);
    if (previous_is_set) {
        pthread_join(previous, NULL);
    }
}

/* Wait until every client has left, and join the last thread. The stop sees
 * to it that they do leave. Blocks. */
static void
threads_join(void)
{
    pthread_mutex_lock(&threads.mutex);
    while (threads.running > 0) {
        pthread_cond_wait(&threads.none_left, &threads.mutex);
    }
    pthread_mutex_unlock(&threads.mutex);
    if (threads.last_is_set) {
        pthread_join(threads.last, NULL);
    }
    pthread_attr_destroy(&threads.attributes);
}
