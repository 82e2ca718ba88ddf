/*
 * book.c: the steps that every server takes, and the commands that lay them
 * side by side. See book.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

#define TEMPLATE "harness/course/book.html"

#define FAMILIES(straight, callbacks)                                        \
    {                                                                        \
        straight, straight, callbacks, straight, callbacks, NULL             \
    }

/* Every function of the five server.c is in one place, in the row whose
 * question it answers; of other files there is what the model waits in. */
const struct book_step book_steps[] = {
    {"idea", "What is the idea, what does it cost, when does it break?",
     FAMILIES("card", "card")},
    {"set-up",
     "What is there before the first client comes?",
     {"main server_run", "main server_run threads_prepare", "main server_run",
      "main server_run", "main server_run", NULL}},
    {"accept", "Who takes the next client, and who waits meanwhile?",
     FAMILIES("conn_accept", "conn_accept_cb")},
    {"start",
     "What comes to life for a client?",
     {NULL, "spawn thread_main", NULL, "spawn", NULL, NULL}},
    {"wait",
     "Who waits here, and for what?",
     {"set_timeout sleep_ms", "set_timeout sleep_ms",
      "conn_wait conn_waits_on reactor.c:reactor_run "
      "reactor.c:wait_for_events",
      "co_io.c:wait_for co_switch.c:suspend co.c:scheduler_run "
      "co_io.c:io_poll",
      "conn_wait conn_waits_on", NULL}},
    {"handshake", "Who keeps half a line until the other half has come?",
     FAMILIES("conn_handshake", "conn_handshake_cb")},
    {"echo", "Where is the loop, and where does it go on after a wait?",
     FAMILIES("conn_echo", "conn_echo_cb conn_chunk conn_delay_cb")},
    {"send", "What becomes of bytes that the client does not take yet?",
     FAMILIES("send_all", "conn_send conn_send_cb conn_hold")},
    {"close", "What must be given back?",
     FAMILIES("conn_close", "conn_close")},
    {"stop",
     "How does a server end that waits? A signal shuts its sockets.",
     {NULL, "threads_await", NULL, NULL, NULL, "stop.c:stop_signal_handler"}},
    {"state", "Where is what the server knows of a client?",
     FAMILIES("conn_serve", "conn")},
    {0},
};

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
    struct book book = {0};
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
read_side(const struct book *book, const char *flag, char *text, int *model)
{
    char *dot = strchrnul(text, '.');
    char *name = *dot == '.' ? dot + 1 : NULL;
    struct text names = {0};

    *dot = '\0';
    *model = course_model(text);
    for (int i = 0; *model == -1 && i < COURSE_MODELS; i++) {
        text_item(&names, ", ", "%s", course_models[i]);
    }
    for (size_t i = 0; *model != -1 && name && i < book->n; i++) {
        const struct excerpt *excerpt = &book->rows[i].excerpts[*model];
        struct part *part = excerpt_find(excerpt, name);

        if (part->n > 0) {
            return part;
        }
        for (size_t j = 0; j < excerpt->n; j++) {
            text_item(&names, ", ", "%s.%s", text, excerpt->parts[j]->name);
        }
    }
    if (names.bytes[0] != '\0') {
        *dot = name ? '.' : '\0';
        struct text one_of = {0};
        text_add(&one_of, "one of %s", names.bytes);
        flags_refuse("course code", flag, text, one_of.bytes);
    }
    return NULL;
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
    struct book book = {0};
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
        parts[i] = read_side(&book, i ? "b" : "a", given(strdup(texts[i])),
                             &models[i]);
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
