/*
 * machine.c: where and when a run takes place. See plan.h.
 */
#include "harness/compare/plan.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <time.h>

/* x86 says "model name"; where nothing is said, the architecture must do. */
static void
find_cpu_model(char *text, size_t text_bytes)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[512];

    snprintf(text, text_bytes, "unknown CPU");
    if (!file) {
        return;
    }
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');

        if (colon && strncmp(line, "model name", 10) == 0) {
            colon[strcspn(colon, "\n")] = '\0';
            snprintf(text, text_bytes, "%s",
                     colon + 1 + strspn(colon + 1, " "));
            break;
        }
    }
    fclose(file);
}

/* True if a cell is about using all CPUs. */
static bool
has_all_cpus(const struct plan *plan)
{
    for (size_t i = 0; i < plan->ncells; i++) {
        if (plan->cells[i].scenario.all_cpus &&
            plan->cells[i].skipped[0] == '\0') {
            return true;
        }
    }
    return false;
}

/* JSON holds valid UTF-8 only, which a path need not be, or may no longer be
 * when it was cut off; then its bytes beyond ASCII become "?". Bytes that
 * could steer a terminal always do. */
static void
make_printable(char *text)
{
    json_t *string = json_string(text);
    bool valid = string != NULL;

    json_decref(string);
    for (unsigned char *byte = (unsigned char *)text; *byte; byte++) {
        if (*byte < ' ' || *byte == 0x7f || (*byte > 0x7f && !valid)) {
            *byte = '?';
        }
    }
}

/* Append a word, with a space before it unless it is the first. */
static void
append(char *text, size_t text_bytes, const char *word)
{
    size_t length = strlen(text);

    snprintf(text + length, text_bytes - length, "%s%s",
             length > 0 ? " " : "", word);
}

/* What git says of the tree that the program is in; "" if nothing. */
static void
find_commit(char *text, size_t text_bytes)
{
    char command[PATH_MAX + 64];
    FILE *git;

    snprintf(command, sizeof command,
             "git -C '%s' describe --always --dirty 2>/dev/null",
             contender_own_folder());
    git = popen(command, "re");
    if (git) {
        if (!fgets(text, (int)text_bytes, git)) {
            text[0] = '\0';
        }
        text[strcspn(text, "\n")] = '\0';
        pclose(git);
    }
}

/* The machine, the build and the moment. */
static void
describe_place(struct run *run)
{
    time_t now = time(NULL);
    struct utsname system;
    struct tm utc;

    find_cpu_model(run->cpu_model, sizeof run->cpu_model);
    find_commit(run->commit, sizeof run->commit);
    if (uname(&system) == 0) {
        snprintf(run->kernel, sizeof run->kernel, "%.16s %.40s %.20s",
                 system.sysname, system.release, system.machine);
    }
    if (gmtime_r(&now, &utc)) {
        strftime(run->date, sizeof run->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
#ifdef __clang__
    snprintf(run->compiler, sizeof run->compiler, "%s",
             "clang " __clang_version__);
#else
    snprintf(run->compiler, sizeof run->compiler, "%s", "gcc " __VERSION__);
#endif
}

void
machine_describe(struct run *run, const struct options *options,
                 const struct plan *plan, int argc, char **argv)
{
    unsigned short seed = 0;
    struct layout layout;

    memset(run, 0, sizeof *run);
    describe_place(run);
    run->seconds = NAN;
    run->edition = RESULTS_EDITION;
    run->partial = true;
    run->cores = CPU_COUNT(&plan->allowed);
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) == sizeof seed) {
        run->seed = seed;
    }
    layout_make(&layout, (enum layout_kind)options->layout, &plan->allowed);
    snprintf(run->layout, sizeof run->layout, "%s", layout.name);
    snprintf(run->mode, sizeof run->mode, "%s", options->mode->name);
    snprintf(run->note, sizeof run->note, "%.400s%s", plan->note,
             run->cores == 1 && has_all_cpus(plan)
                 ? "with one CPU, work cannot show what threads gain from "
                   "more. "
                 : "");
    if (options->launcher) {
        size_t length = strlen(run->note);

        snprintf(run->note + length, sizeof run->note - length,
                 "servers are started through \"%s\". ", options->launcher);
        make_printable(run->note);
    }
    for (size_t i = 0; i < options->ncontenders; i++) {
        append(run->models, sizeof run->models, options->contenders[i].name);
    }
    for (int i = 0; i < argc; i++) {
        append(run->command, sizeof run->command, argv[i]);
    }
    make_printable(run->command);
}
