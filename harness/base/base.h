/*
 * base.h: what is below everything else, and knows nothing of it. Nothing
 * here waits.
 */
#ifndef FIVEWAYS_BASE_H
#define FIVEWAYS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

/* ---- the clock --------------------------------------------------------- */

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* CLOCK_MONOTONIC in nanoseconds, and in milliseconds. */
int64_t clock_now_ns(void);
int64_t clock_now_ms(void);

/* CLOCK_REALTIME, and the CPU time that this thread has used. */
int64_t clock_wall_ns(void);
int64_t clock_thread_cpu_ns(void);

/* ---- points in time, soonest first --------------------------------------
 *
 * A binary heap of pointers to structs that the callers own: to look at the
 * soonest is O(1), to set or remove one O(log n). selectloop and coroutine
 * share it, because a faster one under one of them would be unfair.
 */

/* One point in time. Embed it in the struct that waits for it; all zero
 * means that it is in no queue. */
struct deadline {
    int64_t at_ns;   /* CLOCK_MONOTONIC, nanoseconds */
    size_t position; /* its place in the heap, counted from 1; 0: in none */
};

/* The queue. All zero is an empty one. */
struct deadline_queue {
    struct deadline **heap; /* heap[1] is the soonest */
    size_t count;           /* deadlines in the queue */
    size_t capacity;        /* how many heap[] has room for */
};

/* The soonest deadline, or NULL when the queue is empty. */
struct deadline *deadline_first(const struct deadline_queue *queue);

/* Make room for `count` deadlines in all, so that deadline_set() cannot fail
 * up to there. Returns 0, or -1 with errno ENOMEM. */
int deadline_reserve(struct deadline_queue *queue, size_t count);

/* Put `deadline` in the queue at `at_ns`, or move it there. Returns 0, or -1
 * with errno ENOMEM, and then it is in no queue. It must stay where it is in
 * memory until it is removed. */
int deadline_set(struct deadline_queue *queue, struct deadline *deadline,
                 int64_t at_ns);

/* Take `deadline` out of the queue. Nothing happens if it is in none. */
void deadline_remove(struct deadline_queue *queue, struct deadline *deadline);

/* Free the queue's memory; the deadlines are their owners'. */
void deadline_queue_free(struct deadline_queue *queue);

/* ---- numbers with units --------------------------------------------------
 *
 * k, M and G are powers of 1000, Ki, Mi and Gi powers of 1024.
 */

enum units {
    UNITS_NONE,  /* a whole number as it is, not below 0 */
    UNITS_COUNT, /* "64", "10k", "1.5M" */
    UNITS_BYTES, /* "64", "64B", "1k", "64KiB" */
    UNITS_TIME,  /* "5s", "200ms", "50us", "10ns", "1m", in nanoseconds; a
                  * bare number other than 0 is refused, because nobody can
                  * know what it means */
};

/* Read a number of a kind. Returns 0; or -1 if `text` is none or does not
 * fit, and then the number is unchanged. */
int units_parse(const char *text, enum units kind, int64_t *value);

#define UNITS_TEXT_BYTES 32 /* are always enough for the next two */

/* Write one into `text`, and return it. Three significant digits and the
 * largest unit that leaves a 1 before the point: "94.8k", "1.90 ms",
 * "512 KiB"; a whole number of the smallest as it is, 64 and not 64.0; "-"
 * for what is not finite. */
char *units_format(char *text, double value, enum units kind);

/* A text of its own wherever it stands, for as long as the block around. */
#define UNITS_TEXT ((char[UNITS_TEXT_BYTES]){""})
#define COUNT_TEXT(value)                                                    \
    units_format(UNITS_TEXT, (double)(value), UNITS_COUNT)
#define BYTES_TEXT(bytes)                                                    \
    units_format(UNITS_TEXT, (double)(bytes), UNITS_BYTES)
