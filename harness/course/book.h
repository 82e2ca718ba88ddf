/*
 * book.h: the sources, cut into parts that can be laid side by side; within
 * the folder. What is cut lives until the program ends.
 */
#ifndef FIVEWAYS_BOOK_H
#define FIVEWAYS_BOOK_H

#include "harness/base/models.h"
#include "harness/course/course.h"

enum {
    BOOK_COLUMNS = MODELS_COUNT + 1, /* behind the models the contract */
    PART_LINES_MAX = 200,
};

/* A line of a source. */
struct line {
    char *text;       /* as it stands there */
    char *words;      /* what counts in it: see line_words() */
    bool alone;       /* what its part was last compared with lacks it */
    unsigned differs; /* a bit for each model that lacks it */
};

/* A function or a struct with the comment above it; "card" is the first
 * comment of a source. */
struct part {
    struct part *next; /* that the same column has below it, or NULL */
    char path[64];     /* its source: "selectloop/server.c" */
    const char *name;  /* "conn_echo_cb" */
    int number;        /* of its first line, from 1 */
    struct line lines[PART_LINES_MAX]; /* all of it */
    size_t n;                          /* how many */
    size_t comment;                    /* of these are above the code */
    char *code;                        /* the words of the others */
    unsigned same; /* a bit for each model with the same code */
};

/* A step that each server takes: a row of harness/course/book.table. */
struct row {
    const char *name;                 /* also its anchor */
    const char *question;             /* which it answers */
    struct part *parts[BOOK_COLUMNS]; /* the first of each column; NULL: it
                                       * lacks the step */
};

/* Cut the sources below the current folder. Returns a row for each step, and
 * one of zeros behind; what is not there is told, and ends the program. */
const struct row *book_cut(void);

/* Of a part and those below it the one of that name, or else with or without
 * "_cb", which says that it is called back; or a part without lines. */
struct part *part_find(struct part *part, const char *name);

/* Find the lines that either has alone. True if both have the same code: then
 * none of it is alone, however its lines are broken. */
bool parts_compare(struct part *a, struct part *b);

#endif
