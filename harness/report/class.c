/*
 * class.c: results and predictions of many machines on one page. See
 * internal.h; the lines of predictions are described in course/lesson.c.
 *
 * The files are strangers': only regular ones are opened, a bad one is named
 * and the others go on, and of each no more is kept than the page says. A
 * claim hangs on what a scenario is like and on how a model works, as facts
 * do; a machine on which it was not measured does not count. Of who has taken
 * a lesson twice the first answer counts: the second time he knew; and the
 * last number.
 */
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/internal.h"

enum {
    LIVES_MAX = 4096,         /* ten times a run */
    FILE_BYTES_MAX = 8 << 20, /* the same, and more than predictions take */
    ROWS_MAX = 200,           /* machines in the picture; the list has all */
    FAR = 20,                 /* times the yardstick: not in the picture */
    QUESTIONS_MAX = 1024,     /* of a class; the lessons have some dozens */
    CHOICES_MAX = 4,
};

#define TOO_LARGE "is larger than any run"

/* ---- files ------------------------------------------------------------- */

/* What an archive has of that name, or NULL. It may neither grow nor take its
 * time. */
static FILE *
unpack(const char *archive, const char *what, const char **problem)
{
    FILE *file = given(tmpfile());
    char command[256];

    PUT(command,
        "ulimit -c 0; ulimit -f %d; timeout 5 tar --force-local --wildcards "
        "--no-wildcards-match-slash -xzOf \"$ARCHIVE\" '*/%s' "
        ">/proc/$PPID/fd/%d 2>/dev/null",
        FILE_BYTES_MAX / 512, what, fileno(file));
    if (setenv("ARCHIVE", archive, 1) != 0 || system(command) != 0) {
        bool full = lseek(fileno(file), 0, SEEK_END) >= FILE_BYTES_MAX;

        *problem = full ? TOO_LARGE : NULL;
        fclose(file);
        return NULL;
    }
    return file;
}

/* Open a stranger's file: `at`, or `what` in the folder (then `at` ends in a
 * slash) or archive that it is. NULL: there is none, or none to be read, for
 * which `problem` says why; "": it is for somebody else, as FOLDER/ is. */
static FILE *
open_file(const char *at, const char *what, const char **problem)
{
    const char *others = *what == 'p' ? "!(*.predictions).jsonl"
                                      : "@(*.predictions|partial).jsonl";
    struct text path = {0};
    struct stat status;

    text_add(&path, "%s%s", at, at[strlen(at) - 1] == '/' ? what : "");
    *problem = fnmatch(others, at, FNM_EXTMATCH) == 0                   ? ""
               : lstat(path.bytes, &status) != 0                        ? NULL
               : S_ISDIR(status.st_mode) && strcmp(at, path.bytes) == 0 ? ""
               : !S_ISREG(status.st_mode)        ? "is no regular file"
               : status.st_size > FILE_BYTES_MAX ? TOO_LARGE
                                                 : NULL;
    return *problem                          ? NULL
           : fnmatch("*.tar.gz", at, 0) == 0 ? unpack(at, what, problem)
                                             : fopen(path.bytes, "re");
}

/* ---- claims ------------------------------------------------------------ */

/* How the figure of a model is, beside those of all others; how many it
 * serves, beside how many asked. */
enum direction {
    LESS = -1,
    CLOSE, /* nobody can tell */
    MORE,
    UNKNOWN,
};

static const struct claim {
    enum cells_kind kind;     /* of the scenario */
    unsigned model;           /* of whom it speaks */
    enum life_figure figure;  /* what of them */
    enum direction direction; /* how that is */
    const char *words;        /* the claim */
} claims[] = {
    {KIND_ONE, MODEL_ONE_AT_A_TIME, LIFE_SERVER_CPU_US_PER_ECHO, LESS,
     "one at a time is cheapest for a single client"},
    {KIND_MANY, MODEL_ONE_AT_A_TIME, LIFE_SERVED, LESS,
     "one at a time leaves many clients unserved"},
    {KIND_SILENT, MODEL_ONE_AT_A_TIME, LIFE_SERVED, LESS,
     "one at a time is stopped by a silent client"},
    {KIND_WAIT, MODEL_ONE_AT_A_TIME, LIFE_SERVED, LESS,
     "one at a time cannot wait for several clients at once"},
    {KIND_MANY, MODEL_THREAD_EACH, LIFE_SERVER_CPU_US_PER_ECHO, MORE,
     "a thread each costs more CPU, with many clients"},
    {KIND_CONNECT, MODEL_THREAD_EACH, LIFE_SERVER_CPU_US_PER_ECHO, MORE,
     "a thread each costs more CPU, with a connection for each echo"},
    {KIND_WORK, MODEL_THREAD_EACH, LIFE_ECHOES_PER_S, MORE,
     "a thread each is fastest where an echo is work, on several CPUs"},
    {KIND_IDLE, MODEL_THREAD_EACH, LIFE_RSS_KIB_PER_CLIENT, MORE,
     "a thread each keeps more memory for an idle client than a bare loop"},
    {KIND_IDLE, MODEL_STACK_EACH, LIFE_RSS_KIB_PER_CLIENT, MORE,
     "a stack each keeps more memory for an idle client than a bare loop"},
    {KIND_IDLE, MODEL_SELECT, LIFE_SERVER_CPU_US_PER_ECHO, MORE,
     "select costs more CPU, beside idle clients"},
};

