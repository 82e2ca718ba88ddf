/*
 * book.c: the commands that lay the sources side by side. See book.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

#define TEMPLATE "harness/course/book.html"

int
course_book(int argc, char **argv)
{
    const char *from = "build/compare/results.jsonl";
    const char *out = NULL;
    const struct flag flags[] = {
        FLAG_TEXT("from", 'f', "FILE", &from,
                  "The run whose figures stand below the code (default: "
                  "build/compare/results.jsonl, or else the sample)"),
        FLAG_TEXT("out", 'o', "FILE", &out,
                  "Where the page goes (default: build/book.html)"),
        {0}};
    static struct book book;
    struct results results;
    struct text usual = {0};
    const char *bin = course_bin();

    if (access(from, F_OK) != 0) {
        from = "harness/report/sample/results.jsonl";
    }
    text_add(&usual, "%.*s/book.html", (int)(strrchr(bin, '/') - bin), bin);
    flags_parse("course book", "Lay the five servers side by side on a page.",
                flags, NULL, argc, argv);
    out = out ? out : usual.bytes;
    if (book_cut(&book) != 0) {
        return COURSE_CANNOT;
    }
    const char *problem = results_load(from, &results);
    if (problem) {
        fprintf(stderr, "course book: %s: %s\n", from, problem);
        return COURSE_CANNOT;
    }
    FILE *template = fopen(TEMPLATE, "re");
    FILE *file = template ? fopen(out, "we") : NULL;
    if (file) {
        book_print_page(file, template, &book, &results, from);
    }
    long bytes = file ? ftell(file) : 0;
    if (!file || ferror(file) || fclose(file) != 0) {
        fprintf(stderr, "course book: %s: %s\n", template ? out : TEMPLATE,
                strerror(errno));
        return COURSE_CANNOT;
    }
    fclose(template);
    results_free(&results);
    printf("%s, %ld KiB, with the figures of %s\n", out, bytes / 1024, from);
    return 0;
}

/* Read "MODEL" or "MODEL.FUNCTION", or refuse it with the names that there
 * are. Returns the part, or NULL for all of the model. */
static struct part *
read_side(const struct book *book, const char *flag, const char *text,
          int *model)
{
    size_t length = strcspn(text, ".");
    char *name = given(strndup(text, length));
    struct text names = {"one of:"};
    struct part *part = NULL;

    *model = course_model(name);
    for (int i = 0; *model == -1 && i < COURSE_MODELS; i++) {
        text_add(&names, " %s", course_models[i]);
    }
    for (size_t i = 0; *model != -1 && text[length] && i < book->n; i++) {
        const struct excerpt *excerpt = &book->rows[i].excerpts[*model];

        for (size_t j = 0; j < excerpt->n; j++) {
            text_add(&names, " %s.%s", name, excerpt->parts[j]->name);
        }
        part = part ? part : excerpt_find(excerpt, text + length + 1);
        part = part->n > 0 ? part : NULL;
    }
    free(name);
    if (*model == -1 || (text[length] && !part)) {
        flags_refuse("course code", flag, text, names.bytes);
    }
    return part;
}

int
course_code(int argc, char **argv)
{
    const char *texts[2] = {"blocking", "threaded"};
    const struct flag flags[] = {
        FLAG_TEXT("a", 'a', "MODEL[.FUNCTION]", &texts[0],
                  "The one on the left (default: blocking)"),
        FLAG_TEXT("b", 'b', "MODEL[.FUNCTION]", &texts[1],
                  "The one beside it (default: threaded)"),
        {0}};
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    struct winsize size;
    static struct book book;
    struct part *parts[2];
    int models[2];

    flags_parse("course code",
                "Lay two servers side by side, step by step, or two of their "
                "functions.\v"
                "Where two columns fit, | stands between lines that differ, "
                "< and > where only one side has some; else - is only in A, "
                "+ only in B. Prefixes such as co_ and white space are no "
                "difference. The width is COLUMNS, or that of the terminal, "
                "also before | less -S; or else 80.",
                flags, NULL, argc, argv);
    if (book_cut(&book) != 0) {
        return COURSE_CANNOT;
    }
    for (int i = 0; i < 2; i++) {
        parts[i] = read_side(&book, i ? "b" : "a", texts[i], &models[i]);
    }
    if (!parts[0] != !parts[1]) {
        int bare = parts[0] != NULL;
        flags_refuse("course code", bare ? "b" : "a", texts[bare],
                     "a function of both models, or of none");
    }
    for (int fd = STDOUT_FILENO; width <= 0 && fd <= STDERR_FILENO; fd++) {
        width = ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    }
    book_print_code(&book, width > 0 ? width : 80, models, parts);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : COURSE_CANNOT;
}
