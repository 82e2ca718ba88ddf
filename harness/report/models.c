/* models.c: the list of models as a table. See report.h. */
#include <string.h>

#include "harness/report/report.h"

#define MODEL_ROW(name, ways, idea) {#name, ways, idea},
const struct known_model known_models[MODELS_COUNT] = {MODELS(MODEL_ROW)};

int
model_index(const char *name)
{
    int i = MODELS_COUNT - 1;

    while (i >= 0 && strcmp(known_models[i].name, name) != 0) {
        i--;
    }
    return i;
}
