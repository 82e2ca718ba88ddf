/*
 * options.c: the command line of compare. See plan.h.
 */
#include "harness/compare/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"
#include "harness/compare/server.h"
#include "harness/report/report.h"
#include "harness/results/results.h"

/* What separates names in a list. */
#define SEPARATORS " ,"

#define ABOUT                                                                \
    "Measure echo servers side by side and print a table.\v"                 \
    "Names are separated by spaces or commas. The table goes to standard "   \
    "output, everything else to standard error. Exit status: 0 good, 1 a "   \
    "server failed, 2 wrong usage, 3 the harness itself could not measure."

/* What is filled in by the flags; the rest of it follows from that. */
static struct options given = {.start_timeout_ns = INT64_C(5000000000),
                               .mode = MODE_DEFAULT};

/* Wrong usage: one sentence and exit(2). */
static void
refuse(const char *format, ...)
{
    va_list args;

    fputs("compare: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
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

/* Refuse --flag with a name that is not among `allowed`, a list itself. */
static void
check_names(const char *flag, const char *names, const char *allowed)
{
    const char *word = names + strspn(names, SEPARATORS);

    if (*word == '\0') {
        refuse("--%s: there is no name in it", flag);
    }
    while (*word != '\0') {
        char name[RESULTS_NAME_BYTES];
        size_t length = strcspn(word, SEPARATORS);

        snprintf(name, sizeof name, "%.*s", (int)length, word);
        if (!has_name(allowed, name)) {
            refuse("--%s: %.*s is not one of %s", flag, (int)length, word,
                   allowed);
        }
        word += length;
        word += strspn(word, SEPARATORS);
    }
}

/* --server may be given again, so it is no value but adds one. */
static int
add_server(const char *text, int64_t *amount)
{
    struct contender contender;
    const char *wrong = contender_parse(text, &contender);

    *amount = 0;
    if (wrong) {
        refuse("--server: %s: %s; it must read \"name=command {port}\"", text,
               wrong);
    }
    for (size_t i = 0; i < given.ncontenders; i++) {
        if (strcmp(given.contenders[i].name, contender.name) == 0) {
            refuse("--server: %s is there twice", contender.name);
        }
    }
    if (given.ncontenders >= CONTENDERS_MAX - CONTENDERS_OWN_MAX) {
        refuse("--server: %s is one too many; %d can be measured in one run",
               contender.name, CONTENDERS_MAX - CONTENDERS_OWN_MAX);
    }
    given.contenders[given.ncontenders++] = contender;
    return 0;
}

/* True unless others were asked for. */
static bool
want_model(const struct options *options, const char *name)
{
    return !options->models || has_name(options->models, name);
}

/* Fill in what was not said. Our own models come first in every table, in its
 * order whatever the order was, and the yardstick last. */
static void
finish(struct options *options)
{
    struct contender all[CONTENDERS_MAX];
    size_t n = 0;

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

/* What a table of flags cannot say. */
static void
check(const struct options *options)
{
    struct layout_machine machine;
    struct sockaddr_storage address;
    struct layout layout;
    socklen_t bytes;
    char names[256];

    if (options->models) {
        check_names(
            "models", options->models,
            "blocking, threaded, selectloop, coroutine, libevent, none");
    }
    if (options->scenarios) {
        check_names("scenarios", options->scenarios,
                    scenarios_names(names, sizeof names));
    }
    if (options->launcher &&
        options->launcher[strspn(options->launcher, SEPARATORS)] == '\0') {
        refuse("--launcher: there is no command in it");
    }
    layout_look(&machine);
    if (layout_make(&machine, options->layout, &layout) != 0) {
        refuse("--layout: split needs 2 CPUs, and this process may use %d",
               machine.count);
    }
    if (options->host &&
        server_address(options->host, 1, &address, &bytes) != 0) {
        refuse("--host: %s is not a numeric IPv4 or IPv6 address such as "
               "10.0.0.2",
               options->host);
    }
}

/* Flags that are not kept as they are given. */
enum {
    MODES = 5
};
static bool modes_on[MODE_VARIANTS + 1];
static int layout = -1;
static int syscalls = SYSCALLS_AUTO;
static int64_t servers;

static const struct flag flags[] = {
    FLAG_ON("quick", 0, &modes_on[MODE_QUICK],
            "About 12 s: to look at, not to quote"),
    FLAG_ON("full", 0, &modes_on[MODE_FULL],
            "Everything, with the larger sizes"),
    FLAG_ON("c10k", 0, &modes_on[MODE_C10K],
            "Only scenario idle, with 0 to 10 000 idle clients: who holds "
            "them, at what cost, and where the others stop"),
    FLAG_ON("variants", 0, &modes_on[MODE_VARIANTS],
            "The models made in another way, beside the models: libevent "
            "on poll and select, its buffers, swapcontext, large stacks"),
    FLAG_TEXT("models", 0, "NAMES", &given.models,
              "Only these of blocking, threaded, selectloop, coroutine, "
              "libevent; or none, but servers of your own"),
    FLAG_TEXT("scenarios", 0, "NAMES", &given.scenarios,
              "Only these scenarios"),
    FLAG_AMOUNT("time", 0, "TIME", units_parse_time, &given.time_ns, 1000000,
                INT64_C(3600000000000),
                "a time from 1ms to 3600s, with its unit",
                "So long for each scenario, all servers and lives "
                "together"),
    FLAG_NUMBER("lives", 0, NULL, &given.lives, 1, OPTIONS_LIVES_MAX,
                "Fresh processes of each server in a scenario (default: 3; "
                "with --quick and --c10k 2, with --full 4)"),
    FLAG_AMOUNT("server", 0, "NAME=COMMAND", add_server, &servers, 0, 0,
                "NAME=COMMAND",
                "Also a server of your own; {port} becomes a port for it "
                "to listen on, or it prints \"listening on "
                "ADDRESS:PORT\". May be given again"),
    FLAG_TEXT("launcher", 0, "WORDS", &given.launcher,
              "Start each server through this command, e.g. \"ip netns "
              "exec NAME\" or \"ssh -q other\"; it must pass standard "
              "input on"),
    FLAG_TEXT("host", 0, "ADDRESS", &given.host,
              "Where servers listen and clients connect to (default: "
              "127.0.0.1); {host} in a server's command becomes it"),
    FLAG_WORD("layout", 0, "shared|split|all", &layout,
              "The CPUs of client and server (default: shared, one for "
              "both)"),
    FLAG_ON("why", 0, &given.why,
            "Also system calls by name, page faults and threads"),
    FLAG_WORD("syscalls", 0, "auto|perf|strace|none", &syscalls,
              "How system calls are counted (default: auto, by perf "
              "where the kernel lets us, else by strace)"),
    FLAG_AMOUNT("start-timeout", 0, "TIME", units_parse_time,
                &given.start_timeout_ns, 1000000, INT64_C(3600000000000),
                "a time from 1ms to 3600s, with its unit",
                "A server must be ready within it (default: 5s)"),
    FLAG_TEXT("bin", 0, "DIR", &given.bin,
              "Where the servers are (default: beside compare)"),
    FLAG_TEXT(
        "out", 0, "DIR", &given.out,
        "Where results go (default: build/compare, or build/compare-MODE)"),
    {0},
};

void
options_parse(struct options *options, int argc, char **argv)
{
    static const struct {
        enum mode mode;
        const char *folder;
    } modes[] = {
        {MODE_DEFAULT, "build/compare"},
        {MODE_QUICK, "build/compare-quick"},
        {MODE_FULL, "build/compare-full"},
        {MODE_C10K, "build/compare-c10k"},
        {MODE_VARIANTS, "build/compare-variants"},
    };

    flags_parse("compare", ABOUT, flags, NULL, argc, argv);
    *options = given;
    for (int i = 1; i < MODES; i++) {
        if (modes_on[modes[i].mode] && options->mode != MODE_DEFAULT) {
            refuse("--quick, --full, --c10k and --variants exclude each "
                   "other");
        }
        if (modes_on[modes[i].mode]) {
            options->mode = modes[i].mode;
        }
    }
    for (int i = 0; i < MODES; i++) {
        if (options->mode == modes[i].mode && !options->out) {
            options->out = modes[i].folder;
        }
    }
    if (!options->bin) {
        options->bin = contender_own_folder();
    }
    options->layout_given = layout != -1;
    options->layout = layout != -1 ? (enum layout_kind)layout : LAYOUT_SHARED;
    options->syscalls = (enum syscalls_method)syscalls;
    check(options);
    finish(options);
}
