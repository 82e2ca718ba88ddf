/*
 * options.c: the command line of compare, and whom it asks for. See plan.h.
 */
#include "harness/compare/plan.h"

#include <err.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "harness/base/models.h"
#include "harness/report/report.h"

static const char about[] =
    "Measure echo servers side by side and print a table.\v"
    "Names are separated by spaces or commas. The table goes to standard "
    "output, everything else to standard error. Exit status: 0 good, 1 a "
    "server failed, 2 wrong usage, 3 nothing could be measured, 130 Ctrl-C.";

/* The yardstick, and the models or the variants. */
#define OWN_MAX (1 + MAX(MODELS_COUNT, VARIANTS))

static struct options options = {.order.start_timeout_ns = 5 * NS_PER_S,
                                 .mode = modes,
                                 .clients = 3,
                                 .layout = LAYOUT_UNSAID};

/* Those of --server, in the order given; and how no other can be called, of
 * which options_read() knows some more. */
static struct contender servers[CONTENDERS_MAX - OWN_MAX];
static size_t nservers;
static char taken[1024] = MODEL_NAMES " " RESULTS_YARDSTICK;

/* ---- servers ----------------------------------------------------------- */

/* --server may be given again, so it is no value but adds one. */
static void
add_server(const char *text)
{
    char name[CONTENDER_NAME_MAX + 1];
    int begin = 0; /* of the command */

    sscanf(text, "%14[A-Za-z0-9._-]=%n", name, &begin);
    const char *wrong =
        nservers >= CONTENDERS_MAX - OWN_MAX
            ? "that is one too many for one run"
        : begin == 0
            ? "the name is 1 to 14 letters, digits or . _ - before a ="
        : text[begin + (int)strspn(text + begin, " \t")] == '\0'
            ? "there is no command behind the ="
        : names_have(taken, name)
            ? "that name is taken, by one of ours or by another of yours"
            : NULL;
    if (wrong) {
        errx(EXIT_USAGE, "--server: %s: %s; give \"name=command {port}\"",
             text, wrong);
    }
    APPEND(taken, ",", "%s", name);
    servers[nservers++] = (struct contender){
        .name = given(strdup(name)), .plain = true, .command = text + begin};
}

/* The name after `make install` first: a folder like /usr/local/bin may well
 * hold some "threaded" that is not ours. One that is missing has a row that
 * says so: a machine without libevent cannot have it, and a student's may not
 * compile. Without the yardstick nothing has been built. */
static void
add_own(const char *name, const char *program, const char *flag)
{
    bool yardstick = strcmp(name, RESULTS_YARDSTICK) == 0;
    char path[PATH_MAX];

    PUT(path, "%s/fiveways-%s", options.bin, program);
    if (access(path, X_OK) != 0) {
        PUT(path, "%s/%s", options.bin, program);
    }
    bool built = access(path, X_OK) == 0;
    if (!built && yardstick) {
        errx(EXIT_UNMEASURED,
             "there is no program %s in %s; run make, or say with --bin "
             "where it is",
             program, options.bin);
    }
    options.contenders[options.ncontenders++] = (struct contender){
        .name = name,
        .plain = yardstick,
        .path = built ? given(strdup(path)) : NULL,
        .flag = flag,
    };
}

/* All who take part. Our own models come first in every table, in its order
 * whatever the order was, and the yardstick last. */
static void
add_contenders(void)
{
    bool made_otherwise = options.mode->bit == MODE_VARIANTS;

    for (int i = 0; i < MODELS_COUNT && !made_otherwise; i++) {
        if (names_have(options.models, known_models[i].name)) {
            add_own(known_models[i].name, known_models[i].name, NULL);
        }
    }
    for (int i = 0; i < VARIANTS && made_otherwise; i++) {
        if (names_have(options.models, variants[i].program) ||
            names_have(options.models, variants[i].base)) {
            add_own(variants[i].name, variants[i].program, variants[i].flag);
        }
    }
    for (size_t i = 0; i < nservers; i++) {
        options.contenders[options.ncontenders++] = servers[i];
    }
    add_own(RESULTS_YARDSTICK, RESULTS_YARDSTICK, NULL);
}

/* ---- flags ------------------------------------------------------------- */

/* What a table of flags cannot say. */
static void
check(void)
{
    struct sockaddr_storage address;
    char names[256] = "";
    cpu_set_t cpus;

    flags_check_names("models", options.models, &(MODEL_NAMES " none")[1]);
    for (const struct scenario *next = scenarios; next->name; next++) {
        if (!names_have(names, next->name)) {
            APPEND(names, ", ", "%s", next->name);
        }
    }
    flags_check_names("scenarios", options.scenarios, names);
    if (options.mode->bit == MODE_TRACE &&
        (options.scenarios || options.order.launcher)) {
        errx(EXIT_USAGE, "--trace: it has no --scenarios, and no --launcher");
    }
    if (options.layout == LAYOUT_SPLIT &&
        sched_getaffinity(0, sizeof cpus, &cpus) == 0 &&
        CPU_COUNT(&cpus) < 2) {
        errx(EXIT_USAGE,
             "--layout: split needs 2 CPUs, and this process may use 1");
    }
    if (options.out[0] == '\0' || options.bin[0] == '\0') {
        errx(EXIT_USAGE, "--out and --bin: there is no folder in it");
    }
    flags_check_names("launcher", options.order.launcher, NULL);
    if (options.order.host &&
        !address_parse(options.order.host, 1, &address)) {
        errx(EXIT_USAGE,
             "--host: %s is not a numeric IPv4 or IPv6 address such as "
             "10.0.0.2",
             options.order.host);
    }
}

