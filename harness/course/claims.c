/*
 * claims.c: recomputes the verdict of each claim. See course.h.
 */
#include <math.h>

#include "harness/course/course.h"

enum {
    CLAIMS_MAX = EXPERIMENTS_MAX / 2, /* each hangs on two at most */
};

static const char *const words[CLAIM_VERDICTS] = {
    [CLAIM_TRUE] = "true",
    [CLAIM_CONDITIONAL] = "conditional",
    [CLAIM_FALSE] = "false",
    [CLAIM_UNKNOWN] = "not run",
};

/* What a claim hangs on. */
enum {
    HOLDS,
    TOO,
    HANGS_ON,
};
static struct finding findings[CLAIMS_MAX][HANGS_ON];

static enum claim_verdict
judge(const struct claim *claim, const struct finding found[HANGS_ON])
{
    bool both = claim->too.experiment;
    bool holds = finding_within(&found[HOLDS], &claim->holds);
    bool too = both && finding_within(&found[TOO], &claim->too);

    return isnan(found[HOLDS].number) || (both && isnan(found[TOO].number))
               ? CLAIM_UNKNOWN
           : holds && (too || !both) ? CLAIM_TRUE
           : holds || too            ? CLAIM_CONDITIONAL
                                     : CLAIM_FALSE;
}

/* "0 of 7; 12 ms", or why not. */
static void
print_seen(const struct finding found[HANGS_ON])
{
    char text[FINDING_TEXT_BYTES];

    for (int i = 0; i < HANGS_ON && found[i].experiment; i++) {
        printf("%s%s", i > 0 ? "; " : "",
               found[i].reason[0] != '\0'
                   ? found[i].reason
                   : finding_text(&found[i], found[i].number, text));
    }
}

/* What the page says is one thing, what was seen here another. */
static void
print_difference(const struct claim *claim, enum claim_verdict verdict,
                 const struct finding found[HANGS_ON])
{
    char text[BOUNDS_TEXT_BYTES];

    printf("  ^ %s says \"%s\", and that it is %s; here it is %s: %s was ",
           claim->page, claim->text, words[claim->says], words[verdict],
           found[HOLDS].experiment->shows);
    print_seen(found);
    printf(", where %s was wanted",
           bounds_text(&found[HOLDS], &claim->holds, text));
    if (claim->too.experiment) {
        printf(", and of %s %s", found[TOO].experiment->shows,
               bounds_text(&found[TOO], &claim->too, text));
    }
    printf(".\n");
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
        enum claim_verdict verdict = judge(&claims[i], findings[i]);
        bool other = verdict != claims[i].says && verdict != CLAIM_UNKNOWN;

        unknown += verdict == CLAIM_UNKNOWN;
        differ += other;
        printf("%c %-24s %-11s %-11s %-24s ", other ? '!' : ' ', claims[i].id,
               words[claims[i].says], words[verdict], claims[i].page);
        print_seen(findings[i]);
        printf("\n");
        if (other) {
            print_difference(&claims[i], verdict, findings[i]);
        }
    }
    printf("\n%zu claims: %zu as the pages say, %zu otherwise, %zu not "
           "run.\n",
           n, n - unknown - differ, differ, unknown);
    return unknown == n ? COURSE_CANNOT : differ > 0 ? COURSE_OTHERWISE : 0;
}

/* The list as Markdown. */
static int
list(size_t n)
{
    printf("| claim | page | its words |\n|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        printf("| %s | %s | %s |\n", claims[i].id, claims[i].page,
               claims[i].text);
    }
    return 0;
}

int
course_claims(int argc, char **argv)
{
    char path[CHILD_LINE_BYTES];
    const char *from = NULL;
    bool listed = false;
    const struct flag flags[] = {
        FLAG_TEXT("from", 0, "FILE", &from,
                  "Read what compare measures from its results there"),
        FLAG_ON("list", 0, &listed,
                "Print the claims as Markdown, and run nothing"),
        {0},
    };
    size_t n = 0;
    FILE *log;

    flags_parse("course claims",
                "Run all that the pages' claims hang on, and say which hold "
                "on this machine.",
                flags, NULL, argc, argv);
    for (; claims[n].id && n < CLAIMS_MAX; n++) {
        const struct claim *claim = &claims[n];

        findings[n][HOLDS].experiment =
            experiment_find(claim->holds.experiment);
        findings[n][TOO].experiment =
            claim->too.experiment ? experiment_find(claim->too.experiment)
                                  : NULL;
    }
    if (listed) {
        return list(n);
    }
    from = course_begin(from);
    log = course_file("claims.log", "we", path);
    if (experiments_run(findings[0], n * HANGS_ON, from, log) != 0) {
        return COURSE_INTERRUPTED;
    }
    fclose(log);
    int status = print_verdicts(n);
    printf("What was run, and what it printed: %s\n", path);
    return status;
}