#define TIME_TEXT(time_ns)                                                   \
    units_format(UNITS_TEXT, (double)(time_ns), UNITS_TIME)

/* The same with UNITS_NONE: "0.0123", "1.23", "123", "1230". */
char *units_format_number(char *text, double value);

/* The memory that there must be. Without it the program ends, with the status
 * of those that could not measure, 3. */
void *given(void *memory);

/* Append, as by printf, to a text in an array of `bytes`, behind `separator`
 * unless it is the first; what does not fit is cut off. */
void text_append(char *text, size_t bytes, const char *separator,
                 const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Print into an array of characters; and append to one. */
#define PUT(array, ...) snprintf(array, sizeof(array), __VA_ARGS__)
#define APPEND(array, separator, ...)                                        \
    text_append(array, sizeof(array), separator, __VA_ARGS__)

/* Make a text of strangers fit for a line on a terminal, and return it: a new
 * line becomes a blank, and what is no letter or sign, in UTF-8, a "?". */
char *text_clean(char *text);

/* ---- flags by table ---------------------------------------------------- */

/* One flag. It sets `on`, or takes a `number`, an `amount` or a text. */
struct flag {
    const char *name; /* "stack-size", typed as --stack-size; "": what is
                       * given without a flag; NULL: the end */
    int letter;       /* 's' for -s, 0 for none */
    /* What it takes, for --help and for messages. Of a plain number: what is
     * counted, such as "KiB", or NULL; or, with a bar between them, the words
     * that it may be: "jump|swapcontext". */
    const char *takes;
    int *number;         /* where a number goes, or a word's, from 0 on */
    int64_t *amount;     /* where one goes that may be large */
    enum units units;    /* of either */
    int64_t low, high;   /* the range of either, ends included */
    const char *allowed; /* "a time from 1ms to 60s"; NULL: as the range is;
                          * of a text what it is without a value, or NULL */
    const char **text;   /* where any text goes, as it is, */
    void (*call)(const char *text); /* or what it is handed to, each time */
    bool *on;         /* what becomes true; such a flag takes nothing */
    const char *help; /* one sentence, with the default in it */
};

/* The rows of a table, which ends with {0}: a number, a choice of words, an
 * amount, a switch, a text; and what is given without a flag, several texts
 * or one, which are NULL before. */
#define FLAG_ROW(name_, letter_, takes_, help_, ...)                         \
    {                                                                        \
        .name = (name_), .letter = (letter_), .takes = (takes_),             \
        .help = (help_), __VA_ARGS__                                         \
    }
#define FLAG_NUMBER(name_, letter_, takes_, number_, low_, high_, help_)     \
    FLAG_ROW(name_, letter_, takes_, help_, .number = (number_),             \
             .low = (int)(low_), .high = (int)(high_))
#define FLAG_WORD(name_, letter_, takes_, number_, help_)                    \
    FLAG_NUMBER(name_, letter_, takes_, number_, 0, 0, help_)
#define FLAG_AMOUNT(name_, letter_, takes_, units_, amount_, least_, most_,  \
                    allowed_, help_)                                         \
    FLAG_ROW(name_, letter_, takes_, help_, .units = (units_),               \
             .amount = (amount_), .low = (least_), .high = (most_),          \
             .allowed = (allowed_))
#define FLAG_ON(name_, letter_, on_, help_)                                  \
    FLAG_ROW(name_, letter_, NULL, help_, .on = (on_))
#define FLAG_TEXT(name_, letter_, takes_, text_, help_)                      \
    FLAG_ROW(name_, letter_, takes_, help_, .text = (text_))
#define FLAG_ARGUMENTS(takes_, texts_, most_)                                \
    FLAG_ROW("", 0, takes_, NULL, .text = (texts_), .high = (most_))
#define FLAG_ARGUMENT(takes_, text_) FLAG_ARGUMENTS(takes_, text_, 1)

