/*
 * facts.c: what the numbers show, one sentence each, by table. See
 * internal.h.
 */
#include <math.h>
#include <string.h>
#include <sys/select.h>

#include "harness/report/internal.h"

enum {
    ANY = 0xfff,        /* kind of scenario */
    LINE_COLUMNS = 150, /* that the facts of a model may take together */
    FACTS_MAX = 2,      /* of a model in the headline */
};

static const struct {
    const char *name; /* of a model; the variants of it begin with that and
                       * a minus */
    unsigned model;   /* how it works */
} models[] = {
    {"blocking", MODEL_ONE_AT_A_TIME}, {"threaded", MODEL_THREAD_EACH},
    {"selectloop", MODEL_SELECT},      {"coroutine", MODEL_STACK_EACH},
    {"libevent-select", MODEL_SELECT},
};

unsigned
facts_model(const char *model)
{
    for (size_t i = 0; i < COUNT(models); i++) {
        size_t length = strlen(models[i].name);

        if (strncmp(model, models[i].name, length) == 0 &&
            (model[length] == '\0' || model[length] == '-')) {
            return models[i].model;
        }
    }
    return 0;
}

/* What a fact is about. */
struct about {
    const struct summary_group *group; /* the scenario */
    const struct summary_row *row;     /* the model in it */
    const struct summary_row *least;   /* the cheapest there, or NULL */
};

/* ---- when they hold ---------------------------------------------------- */

enum condition {
    SERVES_ONE,
    SERVES_NOBODY,
    SERVES_TOO_FEW,
    SELECT_IS_FULL,
    COSTS_MORE,
    COSTS_HALF_MORE,
    SWITCHES_EXPLAIN, /* why it costs more */
    CALLS_EXPLAIN,
    CLEARLY_LEAST,
    LEAST,
    COSTS_THE_SAME,
    UNCLEAR,
    CLEARLY_FASTEST,
    MANY_CPUS,
    WAITING_OVERLAPS,
    HAS_MEMORY,
};

static double
cpus_used(const struct summary_row *row)
{
    return row->figure[LIFE_SERVER_CPU_US_PER_ECHO] *
           row->figure[LIFE_ECHOES_PER_S] / 1e6;
}

/* Of the echoes that there can be, if all clients wait at the same time. */
static double
share_of_waiting(const struct summary_row *row)
{
    return row->figure[LIFE_ECHOES_PER_S] * row->life->delay_ms / 1e3 /
           row->life->clients;
}

static bool
is_ranked_least(const struct about *about)
{
    const struct summary_group *group = about->group;
    bool others = false;

    for (size_t i = 0; i < group->nrows; i++) {
        others |=
            group->rows[i].over_best[FIT_CPU].verdict != VERDICT_UNKNOWN;
    }
    return others && about->row == about->least;
}

static bool
is_so(enum condition condition, const struct about *about)
{
    const struct summary_row *row = about->row;
    const double *figure = row->figure;
    const double *least = about->least ? about->least->figure : figure;
    const struct comparison *over = &row->over_best[FIT_CPU];
    bool more = over->verdict == VERDICT_DIFFERENT;
    bool fastest =
        row == about->group->best[FIT_RATE] && about->group->clear[FIT_RATE];
    const bool so[] = {
        [SERVES_ONE] = figure[LIFE_SERVED] == 1 && row->served_most == 1 &&
                       figure[LIFE_ASKED] > 1,
        [SERVES_NOBODY] = figure[LIFE_SERVED] == 0,
        [SERVES_TOO_FEW] = row->starved,
        [SELECT_IS_FULL] = row->starved && row->served_most < FD_SETSIZE &&
                           figure[LIFE_ASKED] >= FD_SETSIZE - 24,
        [COSTS_MORE] = more,
        [COSTS_HALF_MORE] = more && over->ratio > 1.5,
        /* Only if the cheapest has fewer of them. */
        [SWITCHES_EXPLAIN] = more && figure[LIFE_SWITCHES_PER_ECHO] >
                                         least[LIFE_SWITCHES_PER_ECHO] + 0.3,
        [CALLS_EXPLAIN] = more && figure[LIFE_SYSCALLS_PER_ECHO] >
                                      least[LIFE_SYSCALLS_PER_ECHO] + 0.3,
        [CLEARLY_LEAST] =
            is_ranked_least(about) && about->group->clear[FIT_CPU],
        [LEAST] = is_ranked_least(about),
        [COSTS_THE_SAME] = over->verdict == VERDICT_SAME,
        [UNCLEAR] = over->verdict == VERDICT_UNCLEAR,
        [CLEARLY_FASTEST] = fastest,
        [MANY_CPUS] = fastest && cpus_used(row) > 1.2,
        [WAITING_OVERLAPS] = !row->starved && share_of_waiting(row) > 0.5,
        [HAS_MEMORY] = isfinite(summary_memory(row)),
    };

    return so[condition];
}

