/*
 * soak.c: hours of verified traffic with everything in it that clients do.
 *
 *     soak [--seconds=1800] [--seed=1] [--model=NAME ...] [--from=N]
 *
 * The time is shared out among the models. Against each it starts a
 * plain server and one with --handshake, keeps some clients connected all
 * the time, and does one thing after the other (actions.c), picked by
 * chance. After each, the clients that stay must still get every byte back;
 * and every second, with nobody else connected, descriptors, threads,
 * mappings and resident memory are looked at. What they are after the first
 * fifth of the time, they must be at the end.
 *
 * Step N of a seed is the same in every run, whatever came before it, so a
 * failure, which names both, can be repeated from that step on.
 */
#include <argp.h>
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"
#include "tests/soak/actions.h"
#include "tests/soak/holding.h"

enum {
    STAYING = 10,       /* clients that are connected all the time */
    LOOK_MS = 1000,     /* between two looks at what a server holds */
    SAY_MS = 10 * 1000, /* between two lines of progress */
    /* Clients at once. Far more than any action makes: on a busy machine a
     * thread ends later than its client, so that those of two or three
     * actions are there together, and 200 was too few. */
    FLOOD = 400,
    MODELS_MAX = 32,
};

static uint64_t run_seed = 1;
static uint64_t first_step;
static int64_t total_ms = 1800 * (int64_t)1000;
static bool asked_for[MODELS_MAX]; /* by index; none: the five */
static bool asked_for_some;
static int models_to_run;
static uint64_t step; /* the running one */

/* ---- one model --------------------------------------------------------- */

static void
say(const struct soak *soak, int64_t took_ms, const struct holding *now)
{
    fprintf(stderr,
            "%-11s %5jd s  step %-7ju %8.2f GiB verified %9ju connections  "
            "%3d descriptors %3d threads %4d mappings %6jd KiB\n",
            model_current()->name, (intmax_t)took_ms / 1000, (uintmax_t)step,
            (double)soak->verified_bytes / (1 << 30),
            (uintmax_t)soak->connections, now->descriptors, now->threads,
            now->mappings, (intmax_t)now->rss_kib);
}

static void
one_step(struct soak *soak, struct client *staying, int count)
{
    const struct action *action;

    payload_set_run_seed(run_seed * 1000003 + step);
    action = action_pick();
    verdict_context("step %ju, %s (%s); repeat: make soak MODELS=%s "
                    "SEED=%ju SOAK_FROM=%ju",
                    (uintmax_t)step, action->name, action->rows,
                    model_current()->name, (uintmax_t)run_seed,
                    (uintmax_t)step);
    action->act(soak);
    clients_exchange(staying, count, 1 + payload_random(4096));
    step++;
}

/* The last line of a model. */
static void
sum_up(const struct soak *soak, const struct watch *watch, int64_t took_ms)
{
    printf("%s: %.2f GiB verified, %ju connections, %ju steps in %jd s; "
           "warm and end: descriptors %d %d, threads %d %d, mappings %d %d, "
           "resident KiB %jd %jd\n",
           model_current()->name, (double)soak->verified_bytes / (1 << 30),
           (uintmax_t)soak->connections, (uintmax_t)(step - first_step),
           (intmax_t)took_ms / 1000, watch->warm.descriptors,
           watch->now.descriptors, watch->warm.threads, watch->now.threads,
           watch->warm.mappings, watch->now.mappings,
           (intmax_t)watch->warm.rss_kib, (intmax_t)watch->now.rss_kib);
    fflush(stdout);
}

/* More clients at once than there will be again, so that what a server keeps
 * for the next one, such as stacks, is there before anybody looks. */
static void
flood(const struct server *server, const char *hello)
{
    static struct client clients[FLOOD];
    int i;

    for (i = 0; i < FLOOD; i++) {
        clients[i] = client_connect(server);
        client_send_text(&clients[i], hello, strlen(hello));
        client_expect_text(&clients[i], hello);
        client_exchange(&clients[i], 64);
    }
    clients_exchange_and_finish(clients, FLOOD, 65536);
}

