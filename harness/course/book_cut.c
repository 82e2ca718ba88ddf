/*
 * book_cut.c: cuts sources into parts, and compares parts. See book.h.
 *
 * A source needs no marks for it: what defines a function or a struct begins
 * behind a blank line, and ends with a brace in column 0.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

#define STEPS "harness/course/book.steps"

enum {
    SOURCE_BYTES = 1 << 16,
    SOURCE_LINES = 1 << 10,
};

/* ---- what counts in a line --------------------------------------------- */

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
        text += word_prefix(text);
        size_t length = word_length(text);

        if (length > 0 || !isspace((unsigned char)*text)) {
            length = MAX(length, 1);
            end = mempcpy(end, text, length);
        } else if (end > words && end[-1] != ' ') {
            *end++ = ' ';
        }
        text += MAX(length, 1);
    }
    end[-(end > words && end[-1] == ' ')] = '\0';
    return words;
}

/* The code of a part in one line, by the rule of tests/lines/run for what is
 * the same text: white space and comments of one line do not count. */
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

/* ---- cutting ----------------------------------------------------------- */

/* Does a function or a struct of that name begin here? */
static bool
defines(const char *text, const char *name)
{
    size_t length = strlen(name);

    text += strncmp(text, "struct ", 7) == 0 ? 7 : 0;
    return strncmp(text, name, length) == 0 &&
           (text[length] == '(' || strcmp(text + length, " {") == 0);
}

/* Append a part of a source. Returns 0, or -1 after a sentence. */
static int
cut_part(struct excerpt *excerpt, const char *path, const char *name)
{
    struct line *lines = given(calloc(SOURCE_LINES, sizeof *lines));
    struct part *part = given(calloc(1, sizeof *part));
    char *rest = given(calloc(1, SOURCE_BYTES));
    bool card = strcmp(name, "card") == 0;
    size_t n = 0;
    size_t at = 0;

    *part = (struct part){.name = name, .lines = lines};
    excerpt->parts[excerpt->n++] = part;
    for (proc_read(rest, SOURCE_BYTES, "%s", path);
         *rest != '\0' && n < SOURCE_LINES; n++) {
        lines[n].text = strsep(&rest, "\n");
        lines[n].words = line_words(lines[n].text);
    }
    while (at < n && !card && !defines(lines[at].text, name)) {
        at++;
    }
    if (at == n) {
        fprintf(stderr, "course: %s has no %s for " STEPS "\n", path, name);
        return -1;
    }
    while (at + part->n < n && !card && lines[at + part->n].text[0] != '}') {
        part->n++;
    }
    for (; at > 0 && lines[at - 1].text[0] != '\0'; at--) {
        part->n++;
    }
    for (bool comment = lines[at].text[0] == '/'; comment; part->code++) {
        comment = !strstr(lines[at + part->code].text, "*/");
    }
    part->n = card ? part->code : part->n + 1;
    part->path = given(strdup(path));
    part->number = (int)at + 1;
    part->lines = &lines[at];
    return 0;
}

/* Append the parts that such words name, of a folder. Returns 0, or -1. */
static int
cut_excerpt(struct excerpt *excerpt, const char *folder, char *words)
{
    while (words && *words != '\0' && excerpt->n < BOOK_PARTS_MAX) {
        char *word = strsep(&words, " ");
        char *colon = strchr(word, ':');
        char path[64];

        PUT(path, "%s/%.*s", folder, colon ? (int)(colon - word) : INT_MAX,
            colon ? word : "server.c");
        if (cut_part(excerpt, path, colon ? colon + 1 : word) != 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- comparing --------------------------------------------------------- */

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
    size_t j = 0;

    for (size_t at = na * width; at-- > 0;) {
        if (at % width < nb) {
            most[at] = are_equal(&a[at / width], &b[at % width])
                           ? most[at + width + 1] + 1
                           : MAX(most[at + width], most[at + 1]);
        }
    }
    for (size_t i = 0; i < na && j < nb;) {
        if (are_equal(&a[i], &b[j])) {
            a[i++].alone = b[j++].alone = false;
        } else if (most[(i + 1) * width + j] >= most[i * width + j + 1]) {
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
    struct part *parts[] = {a, b};
    size_t n[2]; /* lines to be compared */

    code_words(a, words[0]);
    code_words(b, words[1]);
    bool same = words[0][0] != '\0' && strcmp(words[0], words[1]) == 0;
    for (int k = 0; k < 2; k++) {
        n[k] = same ? parts[k]->code : parts[k]->n;
        for (size_t i = 0; i < parts[k]->n; i++) {
            parts[k]->lines[i].alone = i < n[k];
        }
    }
    find_common(a->lines, n[0], b->lines, n[1]);
    return same;
}

struct part *
excerpt_find(const struct excerpt *excerpt, const char *name)
{
    static struct part none;
    struct part *alike = &none;

    for (size_t i = 0; i < excerpt->n; i++) {
        const char *other = excerpt->parts[i]->name;
        size_t length = MIN(strlen(name), strlen(other));
        const char *rest = name[length] != '\0' ? name : other;

        if (strncmp(name, other, length) == 0 && rest[length] == '\0') {
            return excerpt->parts[i];
        }
        if (strncmp(name, other, length) == 0 &&
            strcmp(rest + length, "_cb") == 0) {
            alike = excerpt->parts[i];
        }
    }
    return alike;
}

/* Set the bits that tell a model's code from that of another one. */
static void
mark_excerpt(struct excerpt *excerpt, const struct excerpt *other, int model)
{
    for (size_t i = 0; i < excerpt->n && excerpt != other; i++) {
        struct part *part = excerpt->parts[i];
        struct part *alike = excerpt_find(other, part->name);

        part->same |= (unsigned)parts_compare(part, alike) << model;
        for (size_t j = 0; j < part->n; j++) {
            part->lines[j].differs |= (unsigned)part->lines[j].alone << model;
        }
    }
}

int
book_cut(struct book *book)
{
    static char text[SOURCE_BYTES]; /* that the rows point into */
    char *rest = text;

    if (proc_read(rest, SOURCE_BYTES, STEPS) == 0) {
        fprintf(stderr, "course: start this in the folder of Fiveways, which "
                        "has " STEPS "\n");
        return -1;
    }
    while (*rest != '\0' && book->n < BOOK_ROWS_MAX) {
        struct row *row = &book->rows[book->n];
        char *line = strsep(&rest, "\n");

        if (*line == '#') {
            continue;
        }
        row->name = strsep(&line, "|");
        row->question = strsep(&line, "|");
        for (int i = 0; i < BOOK_COLUMNS; i++) {
            const char *folder =
                i < COURSE_MODELS ? course_models[i] : "harness/contract";
            if (cut_excerpt(&row->excerpts[i], folder, strsep(&line, "|")) !=
                0) {
                return -1;
            }
        }
        for (int i = 0; i < COURSE_MODELS * COURSE_MODELS; i++) {
            mark_excerpt(&row->excerpts[i / COURSE_MODELS],
                         &row->excerpts[i % COURSE_MODELS],
                         i % COURSE_MODELS);
        }
        book->n++;
    }
    return 0;
}