static enum direction
judge_row(const struct summary_row *row, const struct summary_group *group,
          enum life_figure figure)
{
    enum fitted what = figure == LIFE_ECHOES_PER_S ? FIT_RATE : FIT_CPU;
    enum direction better = what == FIT_RATE ? MORE : LESS;
    enum verdict verdict = row->over_best[what].verdict;
    const struct summary_row *yard = summary_find(group, RESULTS_YARDSTICK);
    double more = summary_memory(row) - (yard ? summary_memory(yard) : 0);

    if (figure == LIFE_SERVED && row->status == LIFE_OK) {
        return row->starved ? LESS : MORE;
    }
    if (!row->comparable || group->nrows < 3 ||
        (row->life->work_us > 0 && row->life->cpus == 1)) {
        return UNKNOWN;
    }
    if (figure == LIFE_RSS_KIB_PER_CLIENT) {
        return more > 2 * summary_memory_noise(row) ? MORE
               : isnan(more)                        ? UNKNOWN
                                                    : CLOSE;
    }
    return row == group->best[what] ? group->clear[what] ? better : CLOSE
           : verdict == VERDICT_DIFFERENT ? -better
           : verdict == VERDICT_UNKNOWN   ? UNKNOWN
                                          : CLOSE;
}

/* What the largest scenario of its kind says that all models can hold. */
static enum direction
judge(const struct summary *summary, const struct claim *claim)
{
    const struct summary_group *group =
        group_up_to(summary, claim->kind, FD_SETSIZE);
    enum direction found = UNKNOWN;

    for (size_t i = 0; group && i < group->nrows && found == UNKNOWN; i++) {
        if (facts_model(group->rows[i].life->model) & claim->model) {
            found = judge_row(&group->rows[i], group, claim->figure);
        }
    }
    return found;
}

/* ---- machines ---------------------------------------------------------- */

/* All that is kept of them. All zero is an empty class. */
struct class
{
    struct document machines; /* an item each, by name */
    struct document left_out; /* an item for each bad file */
    struct tally {
        size_t measured, held;         /* on how many machines */
        struct text others;            /* on which not */
    } tallies[COUNT(claims)];          /* of each claim */
    const char *models[SVG_YARDSTICK]; /* by their mark; NULL: not there */
    struct dot dots[ROWS_MAX * RESULTS_MODELS_MAX]; /* of the picture */
    size_t ndots;                                   /* how many */
};

/* Append what each model costs on the next machine, and mark it in the
 * picture, where who is very far away would hide the others. */
static void
take_models(struct class *class, struct text *text,
            const struct summary_group *group)
{
    size_t machine = class->machines.nblocks;

    for (size_t i = 0; group && i < group->nrows; i++) {
        const struct comparison *over = &group->rows[i].over_yardstick;
        const char *model = group->rows[i].life->model;
        int slot = svg_slot(model);

        if (slot == SVG_YARDSTICK || !isfinite(over->ratio)) {
            continue;
        }
        text_add(text, "; %s %.2f +-%.2f", model, over->ratio,
                 (over->high - over->low) / 2);
        if (machine < ROWS_MAX && fabs(log(over->ratio)) < log(FAR)) {
            class->models[slot] =
                slot == SVG_OTHER ? "another" : known_models[slot].name;
            class->dots[class->ndots++] = (struct dot){
                (int)machine, slot,     over->ratio,        over->low,
                over->high,   DOT_MARK, class->models[slot]};
        }
    }
}

