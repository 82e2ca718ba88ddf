/*
 * book.c: the steps that every server takes, and the commands that lay them
 * side by side. See book.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/course/book.h"
#include "harness/report/internal.h"

/* Every function of the five server.c is in one place, in the row whose
 * question it answers; of other files there is what the model waits in. */
const struct book_step book_steps[] = {
    {.name = "idea",
     .question = "What is the idea, what does it cost, when does it break?",
     .straight = "card",
     .callbacks = "card"},
    {.name = "set-up",
     .question = "What is there before the first client comes?",
     .straight = "main server_run",
     .callbacks = "main server_run",
     .own = {NULL, "threads_prepare"}},
    {.name = "accept",
     .question = "Who takes the next client, and who waits meanwhile?",
     .straight = "conn_accept",
     .callbacks = "conn_accept_cb"},
    {.name = "start",
     .question = "What comes to life for a client?",
     .own = {NULL, "spawn thread_main", NULL, "spawn"}},
    {.name = "wait",
     .question = "Who waits here, and for what?",
     .callbacks = "conn_wait conn_waits_on",
     .own = {"set_timeout sleep_ms", "set_timeout sleep_ms",
             "reactor.c:reactor_run reactor.c:wait_for_events",
             "co_io.c:wait_for co_switch.c:suspend co.c:scheduler_run "
             "co_io.c:io_poll"}},
    {.name = "handshake",
     .question = "Who keeps half a line until the other half has come?",
     .straight = "conn_handshake",
     .callbacks = "conn_handshake_cb"},
    {.name = "echo",
     .question = "Where is the loop, and where does it go on after a wait?",
     .straight = "conn_echo",
     .callbacks = "conn_echo_cb conn_chunk conn_delay_cb"},
    {.name = "send",
     .question = "What becomes of bytes that the client does not take yet?",
     .straight = "send_all",
     .callbacks = "conn_send conn_send_cb conn_hold"},
    {.name = "close",
     .question = "What must be given back?",
     .straight = "conn_close",
     .callbacks = "conn_close"},
    {.name = "stop",
     .question = "How does a server end that waits? The same for all: a "
                 "signal shuts the sockets, and who waits on one wakes up.",
     .own = {NULL, "threads_await"},
     .shared = "stop.c:stop_signal_handler"},
    {.name = "state",
     .question = "Where does what the server knows of a client live?",
     .straight = "options conn_serve",
     .callbacks = "options conn",
     .own = {NULL, "attributes"}},
    {0},
};

/* Read the run that goes below the code: `*from`, or what there is. Returns
 * 0, or -1 after a sentence. */
static int
read_run(const char **from, struct results *results)
{
    static const char *const usual[] = {
        "build/compare/results.jsonl", "harness/report/sample/results.jsonl"};
    const char *problem = NULL;

    for (size_t i = 0; i < COUNT(usual); i++) {
        const char *path = *from ? *from : usual[i];

        problem = results_load(path, results);
        if (!problem) {
            *from = path;
            return 0;
        }
    }
    fprintf(stderr, "course book: %s: %s\n", *from ? *from : usual[1],
            problem);
    return -1;
}

int
course_book(int argc, char **argv)
{
    const char *from = NULL;
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
    char usual[PATH_MAX];

    flags_parse("course book", "Lay the five servers side by side on a page.",
                flags, NULL, argc, argv);
    const char *bin = course_bin();
    PUT(usual, "%.*s/book.html", (int)(strrchr(bin, '/') - bin), bin);
    out = out ? out : usual;
    if (book_cut(&book) != 0 || read_run(&from, &results) != 0) {
        return COURSE_CANNOT;
    }
    FILE *file = fopen(out, "we");
    int status = file ? book_print_page(file, &book, &results, from) : -1;
    long bytes = file ? ftell(file) : 0;
    results_free(&results);
    if (status != 0 || ferror(file) || fclose(file) != 0) {
        fprintf(stderr, "course book: %s: %s\n", out, strerror(errno));
        return COURSE_CANNOT;
    }
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
    struct text names = {0};
    struct part *part = NULL;

    *model = course_model(name);
    free(name);
    for (int i = 0; *model == -1 && i < COURSE_MODELS; i++) {
        text_item(&names, i < COURSE_MODELS - 1 ? ", " : " or ", "%s",
                  course_models[i]);
    }
    if (*model != -1 && text[length] == '.') {
        part = book_find(book, *model, text + length + 1);
        text_add(&names, "%.*s with one of", (int)length + 1, text);
    }
    for (size_t i = 0; names.bytes[0] && *model != -1 && i < book->n; i++) {
        const struct excerpt *excerpt = &book->rows[i].excerpts[*model];

        for (size_t j = 0; j < excerpt->n; j++) {
            text_item(&names, " ", "%s", excerpt->parts[j]->name);
        }
    }
    if (names.bytes[0] != '\0' && !part) {
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
