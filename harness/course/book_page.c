/*
 * book_page.c: the book as a page that is well-formed XML, too. See book.h.
 *
 * Each line of code is there once. Classes say how it stands to the models:
 * "d2" is a line that model 2 lacks, "s2" a part that is the same text there,
 * "has2" and "no2" a row that it has or lacks. The rest is in book.html: each
 * line with a % is there for each model, with its number and, for $, its
 * name.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

static bool
is_keyword(const char *word, size_t length)
{
    static const char keywords[] =
        " bool break case char const continue do else enum extern for goto "
        "if inline int long return short sizeof static struct switch typedef "
        "union unsigned void volatile while ";
    const char *found = memmem(keywords, sizeof keywords, word, length);

    return found && found[-1] == ' ' && found[length] == ' ';
}

/* Print a line of C. Returns if a comment goes on behind it. */
static bool
put_code(FILE *file, const char *text, bool comment)
{
    while (*text != '\0') {
        size_t length = word_length(text);
        size_t prefix = length > 0 ? word_prefix(text) : 0;
        const char *tag = "";

        if (comment || strncmp(text, "/*", 2) == 0) {
            const char *end = strstr(comment ? text : text + 2, "*/");
            length = end ? (size_t)(end + 2 - text) : strlen(text);
            comment = !end;
            tag = "<i>";
        } else if (*text == '"' || *text == '\'') {
            for (length = 1; text[length] && text[length] != *text;
                 length++) {
                length += text[length] == '\\' && text[length + 1];
            }
            length += text[length] != '\0';
            tag = "<samp>";
        } else if (prefix > 0) {
            length = prefix;
            tag = "<u>";
        } else if (length > 0) {
            tag = isdigit((unsigned char)*text) ? "<var>"
                  : is_keyword(text, length)    ? "<b>"
                                                : "";
        } else {
            length = 1;
        }
        char *token = given(strndup(text, length));
        xml_put(file, tag, token, tag[0] != '\0' ? "</" : "");
        fputs(tag[0] != '\0' ? tag + 1 : "", file);
        free(token);
        text += length;
    }
    return comment;
}

/* Print classes, one for each bit. */
static void
put_classes(FILE *file, const char *name, unsigned bits)
{
    for (int i = 0; i < COURSE_MODELS; i++) {
        if (bits & 1U << i) {
            fprintf(file, " %s%d", name, i);
        }
    }
}

/* Print a part below its place, such as "selectloop.conn_close". */
static void
put_part(FILE *file, const char *model, const struct part *part)
{
    const char *note = " <small class=\"note\">same text as in ";
    bool comment = false;

    fputs("<div class=\"part", file);
    put_classes(file, "s", part->same);
    fprintf(file,
            "\"><h3 id=\"%1$s.%2$s\"><a href=\"#%1$s.%2$s\" "
            "title=\"%3$s:%4$d\">%2$s</a> <small>%3$s:%4$d, %5$zu "
            "lines</small>",
            model, part->name, part->path, part->number, part->n);
    for (int i = 0; i < COURSE_MODELS; i++) {
        if (part->same & 1U << i) {
            fprintf(file, "%s%s", note, course_models[i]);
            note = ", ";
        }
    }
    fprintf(file, "%s</h3>\n<pre style=\"counter-reset:n %d\">",
            part->same != 0 ? ", proved by a test</small>" : "",
            part->number - 1);
    for (size_t i = 0; i < part->n; i++) {
        fputs("<span class=\"l", file);
        put_classes(file, "d", part->lines[i].differs);
        fputs("\">", file);
        comment = put_code(file, part->lines[i].text, comment);
        fputs("\n</span>", file);
    }
    fputs("</pre></div>\n", file);
}

