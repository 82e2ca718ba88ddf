/*
 * ledger.c: what is predicted, claimed and to be done. See course.h.
 *
 * Tables only. The pages have the same words, and a test holds the ones to
 * the others.
 */
#include <math.h>

#include "harness/course/course.h"

const struct prediction predictions[] = {
    {"blocking",
     "P1",
     "Eight clients connect, the first one says nothing. How many of the "
     "other seven have an echo after half a second?",
     "silent-blocking",
     {{"none", 0, 0}, {"one", 1, 1}, {"all seven", 7, 7}}},
    {0},
};

const struct claim claims[] = {
    {"silent-blocks",
     "blocking/README.md",
     "it blocks others' connections",
     CLAIM_TRUE,
     {"silent-blocking", 0, 0},
     {0}},
    {0},
};

const struct exercise exercises[] = {
    {"blocking",
     "A client that says nothing shall not stop the others for longer than "
     "200 ms.",
     {{"mine-blocking", 7, 7}}},
    {0},
};
