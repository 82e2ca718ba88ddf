/*
 * options.c: the fuzzer's target for the command line that servers share.
 *
 * The input is a command line, its arguments ended by NUL bytes. It is either
 * understood, and then every number is in the range that --help and
 * contract.h promise, or refused with exit(2). The linker leads exit() and
 * argp_parse() here (--wrap): the first jumps back, the second forbids argp
 * to exit, which happens inside the C library, out of reach.
 */
#include <argp.h>
#include <limits.h>
#include <setjmp.h>
#include <string.h>

#include "harness/contract/internal.h"
#include "tests/fuzz/fuzz.h"

#if defined(__SANITIZE_ADDRESS__) /* gcc's name for it */
#define HAVE_ALLOCATION_HOOKS 1
#elif defined(__has_feature) /* clang's */
#if __has_feature(address_sanitizer)
#define HAVE_ALLOCATION_HOOKS 1
#endif
#endif

enum {
    ARGUMENTS_MAX = 32,
    INPUT_MAX_BYTES = 1024,
    HOUR_MS = 60 * 60 * 1000,
};

_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);
error_t __real_argp_parse(const struct argp *argp, int argc, char **argv,
                          unsigned flags, int *arg_index, void *input);
error_t __wrap_argp_parse(const struct argp *argp, int argc, char **argv,
                          unsigned flags, int *arg_index, void *input);

/* Where exit() leads while a command line is parsed. */
static jmp_buf parsed;
static bool parsing;
static error_t argp_error_number; /* what argp returned instead of exiting */

void
__wrap_exit(int status)
{
    if (parsing) {
        /* Where argp may not exit, flags_parse() takes what it returns for
         * a want of memory, and ends with 1. */
        fuzz_require(status == (argp_error_number != 0 ? 1 : 2),
                     "a command line is refused with exit(%d)", status);
        longjmp(parsed, 1);
    }
    __real_exit(status);
}

error_t
__wrap_argp_parse(const struct argp *argp, int argc, char **argv,
                  unsigned flags, int *arg_index, void *input)
{
    argp_error_number = __real_argp_parse(
        argp, argc, argv, flags | ARGP_NO_EXIT, arg_index, input);
    return argp_error_number;
}

/* ---- what argp leaves behind when exit() jumps ------------------------- */

#ifdef HAVE_ALLOCATION_HOOKS
/* Of the sanitizer's runtime; gcc ships no header for it. */
int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *block, size_t nbytes),
    void (*free_hook)(const volatile void *block));

enum {
    BLOCKS_MAX = 64
};

/* What was allocated since the parsing began and not given back. */
static const volatile void *blocks[BLOCKS_MAX];

static void
note_allocation(const volatile void *block, size_t nbytes)
{
    (void)nbytes;
    for (int i = 0; parsing && i < BLOCKS_MAX; i++) {
        if (blocks[i] == NULL) {
            blocks[i] = block;
            return;
        }
    }
}

static void
note_free(const volatile void *block)
{
    for (int i = 0; parsing && i < BLOCKS_MAX; i++) {
        if (blocks[i] == block) {
            blocks[i] = NULL;
        }
    }
}

/* argp would have given it back, had exit() not jumped out of it; a process
 * that exits need not. */
static void
free_abandoned(void)
{
    for (int i = 0; i < BLOCKS_MAX; i++) {
        void *block = (void *)(uintptr_t)blocks[i];

        blocks[i] = NULL;
        free(block);
    }
}

static void
prepare(void)
{
    static char output[BUFSIZ];
    static bool prepared;

    if (!prepared) {
        prepared = true;
        /* Else stdio would allocate a buffer in the midst of it. */
        setvbuf(stdout, output, _IOFBF, sizeof output);
        __sanitizer_install_malloc_and_free_hooks(note_allocation, note_free);
    }
}
#else
static void
prepare(void)
{
}

static void
free_abandoned(void)
{
}
#endif

/* ---- the target -------------------------------------------------------- */

static int stack_kib; /* as threaded's and coroutine's own flag has it */

static const struct flag own_flags[] = {
    FLAG_NUMBER("stack-size", 0, "KiB", &stack_kib, 16, 65536, ""),
    {0},
};

static void
check_range(const char *name, int value, int low, int high)
{
    fuzz_require(value >= low && value <= high,
                 "%s=%d is accepted, allowed are %d to %d", name, value, low,
                 high);
}

static void
check_options(void)
{
    const struct contract_options *options = &contract_options;

    check_range("port", options->port, 0, 65535);
    check_range("backlog", options->backlog, 1, 65535);
    check_range("handshake-timeout", options->handshake_timeout_ms, 1,
                HOUR_MS);
    check_range("idle-timeout", options->idle_timeout_ms, 0, HOUR_MS);
    check_range("delay", options->delay_ms, 0, HOUR_MS);
    check_range("work", options->work_us, 0, 10 * 1000 * 1000);
    check_range("max-clients", options->max_clients, 0, 1 << 20);
    check_range("sndbuf", options->sndbuf_bytes, 0, INT_MAX / 2);
    check_range("rcvbuf", options->rcvbuf_bytes, 0, INT_MAX / 2);
    check_range("grace", options->grace_ms, 0, HOUR_MS);
    check_range("stack-size", stack_kib, 16, 65536);
    fuzz_require(options->address != NULL, "there is no address");
}

/* Cut `text` into arguments behind the program's name. Returns how many
 * there are, 0 if the input is not to be tried: argp's hidden --HANG, for
 * debuggers, sleeps as long as it is told to. */
static int
split(char *text, size_t nbytes, char **arguments)
{
    static char name[] = "fuzz";
    int count = 0;
    size_t at = 0;

    arguments[count++] = name;
    while (at < nbytes && count < ARGUMENTS_MAX) {
        if (strncmp(text + at, "--H", 3) == 0) {
            return 0;
        }
        arguments[count++] = text + at;
        at += strlen(text + at) + 1;
    }
    arguments[count] = NULL;
    return count;
}

/* Parse and look at the result; comes back however the parsing ends. */
static void
parse(int count, char **arguments)
{
    stack_kib = 64;
    argp_error_number = 0;
    parsing = true;
    if (setjmp(parsed) == 0) {
        options_parse("fuzz", own_flags, count, arguments);
        parsing = false;
        if (argp_error_number == 0) {
            check_options();
        }
    }
    parsing = false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t nbytes)
{
    static char text[INPUT_MAX_BYTES + 1];
    static char *arguments[ARGUMENTS_MAX + 1];

    prepare();
    if (nbytes > INPUT_MAX_BYTES) {
        nbytes = INPUT_MAX_BYTES;
    }
    memcpy(text, data, nbytes);
    text[nbytes] = '\0';
    int count = split(text, nbytes, arguments);
    if (count > 0) {
        parse(count, arguments);
        free_abandoned();
    }
    return 0;
}
