/*
 * hosts.c: one load from several hosts, from one instant on. See load.h.
 *
 * A launcher need do no more than start a program on each host. All else goes
 * over one connection to each, in lines:
 *
 *     host      host NAME                        who comes
 *     leader    the words of its command line, each behind a tab
 *     host      ready
 *     leader    clock                            some times
 *     host      1790000000123456789              CLOCK_REALTIME
 *     leader    begin 1790000000323456789 2 20   its clock then; 2 of 20
 *     leader    its end of the connection: finish now
 *     host      what load --save writes
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/load/load.h"

enum {
    MEETING_BYTES = 64,   /* "[fe80::1]:40123" */
    LINE_BYTES = 32768,   /* of what they say to each other */
    WORDS_MAX = 100,      /* on a command line, of which each flag may be
                           * there twice */
    LOOK_MS = 100,        /* between looks at the launcher and at Ctrl-C */
    PATIENT_LOOKS = 50,   /* then we say for whom we wait */
    REPLY_S = 10,         /* a host that is there answers within */
    CLOCK_LOOKS = 16,     /* at each clock: the best of them counts */
    BEGIN_NS = 200000000, /* from the word to the instant */
};

#define JOIN_NS (60 * NS_PER_S) /* for a launcher to start them all */
#define LATE_NS (30 * NS_PER_S) /* behind the end of a run */

/* One of the others, as the leader sees it. */
struct host {
    int fd;            /* the connection, for what we say */
    FILE *replies;     /* the same, for what it says */
    char name[64];     /* as it calls itself */
    int64_t ahead_ns;  /* its clock before ours, */
    int64_t unsure_ns; /* known to that */
};

/* What the leader knows. */
struct lead {
    const struct hosts_order *order;      /* what it is to do */
    const struct engine_options *options; /* of each host */
    int listen_fd;                        /* where they come to */
    char meeting[MEETING_BYTES];          /* that, for --meet */
    pid_t launcher;                       /* 0: none, or it has ended */
    struct host *hosts;                   /* those who have come */
    int count;                            /* how many */
};

static int64_t
clock_wall_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* A line without its end, or NULL: the other side is silent or gone. */
static char *
read_line(FILE *file, char line[LINE_BYTES])
{
    char *end = fgets(line, LINE_BYTES, file) ? strchr(line, '\n') : NULL;
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    return line;
}

/* ---- the leader: who comes ----------------------------------------------
 */

/* Listen where our packets to the server come from: who can reach the server
 * will most likely reach us there. */
