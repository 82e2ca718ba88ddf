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
 *     date        ISO 8601, UTC
 *     machine     the name of its CPU
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/compare/plan.h"
#include "harness/course/course.h"

enum {
    QUESTIONS_MAX = 16, /* of a lesson */
    PREDICTIONS_MAX = 200,
    NAME_BYTES = 64,   /* "measuring.P12" */
    COPY_MS = 10000,   /* for the sources of a model */
    BUILD_MS = 600000, /* for a program made of them */
};

/* A prediction of the lesson, and what came of it. */
struct answer {
    const struct prediction *asked;
    int yours;    /* the choice, from 0; -1: none */
    int observed; /* likewise */
};

/* ---- questions --------------------------------------------------------- */

static int
choices_of(const struct prediction *row)
{
    int n = 0;

    while (n < CHOICES_MAX && row->choices[n].text) {
        n++;
    }
    return n;
}

/* As Markdown, which is what people are asked, too. */
static void
print_question(const struct prediction *row)
{
    printf("**%s** %s\n\n", row->id, row->question);
    for (int i = 0; i < choices_of(row); i++) {
        printf("- %c) %s\n", 'a' + i, row->choices[i].text);
    }
    printf("\n");
}

/* "a" and "A" are the first; -1: it is none of them. */
static int
read_choice(const char *text, const struct prediction *row)
{
    int choice = tolower((unsigned char)text[0]) - 'a';

    return text[0] != '\0' && text[1] == '\0' && choice >= 0 &&
                   choice < choices_of(row)
               ? choice
               : -1;
}

/* Until it is a choice, or nothing, which is an answer as well. */
static int
ask(const struct prediction *row)
{
    char *line = NULL;
    size_t room = 0;
    int choice = -1;

    do {
        printf("your answer [a-%c, Enter: do not know]: ",
               'a' + choices_of(row) - 1);
        fflush(stdout);
        if (getline(&line, &room, stdin) < 1) {
            break;
        }
        line[strcspn(line, " \t\r\n")] = '\0';
        choice = read_choice(line, row);
    } while (choice == -1 && line[0] != '\0');
    free(line);
    printf("\n");
    return choice;
}

/* ---- answers in a file ------------------------------------------------- */

/* Which prediction is "blocking.P1"? What is none ends the program. */
static const struct prediction *
find_prediction(const char *name, const char *path, int number)
{
    static char room[PREDICTIONS_MAX][NAME_BYTES];
    const char *names[PREDICTIONS_MAX];
    size_t n = 0;

    for (const struct prediction *row = predictions;
         row->lesson && n < PREDICTIONS_MAX; row++, n++) {
        snprintf(room[n], NAME_BYTES, "%s.%s", row->lesson, row->id);
        names[n] = room[n];
        if (strcmp(name, room[n]) == 0) {
            return row;
        }
    }
    fprintf(stderr, "course: %s: line %d: ", path, number);
    names_unknown(stderr, "prediction", name, names, n);
    exit(COURSE_USAGE);
}

/* Lines such as "blocking.P1=c", "# that was hard" or "". */
static void
read_answers(const char *path, struct answer *answers, size_t n)
{
    FILE *file = fopen(path, "re");
    char line[256];
    char name[NAME_BYTES];
    char choice[8];

    if (!file) {
        err(COURSE_USAGE, "--answers: %s", path);
    }
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "#\r\n")] = '\0';
        choice[0] = '\0';
        if (sscanf(line, " %63[^= ] = %7s", name, choice) < 1) {
            continue;
        }
        const struct prediction *row = find_prediction(name, path, number);
        if (choice[0] != '\0' && read_choice(choice, row) == -1) {
            errx(COURSE_USAGE,
                 "%s: line %d: %s is no choice; please give a letter from a "
                 "to %c, or none",
                 path, number, choice, 'a' + choices_of(row) - 1);
        }
        for (size_t i = 0; i < n; i++) {
            if (answers[i].asked == row) {
                answers[i].yours = read_choice(choice, row);
            }
        }
    }
    fclose(file);
}

/* ---- what came of it --------------------------------------------------- */

static json_t *
letter_of(int choice)
{
    const char letter[] = {(char)('a' + choice), '\0'};

    return choice >= 0 ? json_string(letter) : json_null();
}

