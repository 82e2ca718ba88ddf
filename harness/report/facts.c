/*
 * facts.c: what the numbers show. See facts.h.
 */
#include "harness/report/facts.h"

#include <math.h>
#include <string.h>
#include <sys/select.h>

#include "harness/report/cells.h"

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
    {"blocking", MODEL_ONE_AT_A_TIME | MODEL_OWN},
    {"threaded", MODEL_THREAD_EACH | MODEL_OWN},
    {"selectloop", MODEL_SELECT | MODEL_OWN},
    {"coroutine", MODEL_STACK_EACH | MODEL_OWN},
    {"libevent-select", MODEL_SELECT},
    {"libevent", MODEL_OWN},
};

unsigned
facts_model(const char *model)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
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

/* ---- conditions ----------------------------------------------------------
 */

static double
figure(const struct summary_row *row, enum life_figure which)
{
    return row ? row->figure[which] : NAN;
}

static enum verdict
verdict(const struct about *about)
{
    return about->row->over_best[FIT_CPU].verdict;
}

static bool
is_starved(const struct about *about)
{
    return about->row->starved;
}

static bool
serves_nobody(const struct about *about)
{
    return figure(about->row, LIFE_SERVED) == 0;
}

static bool
serves_one(const struct about *about)
{
    return figure(about->row, LIFE_SERVED) == 1 &&
           about->row->served_most == 1 && figure(about->row, LIFE_ASKED) > 1;
}

static bool
select_is_full(const struct about *about)
{
    return is_starved(about) && about->row->served_most < FD_SETSIZE &&
           figure(about->row, LIFE_ASKED) >= FD_SETSIZE - 24;
}

static bool
costs_more(const struct about *about)
{
    return verdict(about) == VERDICT_DIFFERENT;
}

static bool
costs_half_more(const struct about *about)
{
    return costs_more(about) && about->row->over_best[FIT_CPU].ratio > 1.5;
}

/* Waking a thread is a context switch; that explains a price only if the
 * cheapest has fewer of them. */
static bool
switches_explain(const struct about *about)
{
    return costs_more(about) &&
           figure(about->row, LIFE_SWITCHES_PER_ECHO) >
               figure(about->least, LIFE_SWITCHES_PER_ECHO) + 0.3;
}

static bool
calls_explain(const struct about *about)
{
    return costs_more(about) &&
           figure(about->row, LIFE_SYSCALLS_PER_ECHO) >
               figure(about->least, LIFE_SYSCALLS_PER_ECHO) + 0.3;
}

static bool
costs_the_same(const struct about *about)
{
    return verdict(about) == VERDICT_SAME;
}

static bool
is_unclear(const struct about *about)
{
    return verdict(about) == VERDICT_UNCLEAR;
}

static bool
is_least(const struct about *about)
{
    const struct summary_group *group = about->group;

    for (size_t i = 0; i < group->nrows && about->row == about->least; i++) {
        if (group->rows[i].over_best[FIT_CPU].verdict != VERDICT_UNKNOWN) {
            return true;
        }
    }
    return false;
}

static bool
is_clearly_least(const struct about *about)
{
    return is_least(about) && about->group->clear[FIT_CPU];
}

static bool
is_clearly_fastest(const struct about *about)
{
    return about->row == about->group->best[FIT_RATE] &&
           about->group->clear[FIT_RATE];
}

static double
cpus_used(const struct summary_row *row)
{
    return figure(row, LIFE_SERVER_CPU_US_PER_ECHO) *
           figure(row, LIFE_ECHOES_PER_S) / 1e6;
}

static bool
uses_many_cpus(const struct about *about)
{
    return is_clearly_fastest(about) && cpus_used(about->row) > 1.2;
}

static double
share_of_waiting(const struct summary_row *row)
{
    return figure(row, LIFE_ECHOES_PER_S) * row->life->delay_ms / 1e3 /
           row->life->clients;
}

static bool
waiting_overlaps(const struct about *about)
{
    return !is_starved(about) && share_of_waiting(about->row) > 0.5;
}

/* ---- the words in braces -------------------------------------------------
 */

static double
bytes_moved(const struct summary_row *row)
{
    return figure(row, LIFE_ECHOES_PER_S) * (double)row->life->message_bytes /
           1e6;
}

static double
silent(const struct summary_row *row)
{
    return row->life->silent;
}

static double
percent_of_waiting(const struct summary_row *row)
{
    return 100 * share_of_waiting(row);
}

static double
calls(const struct summary_row *row)
{
    return figure(row, LIFE_SYSCALLS_PER_ECHO);
}

