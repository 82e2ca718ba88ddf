/*
 * class_predictions.c: what a class predicted, and what happened on their
 * machines. See internal.h; the lines are described in course/lesson.c.
 *
 * Of who has taken a lesson twice the first time counts: the second time he
 * knew. The files are strangers', as in class.c.
 */
#include <glob.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/report/internal.h"

enum {
    QUESTIONS_MAX = 128,      /* of all lessons; there are some dozens */
    FILE_BYTES_MAX = 8 << 20, /* ten times a run, and more than these */
    CHOICES_MAX = 4,
};

/* One question, of the whole class. */
struct question {
    char name[48];                                    /* "blocking P1" */
    char words[400];                                  /* what was asked */
    char choices[CHOICES_MAX][80];                    /* among which */
    size_t yours[CHOICES_MAX], observed[CHOICES_MAX]; /* how many, each */
    size_t predicted, machines; /* how many in all; on what was seen */
    size_t file;                /* the last that it was in, from 1 */
};

const char *
class_refuses(const char *path)
{
    struct stat status;

    return lstat(path, &status) != 0         ? "has no results.jsonl"
           : !S_ISREG(status.st_mode)        ? "is no regular file"
           : status.st_size > FILE_BYTES_MAX ? "is larger than any run"
                                             : NULL;
}

/* "a" is 0; -1: no letter of a choice. */
static int
letter(const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));

    return text && text[0] >= 'a' && text[0] < 'a' + CHOICES_MAX &&
                   text[1] == '\0'
               ? text[0] - 'a'
               : -1;
}

/* Returns false if the line is no prediction. */
static bool
take_line(struct question *questions, size_t file, const json_t *line)
{
    const char *lesson = json_string_value(json_object_get(line, "lesson"));
    const char *id = json_string_value(json_object_get(line, "id"));
    const char *words = json_string_value(json_object_get(line, "question"));
    const json_t *choices = json_object_get(line, "choices");
    struct question *it = questions;
    char name[sizeof it->name];
    int yours = letter(line, "yours");
    int observed = letter(line, "observed");

    if (!lesson || !id || !words || !json_is_array(choices)) {
        return false;
    }
    PUT(name, "%s %s", lesson, id);
    while (it->file > 0 && it < questions + QUESTIONS_MAX - 1 &&
           (strcmp(it->name, name) != 0 ||
            strncmp(it->words, words, sizeof it->words - 1) != 0)) {
        it++;
    }
    if (it->file == file || it == questions + QUESTIONS_MAX - 1) {
        return true;
    }
    PUT(it->name, "%s", name);
    PUT(it->words, "%s", words);
    for (size_t i = 0; i < CHOICES_MAX; i++) {
        const char *choice = json_string_value(json_array_get(choices, i));

        PUT(it->choices[i], "%s", choice ? choice : "");
    }
    it->file = file;
    it->predicted += yours >= 0;
    it->machines += json_is_number(json_object_get(line, "number"));
    it->yours[yours >= 0 ? yours : 0] += yours >= 0;
    it->observed[observed >= 0 ? observed : 0] += observed >= 0;
    return true;
}

/* "28 of 34 predicted (b) one, 6 of 34 predicted (a) none". */
static void
say(struct text *text, const struct question *it, const size_t *counts,
    const char *format, size_t of)
{
    for (int i = 0; i < CHOICES_MAX; i++) {
        if (counts[i] > 0) {
            text_item(text, ", ", "%zu of %zu", counts[i], of);
            text_add(text, format, 'a' + i, it->choices[i]);
        }
    }
}

bool
predictions_build(struct document *document, struct document *left_out)
{
    struct question *questions =
        given(calloc(QUESTIONS_MAX, sizeof *questions));
    glob_t found = {0};

    glob("{*.predictions.jsonl,*/predictions.jsonl}", GLOB_BRACE, NULL,
         &found);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        const char *problem = class_refuses(path);
        FILE *file = problem ? NULL : fopen(path, "re");
        char *line = NULL;
        size_t room = 0;

        while (file && !problem && getline(&line, &room, file) > 0) {
            json_t *object = json_loads(line, 0, NULL);

            if (!take_line(questions, i + 1, object)) {
                problem = "has a line that is no prediction";
            }
            json_decref(object);
        }
        free(line);
        if (file) {
            fclose(file);
        }
        document_item(left_out, path, "%s", problem ? problem : "");
    }
    document_section(
        document, "predictions", "%s",
        questions->file > 0 ? "What was predicted, and what happened" : "");
    for (const struct question *it = questions; it->file > 0; it++) {
        struct text yours = {0};
        struct text observed = {0};

        say(&yours, it, it->yours, " predicted (%c) %s", it->predicted);
        say(&observed, it, it->observed, " machines it was (%c) %s",
            it->machines);
        document_item(document, it->name, "%s %s; on %s", it->words,
                      it->predicted > 0 ? yours.bytes : "Nobody predicted",
                      observed.bytes[0] ? observed.bytes : "no machine seen");
    }
    bool any = questions->file > 0;
    globfree(&found);
    free(questions);
    return any;
}
