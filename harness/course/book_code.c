/*
 * book_code.c: two sources side by side in a terminal. See book.h.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/course/book.h"

#define SOURCE_WIDTH 78 /* columns that no line of ours exceeds */

static bool wide;   /* two columns fit */
static bool colour; /* escape sequences are welcome */

static const char bold[] = "\33[1m";
static const char red[] = "\33[31m";
static const char green[] = "\33[32m";

static void
put(const char *escape, const char *mark, int width, const char *text)
{
    printf("%s%s%-*s%s", colour ? escape : "", mark, width, text,
           colour && escape[0] != '\0' ? "\33[0m" : "");
}

/* Print a line of each, or of one and NULL. */
static void
put_pair(const struct line *a, const struct line *b)
{
    bool differs = (a && a->alone) || (b && b->alone);

    if (wide) {
        const char *mark = !a ? " > " : !b ? " < " : " | ";

        put(differs ? red : "", "", SOURCE_WIDTH, a ? a->text : "");
        put(differs ? green : "", differs ? mark : "   ", 0,
            b ? b->text : "");
    } else if (differs) {
        put(a ? red : green, a ? "- " : "+ ", 0, a ? a->text : b->text);
    } else if (a) {
        put("", "  ", 0, a->text);
    } else {
        return; /* the same code as A's, in one line more */
    }
    putchar('\n');
}

/* Print two parts, of which one may have no lines, below their names. */
static void
put_parts(struct part *a, struct part *b)
{
    const struct part *parts[] = {a, b};
    bool same = parts_compare(a, b);

    for (int k = 0; k < 2; k++) {
        if (parts[k]->n > 0) {
            put(bold, k == 0 ? "--- " : "+++ ", 0, parts[k]->path);
            printf(":%d %s\n", parts[k]->number, parts[k]->name);
        }
    }
    if (same) {
        puts(a->same && b->same ? "(the same text, proved by a test)"
                                : "(the same text)");
    }
    for (size_t i = 0, j = 0; i < a->n || j < b->n;) {
        bool left = i < a->n && a->lines[i].alone;
        bool right = j < b->n && b->lines[j].alone && (wide || !left);

        if (!left && !right) {
            left = i < a->n;
            right = j < b->n;
        }
        put_pair(left ? &a->lines[i] : NULL, right ? &b->lines[j] : NULL);
        i += left;
        j += right;
    }
    putchar('\n');
}

/* Print a step: what has the same name beside each other. */
static void
put_row(const struct row *row, const int models[2])
{
    struct part *a = row->parts[models[0]];
    struct part *b = row->parts[models[1]];

    if (!a && !b) {
        return;
    }
    put(bold, "==== ", 0, row->name);
    printf(" ==== %s\n\n", row->question);
    for (struct part *part = a; part; part = part->next) {
        put_parts(part, part_find(b, part->name));
    }
    for (; b; b = b->next) {
        struct part *other = part_find(a, b->name);
        if (other->n == 0) {
            put_parts(other, b);
        }
    }
}

/* Read "MODEL" or "MODEL.FUNCTION", where the function may be that of the
 * `other` side, or refuse it with the names that there are. Returns the part,
 * or NULL for all of the model. */
static struct part *
read_side(const struct row *row, const char *flag, const char *text,
          const char *other, int *model)
{
    char *name = given(strndup(text, strcspn(text, ".")));
    const char *function = strchr(strchr(text, '.') ? text : other, '.');
    struct text names = {0};
    struct part *found = NULL;

    *model = model_index(name);
    if (*model == -1) {
        flags_refuse("course code", flag, text, "one of" MODEL_NAMES);
    }
    text_add(&names, "one of");
    for (; function && !found && row->name; row++) {
        struct part *part = row->parts[*model];

        found = part_find(part, function + 1);
        found = found->n > 0 ? found : NULL;
        for (; part; part = part->next) {
            text_add(&names, "\n%s.%s", name, part->name);
        }
    }
    if (function && !found) {
        flags_refuse("course code", flag, text, names.bytes);
    }
    free(name);
    return found;
}

int
course_code(int argc, char **argv)
{
    const char *texts[2] = {"blocking", NULL};
    const struct flag flags[] = {
        FLAG_TEXT("a", 'a', "MODEL[.FUNCTION]", &texts[0],
                  "The one on the left (default: blocking)"),
        FLAG_TEXT("b", 'b', "MODEL[.FUNCTION]", &texts[1],
                  "The one beside it (default: the next model)"),
        {0}};
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    struct winsize size;
    int models[2];

    flags_parse("course code",
                "Lay two servers side by side, step by step, or two of their "
                "functions, of which it suffices to name one.\v"
                "Where two columns fit, | stands between lines that differ, "
                "< and > where only one side has some; else - is only in A, "
                "+ only in B. Prefixes such as co_ and white space are no "
                "difference. The width is COLUMNS, or that of the terminal, "
                "also before | less -S; or else 80.",
                flags, NULL, argc, argv);
    const struct row *rows = book_cut();
    struct part *a =
        read_side(rows, "a", texts[0], texts[1] ? texts[1] : "", &models[0]);
    if (!texts[1]) {
        texts[1] = known_models[(models[0] + 1) % MODELS_COUNT].name;
    }
    struct part *b = read_side(rows, "b", texts[1], texts[0], &models[1]);
    if (width <= 0 && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0) {
        width = size.ws_col;
    }
    wide = width >= 2 * SOURCE_WIDTH + 3;
    colour = wants_colour(stdout);
    if (a && b) {
        put_parts(a, b);
    }
    for (; !a && rows->name; rows++) {
        put_row(rows, models);
    }
    return 0;
}
