/*
 * options.c: the flags that all servers share, with their ranges; and how a
 * server says that it cannot start.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/contract/internal.h"

enum {
    HOUR_MS = 60 * 60 * 1000,
    WORK_MAX_US = 10 * 1000 * 1000,
    CLIENTS_MAX = 1 << 20,
};

struct contract_options contract_options;

#define NUMBER(name, letter, takes, field, low, high, help)                  \
    FLAG_NUMBER(name, letter, takes, &contract_options.field, low, high, help)

static const struct flag flags[] = {
    FLAG_TEXT("address", 'a', "address", &contract_options.address,
              "Listen on this numeric IPv4 or IPv6 address (default "
              "127.0.0.1)"),
    NUMBER("port", 'p', NULL, port, 0, 65535,
           "Listen on this port; 0 lets the kernel pick one (default 5566)"),
    NUMBER("backlog", 'b', "clients", backlog, 1, 65535,
           "Let so many clients wait to be accepted (default 4096)"),
    FLAG_ON("handshake", 0, &contract_options.handshake,
            "A client must open with the line \"hello\""),
    NUMBER("handshake-timeout", 0, "milliseconds", handshake_timeout_ms, 1,
           HOUR_MS,
           "... within this time after it was accepted (default 5000)"),
    NUMBER("idle-timeout", 0, "milliseconds", idle_timeout_ms, 0, HOUR_MS,
           "Close a client when no byte went either way for this long "
           "(default 0, never)"),
    NUMBER("delay", 0, "milliseconds", delay_ms, 0, HOUR_MS,
           "Wait before echoing each chunk read (default 0)"),
    NUMBER("work", 0, "microseconds", work_us, 0, WORK_MAX_US,
           "Burn this much CPU before echoing each chunk read (default 0)"),
    NUMBER("max-clients", 0, "clients", max_clients, 0, CLIENTS_MAX,
           "Refuse clients beyond these (default 0, as many as the limits "
           "allow)"),
    NUMBER("sndbuf", 0, "bytes", sndbuf_bytes, 0, INT_MAX / 2,
           "Send buffer of each socket (default 0, the kernel's)"),
    NUMBER("rcvbuf", 0, "bytes", rcvbuf_bytes, 0, INT_MAX / 2,
           "Receive buffer of each socket (default 0, the kernel's)"),
    NUMBER("grace", 0, "milliseconds", grace_ms, 0, HOUR_MS,
           "How long SIGTERM or SIGINT lets clients finish (default 1000)"),
    FLAG_ON("stats", 0, &contract_options.stats,
            "Print the counters at exit, as one line of JSON"),
    FLAG_ON("verbose", 'v', &contract_options.verbose,
            "Say on standard error which client comes and which goes"),
    {0},
};

void
options_parse(const char *model, const struct flag *own_flags, int argc,
              char **argv)
{
    contract_options = (struct contract_options){
        .model = model,
        .address = "127.0.0.1",
        .port = 5566,
        .backlog = 4096,
        .handshake_timeout_ms = 5000,
        .grace_ms = 1000,
    };
    flags_parse(model,
                "An echo server: every byte comes back, until the client "
                "ends its side. SIGTERM stops it.",
                flags, own_flags, argc, argv);
}

void
contract_offer_echo_only(void)
{
    const struct contract_options *options = &contract_options;
    const char *flag = options->handshake             ? "--handshake"
                       : options->idle_timeout_ms > 0 ? "--idle-timeout"
                       : options->delay_ms > 0        ? "--delay"
                       : options->work_us > 0         ? "--work"
                                                      : NULL;

    if (flag != NULL) {
        fprintf(stderr,
                "%s: %s is not for this program, which offers the plain echo "
                "only; the five models have it\n",
                options->model, flag);
        exit(2);
    }
}

void
contract_die(int error, const char *what)
{
    fprintf(stderr, "%s: %s%s%s\n", contract_options.model, what,
            error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
    exit(1);
}
