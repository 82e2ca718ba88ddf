/*
 * files.c: results files, as they come from anywhere. See report.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/report/internal.h"

const char *
report_read(FILE *file, struct results *results)
{
    static char problem[256];
    long line = file ? results_read(file, results) : 0;

    if (!file) {
        PUT(problem, "%s", strerror(errno));
    } else if (line > 0) {
        PUT(problem, "line %ld %s", line, results->problem);
    }
    return !file || line > 0 ? problem : line < 0 ? "cannot be read" : NULL;
}

/* Is it what others may be held against? NULL; or why not. */
static const char *
check_baseline(const struct results *results)
{
    size_t ok = 0;

    for (size_t i = 0; i < results->nlives; i++) {
        ok += results->lives[i].status == LIFE_OK;
    }
    return results->run.partial ? "is of a run that was cut short"
           : ok == 0            ? "has nothing in it that was measured"
                                : NULL;
}

/* The bytes of a file, from its beginning. Returns 0, or -1 with errno. */
static int
copy(FILE *from, FILE *to)
{
    char bytes[BUFSIZ];
    size_t n;

    if (fseek(from, 0, SEEK_SET) != 0) {
        return -1;
    }
    while ((n = fread(bytes, 1, sizeof bytes, from)) > 0) {
        fwrite(bytes, 1, n, to);
    }
    return ferror(from) || fflush(to) != 0 ? -1 : 0;
}

const char *
report_save(FILE *from, const char *path)
{
    struct results results;
    const char *problem = report_read(from, &results);
    char beside[PATH_MAX];
    FILE *to = NULL;

    if (!problem) {
        problem = check_baseline(&results);
        results_free(&results);
    }
    if (problem) {
        return problem;
    }
    PUT(beside, "%s.new", path);
    if (!(to = fopen(beside, "we")) || copy(from, to) != 0 ||
        rename(beside, path) != 0) {
        problem = strerror(errno);
    }
    if (to && fclose(to) != 0 && !problem) {
        problem = strerror(errno);
    }
    if (to && problem) {
        unlink(beside);
    }
    return problem;
}
