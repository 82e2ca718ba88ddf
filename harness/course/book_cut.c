/*
 * book_cut.c: cuts sources into parts, and compares parts. See book.h.
 *
 * A source needs no marks for it: what stands at file scope begins in column
 * 0 behind a blank line, and ends with its brace there, or else before the
 * next blank line.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

enum {
    SOURCES_MAX = 16,
    SOURCE_BYTES = 1 << 16,
};

/* A source file. */
static struct source {
    char *path;         /* below the current folder */
    struct line *lines; /* all of them */
    size_t n;           /* how many */
    struct part *parts; /* in their order */
    size_t nparts;      /* how many */
} sources[SOURCES_MAX];

/* ---- what counts in a line ----------------------------------------------
 */

size_t
word_length(const char *text)
{
    size_t length = 0;

    while (isalnum((unsigned char)text[length]) || text[length] == '_') {
        length++;
    }
    return length;
}

size_t
word_prefix(const char *word)
{
    static const char *const prefixes[] = {"co_",    "reactor_", "loop_",
                                           "event_", "REACTOR_", "EV_"};

    for (size_t i = 0; i < COUNT(prefixes); i++) {
        if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0) {
            return strlen(prefixes[i]);
        }
    }
    return 0;
}

/* A line without prefixes, without a comment behind code, and with blanks
 * folded. */
static char *
line_words(const char *text)
{
    char *words = given(calloc(1, strlen(text) + 2));
    char *end = words;

    while (*text != '\0' && (end == words || strncmp(text, "/*", 2) != 0)) {
        size_t prefix = word_prefix(text);
        size_t length = word_length(text + prefix);

        if (length > 0) {
            end = mempcpy(end, text + prefix, length);
            text += prefix + length;
        } else if (!isspace((unsigned char)*text)) {
            *end++ = *text++;
        } else {
            *end = ' ';
            end += end > words && end[-1] != ' ';
            text++;
        }
    }
    end[-(end > words && end[-1] == ' ')] = '\0';
    return words;
}

/* The code of a part in one line, by the rule of tests/lines/run for what is
 * the same text: comments of one line and white space do not count. */
static void
code_words(const struct part *part, char words[SOURCE_BYTES])
{
    words[0] = '\0';
    for (size_t i = part->code; i < part->n; i++) {
        const char *line = part->lines[i].words;
        bool behind = words[0] != '\0' && words[strlen(words) - 1] == '(';

        if (strncmp(line, "/*", 2) != 0 || !strstr(line, "*/")) {
            text_append(words, SOURCE_BYTES,
                        behind || line[0] == '\0' ? "" : " ", "%s", line);
        }
    }
}

/* ---- cutting ------------------------------------------------------------
 */

/* What its code defines, or "". */
static const char *
part_name(const struct part *part)
{
    const char *text = part->lines[part->code].text;
    const char *end = text + strcspn(text, "(;=[{");
    bool prototype =
        *end == '(' || (strncmp(text, "struct", 6) == 0 && *end == ';');

    for (size_t i = part->code; i < part->n; i++) {
        const char *line = part->lines[i].text;
        size_t length = word_length(line);

        if (length > 0 && line[length] == '(') {
            return given(strndup(line, length));
        }
    }
    while (end > text && word_length(end - 1) == 0) {
        end--;
    }
    text = end;
    while (text > part->lines[part->code].text && word_length(text - 1) > 0) {
        text--;
    }
    return prototype ? "" : given(strndup(text, (size_t)(end - text)));
}

/* Cut the part that begins at a line; returns the line behind it. */
static size_t
cut_part(struct source *source, size_t begin)
{
    struct part part = {.path = source->path,
                        .name = begin == 0 ? "card" : "",
                        .number = (int)begin + 1,
                        .lines = &source->lines[begin]};
    size_t n = source->n - begin;
    bool inside = strncmp(part.lines[0].text, "/*", 2) == 0;

    for (; inside && part.code < n; part.code++) {
        inside = !strstr(part.lines[part.code].text, "*/");
    }
    part.n = part.code;
    while (begin > 0 && part.n < n &&
           (inside || part.lines[part.n].text[0] != '\0')) {
        const char *text = part.lines[part.n++].text;

        inside |= text[0] != '\0' && text[strlen(text) - 1] == '{';
        if (text[0] == '}') {
            break;
        }
    }
    if (part.code < part.n) {
        part.name = part_name(&part);
    }
    source->parts =
        given(reallocarray(source->parts, source->nparts + 1, sizeof part));
    source->parts[source->nparts++] = part;
    return begin + part.n;
}

/* Read and cut a file, once. Without lines it is not there. */
static struct source *
source_of(const char *path)
{
    struct source *source = sources;

    while (source->path && strcmp(source->path, path) != 0) {
        source++;
    }
    if (source->path || source == &sources[SOURCES_MAX - 1]) {
        return source;
    }
    char *rest = given(calloc(1, SOURCE_BYTES));
    proc_read(rest, SOURCE_BYTES, "%s", path);
    source->path = given(strdup(path));
    while (*rest != '\0') {
        char *line = strsep(&rest, "\n");

        source->lines = given(reallocarray(source->lines, source->n + 1,
                                           sizeof *source->lines));
        source->lines[source->n++] =
            (struct line){.text = line, .words = line_words(line)};
    }
    for (size_t i = 0; i < source->n;) {
        i = source->lines[i].text[0] == '\0' ? i + 1 : cut_part(source, i);
    }
    return source;
}

/* Append the parts that such words name, of a folder. Returns 0, or -1 after
 * a sentence. */
