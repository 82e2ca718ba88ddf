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

#include "harness/base/base.h"
#include "harness/report/report.h"

/* x86 says "model name"; where nothing is said, the architecture must do. */
static void
find_cpu_model(char *text, size_t text_bytes)
{
    char cpus[4096];
    const char *name;

    proc_read(cpus, sizeof cpus, "/proc/cpuinfo");
    name = proc_behind(cpus, "model name");
    name = name ? name + strspn(name, "\t :") : "unknown CPU";
    snprintf(text, text_bytes, "%.*s", (int)strcspn(name, "\n"), name);
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

    for (unsigned char *byte = (unsigned char *)text; *byte; byte++) {
        if (*byte < ' ' || *byte == 0x7f || (*byte > 0x7f && !string)) {
            *byte = '?';
        }
    }
    json_decref(string);
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
        if (fgets(text, (int)text_bytes, git)) {
            text[strcspn(text, "\n")] = '\0';
        }
        pclose(git);
    }
}

void
machine_describe(struct run *run, const struct options *options,
                 const struct plan *plan, const struct layout_machine *cpus,
                 int argc, char **argv)
{
    static const char *const modes[] = {
        [MODE_DEFAULT] = "default",
        [MODE_QUICK] = "quick",
        [MODE_FULL] = "full",
        [MODE_C10K] = "c10k",
        [MODE_VARIANTS] = VARIANTS_MODE,
    };
    time_t now = time(NULL);
    struct utsname system;
    unsigned short seed = 0;
    struct layout layout;

    getrandom(&seed, sizeof seed, GRND_NONBLOCK);
    layout_make(cpus, options->layout, &layout);
    *run = (struct run){
        .seconds = NAN,
        .partial = true,
        .cores = cpus->count,
        .seed = seed,
    };
    find_cpu_model(run->cpu_model, sizeof run->cpu_model);
    find_commit(run->commit, sizeof run->commit);
    uname(&system);
    snprintf(run->kernel, sizeof run->kernel, "%.16s %.40s %.20s",
             system.sysname, system.release, system.machine);
    strftime(run->date, sizeof run->date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
#ifdef __clang__
    snprintf(run->compiler, sizeof run->compiler, "%s",
             "clang " __clang_version__);
#else
    snprintf(run->compiler, sizeof run->compiler, "%s", "gcc " __VERSION__);
#endif
    snprintf(run->layout, sizeof run->layout, "%s", layout.name);
    snprintf(run->mode, sizeof run->mode, "%s", modes[options->mode]);
    snprintf(run->note, sizeof run->note, "%.400s%s", plan->note,
             cpus->count == 1 && has_all_cpus(plan)
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