/* Set what the command line says, by the rows of `flags` and then of
 * `own_flags`, which may be NULL and have a heading of their own in --help;
 * `about` is the first paragraph there, and behind a \v in it the last ones.
 * A wrong value: one sentence that names flag, value and what would be right,
 * and exit(2); what is no flag at all argp refuses in its own words, with the
 * same status. --help, -h, --usage and --version answer and exit(0). No
 * memory to read them with: exit(1). */
void flags_parse(const char *program, const char *about,
                 const struct flag *flags, const struct flag *own_flags,
                 int argc, char **argv);

/* Is it in a list, in which names have blanks or commas between them? In
 * none, NULL, all are. */
bool names_have(const char *list, const char *name);

/* Refuse --`flag` with a list of none, or of one that `allowed` has not,
 * another list, and exit(2). */
void flags_check_names(const char *flag, const char *list,
                       const char *allowed);

/* Say that --`name`=`text` should have been `allowed`, and exit(2). */
_Noreturn void flags_refuse(const char *program, const char *name,
                            const char *text, const char *allowed);

/* ---- what the kernel says of itself, of processes and to us ------------ */

/* Read such a file into `text`, as far as it fits, and end it with a 0;
 * `path` is as for printf. Returns how much there was; no file: 0. */
size_t proc_read(char *text, size_t text_bytes, const char *path, ...)
    __attribute__((format(printf, 3, 4)));

/* What follows `key` where that begins a line of `text`; NULL: nowhere. */
const char *proc_behind(const char *text, const char *key);

/* The number that follows it, or NAN. */
double proc_number(const char *text, const char *key);

/* The processes below one, its children first, `most` of them at most; those
 * that have ended and are not waited for included. Returns how many. */
int proc_descendants(pid_t pid, pid_t *list, int most);

/* Raise the limit of open descriptors as far as it goes, for us and for what
 * we start. Returns what it is then; RLIM_INFINITY: there is none. */
rlim_t descriptors_raise(void);

/* Call it first, in main: a file or a client must never become a standard
 * stream, or what is printed goes into it. Opens those that are missing;
 * returns 0, or -1 with errno. The other ends the program with `status` when
 * that fails, or without a standard output. */
int streams_open(void);
void streams_check(int status);

/* From now on SIGTERM, SIGINT and SIGHUP call `handler`, though whoever
 * started us has blocked them. The last two stay ignored where they were: in
 * the background of a script, under nohup. */
void signals_catch(void (*handler)(int number));

enum {
    ADDRESS_TEXT_BYTES = 96, /* "[fe80::1%eth0]:40123" and longer */
};

/* Make an address of a port and a numeric IPv4 or IPv6 host, the latter
 * without brackets. Returns false with EINVAL if that is none, or ENOMEM.
 * Nobody needs to know how long an address is: Linux sees that by its family,
 * and takes all of it. */
bool address_parse(const char *host, int port,
                   struct sockaddr_storage *address);

/* Write "127.0.0.1:5566" or "[::1]:5566". Asks no name server. */
void address_format(const struct sockaddr_storage *address,
                    char text[ADDRESS_TEXT_BYTES]);

/* Is a connected socket connected to itself? Where nobody listens on a port
 * of this machine, the kernel may choose just that for our own end, and TCP
 * takes it: all that is sent comes back. */
bool socket_is_own_peer(int fd);

/* How a model works: bits. The list of all is in models.h. */
enum {
    MODEL_ONE_AT_A_TIME = 1, /* serves a client until that one leaves */
    MODEL_THREAD_EACH = 2,   /* a thread for each client */
    MODEL_SELECT = 4,        /* waits with select(2) */
    MODEL_STACK_EACH = 8,    /* a stack of its own for each client */
    MODEL_LIBEVENT = 16,     /* on libevent's loop */
    MODEL_EDGES = 32,        /* is told once of what is new: EPOLLET */
};

#endif
