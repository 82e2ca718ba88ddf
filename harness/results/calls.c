/*
 * calls.c: system calls by name, to and from JSON. See calls.h.
 */
#include "harness/results/calls.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/results/integer.h"

/* Below this a call is not worth a word: it belongs to the server's start or
 * end rather than to an echo. */
#define WORTH_A_WORD 0.005

enum {
    CLIENTS_MAX = 1000000000 /* as a window has it */
};

static int compare_names(const void *left, const void *right);
static void copy_string(const json_t *object, const char *key, char *text,
                        size_t text_bytes);
static void names_from_json(json_t *object, struct calls *calls);

void
calls_clear(struct calls *calls)
{
    memset(calls, 0, sizeof *calls);
    calls->per_echo = NAN;
    calls->echoes = NAN;
}

void
calls_add(struct calls *calls, const char *name, double per_echo)
{
    struct calls_name *entry;

    for (int i = 0; i < calls->nnames; i++) {
        if (strcmp(calls->names[i].name, name) == 0) {
            calls->names[i].per_echo += per_echo;
            return;
        }
    }
    /* The last place is kept for CALLS_OTHER. */
    if (calls->nnames < CALLS_NAMES_MAX - 1) {
        entry = &calls->names[calls->nnames++];
        snprintf(entry->name, sizeof entry->name, "%s", name);
        entry->per_echo = per_echo;
    }
}

void
calls_finish(struct calls *calls)
{
    double named = 0;
    int kept = 0;

    for (int i = 0; i < calls->nnames; i++) {
        if (calls->names[i].per_echo >= WORTH_A_WORD) {
            named += calls->names[i].per_echo;
            calls->names[kept++] = calls->names[i];
        }
    }
    calls->nnames = kept;
    qsort(calls->names, (size_t)kept, sizeof calls->names[0], compare_names);
    if (calls->per_echo - named >= WORTH_A_WORD) {
        struct calls_name *other = &calls->names[calls->nnames++];

        snprintf(other->name, sizeof other->name, CALLS_OTHER);
        other->per_echo = calls->per_echo - named;
    }
}

json_t *
calls_to_json(const struct calls *calls)
{
    json_t *names = json_object();
    json_t *object;

    for (int i = 0; i < calls->nnames; i++) {
        json_object_set_new(names, calls->names[i].name,
                            json_real(calls->names[i].per_echo));
    }
    object = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:o}", "scenario",
                       calls->scenario, "clients", calls->clients, "model",
                       calls->model, "method", calls->method, "reason",
                       calls->reason, "counted_clients",
                       calls->counted_clients, "per_echo_by_name", names);
    if (object && isfinite(calls->per_echo)) {
        json_object_set_new(object, "syscalls_per_echo",
                            json_real(calls->per_echo));
        json_object_set_new(object, "echoes", json_real(calls->echoes));
    }
    return object;
}

int
calls_from_json(const json_t *object, struct calls *calls)
{
    const json_t *number;

    calls_clear(calls);
    copy_string(object, "scenario", calls->scenario, sizeof calls->scenario);
    copy_string(object, "model", calls->model, sizeof calls->model);
    copy_string(object, "method", calls->method, sizeof calls->method);
    copy_string(object, "reason", calls->reason, sizeof calls->reason);
    number = json_object_get(object, "syscalls_per_echo");
    if (json_is_number(number)) {
        calls->per_echo = json_number_value(number);
    }
    number = json_object_get(object, "echoes");
    if (json_is_number(number)) {
        calls->echoes = json_number_value(number);
    }
    names_from_json(json_object_get(object, "per_echo_by_name"), calls);
    if (integer_from_json(object, "clients", CLIENTS_MAX, &calls->clients) !=
            0 ||
        integer_from_json(object, "counted_clients", CLIENTS_MAX,
                          &calls->counted_clients) != 0) {
        return -1;
    }
    return calls->scenario[0] != '\0' && calls->model[0] != '\0' ? 0 : -1;
}

static void
names_from_json(json_t *object, struct calls *calls)
{
    const char *name;
    json_t *number;

    json_object_foreach(object, name, number)
    {
        calls_add(calls, name, json_number_value(number));
    }
    calls_finish(calls);
}

static void
copy_string(const json_t *object, const char *key, char *text,
            size_t text_bytes)
{
    const char *value = json_string_value(json_object_get(object, key));

    snprintf(text, text_bytes, "%s", value ? value : "");
}

/* CALLS_OTHER is no call and stands last, whatever it is. */
static int
compare_names(const void *left, const void *right)
{
    const struct calls_name *a = left;
    const struct calls_name *b = right;
    int a_other = strcmp(a->name, CALLS_OTHER) == 0;
    int b_other = strcmp(b->name, CALLS_OTHER) == 0;

    if (a_other != b_other) {
        return a_other - b_other;
    }
    if (a->per_echo != b->per_echo) {
        return a->per_echo > b->per_echo ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}
