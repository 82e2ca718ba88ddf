/*
 * results.c: the fuzzer's target for report's reader of results.
 *
 * The input is a results file. It is refused, with the line and what is wrong
 * with it, or read, and then report renders it in each of its formats. What
 * comes out of that nobody knows beforehand: this target finds crashes, reads
 * beyond a buffer, undefined arithmetic and leaks.
 */
#include <string.h>

#include "harness/report/internal.h"
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
    for (size_t i = 0; i < results->nlives; i++) {
        const struct life *life = &results->lives[i];

        fuzz_require(life->clients >= 0 && life->silent >= 0 &&
                         life->life >= 0 && life->message_bytes >= 0,
                     "life %zu has a count below 0", i);
    }
    for (size_t i = 0; i < results->nslices; i++) {
        fuzz_require(results->slices[i].block >= 0,
                     "slice %zu has a count below 0", i);
    }
    for (size_t i = 0; i < results->ncalls; i++) {
        const struct calls *calls = &results->calls[i];

        fuzz_require(calls->clients >= 0, "counting %zu has a count below 0",
                     i);
    }
    for (size_t i = 0; i < results->ncode; i++) {
        fuzz_require(results->code[i].clients >= 0,
                     "code %zu has a count below 0", i);
    }
}

static void
render(struct results *results)
{
    const struct report_paper paper = {.width = 80};
    struct document document = {0};
    struct summary summary;

    summary_make(results, &summary);
    report_headline(nowhere(), &summary, &paper);
    report_scenarios(nowhere(), &summary, &(struct report_views){.all = true},
                     &paper);
    report_markdown(nowhere(), &summary);
    diff_build(&document, &summary, &summary);
    document_print_text(nowhere(), &document, &paper);
    report_page(nowhere(), &summary);
    csv_write_lives(nowhere(), results);
    csv_write_summary(nowhere(), &summary);
    if (results->nlives > 0) {
        report_scenario_lines(nowhere(), results, results->lives[0].scenario,
                              results->lives[0].clients, &paper);
    }
    report_trace(nowhere(), results, &paper);
    fuzz_require(report_trace_svg(nowhere(), results) == 0,
                 "the picture cannot be written");
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
    const char *problem = results_read(file, &results);
    fclose(file);
    if (problem == NULL) {
        check_counts(&results);
        render(&results);
        results_free(&results);
        return 0;
    }
    fuzz_require(strncmp(problem, "line ", 5) == 0,
                 "the input, %zu bytes, %s", nbytes, problem);
    fuzz_require(results.lives == NULL && results.calls == NULL &&
                     results.code == NULL,
                 "%s: refused, and something is kept", problem);
    return 0;
}
