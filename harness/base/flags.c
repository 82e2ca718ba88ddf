/*
 * flags.c: a command line read by a table, so that no flag can lack its
 * range, its help or its message. argp does the splitting into words.
 */
#include <argp.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"

enum {
    FLAGS_MAX = 64,
    KEY_FIRST = 0x100, /* argp's keys of the rows: this, and counted on */
    SENTENCE_BYTES = 128,
};

/* What is parsed at the moment. */
struct parse {
    const char *program;                /* in each message */
    const struct flag *argument;        /* what is no flag; or NULL */
    const struct flag *rows[FLAGS_MAX]; /* of both tables, then NULL */
    int nrows;                          /* how many */
    /* The same for argp, with a heading between the tables. */
    struct argp_option options[FLAGS_MAX + 2];
    int noptions; /* how many */
};

void
flags_refuse(const char *program, const char *name, const char *text,
             const char *allowed)
{
    fprintf(stderr, "%s: --%s=%s: please give %s\n", program, name, text,
            allowed);
    exit(2);
}

/* Returns which of the words in `takes` that is, from 0; -1: none. */
static int
find_word(const char *takes, const char *text)
{
    size_t text_bytes = strlen(text);

    for (int number = 0;; number++) {
        size_t word_bytes = strcspn(takes, "|");
        if (word_bytes == text_bytes &&
            memcmp(takes, text, text_bytes) == 0) {
            return number;
        }
        if (takes[word_bytes] == '\0') {
            return -1;
        }
        takes += word_bytes + 1;
    }
}

/* Write "epoll, poll or select" for "epoll|poll|select". */
static void
list_words(const char *takes, char allowed[SENTENCE_BYTES])
{
    const char *last = strrchr(takes, '|');

    assert(2 * strlen(takes) < SENTENCE_BYTES);
    size_t nbytes = 0;
    for (const char *from = takes; *from != '\0'; from++) {
        nbytes += (size_t)snprintf(allowed + nbytes, SENTENCE_BYTES - nbytes,
                                   *from != '|'   ? "%.1s"
                                   : from == last ? " or "
                                                  : ", ",
                                   from);
    }
}

static void
set_number(const char *program, const struct flag *flag, const char *text)
{
    char allowed[SENTENCE_BYTES];
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || value < flag->low ||
        value > flag->high) {
        snprintf(allowed, sizeof allowed, "a whole number%s%s from %d to %d",
                 flag->takes ? " of " : "", flag->takes ? flag->takes : "",
                 flag->low, flag->high);
        flags_refuse(program, flag->name, text, allowed);
    }
    *flag->number = (int)value;
}

static void
set_amount(const char *program, const struct flag *flag, const char *text)
{
    int64_t amount;

    if (flag->parse(text, &amount) == -1 || amount < flag->least ||
        amount > flag->most) {
        flags_refuse(program, flag->name, text, flag->allowed);
    }
    *flag->amount = amount;
}

static void
set_word(const char *program, const struct flag *flag, const char *text)
{
    char allowed[SENTENCE_BYTES];
    int number = find_word(flag->takes, text);

    if (number == -1) {
        list_words(flag->takes, allowed);
        flags_refuse(program, flag->name, text, allowed);
    }
    *flag->number = number;
}

/* What argp calls row `index`: its letter, or a number that is none. */
static int
key_of(const struct flag *flag, int index)
{
    return flag->letter != 0 ? flag->letter : KEY_FIRST + index;
}

/* What stands on the command line without being a flag. */
static void
set_argument(const struct parse *parse, const char *text)
{
    const struct flag *argument = parse->argument;

    if (argument == NULL) {
        fprintf(stderr, "%s: %s: only flags are understood, see %s --help\n",
                parse->program, text, parse->program);
        exit(2);
    }
    int given = 0;
    while (argument->text[given] != NULL) {
        if (++given >= argument->high) {
            fprintf(stderr, "%s: %s: only one %s can be given\n",
                    parse->program, text, argument->takes);
            exit(2);
        }
    }
    argument->text[given] = text;
}

static error_t
parse_one(int key, char *text, struct argp_state *state)
{
    const struct parse *parse = state->input;
    int index = 0;

    if (key == ARGP_KEY_ARG) {
        set_argument(parse, text);
        return 0;
    }
    while (parse->rows[index] != NULL &&
           key_of(parse->rows[index], index) != key) {
        index++;
    }
    const struct flag *flag = parse->rows[index];
    if (flag == NULL) {
        return ARGP_ERR_UNKNOWN;
    }
    if (flag->on != NULL) {
        *flag->on = true;
    } else if (flag->text != NULL) {
        *flag->text = text;
    } else if (flag->amount != NULL) {
        set_amount(parse->program, flag, text);
    } else if (flag->takes != NULL && strchr(flag->takes, '|') != NULL) {
        set_word(parse->program, flag, text);
    } else {
        set_number(parse->program, flag, text);
    }
    return 0;
}

/* Append a table, of which argp shall keep the order: with one group for
 * each row, unless all shall stand under one heading, in `group`. */
static void
add_rows(struct parse *parse, const struct flag *flags, int group)
{
    for (const struct flag *flag = flags; flag->name != NULL; flag++) {
        if (flag->name[0] == '\0') {
            parse->argument = flag;
            continue;
        }
        int index = parse->nrows++;
        assert(parse->nrows < FLAGS_MAX); /* the last stays NULL */
        parse->rows[index] = flag;
        parse->options[parse->noptions++] = (struct argp_option){
            .name = flag->name,
            .key = key_of(flag, index),
            .arg = flag->on != NULL ? NULL
                   : flag->takes    ? flag->takes
                                    : "number",
            .doc = flag->help,
            .group = group != 0 ? group : index + 1,
        };
    }
}

void
flags_parse(const char *program, const char *about, const struct flag *flags,
            const struct flag *own_flags, int argc, char **argv)
{
    static char version[SENTENCE_BYTES]; /* argp keeps a pointer to it */
    struct parse parse = {.program = program};
    struct argp parser = {
        .options = parse.options, .parser = parse_one, .doc = about};

    add_rows(&parse, flags, 0);
    if (own_flags != NULL) {
        parse.options[parse.noptions++] = (struct argp_option){
            .doc = "Of this model alone:", .group = FLAGS_MAX};
        add_rows(&parse, own_flags, FLAGS_MAX);
    }
    parser.args_doc = parse.argument != NULL ? parse.argument->takes : NULL;
    snprintf(version, sizeof version, "Fiveways %s", program);
    argp_program_version = version;
    argp_err_exit_status = 2;
    error_t error = argp_parse(&parser, argc, argv, 0, NULL, &parse);
    if (error != 0) {
        /* No memory to read them with: going on would be without them. */
        fprintf(stderr, "%s: read the flags: %s\n", program, strerror(error));
        exit(1);
    }
}
