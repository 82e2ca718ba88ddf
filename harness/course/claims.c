/*
 * claims.c: recomputes the verdict of each claim, and says whether an
 * exercise is done. See course.h.
 */
#include <err.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "harness/course/course.h"

static bool
is_within(const struct bounds *bounds)
{
    double number = bounds->experiment->number;

    return number >= bounds->low && number <= bounds->high;
}

static enum claim_verdict
judge(const struct claim *claim)
{
    int within = 0;
    int n = 0;

    for (; n < BOUNDS_MAX && claim->bounds[n].experiment; n++) {
        if (isnan(claim->bounds[n].experiment->number)) {
            return CLAIM_UNKNOWN;
        }
        within += is_within(&claim->bounds[n]);
    }
    return within == n  ? CLAIM_TRUE
           : within > 0 ? CLAIM_CONDITIONAL
                        : CLAIM_FALSE;
}

/* "of 8 clients, served: wanted 8 of 8, seen 1 of 8" */
static void
print_wanted(const struct bounds *bounds)
{
    const struct experiment *row = bounds->experiment;
    char low[NUMBER_BYTES];
    char high[NUMBER_BYTES];
    char seen[NUMBER_BYTES];
    const char *between = bounds->low == bounds->high ? ""
                          : bounds->high == INFINITY  ? "at least "
                          : bounds->low == -INFINITY  ? "at most "
                                                      : " to ";

    experiment_text(row, bounds->low, low);
    experiment_text(row, bounds->high, high);
    printf("%s: wanted %s%s%s, seen %s\n", row->shows,
           between[0] == ' ' ? low : "", between,
           bounds->high == INFINITY ? low : high, experiment_seen(row, seen));
}

/* A row of the table, and below it, if that is not as its page says, why. */
static void
print_claim(const struct claim *claim, enum claim_verdict verdict)
{
    bool other = verdict != claim->says && verdict != CLAIM_UNKNOWN;
    const struct bounds *end = claim->bounds;
    char text[NUMBER_BYTES];

    printf("%c %-24s %-11s %-11s %-24s ", other ? '!' : ' ', claim->id,
           claim_words[claim->says], claim_words[verdict], claim->page);
    for (; end < claim->bounds + BOUNDS_MAX && end->experiment; end++) {
        printf("%s%s", end > claim->bounds ? "; " : "",
               experiment_seen(end->experiment, text));
    }
    printf("\n");
    if (other) {
        printf("  ^ %s says \"%s\", and that it is %s; here it is %s:\n",
               claim->page, claim->text, claim_words[claim->says],
               claim_words[verdict]);
        for (const struct bounds *it = claim->bounds; it < end; it++) {
            printf("    ");
            print_wanted(it);
        }
    }
}

/* Have all run that it hangs on. */
static void
want(const struct claim *claim)
{
    for (int i = 0; i < BOUNDS_MAX && claim->bounds[i].experiment; i++) {
        claim->bounds[i].experiment->wanted = true;
    }
}

int
course_claims(int argc, char **argv)
{
    const struct flag flags[] = {FLAG_FROM, {0}};
    size_t n = 0;
    size_t same = 0;
    size_t unknown = 0;

    flags_parse("course claims",
                "Run all that the pages' claims hang on, and say which hold "
                "on this machine.",
                flags, NULL, argc, argv);
    for (const struct claim *claim = claims; claim->id; claim++) {
        want(claim);
    }
    if (experiments_run() != 0) {
        return COURSE_INTERRUPTED;
    }
    printf("  %-24s %-11s %-11s %-24s %s\n", "claim", "page says", "here",
           "page", "seen here");
    for (; claims[n].id; n++) {
        enum claim_verdict verdict = judge(&claims[n]);

        unknown += verdict == CLAIM_UNKNOWN;
        same += verdict == claims[n].says;
        print_claim(&claims[n], verdict);
    }
    printf("\n%zu claims: %zu as the pages say, %zu otherwise, %zu not "
           "run.\n",
           n, same, n - same - unknown, unknown);
    return unknown == n          ? COURSE_CANNOT
           : same + unknown == n ? 0
                                 : COURSE_OTHERWISE;
}

/* ---- course exercise --------------------------------------------------- */

/* The first time: a copy, so that the original stays. */
static int
begin_exercise(const struct claim *row)
{
    char line[CHILD_LINE_BYTES];

    snprintf(line, sizeof line,
             "mkdir -p mine/%1$s && cp -n %1$s/*.[ch] mine/%1$s && "
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
    want(row);
    if (experiments_run() != 0) {
        return COURSE_INTERRUPTED;
    }
    for (int i = 0; i < BOUNDS_MAX && row->bounds[i].experiment; i++) {
        if (!is_within(&row->bounds[i])) {
            printf("not yet: ");
            print_wanted(&row->bounds[i]);
        }
    }
    if (judge(row) != CLAIM_TRUE) {
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
    char source[NUMBER_BYTES];

    flags_parse("course exercise",
                "Begin the task of a lesson, or say whether it is done.",
                flags, NULL, argc, argv);
    model = model ? model : "nothing";
    for (const struct claim *row = exercises; row->id; row++) {
        if (strcmp(row->id, model) == 0) {
            snprintf(source, sizeof source, "%s/server.c", row->page);
            return access(source, R_OK) == 0 ? try_exercise(row)
                                             : begin_exercise(row);
        }
    }
    errx(COURSE_USAGE,
         "%s is no exercise; each of the five models has one: blocking, "
         "threaded, selectloop, coroutine, libevent",
         model);
}
