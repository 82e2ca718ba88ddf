/*
 * grade_print.c: what came of it. See grade.h.
 */
#include <stdio.h>

#include "harness/course/grade.h"

void
grade_print(const struct grade_result *results, int count)
{
    static const char *const words[] = {"not run", "passed", "FAILED",
                                        "unknown", "grader's fault"};

    for (int i = 0; i < count; i++) {
        printf("  %-14s %-48s %s\n", results[i].test->name,
               results[i].test->title, words[results[i].verdict]);
        if (results[i].message[0]) {
            printf("%s\n%s\n", results[i].message, results[i].left.ended);
        }
    }
}
