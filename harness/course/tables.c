/*
 * tables.c: reads the tables of the course. See course.h.
 *
 * They are texts, so that a lecturer can add a question of the day without a
 * compiler: a row a line, columns between bars, "#" begins a comment, and a
 * line that begins with a blank goes on with the row above. What is wrong in
 * one is told with its line, and ends the program.
 */
#include <err.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/course.h"

enum {
    ROWS_MAX = 250,   /* of a table */
    COLUMNS_MAX = 8,  /* of a row */
    ROW_BYTES = 1024, /* of a row */
};

static struct experiment experiment_rows[ROWS_MAX + 1];
static struct prediction prediction_rows[ROWS_MAX + 1];
static struct claim claim_rows[ROWS_MAX + 1];
static struct claim exercise_rows[ROWS_MAX + 1];
const struct experiment *const experiments = experiment_rows;
const struct prediction *const predictions = prediction_rows;
const struct claim *const claims = claim_rows;
const struct claim *const exercises = exercise_rows;

static const char *table_name; /* that is being read */
static int table_line;         /* ... where its last row begins */

static _Noreturn void
refuse(const char *what, const char *text)
{
    errx(COURSE_CANNOT, "%s:%d: %s: '%s'", table_name, table_line, what,
         text);
}

const struct experiment *
experiment_find(const char *key)
{
    for (const struct experiment *row = experiments; row->key; row++) {
        if (strcmp(row->key, key) == 0) {
            return row;
        }
    }
    return NULL;
}

/* The one that a row of another table names. */
static const struct experiment *
read_key(const char *key)
{
    const struct experiment *row = experiment_find(key);

    if (!row) {
        refuse("there is no such experiment", key);
    }
    return row;
}

/* The next word of a text, cut off there; "" at its end. */
static char *
next_word(char **text)
{
    *text += strspn(*text, " ");
    char *word = *text;
    *text += strcspn(*text, " ");
    if (**text != '\0') {
        *(*text)++ = '\0';
        *text += strspn(*text, " ");
    }
    return word;
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

/* Read "7", "10..20", "10.." or "..20". */
static void
read_range(char *text, double *low, double *high)
{
    char *dots = strstr(text, "..");

    if (dots) {
        *dots = '\0';
    }
    *low = read_number(text, -INFINITY);
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

static void
read_experiment(char **columns, void *to)
{
    static const char *const kinds[] = {"drive", "compare", "lie", "shell"};
    struct experiment *row = to;
    char *what = columns[2];
    char *load = strstr(what, " -- ");
    char line[ROW_BYTES];

    row->key = columns[0];
    row->kind = read_choice(columns[1], kinds, COUNT(kinds));
    row->figure = columns[3];
    row->unit = strcmp(columns[4], "-") == 0 ? "" : columns[4];
    row->shows = columns[5];
    row->server = row->load = "";
    if (row->kind == EXPERIMENT_DRIVE) {
        row->load = load ? load + strlen(" -- ") : "";
        row->server = strndup(what, load ? (size_t)(load - what) : ROW_BYTES);
    } else if (row->kind == EXPERIMENT_SHELL) {
        snprintf(line, sizeof line, ". harness/course/experiments.sh; %s",
                 what);
        row->server = strdup(line);
    } else if (row->kind == EXPERIMENT_COMPARE) {
        row->scenario = strsep(&what, ",");
        if (!what || !strchr(what, ' ')) {
            refuse("is no SCENARIO,CLIENTS MODEL/OTHER", row->scenario);
        }
        row->clients = atoi(next_word(&what));
        row->model = strsep(&what, "/");
        row->over = what;
    }
}

static void
read_prediction(char **columns, void *to)
{
    struct prediction *row = to;

    row->lesson = strsep(&columns[0], ".");
    row->id = columns[0];
    row->experiment = read_key(columns[1]);
    row->question = columns[2];
    for (int i = 0; i < CHOICES_MAX && columns[3 + i]; i++) {
        struct choice *choice = &row->choices[i];

        read_range(next_word(&columns[3 + i]), &choice->low, &choice->high);
        choice->text = columns[3 + i];
    }
    if (!row->id) {
        refuse("has no point", row->lesson);
    }
}

/* Its bounds are "KEY RANGE & KEY RANGE ...". */
static void
read_claim(char **columns, void *to)
{
    static const char *const verdicts[] = {"true", "conditional", "false"};
    struct claim *row = to;

    row->id = columns[0];
    row->page = columns[1];
    row->says = read_choice(columns[2], verdicts, COUNT(verdicts));
    row->text = columns[4];
    for (int i = 0; i < BOUNDS_MAX && columns[3]; i++) {
        char *each = strsep(&columns[3], "&");

        row->bounds[i].experiment = read_key(next_word(&each));
        read_range(next_word(&each), &row->bounds[i].low,
                   &row->bounds[i].high);
    }
    if (columns[3]) {
        refuse("is too much", columns[3]);
    }
}

/* A table: its file, how many columns a row has at least, what reads one into
 * which of its rows. */
static const struct table {
    const char *name;
    int columns;
    void (*read)(char **columns, void *row);
    void *rows;
    size_t row_bytes;
} tables[] = {
    {"experiments", 6, read_experiment, experiment_rows,
     sizeof *experiment_rows},
    {"predictions", 4, read_prediction, prediction_rows,
     sizeof *prediction_rows},
    {"claims", 5, read_claim, claim_rows, sizeof *claim_rows},
    {"exercises", 5, read_claim, exercise_rows, sizeof *exercise_rows},
};

/* Cut a row into its columns, which stay for good, and have it read. */
static void
take_row(const struct table *table, const char *text, size_t n)
{
    char *columns[COLUMNS_MAX + 1] = {NULL};
    char *rest = strdup(text);
    int ncolumns = 0;

    while (rest && ncolumns < COLUMNS_MAX) {
        char *bar = strstr(rest, " | ");

        columns[ncolumns++] = rest;
        rest = bar ? bar + strlen(" | ") : NULL;
        if (bar) {
            *bar = '\0';
        }
    }
    if (ncolumns < table->columns || rest || n == ROWS_MAX) {
        refuse("has too few columns, or too many, or is a row too many",
               text);
    }
    table->read(columns, (char *)table->rows + n * table->row_bytes);
}

static void
read_table(const struct table *table, FILE *file)
{
    char row[ROW_BYTES] = "";
    char line[ROW_BYTES];
    size_t n = 0;

    for (int number = 1;; number++) {
        bool more = fgets(line, sizeof line, file) != NULL;

        line[strcspn(line, "\n")] = '\0';
        if (more && line[0] == ' ') {
            text_append(row, sizeof row, " ", "%s", line + strspn(line, " "));
            continue;
        }
        if (row[0] != '\0') {
            take_row(table, row, n++);
            row[0] = '\0';
        }
        if (!more) {
            return;
        }
        if (line[0] != '#') {
            strcpy(row, line);
            table_line = number;
        }
    }
}

void
tables_load(void)
{
    static char path[PATH_MAX];

    for (size_t i = 0; i < COUNT(tables); i++) {
        snprintf(path, sizeof path, "%s/harness/course/%s.table",
                 course_top(), tables[i].name);
        FILE *file = fopen(path, "re");
        if (!file) {
            err(COURSE_CANNOT, "%s: the course needs the sources around it",
                path);
        }
        table_name = path;
        read_table(&tables[i], file);
        fclose(file);
    }
}