/* Take a machine in. Returns NULL; or why not. */
static const char *
take_machine(struct class *class, const char *name,
             const struct summary *summary)
{
    const struct run *run = &summary->results->run;
    struct text text = {0};

    text_add(&text, "%s, %d CPU%s, %s, %s, seed %lld, %s", run->cpu_model,
             run->cores, run->cores == 1 ? "" : "s", run->kernel,
             run->compiler, (long long)run->seed, run->date);
    text_clean(text.bytes);
    for (size_t i = 0; i < class->machines.nblocks; i++) {
        if (strstr(class->machines.blocks[i].words, text.bytes)) {
            return "is the same run once more";
        }
    }
    for (size_t i = 0; i < COUNT(claims); i++) {
        enum direction found = judge(summary, &claims[i]);
        struct tally *tally = &class->tallies[i];

        tally->measured += found != UNKNOWN;
        tally->held += found == claims[i].direction;
        if (found != UNKNOWN && found != claims[i].direction) {
            text_item(&tally->others, ", ", "%s%s", name,
                      found == CLOSE ? "?" : "");
        }
    }
    text_add(&text, "%s", run->partial ? ", cut short" : "");
    take_models(class, &text, group_up_to(summary, KIND_MANY, MAIN_CLIENTS));
    document_item(&class->machines, name, "%s", text.bytes);
    return NULL;
}

/* The same of a file. Returns "", or why it is left out. */
static const char *
take_file(struct class *class, const char *name, const char *at)
{
    struct results results;
    struct summary summary;
    const char *problem;
    FILE *file = open_file(at, "results.jsonl", &problem);

    if (!file) {
        return problem ? problem : "has no results.jsonl";
    }
    problem = results_read(file, &results);
    fclose(file);
    problem = problem                      ? problem
              : results.nlives == 0        ? "has nothing that was measured"
              : results.nlives > LIVES_MAX ? TOO_LARGE
                                           : NULL;
    if (!problem) {
        summary_make(&results, &summary);
        problem = take_machine(class, name, &summary);
        summary_free(&summary);
    }
    results_free(&results);
    return problem ? problem : "";
}

/* ---- predictions ------------------------------------------------------ */

/* One question, of the whole class. */
struct question {
    struct asked {
        char name[48];                 /* "blocking P1" */
        char words[400];               /* what was asked */
        char choices[CHOICES_MAX][80]; /* among which */
    } asked;
    bool other; /* of that name something else came first */
    /* How many said and saw nothing; each of the choices; another number. */
    size_t yours[CHOICES_MAX + 2], observed[CHOICES_MAX + 2];
    const char *file;  /* the last that it was in; NULL: there is none */
    size_t saw, files; /* what was seen there, as above; in how many it is */
};

struct questions {
    size_t n, room; /* there are; and a file may take an eighth of the rest */
    struct question list[QUESTIONS_MAX + 1];
};

/* "a" is 1; `none`: no letter of a choice. */
static size_t
letter(const json_t *line, const char *key, size_t none)
{
    const char *text = json_string_value(json_object_get(line, key));
    size_t n = text && strlen(text) == 1 ? (size_t)text[0] - 'a' + 1 : 0;

    return n > 0 && n <= CHOICES_MAX ? n : none;
}

/* Returns NULL, or why the file is left out. */
static const char *
take_line(struct questions *all, const char *file, const json_t *line)
{
    const char *lesson = json_string_value(json_object_get(line, "lesson"));
    const char *id = json_string_value(json_object_get(line, "id"));
    const char *words = json_string_value(json_object_get(line, "question"));
    const json_t *choices = json_object_get(line, "choices");
    struct question *it = all->list;
    struct question *new = it + all->n; /* if it is none of those before */

    if (!lesson || !id || !words || !json_is_array(choices)) {
        return "has a line that is no prediction";
    }
    *new = (struct question){0};
    PUT(new->asked.name, "%s %s", lesson, id);
    PUT(new->asked.words, "%s", words);
    for (size_t i = 0; i < CHOICES_MAX; i++) {
        const char *choice = json_string_value(json_array_get(choices, i));

        PUT(new->asked.choices[i], "%s", choice ? choice : "");
    }
    for (; memcmp(&it->asked, &new->asked, sizeof it->asked) != 0; it++) {
        new->other |= strcmp(it->asked.name, new->asked.name) == 0;
    }
    all->n += it == new;
    if (it->file != file) {
        it->file = file;
        it->files++;
        it->yours[letter(line, "yours", 0)]++;
        it->observed[it->saw = 0]++;
    }
    if (json_is_number(json_object_get(line, "number"))) {
        it->observed[it->saw]--;
        it->observed[it->saw = letter(line, "observed", CHOICES_MAX + 1)]++;
    }
    return all->n > all->room ? "has too many questions" : NULL;
}

/* "28 of 34 predicted (b) one, 6 of 34 predicted (a) none". */
static void
say(struct text *text, const struct question *it, const size_t *counts,
    const char *format)
{
    for (int i = 0; i < CHOICES_MAX; i++) {
        if (counts[i + 1] > 0) {
            text_item(text, ", ", "%zu of %zu", counts[i + 1],
                      it->files - counts[0]);
            text_add(text, format, 'a' + i, it->asked.choices[i]);
        }
    }
}

