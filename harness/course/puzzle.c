/*
 * puzzle.c: a wrong server to be mended. See course.h and puzzles.md.
 *
 * A puzzle is a row of puzzles.table and a mutant of tests/mutants: in
 * mine/puzzle-N are the sources of its model with the mutant's change in
 * them. The cases that kill the mutant say what a client sees of it, and when
 * it is mended. The mutant's name would give it away, and is not printed.
 */
#include <err.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/course/course.h"

#define HINTS    3
#define PROGRESS "mine/progress" /* lines: "puzzle-7 hints 2, solved" */

/* What any echo server does: asked with the cases of its model's puzzles when
 * its own pass: to take a feature out, or to put a fault in, is no solution.
 */
#define NEIGHBOURS                                                           \
    "A01,A02,A05,A07_half_close,A15_no_cross_talk,B02_descriptors,B05,G01,"  \
    "G05,H01,H02,H04_dripping,H04_silent,H06_active,H06_idle,delay"

/* A row, and what this student has made of it. */
static struct puzzle {
    const char *mutant;       /* tests/mutants/NAME.diff */
    const char *title;        /* what a client sees, no more */
    const char *hints[HINTS]; /* from vague to plain */
    const char *why;          /* where the world has met such a fault */
    int number;               /* from 1, in the order of the table */
    char folder[24];          /* "mine/puzzle-7" */
    char model[16];           /* whose sources are in it */
    char cases[256];          /* that kill the mutant: "A02_x,A07_y" */
    int hinted;               /* so many hints were asked for */
    bool solved;              /* it was once, whatever it is now */
} puzzles[ROWS_MAX];
static int npuzzles; /* that the table has */

static void
take_row(char **columns, size_t n)
{
    struct puzzle *puzzle = &puzzles[n];
    char diff[1 << 14];

    puzzle->mutant = columns[0];
    puzzle->title = columns[1];
    memcpy(puzzle->hints, columns + 2, sizeof puzzle->hints);
    puzzle->why = columns[2 + HINTS];
    puzzle->number = ++npuzzles;
    PUT(puzzle->folder, "mine/puzzle-%d", npuzzles);
    proc_read(diff, sizeof diff, "tests/mutants/%s.diff", puzzle->mutant);
    const char *model = proc_behind(diff, "model: ");
    const char *cases = proc_behind(diff, "killed by: ");
    sscanf(model ? model : "", "%15s", puzzle->model);
    sscanf(cases ? cases : "", "%255[^\n]", puzzle->cases);
    for (char *blank = puzzle->cases; (blank = strchr(blank, ' '));) {
        *blank = ',';
    }
}

static void
read_progress(void)
{
    char text[1 << 14], solved[2];
    char *rest = text;

    proc_read(text, sizeof text, PROGRESS);
    for (char *line; (line = strsep(&rest, "\n"));) {
        int number, hints;
        int n =
            sscanf(line, "puzzle-%d hints %d, %1s", &number, &hints, solved);
        if (n >= 2 && number >= 1 && number <= npuzzles && hints <= HINTS) {
            struct puzzle *it = &puzzles[number - 1];

            it->solved |= n == 3;
            it->hinted = hints > it->hinted ? hints : it->hinted;
        }
    }
}

/* Append a line: so many hints, and ", solved" or "". */
static void
keep(const struct puzzle *puzzle, int hints, const char *solved)
{
    mkdir("mine", 0777);
    FILE *file = fopen(PROGRESS, "ae");
    if (!file ||
        fprintf(file, "puzzle-%d hints %d%s\n", puzzle->number, hints,
                solved) < 0 ||
        fclose(file) != 0) {
        err(COURSE_CANNOT, "%s", PROGRESS);
    }
}

static int
list(void)
{
    int nsolved = 0;
    struct text bar = {0};

    for (const struct puzzle *it = puzzles; it < puzzles + npuzzles; it++) {
        printf("%2d  %-10s  %-45s  %s", it->number, it->model, it->title,
               it->solved ? "solved" : "open");
        printf(it->hinted > 0 ? ", hints: %d\n" : "\n", it->hinted);
        text_add(&bar, it->solved ? "#" : ".");
        nsolved += it->solved;
    }
    printf("\n[%s] %d of %d solved\n", bar.bytes, nsolved, npuzzles);
    return 0;
}

static void
add_hints(struct document *document, const struct puzzle *puzzle, int n)
{
    for (int i = 0; i < n; i++) {
        document_item(document, "hint", "%s", puzzle->hints[i]);
    }
}

/* Read what suites have printed. Of the first case that has failed the
 * document gets "FILE:LINE:F:SUITE:test_CASE:0: MODEL: what was seen", and
 * its further lines, such as "came: nothing"; of one that could not be tried,
 * why. Returns how many cases failed, and how many passed in `*passed`. */
static int
read_log(struct document *document, FILE *log, const char *model, int *passed)
{
    int failed = 0;
    bool inside = false;
    char line[TEXT_BYTES];

    while (fgets(line, sizeof line, log)) {
        char *words = strstr(line, ":test_");
        char *colon = strstr(line, ": ");
        int good, bad;

        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%*s %d passed, %d failed", &good, &bad) == 2) {
            *passed += good;
            failed += bad;
        }
        inside = inside && !words && strncmp(line, model, strlen(model)) != 0;
        if (words && colon && document->nblocks == 1) {
            document_item(document, "case", "%.*s",
                          (int)strcspn(words + 6, ":"), words + 6);
            document_item(document, "seen", "%s", colon + 2);
            inside = true;
        } else if (colon && (inside || strncmp(line, "skipped", 7) == 0)) {
            *colon = '\0';
            document_item(document, line, "%s", colon + 2);
        }
    }
    return failed;
}