/* Go on for `time_ms`, and look at what both servers hold now and then. */
static void
soak_for(struct soak *soak, struct client *staying, int count,
         int64_t time_ms)
{
    struct watch plain = watch_begin("plain", &soak->plain);
    struct watch handshake = watch_begin("handshake", &soak->handshake);
    int64_t start_ms = patience_now_ms();
    int64_t looked_ms = -LOOK_MS;
    int64_t said_ms = 0;
    int64_t took_ms = 0;

    if (!model_works(MODEL_ONE_AT_A_TIME)) {
        flood(&soak->plain, "");
        flood(&soak->handshake, "hello\n");
    }
    while (took_ms < time_ms) {
        one_step(soak, staying, count);
        took_ms = patience_now_ms() - start_ms;
        if (took_ms - looked_ms >= LOOK_MS || took_ms >= time_ms) {
            bool warming_up = took_ms < time_ms / 5 || looked_ms < 0;

            looked_ms = took_ms;
            watch_look(&plain, warming_up);
            watch_look(&handshake, warming_up);
        }
        if (took_ms - said_ms >= SAY_MS) {
            said_ms = took_ms;
            say(soak, took_ms, &plain.now);
        }
    }
    watch_require_flat(&plain);
    watch_require_flat(&handshake);
    sum_up(soak, &plain, took_ms);
}

START_TEST(soak_model)
{
    struct client staying[STAYING];
    int count = model_works(MODEL_ONE_AT_A_TIME) ? 0 : STAYING;
    struct soak soak = {0};
    int i;

    soak.plain = server_start((struct server_setup){0});
    soak.handshake = server_start((struct server_setup){
        .flags = {"--handshake", "--handshake-timeout=500"}});
    step = first_step;
    expect_alive(&soak.plain);
    for (i = 0; i < count; i++) {
        staying[i] = client_connect(&soak.plain);
        client_exchange(&staying[i], 1);
    }
    soak_for(&soak, staying, count, total_ms / models_to_run);
    clients_finish(staying, count);
    server_stop(&soak.plain);
    server_stop(&soak.handshake);
}
END_TEST

/* Returns how many failed. */
static int
run_model(const struct model *model)
{
    Suite *suite = suite_create(model->name);
    TCase *group = tcase_create("soak");
    SRunner *runner = srunner_create(suite);
    int failed;

    model_set_current(model);
    tcase_set_timeout(group, 0); /* each wait inside has its deadline */
    tcase_add_test(group, soak_model);
    suite_add_tcase(suite, group);
    fflush(stdout);
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    if (failed > 0) {
        srunner_print(runner, CK_NORMAL);
        fflush(stdout);
    }
    srunner_free(runner);
    return failed;
}

/* ---- the command line -------------------------------------------------- */

static const struct argp_option flags[] = {
    {"seconds", 't', "N", 0, "time for all models together, default 1800", 0},
    {"seed", 's', "N", 0, "what chance follows from, default 1", 0},
    {"model", 'm', "NAME", 0, "soak this model; may be repeated", 0},
    {"from", 'f', "N", 0, "begin with step N, to repeat a failure", 0},
    {0},
};

static uint64_t
parse_number(struct argp_state *state, const char *text)
{
    char *end;
    uint64_t value = strtoull(text, &end, 10);

    if (end == text || *end != '\0' || *text == '-' || value > 1U << 30) {
        argp_error(state, "%s: please give a whole number, 2^30 at most",
                   text);
    }
    return value;
}

static error_t
parse_flag(int key, char *argument, struct argp_state *state)
{
    const struct model *model;

    switch (key) {
    case 't':
        total_ms = (int64_t)parse_number(state, argument) * 1000;
        return 0;
    case 's':
        run_seed = parse_number(state, argument);
        return 0;
    case 'm':
        model = model_find(argument);
        if (model == NULL) {
            argp_error(state, "there is no model %s", argument);
        } else {
            asked_for[model - models] = true;
            asked_for_some = true;
        }
        return 0;
    case 'f':
        first_step = parse_number(state, argument);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static bool
is_wanted(const struct model *model)
{
    return asked_for_some ? asked_for[model - models] : !model->data_only;
}

int
main(int argc, char **argv)
{
    const struct argp argp = {
        .options = flags,
        .parser = parse_flag,
        .doc = "Soak the servers in verified traffic of every kind."};
    const struct model *model;
    struct rlimit limit;
    int failed = 0;

    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    tally_start();
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (model = models; model->name != NULL; model++) {
        models_to_run += is_wanted(model);
    }
    printf("soak: %jd s for %d models, seed %ju\n", (intmax_t)total_ms / 1000,
           models_to_run, (uintmax_t)run_seed);
    for (model = models; model->name != NULL; model++) {
        failed += is_wanted(model) ? run_model(model) : 0;
    }
    printf("soak: %d passed, %d failed, 0 skipped\n", models_to_run - failed,
           failed);
    return failed > 0;
}