static void
keep(FILE *file, const struct answer *answer, const struct finding *finding)
{
    const struct prediction *row = answer->asked;
    const char *unit = finding->experiment->unit;
    json_t *choices = json_array();
    time_t now = time(NULL);
    char machine[96];
    char date[32];
    json_t *line;

    machine_cpu_model(machine, sizeof machine);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    for (int i = 0; i < choices_of(row); i++) {
        json_array_append_new(choices, json_string(row->choices[i].text));
    }
    line = json_pack(
        "{ss ss ss so ss so so so ss ss ss}", "lesson", row->lesson, "id",
        row->id, "question", row->question, "choices", choices, "experiment",
        row->experiment, "yours", letter_of(answer->yours), "observed",
        letter_of(answer->observed), "number",
        isfinite(finding->number) ? json_real(finding->number) : json_null(),
        "unit", unit ? unit : "", "date", date, "machine",
        text_clean(machine));
    json_dumpf(line, file, JSON_COMPACT);
    fputc('\n', file);
    json_decref(line);
}

static void
keep_all(const struct answer *answers, const struct finding *findings,
         size_t n)
{
    char path[CHILD_LINE_BYTES];
    FILE *file = course_file("predictions.jsonl", "ae", path);

    for (size_t i = 0; i < n; i++) {
        keep(file, &answers[i], &findings[i]);
    }
    fclose(file);
}

static void
print_row(const struct answer *answer, const struct finding *finding)
{
    char text[FINDING_TEXT_BYTES];

    printf("%-4s %5c  ", answer->asked->id,
           answer->yours >= 0 ? 'a' + answer->yours : '-');
    if (finding->reason[0] != '\0') {
        printf("not seen: %s\n", finding->reason);
        return;
    }
    finding_text(finding, finding->number, text);
    if (answer->observed >= 0) {
        printf("%c) %s: %s\n", 'a' + answer->observed,
               answer->asked->choices[answer->observed].text, text);
    } else {
        printf("none of these: %s\n", text);
    }
}

/* Ask, if there is somebody, run, show. Returns the exit status. */
static int
teach(const char *lesson, struct answer *answers, size_t n, const char *from)
{
    static struct finding findings[QUESTIONS_MAX];
    size_t differ = 0;

    for (size_t i = 0; i < n; i++) {
        findings[i].experiment =
            experiment_find(answers[i].asked->experiment);
    }
    if (experiments_run(findings, n, from, stdout) != 0) {
        return COURSE_INTERRUPTED;
    }
    printf("%-4s %5s  seen here\n", "", "yours");
    for (size_t i = 0; i < n; i++) {
        const struct choice *choices = answers[i].asked->choices;
        double number = findings[i].number;

        for (int j = 0; j < choices_of(answers[i].asked); j++) {
            if (number >= choices[j].low && number <= choices[j].high) {
                answers[i].observed = j;
            }
        }
        print_row(&answers[i], &findings[i]);
        differ +=
            answers[i].yours >= 0 && answers[i].yours != answers[i].observed;
    }
    if (differ > 0) {
        printf("\nWhere yours differs from what was seen there is something "
               "to learn, and most\npeople differ somewhere.\n");
    }
    keep_all(answers, findings, n);
    printf("\nread on: %s/README.md\n",
           course_model(lesson) >= 0 ? lesson : "harness");
    return 0;
}

/* The predictions of a lesson. One that is unknown ends the program. */
static size_t
find_lesson(const char *lesson, struct answer answers[QUESTIONS_MAX])
{
    const char *names[COURSE_MODELS + 1]; /* "measuring" is one more */
    size_t nnames = 0;
    size_t n = 0;

    for (const struct prediction *row = predictions; row->lesson; row++) {
        if (strcmp(row->lesson, lesson) == 0 && n < QUESTIONS_MAX) {
            answers[n++] = (struct answer){row, -1, -1};
        }
        if (nnames < COUNT(names) &&
            (nnames == 0 || strcmp(row->lesson, names[nnames - 1]) != 0)) {
            names[nnames++] = row->lesson;
        }
    }
    if (n == 0) {
        fprintf(stderr, "course: ");
        names_unknown(stderr, "lesson", lesson, names, nnames);
        exit(COURSE_USAGE);
    }
    return n;
}

