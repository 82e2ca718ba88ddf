/*
 * grade_print.c: what came of it, as text, JSON, for Gradescope, as JUnit's
 * XML. See grade.h.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "harness/course/grade.h"
#include "harness/report/internal.h"

enum {
    WIDTH_MAX = 80,
    CALL_COLUMNS = 64, /* of a call: it shall stay in its line */
    TAIL_LINES = 8,    /* of what the server has printed */
};

const char *const grade_words[GRADE_VERDICTS] = {
    [GRADE_NOT_RUN] = "not run", [GRADE_NOT_ASKED] = "not asked",
    [GRADE_PASSED] = "passed",   [GRADE_FAILED] = "failed",
    [GRADE_UNKNOWN] = "unknown", [GRADE_OWN_FAULT] = "grader's fault",
};

/* ---- sums -------------------------------------------------------------- */

static int
points(const struct grade_result *result)
{
    return result->verdict == GRADE_PASSED ? result->test->points : 0;
}

struct grade_sum
grade_sum(const struct grade_result *results, int count)
{
    struct grade_sum sum = {0};

    for (const struct grade_result *it = results; it < results + count;
         it++) {
        bool asked = it->verdict != GRADE_NOT_ASKED;
        bool unknown = it->verdict == GRADE_UNKNOWN;

        sum.tests += asked;
        sum.passed += it->verdict == GRADE_PASSED;
        sum.points += points(it);
        sum.of += asked && !unknown ? it->test->points : 0;
        sum.left_out += unknown ? it->test->points : 0;
        sum.own_fault |= it->verdict == GRADE_OWN_FAULT;
    }
    return sum;
}

/* "12 of 12 public tests passed; 100 of 100 points. seed 1" */
static void
say_sum(struct text *text, const struct grade_sum *sum)
{
    text_add(text, "%d of %d public tests passed; %d of %d points.",
             sum->passed, sum->tests, sum->points, sum->of);
    if (sum->left_out > 0) {
        text_add(text,
                 " %d more could not be had or lost on this machine, and are "
                 "left out.",
                 sum->left_out);
    }
    if (sum->own_fault) {
        text_add(text, " The grader itself has failed: this is no mark.");
    }
    text_add(text, " seed %d", grade_order.seed);
}

const char *
grade_again(const struct grade_test *test)
{
    static struct text line;

    line.bytes[0] = '\0';
    text_add(&line, "make grade SERVER='");
    for (const char *it = grade_order.server; *it != '\0'; it++) {
        text_add(&line, *it == '\'' ? "'\\''" : "%c", *it);
    }
    text_add(&line, "'");
    if (grade_order.protocol > 0) {
        text_add(&line, " PROTO=%s", grade_protocols[grade_order.protocol]);
    }
    text_add(&line, "%s ONLY=%s SEED=%d V=1",
             grade_order.one_at_a_time ? " ONE_AT_A_TIME=1" : "", test->name,
             grade_order.seed);
    return line.bytes;
}

/* ---- text -------------------------------------------------------------- */

/* The last lines of what it has printed. */
static void
say_tail(struct document *document, const char *label, const char *printed)
{
    size_t bytes = strlen(printed);
    const char *from = printed + bytes;
    char line[GRADE_LINE_BYTES];

    for (int lines = 0; from > printed; from--) {
        lines += from[-1] == '\n' && from < printed + bytes;
        if (lines == TAIL_LINES) {
            break;
        }
    }
    while (*from != '\0') {
        int length = (int)strcspn(from, "\n");

        snprintf(line, sizeof line, "%.*s", length, from);
        document_item(document, label, "%s", line);
        from += length + (from[length] == '\n');
        label = "    ";
    }
}

/* A call in one line: what is cut out is what stands before its result. */
static const char *
shorten(const char *call, char line[CALL_COLUMNS + 1])
{
    int length = (int)strlen(call);
    const char *result = memrchr(call, '=', (size_t)length);
    int kept = result && length - (result - call) < CALL_COLUMNS / 2
                   ? length - (int)(result - call)
                   : 0;

    if (length <= CALL_COLUMNS) {
        return call;
    }
    snprintf(line, CALL_COLUMNS + 1, "%.*s... %s", CALL_COLUMNS - 4 - kept,
             call, call + length - kept);
    return line;
}

