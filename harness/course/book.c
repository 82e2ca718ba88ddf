/*
 * book.c: to come. See course.h.
 */
#include "harness/course/course.h"

int
course_book(int argc, char **argv)
{
    (void)argc, (void)argv;
    return COURSE_CANNOT;
}

int
course_code(int argc, char **argv)
{
    (void)argc, (void)argv;
    return COURSE_CANNOT;
}
