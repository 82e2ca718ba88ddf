/*
 * order.c: windows in the order of the tables. See order.h.
 *
 * Sorted twice, first to learn which window is the first of its group, so
 * that the time grows hardly faster than the number of windows.
 */
#include "harness/results/order.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACE_FOREIGN = 1000, /* of a model that the run does not list */
    PLACE_YARDSTICK,
};

/* What sorting needs to know of a window. */
struct entry {
    const struct window *window; /* the window itself */
    size_t index;                /* its place in the file */
    size_t group;                /* that of the first of its group */
    int model;                   /* place in the run's list of models */
};

static void find_groups(struct entry *entries, size_t n);
static int model_place(const char *models, const char *model);
static int compare_groups(const void *left, const void *right);
static int compare_entries(const void *left, const void *right);
static int compare_numbers(size_t a, size_t b);

const struct window **
order_windows(const struct results *results)
{
    size_t n = results->nwindows;
    struct entry *entries = calloc(n + 1, sizeof *entries);
    const struct window **windows = calloc(n + 1, sizeof(struct window *));

    if (!entries || !windows) {
        free(entries);
        free(windows);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const struct window *window = &results->windows[i];

        entries[i].window = window;
        entries[i].index = i;
        entries[i].model = model_place(results->run.models, window->model);
    }
    find_groups(entries, n);
    qsort(entries, n, sizeof *entries, compare_entries);
    for (size_t i = 0; i < n; i++) {
        windows[i] = entries[i].window;
    }
    free(entries);
    return windows;
}

bool
order_same_group(const struct window *a, const struct window *b)
{
    return a->clients == b->clients && a->rate_per_s == b->rate_per_s &&
           strcmp(a->scenario, b->scenario) == 0;
}

bool
order_same_row(const struct window *a, const struct window *b)
{
    return order_same_group(a, b) && strcmp(a->model, b->model) == 0;
}

static void
find_groups(struct entry *entries, size_t n)
{
    qsort(entries, n, sizeof *entries, compare_groups);
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || !order_same_group(entries[i - 1].window,
                                                 entries[i].window);

        entries[i].group = first ? entries[i].index : entries[i - 1].group;
    }
}

/* The place of a model in a list separated by spaces; behind all when it is
 * not there, and the yardstick behind that. */
static int
model_place(const char *models, const char *model)
{
    size_t length = strlen(model);
    int place = 0;

    if (strcmp(model, ORDER_YARDSTICK) == 0) {
        return PLACE_YARDSTICK;
    }
    while (*models != '\0') {
        size_t word = strcspn(models, " ");

        if (word == length && memcmp(models, model, word) == 0) {
            return place;
        }
        place++;
        models += word;
        models += strspn(models, " ");
    }
    return PLACE_FOREIGN;
}

/* Groups in any order, the windows of each as in the file. */
static int
compare_groups(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int order = strcmp(a->window->scenario, b->window->scenario);

    if (order == 0) {
        order = (a->window->clients > b->window->clients) -
                (a->window->clients < b->window->clients);
    }
    if (order == 0) {
        order = (a->window->rate_per_s > b->window->rate_per_s) -
                (a->window->rate_per_s < b->window->rate_per_s);
    }
    return order != 0 ? order : compare_numbers(a->index, b->index);
}

static int
compare_entries(const void *left, const void *right)
{
    const struct entry *a = left;
    const struct entry *b = right;
    int order = compare_numbers(a->group, b->group);

    if (order == 0) {
        order = a->model - b->model;
    }
    if (order == 0) {
        order = strcmp(a->window->model, b->window->model);
    }
    if (order == 0) {
        order = (a->window->round > b->window->round) -
                (a->window->round < b->window->round);
    }
    return order != 0 ? order : compare_numbers(a->index, b->index);
}

static int
compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}