static void
word_ratio(struct text *text, const struct about *about)
{
    const struct comparison *over = &about->row->over_best[FIT_CPU];

    text_add(text, "x%.2f [%.2f, %.2f]", over->ratio, over->low, over->high);
}

static void
word_least(struct text *text, const struct about *about)
{
    text_add(text, "%s", about->least ? about->least->life->model : "-");
}

static void
word_served(struct text *text, const struct about *about)
{
    text_add(text, "%.0f of %.0f", figure(about->row, LIFE_SERVED),
             figure(about->row, LIFE_ASKED));
}

static void
word_unserved(struct text *text, const struct about *about)
{
    text_add(text, "%.0f of %.0f",
             figure(about->row, LIFE_ASKED) - figure(about->row, LIFE_SERVED),
             figure(about->row, LIFE_ASKED));
}

static void
word_ideal(struct text *text, const struct about *about)
{
    const struct life *life = about->row->life;
    char number[TEXT_CELL_BYTES];

    text_add(text, "%s",
             text_count(number, 1e3 * life->clients / life->delay_ms, "-"));
}

/* What its clients saw. */
static void
word_errors(struct text *text, const struct about *about)
{
    bool any = false;

    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (about->row->errors[i] > 0) {
            text_add(text, "%s%llu %s", any ? ", " : "",
                     (unsigned long long)about->row->errors[i],
                     engine_error_name(i));
            any = true;
        }
    }
    text_add(text, "%s", any ? "" : "the others got no answer");
}

static const struct {
    const char *name; /* in braces */
    void (*put)(struct text *text, const struct about *about);
    double (*number)(const struct summary_row *row); /* or this, shortly */
    bool least;                                      /* ... of the cheapest */
} words[] = {
    {"ratio", word_ratio, NULL, false},
    {"least", word_least, NULL, false},
    {"served", word_served, NULL, false},
    {"unserved", word_unserved, NULL, false},
    {"ideal", word_ideal, NULL, false},
    {"errors", word_errors, NULL, false},
    {"silent", NULL, silent, false},
    {"calls", NULL, calls, false},
    {"least calls", NULL, calls, true},
    {"memory", NULL, summary_memory, false},
    {"cpus", NULL, cpus_used, false},
    {"share", NULL, percent_of_waiting, false},
    {"bytes", NULL, bytes_moved, false},
};

static void
put_word(struct text *text, size_t i, const struct about *about)
{
    if (words[i].put) {
        words[i].put(text, about);
    } else {
        double value =
            words[i].number(words[i].least ? about->least : about->row);

        text_add(text, value < 99.5 ? "%.3g" : "%.0f", value);
    }
}

/* Append a template with its words in braces replaced. */
static void
expand(struct text *text, const char *template, const struct about *about)
{
    while (*template != '\0') {
        size_t plain = strcspn(template, "{");
        size_t length;

        text_add(text, "%.*s", (int)plain, template);
        template += plain;
        if (*template == '\0') {
            return;
        }
        length = strcspn(++template, "}");
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            if (strlen(words[i].name) == length &&
                strncmp(words[i].name, template, length) == 0) {
                put_word(text, i, about);
            }
        }
        template += length + 1;
    }
}