/* Have both suites try its cases, or all that are asked, at it; returns
 * as read_log does. Blocks for seconds. */
static int
ask(struct document *document, const struct puzzle *puzzle, bool all,
    int *passed)
{
    const char *build = course_build();
    char said[CHILD_LINE_BYTES];
    struct text line = {0};
    FILE *log = course_file(strchr(puzzle->folder, '/') + 1, "w+e", said);

    text_add(&line,
             "export FIVEWAYS_BIN=\"$BIN\" FIVEWAYS_VARIANT=$VARIANT; "
             "for suite in conformance faults; do %s/tests/$suite "
             "--model=%s --program=%s/%s --case=%s",
             build, puzzle->model, build, puzzle->folder,
             all ? NEIGHBOURS : puzzle->cases);
    for (const struct puzzle *it = puzzles; all && it->mutant; it++) {
        if (strcmp(it->model, puzzle->model) == 0) {
            text_add(&line, ",%s", it->cases);
        }
    }
    text_add(&line, "; done >%s 2>&1", said);
    *passed = 0;
    child_run(line.bytes, NULL);
    int failed = read_log(document, log, puzzle->model, passed);
    fclose(log);
    return failed;
}

/* Make the folder, whole or not at all, where it can be judged. */
static void
begin(const struct puzzle *puzzle)
{
    struct text line = {0};

    text_add(&line,
             "test -x $BIN/%s && test -x $BIN/../tests/faults && to=%s && "
             "new=$to.new && rm -rf $new && mkdir -p $new && cp -RL %s $new "
             "&& cd $new && rm -f */hello.c */bufferevent.c */README.md && "
             "patch -s -p0 --no-backup-if-mismatch "
             "<../../tests/mutants/%s.diff && touch */* && cd ../.. && "
             "mv $new $to",
             puzzle->model, puzzle->folder, puzzle->model, puzzle->mutant);
    if (child_run(line.bytes, NULL) != 0 && !course_interrupted) {
        errx(COURSE_CANNOT,
             "it takes %s as it came, the tests, and patch(1); please say "
             "'make deps', and then 'make puzzle'",
             puzzle->model);
    }
}

/* Begin a puzzle, or judge what was made of it, and say so in the document.
 * Returns the exit status; with Ctrl-C any. */
static int
play(struct document *document, const struct puzzle *puzzle)
{
    bool begun = access(puzzle->folder, F_OK) == 0;
    char line[CHILD_LINE_BYTES];
    int passed, failed, tries = begun ? 1 : 3; /* busy machines hide some */

    if (!begun) {
        begin(puzzle);
    }
    PUT(line, "make -s %s/%s 2>&1", course_build(), puzzle->folder);
    child_show(line);
    if (child_run(line, NULL) != 0) {
        return COURSE_OTHERWISE;
    }
    document_heading(document, "Puzzle %d of %d, %s: %s", puzzle->number,
                     npuzzles, puzzle->model, puzzle->title);
    do {
        failed = ask(document, puzzle, false, &passed);
    } while (failed == 0 && passed > 0 && --tries > 0);
    if (failed == 0 && !(begun && passed > 0)) {
        PUT(line, "rm -r %s", puzzle->folder);
        child_run(begun ? "" : line, NULL);
        document_item(document, "sorry",
                      "this machine does not show it; make puzzle N=%d",
                      puzzle->number % npuzzles + 1);
        return COURSE_CANNOT;
    }
    if (failed == 0) {
        failed = ask(document, puzzle, true, &passed);
    }
    add_hints(document, puzzle, failed == 0 ? HINTS : puzzle->hinted);
    if (failed == 0 && !course_interrupted) {
        keep(puzzle, puzzle->hinted, ", solved");
        document_item(document, "solved", "all %d cases pass", passed);
        document_item(document, "why", "%s", puzzle->why);
        document_item(document, "next", "make puzzle");
        return 0;
    }
    document_item(document, "edit", "%s/%s", puzzle->folder, puzzle->model);
    document_item(document, "then", "make puzzle N=%d; hints: HINT=1, 2, 3",
                  puzzle->number);
    return begun ? COURSE_OTHERWISE : 0;
}

int
course_puzzle(int argc, char **argv)
{
    table_read("puzzles", 3 + HINTS, take_row); /* how many there are */

    const struct report_paper paper = report_paper_of(stdout);
    int number = 0, hint = 0, status = 0;
    bool all = false;
    const struct flag flags[] = {
        FLAG_NUMBER("n", 0, NULL, &number, 1, npuzzles,
                    "This one; else the first that is not solved"),
        FLAG_ON("list", 0, &all, "List them, and how far you are"),
        FLAG_NUMBER("hint", 0, NULL, &hint, 1, HINTS, "Show so many hints"),
        {0},
    };
    struct document document = {0};

    flags_parse("course puzzle",
                "A wrong server in mine/puzzle-N: make it, or judge it.",
                flags, NULL, argc, argv);
    read_progress();
    for (int i = 0; i < npuzzles && number == 0; i++) {
        number = puzzles[i].solved ? 0 : i + 1;
    }
    if (all || number == 0) {
        return list();
    }
    if (hint > 0) {
        keep(&puzzles[number - 1], hint, "");
        add_hints(&document, &puzzles[number - 1], hint);
    } else {
        course_begin();
        status = play(&document, &puzzles[number - 1]);
    }
    if (course_interrupted) {
        return COURSE_INTERRUPTED;
    }
    document_print_text(stdout, &document, &paper);
    return status;
}
