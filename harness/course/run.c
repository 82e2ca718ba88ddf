/*
 * run.c: runs experiments. See course.h.
 *
 * What was run is written down as one would type it, what it prints stands
 * behind an indent, and the number comes last.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/course.h"
#include "harness/load/load.h"

enum {
    SHELL_MS = 30000,   /* for a line of sh */
    BUILD_MS = 600000,  /* for what must be made first */
    MUTANT_MS = 120000, /* for the case that shall kill it */
    ALIKE_PERCENT = 60, /* what is less alike is not named */
};

/* ---- a line for sh, a mutant ------------------------------------------- */

/* What the last one of them has shown. */
static double last_number;

static double
take_last(const struct experiment *row)
{
    (void)row;
    return last_number;
}

static const char *
run_shell(const struct finding *findings, size_t n, const char *from,
          FILE *stream)
{
    char last[CHILD_LINE_BYTES];
    const char *word;
    char *end;

    (void)n, (void)from;
    if (child_line(findings->experiment->server, SHELL_MS, stream, last) ==
        -1) {
        return "it took too long";
    }
    word = strrchr(last, ' ');
    word = word ? word + 1 : last;
    last_number = strtod(word, &end);
    return end == word || *end != '\0' ? "its last word is no number" : NULL;
}

/* The number is 1 if a case has found what is wrong with it, 0 if not. */
static const char *
run_mutant(const struct finding *findings, size_t n, const char *from,
           FILE *stream)
{
    const struct experiment *row = findings->experiment;
    const char *build = course_build();
    char line[1024];
    int status;

    (void)n, (void)from;
    snprintf(line, sizeof line,
             "make -s %s/mutants/%s %s/tests/conformance %s/tests/faults "
             "%s/tests/shim.so",
             build, row->server, build, build, build);
    if (child_line(line, BUILD_MS, stream, NULL) != 0) {
        return "it could not be made; `make deps` installs what that takes";
    }
    snprintf(
        line, sizeof line,
        "tests/mutants/run --only=%s%s%s %s/mutants %s/tests/conformance "
        "%s/tests/faults",
        row->server, row->load ? ":" : "", row->load ? row->load : "", build,
        build, build);
    status = child_line(line, MUTANT_MS, stream, NULL);
    last_number = status == 0;
    return status == 0 || status == 1 ? NULL : "its case was not run";
}

/* ---- all of them ------------------------------------------------------- */

static const struct kind {
    /* Run the first, with all that the same run answers. Returns NULL, or why
     * not. */
    const char *(*run)(const struct finding *findings, size_t n,
                       const char *from, FILE *stream);
    double (*read)(const struct experiment *row); /* its number, or NAN */
} kinds[] = {
    [EXPERIMENT_DRIVE] = {drive_run, drive_read},
    [EXPERIMENT_COMPARE] = {compare_run, compare_read},
    [EXPERIMENT_MUTANT] = {run_mutant, take_last},
    [EXPERIMENT_LIE] = {lie_run, lie_read},
    [EXPERIMENT_SHELL] = {run_shell, take_last},
};

/* Do both hang on the same run? What compare measures is one, and so is the
 * stall. */
static bool
is_same(const struct experiment *a, const struct experiment *b)
{
    bool one = a->kind == EXPERIMENT_COMPARE || a->kind == EXPERIMENT_LIE;

    return a->kind == b->kind &&
           (one ||
            (strcmp(a->server, b->server) == 0 &&
             strcmp(a->load ? a->load : "", b->load ? b->load : "") == 0));
}

