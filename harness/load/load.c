/*
 * load.c: the program `load`: a run of the engine against any server that
 * echoes, or a search made of many, and the result for people to read.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "harness/load/load.h"

enum {
    UNSET = -1, /* not on the command line, and worked out afterwards */
    CLIENTS_MAX = 1000000,
    RATE_MAX_PER_S = 10000000,
    SIZE_MAX_BYTES = 1 << 30,
    PORT_MAX = 65535,
    HOSTS_MAX = 1000,
};

#define DAY_NS (86400 * NS_PER_S)

static const char about[] =
    "Drive any server that echoes: keep one message in flight on each "
    "connection, compare every byte that comes back, and say how it went."
    "\vWithout --rate the next message of a client follows the echo of the "
    "last: a closed loop. With --rate a message that finds no client free "
    "waits for one, and its response time counts from when it was due; its "
    "service time counts from when it was sent.\n\n"
    "Numbers take units: 1k, 64KiB, 200ms. Ctrl-C ends the measurement and "
    "prints what there is. A connection that is lost is not replaced; with "
    "--churn a client gives up after three failures in a row.\n\n"
    "Exit status: 0 good; 1 a byte was wrong, a connection failed or nobody "
    "was served; 2 wrong usage; 3 the client itself could not measure.";

/* ---- the command line -------------------------------------------------- */

/* What the command line says, with what it says if it does not. */
static const char *target;
static struct engine_options options = {.message_bytes = 64,
                                        .clients = UNSET,
                                        .threads = UNSET,
                                        .warmup_ns = UNSET,
                                        .window_ns = UNSET,
                                        .arrivals = UNSET,
                                        .connect_timeout_ns = 3 * NS_PER_S};
/* The same, of other types than in the options. */
static int64_t rate_per_s;
static int64_t seed = UNSET;
static struct hosts_order order;
static const char *meeting;
static int meeting_fd;

/* What is written at the end. A path that cannot be is better known before
 * anything is measured; but a file stays as it is until something was. */
struct output {
    const char *path; /* as it was named */
    int fd;           /* open, and not yet touched */
    bool created;     /* by us, and for nothing so far */
    struct stat stat; /* which file it is */
};
static const char nowhere[] = "/dev/null";
/* Standard output, --histogram and --save. */
static struct output outputs[3] = {
    {.fd = STDOUT_FILENO}, {.path = nowhere}, {.path = nowhere}};

#define NUMBER(name, letter, field, least, most, help)                       \
    FLAG_ROW(name, letter, "N", help, .units = UNITS_COUNT,                  \
             .number = &(field), .low = (least), .high = (most))
#define COUNT(name, letter, field, least, most, allowed, help)               \
    FLAG_AMOUNT(name, letter, "N", UNITS_COUNT, &(field), least, most,       \
                allowed, help)
#define TIME(name, letter, field, least, most, allowed, help)                \
    FLAG_AMOUNT(name, letter, "TIME", UNITS_TIME, &(field), least, most,     \
                allowed, help)
#define TIME_OR_0   "0 or a time up to 1440m, with its unit: 200ms"
#define TIME_OF_1MS "a time from 1ms to 1440m, with its unit: 5s"

