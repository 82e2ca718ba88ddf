/*
 * internal.h: what a report is put together from, within its folder.
 *
 * A document is built once, of headings, paragraphs, items and tables, and
 * printed by an emitter for each kind of reader. Every table is a sheet: rows
 * and columns each bring a scenario, a model or a figure, and where they meet
 * is a cell.
 */
#ifndef FIVEWAYS_REPORT_INTERNAL_H
#define FIVEWAYS_REPORT_INTERNAL_H

#include <limits.h>

#include "harness/load/load.h"
#include "harness/report/picture.h"
#include "harness/report/report.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- a document (document.c; terminal.c) --------------------------------
 *
 * All that is said is printable ASCII in the end, so that one byte is one
 * column on every terminal and no name or reason in a results file can move
 * the cursor or begin a line of its own.
 */

enum {
    TEXT_BYTES = 2048, /* the longest sentence, with its final 0 */
    COLUMNS_MAX = 80,  /* of a table */
};

/* A sentence under construction. All zero is an empty one. */
struct text {
    char bytes[TEXT_BYTES]; /* what there is, ending in 0 */
};

/* Append, formatted as by printf and cut off where it does not fit; the
 * second appends one of a list, with `between` it and the one before. */
#define text_add(text, ...) text_item(text, "", __VA_ARGS__)
#define text_item(text, between, ...)                                        \
    text_append((text)->bytes, TEXT_BYTES, between, __VA_ARGS__)

/* What a cell means, apart from its words. */
enum mark {
    MARK_NONE,
    MARK_BAD,  /* the news of its row */
    MARK_BEST, /* better than all others */
};

/* What a cell may show: CELLS_NAME and so on, see cells.h. */
enum cells_id {
#define CELL(name, ...) CELLS_##name,
#include "harness/report/cells.h"
#undef CELL
    CELLS, /* and from here on the figures, one by one */
};

/* A column of a table; the last four are for sheets alone. */
struct column {
    char above[32];      /* the heading of neighbours, or "" */
    char heading[32];    /* with its unit */
    const char *meaning; /* for below the table, or NULL */
    int drop;  /* where it is too narrow, the highest goes first; 0: never */
    bool left; /* words, not numbers */
    enum cells_id id;                  /* what it shows */
    const struct summary_group *group; /* instead of the row's, or NULL */
    const char *model;                 /* the same */
    bool speaks;                       /* one of its cells says something */
};

/* A cell. */
struct cell {
    char *words;    /* what it says, or "" */
    enum mark mark; /* what it means */
    bool rest;      /* a sentence that fills the rest of the row */
};

/* What a block is. */
enum block_kind {
    BLOCK_HEADING,
    BLOCK_PARAGRAPH,
    BLOCK_ITEM, /* a label and what there is to say of it */
    BLOCK_TABLE,
    BLOCK_FIGURE, /* a picture; in HTML only */
    BLOCK_FOLD,   /* from here to the next section all is folded away, each
                   * heading with what follows it; in HTML only */
};

/* One part of a document. */
struct block {
    enum block_kind kind;   /* what it is */
    char *label;            /* of an item; of a heading its anchor, or "" */
    char *words;            /* of all but a table; of a figure the SVG */
    struct column *columns; /* of a table */
    size_t ncolumns;        /* how many */
    struct cell *cells;     /* row by row */
    size_t ncells;          /* how many */
    bool legend;            /* explain its marks below it */
};

/* All zero is an empty document. */
struct document {
    struct block *blocks; /* from first to last */
    size_t nblocks;       /* how many */
};

