/*
 * programs.c: where the programs of our own servers are. See programs.h.
 */
#include "harness/compare/programs.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *
programs_folder(void)
{
    static char folder[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    char *slash;

    folder[length > 0 ? length : 0] = '\0';
    slash = strrchr(folder, '/');
    if (!slash) {
        return ".";
    }
    *slash = '\0';
    return folder;
}

/* The installed name first: a folder like /usr/local/bin may well hold some
 * "threaded" that is not ours. */
bool
programs_find(const char *bin, const char *name, char *path,
              size_t path_bytes)
{
    snprintf(path, path_bytes, "%s/fiveways-%s", bin, name);
    if (access(path, X_OK) == 0) {
        return true;
    }
    snprintf(path, path_bytes, "%s/%s", bin, name);
    return access(path, X_OK) == 0;
}

bool
programs_check(struct options *options)
{
    static char leash[PATH_MAX];
    char path[PATH_MAX];

    if (options->launcher) {
        if (!programs_find(options->bin, "leash", leash, sizeof leash)) {
            fprintf(stderr,
                    "compare: there is no program leash in %s, which a "
                    "launcher needs; run make\n",
                    options->bin);
            return false;
        }
        options->leash = leash;
    }

    for (size_t i = 0; i < options->ncontenders; i++) {
        const struct contender *contender = &options->contenders[i];

        if (contender->kind != CONTENDER_FOREIGN &&
            !contender_needs_libevent(contender) &&
            !programs_find(options->bin, contender->program, path,
                           sizeof path)) {
            fprintf(stderr,
                    "compare: there is no program %s in %s; run make, or "
                    "say with --bin where it is\n",
                    contender->program, options->bin);
            return false;
        }
    }
    return true;
}
