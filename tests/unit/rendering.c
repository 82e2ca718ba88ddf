/* rendering.c: see rendering.h. */
#include "tests/unit/rendering.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/report/markdown.h"
#include "harness/results/summary.h"

/* Without a style it is Markdown. */
static char *
render(struct results *results, const struct table_style *style)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    struct summary summary;

    ck_assert_int_eq(summary_make(results, &summary), 0);
    if (style == NULL) {
        ck_assert_int_eq(markdown_print(file, &results->run, &summary), 0);
    } else {
        table_print(file, &results->run, &summary, style);
    }
    fclose(file);
    summary_free(&summary);
    return text;
}

char *
rendering_table(struct results *results, const struct table_style *style)
{
    return render(results, style);
}

char *
rendering_markdown(struct results *results)
{
    return render(results, NULL);
}

void
rendering_assert(struct results *results, const struct table_style *style,
                 const char *words, bool shown)
{
    char *text = rendering_table(results, style);

    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            *c = ' ';
        }
    }
    ck_assert_msg((strstr(text, words) != NULL) == shown, "%s\"%s\" in:\n%s",
                  shown ? "no " : "", words, text);
    free(text);
}
