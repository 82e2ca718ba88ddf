/*
 * course.c: the program `course`: lessons, experiments, demonstration, book.
 * See course.h. A command is a row of a table.
 */
#include <err.h>
#include <string.h>

#include "harness/course/course.h"

static const struct command {
    const char *name;                  /* the first word behind course */
    int (*run)(int argc, char **argv); /* argv[0] is that word */
    const char *help;                  /* what it does */
} commands[] = {
    {"lesson", course_lesson,
     "ask, run, and show yours beside what was seen"},
    {"show", course_show, "run one experiment"},
    {"exercise", course_exercise, "is the task of a lesson done?"},
    {"puzzle", course_puzzle, "find what is wrong with a server"},
    {"lie", course_lie, "one stall, seen by a closed and an open loop"},
    {"demo", course_demo, "who waits and who is served, live"},
    {"claims", course_claims, "which claims of the pages hold here"},
    {"book", course_book, "the five sources side by side, as a page"},
    {"code", course_code, "two of them in the terminal"},
};

/* What cannot be printed is no success. */
static int
printed(int status)
{
    if ((fflush(stdout) != 0) | ferror(stdout)) {
        errx(COURSE_CANNOT, "not all could be printed; is the disk full?");
    }
    return status;
}

int
main(int argc, char **argv)
{
    streams_check(COURSE_CANNOT);
    for (size_t i = 0; i < COUNT(commands) && argc > 1; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            tables_load();
            return printed(commands[i].run(argc - 1, argv + 1));
        }
    }
    bool asked = argc > 1 && (strcmp(argv[1], "--help") == 0 ||
                              strcmp(argv[1], "-?") == 0);
    FILE *stream = asked ? stdout : stderr;
    fprintf(stream, "Usage: course COMMAND [OPTION...]\n\n");
    for (size_t i = 0; i < COUNT(commands); i++) {
        fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].help);
    }
    fprintf(stream, "\n'course COMMAND --help' says more.\n");
    return printed(asked ? 0 : COURSE_USAGE);
}