/* ---- the words in braces ----------------------------------------------- */

/* What its clients saw. */
static void
add_errors(struct text *text, const struct summary_row *row)
{
    struct text errors = {0};

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (row->errors[i] > 0) {
            text_item(&errors, ", ", "%llu %s",
                      (unsigned long long)row->errors[i],
                      engine_error_name(i));
        }
    }
    text_add(text, "%s",
             errors.length > 0 ? errors.bytes : "the others got no answer");
}

static void
add_word(struct text *text, const char *name, size_t length,
         const struct about *about)
{
    const struct summary_row *row = about->row;
    const struct life *life = row->life;
    const double *figure = row->figure;
    const struct summary_row *least = about->least ? about->least : row;
    const struct comparison *over = &row->over_best[FIT_CPU];
    char count[UNITS_TEXT_BYTES];
    const struct {
        const char *name;
        double value; /* shortly; NAN: other words */
    } numbers[] = {
        {"silent", life->silent},
        {"calls", figure[LIFE_SYSCALLS_PER_ECHO]},
        {"least calls", least->figure[LIFE_SYSCALLS_PER_ECHO]},
        {"memory", summary_memory(row)},
        {"cpus", cpus_used(row)},
        {"share", 100 * share_of_waiting(row)},
        {"bytes",
         figure[LIFE_ECHOES_PER_S] * (double)life->message_bytes / 1e6},
    };

    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (strlen(numbers[i].name) == length &&
            strncmp(numbers[i].name, name, length) == 0) {
            text_add(text, numbers[i].value < 99.5 ? "%.2g" : "%.0f",
                     numbers[i].value);
            return;
        }
    }
    switch (name[0]) {
    case 'r': /* ratio */
        text_add(text, "x%.2f [%.2f, %.2f]", over->ratio, over->low,
                 over->high);
        break;
    case 'l': /* least */
        text_add(text, "%s", least->life->model);
        break;
    case 's': /* served */
        text_add(text, "%.0f of %.0f", figure[LIFE_SERVED],
                 figure[LIFE_ASKED]);
        break;
    case 'u': /* unserved */
        text_add(text, "%.0f of %.0f",
                 figure[LIFE_ASKED] - figure[LIFE_SERVED],
                 figure[LIFE_ASKED]);
        break;
    case 'i': /* ideal */
        text_add(
            text, "%s",
            units_format_count(count, 1e3 * life->clients / life->delay_ms));
        break;
    default: /* errors */
        add_errors(text, row);
        break;
    }
}

/* Append a template with its words in braces replaced. */
static void
expand(struct text *text, const char *template, const struct about *about)
{
    while (*template != '\0') {
        size_t length = strcspn(template, "{");

        text_add(text, "%.*s", (int)length, template);
        template += length;
        if (*template == '{') {
            length = strcspn(++template, "}");
            add_word(text, template, length, about);
            template += length + 1;
        }
    }
}

/* ---- the facts --------------------------------------------------------- */

/* In one scenario the first fact of each topic that holds is said. */
enum topic {
    TOPIC_SERVED,
    TOPIC_COST,
    TOPIC_SPEED,
    TOPIC_MEMORY,
};

