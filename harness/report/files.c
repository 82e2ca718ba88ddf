/*
 * files.c: results files, as they come from anywhere. See report.h.
 */
#include <errno.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "harness/report/internal.h"

const char *
report_read(FILE *file, struct results *results)
{
    static char problem[256];
    long line = file ? results_read(file, results) : 0;

    if (!file) {
        return strerror(errno);
    }
    PUT(problem, "line %ld %s", line, results->problem);
    return line > 0 ? problem : line < 0 ? "cannot be read" : NULL;
}

/* Is it what others may be held against? NULL; or why not. */
static const char *
check(const struct results *results)
{
    size_t ok = 0;

    for (size_t i = 0; i < results->nlives; i++) {
        ok += results->lives[i].status == LIFE_OK;
    }
    return results->run.partial ? "is of a run that was cut short"
           : ok == 0            ? "has nothing in it that was measured"
                                : NULL;
}

const char *
report_save(FILE *from, const char *path)
{
    struct results results = {0};
    const char *problem = report_read(from, &results);
    char beside[PATH_MAX];
    off_t done = 0;
    ssize_t n = 1;
    FILE *to;

    if (!problem) {
        problem = check(&results);
        results_free(&results);
    }
    if (problem) {
        return problem;
    }
    PUT(beside, "%s.new", path);
    to = fopen(beside, "we");
    if (!to) {
        return strerror(errno);
    }
    while (n > 0) {
        n = sendfile(fileno(to), fileno(from), &done, 1 << 20);
    }
    if (fclose(to) != 0 || n == -1 || rename(beside, path) != 0) {
        problem = strerror(errno);
        unlink(beside);
    }
    return problem;
}