static void
run_kind(struct finding *findings, size_t n, const char *from, FILE *stream)
{
    const struct experiment *first = findings->experiment;
    const struct kind *kind = &kinds[first->kind];
    const char *problem = kind->run(findings, n, from, stream);

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

/* ---- in words -----------------------------------------------------------
 */

char *
finding_text(const struct finding *finding, double number,
             char text[FINDING_TEXT_BYTES])
{
    const char *unit = finding->experiment->unit;

    units_format_number(text, number);
    if (fabs(number) < 1e6 && number == trunc(number)) {
        snprintf(text, FINDING_TEXT_BYTES, "%.0f", number);
    }
    text_append(text, FINDING_TEXT_BYTES, unit && *unit ? " " : "", "%s",
                unit ? unit : "");
    return text;
}

bool
finding_within(const struct finding *finding, const struct bounds *bounds)
{
    return finding->number >= bounds->low && finding->number <= bounds->high;
}

char *
bounds_text(const struct finding *finding, const struct bounds *bounds,
            char text[BOUNDS_TEXT_BYTES])
{
    char low[FINDING_TEXT_BYTES];
    char high[FINDING_TEXT_BYTES];

    finding_text(finding, bounds->low, low);
    finding_text(finding, bounds->high, high);
    if (bounds->low == bounds->high || bounds->high == INFINITY) {
        snprintf(text, BOUNDS_TEXT_BYTES, "%s%s",
                 bounds->high == INFINITY ? "at least " : "", low);
    } else {
        snprintf(text, BOUNDS_TEXT_BYTES, "%s%s%s",
                 bounds->low == -INFINITY ? "at most" : low,
                 bounds->low == -INFINITY ? " " : " to ", high);
    }
    return text;
}

/* ---- one after the other ----------------------------------------------- */

/* Unless it was run for another one; and who asks for the same again is told
 * nothing. */
static void
run_one(struct finding *findings, size_t n, size_t i, const char *from,
        FILE *stream)
{
    struct finding *finding = &findings[i];
    char text[FINDING_TEXT_BYTES];

    for (size_t j = 0; j < i; j++) {
        if (findings[j].experiment == finding->experiment) {
            *finding = findings[j];
            return;
        }
    }
    fprintf(stream, "%s: %s\n", finding->experiment->key,
            finding->experiment->shows);
    fflush(stream);
    if (isnan(finding->number) && finding->reason[0] == '\0') {
        run_kind(finding, n - i, from, stream);
    }
    fprintf(stream, "  = %s\n\n",
            finding->reason[0] != '\0'
                ? finding->reason
                : finding_text(finding, finding->number, text));
    fflush(stream);
}

int
experiments_run(struct finding *findings, size_t n, const char *from,
                FILE *stream)
{
    for (size_t i = 0; i < n; i++) {
        findings[i].number = NAN;
        findings[i].reason[0] = '\0';
    }
    for (size_t i = 0; i < n && !course_interrupted; i++) {
        if (stream != stdout && is_terminal(stderr)) {
            fprintf(stderr, "\r\033[K%zu of %zu", i, n);
        }
        if (findings[i].experiment) {
            run_one(findings, n, i, from, stream);
        }
    }
    if (stream != stdout && is_terminal(stderr)) {
        fprintf(stderr, "\r\033[K");
    }
    return course_interrupted ? -1 : 0;
}

/* ---- course show ------------------------------------------------------- */

/* Letters in the same order that two names have in common, of 100. */
static int
alike_percent(const char *a, const char *b)
{
    size_t na = strnlen(a, 63);
    size_t nb = strnlen(b, 63);
    int common[64] = {0};

    for (size_t i = 0; i < na; i++) {
        int before = 0;

        for (size_t j = 0; j < nb; j++) {
            int above = common[j + 1];

            common[j + 1] = a[i] == b[j]        ? before + 1
                            : above > common[j] ? above
                                                : common[j];
            before = above;
        }
    }
    return na + nb ? 200 * common[nb] / (int)(na + nb) : 0;
}

void
names_unknown(FILE *stream, const char *what, const char *typed,
              const char *const *names, size_t n)
{
    const char *separator = "; did you mean ";
    int best = ALIKE_PERCENT;

    for (size_t i = 0; i < n; i++) {
        int percent = alike_percent(typed, names[i]);

        best = percent > best ? percent : best;
    }
    fprintf(stream, "%s is no %s", typed, what);
    for (size_t i = 0; i < n; i++) {
        if (alike_percent(typed, names[i]) >= best) {
            fprintf(stream, "%s%s", separator, names[i]);
            separator = " or ";
        }
    }
    fprintf(stream, "%s\n", separator[0] == ';' ? "" : "?");
}

/* Returns how many were asked for; a wrong name ends the program. */
static size_t
read_names(const char *text, struct finding findings[EXPERIMENTS_MAX])
{
    const char *keys[EXPERIMENTS_MAX];
    char *names = strdup(text);
    size_t nkeys = 0;
    size_t n = 0;
    char *rest;

    while (experiments[nkeys].key && nkeys < EXPERIMENTS_MAX) {
        keys[nkeys] = experiments[nkeys].key;
        nkeys++;
    }
    for (char *name = strtok_r(names, " ,", &rest);
         name && n < EXPERIMENTS_MAX; name = strtok_r(NULL, " ,", &rest)) {
        findings[n].experiment = experiment_find(name);
        if (!findings[n++].experiment) {
            fprintf(stderr, "course: --experiment: ");
            names_unknown(stderr, "experiment", name, keys, nkeys);
            exit(COURSE_USAGE);
        }
    }
    free(names);
    return n;
}

int
course_show(int argc, char **argv)
{
    static struct finding findings[EXPERIMENTS_MAX];
    const char *names = NULL;
    const char *from = NULL;
    bool list = false;
    size_t failed = 0;
    const struct flag flags[] = {
        FLAG_TEXT("experiment", 0, "NAMES", &names,
                  "Which, with commas or blanks between (none: list them)"),
        FLAG_TEXT("from", 0, "FILE", &from,
                  "Read what compare measures from its results there"),
        FLAG_ON("figures", 0, &list, "List what can be read off a run"),
        {0},
    };
    size_t n;

    flags_parse("course show", "Run experiments, each for its number.", flags,
                NULL, argc, argv);
    if (list) {
        drive_figures(stdout);
        compare_figures(stdout);
        lie_figures(stdout);
        return 0;
    }
    n = names ? read_names(names, findings) : 0;
    for (const struct experiment *row = experiments; n == 0 && row->key;
         row++) {
        printf("%-24s %s\n", row->key, row->shows);
    }
    if (experiments_run(findings, n, course_begin(from), stdout) != 0) {
        return COURSE_INTERRUPTED;
    }
    for (size_t i = 0; i < n; i++) {
        failed += isnan(findings[i].number);
    }
    return n > 0 && failed == n ? COURSE_CANNOT
           : failed > 0         ? COURSE_OTHERWISE
                                : 0;
}
