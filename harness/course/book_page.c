/*
 * book_page.c: the book as an HTML page that is well-formed XML, too, and
 * refers to nothing outside of itself. See book.h.
 *
 * Each line of code is there once for each model. Classes say how it stands
 * to the others: "d2" is a line that model 2 lacks, "s2" a part that is the
 * same text there, "no2" a row that it lacks; and style sheets choose by the
 * two models that are checked, without a script. That only reads the place.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

/* ---- code ----------------------------------------------------------------
 */

static const char *const keywords[] = {
    "bool",   "break",  "case",     "char",     "const",  "continue",
    "do",     "else",   "enum",     "extern",   "for",    "if",
    "inline", "int",    "long",     "return",   "short",  "sizeof",
    "static", "struct", "switch",   "unsigned", "void",   "while",
    "goto",   "union",  "volatile", "typedef",  "signed", "default",
};

/* Print so much of a line, between tags. */
static void
put_token(FILE *file, const char *before, const char *text, size_t length,
          const char *after)
{
    char *token = given(strndup(text, length));

    xml_put(file, before, token, after);
    free(token);
}

/* Print a name, a keyword or a number. */
static void
put_word(FILE *file, const char *word, size_t length)
{
    size_t prefix = word_prefix(word);

    if (isdigit((unsigned char)*word)) {
        put_token(file, "<span class=\"n\">", word, length, "</span>");
        return;
    }
    for (size_t i = 0; i < COUNT(keywords); i++) {
        if (strncmp(word, keywords[i], length) == 0 &&
            keywords[i][length] == '\0') {
            put_token(file, "<b>", word, length, "</b>");
            return;
        }
    }
    if (prefix > 0) {
        put_token(file, "<u>", word, prefix, "</u>");
    }
    put_token(file, "", word + prefix, length - prefix, "");
}

/* How long what is quoted is, quotes included. */
static size_t
quoted_length(const char *text)
{
    size_t length = 1;

    while (text[length] != '\0' && text[length] != *text) {
        length += text[length] == '\\' && text[length + 1] != '\0' ? 2 : 1;
    }
    return length + (text[length] != '\0');
}

/* Print a line. Returns if a comment goes on behind it. */
static bool
put_code(FILE *file, const char *text, bool comment)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "/\"'");
        size_t plain = 0;

        if (comment || strncmp(text, "/*", 2) == 0) {
            const char *end = strstr(comment ? text : text + 2, "*/");
            length = end ? (size_t)(end - text) + 2 : strlen(text);
            put_token(file, "<i>", text, length, "</i>");
            comment = !end;
        } else if (*text == '"' || *text == '\'') {
            length = quoted_length(text);
            put_token(file, "<span class=\"q\">", text, length, "</span>");
        } else if ((length = word_length(text)) > 0) {
            put_word(file, text, length);
        } else {
            do {
                plain++;
            } while (text[plain] != '\0' && word_length(text + plain) == 0 &&
                     !strchr("/\"'", text[plain]));
            put_token(file, "", text, plain, "");
            length = plain;
        }
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

/* Print a part below its name, which is its place: "selectloop.conn_close".
 */
