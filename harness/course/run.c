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

/* What the last line for sh has shown. */
static double last_number;

static double
take_last(const struct experiment *row)
{
    (void)row;
    return last_number;
}

static const char *
run_shell(const struct experiment *row)
{
    char line[CHILD_BYTES];
    const char *word;
    char *end;

    snprintf(line, sizeof line, ". harness/course/experiments.sh; %s",
             row->server);
    child_show(line);
    if (child_run(line, NULL) == -1) {
        return "it took too long";
    }
    word = strrchr(child_last, ' ');
    word = word ? word + 1 : child_last;
    last_number = strtod(word, &end);
    return end == word || *end != '\0' ? "its last word is no number" : NULL;
}

static const struct kind {
    /* Returns NULL, or why not; what compare measures it measures for all. */
    const char *(*run)(const struct experiment *row);
    double (*read)(const struct experiment *row); /* its number, or NAN */
} kinds[] = {
    [EXPERIMENT_DRIVE] = {drive_run, drive_read},
    [EXPERIMENT_COMPARE] = {NULL, compare_read},
    [EXPERIMENT_LIE] = {lie_run, lie_read},
    [EXPERIMENT_SHELL] = {run_shell, take_last},
};

/* Do both hang on the same run? What compare measures is one, and so is the
 * stall. */
static bool
is_same(const struct experiment *a, const struct experiment *b)
{
    return a->kind == b->kind && strcmp(a->server, b->server) == 0 &&
           strcmp(a->load, b->load) == 0;
}

/* Run the first of these, and find what the same run says of the others. */
static void
run_kind(struct finding *findings, size_t n)
{
    const struct experiment *first = findings->experiment;
    const struct kind *kind = &kinds[first->kind];
    const char *problem =
        kind->run ? kind->run(first) : compare_run(findings, n);

    for (size_t i = 0; i < n; i++) {
        const struct experiment *row = findings[i].experiment;

        if (row && is_same(row, first)) {
            findings[i].number = problem ? NAN : kind->read(row);
            if (!isfinite(findings[i].number)) {
                snprintf(findings[i].reason, RESULTS_REASON_BYTES, "%s%s",
                         problem ? problem : row->figure,
                         problem ? "" : " is not known of that run");
            }
        }
    }
}

char *
finding_text(const struct finding *finding, double number,
             char text[FINDING_TEXT_BYTES])
{
    const char *unit = finding->experiment->unit;

    units_format_number(text, number);
    if (fabs(number) < 1e6 && number == trunc(number)) {
        snprintf(text, FINDING_TEXT_BYTES, "%.0f", number);
    }
    text_append(text, FINDING_TEXT_BYTES, *unit ? " " : "", "%s", unit);
    return text;
}

const char *
finding_seen(const struct finding *finding, char text[FINDING_TEXT_BYTES])
{
    return finding->reason[0] != '\0'
               ? finding->reason
               : finding_text(finding, finding->number, text);
}

/* Unless it was run for another one; and who asks for the same again is told
 * nothing. */
static void
run_one(struct finding *findings, size_t n, size_t i)
{
    struct finding *finding = &findings[i];
    char text[FINDING_TEXT_BYTES];

    for (size_t j = 0; j < i; j++) {
        if (findings[j].experiment == finding->experiment) {
            *finding = findings[j];
            return;
        }
    }
    printf("%s: %s\n", finding->experiment->key, finding->experiment->shows);
    fflush(stdout);
    if (isnan(finding->number) && finding->reason[0] == '\0') {
        run_kind(finding, n - i);
    }
    printf("  = %s\n\n", finding_seen(finding, text));
    fflush(stdout);
}

int
experiments_run(struct finding *findings, size_t n)
{
    course_begin();
    for (size_t i = 0; i < n; i++) {
        findings[i].number = NAN;
        findings[i].reason[0] = '\0';
    }
    for (size_t i = 0; i < n && !course_interrupted; i++) {
        if (findings[i].experiment) {
            run_one(findings, n, i);
        }
    }
    return course_interrupted ? -1 : 0;
}

/* ---- course show ------------------------------------------------------- */

/* Returns how many were asked for; a wrong name ends the program. */
static size_t
read_names(const char *text, struct finding findings[FINDINGS_MAX])
{
    char *rest = strdup(text);
    size_t n = 0;

    for (char *name; n < FINDINGS_MAX && (name = strsep(&rest, " ,"));) {
        findings[n].experiment = experiment_find(name);
        if (!findings[n].experiment && name[0] != '\0') {
            errx(COURSE_USAGE,
                 "--experiment: %s is none; without a name all are listed",
                 name);
        }
        n += name[0] != '\0';
    }
    return n;
}

int
course_show(int argc, char **argv)
{
    static struct finding findings[FINDINGS_MAX];
    const char *names = "";
    size_t failed = 0;
    const struct flag flags[] = {
        FLAG_TEXT("experiment", 0, "NAMES", &names,
                  "Which, with commas or blanks between (none: list them)"),
        FLAG_FROM,
        {0},
    };
    size_t n;

    flags_parse("course show", "Run experiments, each for its number.", flags,
                NULL, argc, argv);
    n = read_names(names, findings);
    for (const struct experiment *row = experiments; n == 0 && row->key;
         row++) {
        printf("%-24s %s\n", row->key, row->shows);
    }
    if (experiments_run(findings, n) != 0) {
        return COURSE_INTERRUPTED;
    }
    for (size_t i = 0; i < n; i++) {
        failed += isnan(findings[i].number);
    }
    return failed == 0 ? 0 : failed == n ? COURSE_CANNOT : COURSE_OTHERWISE;
}
