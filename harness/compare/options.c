/*
 * options.c: the command line of compare. See options.h.
 */
#include "harness/compare/options.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/compare/address.h"
#include "harness/compare/programs.h"
#include "harness/load/units.h"
#include "harness/report/variants.h"
#include "harness/results/results.h"

/* What separates names in a list. */
#define SEPARATORS " ,"

/* Flags without a short form. */
enum {
    KEY_BIN = 256,
    KEY_OUT,
    KEY_MODELS,
    KEY_SCENARIOS,
    KEY_ROUNDS,
    KEY_QUICK,
    KEY_FULL,
    KEY_C10K,
    KEY_VARIANTS,
    KEY_SERVER,
    KEY_LAUNCHER,
    KEY_HOST,
    KEY_LAYOUT,
    KEY_START_TIMEOUT,
    KEY_SYSCALLS,
    KEY_WHY,
};

static error_t parse_option(int key, char *arg, struct argp_state *state);
static void parse_models(struct options *options, const char *names,
                         struct argp_state *state);
static void parse_scenarios(struct options *options, const char *names,
                            struct argp_state *state);
static void parse_rounds(struct options *options, const char *text,
                         struct argp_state *state);
static void parse_server(struct options *options, const char *text,
                         struct argp_state *state);
static void parse_layout(struct options *options, const char *text,
                         struct argp_state *state);
static void parse_host(struct options *options, const char *text,
                       struct argp_state *state);
static void parse_start_timeout(struct options *options, const char *text,
                                struct argp_state *state);
static void set_mode(struct options *options, enum mode mode,
                     struct argp_state *state);
static void finish(struct options *options);
static bool want_model(const struct options *options, const char *name);
static bool mode_has(enum mode mode, const char *name);
static bool has_name(const char *names, const char *name);

const char *argp_program_version = "fiveways compare";

static const struct argp_option flags[] = {
    {"quick", KEY_QUICK, NULL, 0, "About 15 s: to look at, not to quote", 0},
    {"full", KEY_FULL, NULL, 0, "Everything, with the larger sizes", 0},
    {"c10k", KEY_C10K, NULL, 0,
     "Only scenario idle, with 0 to 10 000 idle clients: who holds them, at "
     "what cost, and where the others stop",
     0},
    {"variants", KEY_VARIANTS, NULL, 0,
     "The models made in another way, beside the models: libevent on poll "
     "and select, its buffers, swapcontext, large stacks",
     0},
    {"models", KEY_MODELS, "NAMES", 0,
     "Only these of blocking, threaded, selectloop, coroutine, libevent", 0},
    {"scenarios", KEY_SCENARIOS, "NAMES", 0, "Only these scenarios", 0},
    {"rounds", KEY_ROUNDS, "N", 0,
     "So many rounds (default: as many as the time allows)", 0},
    {"server", KEY_SERVER, "NAME=COMMAND", 0,
     "Also a server of your own; {port} becomes a port for it to listen on, "
     "or it prints \"listening on ADDRESS:PORT\". May be given again",
     0},
    {"launcher", KEY_LAUNCHER, "WORDS", 0,
     "Start each server through this command, e.g. \"ip netns exec NAME\" or "
     "\"ssh -q other\"; it must pass standard input on",
     0},
    {"host", KEY_HOST, "ADDRESS", 0,
     "Where servers listen and clients connect to (default: 127.0.0.1); "
     "{host} "
     "in a server's command becomes it",
     0},
    {"layout", KEY_LAYOUT, "NAME", 0,
     "shared, split or all: the CPUs of client and server", 0},
    {"why", KEY_WHY, NULL, 0,
     "Below each table, system calls by name, page faults and threads", 0},
    {"syscalls", KEY_SYSCALLS, "HOW", 0,
     "Count system calls with perf, strace, none, or auto: perf where the "
     "kernel lets us, else strace (default)",
     0},
    {"start-timeout", KEY_START_TIMEOUT, "TIME", 0,
     "A server must be ready within it (default 5s)", 0},
    {"bin", KEY_BIN, "DIR", 0,
     "Where the servers are (default: beside compare)", 0},
    {"out", KEY_OUT, "DIR", 0, "Where results go (build/compare)", 0},
    {0},
};

static const struct argp argp = {
    .options = flags,
    .parser = parse_option,
    .doc = "Measure echo servers side by side and print a table.\v"
           "Names are separated by spaces or commas. The table goes to "
           "standard output, everything else to standard error. Exit status: "
           "0 good, 1 a server failed, 2 wrong usage, 3 the harness itself "
           "could not measure.",
};