static void
put_part(FILE *file, const char *model, const struct part *part)
{
    struct text others = {0};
    bool comment = false;

    for (int i = 0; i < COURSE_MODELS; i++) {
        if (part->same & 1U << i) {
            text_item(&others, ", ", "%s", course_models[i]);
        }
    }
    fputs("<div class=\"part", file);
    put_classes(file, "s", part->same);
    fprintf(file,
            "\">\n<h3 id=\"%s.%s\"><a href=\"#%s.%s\" title=\"%s:%d\">%s</a> "
            "<small>%s:%d, %zu line%s</small>",
            model, part->name, model, part->name, part->path, part->number,
            part->name, part->path, part->number, part->n,
            part->n == 1 ? "" : "s");
    if (part->same != 0) {
        fprintf(file,
                "<small class=\"note\">same text as in %s, proved by a "
                "test</small>",
                others.bytes);
    }
    fprintf(file, "</h3>\n<pre style=\"counter-reset:n %d\">",
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

/* ---- a run ---------------------------------------------------------------
 */

static void
put_cell(FILE *file, const char *label, enum cells_id id,
         const struct summary_group *group, const char *model)
{
    struct at at = {group, model, NULL, summary_find(group, model)};
    struct text text = {0};

    cells_put(&text, id, &at, false);
    xml_put(file, "<dt>", label, "</dt>");
    xml_put(file, "<dd>", text.bytes, "</dd>\n");
}

/* Print what a run has shown of a model. */
static void
put_figures(FILE *file, const struct summary *summary, const char *model)
{
    const struct summary_group *main = group_main(summary);
    const struct summary_group *idle = group_largest(summary, KIND_IDLE);
    struct document facts = {0};

    if (!summary_find(main, model)) {
        fputs("<p class=\"no\">not measured</p>", file);
        return;
    }
    fputs("<dl>\n", file);
    put_cell(file, "clients served", CELLS_SERVED, main, model);
    put_cell(file, "echoes/s", CELLS_RATE, main, model);
    put_cell(file, "CPU an echo, over the least", CELLS_COST, main, model);
    put_cell(file, "system calls an echo", CELLS_CALLS, main, model);
    put_cell(file, "instructions an echo, outside of the kernel",
             CELLS + LIFE_INSTRUCTIONS_PER_ECHO, main, model);
    put_cell(file, "KiB a client", CELLS_MEMORY, idle ? idle : main, model);
    fputs("</dl>\n", file);
    facts_headline(&facts, summary, main);
    for (size_t i = 0; i < facts.nblocks; i++) {
        if (facts.blocks[i].kind == BLOCK_ITEM &&
            strcmp(facts.blocks[i].label, model) == 0) {
            xml_put(file, "<p>", facts.blocks[i].words, "</p>\n");
        }
    }
    document_free(&facts);
}

/* Print the row of them, below all code. */
static void
put_run(FILE *file, const struct results *results, const char *from)
{
    const struct run *run = &results->run;
    struct summary summary;
    struct text text = {0};

    given(summary_make(results, &summary) == 0 ? &summary : NULL);
    fputs("<tbody id=\"run\"><tr class=\"step\"><th><div><h2>run</h2> "
          "What came of it on a machine?",
          file);
    if (summary.ngroups > 0) {
        const struct life *life = group_life(group_main(&summary));

        cells_label(&text, life);
        xml_put(file, " <em>", text.bytes, "");
        fprintf(file, " with %lld B messages, as fast as they go; ",
                (long long)life->message_bytes);
        xml_put(file, "", run->cpu_model, ", ");
        fprintf(file, "%d CPU%s, ", run->cores, run->cores == 1 ? "" : "s");
        xml_put(file, "", run->kernel, ", ");
        xml_put(file, "", run->date, " (");
        xml_put(file, "", from, ")</em>");
    }
    fputs("</div></th></tr>\n<tr>", file);
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

/* ---- the page ------------------------------------------------------------
 */

static void
put_row(FILE *file, const struct row *row)
{
    fprintf(file, "<tbody id=\"%s\" class=\"row", row->step->name);
    for (int i = 0; i < COURSE_MODELS && !row->shared; i++) {
        put_classes(file, "no", row->excerpts[i].n == 0 ? 1U << i : 0);
    }
    fprintf(file,
            "\"><tr class=\"step\"><th><div><h2>%s</h2> %s</div></th>"
            "</tr>\n<tr>",
            row->step->name, row->step->question);
    if (row->shared) {
        fputs("<td class=\"wide\">", file);
        put_part(file, "contract", row->shared);
        fputs("</td>", file);
    }
    for (int i = 0; i < COURSE_MODELS; i++) {
        const struct excerpt *excerpt = &row->excerpts[i];

        fprintf(file, "<td class=\"c c%d\">", i);
        for (size_t j = 0; j < excerpt->n; j++) {
            put_part(file, course_models[i], excerpt->parts[j]);
        }
        fputs(excerpt->n == 0 ? "<p>nothing of its own</p></td>\n"
                              : "</td>\n",
              file);
    }
    fputs("</tr></tbody>\n", file);
}

/* Print a line of the template, with the number and the name of a model for
 * %M and %N. */
static void
put_line(FILE *file, const char *line, int model)
{
    for (; *line != '\0'; line++) {
        if (strncmp(line, "%M", 2) == 0) {
            fprintf(file, "%d", model);
            line++;
        } else if (strncmp(line, "%N", 2) == 0) {
            fputs(course_models[model], file);
            line++;
        } else {
            fputc(*line, file);
        }
    }
}

int
book_print_page(FILE *file, const struct book *book,
                const struct results *results, const char *from)
{
    FILE *template = fopen("harness/course/book.html", "re");
    char *line = NULL;
    size_t bytes = 0;

    while (template && getline(&line, &bytes, template) > 0) {
        int models = strstr(line, "%M") ? COURSE_MODELS : 1;

        for (int i = 0; i < models && line[0] != '%'; i++) {
            put_line(file, line, i);
        }
        if (strcmp(line, "%STYLE\n") == 0) {
            fputs(svg_style, file);
        } else if (strcmp(line, "%RUN\n") == 0) {
            put_run(file, results, from);
        }
        for (size_t i = 0; i < book->n; i++) {
            if (strcmp(line, "%ROWS\n") == 0) {
                put_row(file, &book->rows[i]);
            } else if (strcmp(line, "%STEPS\n") == 0) {
                fprintf(file, "<a href=\"#%1$s\">%1$s</a>\n",
                        book->rows[i].step->name);
            }
        }
    }
    free(line);
    if (template) {
        fclose(template);
    }
    return template ? 0 : -1;
}
