/*
 * bill.c: what an echo is made of: instructions by function, and CPU time by
 * what it is paid for. See internal.h.
 */
#include <math.h>
#include <string.h>

#include "harness/report/internal.h"

#define FUNCTIONS_SHOWN 8 /* of a model; what else there is is one */

/* ---- instructions ------------------------------------------------------ */

static void
put_functions(struct text *text, const struct calls *code)
{
    double rest = code->per_echo;

    text_add(text, "%.*f", code->per_echo < 9999.5, code->per_echo);
    for (int i = 0; i < code->nnames && i < FUNCTIONS_SHOWN &&
                    code->names[i].per_echo >= 0.5;
         i++) {
        text_item(text, i > 0 ? ", " : ": ", "%s %.0f", code->names[i].name,
                  code->names[i].per_echo);
        rest -= code->names[i].per_echo;
    }
    if (rest >= 0.5) {
        text_item(text, ", ", "others %.0f", rest);
    }
}

void
code_build(struct document *document, const struct summary_group *group)
{
    bool begun = false;

    for (size_t i = 0; i < group->nrows; i++) {
        const struct calls *code = group->rows[i].code;
        struct text text = {0};

        if (!code) {
            continue;
        }
        if (!begun) {
            document_paragraph(document,
                               "Instructions of an echo, outside of the "
                               "kernel, by function:");
            begun = true;
        }
        if (isfinite(code->per_echo)) {
            put_functions(&text, code);
        } else {
            text_add(&text, "not counted: %s", code->reason);
        }
        document_item(document, group->rows[i].life->model, "%s", text.bytes);
    }
}