/* Print what a run has shown of a model. */
static void
put_figures(FILE *file, const struct summary *summary, const char *model)
{
    const struct summary_group *main = group_main(summary);
    const struct summary_group *idle = group_largest(summary, KIND_IDLE);
    static const struct {
        const char *label; /* in plain words */
        int id;            /* of the report's cell */
    } shown[] = {{"clients served", CELLS_SERVED},
                 {"echoes/s", CELLS_RATE},
                 {"CPU an echo, over the least", CELLS_COST},
                 {"system calls an echo", CELLS_CALLS},
                 {"instructions an echo, but for the kernel's",
                  CELLS + LIFE_INSTRUCTIONS_PER_ECHO},
                 {"KiB a client", CELLS_MEMORY}};
    struct document facts = {0};

    for (size_t i = 0; i < COUNT(shown); i++) {
        struct at at = {.model = model};
        struct text text = {0};

        at.group = shown[i].id == CELLS_MEMORY && idle ? idle : main;
        at.row = summary_find(at.group, model);
        cells_put(&text, shown[i].id, &at, false);
        xml_put(file, i == 0 ? "<dl><dt>" : "<dt>", shown[i].label, "</dt>");
        xml_put(file, "<dd>", text.bytes, "</dd>\n");
    }
    fputs("</dl>\n", file);
    facts_headline(&facts, summary, main);
    for (size_t i = 0; i < facts.nblocks; i++) {
        if (strcmp(facts.blocks[i].label, model) == 0) {
            xml_put(file, "<p>", facts.blocks[i].words, "</p>\n");
        }
    }
    document_free(&facts);
}

/* Print the row of it, below all code. */
static void
put_run(FILE *file, const struct results *results, const char *from)
{
    const struct run *run = &results->run;
    struct summary summary;
    struct text text = {0};

    given(summary_make(results, &summary) == 0 ? &summary : NULL);
    if (summary.ngroups > 0) {
        cells_label(&text, group_life(group_main(&summary)));
    }
    text_add(&text, " on %s, %d CPUs, %s, %.10s (%s)", run->cpu_model,
             run->cores, run->kernel, run->date, from);
    xml_put(file,
            "<tbody id=\"run\"><tr class=\"step\"><th><div><h2>run</h2> "
            "What came of it? <em>",
            text.bytes, "</em></div></th></tr>\n<tr>");
    for (int i = 0; i < COURSE_MODELS; i++) {
        fprintf(file, "<td class=\"c c%d\">", i);
        if (summary.ngroups > 0) {
            put_figures(file, &summary, course_models[i]);
        }
        fputs("</td>\n", file);
    }
    fputs("</tr></tbody>\n", file);
    summary_free(&summary);
}

static void
put_row(FILE *file, const struct row *row)
{
    const struct excerpt *excerpt = row->excerpts;
    bool shared = excerpt[COURSE_MODELS].n > 0;

    fprintf(file, "<tbody id=\"%s\" class=\"%s", row->name,
            shared ? "" : "own");
    for (int i = 0; i < COURSE_MODELS && !shared; i++) {
        put_classes(file, excerpt[i].n == 0 ? "no" : "has", 1U << i);
    }
    fprintf(file,
            "\"><tr class=\"step\"><th><div><h2>%s</h2> %s</div></th>"
            "</tr>\n<tr>",
            row->name, row->question);
    for (int i = 0; i < COURSE_MODELS + shared; i++, excerpt++) {
        bool model = i < COURSE_MODELS;

        fprintf(file, "<td class=\"%s%d\">", model ? "c c" : "all a", i);
        for (size_t j = 0; j < excerpt->n; j++) {
            put_part(file, model ? course_models[i] : "contract",
                     excerpt->parts[j]);
        }
        fputs(excerpt->n == 0 && !shared ? "<p>nothing of its own</p></td>\n"
                                         : "</td>\n",
              file);
    }
    fputs("</tr></tbody>\n", file);
}

void
book_print_page(FILE *file, FILE *template, const struct book *book,
                const struct results *results, const char *from)
{
    char *line = NULL;
    size_t bytes = 0;

    while (getline(&line, &bytes, template) > 0) {
        bool rows = strcmp(line, "=rows\n") == 0;
        int models = strchr(line, '%') ? COURSE_MODELS : 1;

        for (size_t i = 0; rows && i < book->n; i++) {
            put_row(file, &book->rows[i]);
        }
        if (strcmp(line, "=style\n") == 0) {
            fputs(svg_style, file);
        } else if (strcmp(line, "=run\n") == 0) {
            put_run(file, results, from);
        }
        for (int i = 0; i < models && line[0] != '='; i++) {
            for (const char *c = line; *c != '\0'; c++) {
                *c == '%'   ? fprintf(file, "%d", i)
                : *c == '$' ? fputs(course_models[i], file)
                            : fputc(*c, file);
            }
        }
    }
    free(line);
}
