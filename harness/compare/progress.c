/*
 * progress.c: how far the run is. See measure.h.
 */
#include "harness/compare/measure.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/base/base.h"

#define SHOW_NS INT64_C(250000000)

void
progress_begin(struct progress *progress, const struct plan *plan,
               const char *note)
{
    *progress =
        (struct progress){.plan = plan, .shown = isatty(STDERR_FILENO)};
    fprintf(stderr, "compare: %zu scenario%s, about %.0f s\n", plan->ncells,
            plan->ncells == 1 ? "" : "s", ceil(plan->seconds));
    if (note[0] != '\0') {
        fprintf(stderr, "compare: %s\n", note);
    }
}

void
progress_cell(struct progress *progress)
{
    progress->begin_ns = clock_now_ns();
}

void
progress_show(struct progress *progress, const struct plan_cell *cell,
              int life)
{
    int64_t now_ns = clock_now_ns();
    double left = cell->seconds - (double)(now_ns - progress->begin_ns) / 1e9;

    if (!progress->shown || now_ns - progress->shown_ns < SHOW_NS) {
        return;
    }
    progress->shown_ns = now_ns;
    left = left > 0 ? left : 0;
    for (const struct plan_cell *next = cell + 1;
         next < progress->plan->cells + progress->plan->ncells; next++) {
        left += next->seconds;
    }
    fprintf(stderr, "\r%s %d, life %d of %d, %.0f s left\033[K",
            cell->scenario.name, scenario_asked(&cell->scenario), life,
            cell->lives, left);
}

void
progress_end(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
    }
}
