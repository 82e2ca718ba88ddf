/*
 * flags.c: a command line read by a table, so that no flag can lack its
 * range, its help or its message. argp does the splitting into words.
 */
#include <argp.h>
#include <assert.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/base.h"

#define SEPARATORS " ," /* of names */

enum {
    FLAGS_MAX = 64,
    KEY_FIRST = 0x100, /* argp's key of a flag without a letter, or more */
    KEYS = KEY_FIRST + FLAGS_MAX,
    SENTENCE_BYTES = 128,
};

struct parse {
    const char *program; /* in each message */
    /* By argp's key: of what is no flag, it is ARGP_KEY_ARG, which is 0. */
    const struct flag *flags[KEYS];
    /* The same for argp, with a heading between the tables. */
    struct argp_option options[FLAGS_MAX + 3];
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

bool
names_have(const char *list, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = list; at && *at; at += strcspn(at, SEPARATORS)) {
        at += strspn(at, SEPARATORS);
        if (length > 0 && strcspn(at, SEPARATORS) == length &&
            strncmp(at, name, length) == 0) {
            return true;
        }
    }
    return !list;
}

void
flags_check_names(const char *flag, const char *list, const char *allowed)
{
    char *names = list ? strdupa(list) : NULL;

    if (list && list[strspn(list, SEPARATORS)] == '\0') {
        errx(2, "--%s: there is nothing in it", flag);
    }
    for (char *name; (name = strsep(&names, SEPARATORS));) {
        if (*name != '\0' && !names_have(allowed, name)) {
            errx(2, "--%s: %s is not one of %s", flag, name, allowed);
        }
    }
}

/* Which of the words it is; or "epoll, poll or select" is asked for. */
static void
set_word(const char *program, const struct flag *flag, const char *text)
{
    char allowed[SENTENCE_BYTES] = "";
    char *rest = strdupa(flag->takes);
    const char *word;

    for (int number = 0; (word = strsep(&rest, "|")) != NULL; number++) {
        if (strcmp(word, text) == 0) {
            *flag->number = number;
            return;
        }
        text_append(allowed, sizeof allowed, rest == NULL ? " or " : ", ",
                    "%s", word);
    }
    flags_refuse(program, flag->name, text, allowed);
}

static void
set_number(const char *program, const struct flag *flag, const char *text)
{
    char allowed[SENTENCE_BYTES];
    bool plain = flag->units == UNITS_NONE;
    const char *what = plain ? flag->takes : NULL;
    int64_t number;

    if (units_parse(text, flag->units, &number) == -1 || number < flag->low ||
        number > flag->high) {
        snprintf(allowed, sizeof allowed, "a%s number%s%s from %lld to %lld",
                 plain ? " whole" : "", what != NULL ? " of " : "",
                 what != NULL ? what : "", (long long)flag->low,
                 (long long)flag->high);
        flags_refuse(program, flag->name, text,
                     flag->allowed != NULL ? flag->allowed : allowed);
    }
    if (flag->amount != NULL) {
        *flag->amount = number;
    } else {
        *flag->number = (int)number;
    }
}

/* What stands on the command line without being a flag. */
static void
set_argument(const char *program, const struct flag *argument,
             const char *text)
{
    if (argument == NULL) {
        fprintf(stderr, "%s: %s: only flags are understood, see %s --help\n",
                program, text, program);
        exit(2);
    }
    int given = 0;
    while (argument->text[given] != NULL) {
        if (++given >= argument->high) {
            fprintf(stderr, "%s: %s: please give one %s, in one word\n",
                    program, text, argument->takes);
            exit(2);
        }
    }
    argument->text[given] = text;
}

static error_t
parse_one(int key, char *text, struct argp_state *state)
{
    const struct parse *parse = state->input;

    if (key == ARGP_KEY_ARG) {
        set_argument(parse->program, parse->flags[key], text);
        return 0;
    }
    if (key == 'h') {
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
    }
    if (key < 0 || key >= KEYS || parse->flags[key] == NULL) {
        return ARGP_ERR_UNKNOWN;
    }
    const struct flag *flag = parse->flags[key];
    if (flag->on != NULL) {
        *flag->on = true;
    } else if (flag->call != NULL) {
        flag->call(text);
    } else if (flag->text != NULL) {
        *flag->text = text != NULL ? text : flag->allowed;
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
            parse->flags[ARGP_KEY_ARG] = flag;
            continue;
        }
        int index = parse->noptions++;
        int key = flag->letter != 0 ? flag->letter : KEY_FIRST + index;
        assert(index < FLAGS_MAX);
        parse->flags[key] = flag;
        parse->options[index] = (struct argp_option){
            .name = flag->name,
            .key = key,
            .arg = flag->on != NULL ? NULL
                   : flag->takes    ? flag->takes
                                    : "number",
            .flags = flag->text != NULL && flag->allowed != NULL
                         ? OPTION_ARG_OPTIONAL
                         : 0,
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
    parse.options[parse.noptions++] =
        (struct argp_option){.key = 'h', .flags = OPTION_HIDDEN};
    if (parse.flags[ARGP_KEY_ARG] != NULL) {
        parser.args_doc = parse.flags[ARGP_KEY_ARG]->takes;
    }
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
