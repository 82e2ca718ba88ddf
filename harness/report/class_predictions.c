/*
 * class_predictions.c: what a class predicted, and what happened on their
 * machines. See internal.h; the lines are described in course/lesson.c.
 * Of who has taken a lesson twice the first answer counts: the second time he
 * knew; and the last number. The files are strangers', as in class.c.
 */
#include <fnmatch.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/report/internal.h"

enum {
    QUESTIONS_MAX = 1024,     /* of a class; the lessons have some dozens */
    FILE_BYTES_MAX = 8 << 20, /* ten times a run, and more than these */
    CHOICES_MAX = 4,
};

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

#define TOO_LARGE "is larger than any run"

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

FILE *
class_open(const char *at, const char *what, const char **problem)
{
    const char *others =
        *what == 'p' ? "!(*.predictions).jsonl" : "*.predictions.jsonl";
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

void
predictions_build(struct document *document, struct document *left_out,
                  char **at)
{
    static struct questions all[2]; /* what counts; with the next file */

    for (; at && *at; at++) {
        const char *problem;
        FILE *file = class_open(*at, "predictions.jsonl", &problem);
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
