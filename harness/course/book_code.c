/*
 * book_code.c: two sources in a terminal, in two columns or as one text. See
 * book.h.
 */
#include <string.h>
#include <sys/param.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

static int column; /* how wide each of two is; 0: there is one */
static bool colour;

/* What a word is printed in. */
enum paint {
    PLAIN,
    RED,   /* A's alone */
    GREEN, /* B's alone */
    BOLD,
};

static void
put(enum paint paint, int width, const char *words)
{
    static const char *const escapes[] = {"", "\33[31m", "\33[32m", "\33[1m"};
    bool painted = colour && paint != PLAIN && words[0] != '\0';

    printf("%s%-*s%s", painted ? escapes[paint] : "", width, words,
           painted ? "\33[0m" : "");
}

/* Print a line of each, or of one of them and NULL. In one column lines that
 * are no different are A's. */
static void
put_pair(const struct line *a, const struct line *b)
{
    bool differs = (a && a->alone) || (b && b->alone);
    const char *left = a ? a->text : "";
    const char *right = b ? b->text : "";

    if (column > 0) {
        const char *mark = !differs ? "" : a && b ? "|" : a ? "<" : ">";
        bool more = mark[0] != '\0' || right[0] != '\0';

        put(differs ? RED : PLAIN, more ? column : 0, left);
        printf(more ? right[0] ? " %-1s " : " %s" : "", mark);
        put(differs ? GREEN : PLAIN, 0, right);
        putchar('\n');
        return;
    }
    if (a) {
        put(differs ? RED : PLAIN, 0, differs ? "-" : left[0] ? " " : "");
        printf("%s", left[0] ? " " : "");
        put(differs ? RED : PLAIN, 0, left);
        putchar('\n');
    }
    if (b && differs) {
        put(GREEN, 0, right[0] ? "+ " : "+");
        put(GREEN, 0, right);
        putchar('\n');
    }
}

/* How many lines are alone from here on. */
static size_t
count_alone(const struct part *part, size_t at)
{
    size_t n = 0;

    while (part && at + n < part->n && part->lines[at + n].alone) {
        n++;
    }
    return n;
}

/* Print two parts, or one and NULL, below their names. */
static void
put_parts(struct part *a, struct part *b)
{
    bool same = parts_compare(a, b);
    size_t i = 0;
    size_t j = 0;

    for (int k = 0; k < 2; k++) {
        const struct part *part = k ? b : a;
        struct text title = {0};

        if (part) {
            text_add(&title, "%s:%d %s", part->path, part->number,
                     part->name);
        }
        if (column > 0) {
            put(BOLD, k == 0 ? column + 3 : 0, title.bytes);
        } else if (part) {
            put(BOLD, 0, k ? "+++ " : "--- ");
            put(BOLD, 0, title.bytes);
            putchar('\n');
        }
    }
    printf("%s%s", column > 0 ? "\n" : "",
           same ? "(the same text, proved by a test)\n" : "");
    while ((a && i < a->n) || (b && j < b->n)) {
        size_t na = count_alone(a, i);
        size_t nb = column > 0 || na == 0 ? count_alone(b, j) : 0;

        if (na + nb == 0) {
            na = a && i < a->n;
            nb = b && j < b->n;
        }
        for (size_t k = 0; k < MAX(na, nb); k++) {
            put_pair(k < na ? &a->lines[i + k] : NULL,
                     k < nb ? &b->lines[j + k] : NULL);
        }
        i += na;
        j += nb;
    }
    putchar('\n');
}

/* Print a step of two models: what has the same name beside each other. */
static void
put_row(const struct row *row, const struct excerpt *a,
        const struct excerpt *b)
{
    struct text title = {0};

    text_add(&title, "==== %s ====", row->step->name);
    put(BOLD, 0, title.bytes);
    printf(" %s\n\n", row->step->question);
    for (size_t i = 0; i < a->n; i++) {
        put_parts(a->parts[i], excerpt_find(b, a->parts[i]->name));
    }
    for (size_t i = 0; i < b->n; i++) {
        if (!excerpt_find(a, b->parts[i]->name)) {
            put_parts(NULL, b->parts[i]);
        }
    }
}

static int
longest_line(const struct part *part)
{
    size_t longest = 0;

    for (size_t i = 0; part && i < part->n; i++) {
        longest = MAX(longest, strlen(part->lines[i].text));
    }
    return (int)longest;
}

void
book_print_code(const struct book *book, int width, const int models[2],
                struct part *const parts[2])
{
    colour = wants_colour(stdout);
    for (int side = 0; side < 2; side++) {
        column = MAX(column, longest_line(parts[side]));
        for (size_t i = 0; !parts[0] && i < book->n * BOOK_PARTS_MAX; i++) {
            const struct row *row = &book->rows[i / BOOK_PARTS_MAX];
            const struct excerpt *excerpt = &row->excerpts[models[side]];
            column =
                MAX(column, longest_line(excerpt->parts[i % BOOK_PARTS_MAX]));
        }
    }
    column = 2 * column + 3 <= width ? column : 0;
    if (parts[0]) {
        put_parts(parts[0], parts[1]);
        return;
    }
    for (size_t i = 0; i < book->n; i++) {
        const struct row *row = &book->rows[i];
        if (row->excerpts[models[0]].n + row->excerpts[models[1]].n > 0) {
            put_row(row, &row->excerpts[models[0]],
                    &row->excerpts[models[1]]);
        }
    }
}