static const struct flag flags[] = {
    FLAG_ARGUMENT("HOST:PORT", &target),
    NUMBER("clients", 'c', options.clients, 1, CLIENTS_MAX,
           "Clients that speak (16; 64 with --rate)"),
    NUMBER("silent", 0, options.silent_clients, 0, CLIENTS_MAX,
           "Clients that connect first and stay silent until the end, when "
           "each asks for one echo (0)"),
    TIME("duration", 'd', options.window_ns, NS_PER_MS, DAY_NS, TIME_OF_1MS,
         "How long to measure (5s; at most 60s with --echoes)"),
    TIME("warmup", 0, options.warmup_ns, 0, DAY_NS, TIME_OR_0,
         "How long to run before that (200ms; 0 with --echoes)"),
    COUNT("echoes", 'n', options.echoes_max, 0, INT64_MAX,
          "a number, such as 0 or 10k",
          "Stop after so many echoes (0: by time)"),
    FLAG_AMOUNT("size", 's', "BYTES", UNITS_BYTES, &options.message_bytes, 1,
                SIZE_MAX_BYTES, "a size from 1 to 1GiB",
                "Length of a message (64)"),
    FLAG_ON("churn", 0, &options.churn,
            "A new connection for each echo, closed by the client"),
    FLAG_ON("handshake", 0, &options.handshake,
            "Open each connection with the line \"hello\", in two pieces"),
    FLAG_ON(
        "drip", 0, &options.drip,
        "Send each byte of a message in a segment of its own, 20 us apart"),
    TIME("timeout", 0, options.timeout_ns, 0, DAY_NS, TIME_OR_0,
         "An echo that takes longer is an error (0: none is)"),
    TIME("connect-timeout", 0, options.connect_timeout_ns, NS_PER_MS, DAY_NS,
         TIME_OF_1MS,
         "How long connecting may take without a client getting through "
         "(3s)"),
    NUMBER("threads", 0, options.threads, 1, CREW_MAX,
           "Threads that share the clients (one for each 64 clients, or 40k "
           "of the rate; at most 4, and one for each CPU, of which a server "
           "on this machine is left one)"),
    COUNT("rate", 0, rate_per_s, 1, RATE_MAX_PER_S, "a number from 1 to 10M",
          "Open loop: send so many messages a second, by a schedule, "
          "answered or not"),
    FLAG_WORD("arrivals", 0, "poisson|fixed", &options.arrivals,
              "With --rate: how the gaps between messages are chosen "
              "(poisson)"),
    COUNT("seed", 0, seed, 0, INT64_MAX, "a number from 0 on",
          "With --rate: what decides poisson's gaps (1)"),
    TIME("slo", 0, options.slo_ns, 1000, 60 * NS_PER_S,
         "a time from 1us to 60s: 5ms",
         "With --rate: search for the highest rate, up to that one, at which "
         "99 of 100 responses come within TIME; takes half a minute"),
    FLAG_TEXT("histogram", 0, "FILE", &outputs[1].path,
              "Write the curve of percentiles to FILE, as HdrHistogram does "
              "(.hgrm); of the response time with --rate, else of the "
              "latency"),
    FLAG_TEXT("save", 0, "FILE", &outputs[2].path,
              "Save all that was seen to FILE, so that several runs can be "
              "added up exactly"),
    NUMBER("hosts", 0, order.hosts, 1, HOSTS_MAX,
           "Let so many hosts do all this at the same time, from one instant "
           "on, and add up what they see"),
    FLAG_TEXT("launcher", 0, "COMMAND", &order.launcher,
              "With --hosts: what starts a program on each of them, within a "
              "minute, such as \"mpirun -n 20\" or \"srun -n 20\"; else load "
              "says what to start there"),
    FLAG_TEXT("meet", 0, "HOST:PORT", &meeting,
              "Be one of the hosts of the load that waits there"),
    {0},
};