/* What is known of one that has not passed. */
static void
say_why(struct document *document, const struct grade_result *result)
{
    const struct grade_left *left = &result->left;
    const char *label = "    calls";
    char line[CALL_COLUMNS + 1];

    document_item(document, "    seen", "%s (%.1f s)", result->message,
                  result->seconds);
    document_item(document, "    sent", "%s", result->sent);
    document_item(document, "    expected", "%s", result->expected);
    document_item(document, "    came", "%s", result->came);
    for (int i = 0; i < GRADE_CALLS && left->calls[i][0] != '\0'; i++) {
        document_item(document, label, "%s", shorten(left->calls[i], line));
        label = "    ";
    }
    if (!grade_order.verbose && left->ended[0] == '\0') {
        document_item(document, "    stderr", "%s", left->last_words);
    }
    for (int i = 0; i < GRADE_CAUSES && result->causes[i]; i++) {
        document_item(document, i == 0 ? "    likely" : "    or", "%s",
                      result->causes[i]);
    }
    document_item(document, "    read", "%s",
                  result->read ? result->read : "");
    document_item(document, "    again", "%s", grade_again(result->test));
}

static struct report_paper
paper(void)
{
    struct report_paper paper = report_paper_of(stdout);

    paper.width = paper.width > WIDTH_MAX ? WIDTH_MAX : paper.width;
    return paper;
}

void
grade_print_row(const struct grade_result *result)
{
    bool failed = result->verdict == GRADE_FAILED;
    bool passed = result->verdict == GRADE_PASSED;
    const struct report_paper on = paper();
    struct document document = {0};
    struct text end = {0};

    if (failed || passed) {
        text_add(&end, "%s%d/%d", failed ? "FAILED  " : "", points(result),
                 result->test->points);
    }
    if (passed && grade_order.verbose) {
        text_add(&end, " (%.1f s)", result->seconds);
    }
    printf("  %-14s %-48s %s%14s%s\n", result->test->name,
           result->test->title, failed && on.colour ? "\33[31m" : "",
           end.bytes[0] != '\0' ? end.bytes : grade_words[result->verdict],
           failed && on.colour ? "\33[0m" : "");
    if (result->message[0] != '\0') {
        say_why(&document, result);
    }
    if (grade_order.verbose) {
        say_tail(&document, "    stdout", result->left.printed);
        say_tail(&document, "    stderr", result->left.errors);
    }
    document_print_text(stdout, &document, &on);
    fflush(stdout);
}

void
grade_print_end(const struct grade_result *results, int count)
{
    struct grade_sum sum = grade_sum(results, count);
    const struct report_paper on = paper();
    struct document document = {0};
    struct text text = {0};

    say_sum(&text, &sum);
    document_paragraph(&document, "%s", text.bytes);
    document_paragraph(&document, "%s", grade_no_calls ? grade_no_calls : "");
    document_print_text(stdout, &document, &on);
}

/* ---- for programs ------------------------------------------------------ */

static json_t *
calls_of(const struct grade_result *result)
{
    json_t *calls = json_array();

    for (int i = 0; i < GRADE_CALLS && result->left.calls[i][0] != '\0';
         i++) {
        json_array_append_new(calls, json_string(result->left.calls[i]));
    }
    return calls;
}

static void
print_json(const struct grade_result *results, int count)
{
    struct grade_sum sum = grade_sum(results, count);
    json_t *tests = json_array();

    for (const struct grade_result *it = results; it < results + count;
         it++) {
        json_t *causes = json_array();

        for (int i = 0; i < GRADE_CAUSES && it->causes[i]; i++) {
            json_array_append_new(causes, json_string(it->causes[i]));
        }
        json_array_append_new(
            tests,
            json_pack("{ss ss si si ss ss ss ss ss so so ss? ss sf}", "name",
                      it->test->name, "title", it->test->title, "points",
                      points(it), "of", it->test->points, "verdict",
                      grade_words[it->verdict], "message", it->message,
                      "sent", it->sent, "expected", it->expected, "came",
                      it->came, "calls", calls_of(it), "causes", causes,
                      "read", it->read, "again", grade_again(it->test),
                      "seconds", it->seconds));
    }
    json_t *all = json_pack(
        "{si ss ss si si si sb so}", "seed", grade_order.seed, "server",
        grade_order.server, "protocol", grade_protocols[grade_order.protocol],
        "points", sum.points, "of", sum.of, "left_out", sum.left_out,
        "own_fault", sum.own_fault, "tests", tests);
    json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(4));
    putchar('\n');
    json_decref(all);
}

