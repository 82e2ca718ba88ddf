/*
 * claims.c: recomputes the verdict of each claim, and says whether an
 * exercise is done. See course.h.
 */
#include <err.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "harness/course/course.h"

enum {
    CLAIMS_MAX = FINDINGS_MAX / BOUNDS_MAX,
};

static const char *const words[CLAIM_VERDICTS] = {
    [CLAIM_TRUE] = "true",
    [CLAIM_CONDITIONAL] = "conditional",
    [CLAIM_FALSE] = "false",
    [CLAIM_UNKNOWN] = "not run",
};

/* What a claim hangs on, as it was found. */
static struct finding findings[CLAIMS_MAX][BOUNDS_MAX];

/* Run all that these hang on. Returns how many there are, 0: interrupted. */
static size_t
run_all(const struct claim *rows, size_t most)
{
    size_t n = 0;

    for (; n < most && rows[n].id; n++) {
        for (int i = 0; i < BOUNDS_MAX; i++) {
            findings[n][i].experiment = rows[n].bounds[i].experiment;
        }
    }
    return experiments_run(findings[0], n * BOUNDS_MAX) == 0 ? n : 0;
}

static bool
is_within(const struct finding *finding, const struct bounds *bounds)
{
    return finding->number >= bounds->low && finding->number <= bounds->high;
}

static enum claim_verdict
judge(const struct claim *claim, const struct finding found[BOUNDS_MAX])
{
    int within = 0;
    int n = 0;

    for (; n < BOUNDS_MAX && found[n].experiment; n++) {
        if (isnan(found[n].number)) {
            return CLAIM_UNKNOWN;
        }
        within += is_within(&found[n], &claim->bounds[n]);
    }
    return within == n  ? CLAIM_TRUE
           : within > 0 ? CLAIM_CONDITIONAL
                        : CLAIM_FALSE;
}

/* "0 of 7; 12 ms", or why not. */
static void
print_seen(const struct finding found[BOUNDS_MAX])
{
    char text[FINDING_TEXT_BYTES];

    for (int i = 0; i < BOUNDS_MAX && found[i].experiment; i++) {
        printf("%s%s", i > 0 ? "; " : "", finding_seen(&found[i], text));
    }
    printf("\n");
}

/* "of 8 clients, served: wanted 8 of 8, seen 1 of 8" */
static void
print_wanted(const struct finding *found, const struct bounds *bounds)
{
    char low[FINDING_TEXT_BYTES];
    char high[FINDING_TEXT_BYTES];
    char seen[FINDING_TEXT_BYTES];
    const char *between = bounds->low == bounds->high ? ""
                          : bounds->high == INFINITY  ? "at least "
                          : bounds->low == -INFINITY  ? "at most "
                                                      : " to ";

    finding_text(found, bounds->low, low);
    finding_text(found, bounds->high, high);
    printf("%s: wanted %s%s%s, seen %s\n", found->experiment->shows,
           between[0] == ' ' ? low : "", between,
           bounds->high == INFINITY ? low : high, finding_seen(found, seen));
}

/* A table of all, with a sentence below each that is not as its page says.
 * Returns the exit status. */
static int
print_verdicts(size_t n)
{
    size_t unknown = 0;
    size_t differ = 0;

    printf("  %-24s %-11s %-11s %-24s %s\n", "claim", "page says", "here",
           "page", "seen here");
    for (size_t i = 0; i < n; i++) {
        const struct claim *claim = &claims[i];
        enum claim_verdict verdict = judge(claim, findings[i]);
        bool other = verdict != claim->says && verdict != CLAIM_UNKNOWN;

        unknown += verdict == CLAIM_UNKNOWN;
        differ += other;
        printf("%c %-24s %-11s %-11s %-24s ", other ? '!' : ' ', claim->id,
               words[claim->says], words[verdict], claim->page);
        print_seen(findings[i]);
        if (other) {
            printf("  ^ %s says \"%s\", and that it is %s; here it is %s:\n",
                   claim->page, claim->text, words[claim->says],
                   words[verdict]);
        }
        for (int j = 0; j < BOUNDS_MAX && findings[i][j].experiment; j++) {
            if (other) {
                printf("    ");
                print_wanted(&findings[i][j], &claim->bounds[j]);
            }
        }
    }
    printf("\n%zu claims: %zu as the pages say, %zu otherwise, %zu not "
           "run.\n",
           n, n - unknown - differ, differ, unknown);
    return unknown == n ? COURSE_CANNOT : differ > 0 ? COURSE_OTHERWISE : 0;
}

int
course_claims(int argc, char **argv)
{
    const struct flag flags[] = {FLAG_FROM, {0}};
    size_t n;

    flags_parse("course claims",
                "Run all that the pages' claims hang on, and say which hold "
                "on this machine.",
                flags, NULL, argc, argv);
    n = run_all(claims, CLAIMS_MAX);
    return n > 0 ? print_verdicts(n) : COURSE_INTERRUPTED;
}

/* ---- course exercise --------------------------------------------------- */

/* The first time: a copy, so that the original stays. */
static int
begin_exercise(const struct claim *row)
{
    char line[CHILD_BYTES];

    snprintf(line, sizeof line,
             "mkdir -p mine/%1$s && cp %1$s/*.[ch] mine/%1$s && "
             "cd mine/%1$s && rm -f hello.c bufferevent.c",
             row->id);
    if (child_run(line, NULL) != 0) {
        errx(COURSE_CANNOT,
             "%s could not be made; it takes the sources and a folder that "
             "you may write to",
             row->page);
    }
    printf("%s\nThe sources are yours now, in %s. Edit them there, and then "
           "again:\n  make exercise-%s\n",
           row->text, row->page, row->id);
    return 0;
}

static int
try_exercise(const struct claim *row)
{
    if (run_all(row, 1) == 0) {
        return COURSE_INTERRUPTED;
    }
    for (int i = 0; i < BOUNDS_MAX && findings[0][i].experiment; i++) {
        if (!is_within(&findings[0][i], &row->bounds[i])) {
            printf("not yet: ");
            print_wanted(&findings[0][i], &row->bounds[i]);
        }
    }
    if (judge(row, findings[0]) != CLAIM_TRUE) {
        return COURSE_OTHERWISE;
    }
    printf("done\n");
    return 0;
}

int
course_exercise(int argc, char **argv)
{
    const char *model = NULL;
    const struct flag flags[] = {FLAG_ARGUMENT("MODEL", &model), {0}};

    flags_parse("course exercise",
                "Begin the task of a lesson, or say whether it is done.",
                flags, NULL, argc, argv);
    model = model ? model : "nothing";
    for (const struct claim *row = exercises; row->id; row++) {
        if (strcmp(row->id, model) == 0) {
            return access(row->page, F_OK) == 0 ? try_exercise(row)
                                                : begin_exercise(row);
        }
    }
    errx(COURSE_USAGE,
         "%s is no exercise; each of the five models has one: blocking, "
         "threaded, selectloop, coroutine, libevent",
         model);
}
