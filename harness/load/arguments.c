/*
 * arguments.c: the command line of `load`.
 *
 * argp reads it; each value is checked against a range at once, and what is
 * wrong is said in one sentence: the flag, the value, what is allowed.
 */
#include "harness/load/arguments.h"

#include <argp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "harness/load/crew.h"
#include "harness/load/target.h"
#include "harness/load/units.h"

enum {
    UNSET = -1, /* a number that the command line has not given */
};

enum {
    KEY_SILENT = 0x100, /* flags without a letter */
    KEY_WARMUP,
    KEY_CHURN,
    KEY_HANDSHAKE,
    KEY_TIMEOUT,
    KEY_CONNECT_TIMEOUT,
    KEY_RATE,
    KEY_ARRIVALS,
    KEY_SEED,
    KEY_THREADS,
    KEY_SLO,
    KEY_HISTOGRAM,
    KEY_SAVE,
};

static const int64_t ms_ns = 1000000;
static const int64_t second_ns = 1000000000;
static const int64_t clients_max = 1000000;
static const int64_t rate_max = 10000000;
static const int64_t size_max_bytes = INT64_C(1) << 30;

static const struct argp_option flags[] = {
    {"clients", 'c', "N", 0, "Clients that speak (16; 64 with --rate)", 0},
    {"silent", KEY_SILENT, "N", 0,
     "Clients that connect first and stay silent until the end, when each "
     "asks for one echo (0)",
     0},
    {"duration", 'd', "TIME", 0,
     "How long to measure (5s; at most 60s with --echoes)", 0},
    {"warmup", KEY_WARMUP, "TIME", 0,
     "How long to run before that (200ms; 0 with --echoes)", 0},
    {"echoes", 'n', "N", 0, "Stop after so many echoes (0: by time)", 0},
    {"size", 's', "BYTES", 0, "Length of a message (64)", 0},
    {"churn", KEY_CHURN, NULL, 0,
     "A new connection for each echo, closed by the client", 0},
    {"handshake", KEY_HANDSHAKE, NULL, 0,
     "Open each connection with the line \"hello\", in two pieces", 0},
    {"timeout", KEY_TIMEOUT, "TIME", 0,
     "An echo that takes longer is an error (0: none is)", 0},
    {"connect-timeout", KEY_CONNECT_TIMEOUT, "TIME", 0,
     "How long connecting may take without a client getting through (3s)", 0},
    {"threads", KEY_THREADS, "N", 0,
     "Threads that share the clients (one for each 64 clients, or 40k of the "
     "rate; at most 4, and one for each CPU, of which a server on this "
     "machine is left one)",
     0},
    {"rate", KEY_RATE, "N", 0,
     "Open loop: send so many messages a second, by a schedule, answered or "
     "not",
     0},
    {"arrivals", KEY_ARRIVALS, "KIND", 0,
     "With --rate: poisson or fixed gaps between messages (poisson)", 0},
    {"seed", KEY_SEED, "N", 0, "With --rate: what decides poisson's gaps (1)",
     0},
    {"slo", KEY_SLO, "TIME", 0,
     "With --rate: search for the highest rate, up to that one, at which 99 "
     "of 100 responses come within TIME; takes half a minute",
     0},
    {"histogram", KEY_HISTOGRAM, "FILE", 0,
     "Write the curve of percentiles to FILE, as HdrHistogram does (.hgrm); "
     "of the response time with --rate, else of the latency",
     0},
    {"save", KEY_SAVE, "FILE", 0,
     "Save all that was seen to FILE, so that several runs can be added up "
     "exactly",
     0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char summary[] =
    "Drive any server that echoes: keep one message in flight on each "
    "connection, compare every byte that comes back, and say how it went."
    "\vWithout --rate the next message of a client follows the echo of the "
    "last: a closed loop. With --rate a message that finds no client free "
    "waits for one, and its response time counts from when it was due; its "
    "service time counts from when it was sent.\n\n"
    "Numbers take units: 1k, 64KiB, 200ms. Ctrl-C ends the measurement and "
    "prints what there is. A connection that is lost is not replaced; with "
    "--churn a client gives up after three failures in a row.\n\n"
    "Exit status: 0 good; 1 a byte was wrong, a connection failed or nobody "
    "was served; 2 wrong usage; 3 the client itself could not measure.";

typedef int parse_function(const char *text, int64_t *value);

/* Read the value of the flag called `name` and check its range, of which
 * `allowed` is the description. Ends the program if it is wrong. */
static int64_t
read_value(const struct argp_state *state, const char *name, const char *text,
           parse_function *parse, int64_t min, int64_t max,
           const char *allowed)
{
    int64_t value;
    if (parse(text, &value) != 0 || value < min || value > max) {
        fprintf(stderr, "%s: --%s=%s: must be %s\n", state->name, name, text,
                allowed);
        exit(EXIT_USAGE);
    }
    return value;
}

static int64_t
read_time(const struct argp_state *state, const char *name, const char *text,
          int64_t min_ns)
{
    return read_value(
        state, name, text, units_parse_time, min_ns, 86400 * second_ns,
        min_ns == 0 ? "0 or a time up to 1440m, with its unit: 200ms"
                    : "a time from 1ms to 1440m, with its unit: 5s");
}

static enum schedule_kind
read_arrivals(const struct argp_state *state, const char *text)
{
    if (strcmp(text, "poisson") != 0 && strcmp(text, "fixed") != 0) {
        fprintf(stderr, "%s: --arrivals=%s: must be poisson or fixed\n",
                state->name, text);
        exit(EXIT_USAGE);
    }
    return strcmp(text, "fixed") == 0 ? SCHEDULE_FIXED : SCHEDULE_POISSON;
}

static void
read_target(const struct argp_state *state, const char *text,
            struct arguments *arguments)
{
    char host[256];
    int port;
    if (arguments->target != NULL) {
        fprintf(stderr, "%s: %s: only one HOST:PORT can be given\n",
                state->name, text);
        exit(EXIT_USAGE);
    }
    if (target_parse(text, host, sizeof host, &port) != 0) {
        fprintf(stderr,
                "%s: %s: must be HOST:PORT, such as 127.0.0.1:5566 or "
                "[::1]:5566\n",
                state->name, text);
        exit(EXIT_USAGE);
    }
    arguments->target = text;
}

/* The flags of the open loop. Returns ARGP_ERR_UNKNOWN if it is none. */
static error_t
read_open_loop_flag(int key, const char *text, struct argp_state *state,
                    struct arguments *arguments)
{
    struct engine_options *options = &arguments->options;
    switch (key) {
    case KEY_RATE:
        options->rate_per_s =
            (double)read_value(state, "rate", text, units_parse_count, 1,
                               rate_max, "a number from 1 to 10M");
        return 0;
    case KEY_ARRIVALS:
        options->arrivals = read_arrivals(state, text);
        break;
    case KEY_SEED:
        options->seed =
            (uint64_t)read_value(state, "seed", text, units_parse_count, 0,
                                 INT64_MAX, "a number from 0 on");
        break;
    case KEY_SLO:
        arguments->slo_ns =
            read_value(state, "slo", text, units_parse_time, 1000,
                       60 * second_ns, "a time from 1us to 60s: 5ms");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    for (const struct argp_option *flag = flags; flag->name; flag++) {
        if (flag->key == key) {
            arguments->needs_rate = flag->name;
        }
    }
    return 0;
}

/* The flags with a value. Returns ARGP_ERR_UNKNOWN if it is none of them. */
static error_t
read_flag_with_value(int key, const char *text, struct argp_state *state,
                     struct arguments *arguments)
{
    struct engine_options *options = &arguments->options;
    switch (key) {
    case 'c':
        options->clients =
            (int)read_value(state, "clients", text, units_parse_count, 1,
                            clients_max, "a number from 1 to 1000000");
        break;
    case KEY_SILENT:
        options->silent_clients =
            (int)read_value(state, "silent", text, units_parse_count, 0,
                            clients_max, "a number from 0 to 1000000");
        break;
    case 'd':
        arguments->has_duration = true;
        options->window_ns = read_time(state, "duration", text, ms_ns);
        break;
    case KEY_WARMUP:
        options->warmup_ns = read_time(state, "warmup", text, 0);
        break;
    case 'n':
        options->echoes_max =
            (uint64_t)read_value(state, "echoes", text, units_parse_count, 0,
                                 INT64_MAX, "a number, such as 0 or 10k");
        break;
    case 's':
        options->message_bytes =
            read_value(state, "size", text, units_parse_bytes, 1,
                       size_max_bytes, "a size from 1 to 1GiB");
        break;
    case KEY_THREADS:
        arguments->threads =
            (int)read_value(state, "threads", text, units_parse_count, 1,
                            CREW_MAX, "a number from 1 to 64");
        break;
    case KEY_TIMEOUT:
        options->timeout_ns = read_time(state, "timeout", text, 0);
        break;
    case KEY_CONNECT_TIMEOUT:
        options->connect_timeout_ns =
            read_time(state, "connect-timeout", text, ms_ns);
        break;
    default:
        return read_open_loop_flag(key, text, state, arguments);
    }
    return 0;
}

/* Flags that do not go together. Ends the program if there are any. */
static void
check_together(const struct arguments *arguments)
{
    const struct engine_options *options = &arguments->options;
    bool open_loop = options->rate_per_s > 0;
    if (!open_loop && arguments->needs_rate != NULL) {
        fprintf(stderr, "load: --%s: has a meaning only with --rate\n",
                arguments->needs_rate);
        exit(EXIT_USAGE);
    }
    if (open_loop && options->churn) {
        fputs("load: --churn: cannot be combined with --rate\n", stderr);
        exit(EXIT_USAGE);
    }
    if (arguments->slo_ns != 0 &&
        (arguments->histogram_file != NULL || arguments->save_file != NULL)) {
        fputs("load: --slo: makes many runs; --histogram and --save are for "
              "one\n",
              stderr);
        exit(EXIT_USAGE);
    }
    if (arguments->slo_ns != 0 && options->echoes_max != 0) {
        fputs("load: --echoes: cannot be combined with --slo\n", stderr);
        exit(EXIT_USAGE);
    }
}

static error_t
read_flag(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case KEY_CHURN:
        arguments->options.churn = true;
        break;
    case KEY_HANDSHAKE:
        arguments->options.handshake = true;
        break;
    case KEY_HISTOGRAM:
        arguments->histogram_file = text;
        break;
    case KEY_SAVE:
        arguments->save_file = text;
        break;
    case ARGP_KEY_ARG:
        read_target(state, text, arguments);
        break;
    case ARGP_KEY_NO_ARGS:
        fprintf(stderr, "%s: HOST:PORT is missing; --help says more\n",
                state->name);
        exit(EXIT_USAGE);
    default:
        return read_flag_with_value(key, text, state, arguments);
    }
    return 0;
}

/* How many CPUs this process may use; 1 if that cannot be found out. */
static int
count_cpus(void)
{
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0) {
        return 1;
    }
    return CPU_COUNT(&cpus);
}

/* What was not said on the command line. */
static void
fill_in_defaults(struct arguments *arguments)
{
    struct engine_options *options = &arguments->options;
    int cpus = count_cpus();
    bool by_count = options->echoes_max != 0;
    if (options->warmup_ns == UNSET) {
        options->warmup_ns = by_count ? 0 : 200 * ms_ns;
    }
    if (options->window_ns == UNSET) {
        options->window_ns = by_count ? 60 * second_ns : 5 * second_ns;
    }
    if (options->clients == UNSET) {
        options->clients = options->rate_per_s > 0 ? 64 : 16;
    }
    if (arguments->threads == 0) {
        arguments->threads = crew_suitable_threads(options, cpus);
    }
    /* Without a CPU for each of us and one more, a server on this machine
     * would wait for us to go to sleep. */
    if (cpus > arguments->threads) {
        options->spin_ns = ENGINE_SPIN_NS;
    }
    options->ask_silent = options->silent_clients > 0;
}

void
arguments_read(int argc, char **argv, struct arguments *arguments)
{
    static const struct argp parser = {flags, read_flag, "HOST:PORT", summary,
                                       NULL,  NULL,      NULL};
    *arguments = (struct arguments){
        .options = {.clients = UNSET,
                    .seed = 1,
                    .message_bytes = 64,
                    .window_ns = UNSET,
                    .warmup_ns = UNSET},
    };
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&parser, argc, argv, 0, NULL, arguments) != 0) {
        fputs("load: not enough memory to read the flags\n", stderr);
        exit(3);
    }
    check_together(arguments);

    char host[256];
    int port = 0;
    target_parse(arguments->target, host, sizeof host, &port);
    const char *problem =
        target_resolve(host, port, &arguments->options.address,
                       &arguments->options.address_bytes);
    if (problem != NULL) {
        fprintf(stderr, "load: %s: %s\n", arguments->target, problem);
        exit(EXIT_NO_MEASURE);
    }
    /* What suits depends on where the server is. */
    fill_in_defaults(arguments);
}
