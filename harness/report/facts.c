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
    ANY = 0xfff,        /* kind of scenario */
    LINE_COLUMNS = 150, /* that the facts of a model may take together */
    FACTS_MAX = 2,      /* of a model in the headline */
    WEIGHTS = 32,       /* more than there are facts */
    KERNEL_MOST = 85,   /* percent of CPU time: nearly all of it */
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

    for (int i = 0; i < VARIANTS && index < 0; i++) {
        if (strcmp(variants[i].name, model) == 0) {
            return variants[i].ways;
        }
    }
    return index < 0 ? 0 : known_models[index].ways;
}

/* ---- the facts --------------------------------------------------------- */

/* In one scenario the first fact of each topic that holds is said. */
enum topic {
    TOPIC_SERVED,
    TOPIC_COST,
    TOPIC_SPEED,
    TOPIC_MEMORY,
    TOPICS,
};

/* What is said of a model in a scenario. */
struct said {
    const struct summary_row *row; /* of whom and where */
    int facts;                     /* that were looked at so far */
    struct fact {
        int weight;     /* its place among all facts: the first comes first */
        unsigned kinds; /* of scenarios that it may be about */
        char words[256]; /* what it says, or "" */
    } fact[TOPICS];
};

/* A fact about scenarios of these kinds and models that work like that: all
 * of these bits. */