/* Append a heading, a paragraph or an item with its label; of "" nothing. */
void document_say(struct document *document, enum block_kind kind,
                  const char *label, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#define document_heading(document, ...)                                      \
    document_say(document, BLOCK_HEADING, "", __VA_ARGS__)
#define document_paragraph(document, ...)                                    \
    document_say(document, BLOCK_PARAGRAPH, "", __VA_ARGS__)
#define document_item(document, label, ...)                                  \
    document_say(document, BLOCK_ITEM, label, __VA_ARGS__)

/* A heading that can be linked to: #anchor, which must be unique. */
#define document_section(document, anchor, ...)                              \
    document_say(document, BLOCK_HEADING, anchor, __VA_ARGS__)

/* Move all that is in another document to the end of this one, below a
 * heading unless that is ""; if it is empty, nothing. */
void document_append(struct document *document, const char *heading,
                     struct document *other);

/* Append a picture, which is freed with the document; nothing if NULL. */
void document_figure(struct document *document, char *svg);

/* Append a table of so many columns, to be filled row by row. */
struct block *document_table(struct document *document, size_t ncolumns);

/* Append the next cell of its row, and return it for what is special. */
struct cell *table_add(struct block *table, enum mark mark,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Take a column out of a table. */
void table_drop(struct block *table, size_t column);

/* Behind the last column from `from` on, and before `to`, of those that share
 * what stands above them. */
size_t table_neighbours(const struct block *table, size_t from, size_t to);

/* What its marks and headings mean, if that is to be explained, or "". */
struct text table_legend(const struct block *table);

/* Print for a terminal, and free it: no line is longer than the paper is
 * wide. Columns that do not fit go, then a table is continued below itself.
 */
void document_print_text(FILE *file, struct document *document,
                         const struct report_paper *paper);

/* Print as Markdown, and free it. */
void document_print_markdown(FILE *file, struct document *document);

/* How all but its pictures looks: page.css (style.c). */
extern const char page_style[];

/* Print as an HTML page, and free it. Returns 0, or -1 with errno. */
int document_print_page(FILE *file, struct document *document,
                        const char *title);

/* Free it; it is empty then. */
void document_free(struct document *document);

/* ---- cells (cells.c) ----------------------------------------------------
 *
 * "-" is not measured or not comparable, "never" is measured and did not
 * happen. None of them is ever printed as 0.
 */

/* Where a cell is; of a sheet's row what this brings to its cells. */
struct at {
    const struct summary_group *group; /* the scenario, or NULL */
    const char *model;                 /* or NULL */
    const char *base;                  /* what it is held against, or NULL */
};

/* Append what a cell says; returns what it means. */
enum mark cells_put(struct text *text, enum cells_id id, const struct at *at,
                    bool milliseconds);

/* Set what stands above a sheet's column, where it has no name of its own
 * yet; the meaning is that of the usual names. */
void cells_heading(struct column *column, bool milliseconds);

/* ---- sheets of them (document.c) --------------------------------------- */

/* A table to be. */
struct sheet {
    struct column columns[COLUMNS_MAX]; /* from left to right */
    size_t ncolumns;                    /* how many */
    struct at *rows;                    /* from above */
    size_t nrows;                       /* how many */
    bool milliseconds;                  /* its times are written in these */
};

/* Append a column, and return it for what is special. */
struct column *sheet_column(struct sheet *sheet, enum cells_id id, int drop);

/* Append a row for a model in a group, either of which may be NULL and then
 * comes from the columns. A row that has both, of a model that was not
 * measured, says why instead. */
struct at *sheet_row(struct sheet *sheet, const struct summary_group *group,
                     const char *model);

/* Append a row for each model of a group, or for those that were measured. */
void sheet_group(struct sheet *sheet, const struct summary_group *group,
                 bool measured);

/* Append the sheet to a document, but for columns that say nothing, with what
 * its marks mean if `legend` is set, and free it. */
void sheet_build(struct document *document, struct sheet *sheet, bool legend);

/* What scenarios are like; bits. A group has one of them. */
enum cells_kind {
    KIND_ONE = 1,      /* one client, as fast as it goes */
    KIND_MANY = 2,     /* several of them */
    KIND_IDLE = 4,     /* beside many that only wait */
    KIND_SILENT = 8,   /* behind one that never speaks */
    KIND_CONNECT = 16, /* a connection for each echo */
    KIND_WAIT = 32,    /* the server waits before each echo */
    KIND_WORK = 64,    /* the server works before each echo */
    KIND_BULK = 128,   /* long messages */
    KIND_RATE = 256,   /* an open loop */
};

/* The kind of a scenario, by its properties. */
enum cells_kind cells_kind(const struct life *life);

/* The group of a kind with most clients, `most` at most; NULL: none. */
const struct summary_group *group_up_to(const struct summary *summary,
                                        enum cells_kind kind, int most);
#define group_largest(summary, kind) group_up_to(summary, kind, INT_MAX)

#define MAIN_CLIENTS 64 /* of the main group, if that was measured */

/* The main group, or what comes closest; not to be looked at without any. */
const struct summary_group *group_main(const struct summary *summary);

/* True if everybody was served at the rate that was asked for. */
bool row_keeps_up(const struct summary_row *row);

/* What a row has to show in a chart, or NAN: nothing of who does not
 * serve all, and no time of who does not keep the rate. */
double row_shown(const struct summary_row *row, enum life_figure figure);

/* What the scenario of a group is like, shortly: "64 clients". */
struct text group_label(const struct summary_group *group);

/* ---- what the figures show (facts.c) ------------------------------------
 *
 * A fact is about a model in a scenario. It hangs on what the scenario is
 * like and on how the model works, never on their names, and is said only if
 * the numbers hold it up.
 */

/* How a model works, or a variant of one: MODEL_... bits of models.h. A
 * foreign server has none of them. */
unsigned facts_model(const char *model);

/* Append an item for each model of the main group that there is something to
 * say of: the weightiest facts of all scenarios, as many as fit into a line
 * or two; what an echo costs among many clients is that of the main group. */
void facts_headline(struct document *document, const struct summary *summary);

/* Append all that can be said of one group, an item for each model. */
void facts_group(struct document *document,
                 const struct summary_group *group);

/* ---- what an echo is made of (bill.c) ---------------------------------- */

/* Append the functions that take most instructions of an echo, an item for
 * each model; nothing if none were counted. */
void code_build(struct document *document, const struct summary_group *group);

/* What the CPU time of an echo is paid for. */
enum bill_kind {
    BILL_FLOOR,    /* one recv and one send */
    BILL_SOCKETS,  /* what they are dearer among many sockets */
    BILL_CALLS,    /* other system calls */
    BILL_SWITCHES, /* to fall asleep and be woken */
    BILL_USER,     /* outside of the kernel */
    BILL_REST,     /* is not explained; may be less than nothing */
    BILL_PARTS,
};
extern const char *const bill_parts[BILL_PARTS]; /* "recv + send" ... */

/* The bill. The parts add up to the total. */
struct bill {
    const struct summary_row *row; /* whose it is */
    double us[BILL_PARTS];         /* of each kind; 0 where it is none */
    double total_us;               /* as measured */
    struct text calls;             /* each call: "poll 0.07 us" */
};

/* Make the bill of a row. False if there is none: it was not measured, all
 * were not served, or what things cost is not known there. */
bool bill_of(struct bill *bill, const struct summary_row *row);

/* Append the bills of a group and what they show; without any, a sentence
 * where one would look for them. */
void bill_build(struct document *document, const struct summary_group *group);

/* ---- groups side by side (sweep.c) ------------------------------------- */

enum {
    SWEEP_MAX = 16,              /* points of a line */
    MODELS_MAX = SERIES_MAX - 2, /* in a chart, with room for theory */
    NUMBERS_MAX = 4,             /* columns behind it */
};

/* Groups that differ in one number, or a single one, and whom they hold. */
struct sweep {
    const struct summary *summary;                 /* with all there is */
    const struct summary_group *most;              /* the largest */
    const struct summary_group *groups[SWEEP_MAX]; /* by that number */
    size_t n;                                      /* how many */
    size_t nmodels; /* of whom alone is told: the first ones */
};

/* That group and what goes with it, of these kinds: of the same length, with
 * as many at work; none if there is no group. */
struct sweep sweep_of(const struct summary *summary,
                      const struct summary_group *most, unsigned kinds);

/* What they differ by: messages a second, silent clients, or clients. */
double sweep_x(const struct summary_group *group);

/* A chart of a sweep: see struct chart for what stands around it. */
struct plot {
    /* Draws it; NULL is returned if there is nothing to be seen. */
    char *(*draw)(const struct plot *plot, const struct sweep *sweep);
    enum life_figure figure;           /* that is shown */
    enum cells_id note;                /* what stands beside a row */
    const char *title, *above, *below; /* NULL: the scenario */
    enum scale x, y;                   /* along and upwards */
    enum cells_kind kind; /* of its largest group, if not its scene's */
    size_t beyond;        /* it takes more groups than these */
    bool alone;           /* ... or a single one */
};

/* Draw a line for each model; or of the largest group a row for each model:
 * a dot for the figure, a bar of what an echo is made of, or the CPU of an
 * echo in each slice, freed from what slowed the whole block. */
char *sweep_lines(const struct plot *plot, const struct sweep *sweep);
char *sweep_dots(const struct plot *plot, const struct sweep *sweep);
char *sweep_bars(const struct plot *plot, const struct sweep *sweep);
char *sweep_slices(const struct plot *plot, const struct sweep *sweep);

/* Append its numbers, folded away: a row for each model and group, a column
 * for each cell up to CELLS_NAME. */
void sweep_numbers(struct document *document, const struct sweep *sweep,
                   const enum cells_id ids[NUMBERS_MAX]);

/* ---- who waits for whom (lanes.c) ----------------------------------------
 *
 * The scene that compare plays with each server: see compare/scene.c.
 */

/* Draw all scenes above each other on one axis of time, for a page or alone;
 * NULL if there are no steps. The caller frees it. */
char *lanes_draw(const struct results *results, bool alone);

/* Append in which scene somebody waits longest, or in vain. */
void lanes_say(struct document *document, const struct sweep *sweep);

/* Append columns of all scenes, below headings or folded, to suit a paper of
 * that width. */
void lanes_columns(struct document *document, const struct results *results,
                   enum block_kind heading, int width);

/* ---- the parts of a report --------------------------------------------- */

/* Append the tables of all groups that are wanted. Returns how many. */
size_t scenario_build(struct document *document,
                      const struct summary *summary,
                      const struct report_views *views);

/* Append what is to be known of the figures of a group, each once. */
void scenario_notes(struct document *document,
                    const struct summary_group *group);

/* Append up to which rate each model keeps up, of those from `begin` to
 * before `end`, and how many lives were invalid. */
void scenario_kept(struct document *document,
                   const struct summary_group *begin,
                   const struct summary_group *end);

/* Append what clients that only wait cost, by how many there are; nothing if
 * there is a single number of them. */
void scale_build(struct document *document, const struct summary *summary);

/* Append a table with each variant over what it is held against; and what
 * that shows. Nothing of those that were not measured beside it. */
void variants_build(struct document *document, const struct summary *summary);
void variants_say(struct document *document, const struct summary *summary);

/* Append what is another in one run than in an earlier one, beyond noise. */
void diff_build(struct document *document, const struct summary *before,
                const struct summary *after);

/* Append what the results in a folder say together: of each machine a file
 * *.jsonl, or a folder or an archive *.tar.gz with results.jsonl. Returns
 * NULL, or what is wrong: a phrase. The folder is the current one then. */
const char *class_build(struct document *document, const char *path);

/* Append what the page tells between headline and tables. */
void story_build(struct document *document, const struct summary *summary);

/* Append the headline. At most `lines` scenarios are compared. */
void headline_build(struct document *document, const struct summary *summary,
                    size_t lines);

#endif
