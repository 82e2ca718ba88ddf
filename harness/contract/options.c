/*
 * options.c: the flags that all servers share, with their ranges.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/contract/internal.h"

/* Flags without a letter of their own. */
enum {
    FLAG_HANDSHAKE = 0x100,
    FLAG_HANDSHAKE_TIMEOUT,
    FLAG_IDLE_TIMEOUT,
    FLAG_DELAY,
    FLAG_WORK,
    FLAG_MAX_CLIENTS,
    FLAG_SNDBUF,
    FLAG_RCVBUF,
    FLAG_GRACE,
    FLAG_STATS,
};

enum {
    HOUR_MS = 60 * 60 * 1000,
    WORK_MAX_US = 10 * 1000 * 1000,
    CLIENTS_MAX = 1 << 20,
};

struct contract_options contract_options;

/* The numeric flags: one row each, so that none can lack its range. */
static const struct {
    int key;          /* as in `flags` below */
    const char *name; /* as the user typed it, for the message */
    int *value;       /* where it goes */
    int low, high;    /* allowed, ends included */
    const char *unit; /* what it counts, for the message; NULL: itself */
} numbers[] = {
    {'p', "--port", &contract_options.port, 0, 65535, NULL},
    {'b', "--backlog", &contract_options.backlog, 1, 65535, "clients"},
    {FLAG_HANDSHAKE_TIMEOUT, "--handshake-timeout",
     &contract_options.handshake_timeout_ms, 1, HOUR_MS, "milliseconds"},
    {FLAG_IDLE_TIMEOUT, "--idle-timeout", &contract_options.idle_timeout_ms,
     0, HOUR_MS, "milliseconds"},
    {FLAG_DELAY, "--delay", &contract_options.delay_ms, 0, HOUR_MS,
     "milliseconds"},
    {FLAG_WORK, "--work", &contract_options.work_us, 0, WORK_MAX_US,
     "microseconds"},
    {FLAG_MAX_CLIENTS, "--max-clients", &contract_options.max_clients, 0,
     CLIENTS_MAX, "clients"},
    {FLAG_SNDBUF, "--sndbuf", &contract_options.sndbuf_bytes, 0, INT_MAX / 2,
     "bytes"},
    {FLAG_RCVBUF, "--rcvbuf", &contract_options.rcvbuf_bytes, 0, INT_MAX / 2,
     "bytes"},
    {FLAG_GRACE, "--grace", &contract_options.grace_ms, 0, HOUR_MS,
     "milliseconds"},
};

static const struct argp_option flags[] = {
    {"address", 'a', "ADDR", 0,
     "Listen on this numeric IPv4 or IPv6 address (default 127.0.0.1)", 1},
    {"port", 'p', "PORT", 0,
     "Listen on this port; 0 lets the kernel pick one (default 5566)", 1},
    {"backlog", 'b', "N", 0,
     "Let so many clients wait to be accepted (default 4096)", 1},
    {"handshake", FLAG_HANDSHAKE, NULL, 0,
     "A client must open with the line \"hello\"", 2},
    {"handshake-timeout", FLAG_HANDSHAKE_TIMEOUT, "MS", 0,
     "... within this time after it was accepted (default 5000)", 2},
    {"idle-timeout", FLAG_IDLE_TIMEOUT, "MS", 0,
     "Close a client when no byte went either way for this long (default 0, "
     "never)",
     2},
    {"delay", FLAG_DELAY, "MS", 0, "Wait before echoing each chunk read", 3},
    {"work", FLAG_WORK, "US", 0,
     "Burn this much CPU before echoing each chunk read", 3},
    {"max-clients", FLAG_MAX_CLIENTS, "N", 0,
     "Refuse clients beyond N (default 0, as many as the limits allow)", 4},
    {"sndbuf", FLAG_SNDBUF, "B", 0,
     "Send buffer of each socket (default 0, the kernel's)", 4},
    {"rcvbuf", FLAG_RCVBUF, "B", 0,
     "Receive buffer of each socket (default 0, the kernel's)", 4},
    {"grace", FLAG_GRACE, "MS", 0,
     "How long SIGTERM or SIGINT lets clients finish (default 1000)", 5},
    {"stats", FLAG_STATS, NULL, 0,
     "Print the counters at exit, as one line of JSON", 5},
    {"verbose", 'v', NULL, 0,
     "Say on standard error which client comes and which goes", 5},
    {0},
};

void
contract_usage(const char *flag, const char *text, const char *allowed)
{
    fprintf(stderr, "%s: %s=%s: please give %s\n", contract_options.model,
            flag, text, allowed);
    exit(2);
}

int
contract_parse_number(const char *name, const char *text, int low, int high,
                      const char *unit)
{
    char allowed[96];
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < low ||
        value > high) {
        snprintf(allowed, sizeof allowed, "a whole number%s%s from %d to %d",
                 unit ? " of " : "", unit ? unit : "", low, high);
        contract_usage(name, text, allowed);
    }
    return (int)value;
}

static error_t
parse_flag(int key, char *text, struct argp_state *state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (numbers[i].key == key) {
            *numbers[i].value =
                contract_parse_number(numbers[i].name, text, numbers[i].low,
                                      numbers[i].high, numbers[i].unit);
            return 0;
        }
    }
    switch (key) {
    case 'a':
        contract_options.address = text;
        return 0;
    case 'v':
        contract_options.verbose = true;
        return 0;
    case FLAG_HANDSHAKE:
        contract_options.handshake = true;
        return 0;
    case FLAG_STATS:
        contract_options.stats = true;
        return 0;
    case ARGP_KEY_ARG:
        fprintf(stderr, "%s: %s: only flags are understood, see %s --help\n",
                contract_options.model, text, contract_options.model);
        exit(2);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void
print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "Fiveways %s\n", contract_options.model);
}

void
options_parse(const char *model, const struct argp *own_flags, int argc,
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
    const struct argp_child children[] = {
        {own_flags, 0, "Of this model alone:", 6},
        {0},
    };
    const struct argp parser = {
        .options = flags,
        .parser = parse_flag,
        .doc = "An echo server: every byte comes back, until the client "
               "ends its side. SIGTERM stops it.",
        .children = own_flags != NULL ? children : NULL,
    };

    argp_program_version_hook = print_version;
    argp_err_exit_status = 2;
    error_t error = argp_parse(&parser, argc, argv, 0, NULL, NULL);
    if (error != 0) {
        /* No memory to read them with: going on would be without them. */
        contract_die(error, "read the flags");
    }
}
