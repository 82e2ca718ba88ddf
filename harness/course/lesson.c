/*
 * lesson.c: asks, runs, shows yours beside what was seen, keeps it. See
 * course.h.
 *
 * What is kept is a line of JSON for each prediction, at the end of
 * build/course/predictions.jsonl; `report --class` reads those of a class.
 *
 *     lesson      "blocking"
 *     id          "P1"
 *     question    as it was asked
 *     choices     its texts, the first one being "a"
 *     experiment  the key of what was run
 *     yours       "a", "b" ..., or null: not asked, or not known
 *     observed    the same; null: none of them, or it could not be run
 *     number      that was read off the run, or null
 *     unit        of it
 */
#include <err.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/models.h"
#include "harness/course/course.h"

/* How a choice is called, counted from 1; 0: none. */
static const char *const letters[] = {NULL, "a", "b", "c", "d"};

/* ---- questions --------------------------------------------------------- */

static void
print_question(const struct prediction *row)
{
    struct report_paper paper = report_paper_of(stdout);
    struct document document = {0};

    document_paragraph(&document, "%s %s", row->id, row->question);
    document_print_text(stdout, &document, &paper);
    printf("\n");
    for (int i = 0; i < row->nchoices; i++) {
        printf("  %c) %s\n", 'a' + i, row->choices[i].text);
    }
    printf("\n");
}

/* "a" and "A" are 1; 0: it is none of them. */
static int
read_choice(const char *text, const struct prediction *row)
{
    int choice = row->nchoices;

    while (choice > 0 && strcasecmp(text, letters[choice]) != 0) {
        choice--;
    }
    return choice;
}

/* Until it is a choice, or nothing, which is an answer as well. */
static int
ask(const struct prediction *row)
{
    const char *last = letters[row->nchoices];
    char *line = NULL;
    size_t room = 0;
    int choice = 0;

    for (;;) {
        printf("your answer [a-%s, Enter: do not know]: ", last);
        fflush(stdout);
        if (getline(&line, &room, stdin) < 1) {
            break;
        }
        char *word = line + strspn(line, " \t");
        word[strcspn(word, ") \t\r\n")] = '\0';
        choice = read_choice(word, row);
        if (choice > 0 || word[0] == '\0') {
            break;
        }
        printf("please a letter from a to %s\n", last);
    }
    free(line);
    printf("\n");
    return choice;
}

/* Read a line of a file, "blocking.P1=c"; without one, or a letter in it, the
 * answer is not known. */
static int
read_answer(const char *path, const struct prediction *row)
{
    char text[8192];
    char answer[32] = "";
    char key[64];

    if (proc_read(text, sizeof text, "%s", path) == 0) {
        errx(COURSE_USAGE, "--answers: %s: there is nothing to read", path);
    }
    snprintf(key, sizeof key, "%s.%s=", row->lesson, row->id);
    const char *words = proc_behind(text, key);
    sscanf(words ? words : "", "%31[^ #\r\n]", answer);
    if (answer[0] != '\0' && read_choice(answer, row) == 0) {
        errx(COURSE_USAGE,
             "%s: %s%s is no choice; please give a letter from a to %s, or "
             "none",
             path, key, answer, letters[row->nchoices]);
    }
    return read_choice(answer, row);
}

/* ---- what came of it --------------------------------------------------- */

/* Which of the choices was seen? 0: none of them. */
static int
observe(const struct prediction *row)
{
    double number = row->experiment->number;

    for (int i = 0; i < row->nchoices; i++) {
        if (number >= row->choices[i].low && number <= row->choices[i].high) {
            return i + 1;
        }
    }
    return 0;
}

static void
keep(FILE *file, const struct prediction *row)
{
    double number = row->experiment->number;
    json_t *choices = json_array();

    for (int i = 0; i < row->nchoices; i++) {
        json_array_append_new(choices, json_string(row->choices[i].text));
    }
    json_t *line = json_pack(
        "{ss ss ss so ss ss? ss? so ss}", "lesson", row->lesson, "id",
        row->id, "question", row->question, "choices", choices, "experiment",
        row->experiment->key, "yours", letters[row->yours], "observed",
        letters[observe(row)], "number",
        isfinite(number) ? json_real(number) : json_null(), "unit",
        row->experiment->unit);
    json_dumpf(line, file, JSON_COMPACT);
    fputc('\n', file);
    json_decref(line);
}

static void
print_row(const struct prediction *row)
{
    char text[NUMBER_BYTES];
    int seen = observe(row);

    printf("%-4s %5s  ", row->id, row->yours > 0 ? letters[row->yours] : "-");
    if (row->experiment->reason) {
        printf("not seen: ");
    } else if (seen == 0) {
        printf("none of these: ");
    } else {
        printf("%s) %s: ", letters[seen], row->choices[seen - 1].text);
    }
    printf("%s\n", experiment_seen(row->experiment, text));
}

/* Run, show, keep these, NULL behind the last. Returns the exit status. */
static int
teach(const char *lesson, struct prediction **asked)
{
    char path[CHILD_LINE_BYTES];
    bool differ = false, seen = false;

    experiments_run();
    FILE *kept = course_file("predictions.jsonl", "a+e", path);
    if (fseek(kept, -1, SEEK_END) == 0 && fgetc(kept) != '\n') {
        fputc('\n', kept); /* behind a line that was cut off */
    }
    printf("%-4s %5s  seen here\n", "", "yours");
    for (const struct prediction *row; (row = *asked); asked++) {
        print_row(row);
        keep(kept, row);
        if (!row->experiment->reason) {
            seen = true;
            differ |= row->yours > 0 && row->yours != observe(row);
        }
    }
    if ((ferror(kept) | fclose(kept)) != 0) {
        errx(COURSE_CANNOT, "%s could not be written; make room there", path);
    }
    if (differ) {
        printf("\nWhere yours differs from what was seen there is something "
               "to learn, and most\npeople differ somewhere.\n");
    }
    printf("\nread on: %s/README.md\n",
           model_index(lesson) >= 0 ? lesson : "harness");
    return seen ? 0 : COURSE_CANNOT;
}

int
course_lesson(int argc, char **argv)
{
    struct prediction *asked[ROWS_MAX + 1] = {NULL};
    const char *path = NULL, *lesson = NULL;
    const struct flag flags[] = {
        FLAG_ARGUMENT("LESSON", &lesson),
        FLAG_TEXT("answers", 0, "FILE", &path,
                  "Your predictions, a line each, as blocking.P1=c"),
        FLAG_FROM,
        {0},
    };
    size_t n = 0;

    flags_parse("course lesson",
                "Ask for predictions, run, and show both. A lesson is called "
                "as a model is, or measuring.",
                flags, NULL, argc, argv);
    lesson = lesson ? lesson : "nothing";
    for (struct prediction *row = predictions; row->lesson; row++) {
        if (strcmp(row->lesson, lesson) != 0) {
            continue;
        }
        asked[n++] = row;
        row->experiment->wanted = true;
        print_question(row);
        if (path) {
            row->yours = read_answer(path, row);
        } else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
            row->yours = ask(row);
        }
    }
    if (n == 0) {
        errx(COURSE_USAGE,
             "%s is no lesson; there are" MODEL_NAMES " and measuring",
             lesson);
    }
    return teach(lesson, asked);
}