/* Append what the class predicted, `at` these, NULL behind the last, and what
 * happened; who is bad goes to `left_out`. */
static void
build_predictions(struct document *document, struct document *left_out,
                  char **at)
{
    static struct questions all[2]; /* what counts; with the next file */

    for (; at && *at; at++) {
        const char *problem;
        FILE *file = open_file(*at, "predictions.jsonl", &problem);
        char *line = NULL;
        size_t room = 0;

        all->room = all->n + (QUESTIONS_MAX - all->n) / 8;
        all[1] = all[0];
        while (file && !problem && getline(&line, &room, file) > 0) {
            json_t *object = json_loads(line, 0, NULL);

            problem = take_line(&all[1], *at, object);
            json_decref(object);
        }
        all[0] = all[problem ? 0 : 1];
        free(line);
        if (file) {
            fclose(file);
        }
        document_item(left_out, *at, "%s", problem ? problem : "");
    }
    document_section(document, "predictions", "%s",
                     all->n ? "What was predicted, and what happened" : "");
    for (const struct question *it = all->list; it->file; it++) {
        struct text yours = {0}, observed = {0};

        say(&yours, it, it->yours, " predicted (%c) %s");
        say(&observed, it, it->observed, " machines it was (%c) %s");
        document_item(document, it->asked.name, "%s%s %s; on %s",
                      it->other ? "(other question) " : "", it->asked.words,
                      yours.bytes[0] ? yours.bytes : "Nobody predicted",
                      observed.bytes[0] ? observed.bytes : "no machine seen");
    }
}

/* ---- the page ---------------------------------------------------------- */

/* A machine is a row, a model a mark; the first rows say which. */
static char *
draw_ratios(struct class *class)
{
    static const struct chart chart = {
        .title = "Who costs what, on which machine",
        .above = "a row for each machine, a mark for each model",
        .below = "CPU per echo, times the yardstick's",
        .rule = 1,
    };
    struct chart_row rows[SVG_YARDSTICK + ROWS_MAX];
    size_t n = 0;

    for (int slot = 0; slot < SVG_YARDSTICK; slot++) {
        if (class->models[slot]) {
            rows[n++] = (struct chart_row){class->models[slot], slot, ""};
        }
    }
    for (size_t i = 0; i < class->ndots; i++) {
        class->dots[i].row += (int)n;
    }
    for (size_t i = 0; i < MIN(class->machines.nblocks, ROWS_MAX); i++) {
        rows[n++] =
            (struct chart_row){class->machines.blocks[i].label, -1, ""};
    }
    return chart_dots(&chart, rows, n, class->dots, class->ndots);
}

static void
build(struct document *document, struct class *class)
{
    size_t n = class->machines.nblocks;

    document_heading(document, "Fiveways on %zu machine%s", n,
                     n == 1 ? "" : "s");
    document_section(document, "claims",
                     "On how many each claim holds (?: too close to tell)");
    for (size_t i = 0; i < COUNT(claims); i++) {
        const struct tally *tally = &class->tallies[i];
        char label[48];

        PUT(label, "%zu of %zu", tally->held, tally->measured);
        document_item(document, label,
                      tally->measured == 0             ? ""
                      : tally->held == tally->measured ? "%s"
                                                       : "%s; not on %s",
                      claims[i].words, tally->others.bytes);
    }
    document_section(document, "machines", "The machines");
    document_paragraph(document,
                       "Behind each model its CPU per echo with %d clients "
                       "at most, times the yardstick's, +- half of the 95 %% "
                       "interval.",
                       MAIN_CLIENTS);
    document_figure(document, class->ndots > 0 ? draw_ratios(class) : NULL);
    document_append(document, "", &class->machines);
}

const char *
class_build(struct document *document, const char *path)
{
    static struct class class;
    glob_t found = {0};
    bool good;

    if (chdir(path) != 0) {
        return strerror(errno);
    }
    glob("{*.jsonl,*/,*.tar.gz}", GLOB_BRACE, NULL, &found);
    for (char **at = found.gl_pathv; at && *at; at++) {
        const char *end = strrchr(*at, strchr(*at, '/') ? '/' : '.');
        char name[RESULTS_NAME_BYTES];

        PUT(name, "%.*s", (int)(end - *at - (end[1] == 'g' ? 4 : 0)), *at);
        document_item(&class.left_out, name, "%s",
                      take_file(&class, name, *at));
    }
    if (class.machines.nblocks > 0) {
        build(document, &class);
    }
    build_predictions(document, &class.left_out, found.gl_pathv);
    globfree(&found);
    good = document->nblocks > 0;
    document_section(document, "left-out", "%s",
                     class.left_out.nblocks > 0 ? "Left out" : "");
    document_append(document, "", &class.left_out);
    return good ? NULL : "has no good results";
}
