/*
 * run.c: runs experiments. See course.h.
 *
 * What was run is written down as one would type it, what it prints stands
 * behind an indent, and the number comes last.
 */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/course.h"

const char *compare_from;

static const char *
run_shell(const struct experiment *row)
{
    char line[CHILD_LINE_BYTES];

    PUT(line, ". harness/course/experiments.sh; %s", row->server);
    child_show(line);
    int status = child_run(line, NULL);
    return status == 0    ? NULL
           : status == -1 ? "it took too long"
                          : "it could not be run; it says why above";
}

/* The last word of all that it has printed. */
static double
read_last(const struct experiment *row)
{
    const char *blank = strrchr(child_last, ' ');
    const char *word = blank ? blank + 1 : child_last;
    char *end;
    double number = strtod(word, &end);

    (void)row;
    return end == word || *end != '\0' ? NAN : number;
}

static const struct kind {
    const char *(*run)(const struct experiment *row); /* NULL, or why not */
    double (*read)(const struct experiment *row);     /* its number, or NAN */
} kinds[] = {
    [EXPERIMENT_DRIVE] = {drive_run, drive_read},
    [EXPERIMENT_LIE] = {lie_run, lie_read},
    [EXPERIMENT_SHELL] = {run_shell, read_last},
};

/* Run it, and find what the same run says of those behind it. */
static void
run_one(struct experiment *first)
{
    const struct kind *kind = &kinds[first->kind];
    const char *problem = kind->run(first);

    for (struct experiment *row = first; row->key; row++) {
        if (row->wanted && row->kind == first->kind &&
            strcmp(row->server, first->server) == 0 &&
            strcmp(row->load, first->load) == 0) {
            row->number = problem ? NAN : kind->read(row);
            row->reason = problem                 ? problem
                          : isfinite(row->number) ? NULL
                                                  : "no number came of it";
        }
    }
}

char *
experiment_text(const struct experiment *row, double number,
                char text[NUMBER_BYTES])
{
    units_format_number(text, number);
    if (fabs(number) < 1e6 && number == trunc(number)) {
        snprintf(text, NUMBER_BYTES, "%.0f", number);
    }
    text_append(text, NUMBER_BYTES, *row->unit ? " " : "", "%s", row->unit);
    return text;
}

const char *
experiment_seen(const struct experiment *row, char text[NUMBER_BYTES])
{
    return course_interrupted ? "interrupted"
           : row->reason      ? row->reason
                              : experiment_text(row, row->number, text);
}

void
experiments_run(void)
{
    static char wanted[ROWS_MAX * NUMBER_BYTES];
    char text[NUMBER_BYTES];

    course_begin();
    for (const struct experiment *row = experiments; row->key; row++) {
        text_append(wanted, sizeof wanted, " ", "%s",
                    row->wanted ? row->key : "");
    }
    setenv("WANTED", wanted, 1);
    setenv("FROM", compare_from ? compare_from : "", 1);
    for (struct experiment *row = experiments; row->key; row++) {
        if (row->wanted && !course_interrupted) {
            printf("%s: %s\n", row->key, row->shows);
            fflush(stdout);
            if (isnan(row->number) && !row->reason) {
                run_one(row);
            }
            printf("  = %s\n\n", experiment_seen(row, text));
        }
    }
    if (course_interrupted) {
        exit(COURSE_INTERRUPTED);
    }
}

/* ---- course show ------------------------------------------------------- */

int
course_show(int argc, char **argv)
{
    const char *names = NULL;
    const struct flag flags[] = {
        FLAG_TEXT("experiment", 0, "NAMES", &names,
                  "Which, with commas or blanks between (none: list them)"),
        FLAG_FROM,
        {0},
    };
    size_t n = 0, failed = 0;

    flags_parse("course show", "Run experiments, each for its number.", flags,
                NULL, argc, argv);
    for (char *name = strtok(strdupa(names ? names : ""), " ,"); name;
         name = strtok(NULL, " ,")) {
        struct experiment *row = experiment_find(name);

        if (!row) {
            errx(COURSE_USAGE,
                 "--experiment: %s is none; 'make show' lists them", name);
        }
        row->wanted = true;
    }
    experiments_run();
    for (const struct experiment *row = experiments; row->key; row++) {
        if (!names) {
            printf("%-24s %s\n", row->key, row->shows);
        }
        n += row->wanted;
        failed += row->reason != NULL;
    }
    return failed == 0 ? 0 : failed < n ? COURSE_OTHERWISE : COURSE_CANNOT;
}
