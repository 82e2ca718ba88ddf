/*
 * contender.c: who takes part. See plan.h.
 */
#include "harness/compare/plan.h"

#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/report/report.h"
#include "harness/results/results.h"

const char *const contender_own_names[] = {
    "blocking", "threaded", "selectloop", "coroutine", "libevent", NULL};

void
contender_make(struct contender *contender, enum contender_kind kind,
               const char *name, const char *program, const char *flag)
{
    *contender =
        (struct contender){.kind = kind, .program = program, .flag = flag};
    snprintf(contender->name, sizeof contender->name, "%s", name);
}

bool
contender_needs_libevent(const struct contender *contender)
{
    return contender->program &&
           (strcmp(contender->program, "libevent") == 0 ||
            strcmp(contender->program, "bufferevent") == 0);
}

const char *
contender_own_folder(void)
{
    static char folder[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);

    return length > 0 ? dirname(folder) : ".";
}

/* The installed name first: a folder like /usr/local/bin may well hold some
 * "threaded" that is not ours. */
bool
contender_find(const struct contender *contender, const char *bin, char *path,
               size_t path_bytes)
{
    snprintf(path, path_bytes, "%s/fiveways-%s", bin, contender->program);
    if (access(path, X_OK) == 0) {
        return true;
    }
    snprintf(path, path_bytes, "%s/%s", bin, contender->program);
    return access(path, X_OK) == 0;
}

bool
contenders_are_there(const struct contender *contenders, size_t ncontenders,
                     const char *bin)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < ncontenders; i++) {
        if (contenders[i].kind != CONTENDER_FOREIGN &&
            !contender_needs_libevent(&contenders[i]) &&
            !contender_find(&contenders[i], bin, path, sizeof path)) {
            fprintf(stderr,
                    "compare: there is no program %s in %s; run make, or "
                    "say with --bin where it is\n",
                    contenders[i].program, bin);
            return false;
        }
    }
    return true;
}

bool
contender_offers(const struct contender *contender,
                 const struct scenario *scenario)
{
    return contender->kind == CONTENDER_OWN || scenario_is_plain(scenario);
}

const char *
contender_parse(const char *text, struct contender *contender)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789._-";
    size_t length = strspn(text, letters);

    if (length == 0 || length > CONTENDER_NAME_MAX || text[length] != '=') {
        return "the name is 1 to 14 letters, digits or . _ - before a =";
    }
    memset(contender, 0, sizeof *contender);
    memcpy(contender->name, text, length);
    contender->kind = CONTENDER_FOREIGN;
    contender->command = text + length + 1;
    if (contender->command[strspn(contender->command, " \t")] == '\0') {
        return "there is no command behind the =";
    }
    for (int i = 0; contender_own_names[i]; i++) {
        if (strcmp(contender->name, contender_own_names[i]) == 0) {
            return "that name belongs to one of the five";
        }
    }
    for (int i = 0; i < VARIANTS; i++) {
        if (strcmp(contender->name, variants[i].name) == 0) {
            return "that name belongs to one of the variants";
        }
    }
    if (strcmp(contender->name, RESULTS_YARDSTICK) == 0) {
        return "that name belongs to the yardstick";
    }
    return NULL;
}