/* The weightiest first. */
static const struct fact {
    unsigned kinds; /* of scenarios */
    unsigned model; /* how it must work: all of these bits */
    enum topic topic;
    enum condition condition;
    const char *words; /* see add_word() */
} facts[] = {
    {KIND_MANY, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, SERVES_ONE,
     "serves one at a time: {unserved} wait unserved"},
    {KIND_SILENT, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, SERVES_NOBODY,
     "one silent client stops it"},
    {KIND_IDLE, MODEL_SELECT, TOPIC_SERVED, SELECT_IS_FULL,
     "serves {served}: select(2) takes no descriptor from FD_SETSIZE on"},
    {KIND_IDLE, MODEL_SELECT, TOPIC_COST, COSTS_HALF_MORE,
     "{ratio} the CPU of {least} beside {silent} idle clients: select looks "
     "at all of them"},
    {KIND_MANY, MODEL_THREAD_EACH, TOPIC_COST, SWITCHES_EXPLAIN,
     "{ratio} the CPU per echo of {least}: each echo wakes a thread"},
    {KIND_WORK, MODEL_THREAD_EACH, TOPIC_SPEED, MANY_CPUS,
     "fastest where an echo is work: it keeps {cpus} CPUs busy"},
    {KIND_MANY, 0, TOPIC_COST, CALLS_EXPLAIN,
     "{ratio} the CPU per echo of {least}: {calls} system calls, {least} "
     "{least calls}"},
    {KIND_MANY, 0, TOPIC_COST, COSTS_MORE,
     "{ratio} the CPU per echo of {least}"},
    {KIND_MANY, 0, TOPIC_COST, CLEARLY_LEAST,
     "clearly the least CPU per echo"},
    {KIND_MANY, 0, TOPIC_COST, LEAST,
     "the least CPU per echo, though not clearly so"},
    {KIND_MANY, 0, TOPIC_COST, COSTS_THE_SAME,
     "costs the same CPU per echo as {least}"},
    {KIND_MANY, 0, TOPIC_COST, UNCLEAR,
     "too close to {least} to tell ({ratio})"},
    {ANY, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, SERVES_ONE,
     "serves one client at a time"},
    {ANY, 0, TOPIC_SERVED, SERVES_TOO_FEW, "serves {served}: {errors}"},
    {KIND_IDLE, MODEL_STACK_EACH, TOPIC_MEMORY, HAS_MEMORY,
     "{memory} KiB for each client, most of it stack"},
    {KIND_IDLE, MODEL_THREAD_EACH, TOPIC_MEMORY, HAS_MEMORY,
     "{memory} KiB for each client, the kernel's stack included"},
    {KIND_IDLE | KIND_CONNECT | KIND_SILENT | KIND_ONE, 0, TOPIC_COST,
     COSTS_MORE, "{ratio} the CPU of {least}"},
    {KIND_WAIT, 0, TOPIC_SPEED, WAITING_OVERLAPS,
     "waiting overlaps: {share} % of the {ideal} echoes/s that there can be"},
    {KIND_WORK, 0, TOPIC_SPEED, MANY_CPUS, "keeps {cpus} CPUs busy"},
    {KIND_BULK, 0, TOPIC_SPEED, CLEARLY_FASTEST,
     "moves most of long messages, {bytes} MB/s each way"},
};

static bool
holds(const struct fact *fact, const struct about *about)
{
    const struct summary_row *row = about->row;

    return (fact->kinds & cells_kind(row->life)) &&
           (facts_model(row->life->model) & fact->model) == fact->model &&
           row->status == LIFE_OK && !row->yardstick &&
           is_so(fact->condition, about);
}

/* True if a fact is to be said: it holds, and no weightier one on its
 * topic. */
static bool
is_news(size_t fact, const struct about *about)
{
    for (size_t i = 0; i < fact; i++) {
        if (facts[i].topic == facts[fact].topic && holds(&facts[i], about)) {
            return false;
        }
    }
    return holds(&facts[fact], about);
}

void
facts_group(struct document *document, const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        const struct about about = {group, &group->rows[i],
                                    group->best[FIT_CPU]};
        struct text text = {0};

        for (size_t j = 0; j < COUNT(facts); j++) {
            if (is_news(j, &about)) {
                text_item(&text, "; ", "%s", "");
                expand(&text, facts[j].words, &about);
            }
        }
        document_item(document, about.row->life->model, "%s", text.bytes);
    }
}

/* What can be said of a model, until the line is full; each fact once, of the
 * largest scenario of its kind that holds it. */
static void
add_model(struct text *text, const struct summary *summary, const char *model,
          const struct summary_group *main)
{
    int said = 0;

    for (size_t i = 0; i < COUNT(facts) && said < FACTS_MAX; i++) {
        struct text fact = {0};

        for (size_t j = summary->ngroups; j-- > 0 && fact.length == 0;) {
            const struct summary_group *group = &summary->groups[j];
            const struct about about = {group, summary_find(group, model),
                                        group->best[FIT_CPU]};
            unsigned kinds = facts[i].kinds;
            /* Only facts of one kind of scenario say which it is. */
            bool here = group == main ||
                        ((kinds & (kinds - 1)) == 0 && kinds != KIND_MANY);

            if (about.row && here && is_news(i, &about)) {
                expand(&fact, facts[i].words, &about);
            }
        }
        if (fact.length > 0 &&
            (said == 0 || text->length + fact.length < LINE_COLUMNS)) {
            text_item(text, "; ", "%s", fact.bytes);
            said++;
        }
    }
}

void
facts_headline(struct document *document, const struct summary *summary,
               const struct summary_group *main)
{
    bool begun = false;

    for (size_t i = 0; i < main->nrows; i++) {
        const char *model = main->rows[i].life->model;
        struct text text = {0};

        add_model(&text, summary, model, main);
        if (text.length > 0 && !begun) {
            document_heading(document, "What this run shows (95 %%, for all "
                                       "pairs of a scenario together)");
            begun = true;
        }
        document_item(document, model, "%s", text.bytes);
    }
}
