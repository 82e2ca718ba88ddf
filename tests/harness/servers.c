/*
 * servers.c: the programs that the tests of the harness start.
 */
#include "tests/harness/servers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Each test has a process of its own, so they count in memory they share. */
static atomic_int *skipped;

void
servers_setup(void)
{
    skipped = mmap(NULL, sizeof *skipped, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (skipped == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
}

void
assert_says(const struct process *load, const char *words)
{
    char copy[256];
    char *all = NULL;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *each = strtok_r(copy, "&", &all); each != NULL;
         each = strtok_r(NULL, "&", &all)) {
        char *rest = NULL;
        char *word = strtok_r(each, "|", &rest);
        while (word != NULL && strstr(load->out, word) == NULL) {
            word = strtok_r(NULL, "|", &rest);
        }
        ck_assert_msg(word != NULL, "'%s' is not in:\n%s%s", words, load->out,
                      load->err);
    }
}

void
assert_exit_status(const struct process *load, int expected)
{
    ck_assert_msg(process_exit_status(load) == expected,
                  "exit status %d in place of %d:\n%s%s",
                  process_exit_status(load), expected, load->out, load->err);
}

void
servers_skip(const char *test, const char *reason)
{
    (*skipped)++;
    fprintf(stderr, "skipped: %s: %s\n", test, reason);
}

int
servers_skipped(void)
{
    return *skipped;
}

const char *
servers_program(const char *name)
{
    static char path[2][4096];
    static int next;
    const char *bin = getenv("FIVEWAYS_BIN");
    char *text = path[next++ % 2];
    snprintf(text, sizeof path[0], "%s/%s", bin != NULL ? bin : "build/bin",
             name);
    return text;
}

void
servers_add_flags(const char **argv, int count, char *flags)
{
    char *rest = NULL;
    for (char *flag = strtok_r(flags, " ", &rest); flag != NULL;
         flag = strtok_r(NULL, " ", &rest)) {
        ck_assert_int_lt(count, SERVER_ARGUMENTS_MAX - 1);
        argv[count++] = flag;
    }
    argv[count] = NULL;
}

void
servers_start(struct process *server, const char *name, const char *flags,
              char *target)
{
    static const char ready[] = "listening on ";
    char copy[256];
    char line[64];
    char path[64];
    snprintf(path, sizeof path, "../tests/%s", name);
    const char *argv[SERVER_ARGUMENTS_MAX] = {servers_program(path)};
    snprintf(copy, sizeof copy, "%s", flags);
    servers_add_flags(argv, 1, copy);
    process_start(server, argv, 0);
    process_read_line(server, line, sizeof line, SERVER_READY_MS);
    ck_assert_msg(strncmp(line, ready, sizeof ready - 1) == 0,
                  "not a ready line: %s", line);
    snprintf(target, 64, "%s", line + sizeof ready - 1);
}
