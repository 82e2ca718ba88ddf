/*
 * book.h: the sources, cut into parts that can be laid side by side; within
 * the folder. What is cut lives until the program ends.
 */
#ifndef FIVEWAYS_BOOK_H
#define FIVEWAYS_BOOK_H

#include "harness/course/course.h"

enum {
    BOOK_ROWS_MAX = 16,
    BOOK_PARTS_MAX = 8,               /* of a model in a row */
    BOOK_COLUMNS = COURSE_MODELS + 1, /* behind the models the contract */
};

/* A line of a source. */
struct line {
    char *text;       /* as it stands there */
    char *words;      /* what counts in it: see line_words() */
    bool alone;       /* what its part was last compared with lacks it */
    unsigned differs; /* a bit for each model that lacks it */
};

/* A function, a struct, or variables; with the comment above. */
struct part {
    const char *path;   /* its source: "selectloop/server.c" */
    const char *name;   /* "conn_echo_cb"; "card": the first comment of all;
                         * of variables the first one's */
    int number;         /* of its first line, from 1 */
    struct line *lines; /* all of it */
    size_t n;           /* how many */
    size_t code;        /* of these are the comment above it */
    unsigned same;      /* a bit for each model with the same code */
};

/* What a model has in a row. */
struct excerpt {
    struct part *parts[BOOK_PARTS_MAX]; /* from above */
    size_t n;                           /* how many; 0: it lacks the step */
};

/* A step that each server takes: a row of harness/course/book.steps. */
struct row {
    const char *name;                      /* also its anchor */
    const char *question;                  /* which it answers */
    struct excerpt excerpts[BOOK_COLUMNS]; /* of each column */
};

/* All of it. */
struct book {
    struct row rows[BOOK_ROWS_MAX]; /* in the order of the steps */
    size_t n;                       /* how many */
};

/* ---- cutting and comparing (book_cut.c) -------------------------------- */

/* How long the word is that begins here, and of it the prefix that says whose
 * loop or scheduler it is, such as "co_"; 0: there is none. */
size_t word_length(const char *text);
size_t word_prefix(const char *word);

/* Cut the sources below the current folder into a book that is all zero. Says
 * in a sentence what is not there and returns -1; or 0. */
int book_cut(struct book *book);

/* The part of that name, or else of the one with or without "_cb", which says
 * that it is called back; or one without lines. */
struct part *excerpt_find(const struct excerpt *excerpt, const char *name);

/* Find the lines that either has alone. True if both have the same code: then
 * none of it is alone, however its lines are broken. */
bool parts_compare(struct part *a, struct part *b);

/* ---- printing (book_page.c; book_code.c) ------------------------------- */

/* Print the page by its template, with what a run read at `from` has shown of
 * each model. Errors are left for ferror(). */
void book_print_page(FILE *file, FILE *template, const struct book *book,
                     const struct results *results, const char *from);

/* Print two models step by step for a terminal that is so wide; with names of
 * parts, only these. */
void book_print_code(const struct book *book, int width, const int models[2],
                     struct part *const parts[2]);

#endif