static void
open_meeting(struct lead *lead)
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof address;
    char host[MEETING_BYTES - 16];
    char port[8];
    int family = lead->options->address.ss_family;
    int probe = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(probe, (const struct sockaddr *)&lead->options->address,
                lead->options->address_bytes) != 0 ||
        getsockname(probe, (struct sockaddr *)&address, &bytes) != 0) {
        err(EXIT_NO_MEASURE, "no way to the server");
    }
    close(probe);
    /* The port is at the same place in either family; 0 is any. */
    ((struct sockaddr_in *)&address)->sin_port = 0;
    lead->listen_fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(lead->listen_fd, (struct sockaddr *)&address, bytes) != 0 ||
        listen(lead->listen_fd, SOMAXCONN) != 0 ||
        getsockname(lead->listen_fd, (struct sockaddr *)&address, &bytes) !=
            0) {
        err(EXIT_NO_MEASURE, "listen for the other hosts");
    }
    getnameinfo((struct sockaddr *)&address, bytes, host, sizeof host, port,
                sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(lead->meeting, sizeof lead->meeting,
             family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* In a session of its own: Ctrl-C is ours alone, so that the others end by
 * our word and still send what they saw. */
static void
launch(struct lead *lead)
{
    char program[4096];
    char meet[MEETING_BYTES + 8];
    char line[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    snprintf(meet, sizeof meet, "--meet=%s", lead->meeting);
    if (lead->order->launcher == NULL) {
        fprintf(stderr, "load: now start on each of %d hosts: %s %s\n",
                lead->order->hosts, program, meet);
        return;
    }
    snprintf(line, sizeof line, "%s \"$@\"", lead->order->launcher);
    lead->launcher = fork();
    if (lead->launcher == 0) {
        setsid();
        close(STDIN_FILENO);
        open("/dev/null", O_RDONLY);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", line, "sh", program, meet, NULL);
        _exit(127);
    }
}

/* Take one who has connected, if it is one of ours, and give it the words of
 * our command line. */
static void
admit(struct lead *lead, int fd)
{
    struct host *host = &lead->hosts[lead->count];
    struct timeval patience = {.tv_sec = REPLY_S};
    char line[LINE_BYTES];
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    *host = (struct host){.fd = fd, .replies = fdopen(fd, "r")};
    if (host->replies == NULL) {
        err(EXIT_NO_MEASURE, "not enough memory");
    }
    if (read_line(host->replies, line) == NULL ||
        sscanf(line, "host %63[!-~]", host->name) != 1) {
        fclose(host->replies);
        return;
    }
    for (int i = 0; i < lead->order->argc; i++) {
        dprintf(fd, "\t%s", lead->order->argv[i]);
    }
    dprintf(fd, "\n");
    lead->count++;
}

/* Did it end badly? A launcher may well end before what it has started. */
static bool
launcher_failed(struct lead *lead)
{
    int status = 0;
    if (lead->launcher > 0 &&
        waitpid(lead->launcher, &status, WNOHANG) == lead->launcher) {
        lead->launcher = 0;
    }
    return status != 0;
}

/* Returns 0 when all are there; or -1 after a sentence. */
static int
gather(struct lead *lead)
{
    int64_t deadline_ns =
        lead->order->launcher != NULL ? clock_now_ns() + JOIN_NS : INT64_MAX;
    const char *why = NULL;
    int idle = 0;
    while (lead->count < lead->order->hosts) {
        struct pollfd listener = {.fd = lead->listen_fd, .events = POLLIN};
        if (*lead->options->interrupted) {
            return -1;
        }
        if (poll(&listener, 1, LOOK_MS) > 0) {
            int fd = accept4(lead->listen_fd, NULL, NULL, SOCK_CLOEXEC);
            if (fd != -1) {
                admit(lead, fd);
            }
        } else if (launcher_failed(lead)) {
            why = "the launcher failed";
        } else if (clock_now_ns() > deadline_ns) {
            why = "a minute is over";
        } else if (++idle == PATIENT_LOOKS) {
            fprintf(stderr, "load: %d of %d hosts have joined\n", lead->count,
                    lead->order->hosts);
        }
        if (why != NULL) {
            fprintf(stderr,
                    "load: %s, and of %d hosts %d joined %s; each must be "
                    "able to start this program and to reach that address\n",
                    why, lead->order->hosts, lead->count, lead->meeting);
            return -1;
        }
    }
    return 0;
}

/* ---- the leader: one instant --------------------------------------------
 */

/* The shorter the way there and back, the less can the other clock differ
 * from what it says in the middle of it: by half the way at most (Cristian,
 * Probabilistic Clock Synchronization, 1989). Returns 0, or -1. */
static int
compare_clocks(struct host *host)
{
    char line[LINE_BYTES];
    host->unsure_ns = INT64_MAX;
    for (int i = 0; i < CLOCK_LOOKS; i++) {
        int64_t before_ns = clock_wall_ns();
        dprintf(host->fd, "clock\n");
        if (read_line(host->replies, line) == NULL) {
            return -1;
        }
        int64_t half_ns = (clock_wall_ns() - before_ns) / 2;
        if (half_ns < host->unsure_ns) {
            host->unsure_ns = half_ns;
            host->ahead_ns = strtoll(line, NULL, 10) - (before_ns + half_ns);
        }
    }
    return 0;
}

/* Returns 0; or -1 after a sentence. */
static int
begin(struct lead *lead)
{
    char line[LINE_BYTES];
    for (int i = 0; i < lead->count; i++) {
        struct host *host = &lead->hosts[i];
        if (read_line(host->replies, line) == NULL ||
            strcmp(line, "ready") != 0 || compare_clocks(host) != 0) {
            fprintf(stderr, "load: %s ended before it began\n", host->name);
            return -1;
        }
    }
    int64_t begin_ns = clock_wall_ns() + BEGIN_NS;
    for (int i = 0; i < lead->count; i++) {
        struct host *host = &lead->hosts[i];
        int64_t theirs_ns = begin_ns + host->ahead_ns;
        dprintf(host->fd, "begin %lld %d %d\n", (long long)theirs_ns, i,
                lead->count);
    }
    return 0;
}

/* ---- the leader: what they saw ------------------------------------------
 */

/* Wait until it sends, at most until then. Ctrl-C stops them all, once. */
static void
await(struct lead *lead, const struct host *host, int64_t *deadline_ns)
{
    static bool stopped;
    struct pollfd answer = {.fd = host->fd, .events = POLLIN};
    while (poll(&answer, 1, LOOK_MS) <= 0 && clock_now_ns() < *deadline_ns) {
        if (!*lead->options->interrupted || stopped) {
            continue;
        }
        stopped = true;
        *deadline_ns = clock_now_ns() + LATE_NS;
        for (int i = 0; i < lead->count; i++) {
            /* A word that is not read would make its close a reset. */
            shutdown(lead->hosts[i].fd, SHUT_WR);
        }
    }
}

static void
print_host(FILE *stream, const struct host *host, const struct saved_run *run)
{
    const struct engine_result *result = &run->result;
    double seconds = (double)result->window_ns / NS_PER_S;
    char text[2][UNITS_TEXT_BYTES];
    fprintf(
        stream,
        "  host        %s: %s echoes/s, p99 %s, clock %+.2f ms (+-%.2f)\n",
        host->name,
        units_format_count(text[0], (double)result->echoes / seconds),
        units_format_time(
            text[1], (double)histogram_quantile_ns(run->options.rate_per_s > 0
                                                       ? &result->response
                                                       : &result->latency,
                                                   0.99)),
        (double)host->ahead_ns / NS_PER_MS,
        (double)host->unsure_ns / NS_PER_MS);
}

/* Returns how many have sent nothing that can be read. */
static int
collect(struct lead *lead, FILE *stream, struct saved_run *sum)
{
    struct saved_run *runs = calloc((size_t)lead->count, sizeof *runs);
    int64_t deadline_ns = clock_now_ns() + lead->options->warmup_ns +
                          lead->options->window_ns + LATE_NS;
    int good = 0;
    for (int i = 0; i < lead->count && runs != NULL; i++) {
        const struct host *host = &lead->hosts[i];
        struct saved_run *run = &runs[good];
        char reason[MERGE_REASON_BYTES];
        await(lead, host, &deadline_ns);
        int status = saved_read(host->replies, run, reason);
        run->begun_ms -= host->ahead_ns / NS_PER_MS;
        if (status == 0 && merge_add(sum, run, good == 0, reason) == 0) {
            print_host(stream, host, run);
            good++;
        } else {
            fprintf(stream, "  host        %s is missing: what it sent %s\n",
                    host->name, reason);
        }
    }
    if (good > 0) {
        merge_note_times(stream, runs, good);
    }
    free(runs);
    return lead->count - good;
}

int
hosts_lead(const struct hosts_order *order,
           const struct engine_options *options, FILE *stream,
           struct saved_run *sum)
{
    struct lead lead = {.order = order, .options = options};
    lead.hosts = calloc((size_t)order->hosts, sizeof *lead.hosts);
    if (lead.hosts == NULL) {
        err(EXIT_NO_MEASURE, "not enough memory");
    }
    signal(SIGPIPE, SIG_IGN); /* a host that has gone is a line too few */
    open_meeting(&lead);
    launch(&lead);
    int status = EXIT_NO_MEASURE;
    if (gather(&lead) == 0 && begin(&lead) == 0) {
        status = collect(&lead, stream, sum) == 0 ? 0 : EXIT_NO_MEASURE;
    }
    while (lead.count > 0) {
        fclose(lead.hosts[--lead.count].replies);
    }
    free(lead.hosts);
    close(lead.listen_fd);
    if (lead.launcher > 0) {
        if (status != 0) {
            kill(-lead.launcher, SIGTERM);
        }
        waitpid(lead.launcher, NULL, 0);
    }
    return status;
}

/* ---- one of the others --------------------------------------------------
 */

int
hosts_join(const struct engine_options *meeting, int *argc, char ***argv)
{
    static char line[LINE_BYTES];
    static char *words[WORDS_MAX + 1];
    char name[64] = "?";
    char *rest = line;
    int fd =
        socket(meeting->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    FILE *file = fdopen(dup(fd), "r");
    gethostname(name, sizeof name - 1);
    if (file == NULL ||
        connect(fd, (const struct sockaddr *)&meeting->address,
                meeting->address_bytes) != 0 ||
        dprintf(fd, "host %s\n", name) < 0 || read_line(file, line) == NULL) {
        errx(EXIT_NO_MEASURE,
             "--meet: nobody waits there, or not for so many hosts");
    }
    strsep(&rest, "\t");
    for (*argc = 0; rest != NULL && *argc < WORDS_MAX; (*argc)++) {
        words[*argc] = strsep(&rest, "\t");
    }
    *argv = words;
    /* Nothing more comes before we say that we are ready. */
    fclose(file);
    return fd;
}

static volatile sig_atomic_t *told_to_stop;

static void
on_end(int number)
{
    (void)number;
    *told_to_stop = 1;
}

void
hosts_wait(int fd, struct engine_options *options,
           volatile sig_atomic_t *interrupted)
{
    FILE *file = fdopen(dup(fd), "r");
    char line[LINE_BYTES];
    long long begin_ns = 0;
    dprintf(fd, "ready\n");
    while (file != NULL && begin_ns == 0 && read_line(file, line) != NULL) {
        if (strcmp(line, "clock") == 0) {
            dprintf(fd, "%lld\n", (long long)clock_wall_ns());
        } else {
            sscanf(line, "begin %lld %d %d", &begin_ns, &options->host,
                   &options->hosts);
        }
    }
    if (begin_ns == 0) {
        errx(EXIT_NO_MEASURE, "who leads has ended");
    }
    fclose(file);
    /* The leader's end wakes us wherever we are. */
    told_to_stop = interrupted;
    signal(SIGIO, on_end);
    fcntl(fd, F_SETOWN, getpid());
    fcntl(fd, F_SETFL, O_ASYNC);
    if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0) {
        *interrupted = 1;
    }
    struct timespec instant = {.tv_sec = begin_ns / NS_PER_S,
                               .tv_nsec = begin_ns % NS_PER_S};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &instant, NULL);
}