/* Flags that do not go together end the program. */
static void
check_together(void)
{
    bool closed = rate_per_s == 0;
    bool slo = options.slo_ns != 0;
    const struct {
        bool wrong;           /* is it so? */
        const char *sentence; /* then this is said */
    } rules[] = {
        {closed && options.arrivals != UNSET,
         "--arrivals: has a meaning only with --rate"},
        {closed && seed != UNSET, "--seed: has a meaning only with --rate"},
        {closed && slo, "--slo: has a meaning only with --rate"},
        {!closed && options.churn, "--churn: cannot be combined with --rate"},
        {slo && (outputs[1].path != nowhere || outputs[2].path != nowhere),
         "--slo: makes many runs; --histogram and --save are for one"},
        {slo && options.echoes_max != 0,
         "--echoes: cannot be combined with --slo"},
        {slo && order.hosts != 0, "--slo: cannot be combined with --hosts"},
        {order.launcher != NULL && order.hosts == 0,
         "--launcher: has a meaning only with --hosts"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (rules[i].wrong) {
            errx(EXIT_USAGE, "%s", rules[i].sentence);
        }
    }
}

/* `value`, or if that was not given, `other`. */
static int64_t
given_or(int64_t value, int64_t other)
{
    return value != UNSET ? value : other;
}

/* ---- the server -------------------------------------------------------- */

/* Does a server listen there? Waits for up to a second. With SOCK_DGRAM: is
 * there a way there? That sends nothing. If not, errno says why. */
static bool
is_reachable(const struct addrinfo *info, int type)
{
    struct timeval patience = {.tv_sec = 1};
    int fd = socket(info->ai_family, type | SOCK_CLOEXEC, 0);
    /* The send timeout is the one that connect(2) obeys. */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    bool reachable = fd != -1 &&
                     connect(fd, info->ai_addr, info->ai_addrlen) == 0 &&
                     (type == SOCK_DGRAM || !socket_is_own_peer(fd));
    int error = errno;
    close(fd);
    errno = error;
    return reachable;
}

/* Cut it in two. Returns where the port begins, NULL if it is none. */
static const char *
split(const char *text, char host[256])
{
    int end = 0;
    if (sscanf(text, "[%255[^]]]:%n", host, &end) != 1 || end == 0) {
        sscanf(text, "%255[^]:[]:%n", host, &end);
    }
    char *rest;
    long port = strtol(text + end, &rest, 10);
    bool right = end > 0 && isdigit(text[end]) && *rest == '\0' &&
                 port >= 1 && port <= PORT_MAX;
    return right ? text + end : NULL;
}

/* Find the address of the server at "HOST:PORT" or "[HOST]:PORT"; IPv6 must
 * stand in brackets. A name with several addresses ("localhost" is ::1 and
 * 127.0.0.1) gets the first that takes a connection, else the first that
 * there is a way to. Where there is none the program ends. */
static void
find_target(const char *text)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    char host[256];
    const char *port = text != NULL ? split(text, host) : NULL;
    if (port == NULL) {
        errx(EXIT_USAGE,
             "%s%splease give HOST:PORT, such as 127.0.0.1:5566 or "
             "[::1]:5566; --help says more",
             text != NULL ? text : "", text != NULL ? ": " : "");
    }
    int error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        errx(EXIT_NO_MEASURE, "%s: %s", text, gai_strerror(error));
    }
    const struct addrinfo *chosen = list;
    while (list->ai_next != NULL && chosen != NULL &&
           !is_reachable(chosen, SOCK_STREAM)) {
        chosen = chosen->ai_next;
    }
    chosen = chosen != NULL ? chosen : list;
    while (chosen != NULL && !is_reachable(chosen, SOCK_DGRAM)) {
        chosen = chosen->ai_next;
    }
    if (chosen == NULL) {
        errx(EXIT_NO_MEASURE, "%s: there is no way to it from here: %s", text,
             errno == EINVAL ? "an address that begins with fe80 needs its "
                               "interface behind it, such as %eth0"
                             : strerror(errno));
    }
    memcpy(&options.address, chosen->ai_addr, chosen->ai_addrlen);
    freeaddrinfo(list);
}

/* What is wrong ends the program. */
static void
read_arguments(int argc, char **argv)
{
    flags_parse("load", about, flags, NULL, argc, argv);
    if (meeting != NULL) {
        find_target(meeting);
        meeting_fd = hosts_join(&options, &argc, &argv);
        flags_parse("load", about, flags, NULL, argc, argv);
    }
    check_together();
    bool by_time = options.echoes_max == 0;
    if (meeting != NULL) {
        /* What else the words say is for who leads. */
        order.hosts = 0;
        outputs[1].path = outputs[2].path = nowhere;
    }
    order.argc = argc;
    order.argv = argv;
    options.clients =
        (int)given_or(options.clients, rate_per_s > 0 ? 64 : 16);
    options.ask_silent = options.silent_clients > 0;
    options.warmup_ns =
        given_or(options.warmup_ns, by_time ? 200 * NS_PER_MS : 0);
    options.window_ns =
        given_or(options.window_ns,
                 options.slo_ns != 0 ? 0 : (by_time ? 5 : 60) * NS_PER_S);
    options.rate_per_s = (double)rate_per_s;
    options.arrivals = (int)given_or(options.arrivals, SCHEDULE_POISSON);
    options.seed = (uint64_t)given_or(seed, 1);
    find_target(target);
    /* What suits depends on where the server is. How many CPUs there are is
     * not known where more are than fit into the set. */
    cpu_set_t set;
    int cpus =
        sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    options.threads =
        (int)given_or(options.threads, crew_suitable_threads(&options, cpus));
    /* More have nothing to do, and would be asked descriptors for. */
    options.threads = MIN(options.threads, options.clients);
    /* Without a CPU for each of us and one more, a server on this machine
     * would wait for us to go to sleep. */
    options.spin_ns = cpus > options.threads ? ENGINE_SPIN_NS : 0;
}

/* ---- the run ----------------------------------------------------------- */

/* Set by the first Ctrl-C: finish and print what there is. */
static volatile sig_atomic_t interrupted;

/* By SIGIO it is who leads that says so: that was no signal. */
static void
interrupt(int signal_number)
{
    static volatile sig_atomic_t before;
    if (signal_number != SIGIO && before++ > 0) {
        _exit(128 + signal_number);
    }
    interrupted = 1;
}

