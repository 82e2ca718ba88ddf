/*
 * book_code.c: two sources in a terminal. See book.h.
 */
#include <string.h>
#include <sys/param.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

#define SOURCE_WIDTH 78 /* columns that no line of ours exceeds */

static int column;  /* how wide each of two is; 0: there is one */
static bool colour; /* escape sequences are welcome */

static const char bold[] = "\33[1m";
static const char red[] = "\33[31m";
static const char green[] = "\33[32m";

static void
put(const char *escape, const char *mark, int width, const char *text)
{
    printf("%s%s%-*s%s", colour ? escape : "", mark, width, text,
           colour && escape[0] != '\0' ? "\33[0m" : "");
}

/* Print a line of each, or of one and NULL. */
static void
put_pair(const struct line *a, const struct line *b)
{
    bool differs = (a && a->alone) || (b && b->alone);

    if (column > 0) {
        put(differs ? red : "", "", column, a ? a->text : "");
        put(differs ? green : "",
            !differs ? "   "
            : !b     ? " < "
            : !a     ? " > "
                     : " | ",
            0, b ? b->text : "");
    } else if (a) {
        put(differs ? red : "", differs ? "- " : "  ", 0, a->text);
    } else if (differs) {
        put(green, "+ ", 0, b->text);
    } else {
        return; /* the same code as A's, in one line more */
    }
    putchar('\n');
}

/* How many lines are alone from here on. */
static size_t
count_alone(const struct part *part, size_t at)
{
    size_t begin = at;

    while (at < part->n && part->lines[at].alone) {
        at++;
    }
    return at - begin;
}

/* Print two parts, of which one may have no lines, below their names. */
static void
put_parts(struct part *a, struct part *b)
{
    const struct part *parts[] = {a, b};
    bool same = parts_compare(a, b);
    size_t i = 0;
    size_t j = 0;

    for (int k = 0; k < 2; k++) {
        if (parts[k]->n > 0) {
            put(bold, k == 0 ? "--- " : "+++ ", 0, parts[k]->path);
            printf(":%d %s\n", parts[k]->number, parts[k]->name);
        }
    }
    fputs(same ? "(the same text, proved by a test)\n" : "", stdout);
    while (i < a->n || j < b->n) {
        size_t na = count_alone(a, i);
        size_t nb = column > 0 || na == 0 ? count_alone(b, j) : 0;

        if (na + nb == 0) {
            na = i < a->n;
            nb = j < b->n;
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

/* Print a step: what has the same name beside each other. */
static void
put_row(const struct row *row, const struct excerpt *a,
        const struct excerpt *b)
{
    put(bold, "==== ", 0, row->name);
    printf(" ==== %s\n\n", row->question);
    for (size_t i = 0; i < a->n; i++) {
        put_parts(a->parts[i], excerpt_find(b, a->parts[i]->name));
    }
    for (size_t i = 0; i < b->n; i++) {
        struct part *other = excerpt_find(a, b->parts[i]->name);
        if (other->n == 0) {
            put_parts(other, b->parts[i]);
        }
    }
}

void
book_print_code(const struct book *book, int width, const int models[2],
                struct part *const parts[2])
{
    colour = wants_colour(stdout);
    column = 2 * SOURCE_WIDTH + 3 <= width ? SOURCE_WIDTH : 0;
    if (parts[0]) {
        put_parts(parts[0], parts[1]);
        return;
    }
    for (size_t i = 0; i < book->n; i++) {
        const struct excerpt *excerpts = book->rows[i].excerpts;
        const struct excerpt *a = &excerpts[models[0]];
        const struct excerpt *b = &excerpts[models[1]];

        if (a->n + b->n > 0) {
            put_row(&book->rows[i], a, b);
        }
    }
}
