/*
 * results.c: the fuzzer's target for report's reader of results.
 *
 * The input is a results file. It is refused, with the line and what is wrong
 * with it, or read, and then report renders it in each of its formats. What
 * comes out of that nobody knows beforehand: this target finds crashes, reads
 * beyond a buffer, undefined arithmetic and leaks.
 */
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/report/table.h"
#include "harness/results/csv.h"
#include "tests/fuzz/fuzz.h"

/* Where the reports go: nobody reads them. */
static FILE *
nowhere(void)
{
    static FILE *file;

    if (file == NULL) {
        file = fopen("/dev/null", "we");
        fuzz_require(file != NULL, "/dev/null cannot be opened");
    }
    return file;
}

/* What no compare has ever written must not get past the reader: the numbers
 * below are counts. */
static void
check_counts(const struct results *results)
{
    for (size_t i = 0; i < results->nwindows; i++) {
        const struct window *window = &results->windows[i];

        fuzz_require(window->clients >= 0 && window->silent >= 0 &&
                         window->round >= 0 && window->message_bytes >= 0,
                     "window %zu has a count below 0", i);
    }
    for (size_t i = 0; i < results->ncalls; i++) {
        const struct calls *calls = &results->calls[i];

        fuzz_require(calls->clients >= 0 && calls->counted_clients >= 0,
                     "counting %zu has a count below 0", i);
    }
}

static void
render(struct results *results)
{
    const struct table_style style = {.why = true};
    struct summary summary;

    fuzz_require(summary_make(results, &summary) == 0,
                 "there is no summary of what was read");
    table_print(nowhere(), &results->run, &summary, &style);
    markdown_print(nowhere(), &results->run, &summary);
    csv_write_windows(nowhere(), results);
    csv_write_summary(nowhere(), &summary);
    summary_free(&summary);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    /* fmemopen(3) takes no empty file. */
    FILE *file = nbytes > 0 ? fmemopen((void *)(uintptr_t)data, nbytes, "r")
                            : fopen("/dev/null", "re");
    struct results results;

    fuzz_require(file != NULL, "the input cannot be opened");
    long line = results_read(file, &results);
    fclose(file);
    if (line == 0) {
        check_counts(&results);
        render(&results);
        results_free(&results);
        return 0;
    }
    fuzz_require(line > 0, "the input, %zu bytes, cannot be read", nbytes);
    fuzz_require(results.problem != NULL && results.problem[0] != '\0',
                 "line %ld is refused without a word", line);
    fuzz_require(results.windows == NULL && results.calls == NULL,
                 "line %ld is refused, and something is kept", line);
    return 0;
}
