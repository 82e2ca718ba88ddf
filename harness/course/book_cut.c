/*
 * book_cut.c: cuts sources into parts, and compares parts. See book.h.
 *
 * A source needs no marks for it: what defines a function or a struct begins
 * behind a blank line, and ends with a brace in column 0.
 */
#include <err.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "harness/course/book.h"

/* What does not count in a line, as in tests/lines/run: white space, a
 * comment behind code, and the prefix that says whose loop or scheduler it
 * is. */
#define SKIPPED "[[:space:]](/\\*.*)?|\\<(co|reactor|loop|event|REACTOR|EV)_"

static struct row rows[ROWS_MAX + 1];
static regex_t skipped;

/* ---- what counts ------------------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A line without that. A brace is only equal to one that ends as much: it
 * keeps what stands before it. */
static char *
line_words(const char *text)
{
    const char *first = text + strspn(text, " ");
    char *words = given(calloc(1, strlen(text) + 1));
    char *end = *first == '}' ? mempcpy(words, text, first - text) : words;
    regmatch_t match;

    while (regexec(&skipped, first, 1, &match, 0) == 0) {
        end = mempcpy(end, first, match.rm_so);
        first += match.rm_eo;
    }
    stpcpy(end, first);
    return words;
}

/* Find what counts in a part; and its code in one line by the rule of
 * tests/lines/run for the same text, which skips comments of a line. */
static void
part_words(struct part *part)
{
    size_t bytes;
    FILE *code = given(open_memstream(&part->code, &bytes));

    for (size_t i = 0; i < part->n; i++) {
        char *words = part->lines[i].words = line_words(part->lines[i].text);

        if (i >= part->comment &&
            !(begins(words, "/*") && strstr(words, "*/"))) {
            fputs(words, code);
        }
    }
    fclose(code);
}

/* ---- cutting ----------------------------------------------------------- */

/* Read a part; what is above it takes the same lines, up to a blank one.
 * False: it is not there. */
static bool
cut_part(struct part *part)
{
    FILE *file = fopen(part->path, "re");
    bool card = strcmp(part->name, "card") == 0;
    const char *last = card ? " */" : "}";
    bool begun = card;
    char head[64];
    char type[64];

    PUT(head, "%s(", part->name);
    PUT(type, "struct %s {", part->name);
    for (bool ended = !file; !ended; part->number++) {
        struct line *line = &part->lines[part->n++];

        if (part->n > PART_LINES_MAX ||
            getline(&line->text, &(size_t){0}, file) < 0) {
            part->n = 0;
            break;
        }
        line->text[strcspn(line->text, "\n")] = '\0';
        begun = begun || begins(line->text, head) || begins(line->text, type);
        ended = begun && begins(line->text, last);
        part->n = begun || line->text[0] != '\0' ? part->n : 0;
    }
    if (file) {
        fclose(file);
    }
    if (part->n == 0) {
        return false;
    }
    part->number -= (int)part->n - 1;
    for (bool comment = part->lines[0].text[0] == '/'; comment;) {
        comment = !strstr(part->lines[part->comment++].text, "*/");
    }
    part_words(part);
    return true;
}

/* Cut the parts that such words name, of a folder; `sought`: those that are
 * there, each once. What is missing else is told, and ends the program. */
static struct part *
cut_parts(const char *folder, char *words, bool sought)
{
    if (!words) {
        return NULL;
    }
    struct part *part = given(calloc(1, sizeof *part));
    char *file = strsep(&words, " ");
    char *name = file;

    strsep(&name, ":");
    PUT(part->path, "%s/%s", folder, name ? file : "server.c");
    part->name = name ? name : file;
    bool there = strcmp(file, "-") != 0 && cut_part(part);
    if (!there && !sought && strcmp(file, "-") != 0) {
        errx(COURSE_CANNOT,
             "start in the folder of Fiveways: %s has no %s for book.table",
             part->path, part->name);
    }
    part->next = cut_parts(folder, words, sought);
    for (struct part *next = part->next; sought && next; next = next->next) {
        there = there && strcmp(next->name, part->name) != 0;
    }
    return there ? part : part->next;
}

/* ---- comparing --------------------------------------------------------- */

bool
parts_compare(struct part *a, struct part *b)
{
    bool same = a->code[0] != '\0' && strcmp(a->code, b->code) == 0;
    struct line *x = a->lines;
    struct line *y = b->lines;
    size_t width = b->n + 1;
    /* How many lines are equal from here on: y along, x down. */
    int *most = given(calloc((a->n + 1) * width, sizeof *most));

    for (size_t at = a->n * width; at-- > 0;) {
        if (at % width < b->n) {
            most[at] = strcmp(x[at / width].words, y[at % width].words) == 0
                           ? most[at + width + 1] + 1
                           : MAX(most[at + width], most[at + 1]);
        }
    }
    for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
        if (i < a->n && j < b->n && strcmp(x[i].words, y[j].words) == 0) {
            x[i++].alone = y[j++].alone = false;
        } else if (j == b->n || (i < a->n && most[(i + 1) * width + j] >=
                                                 most[i * width + j + 1])) {
            x[i].alone = !same || i < a->comment;
            i++;
        } else {
            y[j].alone = !same || j < b->comment;
            j++;
        }
    }
    free(most);
    return same;
}

/* Is it the other name, called back? */
static bool
is_callback(const char *name, const char *of)
{
    return begins(name, of) && strcmp(name + strlen(of), "_cb") == 0;
}

struct part *
part_find(struct part *part, const char *name)
{
    static char nothing[1];
    static struct part none = {.code = nothing};
    struct part *alike = &none;

    for (; part; part = part->next) {
        if (strcmp(part->name, name) == 0) {
            return part;
        }
        if (is_callback(part->name, name) || is_callback(name, part->name)) {
            alike = part;
        }
    }
    return alike;
}

/* Set the bits that tell parts of a model from those of another one; `held`:
 * a test holds both to the same text. */
static void
mark_parts(struct part *part, struct part *others, int model, bool held)
{
    for (; part; part = part->next) {
        bool same = parts_compare(part, part_find(others, part->name));

        part->same |= (unsigned)(same && held) << model;
        for (size_t i = 0; i < part->n; i++) {
            part->lines[i].differs |= (unsigned)part->lines[i].alone << model;
        }
    }
}

/* A model without a column of its own has what it has of all the others. */
static void
read_row(char **columns, size_t n)
{
    struct row *row = &rows[n];
    struct text all = {0};
    int own = 0;

    row->name = columns[0];
    row->question = columns[1];
    for (columns += 2; columns[own + 1]; own++) {
        text_item(&all, " ", "%s", columns[own]);
    }
    for (int i = 0; i < MODELS_COUNT; i++) {
        const char *name = known_models[i].name;
        char folder[64];

        PUT(folder, "%s%s", access(name, F_OK) == 0 ? "" : "mine/", name);
        row->parts[i] =
            cut_parts(folder, i < own ? columns[i] : given(strdup(all.bytes)),
                      i >= own);
    }
    row->parts[MODELS_COUNT] =
        cut_parts("harness/contract", columns[own], false);
    for (int i = 0; i < MODELS_COUNT; i++) {
        for (int j = 0; j < MODELS_COUNT; j++) {
            mark_parts(i != j ? row->parts[i] : NULL, row->parts[j], j,
                       i < own && j < own);
        }
    }
}

const struct row *
book_cut(void)
{
    regcomp(&skipped, SKIPPED, REG_EXTENDED);
    table_read("book", 3, read_row);
    return rows;
}
