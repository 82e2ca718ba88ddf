/*
 * contract.c: setting up a server and ending it, the same for all models.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/contract/internal.h"

enum {
    /* No more descriptors than this are for clients, though some containers
     * offer 2^30: the registry has one byte for each. */
    DESCRIPTORS_MAX = 1 << 20,
    NS_PER_US = 1000,
};

/* The listener; the contract opens it, and closes it in the end. */
static int listener = -1;

const struct contract_options *
contract_parse(const char *model, const struct flag *own_flags, int argc,
               char **argv)
{
    rlim_t descriptors = descriptors_raise();

    contract_options.model = model;
    if (streams_open() == -1) {
        contract_die(errno, "open /dev/null as a standard stream");
    }
    options_parse(model, own_flags, argc, argv);
    signal(SIGPIPE, SIG_IGN);
    stop_prepare(descriptors < DESCRIPTORS_MAX ? (int)descriptors
                                               : DESCRIPTORS_MAX);
    return &contract_options;
}

/* The options of the listener. Accepted sockets inherit them, so that no
 * model spends a system call on each client for it. */
static void
set_options(void)
{
    const struct {
        int level, option, value; /* as for setsockopt(2); 0: left alone */
        const char *name;         /* for a message */
    } options[] = {
        {SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR"},
        {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
        {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
        {SOL_SOCKET, SO_SNDBUF, contract_options.sndbuf_bytes, "SO_SNDBUF"},
        {SOL_SOCKET, SO_RCVBUF, contract_options.rcvbuf_bytes, "SO_RCVBUF"},
    };

    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (options[i].value > 0 &&
            setsockopt(listener, options[i].level, options[i].option,
                       &options[i].value, sizeof(int)) == -1) {
            contract_die(errno, options[i].name);
        }
    }
}

int
contract_listen(void)
{
    const char *host = contract_options.address;
    struct sockaddr_storage address;
    char text[ADDRESS_TEXT_BYTES];
    char what[sizeof text + 16];

    if (!address_parse(host, contract_options.port, &address)) {
        if (errno == ENOMEM) {
            contract_die(errno, "--address");
        }
        flags_refuse(contract_options.model, "address", host,
                     "a numeric IPv4 or IPv6 address, such as 127.0.0.1");
    }
    listener = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener == -1) {
        contract_die(errno, "socket");
    }
    set_options();
    address_format(&address, text);
    snprintf(what, sizeof what, "listen on %s", text);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
        listen(listener, contract_options.backlog) == -1) {
        contract_die(errno, what);
    }
    stop_watch_listener(listener);
    return listener;
}

void
contract_ready(void)
{
    struct sockaddr_storage address = {0};
    socklen_t address_bytes = sizeof address;
    char text[ADDRESS_TEXT_BYTES];

    getsockname(listener, (struct sockaddr *)&address, &address_bytes);
    address_format(&address, text);
    printf("listening on %s\n", text);
    /* Whoever does not read it may have asked for the stop meanwhile. */
    if (fflush(stdout) == EOF && !contract_stopping()) {
        contract_die(errno, "print the ready line");
    }
}

int
contract_finish(void)
{
    int status = 0;

    /* The stop stays in force: nobody may read from standard output. */
    if (contract_options.stats && counters_print() == -1) {
        fprintf(stderr, "%s: print the counters: %s\n",
                contract_options.model, strerror(errno));
        status = 1;
    }
    stop_end();
    close(listener);
    return status;
}

/* In CPU time of this thread: what was asked for is computing, and with more
 * threads than CPUs waiting for a turn must not count as computing. */
void
contract_work(void)
{
    if (contract_options.work_us == 0) {
        return;
    }
    int64_t end_ns =
        clock_thread_cpu_ns() + (int64_t)contract_options.work_us * NS_PER_US;
    /* Some microseconds of arithmetic between two looks at the clock, each
     * of which is a system call. */
    do {
        for (volatile unsigned int step = 0; step < 2000; step++) {
        }
    } while (clock_thread_cpu_ns() < end_ns);
}