static int
cut_excerpt(struct excerpt *excerpt, const char *folder, const char *words)
{
    char *rest = given(strdup(words ? words : ""));
    char *word;

    while ((word = strsep(&rest, " ")) && *word != '\0') {
        char *colon = strchr(word, ':');
        char path[64];
        struct part *found = NULL;

        PUT(path, "%s/%.*s", folder, colon ? (int)(colon - word) : INT_MAX,
            colon ? word : "server.c");
        const struct source *source = source_of(path);
        word = colon ? colon + 1 : word;
        for (size_t i = 0; i < source->nparts && !found; i++) {
            found = strcmp(source->parts[i].name, word) == 0
                        ? &source->parts[i]
                        : NULL;
        }
        if (!found || excerpt->n == BOOK_PARTS_MAX) {
            fprintf(stderr,
                    source->n == 0
                        ? "course: %s cannot be read; start this in the "
                          "folder of Fiveways\n"
                        : "course: %s has no %s; correct the table in "
                          "harness/course/book.c\n",
                    path, word);
            return -1;
        }
        excerpt->parts[excerpt->n++] = found;
    }
    return 0;
}

/* ---- comparing ----------------------------------------------------------
 */

/* A brace alone is only equal to one that ends as much. */
static bool
are_equal(const struct line *a, const struct line *b)
{
    return strcmp(a->words, b->words) == 0 &&
           (a->words[0] != '}' || strcmp(a->text, b->text) == 0);
}

/* Leave no line alone that is in a longest common subsequence. */
static void
find_common(struct line *a, size_t na, struct line *b, size_t nb)
{
    size_t width = nb + 1;
    int *most = given(calloc((na + 1) * width, sizeof *most));

    for (size_t i = na; i-- > 0;) {
        for (size_t j = nb; j-- > 0;) {
            int *here = &most[i * width + j];
            *here = are_equal(&a[i], &b[j]) ? here[width + 1] + 1
                    : here[width] > here[1] ? here[width]
                                            : here[1];
        }
    }
    for (size_t i = 0, j = 0; i < na && j < nb;) {
        const int *here = &most[i * width + j];
        if (are_equal(&a[i], &b[j])) {
            a[i++].alone = b[j++].alone = false;
        } else if (here[width] >= here[1]) {
            i++;
        } else {
            j++;
        }
    }
    free(most);
}

bool
parts_compare(struct part *a, struct part *b)
{
    static char words[2][SOURCE_BYTES];
    bool same = false;

    if (a && b && a->code < a->n && b->code < b->n) {
        code_words(a, words[0]);
        code_words(b, words[1]);
        same = strcmp(words[0], words[1]) == 0;
    }
    for (size_t i = 0; a && i < a->n; i++) {
        a->lines[i].alone = !same || i < a->code;
    }
    for (size_t i = 0; b && i < b->n; i++) {
        b->lines[i].alone = !same || i < b->code;
    }
    if (a && b) {
        find_common(a->lines, same ? a->code : a->n, b->lines,
                    same ? b->code : b->n);
    }
    return same;
}

/* ---- the book ------------------------------------------------------------
 */

struct part *
excerpt_find(const struct excerpt *excerpt, const char *name)
{
    static const char *const behind[][2] = {
        {"", ""}, {"_cb", ""}, {"", "_cb"}};

    for (size_t i = 0; i < COUNT(behind) * excerpt->n; i++) {
        struct part *part = excerpt->parts[i % excerpt->n];
        const char *const *ends = behind[i / excerpt->n];
        char names[2][64];

        PUT(names[0], "%s%s", name, ends[0]);
        PUT(names[1], "%s%s", part->name, ends[1]);
        if (strcmp(names[0], names[1]) == 0) {
            return part;
        }
    }
    return NULL;
}

struct part *
book_find(const struct book *book, int model, const char *name)
{
    struct part *part = NULL;

    for (size_t i = 0; i < book->n && !part; i++) {
        part = excerpt_find(&book->rows[i].excerpts[model], name);
    }
    return part;
}

/* Set the bits of a model's code that tell it from another one's. */
static void
mark_excerpt(struct excerpt *excerpt, const struct excerpt *other, int model)
{
    for (size_t i = 0; i < excerpt->n; i++) {
        struct part *part = excerpt->parts[i];

        part->same |=
            (unsigned)parts_compare(part, excerpt_find(other, part->name))
            << model;
        for (size_t j = 0; j < part->n; j++) {
            part->lines[j].differs |= (unsigned)part->lines[j].alone << model;
        }
    }
}

int
book_cut(struct book *book)
{
    for (; book_steps[book->n].name; book->n++) {
        const struct book_step *step = &book_steps[book->n];
        struct row *row = &book->rows[book->n];
        struct excerpt shared = {0};

        row->step = step;
        for (int i = 0; i < COURSE_MODELS; i++) {
            bool calls_back = i == 2 || i == 4;
            if (cut_excerpt(&row->excerpts[i], course_models[i],
                            calls_back ? step->callbacks : step->straight) !=
                    0 ||
                cut_excerpt(&row->excerpts[i], course_models[i],
                            step->own[i]) != 0) {
                return -1;
            }
        }
        for (int i = 0; i < COURSE_MODELS * COURSE_MODELS; i++) {
            int model = i / COURSE_MODELS;
            int other = i % COURSE_MODELS;
            if (model != other) {
                mark_excerpt(&row->excerpts[model], &row->excerpts[other],
                             other);
            }
        }
        if (cut_excerpt(&shared, "harness/contract", step->shared) != 0) {
            return -1;
        }
        row->shared = shared.parts[0];
    }
    return 0;
}