static void
show_progress(uint64_t count, double done, void *arg)
{
    (void)arg;
    fprintf(stderr, "\r\033[K%3.0f %%  %s echoes", 100 * done,
            COUNT_TEXT(count));
}

static void
remove_created(void)
{
    for (int i = 1; i < 3; i++) {
        if (outputs[i].created) {
            unlink(outputs[i].path);
        }
    }
}

/* Two into one file, not a pipe or a device, would overwrite each other. */
static void
open_outputs(void)
{
    atexit(remove_created);
    for (struct output *it = outputs; it < outputs + 3; it++) {
        if (it != outputs) {
            it->created = lstat(it->path, &it->stat) != 0;
            it->fd = open(it->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        }
        if (it->fd == -1 || fstat(it->fd, &it->stat) != 0) {
            err(EXIT_NO_MEASURE, "%s", it->path);
        }
        for (const struct output *other = outputs; other < it; other++) {
            if (S_ISREG(it->stat.st_mode) &&
                it->stat.st_ino == other->stat.st_ino &&
                it->stat.st_dev == other->stat.st_dev) {
                errx(EXIT_USAGE, "--save, --histogram and the summary cannot "
                                 "go into one file; please name another");
            }
        }
    }
}

/* Write one of them, but not over another when nobody was served. Returns
 * false if it could not be written. */
static bool
write_output(struct output *output, const struct saved_run *run)
{
    if (run->result.served == 0 && output->stat.st_size > 0) {
        warnx("nobody was served: %s stays as it was", output->path);
        return true;
    }
    bool good =
        !S_ISREG(output->stat.st_mode) || ftruncate(output->fd, 0) == 0;
    FILE *file = fdopen(output->fd, "w");
    output->created = false;
    if (output == &outputs[2]) {
        saved_write(file, run);
    } else {
        percentiles_write(file, options.rate_per_s > 0
                                    ? &run->result.response
                                    : &run->result.latency);
    }
    good = ferror(file) == 0 && good;
    good = fclose(file) == 0 && good;
    if (!good) {
        warn("%s", output->path);
    }
    return good;
}

/* One run: here, as one of several hosts, or by their hands. Its summary and
 * its files. Returns the exit status. */
static int
run_once(void)
{
    static struct saved_run run;
    int status = 0;
    if (order.hosts > 0) {
        status = hosts_lead(&order, &options, &run);
        if (run.options.clients == 0) {
            return status;
        }
    } else {
        if (meeting != NULL) {
            hosts_wait(meeting_fd, &options, interrupt);
        } else if (is_terminal(stderr)) {
            options.on_progress = show_progress;
        }
        run.begun_ms = clock_wall_ns() / NS_PER_MS;
        run.options = options;
        snprintf(run.target, sizeof run.target, "%s", target);
        crew_run(&options, &run.result);
        if (meeting != NULL) {
            /* To who leads. A launcher may take any other status than 0 as a
             * reason to stop them all. */
            FILE *file = fdopen(meeting_fd, "w");
            saved_write(file, &run);
            return fclose(file) == 0 ? 0 : EXIT_NO_MEASURE;
        }
        fputs(options.on_progress != NULL ? "\r\033[K" : "", stderr);
        summary_print(target, &run);
    }
    bool written = write_output(&outputs[1], &run);
    written = write_output(&outputs[2], &run) && written;
    return !written      ? EXIT_NO_MEASURE
           : status != 0 ? status
                         : summary_exit_status(&run.result);
}

int
main(int argc, char **argv)
{
    streams_check(EXIT_NO_MEASURE);
    read_arguments(argc, argv);
    /* Who leads connects to nobody itself. */
    bool leads = order.hosts > 0;
    int needed =
        leads ? order.hosts + 16
              : engine_descriptors_needed(&options) + options.threads - 1;
    rlim_t limit = descriptors_raise();
    /* A run that would fail half-way for want of them is not begun. */
    if (limit != RLIM_INFINITY && limit < (rlim_t)needed) {
        errx(EXIT_NO_MEASURE,
             "this needs %d descriptors, but may have only %llu; raise the "
             "hard limit (ulimit -Hn) or ask for fewer %s",
             needed, (unsigned long long)limit, leads ? "hosts" : "clients");
    }
    /* A pipe whose reader does not come waits for Ctrl-C. */
    open_outputs();
    signals_catch(interrupt);
    options.interrupted = &interrupted;
    int status =
        options.slo_ns != 0 ? search_run(target, &options) : run_once();
    if (fflush(stdout) != 0) {
        err(EXIT_NO_MEASURE, "standard output");
    }
    return status;
}
