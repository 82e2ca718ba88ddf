/*
 * deadlines.h: a queue of points in time, soonest first.
 *
 * selectloop and coroutine bring their own loop and need timers for it;
 * they share this queue, because a faster queue under one of them would be
 * an unfair difference. It is a binary heap of pointers to structs that
 * the callers own; every operation but the first is O(log n), and nothing
 * here waits or reads a clock.
 */
#ifndef FIVEWAYS_DEADLINES_H
#define FIVEWAYS_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One point in time. Embed it in the struct that waits for it; all zero
 * means that it is in no queue. */
struct deadline {
    int64_t at_ns;   /* CLOCK_MONOTONIC, nanoseconds */
    size_t position; /* its place in the heap, counted from 1; 0: in none */
};

/* The queue. All zero is an empty one. */
struct deadline_queue {
    struct deadline **heap; /* heap[1] is the soonest */
    size_t count;           /* deadlines in the queue */
    size_t capacity;        /* how many heap[] has room for */
};

/* The soonest deadline, or NULL when the queue is empty. */
struct deadline *deadline_first(const struct deadline_queue *queue);

/* Make room for `count` deadlines in all, so that deadline_set() cannot fail
 * up to there. Returns 0, or -1 with errno ENOMEM. */
int deadline_reserve(struct deadline_queue *queue, size_t count);

/*
 * Put `deadline` in the queue at `at_ns`, or move it there if it is in the
 * queue already. Returns 0, or -1 with errno ENOMEM, and then it is in no
 * queue. It must stay where it is in memory until it is removed.
 */
int deadline_set(struct deadline_queue *queue, struct deadline *deadline,
                 int64_t at_ns);

/* Take `deadline` out of the queue. Nothing happens if it is in none. */
void deadline_remove(struct deadline_queue *queue, struct deadline *deadline);

/* Free the queue's memory; the deadlines are their owners'. */
void deadline_queue_free(struct deadline_queue *queue);

#endif