/* ---- the facts -----------------------------------------------------------
 */

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
    bool (*holds)(const struct about *about);
    const char *words; /* see words[] */
} facts[] = {
    {KIND_MANY, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, serves_one,
     "serves one at a time: {unserved} wait unserved"},
    {KIND_SILENT, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, serves_nobody,
     "one silent client stops it"},
    {KIND_IDLE, MODEL_SELECT, TOPIC_SERVED, select_is_full,
     "serves {served}: select(2) takes no descriptor from FD_SETSIZE on"},
    {KIND_IDLE, MODEL_SELECT, TOPIC_COST, costs_half_more,
     "{ratio} the CPU of {least} beside {silent} idle clients: select looks "
     "at all of them"},
    {KIND_MANY, MODEL_THREAD_EACH, TOPIC_COST, switches_explain,
     "{ratio} the CPU per echo of {least}: each echo wakes a thread"},
    {KIND_WORK, MODEL_THREAD_EACH, TOPIC_SPEED, uses_many_cpus,
     "fastest where an echo is work: it keeps {cpus} CPUs busy"},
    {KIND_MANY, 0, TOPIC_COST, calls_explain,
     "{ratio} the CPU per echo of {least}: {calls} system calls, {least} "
     "{least calls}"},
    {KIND_MANY, 0, TOPIC_COST, costs_more,
     "{ratio} the CPU per echo of {least}"},
    {KIND_MANY, 0, TOPIC_COST, is_clearly_least,
     "clearly the least CPU per echo"},
    {KIND_MANY, 0, TOPIC_COST, is_least,
     "the least CPU per echo, though not clearly so"},
    {KIND_MANY, 0, TOPIC_COST, costs_the_same,
     "costs the same CPU per echo as {least}"},
    {KIND_MANY, 0, TOPIC_COST, is_unclear,
     "not told apart from {least} ({ratio})"},
    {ANY, MODEL_ONE_AT_A_TIME, TOPIC_SERVED, serves_one,
     "serves one client at a time"},
    {ANY, 0, TOPIC_SERVED, is_starved, "serves {served}: {errors}"},
    {KIND_IDLE, MODEL_STACK_EACH, TOPIC_MEMORY, NULL,
     "{memory} KiB for each client, most of it stack"},
    {KIND_IDLE, MODEL_THREAD_EACH, TOPIC_MEMORY, NULL,
     "{memory} KiB for each client, the kernel's stack included"},
    {KIND_IDLE | KIND_CONNECT | KIND_SILENT | KIND_ONE, 0, TOPIC_COST,
     costs_more, "{ratio} the CPU of {least}"},
    {KIND_WAIT, 0, TOPIC_SPEED, waiting_overlaps,
     "waiting overlaps: {share} % of the {ideal} echoes/s that there can be"},
    {KIND_WORK, 0, TOPIC_SPEED, uses_many_cpus, "keeps {cpus} CPUs busy"},
    {KIND_BULK, 0, TOPIC_SPEED, is_clearly_fastest,
     "moves most of long messages, {bytes} MB/s each way"},
};
enum {
    FACTS = sizeof facts / sizeof facts[0],
};

static bool
holds(const struct fact *fact, const struct about *about)
{
    const struct summary_row *row = about->row;

    return (fact->kinds & cells_kind(row->life)) &&
           (facts_model(row->life->model) & fact->model) == fact->model &&
           row->status == LIFE_OK && !row->yardstick &&
           (fact->holds ? fact->holds(about) : isfinite(summary_memory(row)));
}

/* A weightier fact on the topic holds. */
static bool
is_said(size_t fact, const struct about *about)
{
    for (size_t i = 0; i < fact; i++) {
        if (facts[i].topic == facts[fact].topic && holds(&facts[i], about)) {
            return true;
        }
    }
    return false;
}

void
facts_group(struct document *document, const struct summary_group *group)
{
    for (size_t i = 0; i < group->nrows; i++) {
        const struct about about = {group, &group->rows[i],
                                    group->best[FIT_CPU]};
        struct text text = {0};

        for (size_t j = 0; j < FACTS; j++) {
            if (holds(&facts[j], &about) && !is_said(j, &about)) {
                text_add(&text, "%s", text.length > 0 ? "; " : "");
                expand(&text, facts[j].words, &about);
            }
        }
        if (text.length > 0) {
            document_item(document, about.row->life->model, "%s",
                          text_string(&text));
        }
        text_free(&text);
    }
}

/* What can be said of a model, until the line is full; each fact once, of the
 * largest scenario of its kind that holds it. */
static void
say_model(struct text *text, const struct summary *summary, const char *model,
          const struct summary_group *main)
{
    int said = 0;

    for (size_t i = 0; i < FACTS && said < FACTS_MAX; i++) {
        struct text fact = {0};

        for (size_t j = summary->ngroups; j-- > 0 && fact.length == 0;) {
            const struct summary_group *group = &summary->groups[j];
            const struct about about = {group, summary_find(group, model),
                                        group->best[FIT_CPU]};
            unsigned kinds = facts[i].kinds;
            /* Only facts of one kind of scenario say which it is. */
            bool here = group == main ||
                        ((kinds & (kinds - 1)) == 0 && kinds != KIND_MANY);

            if (about.row && here && holds(&facts[i], &about) &&
                !is_said(i, &about)) {
                expand(&fact, facts[i].words, &about);
            }
        }
        if (fact.length > 0 &&
            (said == 0 || text->length + fact.length < LINE_COLUMNS)) {
            text_add(text, "%s%s", said++ > 0 ? "; " : "",
                     text_string(&fact));
        }
        text_free(&fact);
    }
}

void
facts_headline(struct document *document, const struct summary *summary,
               const struct summary_group *main)
{
    bool begun = false;

    for (size_t i = 0; i < main->nrows; i++) {
        struct text text = {0};

        say_model(&text, summary, main->rows[i].life->model, main);
        if (text.length > 0 && !begun) {
            document_heading(document, "What this run shows (95 %%, for all "
                                       "pairs of a scenario together)");
            begun = true;
        }
        document_item(document, main->rows[i].life->model, "%s",
                      text_string(&text));
        text_free(&text);
    }
}