static bool modes_on[MODES];

static const struct flag flags[] = {
    FLAG_ON("quick", 0, &modes_on[1], "About 15 s: to look at, not to quote"),
    FLAG_ON("full", 0, &modes_on[2], "Everything, with the larger sizes"),
    FLAG_ON("c10k", 0, &modes_on[3],
            "Only idle, with up to 10 000 clients: who holds them, at what "
            "cost"),
    FLAG_ON("variants", 0, &modes_on[4],
            "Libevent on poll and select, its buffers, swapcontext, large "
            "stacks, beside their models"),
    FLAG_ON("trace", 0, &modes_on[5],
            "No scenario: who waits for whom when a few clients come and go"),
    FLAG_NUMBER("clients", 0, NULL, &options.clients, 2, 8,
                "With --trace: so many, the last one silent (default: 3)"),
    FLAG_ON("handshake", 0, &options.handshake,
            "With --trace: clients greet, as in the scenario handshake"),
    FLAG_ON("count", 0, &modes_on[6],
            "Nothing but the instructions of an echo, by valgrind"),
    FLAG_TEXT("models", 0, "NAMES", &options.models,
              "Only these, as \"threaded libevent\"; or none, but servers of "
              "your own"),
    FLAG_TEXT("scenarios", 0, "NAMES", &options.scenarios,
              "Only these scenarios"),
    FLAG_AMOUNT("time", 0, "TIME", UNITS_TIME, &options.time_ns, NS_PER_MS,
                3600 * NS_PER_S,
                "a time from 1ms to 3600s, with its unit: 5s",
                "For each scenario, all servers and lives together"),
    FLAG_NUMBER("lives", 0, NULL, &options.lives, 1, 100,
                "Fresh processes of each server in a scenario (default: 3; "
                "with --c10k 2, with --full 4, with --quick 1; 2 where "
                "starting them would take longer than measuring)"),
    FLAG_ROW("server", 0, "NAME=COMMAND",
             "Also a server of your own, more than once; {port} becomes "
             "its port, or it prints \"listening on ADDRESS:PORT\"",
             .call = add_server),
    FLAG_ON("untried", 0, &options.untried,
            "Do not try servers of your own before anything is measured"),
    FLAG_TEXT("launcher", 0, "WORDS", &options.order.launcher,
              "Start each server through this command, as \"ssh -q other\"; "
              "it must pass standard input on"),
    FLAG_TEXT("host", 0, "ADDRESS", &options.order.host,
              "Where servers listen and clients connect to, and what {host} "
              "in a command becomes (default: 127.0.0.1)"),
    FLAG_WORD("layout", 0, "shared|split|all", &options.layout,
              "CPUs of client and server (default: shared, one for both)"),
    FLAG_ON("why", 0, &options.why,
            "Also system calls by name, page faults and threads"),
    FLAG_TEXT("baseline", 0, "FILE", &options.baseline,
              "At the end, say what is dearer than in these results, as "
              "report --save-baseline keeps them"),
    FLAG_WORD("syscalls", 0, "strace|none", &options.uncounted,
              "How system calls are counted (default: by strace); with none, "
              "nor are instructions"),
    FLAG_AMOUNT("start-timeout", 0, "TIME", UNITS_TIME,
                &options.order.start_timeout_ns, NS_PER_MS, 3600 * NS_PER_S,
                "a time from 1ms to 3600s, with its unit: 5s",
                "A server must be ready within it (default: 5s)"),
    FLAG_TEXT("bin", 0, "DIR", &options.bin,
              "Where the servers are (default: beside compare)"),
    FLAG_TEXT("out", 0, "DIR", &options.out,
              "Where results go (default: build/compare or compare-MODE)"),
    {0},
};

const struct options *
options_read(int argc, char **argv)
{
    char *program = realpath("/proc/self/exe", NULL);

    for (int i = 0; i < VARIANTS; i++) {
        APPEND(taken, ",", "%s", variants[i].name);
    }
    flags_parse("compare", about, flags, NULL, argc, argv);
    for (int i = 1; i < MODES; i++) {
        if (modes_on[i] && options.mode != modes) {
            errx(EXIT_USAGE,
                 "--quick, --full, --c10k, --variants, --trace and --count "
                 "exclude each other");
        }
        options.mode = modes_on[i] ? &modes[i] : options.mode;
    }
    options.out = options.out ? options.out : options.mode->out;
    options.bin = options.bin ? options.bin
                  : program   ? dirname(program)
                              : ".";
    check();
    add_contenders();
    return &options;
}
