/*
 * checks.c: numbers that must fit to each other. See results.h.
 */
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/results/results.h"

/* More of the kernel's own price than that is a measuring bug. */
#define LIMIT_HIGH 1.05
/* A client that uses more of its CPU than that may have been the limit. */
#define CLIENT_HIGH 0.95
/* By how much calls by name may miss their total. */
#define CALLS_OFF 0.02

enum {
    /* The floor sends a longer message in pieces of this, one after the
     * other; those of a stream may travel together, which costs less. */
    FLOOR_PIECE_BYTES = 16 * 1024,
};

const char *const checks_names[CHECKS] = {
    [CHECK_BYTES] = "bytes on both sides",
    [CHECK_LIMIT] = "kernel's price",
    [CHECK_CLIENT] = "client's CPU",
    [CHECK_KERNEL] = "queues and resends",
    [CHECK_CALLS] = "calls by name",
};

/* Count one more; of the first that is not good, keep where and how. */
static void __attribute__((format(printf, 4, 5)))
count(struct check_result *check, bool good, const struct life *life,
      const char *format, ...)
{
    int length;
    va_list args;

    check->checked++;
    if (good || check->failed++ > 0) {
        return;
    }
    length = PUT(check->first, "%s in %s %d: ", life->model, life->scenario,
                 life->clients);
    va_start(args, format);
    vsnprintf(check->first + length, sizeof check->first - (size_t)length,
              format, args);
    va_end(args);
}

static void
check_life(struct check_result *checks, const struct life *life,
           bool queue_is_full)
{
    json_t *stats = json_loads(life->stats, 0, NULL);
    const json_t *in = json_object_get(stats, "bytes_in");
    const json_t *out = json_object_get(stats, "bytes_out");
    const double *figure = life->figure;
    double sent = figure[LIFE_CLIENT_BYTES];
    double trouble = figure[LIFE_LISTEN_OVERFLOWS] +
                     figure[LIFE_LISTEN_DROPS] + figure[LIFE_RETRANSMITS];

    /* Greetings are bytes, too, and their number is not kept. */
    if (in && out && isfinite(sent) && !life->handshake) {
        count(&checks[CHECK_BYTES],
              json_number_value(in) == sent && json_number_value(out) == sent,
              life, "client %.0f, server in %.0f, out %.0f", sent,
              json_number_value(in), json_number_value(out));
    }
    json_decref(stats);
    if (isfinite(trouble) && !queue_is_full) {
        count(&checks[CHECK_KERNEL], trouble == 0, life,
              "overflows %.0f, drops %.0f, retransmits %.0f, by anyone on "
              "the machine",
              figure[LIFE_LISTEN_OVERFLOWS], figure[LIFE_LISTEN_DROPS],
              figure[LIFE_RETRANSMITS]);
    }
}

static void
check_row(struct check_result *checks, const struct summary_row *row)
{
    const struct life *life = row->life;
    double share = 1 / row->figure[LIFE_CPU_OVER_FLOOR];
    double used = row->figure[LIFE_CLIENT_CPU_US_PER_ECHO] *
                  row->figure[LIFE_ECHOES_PER_S] / 1e6;
    double total = row->calls ? row->calls->per_echo : NAN;
    double named = 0;
    bool shared = strcmp(life->layout, "shared") == 0;

    /* With CPUs of their own, the client's pays for a part of that. */
    if (isfinite(share) && shared &&
        life->message_bytes <= FLOOR_PIECE_BYTES) {
        count(&checks[CHECK_LIMIT], share <= LIMIT_HIGH, life,
              "the floor is %.2f of what it used", share);
    }
    /* In a closed loop somebody is always the limit, and "bound by" says who.
     * In an open loop a client without CPU to spare is late itself. On one
     * CPU that both share, each takes what the other leaves. */
    if (life->rate_per_s > 0 && isfinite(used) && !shared) {
        count(&checks[CHECK_CLIENT], used < CLIENT_HIGH, life,
              "it used %.2f of a CPU", used);
    }
    for (int i = 0; row->calls && i < row->calls->nnames; i++) {
        named += row->calls->names[i].per_echo;
    }
    if (isfinite(total) && named > 0) {
        count(&checks[CHECK_CALLS], fabs(named - total) <= CALLS_OFF * total,
              life, "%.2f for each echo, by name %.2f", total, named);
    }
}

void
checks_run(struct check_result *checks, const struct summary_group *group)
{
    /* Clients that a server leaves out wait in its queue, which may be too
     * short for them. That is the server's nature, and the table says so; the
     * kernel counts it for all servers that live at that time. */
    bool queue_is_full = false;

    for (size_t i = 0; i < group->nrows; i++) {
        queue_is_full |= group->rows[i].starved;
    }
    for (size_t i = 0; i < group->nrows; i++) {
        const struct summary_row *row = &group->rows[i];

        for (int j = 0; j < row->nlives; j++) {
            if (row->lives[j]->status == LIFE_OK) {
                check_life(checks, row->lives[j], queue_is_full);
            }
        }
        if (row->status == LIFE_OK) {
            check_row(checks, row);
        }
    }
}
