/*
 * grade_print.c: what came of it, as text, JSON, for Gradescope, as JUnit's
 * XML. See grade.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"
#include "harness/course/course.h"
#include "harness/course/grade.h"
#include "harness/load/load.h"
#include "harness/report/internal.h"

enum {
    TAIL_BYTES = 1000,  /* of what the server has printed */
    LABEL_COLUMNS = 12, /* of what stands below a row */
};

static const struct report_paper screen = {.width = 80};

static const char *const protocols[] = {"echo", "hello", "rfc862"};

static const char *const verdicts[GRADE_VERDICTS] = {
    "not run", "passed", "failed", "unknown", "grader's fault"};

/* ---- what there is to say ---------------------------------------------- */

static int
points(const struct grade_result *result)
{
    return result->verdict == GRADE_PASSED ? result->test->points : 0;
}

/* All that is to be printed, and what it adds up to. */
struct grades {
    const struct grade_result *begin, *end; /* of what was run, or not */
    int points, of; /* what there was to be had, unknown ones left out */
    int left_out;   /* their points */
    int count[GRADE_VERDICTS]; /* how many tests have which */
    bool is_mark;              /* there is one: the grader has not failed */
    struct text text; /* all this in words: "12 of 12 public tests passed" */
};

static void
add_up(struct grades *all)
{
    struct text *text = &all->text;
    int count = (int)(all->end - all->begin);
    int *passed = &all->count[GRADE_PASSED];

    for (const struct grade_result *it = all->begin; it < all->end; it++) {
        *(it->verdict == GRADE_UNKNOWN ? &all->left_out : &all->of) +=
            it->test->points;
        all->points += points(it);
        all->count[it->verdict]++;
    }
    all->is_mark = !all->count[GRADE_OWN_FAULT] && all->of > 0;
    text_add(text, "%d of %d public tests passed; %d of %d points.", *passed,
             count, all->points, all->of);
    if (all->left_out > 0) {
        text_add(text,
                 " %d more could neither be had nor lost on this machine, "
                 "and are left out.",
                 all->left_out);
    }
    if (all->count[GRADE_OWN_FAULT]) {
        text_add(text, " The grader itself has failed: this is no mark.");
    }
    if (grade_no_calls && *passed < count) {
        text_add(text, " %s", grade_no_calls);
    }
    text_add(text, " seed %d", grade_order.seed);
}

/* How that test is repeated, a line for a shell. Valid until the next call.
 */
static const char *
again(const struct grade_test *test)
{
    static struct text line;

    line = (struct text){0};
    text_add(&line, "make grade SERVER=");
    grade_quote(line.bytes, TEXT_BYTES, grade_order.server);
    text_clean(line.bytes);
    if (grade_order.protocol > 0) {
        text_add(&line, " PROTO=%s", protocols[grade_order.protocol]);
    }
    text_add(&line, "%s ONLY=%s SEED=%d V=1",
             grade_order.one_at_a_time ? " ONE_AT_A_TIME=1" : "", test->name,
             grade_order.seed);
    return line.bytes;
}

/* A line below the row of its test. */
static void
say(struct document *document, const char *label, const char *words)
{
    char padded[LABEL_COLUMNS + 1];

    PUT(padded, "    %-8s", label);
    document_item(document, padded, "%s", words ? words : "");
}

/* Lines of a program, of which the last ones count, as they are, however
 * long; the label stands before the first one. */
static void
print_lines(FILE *file, const char *label, const char *text)
{
    size_t bytes = strlen(text);
    const char *cut =
        bytes > TAIL_BYTES ? strchr(text + bytes - TAIL_BYTES, '\n') : NULL;
    char *rest = strdupa(cut ? cut + 1 : text);

    for (char *line; (line = strsep(&rest, "\n"));) {
        if (*line != '\0') {
            fprintf(file, "      %-10s%s\n", label, text_clean(line));
            label = "";
        }
    }
}

/* Print what there is to say of a test below its row. */
static void
print_why(FILE *file, const struct grade_result *result)
{
    const struct grade_left *left = &result->left;
    struct document document = {0};

    for (int i = 0; i < GRADE_SAIDS; i++) {
        say(&document, grade_said[i], result->said[i]);
    }
    document_print_text(file, &document, &screen);
    print_lines(file, "calls", left->calls);
    if (grade_order.verbose) {
        print_lines(file, "stdout", left->printed);
    }
    if (grade_order.verbose || result->verdict == GRADE_FAILED) {
        print_lines(file, "stderr", left->errors);
    }
    say(&document, "likely", result->causes[0]);
    say(&document, "or", result->causes[1]);
    say(&document, "read", result->read);
    document_print_text(file, &document, &screen);
    if (result->said[GRADE_SEEN][0] != '\0') {
        /* As it is, however long: to be copied. */
        fprintf(file, "      %-10s%s\n", "again", again(result->test));
    }
}

/* ---- text -------------------------------------------------------------- */

void
grade_print_row(const struct grade_result *result)
{
    bool failed = result->verdict == GRADE_FAILED;
    bool red = failed && wants_colour(stdout);
    struct text end = {0};

    if (grade_order.format != 0) {
        return;
    }
    if (failed || result->verdict == GRADE_PASSED) {
        text_add(&end, "%s%d/%d", failed ? "FAILED  " : "", points(result),
                 result->test->points);
        if (grade_order.verbose) {
            text_add(&end, " (%.1f s)", result->seconds);
        }
    }
    printf("  %-14s %-48s %s%14s%s\n", result->test->name,
           result->test->title, red ? "\33[31m" : "",
           end.bytes[0] != '\0' ? end.bytes : verdicts[result->verdict],
           red ? "\33[0m" : "");
    print_why(stdout, result);
    fflush(stdout);
}