static void __attribute__((format(printf, 6, 7)))
say(struct said *said, unsigned kinds, unsigned model, enum topic topic,
    bool so, const char *format, ...)
{
    const struct life *life = said->row->life;
    struct fact *fact = &said->fact[topic];
    va_list args;

    said->facts++;
    if (so && (kinds & cells_kind(life)) && fact->words[0] == '\0' &&
        (facts_model(life->model) & model) == model) {
        fact->weight = said->facts;
        fact->kinds = kinds;
        va_start(args, format);
        vsnprintf(fact->words, sizeof fact->words, format, args);
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
    say(said, KIND_MANY, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, one,
        "serves one at a time: %.0f of %.0f wait unserved", asked - served,
        asked);
    say(said, KIND_SILENT, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, served == 0,
        "one silent client stops it");
    say(said, KIND_IDLE, MODEL_SELECT, TOPIC_SERVED,
        row->starved && row->served_most < FD_SETSIZE &&
            asked >= FD_SETSIZE - 24,
        "serves %.0f of %.0f: select(2) takes no descriptor from FD_SETSIZE "
        "on",
        served, asked);
    say(said, ANY, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, one,
        "serves one client at a time");
    say(said, ANY, 0, TOPIC_SERVED, row->starved, "serves %.0f of %.0f: %s",
        served, asked,
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
    say(said, KIND_IDLE, MODEL_SELECT, TOPIC_COST, more && over->ratio > 1.5,
        "%s the CPU of %s beside %d idle clients: select looks at all of "
        "them%s",
        ratio, name, row->life->silent,
        row->figure[LIFE_KERNEL_PERCENT] > KERNEL_MOST ? ", in the kernel"
                                                       : "");
    /* Only if the cheapest has fewer of them. */
    say(said, KIND_MANY, MODEL_THREAD_EACH, TOPIC_COST,
        more && row->figure[LIFE_SWITCHES_PER_ECHO] >
                    least->figure[LIFE_SWITCHES_PER_ECHO] + 0.3,
        "%s the CPU per echo of %s: each echo wakes a thread", ratio, name);
    say(said, KIND_MANY, 0, TOPIC_COST, more && calls > least_calls + 0.3,
        "%s the CPU per echo of %s: %.*g system calls, %s %.*g", ratio, name,
        SHORTLY(calls), name, SHORTLY(least_calls));
    say(said, KIND_MANY, 0, TOPIC_COST, more, "%s the CPU per echo of %s",
        ratio, name);
    say(said, KIND_MANY, 0, TOPIC_COST,
        ranked && row == best && group->clear[FIT_CPU],
        "clearly the least CPU per echo");
    say(said, KIND_MANY, 0, TOPIC_COST, ranked && row == best,
        "the least CPU per echo, though not clearly so");
    say(said, KIND_MANY, 0, TOPIC_COST, over->verdict == VERDICT_SAME,
        "costs the same CPU per echo as %s", name);
    say(said, KIND_MANY, 0, TOPIC_COST, over->verdict == VERDICT_UNCLEAR,
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

    say(said, KIND_WORK, MODEL_THREAD_EACH, TOPIC_SPEED,
        fastest && cpus > 1.2,
        "fastest where an echo is work: it keeps %.*g CPUs busy",
        SHORTLY(cpus));
    say(said, KIND_IDLE, MODEL_STACK_EACH, TOPIC_MEMORY, isfinite(memory),
        "%.*g KiB for each client, most of it stack", SHORTLY(memory));
    say(said, KIND_WAIT, 0, TOPIC_SPEED, !row->starved && rate > ideal / 2,
        "waiting overlaps: %.*g %% of %s echoes/s (%d clients / %d ms)",
        SHORTLY(100 * rate / ideal), COUNT_TEXT(ideal), life->clients,
        life->delay_ms);
    say(said, KIND_WORK, 0, TOPIC_SPEED, fastest && cpus > 1.2,
        "keeps %.*g CPUs busy", SHORTLY(cpus));
    say(said, KIND_BULK, 0, TOPIC_SPEED, fastest,
        "moves most of long messages, %.*g MB/s each way",
        SHORTLY(megabytes));
}

/* All that there is to say of a row, nothing of the yardstick. */
static struct said
say_all(const struct summary_row *row, const struct summary_group *group)
{
    struct said said = {.row = row};

    if (row && row->status == LIFE_OK && !row->yardstick) {
        say_served(&said);
        say_costs(&said, group);
        say_rest(&said, group);
    }
    return said;
}

void
facts_group(struct document *document, const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        struct said said = say_all(&group->rows[i], group);
        struct text text = {0};

        for (int j = 0; j < TOPICS; j++) {
            if (said.fact[j].words[0] != '\0') {
                text_item(&text, "; ", "%s", said.fact[j].words);
            }
        }
        document_item(document, group->rows[i].life->model, "%s", text.bytes);
    }
}

/* What can be said of a model, until the line is full; each fact once, of the
 * largest scenario of its kind that holds it. */
static void
add_model(struct text *text, const struct summary *summary, const char *model,
          const struct summary_group *main)
{
    struct fact facts[WEIGHTS] = {0}; /* by weight */
    int n = 0;

    for (size_t i = 0; i < summary->ngroups; i++) {
        const struct summary_group *group = &summary->groups[i];
        struct said said = say_all(summary_find(group, model), group);

        for (int j = 0; j < TOPICS; j++) {
            unsigned kinds = said.fact[j].kinds;

            /* Only facts of one kind of scenario say which it is. */
            if (group == main ||
                ((kinds & (kinds - 1)) == 0 && kinds != KIND_MANY)) {
                facts[said.fact[j].weight] = said.fact[j];
            }
        }
    }
    for (int i = 0; i < WEIGHTS && n < FACTS_MAX; i++) {
        const char *words = facts[i].words;

        if (words[0] != '\0' &&
            (n == 0 || strlen(text->bytes) + strlen(words) < LINE_COLUMNS)) {
            text_item(text, "; ", "%s", words);
            n++;
        }
    }
}

void
facts_headline(struct document *document, const struct summary *summary,
               const struct summary_group *main)
{
    struct document facts = {0};

    for (size_t i = 0; i < main->nrows; i++) {
        const char *model = main->rows[i].life->model;
        struct text text = {0};

        add_model(&text, summary, model, main);
        document_item(&facts, model, "%s", text.bytes);
    }
    document_heading(document, "%s",
                     facts.nblocks > 0 ? "What this run shows (95 %, for all "
                                         "pairs of a scenario together)"
                                       : "");
    document_append(document, &facts);
}
