/*
 * progress.c: how far the run is. See progress.h.
 */
#include "harness/compare/progress.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "harness/base/base.h"

void
progress_begin(struct progress *progress, const struct plan *plan,
               const struct options *options, const char *note)
{
    int windows = 0;
    bool longer = false;

    for (size_t i = 0; i < plan->ncells; i++) {
        longer |= plan->cells[i].window_ns > plan->window_ns;
        for (size_t j = 0; j < options->ncontenders; j++) {
            windows += contender_offers(&options->contenders[j],
                                        &plan->cells[i].scenario);
        }
    }
    progress->shown = isatty(STDERR_FILENO);
    progress->done = 0;
    progress->total = windows * plan->rounds;
    progress->rounds = plan->rounds;
    progress->seconds = plan->seconds;
    progress->begin_ns = clock_now_ns();
    fprintf(stderr,
            "compare: %d round%s of %d windows of %.0f ms%s, about "
            "%.0f s\n",
            plan->rounds, plan->rounds == 1 ? "" : "s", windows,
            (double)plan->window_ns / 1e6, longer ? " or more" : "",
            ceil(plan->seconds));
    if (note[0] != '\0') {
        fprintf(stderr, "compare: %s\n", note);
    }
}

void
progress_show(struct progress *progress, int round,
              const struct scenario *scenario, const char *model)
{
    double passed = (double)(clock_now_ns() - progress->begin_ns) / 1e9;
    double left = progress->seconds - passed;

    /* After the first windows the run itself is the better prophet. */
    if (progress->done >= 10) {
        left = passed / progress->done * (progress->total - progress->done);
    }
    progress->done++;
    if (progress->shown) {
        fprintf(stderr,
                "\r[%3d/%d] round %d/%d  %s %d  %s  %.0f s left\033[K",
                progress->done, progress->total, round, progress->rounds,
                scenario->name, scenario_asked(scenario), model,
                left > 0 ? left : 0);
    }
}

void
progress_end(struct progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", stderr);
    }
}
