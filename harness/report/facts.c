/*
 * facts.c: what the numbers show, one sentence each. See internal.h.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/select.h>

#include "harness/base/models.h"
#include "harness/report/internal.h"

enum {
    ANY = 0xfff,            /* kind of scenario */
    FACTS = 32,             /* more than there are */
    HEADLINE_FACTS = 2,     /* of a model in the headline */
    HEADLINE_COLUMNS = 150, /* that these may take together */
    KERNEL_MOST = 85,       /* percent of CPU time: nearly all of it */
};

#define MODEL_ROW(name, ways, idea) {#name, ways, idea},
const struct known_model known_models[MODELS_COUNT] = {MODELS(MODEL_ROW)};

int
model_index(const char *name)
{
    int i = MODELS_COUNT - 1;

    while (i >= 0 && strcmp(known_models[i].name, name) != 0) {
        i--;
    }
    return i;
}

unsigned
facts_model(const char *model)
{
    int index = model_index(model);
    unsigned ways = index < 0 ? 0 : known_models[index].ways;

    for (int i = 0; i < VARIANTS; i++) {
        ways |= strcmp(variants[i].name, model) == 0 ? variants[i].ways : 0;
    }
    return ways;
}

/* ---- the facts --------------------------------------------------------- */

/* What is said of a model. All zero is nothing yet. */
struct said {
    const struct summary_row *row; /* of whom, and in which scenario */
    bool elsewhere;                /* which is not the main one */
    int looked_at;                 /* facts, so far, in that scenario */
    bool told;                     /* one of the present topic has held */
    char facts[FACTS][256];        /* what is said, in all scenarios: the
                                    * weightiest first; or "" */
};

/* A fact about scenarios of these kinds and models that work like that: all
 * of these bits. Of a topic the first that holds is said. */
static void __attribute__((format(printf, 5, 6)))
say(struct said *said, unsigned kinds, unsigned model, bool so,
    const char *format, ...)
{
    const struct life *life = said->row->life;
    char *words = said->facts[said->looked_at++];
    bool one_kind = (kinds & (kinds - 1)) == 0 && kinds != KIND_MANY;
    va_list args;

    if (!so || !(kinds & cells_kind(life)) || said->told ||
        (facts_model(life->model) & model) != model) {
        return;
    }
    said->told = true;
    /* Only facts of one kind of scenario say which it is. */
    if (one_kind || !said->elsewhere) {
        va_start(args, format);
        vsnprintf(words, sizeof said->facts[0], format, args);
        va_end(args);
    }
}

/* Two digits, or a whole number: for %.*g. */
#define SHORTLY(value)                                                       \
    (value) < 99.5 ? 2 : 9, (value) < 99.5 ? (value) : rint(value)

/* Who is served, and what the others saw. */
static void
say_served(struct said *said)
{
    const struct summary_row *row = said->row;
    double served = row->figure[LIFE_SERVED];
    double asked = row->figure[LIFE_ASKED];
    bool one = served == 1 && row->served_most == 1 && asked > 1;
    struct text errors = {0};

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (row->errors[i] > 0) {
            text_item(&errors, ", ", "%llu %s",
                      (unsigned long long)row->errors[i],
                      engine_error_name(i));
        }
    }
    say(said, KIND_MANY, MODEL_ONE_AT_A_TIME, one,
        "serves one at a time: %.0f of %.0f wait unserved", asked - served,
        asked);
    say(said, KIND_SILENT, MODEL_ONE_AT_A_TIME, served == 0,
        "one silent client stops it");
    say(said, KIND_IDLE, MODEL_SELECT,
        row->starved && row->served_most < FD_SETSIZE &&
            asked >= FD_SETSIZE - 24,
        "serves %.0f of %.0f: select(2) takes no descriptor from FD_SETSIZE "
        "on",
        served, asked);
    say(said, ANY, MODEL_ONE_AT_A_TIME, one, "serves one client at a time");
    say(said, ANY, 0, row->starved, "serves %.0f of %.0f: %s", served, asked,
        errors.bytes[0] != '\0' ? errors.bytes : "the others got no answer");
}

