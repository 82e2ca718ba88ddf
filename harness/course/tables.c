/*
 * tables.c: reads the tables of the course. See course.h.
 *
 * They are texts, so that a lecturer can add a question of the day without a
 * compiler: a row a line, columns between bars, "#" begins a comment, and a
 * line that begins with a blank goes on with the row above. What is wrong in
 * one is told with its row, and ends the program.
 */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/course.h"

enum {
    TABLE_BYTES = 1 << 16,
    TABLE_COLUMNS = 12, /* at the most */
};

struct experiment experiments[ROWS_MAX + 1];
struct prediction predictions[ROWS_MAX + 1];
struct claim claims[ROWS_MAX + 1], exercises[ROWS_MAX + 1];
static struct claim *rows_to = claims; /* those of either */

const char *const claim_words[CLAIM_VERDICTS] = {"true", "conditional",
                                                 "false", "not run"};

static const char *table_name; /* that is being read */
static const char *table_row;  /* ... the first column of its row */

static _Noreturn void
refuse(const char *what, const char *text)
{
    errx(COURSE_CANNOT, "harness/course/%s.table: %s: %s: '%s'", table_name,
         table_row, what, text);
}

/* ---- words of a row ---------------------------------------------------- */

struct experiment *
experiment_find(const char *key)
{
    for (struct experiment *row = experiments; row->key; row++) {
        if (strcmp(row->key, key) == 0) {
            return row;
        }
    }
    return NULL;
}

/* The one that a row of another table names. */
static struct experiment *
read_key(const char *key)
{
    struct experiment *row = experiment_find(key);

    if (!row) {
        refuse("there is no such experiment", key);
    }
    return row;
}

/* The number that a text is; `otherwise` if it is none at all. */
static double
read_number(const char *text, double otherwise)
{
    char *end;
    double number = strtod(text, &end);

    if (*end != '\0') {
        refuse("is no number, and no range such as 10..20", text);
    }
    return end == text ? otherwise : number;
}

/* Read "7", "10..20", "10.." or "..20", up to a blank. */
static void
read_range(char **text, double *low, double *high)
{
    char *range = strsep(text, " ");
    char *dots = range ? strstr(range, "..") : NULL;

    if (!range || range[0] == '\0') {
        refuse("lacks a range such as 10..20", "");
    }
    if (dots) {
        *dots = '\0';
    }
    *low = read_number(range, -INFINITY);
    *high = dots ? read_number(dots + 2, INFINITY) : *low;
}

/* Which of these words it is. */
static int
read_choice(const char *word, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0) {
            return i;
        }
    }
    refuse("is not known there", word);
}

/* ---- rows -------------------------------------------------------------- */

static void
read_experiment(char **columns, size_t n)
{
    static const char *const kinds[] = {"drive", "lie", "shell"};
    struct experiment *row = &experiments[n];
    char *load = strstr(columns[2], " -- ");

    row->key = columns[0];
    row->kind = read_choice(columns[1], kinds, COUNT(kinds));
    row->figure = columns[3];
    row->unit = strcmp(columns[4], "-") == 0 ? "" : columns[4];
    row->shows = columns[5];
    row->load = "";
    row->number = NAN;
    row->server = columns[2];
    if (load) {
        *load = '\0';
        row->load = load + strlen(" -- ");
    }
}

static void
read_prediction(char **columns, size_t n)
{
    struct prediction *row = &predictions[n];

    row->lesson = strsep(&columns[0], ".");
    row->id = columns[0] ? columns[0] : "";
    row->experiment = read_key(columns[1]);
    row->question = columns[2];
    for (char **it = columns + 3; *it && row->nchoices < CHOICES_MAX; it++) {
        struct choice *choice = &row->choices[row->nchoices++];

        read_range(it, &choice->low, &choice->high);
        choice->text = *it ? *it : "";
        if (it > columns + 3 && choice->low < choice[-1].high &&
            choice->high > choice[-1].low) {
            refuse("is in part the choice before, too", choice->text);
        }
    }
}

/* Its bounds are "KEY RANGE & KEY RANGE ...". */
static void
read_claim(char **columns, size_t n)
{
    struct claim *row = &rows_to[n];
    char *bounds = columns[3];

    row->id = columns[0];
    row->page = columns[1];
    row->says = read_choice(columns[2], claim_words, CLAIM_UNKNOWN);
    row->text = columns[4];
    for (int i = 0; i < BOUNDS_MAX && bounds; i++) {
        row->bounds[i].experiment = read_key(strsep(&bounds, " "));
        read_range(&bounds, &row->bounds[i].low, &row->bounds[i].high);
        strsep(&bounds, " "); /* the & between them */
    }
    if (bounds) {
        refuse("is too much", bounds);
    }
}

/* ---- tables ------------------------------------------------------------ */

/* Have one blank for several, and for the end of a line before one. */
static void
fold(char *text)
{
    char *to = text;

    for (char *from = text; *from; from++) {
        bool blank = *from == ' ' || (*from == '\n' && from[1] == ' ');

        if (!blank || to == text || to[-1] != ' ') {
            *to++ = *(blank ? " " : from);
        }
    }
    *to = '\0';
}

void
table_read(const char *name, int least,
           void (*take)(char **columns, size_t n))
{
    char *rest = calloc(1, TABLE_BYTES);
    size_t n = 0;

    if (proc_read(rest, TABLE_BYTES, "harness/course/%s.table", name) == 0) {
        errx(COURSE_CANNOT,
             "there is no harness/course/%s.table here; please start this in "
             "the folder of Fiveways",
             name);
    }
    table_name = name;
    fold(rest);
    for (char *row; (row = strsep(&rest, "\n"));) {
        char *columns[TABLE_COLUMNS + 1] = {row};
        int ncolumns = 1;
        char *bar;

        if (row[0] == '#' || row[0] == '\0') {
            continue;
        }
        while ((bar = strstr(columns[ncolumns - 1], " | ")) &&
               ncolumns < TABLE_COLUMNS) {
            *bar = '\0';
            columns[ncolumns++] = bar + strlen(" | ");
        }
        table_row = row;
        if (ncolumns < least || bar || n == ROWS_MAX) {
            refuse("has too few columns, or too many, or is a row too many",
                   columns[ncolumns - 1]);
        }
        take(columns, n++);
    }
}

void
tables_load(void)
{
    table_read("experiments", 6, read_experiment);
    table_read("predictions", 4, read_prediction);
    table_read("claims", 5, read_claim);
    rows_to = exercises;
    table_read("exercises", 5, read_claim);
}
