/*
 * book_code.c: two sources in a terminal, in two columns or as one text. See
 * book.h.
 */
#include <string.h>
#include <sys/param.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

static int column;  /* how wide each of two is; 0: there is one */
static bool colour; /* escape sequences are welcome */

static const char bold[] = "\33[1m";
static const char red[] = "\33[31m";
static const char green[] = "\33[32m";

static void
put(const char *escape, const char *mark, int width, const char *text)
{
    bool painted = colour && escape;

    printf("%s%s%-*s%s", painted ? escape : "", mark, width, text,
           painted ? "\33[0m" : "");
}

/* Print a line of each, or of one and NULL. */
static void
put_pair(const struct line *a, const struct line *b)
{
    bool differs = (a && a->alone) || (b && b->alone);

    if (column > 0) {
        put(differs ? red : NULL, "", column, a ? a->text : "");
        put(differs ? green : NULL,
            !differs ? "   "
            : !b     ? " < "
            : !a     ? " > "
                     : " | ",
            0, b ? b->text : "");
    } else if (a) {
        put(differs ? red : NULL, differs ? "- " : "  ", 0, a->text);
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

    while (part && at < part->n && part->lines[at].alone) {
        at++;
    }
    return at - begin;
}

/* Print two parts, or one and NULL, below their names. */
static void
put_parts(struct part *a, struct part *b)
{
    const struct part *parts[] = {a, b};
    bool same = parts_compare(a, b);
    size_t i = 0;
    size_t j = 0;

    for (int k = 0; k < 2; k++) {
        if (parts[k]) {
            put(bold, k == 0 ? "--- " : "+++ ", 0, parts[k]->path);
            printf(":%d %s\n", parts[k]->number, parts[k]->name);
        }
    }
    fputs(same ? "(the same text, proved by a test)\n" : "", stdout);
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

/* Print a step: what has the same name beside each other. */
static void
put_row(const struct book_step *step, const struct excerpt *a,
        const struct excerpt *b)
{
    put(bold, "==== ", 0, step->name);
    printf(" ==== %s\n\n", step->question);
    for (size_t i = 0; i < a->n; i++) {
        put_parts(a->parts[i], excerpt_find(b, a->parts[i]->name));
    }
    for (size_t i = 0; i < b->n; i++) {
        if (!excerpt_find(a, b->parts[i]->name)) {
            put_parts(NULL, b->parts[i]);
        }
    }
}

/* Make the columns wide enough for a part. */
static void
make_room(const struct part *part)
{
    for (size_t i = 0; part && i < part->n; i++) {
        column = MAX(column, (int)strlen(part->lines[i].text));
    }
}

void
book_print_code(const struct book *book, int width, const int models[2],
                struct part *const parts[2])
{
    const struct row *end = book->rows + book->n;

    colour = wants_colour(stdout);
    make_room(parts[0]);
    make_room(parts[1]);
    for (const struct row *row = book->rows; !parts[0] && row < end; row++) {
        for (int i = 0; i < BOOK_PARTS_MAX; i++) {
            make_room(row->excerpts[models[0]].parts[i]);
            make_room(row->excerpts[models[1]].parts[i]);
        }
    }
    column = 2 * column + 3 <= width ? column : 0;
    for (const struct row *row = book->rows; !parts[0] && row < end; row++) {
        if (row->excerpts[models[0]].n + row->excerpts[models[1]].n > 0) {
            put_row(row->step, &row->excerpts[models[0]],
                    &row->excerpts[models[1]]);
        }
    }
    if (parts[0]) {
        put_parts(parts[0], parts[1]);
    }
}