/* What an echo costs. */
static void
say_costs(struct said *said, const struct summary_group *group)
{
    const struct summary_row *row = said->row;
    const struct summary_row *best = group->best[FIT_CPU];
    const struct summary_row *least = best ? best : row;
    const struct comparison *over = &row->over_best[FIT_CPU];
    const char *name = least->life->model;
    double calls = row->figure[LIFE_SYSCALLS_PER_ECHO];
    double least_calls = least->figure[LIFE_SYSCALLS_PER_ECHO];
    bool more = over->verdict == VERDICT_DIFFERENT;
    bool ranked = false; /* the least of one is no news */
    char ratio[64];

    for (size_t i = 0; i < group->nrows; i++) {
        ranked |=
            group->rows[i].over_best[FIT_CPU].verdict != VERDICT_UNKNOWN;
    }
    PUT(ratio, "x%.2f [%.2f, %.2f]", over->ratio, over->low, over->high);
    say(said, KIND_IDLE, MODEL_SELECT, more && over->ratio > 1.5,
        "%s the CPU of %s beside %d idle clients: select looks at all of "
        "them%s",
        ratio, name, row->life->silent,
        row->figure[LIFE_KERNEL_PERCENT] > KERNEL_MOST ? ", in the kernel"
                                                       : "");
    /* Only if the cheapest has fewer of them. */
    say(said, KIND_MANY, MODEL_THREAD_EACH,
        more && row->figure[LIFE_SWITCHES_PER_ECHO] >
                    least->figure[LIFE_SWITCHES_PER_ECHO] + 0.3,
        "%s the CPU per echo of %s: each echo wakes a thread", ratio, name);
    say(said, KIND_MANY, 0, more && calls > least_calls + 0.3,
        "%s the CPU per echo of %s: %.*g system calls, %s %.*g", ratio, name,
        SHORTLY(calls), name, SHORTLY(least_calls));
    say(said, KIND_MANY, 0, more, "%s the CPU per echo of %s", ratio, name);
    say(said, KIND_MANY, 0, ranked && row == best && group->clear[FIT_CPU],
        "clearly the least CPU per echo");
    say(said, KIND_MANY, 0, ranked && row == best,
        "the least CPU per echo, though not clearly so");
    say(said, KIND_MANY, 0, over->verdict == VERDICT_SAME,
        "costs the same CPU per echo as %s", name);
    say(said, KIND_MANY, 0, over->verdict == VERDICT_UNCLEAR,
        "too close to %s to tell (%s)", name, ratio);
}

/* What it keeps, how fast it is, and what that costs. */
static void
say_rest(struct said *said, const struct summary_group *group)
{
    const struct summary_row *row = said->row;
    const struct life *life = row->life;
    double rate = row->figure[LIFE_ECHOES_PER_S];
    double cpus = row->figure[LIFE_SERVER_CPU_US_PER_ECHO] * rate / 1e6;
    double memory = summary_memory(row);
    /* Echoes that there can be, if all clients wait at the same time. */
    double ideal = 1e3 * life->clients / life->delay_ms;
    double megabytes = rate * (double)life->message_bytes / 1e6;
    bool fastest = row == group->best[FIT_RATE] && group->clear[FIT_RATE];

    say(said, KIND_WORK, MODEL_THREAD_EACH, fastest && cpus > 1.2,
        "fastest where an echo is work: it keeps %.*g CPUs busy",
        SHORTLY(cpus));
    say(said, KIND_IDLE, MODEL_STACK_EACH, isfinite(memory),
        "%.*g KiB for each client, most of it stack", SHORTLY(memory));
    say(said, KIND_WAIT, 0, !row->starved && rate > ideal / 2,
        "waiting overlaps: %.*g %% of %s echoes/s (%d clients / %d ms)",
        SHORTLY(100 * rate / ideal), COUNT_TEXT(ideal), life->clients,
        life->delay_ms);
    say(said, KIND_WORK, 0, fastest && cpus > 1.2, "keeps %.*g CPUs busy",
        SHORTLY(cpus));
    say(said, KIND_BULK, 0, fastest,
        "moves most of long messages, %.*g MB/s each way",
        SHORTLY(megabytes));
}

/* All that there is to say of a model in a group, nothing of the yardstick.
 * What has been said of other groups gives way to the same of this one. */
static void
say_all(struct said *said, const struct summary_group *group,
        const char *model)
{
    said->row = summary_find(group, model);
    said->looked_at = 0;
    if (said->row && said->row->status == LIFE_OK && !said->row->yardstick) {
        said->told = false;
        say_served(said);
        said->told = false;
        say_costs(said, group);
        said->told = false;
        say_rest(said, group);
    }
}

/* Append an item for each model of `main`: so many of the facts of those
 * groups, as far as a line of that length goes. */
static void
add_facts(struct document *document, const struct summary_group *main,
          const struct summary_group *groups, size_t n, int most,
          size_t columns)
{
    for (size_t i = 0; i < main->nrows; i++) {
        const char *model = main->rows[i].life->model;
        struct said said = {0};
        struct text text = {0};

        /* They are measured from small to large. */
        for (size_t j = 0; j < n; j++) {
            said.elsewhere = &groups[j] != main;
            say_all(&said, &groups[j], model);
        }
        for (int j = 0, shown = 0; j < FACTS && shown < most; j++) {
            size_t length = strlen(text.bytes) + strlen(said.facts[j]);

            if (said.facts[j][0] != '\0' &&
                (text.bytes[0] == '\0' || length < columns)) {
                text_item(&text, "; ", "%s", said.facts[j]);
                shown++;
            }
        }
        document_item(document, model, "%s", text.bytes);
    }
}

void
facts_group(struct document *document, const struct summary_group *group)
{
    add_facts(document, group, group, 1, FACTS, TEXT_BYTES);
}

void
facts_headline(struct document *document, const struct summary *summary)
{
    struct document facts = {0};

    add_facts(&facts, group_main(summary), summary->groups, summary->ngroups,
              HEADLINE_FACTS, HEADLINE_COLUMNS);
    document_append(document,
                    "What this run shows (95 %, for all pairs of a scenario "
                    "together)",
                    &facts);
}