void
options_parse(struct options *options, int argc, char **argv)
{
    memset(options, 0, sizeof *options);
    options->bin = programs_folder();
    options->out = "build/compare";
    options->start_timeout_ns = INT64_C(5000000000);
    argp_err_exit_status = 2;
    if (argp_parse(&argp, argc, argv, 0, NULL, options) != 0) {
        fputs("compare: not enough memory to read the flags\n", stderr);
        exit(3);
    }
    finish(options);
}

bool
options_want(const struct options *options, const struct scenario *scenario)
{
    bool in_mode = (scenario->modes & options->mode) != 0;

    if (!options->scenarios) {
        return in_mode;
    }
    return has_name(options->scenarios, scenario->name) &&
           (in_mode || !mode_has(options->mode, scenario->name));
}

static error_t
parse_option(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case KEY_BIN:
        options->bin = arg;
        return 0;
    case KEY_OUT:
        options->out = arg;
        return 0;
    case KEY_QUICK:
        set_mode(options, MODE_QUICK, state);
        return 0;
    case KEY_FULL:
        set_mode(options, MODE_FULL, state);
        return 0;
    case KEY_C10K:
        set_mode(options, MODE_C10K, state);
        return 0;
    case KEY_VARIANTS:
        set_mode(options, MODE_VARIANTS, state);
        return 0;
    case KEY_MODELS:
        parse_models(options, arg, state);
        return 0;
    case KEY_SCENARIOS:
        parse_scenarios(options, arg, state);
        return 0;
    case KEY_ROUNDS:
        parse_rounds(options, arg, state);
        return 0;
    case KEY_SERVER:
        parse_server(options, arg, state);
        return 0;
    case KEY_LAUNCHER:
        if (arg[strspn(arg, SEPARATORS)] == '\0') {
            argp_error(state, "--launcher: there is no command in it");
        }
        options->launcher = arg;
        return 0;
    case KEY_HOST:
        parse_host(options, arg, state);
        return 0;
    case KEY_LAYOUT:
        parse_layout(options, arg, state);
        return 0;
    case KEY_WHY:
        options->why = true;
        return 0;
    case KEY_SYSCALLS:
        if (syscalls_parse_method(arg, &options->syscalls) != 0) {
            argp_error(state,
                       "--syscalls: %s is not a way to count; allowed are "
                       "auto, perf, strace and none",
                       arg);
        }
        return 0;
    case KEY_START_TIMEOUT:
        parse_start_timeout(options, arg, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "%s: compare takes flags only", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void
parse_models(struct options *options, const char *names,
             struct argp_state *state)
{
    const char *word = names + strspn(names, SEPARATORS);

    if (*word == '\0') {
        argp_error(state, "--models: there is no name in it");
    }
    while (*word != '\0') {
        size_t length = strcspn(word, SEPARATORS);
        bool known = false;

        for (int i = 0; contender_own_names[i]; i++) {
            known |= strlen(contender_own_names[i]) == length &&
                     memcmp(contender_own_names[i], word, length) == 0;
        }
        if (!known) {
            argp_error(state,
                       "--models: %.*s is not a model; allowed are blocking, "
                       "threaded, selectloop, coroutine and libevent",
                       (int)length, word);
        }
        word += length;
        word += strspn(word, SEPARATORS);
    }
    if (options->models) {
        argp_error(state, "--models: give it once, with all the names");
    }
    options->models = names;
}

static void
parse_scenarios(struct options *options, const char *names,
                struct argp_state *state)
{
    const char *word = names + strspn(names, SEPARATORS);
    char all[256];

    if (*word == '\0') {
        argp_error(state, "--scenarios: there is no name in it");
    }
    while (*word != '\0') {
        size_t length = strcspn(word, SEPARATORS);

        if (!scenarios_known(word, length)) {
            argp_error(state,
                       "--scenarios: %.*s is not a scenario; allowed are %s",
                       (int)length, word, scenarios_names(all, sizeof all));
        }
        word += length;
        word += strspn(word, SEPARATORS);
    }
    options->scenarios = names;
}

static void
parse_rounds(struct options *options, const char *text,
             struct argp_state *state)
{
    int64_t rounds;

    if (units_parse_count(text, &rounds) != 0 || rounds < 1 ||
        rounds > OPTIONS_ROUNDS_MAX) {
        argp_error(state, "--rounds: %s is not a number from 1 to %d", text,
                   OPTIONS_ROUNDS_MAX);
    }
    options->rounds = (int)rounds;
}

static void
parse_server(struct options *options, const char *text,
             struct argp_state *state)
{
    struct contender contender;
    const char *wrong = contender_parse(text, &contender);

    if (wrong) {
        argp_error(state,
                   "--server: %s: %s; it must read "
                   "\"name=command {port}\"",
                   text, wrong);
    }
    for (size_t i = 0; i < options->ncontenders; i++) {
        if (strcmp(options->contenders[i].name, contender.name) == 0) {
            argp_error(state, "--server: %s is there twice", contender.name);
        }
    }
    if (options->ncontenders >= CONTENDERS_MAX - CONTENDERS_OWN_MAX) {
        argp_error(state,
                   "--server: %s is one too many; %d can be measured "
                   "in one run",
                   contender.name, CONTENDERS_MAX - CONTENDERS_OWN_MAX);
    }
    options->contenders[options->ncontenders++] = contender;
}

static void
parse_layout(struct options *options, const char *text,
             struct argp_state *state)
{
    struct layout_machine machine;
    struct layout layout;

    if (layout_parse(text, &options->layout) != 0) {
        argp_error(state,
                   "--layout: %s is not a layout; allowed are shared, "
                   "split and all",
                   text);
    }
    layout_look(&machine);
    if (layout_make(&machine, options->layout, &layout) != 0) {
        argp_error(state,
                   "--layout: %s needs 2 CPUs, and this process may "
                   "use %d",
                   text, machine.count);
    }
}

static void
parse_host(struct options *options, const char *text,
           struct argp_state *state)
{
    struct sockaddr_storage address;
    socklen_t bytes;

    if (address_at(text, 1, &address, &bytes) != 0) {
        argp_error(state,
                   "--host: %s is not a numeric IPv4 or IPv6 address such as "
                   "10.0.0.2",
                   text);
    }
    options->host = text;
}

static void
parse_start_timeout(struct options *options, const char *text,
                    struct argp_state *state)
{
    int64_t time_ns;

    if (units_parse_time(text, &time_ns) != 0 || time_ns < 1000000 ||
        time_ns > INT64_C(600000000000)) {
        argp_error(state,
                   "--start-timeout: %s is not a time from 1ms to "
                   "600s",
                   text);
    }
    options->start_timeout_ns = time_ns;
}

static void
set_mode(struct options *options, enum mode mode, struct argp_state *state)
{
    if (options->mode != 0 && options->mode != mode) {
        argp_error(state,
                   "--quick, --full, --c10k and --variants exclude each "
                   "other");
    }
    options->mode = mode;
}

/* Fill in what was not said. Our own models come first in every table, in its
 * order whatever the order was, and the yardstick last. */
static void
finish(struct options *options)
{
    struct contender all[CONTENDERS_MAX];
    size_t n = 0;

    if (options->mode == 0) {
        options->mode = MODE_DEFAULT;
    }
    for (int i = 0; contender_own_names[i] && options->mode != MODE_VARIANTS;
         i++) {
        if (want_model(options, contender_own_names[i])) {
            contender_make(&all[n++], CONTENDER_OWN, contender_own_names[i],
                           contender_own_names[i], NULL);
        }
    }
    for (int i = 0; i < VARIANTS && options->mode == MODE_VARIANTS; i++) {
        if (want_model(options, variants[i].program) ||
            want_model(options, variants[i].base)) {
            contender_make(&all[n++], CONTENDER_OWN, variants[i].name,
                           variants[i].program, variants[i].flag);
        }
    }
    memcpy(&all[n], options->contenders,
           options->ncontenders * sizeof all[0]);
    n += options->ncontenders;
    contender_make(&all[n++], CONTENDER_YARDSTICK, RESULTS_YARDSTICK,
                   RESULTS_YARDSTICK, NULL);
    memcpy(options->contenders, all, n * sizeof all[0]);
    options->ncontenders = n;
}

/* True unless others were asked for. */
static bool
want_model(const struct options *options, const char *name)
{
    return !options->models || has_name(options->models, name);
}

/* True if a mode runs any size of a scenario. One that it leaves out is run
 * in all sizes when it is asked for by name. */
static bool
mode_has(enum mode mode, const char *name)
{
    size_t count;
    const struct scenario *all = scenarios_all(&count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, name) == 0 && (all[i].modes & mode) != 0) {
            return true;
        }
    }
    return false;
}

static bool
has_name(const char *names, const char *name)
{
    size_t length = strlen(name);

    while (*names != '\0') {
        size_t word = strcspn(names, SEPARATORS);

        if (word == length && memcmp(names, name, length) == 0) {
            return true;
        }
        names += word;
        names += strspn(names, SEPARATORS);
    }
    return false;
}
