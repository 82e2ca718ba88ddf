/*
 * main.c: a suite of cases, one model after the other.
 *
 * Two programs are made with it: `conformance`, the cases of this folder,
 * and `faults`, those of tests/faults/. Each has a cases.c of its own.
 *
 *     conformance                       every case against every model
 *     conformance --model=threaded      against one of them
 *     conformance --case=A07            only cases whose name contains it
 *     conformance --model=threaded --program=FILE
 *                                       FILE in place of that model's program
 *     conformance --at=PORT             what any echo server must do, against
 *                                       one that listens on 127.0.0.1
 *     conformance --list-cases          name them; results.h has the columns
 *     conformance --results=FILE        append the result of each to FILE
 *
 * Each model gets a Check runner of its own; the last line for each says
 * how many cases passed, failed and were skipped, and how long it took.
 */
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/results.h"
#include "tests/conformance/server.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"

#include <argp.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The command line. */
struct options {
    const struct model *model; /* the only one to test; NULL: all */
    const char *pattern;       /* of the cases to run; NULL: all */
    int port;                  /* of a foreign server; 0: test ours */
    bool list;                 /* print the models' names only */
    bool list_cases;           /* print the cases' names only */
    FILE *results;             /* append results here; NULL: nowhere */
    bool verbose;              /* a line for each case */
};

static const struct argp_option flags[] = {
    {"model", 'm', "NAME", 0, "test this model only", 0},
    {"case", 'c', "TEXT", 0,
     "run only cases whose name contains TEXT, or one of TEXT,TEXT", 0},
    {"at", 'a', "PORT", 0, "test the echo server at 127.0.0.1:PORT", 0},
    {"program", 'p', "FILE", 0, "test this program, as the model's", 0},
    {"seed", 's', "N", 0, "begin payloads and chance from N, default 1", 0},
    {"list", 'l', NULL, 0, "print the names of the models", 0},
    {"list-cases", 'L', NULL, 0, "print the names of the cases", 0},
    {"results", 'r', "FILE", 0, "append the result of each case to FILE", 0},
    {"verbose", 'v', NULL, 0, "print a line for each case", 0},
    {0},
};

static uint64_t
parse_number(struct argp_state *state, const char *name, const char *text,
             uint64_t low, uint64_t high)
{
    char *end;

    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' ||
        value < low || value > high) {
        argp_error(state, "%s=%s: please give a whole number from %ju to %ju",
                   name, text, (uintmax_t)low, (uintmax_t)high);
    }
    return value;
}

static error_t
parse_flag(int key, char *argument, struct argp_state *state)
{
    struct options *options = (struct options *)state->input;

    switch (key) {
    case 'm':
        options->model = model_find(argument);
        if (options->model == NULL) {
            argp_error(state, "there is no model %s; see --list", argument);
        }
        return 0;
    case 'c':
        options->pattern = argument;
        return 0;
    case 'a':
        options->port =
            (int)parse_number(state, "--at", argument, 1, UINT16_MAX);
        return 0;
    case 'p':
        server_use_program(argument);
        return 0;
    case 's':
        payload_set_run_seed(
            parse_number(state, "--seed", argument, 0, UINT64_MAX));
        return 0;
    case 'l':
        options->list = true;
        return 0;
    case 'L':
        options->list_cases = true;
        return 0;
    case 'r':
        options->results = fopen(argument, "ae");
        if (options->results == NULL) {
            argp_error(state, "--results=%s: %s", argument, strerror(errno));
        }
        return 0;
    case 'v':
        options->verbose = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Run all cases of the runner, and write down how each of them went. */
static void
run_cases(SRunner *runner, const struct options *options)
{
    char path[64];
    FILE *log = options->results == NULL ? NULL : tmpfile();

    if (log != NULL) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(log));
        srunner_set_log(runner, path);
    }
    verdict_begin();
    fflush(stdout); /* or each test that is forked prints it again */
    srunner_run_all(runner, options->verbose ? CK_VERBOSE : CK_MINIMAL);
    srunner_print(runner, options->verbose ? CK_SILENT : CK_NORMAL);
    if (log != NULL) {
        results_add_log(options->results, model_current()->name, log);
        fflush(options->results);
        fclose(log);
    }
}

/* Run the cases of one model. Returns how many failed, and adds how many ran
 * or were skipped to `*found`. */
static int
test_model(const struct model *model, const struct options *options,
           int *found)
{
    struct plan plan = {.suite = suite_create(model->name),
                        .pattern = options->pattern,
                        .results = options->results};
    SRunner *runner = srunner_create(plan.suite);
    int64_t start_ms = patience_now_ms();
    int64_t took_ms;
    int failed = 0;
    int ran = 0;

    model_set_current(model);
    tally_reset();
    if (model->program != NULL && access(server_program(), X_OK) != 0) {
        printf("skipped: %s: all cases: the program was not built\n",
               model->name);
        plan.skipped++;
    } else {
        plan_add_all(&plan);
        run_cases(runner, options);
        failed = srunner_ntests_failed(runner);
        plan.skipped += verdict_inconclusive_count();
        ran = srunner_ntests_run(runner) - verdict_inconclusive_count();
        tally_print(model->name);
    }
    if (options->pattern == NULL && ran > 0 && failed == 0 &&
        !model->data_only) {
        failed += plan_check_figures();
        ran++;
    }
    *found += ran + plan.skipped;
    took_ms = patience_now_ms() - start_ms;
    printf("%s: %d passed, %d failed, %d skipped, %jd.%jd s\n", model->name,
           ran - failed, failed, plan.skipped, (intmax_t)took_ms / 1000,
           (intmax_t)took_ms % 1000 / 100);
    fflush(stdout);
    srunner_free(runner);
    return failed;
}

/* Name the cases of one model. */
static void
list_cases(const struct model *model, const struct options *options)
{
    struct plan plan = {.suite = suite_create(model->name),
                        .pattern = options->pattern,
                        .listing = stdout};

    model_set_current(model);
    plan_add_all(&plan);
}

/* The tests hold more descriptors than the servers they watch. */
static void
raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int
main(int argc, char **argv)
{
    static const struct model foreign = {.name = "foreign",
                                         .data_only = true};
    const struct argp argp = {
        .options = flags,
        .parser = parse_flag,
        .doc = "Test echo servers from outside, as clients do."};
    struct options options = {0};
    const struct model *model;
    int failed = 0;
    int found = 0;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    raise_descriptor_limit();
    tally_start();
    if (options.port != 0) {
        server_use_foreign(options.port);
        return test_model(&foreign, &options, &found) != 0;
    }
    for (model = models; model->name != NULL; model++) {
        if (options.list) {
            printf("%s\n", model->name);
        } else if (options.list_cases &&
                   (options.model == NULL || options.model == model)) {
            list_cases(model, &options);
        } else if (options.model == NULL || options.model == model) {
            failed += test_model(model, &options, &found);
        }
    }
    if (found == 0 && !options.list && !options.list_cases) {
        fprintf(stderr, "%s: --case=%s: no case has that in its name\n",
                program_invocation_short_name,
                options.pattern != NULL ? options.pattern : "");
        return 2;
    }
    return failed != 0;
}
