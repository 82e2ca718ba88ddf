/*
 * lesson.c: to come. See course.h.
 */
#include "harness/course/course.h"

int
course_lesson(int argc, char **argv)
{
    (void)argc, (void)argv;
    return COURSE_CANNOT;
}

int
course_exercise(int argc, char **argv)
{
    (void)argc, (void)argv;
    return COURSE_CANNOT;
}