/* What a student reads there of one test. */
static void
say_plain(struct text *text, const struct grade_result *result)
{
    struct document document = {0};

    if (result->message[0] != '\0') {
        say_why(&document, result);
    }
    for (size_t i = 0; i < document.nblocks; i++) {
        text_add(text, "%-14s%s\n", document.blocks[i].label,
                 document.blocks[i].words);
    }
    document_free(&document);
}

/* Without a score where there is none: an error is no full mark. */
static void
print_gradescope(const struct grade_result *results, int count)
{
    struct grade_sum sum = grade_sum(results, count);
    json_t *tests = json_array();
    json_t *all = json_object();
    struct text text = {0};

    for (const struct grade_result *it = results; it < results + count;
         it++) {
        bool counts = it->verdict == GRADE_PASSED ||
                      it->verdict == GRADE_FAILED ||
                      it->verdict == GRADE_NOT_RUN;
        char number[16];
        struct text why = {0};

        PUT(number, "%d", (int)(it - results) + 1);
        text_add(&why, "%s\n", grade_words[it->verdict]);
        say_plain(&why, it);
        json_t *test = json_pack(
            "{ss+++ ss ss ss}", "name", it->test->name, ": ", it->test->title,
            "number", number, "output", why.bytes, "visibility", "visible");
        if (counts && !sum.own_fault) {
            json_object_update_new(
                test, json_pack("{si si ss}", "score", points(it),
                                "max_score", it->test->points, "status",
                                points(it) ? "passed" : "failed"));
        }
        json_array_append_new(tests, test);
    }
    say_sum(&text, &sum);
    text_add(&text, "; others may exist");
    json_object_set_new(all, "output", json_string(text.bytes));
    json_object_set_new(all, "tests", tests);
    json_object_set_new(all, sum.own_fault ? "error" : "score",
                        sum.own_fault ? json_string("the grader has failed; "
                                                    "please grade again")
                                      : json_integer(sum.points));
    json_dumpf(all, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(all);
}

static void
print_junit(const struct grade_result *results, int count)
{
    struct grade_sum sum = grade_sum(results, count);

    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<testsuite name=\"grade\" tests=\"%d\">\n",
           count);
    printf("<properties><property name=\"seed\" value=\"%d\"/>"
           "<property name=\"points\" value=\"%d\"/>"
           "<property name=\"of\" value=\"%d\"/></properties>\n",
           grade_order.seed, sum.points, sum.of);
    for (const struct grade_result *it = results; it < results + count;
         it++) {
        const char *tag = it->verdict == GRADE_FAILED      ? "failure"
                          : it->verdict == GRADE_OWN_FAULT ? "error"
                                                           : "skipped";
        struct text why = {0};

        xml_put(stdout, "<testcase classname=\"grade\" name=\"",
                it->test->name, "\"");
        printf(" time=\"%.3f\">", it->seconds);
        if (it->verdict != GRADE_PASSED) {
            say_plain(&why, it);
            printf("<%s", tag);
            xml_put(stdout, " message=\"",
                    it->message[0] ? it->message : grade_words[it->verdict],
                    "\">");
            for (char *rest = why.bytes, *line;
                 (line = strsep(&rest, "\n"));) {
                xml_put(stdout, "", line, "\n");
            }
            printf("</%s>", tag);
        }
        printf("</testcase>\n");
    }
    printf("</testsuite>\n");
}

void
grade_print_all(const struct grade_result *results, int count)
{
    if (grade_order.format == GRADE_JSON) {
        print_json(results, count);
    } else if (grade_order.format == GRADE_GRADESCOPE) {
        print_gradescope(results, count);
    } else {
        print_junit(results, count);
    }
}
