/* results.c: see results.h. */
#include "tests/conformance/results.h"

#include "tests/conformance/verdict.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Write the row that `name` begins with, test_A07_... being of row A7. */
static void
print_row(FILE *file, const char *name)
{
    static const char prefix[] = "test_";
    const char *row = name + strlen(prefix);

    if (strncmp(name, prefix, strlen(prefix)) == 0 && isupper(row[0]) &&
        isdigit(row[1]) && isdigit(row[2])) {
        fprintf(file, "%c%ld", row[0], strtol(row + 1, NULL, 10));
    } else {
        fputc('-', file);
    }
}

void
results_add(FILE *file, const char *model, const char *name, int number,
            const char *result, const char *detail)
{
    fprintf(file, "%s\t", model);
    print_row(file, name);
    fprintf(file, "\t%s\t%d\t%s\t", name, number, result);
    while (detail != NULL && *detail != '\0') {
        fputc(isspace((unsigned char)*detail) ? ' ' : *detail, file);
        detail++;
    }
    fputc('\n', file);
    /* Or each test that is forked would write it out once more. */
    fflush(file);
}

/* The field before the next colon of `*rest`, which then begins behind it;
 * NULL when there is none. Cuts the text. */
static char *
next_field(char **rest)
{
    char *field = *rest;
    char *colon = field == NULL ? NULL : strchr(field, ':');

    if (colon == NULL) {
        return NULL;
    }
    *colon = '\0';
    *rest = colon + 1;
    return field;
}

/* A line of Check's log is FILE:LINE:P:GROUP:NAME:NUMBER: MESSAGE, with F
 * or E in place of P for what failed or broke off; its other lines are
 * sums, and the further lines of messages. */
void
results_add_log(FILE *file, const char *model, FILE *log)
{
    char line[4096];

    while (fgets(line, sizeof line, log) != NULL) {
        char *rest = line;
        const char *source = next_field(&rest);
        const char *source_line = next_field(&rest);
        const char *letter = next_field(&rest);
        const char *group = next_field(&rest);
        const char *name = next_field(&rest);
        const char *number = next_field(&rest);

        if (source == NULL || source_line == NULL || letter == NULL ||
            group == NULL || name == NULL || number == NULL ||
            strlen(letter) != 1 || strchr("PFE", letter[0]) == NULL) {
            continue;
        }
        bool late = letter[0] == 'P' && verdict_was_inconclusive(name);
        results_add(file, model, name, (int)strtol(number, NULL, 10),
                    late               ? "skipped"
                    : letter[0] == 'P' ? "passed"
                                       : "failed",
                    late               ? "it was inconclusive"
                    : letter[0] == 'P' ? NULL
                                       : rest);
    }
}
