/*
 * replay.c: run a fuzzer's target without the fuzzer.
 *
 *     fuzz-hello-replay FOLDER [COUNT [SEED [FIRST]]]
 *
 * Runs every file in FOLDER, then COUNT inputs (default 2000) that are such
 * files with a few bytes changed. Each follows from SEED (default 1) and its
 * number, so a defect, which aborts, is repeated with COUNT=1 and FIRST=its
 * number. Any compiler will do; libFuzzer finds more, because it watches
 * which code an input reaches.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/fuzz.h"

enum {
    FILES_MAX = 4096,
    CHANGES_MAX = 8, /* of one input */
};

/* A stored input. */
struct input {
    char name[256]; /* of its file */
    uint8_t *bytes; /* its contents */
    size_t nbytes;  /* how many */
};

static struct input inputs[FILES_MAX];
static size_t ninputs;

/* What is running, for the message when it aborts. */
static char running[4096];

static void
say_what_ran(int signal_number)
{
    ssize_t written = write(STDERR_FILENO, running, strlen(running));

    (void)written;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* The next number of the sequence `*state`: splitmix64. */
static uint64_t
next_number(uint64_t *state)
{
    uint64_t word = *state += 0x9e3779b97f4a7c15U;

    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31);
}

/* ---- inputs ------------------------------------------------------------ */

static int
read_input(const char *folder, const char *name, struct input *input)
{
    char path[4096];
    long nbytes;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "re");
    if (file == NULL) {
        return -1;
    }
    fseek(file, 0, SEEK_END);
    nbytes = ftell(file);
    rewind(file);
    snprintf(input->name, sizeof input->name, "%s", name);
    input->bytes = malloc(nbytes > 0 ? (size_t)nbytes : 1);
    input->nbytes = nbytes > 0 ? (size_t)nbytes : 0;
    if (input->bytes == NULL ||
        fread(input->bytes, 1, input->nbytes, file) != input->nbytes) {
        nbytes = -1;
    }
    fclose(file);
    return nbytes < 0 ? -1 : 0;
}

static int
by_name(const void *left, const void *right)
{
    const struct input *a = left;
    const struct input *b = right;

    return strcmp(a->name, b->name);
}

/* Read all files of `folder`, in the order of their names, or the numbers of
 * the changed inputs would mean something else on every machine. */
static int
read_folder(const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    if (entries == NULL) {
        return -1;
    }
    while (ninputs < FILES_MAX && (entry = readdir(entries)) != NULL) {
        if (entry->d_name[0] != '.' &&
            read_input(folder, entry->d_name, &inputs[ninputs]) == 0) {
            ninputs++;
        }
    }
    closedir(entries);
    qsort(inputs, ninputs, sizeof inputs[0], by_name);
    return ninputs > 0 ? 0 : -1;
}

/* ---- changes ----------------------------------------------------------- */

/* Put one byte, or take one away, or overwrite one, or copy a stretch of the
 * input over another. `bytes` has room for one more. */
static size_t
change(uint8_t *bytes, size_t nbytes, uint64_t *state)
{
    static const uint8_t telling[] = "\0\n\r \t\"{}[]:,-0129eEhlo=\xff\x80";
    uint8_t byte = next_number(state) % 2 == 0
                       ? telling[next_number(state) % (sizeof telling - 1)]
                       : (uint8_t)next_number(state);
    size_t at = nbytes > 0 ? next_number(state) % nbytes : 0;
    size_t from = nbytes > 0 ? next_number(state) % nbytes : 0;
    size_t some = 1 + next_number(state) % 16;

    switch (nbytes > 0 ? next_number(state) % 4 : 0) {
    case 0:
        memmove(bytes + at + 1, bytes + at, nbytes - at);
        bytes[at] = byte;
        return nbytes + 1;
    case 1:
        memmove(bytes + at, bytes + at + 1, nbytes - at - 1);
        return nbytes - 1;
    case 2:
        bytes[at] = byte;
        return nbytes;
    default:
        some = some < nbytes - at ? some : nbytes - at;
        some = some < nbytes - from ? some : nbytes - from;
        memmove(bytes + at, bytes + from, some);
        return nbytes;
    }
}

/* Run the changed input `number`. */
static void
run_changed(uint64_t seed, uint64_t number)
{
    uint64_t state = seed * 0xd1342543de82ef95U + number;
    const struct input *input = &inputs[next_number(&state) % ninputs];
    int changes = 1 + (int)(next_number(&state) % CHANGES_MAX);
    uint8_t *bytes = malloc(input->nbytes + CHANGES_MAX);
    size_t nbytes = input->nbytes;

    fuzz_require(bytes != NULL, "no memory for the input");
    memcpy(bytes, input->bytes, nbytes);
    while (changes-- > 0) {
        nbytes = change(bytes, nbytes, &state);
    }
    /* A block of the very size, for sanitizers to watch its end. */
    bytes = realloc(bytes, nbytes > 0 ? nbytes : 1);
    fuzz_require(bytes != NULL, "no memory for the input");
    LLVMFuzzerTestOneInput(bytes, nbytes);
    free(bytes);
}

static uint64_t
argument(int argc, char **argv, int index, uint64_t otherwise)
{
    return argc > index ? strtoull(argv[index], NULL, 10) : otherwise;
}

int
main(int argc, char **argv)
{
    uint64_t count = argument(argc, argv, 2, 2000);
    uint64_t seed = argument(argc, argv, 3, 1);
    uint64_t first = argument(argc, argv, 4, 0);

    if (argc < 2 || read_folder(argv[1]) != 0) {
        fprintf(stderr,
                "usage: %s FOLDER [COUNT [SEED [FIRST]]]: please "
                "give a folder with inputs\n",
                argv[0]);
        return 2;
    }
    signal(SIGABRT, say_what_ran);
    signal(SIGSEGV, say_what_ran);
    for (size_t i = 0; i < ninputs; i++) {
        snprintf(running, sizeof running, "failed: %.3000s/%.255s\n", argv[1],
                 inputs[i].name);
        LLVMFuzzerTestOneInput(inputs[i].bytes, inputs[i].nbytes);
    }
    for (uint64_t i = first; i < first + count; i++) {
        snprintf(running, sizeof running,
                 "failed; repeat: %.1500s %.1500s 1 %ju %ju\n", argv[0],
                 argv[1], (uintmax_t)seed, (uintmax_t)i);
        run_changed(seed, i);
    }
    printf("%s: %zu stored inputs and %ju changed ones (seed %ju), no "
           "defect\n",
           strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1
                                         : argv[0],
           ninputs, (uintmax_t)count, (uintmax_t)seed);
    for (size_t i = 0; i < ninputs; i++) {
        free(inputs[i].bytes);
    }
    return 0;
}
