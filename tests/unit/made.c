/*
 * made.c: results that were made up. See made.h.
 */
#include "tests/unit/made.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double
made_normal(void)
{
    double a = ((double)random() + 1) / 2147483649.0;
    double b = (double)random() / 2147483648.0;

    return sqrt(-2 * log(a)) * cos(2 * M_PI * b);
}

struct life
made_life(const char *model)
{
    struct life life;

    life_clear(&life);
    strcpy(life.scenario, "echo");
    strcpy(life.layout, "shared");
    strcpy(life.bound_by, "CPU");
    snprintf(life.model, sizeof life.model, "%s", model);
    life.clients = 64;
    life.life = 1;
    life.cpus = 1;
    life.message_bytes = 64;
    life.figure[LIFE_ASKED] = 64;
    life.figure[LIFE_SERVED] = 64;
    life.figure[LIFE_P50_US] = 700;
    life.figure[LIFE_P99_US] = 900;
    life.figure[LIFE_RSS_KIB_PER_CLIENT] = 8;
    life.figure[LIFE_STACK_KIB_PER_CLIENT] = 0;
    return life;
}

double
made_machine(int block)
{
    return 1 + 0.1 * sin(block);
}

void
made_add(struct results *results, const struct life *like, double us)
{
    for (int i = 1; i <= 2; i++) {
        struct life life = *like;

        life.life = i;
        life.figure[LIFE_SERVER_CPU_US_PER_ECHO] = us;
        life.figure[LIFE_ECHOES_PER_S] = 1e6 / (us + 6);
        results_add(results, RECORD_LIFE, &life);
    }
    for (int block = 1; block <= 60 && like->status == LIFE_OK; block++) {
        double noise = made_machine(block) * exp(0.02 * made_normal());
        struct slice slice = {
            .clients = like->clients,
            .rate_per_s = like->rate_per_s,
            .life = block > 30 ? 2 : 1,
            .block = block,
            .seconds = 1000 * (us + 6) * noise / 1e6,
            .echoes = 1000,
            .server_cpu_us = 1000 * us * noise,
        };

        memcpy(slice.scenario, like->scenario, sizeof slice.scenario);
        memcpy(slice.model, like->model, sizeof slice.model);
        results_add(results, RECORD_SLICE, &slice);
    }
}

struct made made;

void
made_begin(void)
{
    srandom(1);
}

void
made_end(void)
{
    summary_free(&made.summary);
    results_free(&made.results);
    free(made.text);
    made.text = NULL;
}

void
made_model(const char *model, double us)
{
    struct life life = made_life(model);

    made_add(&made.results, &life, us);
}

void
made_summary(void)
{
    summary_free(&made.summary);
    summary_make(&made.results, &made.summary);
}

FILE *
made_print(void)
{
    static size_t bytes; /* the stream sets it when it is closed */
    FILE *file;

    free(made.text);
    file = open_memstream(&made.text, &bytes);
    ck_assert_ptr_nonnull(file);
    return file;
}

void
assert_has(const char *words)
{
    ck_assert_msg(strstr(made.text, words) != NULL, "no \"%s\" in:\n%.4000s",
                  words, made.text);
}

void
assert_has_not(const char *words)
{
    assert_has_times(words, 0);
}

void
assert_has_times(const char *words, int times)
{
    int found = 0;

    for (const char *at = made.text; (at = strstr(at, words)); at++) {
        found++;
    }
    ck_assert_msg(found == times, "%d times \"%s\", not %d, in:\n%.4000s",
                  found, words, times, made.text);
}
