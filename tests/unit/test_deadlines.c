/*
 * test_deadlines.c: the queue against a plain array that is searched.
 */
#include <check.h>
#include <stdlib.h>

#include "harness/base/base.h"
#include "tests/unit/run_suite.h"

enum {
    MANY = 500,
    STEPS = 20000
};

/* The soonest of those that are in the queue, found the slow way. */
static int64_t
soonest_ns(const struct deadline *all)
{
    int64_t soonest = INT64_MAX;

    for (int i = 0; i < MANY; i++) {
        if (all[i].position != 0 && all[i].at_ns < soonest) {
            soonest = all[i].at_ns;
        }
    }
    return soonest;
}

START_TEST(test_random_operations_keep_the_soonest_first)
{
    static struct deadline all[MANY];
    struct deadline_queue queue = {0};

    srand(7);
    for (int step = 0; step < STEPS; step++) {
        struct deadline *one = &all[rand() % MANY];
        if (rand() % 3 == 0) {
            deadline_remove(&queue, one);
            ck_assert_uint_eq(one->position, 0);
        } else {
            ck_assert_int_eq(deadline_set(&queue, one, rand() % 1000), 0);
        }
        struct deadline *first = deadline_first(&queue);
        int64_t expected_ns = soonest_ns(all);
        if (first == NULL) {
            ck_assert_int_eq(expected_ns, INT64_MAX);
        } else {
            ck_assert_msg(first->at_ns == expected_ns,
                          "step %d: first is %ld, should be %ld", step,
                          (long)first->at_ns, (long)expected_ns);
        }
    }
    deadline_queue_free(&queue);
}
END_TEST

/* Take out the middle of the heap, whose place is then filled from another
 * branch: what comes there may be due sooner than its new parent. */
START_TEST(test_order_survives_removals_from_the_middle)
{
    for (unsigned int seed = 0; seed < 200; seed++) {
        static struct deadline all[MANY];
        struct deadline_queue queue = {0};
        struct deadline *first;
        int64_t previous_ns = -1;

        srand(seed);
        for (int i = 0; i < MANY; i++) {
            ck_assert_int_eq(deadline_set(&queue, &all[i], rand() % 10000),
                             0);
        }
        for (int i = 0; i < MANY / 2; i++) {
            deadline_remove(&queue, &all[rand() % MANY]);
        }
        while ((first = deadline_first(&queue)) != NULL) {
            ck_assert_msg(first->at_ns >= previous_ns,
                          "seed %u: %ld comes after %ld", seed,
                          (long)first->at_ns, (long)previous_ns);
            previous_ns = first->at_ns;
            deadline_remove(&queue, first);
        }
        deadline_queue_free(&queue);
    }
}
END_TEST

START_TEST(test_reserved_room_is_enough)
{
    static struct deadline all[MANY];
    struct deadline_queue queue = {0};

    ck_assert_int_eq(deadline_reserve(&queue, MANY), 0);
    struct deadline **heap = queue.heap;
    for (int i = 0; i < MANY; i++) {
        ck_assert_int_eq(deadline_set(&queue, &all[i], i), 0);
    }
    ck_assert_ptr_eq(queue.heap, heap);
    deadline_queue_free(&queue);
}
END_TEST

int
main(void)
{
    Suite *suite = suite_create("deadlines");
    TCase *tcase = tcase_create("queue");

    tcase_add_test(tcase, test_random_operations_keep_the_soonest_first);
    tcase_add_test(tcase, test_order_survives_removals_from_the_middle);
    tcase_add_test(tcase, test_reserved_room_is_enough);
    suite_add_tcase(suite, tcase);
    return run_suite(suite);
}
