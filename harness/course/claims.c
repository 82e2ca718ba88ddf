/*
 * claims.c: recomputes the verdict of each claim, and says whether an
 * exercise is done. See course.h.
 */
#include <err.h>
#include <math.h>
#include <string.h>

#include "harness/base/models.h"
#include "harness/course/course.h"

#define SEEN_COLUMNS 17 /* for what was seen, behind a claim */

static bool
is_within(const struct bounds *bounds)
{
    double number = bounds->experiment->number;

    return number >= bounds->low && number <= bounds->high;
}

static enum claim_verdict
judge(const struct claim *claim)
{
    int within = 0, n = 0;

    for (const struct bounds *it = claim->bounds; it->experiment; it++) {
        if (isnan(it->experiment->number)) {
            return CLAIM_UNKNOWN;
        }
        within += is_within(it);
        n++;
    }
    return within == n  ? CLAIM_TRUE
           : within > 0 ? CLAIM_CONDITIONAL
                        : CLAIM_FALSE;
}

/* "of 8 clients, served: wanted 8 of 8, seen 1 of 8" */
static void
say_wanted(struct document *document, const char *label,
           const struct bounds *bounds)
{
    const struct experiment *row = bounds->experiment;
    char low[NUMBER_BYTES], high[NUMBER_BYTES], seen[NUMBER_BYTES];
    const char *between = bounds->low == bounds->high ? ""
                          : bounds->high == INFINITY  ? "at least "
                          : bounds->low == -INFINITY  ? "at most "
                                                      : " to ";

    experiment_text(row, bounds->low, low);
    experiment_text(row, bounds->high, high);
    document_item(document, label, "%s: wanted %s%s%s, seen %s", row->shows,
                  between[0] == ' ' ? low : "", between,
                  bounds->high == INFINITY ? low : high,
                  experiment_seen(row, seen));
}

/* A row of the table, and below it, if that is not as its page says, why. */
static void
print_claim(const struct claim *claim, enum claim_verdict verdict)
{
    bool other = verdict != claim->says && verdict != CLAIM_UNKNOWN;
    const struct report_paper paper = report_paper_of(stdout);
    struct document document = {0};
    struct text seen = {0};
    char text[NUMBER_BYTES];

    for (const struct bounds *it = claim->bounds; it->experiment; it++) {
        text_item(&seen, "; ", "%s", experiment_seen(it->experiment, text));
    }
    bool fits = strlen(seen.bytes) <= SEEN_COLUMNS;
    printf("%c %-25s %-11s %-11s %-10.*s %s\n", other ? '!' : ' ', claim->id,
           claim_words[claim->says], claim_words[verdict],
           (int)strcspn(claim->page, "/"), claim->page,
           fits ? seen.bytes : "");
    document_item(&document, "", "%s", fits ? "" : seen.bytes);
    if (other) {
        document_item(&document, "^", "%s says \"%s\":", claim->page,
                      claim->text);
        for (const struct bounds *it = claim->bounds; it->experiment; it++) {
            say_wanted(&document, "", it);
        }
    }
    document_print_text(stdout, &document, &paper);
}

/* Have all run that it hangs on. */
static void
want(const struct claim *claim)
{
    for (const struct bounds *it = claim->bounds; it->experiment; it++) {
        it->experiment->wanted = true;
    }
}

int
course_claims(int argc, char **argv)
{
    const struct flag flags[] = {FLAG_FROM, {0}};
    size_t n = 0, same = 0, unknown = 0;

    flags_parse("course claims",
                "Run all that the pages' claims hang on, and say which hold "
                "on this machine.",
                flags, NULL, argc, argv);
    for (const struct claim *claim = claims; claim->id; claim++) {
        want(claim);
    }
    experiments_run();
    printf("  %-25s %-11s %-11s %-10s %s\n", "claim", "page says", "here",
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

int
course_exercise(int argc, char **argv)
{
    const char *model = NULL;
    const struct flag flags[] = {FLAG_ARGUMENT("MODEL", &model), {0}};
    const struct report_paper paper = report_paper_of(stdout);
    const struct claim *row = exercises;
    struct document document = {0};

    flags_parse("course exercise",
                "Say whether the task of a lesson is done, in mine/MODEL.",
                flags, NULL, argc, argv);
    model = model ? model : "nothing";
    while (row->id && strcmp(row->id, model) != 0) {
        row++;
    }
    if (!row->id) {
        errx(COURSE_USAGE, "%s is no exercise; there are" MODEL_NAMES, model);
    }
    printf("%s\n\n", row->text);
    want(row);
    experiments_run();
    for (const struct bounds *it = row->bounds; it->experiment; it++) {
        if (!is_within(it)) {
            say_wanted(&document, "not yet:", it);
        }
    }
    document_print_text(stdout, &document, &paper);
    if (judge(row) != CLAIM_TRUE) {
        return COURSE_OTHERWISE;
    }
    printf("done\n");
    return 0;
}