int
course_lesson(int argc, char **argv)
{
    struct answer answers[QUESTIONS_MAX];
    const char *path = NULL;
    const char *from = NULL;
    const char *lesson = NULL;
    bool questions = false;
    const struct flag flags[] = {
        FLAG_ARGUMENT("LESSON", &lesson),
        FLAG_TEXT("answers", 0, "FILE", &path,
                  "Your predictions, a line each, as blocking.P1=c"),
        FLAG_TEXT("from", 0, "FILE", &from,
                  "Read what compare measures from its results there"),
        FLAG_ON("questions", 0, &questions,
                "Print the questions as Markdown, and run nothing"),
        {0},
    };
    size_t n;

    flags_parse("course lesson",
                "Ask for predictions, run, and show both. A lesson is called "
                "as a model is, or measuring.",
                flags, NULL, argc, argv);
    n = find_lesson(lesson ? lesson : "nothing", answers);
    if (path) {
        read_answers(path, answers, n);
    }
    for (size_t i = 0; i < n; i++) {
        print_question(answers[i].asked);
        if (!questions && !path && isatty(STDIN_FILENO) &&
            isatty(STDOUT_FILENO)) {
            answers[i].yours = ask(answers[i].asked);
        }
    }
    /* A question is left by Ctrl-C at once; what is run from now on is ended.
     */
    return questions ? 0 : teach(lesson, answers, n, course_begin(from));
}

/* ---- course exercise --------------------------------------------------- */

/* The first time: a copy, so that the original stays. */
static int
begin_exercise(const struct exercise *row)
{
    char line[CHILD_LINE_BYTES];

    snprintf(line, sizeof line,
             "mkdir -p mine/%s && cp %s/*.[ch] mine/%s && "
             "cd mine/%s && rm -f hello.c bufferevent.c",
             row->model, row->model, row->model, row->model);
    if (child_line(line, COPY_MS, NULL, NULL) != 0) {
        fprintf(stderr,
                "course: mine/%s could not be made; it takes the "
                "sources and a folder that you may write to\n",
                row->model);
        return COURSE_CANNOT;
    }
    printf("%s\nThe sources are yours now, in mine/%s. Edit them there, and "
           "then again:\n  make exercise-%s\n",
           row->task, row->model, row->model);
    return 0;
}

static int
try_exercise(const struct exercise *row)
{
    struct finding findings[COUNT(row->tests)] = {0};
    char line[CHILD_LINE_BYTES];
    size_t left = 0;

    snprintf(line, sizeof line, "make -s %s/mine/%s", course_build(),
             row->model);
    if (child_line(line, BUILD_MS, stdout, NULL) != 0) {
        printf("not yet: it cannot be built; the compiler says why above\n");
        return COURSE_OTHERWISE;
    }
    for (size_t i = 0; i < COUNT(findings) && row->tests[i].experiment; i++) {
        findings[i].experiment = experiment_find(row->tests[i].experiment);
    }
    if (experiments_run(findings, COUNT(findings), NULL, stdout) != 0) {
        return COURSE_INTERRUPTED;
    }
    for (size_t i = 0; i < COUNT(findings) && findings[i].experiment; i++) {
        char wanted[BOUNDS_TEXT_BYTES];
        char seen[FINDING_TEXT_BYTES];

        if (!finding_within(&findings[i], &row->tests[i])) {
            left++;
            printf(
                "not yet: %s: wanted %s, seen %s\n",
                findings[i].experiment->shows,
                bounds_text(&findings[i], &row->tests[i], wanted),
                findings[i].reason[0] != '\0'
                    ? findings[i].reason
                    : finding_text(&findings[i], findings[i].number, seen));
        }
    }
    printf("%s", left == 0 ? "done\n" : "");
    return left == 0 ? 0 : COURSE_OTHERWISE;
}

int
course_exercise(int argc, char **argv)
{
    const char *model = NULL;
    const struct flag flags[] = {FLAG_ARGUMENT("MODEL", &model), {0}};
    const char *names[COURSE_MODELS];
    char path[CHILD_LINE_BYTES];
    size_t n = 0;

    flags_parse("course exercise",
                "Begin the task of a lesson, or say whether it is done.",
                flags, NULL, argc, argv);
    model = model ? model : "nothing";
    course_begin(NULL);
    for (const struct exercise *row = exercises; row->model; row++) {
        if (strcmp(row->model, model) == 0) {
            snprintf(path, sizeof path, "mine/%s", model);
            return access(path, F_OK) == 0 ? try_exercise(row)
                                           : begin_exercise(row);
        }
        names[n++] = row->model;
    }
    fprintf(stderr, "course: ");
    names_unknown(stderr, "exercise", model, names, n);
    return COURSE_USAGE;
}
