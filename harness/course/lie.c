/*
 * lie.c: to come. See course.h.
 */
#include "harness/course/course.h"

int
course_lie(int argc, char **argv)
{
    (void)argc, (void)argv;
    return COURSE_CANNOT;
}
