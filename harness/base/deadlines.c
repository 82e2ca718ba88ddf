/*
 * deadlines.c: a binary heap of points in time, in which the children of
 * number i are 2i and 2i + 1, and the soonest is number 1.
 */
#include "harness/base/base.h"

#include <stdlib.h>
#include <sys/param.h>

struct deadline *
deadline_first(const struct deadline_queue *queue)
{
    return queue->count > 0 ? queue->heap[1] : NULL;
}

static void
place(struct deadline_queue *queue, struct deadline *deadline,
      size_t position)
{
    queue->heap[position] = deadline;
    deadline->position = position;
}

/* Move a deadline from an empty place towards the root, as far as it goes. */
static void
sift_up(struct deadline_queue *queue, struct deadline *deadline,
        size_t position)
{
    while (position > 1 &&
           queue->heap[position / 2]->at_ns > deadline->at_ns) {
        place(queue, queue->heap[position / 2], position);
        position /= 2;
    }
    place(queue, deadline, position);
}

/* The same towards the leaves. */
static void
sift_down(struct deadline_queue *queue, struct deadline *deadline,
          size_t position)
{
    for (;;) {
        size_t child = 2 * position;
        if (child < queue->count &&
            queue->heap[child + 1]->at_ns < queue->heap[child]->at_ns) {
            child++;
        }
        if (child > queue->count ||
            queue->heap[child]->at_ns >= deadline->at_ns) {
            break;
        }
        place(queue, queue->heap[child], position);
        position = child;
    }
    place(queue, deadline, position);
}

int
deadline_reserve(struct deadline_queue *queue, size_t count)
{
    if (count < queue->capacity) {
        return 0;
    }
    size_t capacity = MAX(count + 1, 2 * queue->capacity);
    struct deadline **heap =
        reallocarray(queue->heap, capacity, sizeof(struct deadline *));
    if (heap == NULL) {
        return -1;
    }
    queue->heap = heap;
    queue->capacity = capacity;
    return 0;
}

int
deadline_set(struct deadline_queue *queue, struct deadline *deadline,
             int64_t at_ns)
{
    deadline_remove(queue, deadline);
    if (deadline_reserve(queue, queue->count + 1) == -1) {
        return -1;
    }
    deadline->at_ns = at_ns;
    queue->count++;
    sift_up(queue, deadline, queue->count);
    return 0;
}

void
deadline_remove(struct deadline_queue *queue, struct deadline *deadline)
{
    size_t position = deadline->position;

    if (position == 0) {
        return;
    }
    struct deadline *last = queue->heap[queue->count--];
    deadline->position = 0;
    if (last != deadline) {
        sift_up(queue, last, position);
        sift_down(queue, last, last->position);
    }
}

void
deadline_queue_free(struct deadline_queue *queue)
{
    free(queue->heap);
    *queue = (struct deadline_queue){0};
}
