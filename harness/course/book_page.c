/*
 * book_page.c: the book as a page that is well-formed XML, too. See book.h.
 *
 * Each line of code is there once. Classes say how it stands to the models:
 * "d2" is a line that model 2 lacks, "s2" a part that is the same text there,
 * "has2" and "no2" a row that it has or lacks. The rest is in book.html: each
 * line with a % is there for each model, with its number and, for $, its
 * name.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/course/book.h"

/* Print classes, one for each bit. */
static void
put_classes(FILE *file, const char *name, unsigned bits)
{
    for (int i = 0; i < MODELS_COUNT; i++) {
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

    fputs("<div class=\"part", file);
    put_classes(file, "s", part->same);
    fprintf(file,
            "\"><h3 id=\"%1$s.%2$s\"><a href=\"#%1$s.%2$s\" "
            "title=\"%3$s:%4$d\">%2$s</a> <small>%3$s:%4$d, %5$zu "
            "lines</small>",
            model, part->name, part->path, part->number, part->n);
    for (int i = 0; i < MODELS_COUNT; i++) {
        if (part->same & 1U << i) {
            fprintf(file, "%s%s", note, known_models[i].name);
            note = ", ";
        }
    }
    fprintf(file, "%s</h3>\n<pre style=\"counter-reset:n %d\">",
            part->same != 0 ? ", proved by a test</small>" : "",
            part->number - 1);
    for (size_t i = 0; i < part->n; i++) {
        fputs("<span class=\"l", file);
        put_classes(file, "d", part->lines[i].differs);
        xml_put(file, "\">", part->lines[i].text, "\n</span>");
    }
    fputs("</pre></div>\n", file);
}

static void
put_row(FILE *file, const struct row *row)
{
    bool shared = row->parts[MODELS_COUNT] != NULL;

    fprintf(file, "<tbody id=\"%s\" class=\"own", row->name);
    for (int i = 0; i < MODELS_COUNT; i++) {
        fprintf(file, " %s%d", row->parts[i] || shared ? "has" : "no", i);
    }
    fprintf(file,
            "\"><tr class=\"step\"><th><div><h2>%s</h2> %s</div></th>"
            "</tr>\n<tr>",
            row->name, row->question);
    for (int i = 0; i < MODELS_COUNT + shared; i++) {
        bool model = i < MODELS_COUNT;

        fprintf(file, "<td class=\"%s%d\">", model ? "c c" : "all a", i);
        for (struct part *part = row->parts[i]; part; part = part->next) {
            put_part(file, model ? known_models[i].name : "contract", part);
        }
        fputs(row->parts[i] ? "" : "<p>nothing of its own</p>", file);
        fputs("</td>\n", file);
    }
    fputs("</tr></tbody>\n", file);
}

/* Print the page by its template. Errors are left for ferror(). */
static void
put_page(FILE *file, FILE *template, const struct row *rows, char *report)
{
    char *line = NULL;
    size_t bytes = 0;

    while (getline(&line, &bytes, template) > 0) {
        int models = strchr(line, '%') ? MODELS_COUNT : 1;

        if (strcmp(line, "=style\n") == 0) {
            fputs(svg_style, file);
        } else if (strcmp(line, "=rows\n") == 0) {
            for (const struct row *row = rows; row->name; row++) {
                put_row(file, row);
            }
        } else if (strcmp(line, "=run\n") == 0) {
            while (*report != '\0') {
                xml_put(file, "", strsep(&report, "\n"), "\n");
            }
        } else {
            for (int i = 0; i < models; i++) {
                for (const char *c = line; *c != '\0'; c++) {
                    *c == '%'   ? fprintf(file, "%d", i)
                    : *c == '$' ? fputs(known_models[i].name, file)
                                : fputc(*c, file);
                }
            }
        }
    }
    free(line);
}

int
course_book(int argc, char **argv)
{
    const char *from = "build/compare/results.jsonl";
    struct text usual = {0}, beside = {0};
    const char *out = usual.bytes;
    char *report = NULL;
    size_t bytes = 0;
    const struct flag flags[] = {
        FLAG_TEXT("from", 'f', "FILE", &from,
                  "The run below the code (default: the last, or a sample)"),
        FLAG_TEXT("out", 'o', "FILE", &out,
                  "Where the page goes (default: build/book.html)"),
        {0}};

    text_add(&usual, "%s/book.html", course_build());
    if (access(from, F_OK) != 0) {
        from = "harness/report/sample/results.jsonl";
    }
    flags_parse("course book", "Lay the five servers side by side on a page.",
                flags, NULL, argc, argv);
    const struct row *rows = book_cut();
    course_begin();
    setenv("FROM", from, 1);
    FILE *said = given(popen("echo \"\\$ report $FROM\"; "
                             "COLUMNS=100 \"$BIN/report\" \"$FROM\"",
                             "re"));
    getdelim(&report, &bytes, '\0', said);
    if (pclose(said) != 0) {
        exit(COURSE_CANNOT); /* report has said why */
    }
    FILE *template = fopen("harness/course/book.html", "re");
    /* A browser that looks meanwhile sees the page before. */
    text_add(&beside, "%s%s", out, out == usual.bytes ? ".new" : "");
    FILE *file = template ? fopen(beside.bytes, "we") : NULL;
    if (!file) {
        err(COURSE_CANNOT, "%s", template ? out : "book.html");
    }
    put_page(file, template, rows, report);
    long length = ftell(file);
    if (ferror(file) || fclose(file) != 0 || rename(beside.bytes, out) != 0) {
        err(COURSE_CANNOT, "%s", out);
    }
    printf("%s, %ld KiB, with the figures of %s\n", out, length / 1024, from);
    return 0;
}