static void
print_end(const struct grades *all)
{
    struct document document = {0};

    document_paragraph(&document, "%s", all->text.bytes);
    document_print_text(stdout, &document, &screen);
}

/* ---- for programs ------------------------------------------------------ */

static void
print_object(json_t *object)
{
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(4));
    putchar('\n');
    json_decref(object);
}

static json_t *
lines_array(const char *text)
{
    char *copy = given(strdup(text));
    char *rest = copy;
    json_t *lines = json_array();

    for (char *line; copy[0] != '\0' && (line = strsep(&rest, "\n"));) {
        json_array_append_new(lines, json_string(text_clean(line)));
    }
    free(copy);
    return lines;
}

/* What is known of a test. */
static json_t *
test_object(const struct grade_result *result)
{
    return json_pack(
        "{ss ss si si ss ss ss ss ss so so so ss? ss sf}", "name",
        result->test->name, "title", result->test->title, "points",
        points(result), "of", result->test->points, "verdict",
        verdicts[result->verdict], "message", result->said[GRADE_SEEN],
        "sent", result->said[GRADE_SENT], "expected",
        result->said[GRADE_EXPECTED], "came", result->said[GRADE_CAME],
        "calls", lines_array(result->left.calls), "stderr",
        lines_array(result->left.errors), "causes",
        result->read ? json_pack("[ss]", result->causes[0], result->causes[1])
                     : json_array(),
        "read", result->read, "again", again(result->test), "seconds",
        result->seconds);
}

static void
print_json(const struct grades *all)
{
    char *server = text_clean(given(strdup(grade_order.server)));
    json_t *tests = json_array();

    for (const struct grade_result *it = all->begin; it < all->end; it++) {
        json_array_append_new(tests, test_object(it));
    }
    print_object(json_pack(
        "{si ss ss si si si so}", "seed", grade_order.seed, "server", server,
        "protocol", protocols[grade_order.protocol], "points", all->points,
        "of", all->of, "left_out", all->left_out, "tests", tests));
    free(server);
}

/* The same as text, for people who read it elsewhere. To be freed. */
static char *
why_text(const struct grade_result *result)
{
    char *text = NULL;
    size_t bytes;
    FILE *file = given(open_memstream(&text, &bytes));

    fprintf(file, "%s\n", verdicts[result->verdict]);
    print_why(file, result);
    fclose(file);
    return text;
}

/* For Gradescope: no score where some is missing, because an error of ours
 * must never look like full marks, nor what was left out like a loss. */
static void
print_gradescope(const struct grades *all)
{
    bool is_score = all->is_mark && all->left_out == 0;
    json_t *tests = json_array();

    for (const struct grade_result *it = all->begin; it < all->end; it++) {
        char *why = why_text(it);
        json_t *test = json_pack("{ss++ ss ss ss}", "name", it->test->name,
                                 ": ", it->test->title, "number",
                                 COUNT_TEXT(it - all->begin + 1), "output",
                                 why, "visibility", "visible");

        if (is_score) {
            json_object_update_new(
                test, json_pack("{si si ss}", "score", points(it),
                                "max_score", it->test->points, "status",
                                points(it) ? "passed" : "failed"));
        }
        json_array_append_new(tests, test);
        free(why);
    }
    print_object(json_pack("{ss+ so so}", "output", all->text.bytes,
                           "; others may exist", "tests", tests,
                           is_score ? "score" : "error",
                           is_score ? json_integer(all->points)
                                    : json_string("no score: grade it again, "
                                                  "or on another machine")));
}

static void
print_junit(const struct grades *all)
{
    static const char *const tags[] = {"skipped", "", "failure", "skipped",
                                       "error"};

    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<testsuite name=\"grade\" tests=\"%d\" failures=\"%d\" "
           "errors=\"%d\" skipped=\"%d\">\n<properties>"
           "<property name=\"seed\" value=\"%d\"/></properties>\n",
           (int)(all->end - all->begin), all->count[GRADE_FAILED],
           all->count[GRADE_OWN_FAULT],
           all->count[GRADE_NOT_RUN] + all->count[GRADE_UNKNOWN],
           grade_order.seed);
    for (const struct grade_result *it = all->begin; it < all->end; it++) {
        const char *tag = tags[it->verdict];
        char *why = why_text(it);

        xml_put(stdout, "<testcase classname=\"grade\" name=\"",
                it->test->name, "\"");
        printf(" time=\"%.3f\">", it->seconds);
        if (tag[0] != '\0') {
            printf("<%s", tag);
            xml_put(stdout, " message=\"", it->said[GRADE_SEEN], "\">");
            for (char *rest = why, *line; (line = strsep(&rest, "\n"));) {
                xml_put(stdout, "", line, "\n");
            }
            printf("</%s>", tag);
        }
        printf("</testcase>\n");
        free(why);
    }
    printf("</testsuite>\n");
}

int
grade_print_end(const struct grade_result *results, int count)
{
    static void (*const printers[])(const struct grades *) = {
        print_end, print_json, print_gradescope, print_junit};
    struct grades all = {.begin = results, .end = results + count};

    add_up(&all);
    printers[grade_order.format](&all);
    return !all.is_mark                       ? COURSE_CANNOT
           : all.count[GRADE_PASSED] == count ? 0
                                              : COURSE_OTHERWISE;
}
