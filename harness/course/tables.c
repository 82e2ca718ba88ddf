/*
 * tables.c: reads the tables of the course. See course.h.
 *
 * They are texts, so that a lecturer can add a question of the day without a
 * compiler: a row a line, columns between bars, "#" begins a comment, and a
 * line that begins with a blank goes on with the row above. What is wrong in
 * one is told with its line, and ends the program.
 */
#include <errno.h>
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
static struct exercise exercise_rows[ROWS_MAX + 1];
const struct experiment *const experiments = experiment_rows;
const struct prediction *const predictions = prediction_rows;
const struct claim *const claims = claim_rows;
const struct exercise *const exercises = exercise_rows;

static const char *table_name; /* that is being read */
static int table_line;         /* ... where its last row begins */

static _Noreturn void
refuse(const char *what, const char *text)
{
    fprintf(stderr, "course: %s:%d: %s: '%s'\n", table_name, table_line, what,
            text);
    exit(COURSE_CANNOT);
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

/* Read "KEY RANGE & KEY RANGE ...", at most n. */
static void
read_bounds(char *text, struct bounds *bounds, size_t n)
{
    for (size_t i = 0; i < n && *text != '\0'; i++) {
        bounds[i].experiment = next_word(&text);
        read_range(next_word(&text), &bounds[i].low, &bounds[i].high);
        if (!experiment_find(bounds[i].experiment)) {
            refuse("there is no such experiment", bounds[i].experiment);
        }
        if (*text == '&') {
            next_word(&text);
        }
    }
    if (*text != '\0') {
        refuse("is too much", text);
    }
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
read_experiment(char **columns, size_t n)
{
    static const char *const kinds[] = {"drive", "compare", "mutant", "lie",
                                        "shell"};
    struct experiment *row = &experiment_rows[n];
    char *what = columns[2];
    char line[ROW_BYTES];

    row->key = columns[0];
    row->kind = read_choice(columns[1], kinds, COUNT(kinds));
    row->figure = columns[3];
    row->unit = strcmp(columns[4], "-") == 0 ? "" : columns[4];
    row->shows = columns[5];
    row->server = what;
    if (row->kind == EXPERIMENT_DRIVE) {
        char *load = strstr(what, " -- ");

        if (load) {
            *load = '\0';
            row->load = load + strlen(" -- ");
        }
    } else if (row->kind == EXPERIMENT_SHELL) {
        snprintf(line, sizeof line, ". harness/course/experiments.sh; %s",
                 what);
        row->server = strdup(line);
    } else if (row->kind == EXPERIMENT_COMPARE) {
        char *models = strchr(what, ' ');
        char *clients = strchr(what, ',');

        if (!models || !clients) {
            refuse("is no SCENARIO,CLIENTS MODEL/OTHER", what);
        }
        *models++ = *clients++ = '\0';
        row->scenario = what;
        row->clients = atoi(clients);
        row->model = strsep(&models, "/");
        row->over = models;
    }
}

static void
read_prediction(char **columns, size_t n)
{
    struct prediction *row = &prediction_rows[n];

    row->lesson = strsep(&columns[0], ".");
    row->id = columns[0];
    row->experiment = columns[1];
    row->question = columns[2];
    for (int i = 0; i < CHOICES_MAX && columns[3 + i]; i++) {
        struct choice *choice = &row->choices[i];

        choice->text = columns[3 + i];
        read_range(next_word(&columns[3 + i]), &choice->low, &choice->high);
        choice->text = columns[3 + i];
    }
    if (!row->id || !experiment_find(row->experiment)) {
        refuse("there is no such lesson or experiment", row->experiment);
    }
}

static void
read_claim(char **columns, size_t n)
{
    static const char *const verdicts[] = {"true", "conditional", "false"};
    struct claim *row = &claim_rows[n];
    struct bounds both[2] = {{0}};

    row->id = columns[0];
    row->page = columns[1];
    row->says = read_choice(columns[2], verdicts, COUNT(verdicts));
    read_bounds(columns[3], both, 2);
    row->holds = both[0];
    row->too = both[1];
    row->text = columns[4];
}

static void
read_exercise(char **columns, size_t n)
{
    struct exercise *row = &exercise_rows[n];

    row->model = columns[0];
    read_bounds(columns[1], row->tests, COUNT(row->tests));
    row->task = columns[2];
}

/* A table: its file, how many columns a row has at least, what reads one. */
static const struct table {
    const char *name;
    int columns;
    void (*read)(char **columns, size_t n);
} tables[] = {
    {"experiments", 6, read_experiment},
    {"predictions", 4, read_prediction},
    {"claims", 5, read_claim},
    {"exercises", 3, read_exercise},
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
    table->read(columns, n);
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
    const char *build = strstr(course_bin(), "/build/");
    int top_bytes = build ? (int)(build - course_bin()) : 0;

    for (size_t i = 0; i < COUNT(tables); i++) {
        snprintf(path, sizeof path, "%.*s%sharness/course/%s.table",
                 top_bytes, course_bin(), build ? "/" : "", tables[i].name);
        FILE *file = fopen(path, "re");
        if (!file) {
            fprintf(stderr,
                    "course: %s: %s; the course needs the sources "
                    "around it\n",
                    path, strerror(errno));
            exit(COURSE_CANNOT);
        }
        table_name = path;
        read_table(&tables[i], file);
        fclose(file);
    }
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
