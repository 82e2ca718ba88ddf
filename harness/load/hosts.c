/*
 * hosts.c: one load from several hosts, from one instant on. See load.h.
 *
 * A launcher need do no more than start a program on each host. All else goes
 * over one connection to each, in lines, but for the words, since there may
 * be anything in one:
 *
 *     host      host NAME                        who comes
 *     leader    words 3                          of its command line; and
 *                                                they, each ended by a 0
 *     leader    clock                            some times; the host answers
 *                                                as soon as it is ready
 *     host      1790000000123456789              CLOCK_REALTIME
 *     leader    begin 1790000000323456789 2 20   its clock then; 2 of 20
 *     leader    its end of the connection: finish now
 *     host      what load --save writes
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/load/load.h"

enum {
    LOOK_MS = 100,        /* between looks at the launcher and at Ctrl-C */
    PATIENT_LOOKS = 50,   /* then we say for whom we wait */
    PARTING_LOOKS = 300,  /* 10 ms between them: a launcher tidies up */
    CLOCK_LOOKS = 16,     /* at each clock: the best of them counts */
    BEGIN_NS = 200000000, /* from the word to the instant */
};

#define JOIN_NS  (60 * NS_PER_S) /* for a launcher to start them all */
#define REPLY_NS (10 * NS_PER_S) /* for a host that is there to answer */
#define LATE_NS  (30 * NS_PER_S) /* behind the end of a run */

/* One of the others, as the leader sees it. */
struct host {
    int fd;            /* the connection, for what we say */
    FILE *replies;     /* the same, for what it says in time */
    char name[64];     /* as it calls itself */
    int64_t ahead_ns;  /* its clock before ours, */
    int64_t unsure_ns; /* known to that */
};

/* What the leader knows. */
static struct {
    const struct hosts_order *order;      /* what it is to do */
    const struct engine_options *options; /* of each host */
    int listen_fd;                        /* where they come to */
    char meeting[ADDRESS_TEXT_BYTES];     /* that, for --meet */
    struct host *hosts;                   /* those who have come */
    int count;                            /* how many */
    int64_t deadline_ns;                  /* for what they say next */
    bool begun;                           /* they run, */
    bool stopped;                         /* and were told to finish */
} lead;

/* What starts the others, in a group of its own; 0: none, or it has ended. */
static pid_t launcher;

/* ---- the leader: who comes --------------------------------------------- */

/* Listen where our packets to the server come from: who can reach the server
 * will most likely reach us there. */
static void
open_meeting(void)
{
    struct sockaddr_storage address;
    socklen_t bytes = sizeof address;
    const int hour_s = 3600;
    int family = lead.options->address.ss_family;
    int probe = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(probe, (const struct sockaddr *)&lead.options->address,
                sizeof lead.options->address) != 0 ||
        getsockname(probe, (struct sockaddr *)&address, &bytes) != 0) {
        err(EXIT_NO_MEASURE, "no way to the server");
    }
    close(probe);
    /* The port is at the same place in either family; 0 is any. */
    ((struct sockaddr_in *)&address)->sin_port = 0;
    lead.listen_fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Who says nothing is a stranger, and costs nobody any time. */
    setsockopt(lead.listen_fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &hour_s,
               sizeof hour_s);
    if (bind(lead.listen_fd, (struct sockaddr *)&address, bytes) != 0 ||
        listen(lead.listen_fd, SOMAXCONN) != 0 ||
        getsockname(lead.listen_fd, (struct sockaddr *)&address, &bytes) !=
            0) {
        err(EXIT_NO_MEASURE, "listen for the other hosts");
    }
    address_format(&address, lead.meeting);
}

/* Returns 0, or how it ended, if it has ended since the last look. */
static int
launcher_status(void)
{
    int status = 0;
    if (launcher > 0 && waitpid(launcher, &status, WNOHANG) == launcher) {
        launcher = 0;
    }
    return status;
}

/* When all is printed: it may tidy up, but need not end by itself. */
static void
dismiss_launcher(void)
{
    static const int signals[] = {0, SIGTERM, SIGKILL};
    for (int i = 0; i < 3 && launcher > 0; i++) {
        kill(-launcher, signals[i]);
        int looks = PARTING_LOOKS;
        while (launcher_status() == 0 && launcher > 0 && looks-- > 0) {
            poll(NULL, 0, 10);
        }
    }
}

/* In a session of its own: Ctrl-C is ours alone, so that the others end by
 * our word and still send what they saw. */
static void
launch(void)
{
    char program[4096];
    char meet[ADDRESS_TEXT_BYTES + 8];
    char *line;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    snprintf(meet, sizeof meet, "--meet=%s", lead.meeting);
    if (lead.order->launcher == NULL) {
        warnx("now start on each of %d hosts: %s %s", lead.order->hosts,
              program, meet);
        return;
    }
    if (asprintf(&line, "%s \"$@\"", lead.order->launcher) == -1 ||
        (launcher = fork()) == -1) {
        err(EXIT_NO_MEASURE, "start the launcher");
    }
    if (launcher == 0) {
        setsid();
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* we may be killed */
        signal(SIGPIPE, SIG_DFL);
        close(STDIN_FILENO);
        open("/dev/null", O_RDONLY);
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", line, "sh", program, meet, NULL);
        _exit(127);
    }
    free(line);
    atexit(dismiss_launcher);
}

/* For stdio, which would take a signal for an error, and knows no time.
 * Ctrl-C stops them all, once, and who runs has time to say what it saw. */
static ssize_t
read_in_time(void *cookie, char *buffer, size_t bytes)
{
    const struct host *host = cookie;
    struct pollfd answer = {.fd = host->fd, .events = POLLIN};
    int ready;
    while ((ready = poll(&answer, 1, LOOK_MS)) <= 0 &&
           clock_now_ns() < lead.deadline_ns) {
        if (!*lead.options->interrupted || lead.stopped) {
            continue;
        }
        lead.stopped = true;
        lead.deadline_ns = clock_now_ns() + (lead.begun ? LATE_NS : 0);
        for (int i = 0; i < lead.count; i++) {
            /* A word that is not read would make its close a reset. */
            shutdown(lead.hosts[i].fd, SHUT_WR);
        }
    }
    return ready > 0 ? read(host->fd, buffer, bytes) : -1;
}

/* Take who has connected, if it is one of ours, and give it our words. */
static void
admit(int fd)
{
    struct host *host = &lead.hosts[lead.count];
    const cookie_io_functions_t functions = {.read = read_in_time};
    char line[128]; /* of which a stranger may say half */
    *host = (struct host){
        .fd = fd, .replies = given(fopencookie(host, "r", functions))};
    lead.deadline_ns = clock_now_ns() + REPLY_NS;
    if (fgets(line, sizeof line, host->replies) == NULL ||
        strchr(line, '\n') == NULL ||
        sscanf(line, "host %63[!-~]", host->name) != 1) {
        fclose(host->replies);
        close(fd);
        return;
    }
    dprintf(fd, "words %d\n", lead.order->argc);
    for (int i = 0; i < lead.order->argc; i++) {
        dprintf(fd, "%s%c", lead.order->argv[i], '\0');
    }
    lead.count++;
}

/* Returns 0 when all are there; or -1, after a sentence or Ctrl-C. A launcher
 * may well end before what it has started. */
static int
gather(void)
{
    const struct hosts_order *order = lead.order;
    struct pollfd listener = {.fd = lead.listen_fd, .events = POLLIN};
    int64_t deadline_ns = launcher > 0 ? clock_now_ns() + JOIN_NS : INT64_MAX;
    const char *why = NULL;
    int idle = 0;
    while (lead.count < order->hosts && why == NULL &&
           !*lead.options->interrupted) {
        int ready = poll(&listener, 1, LOOK_MS);
        int fd =
            ready > 0 ? accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd != -1) {
            admit(fd);
        } else if (ready > 0 && errno != EINTR && errno != ECONNABORTED) {
            why = strerror(errno);
        } else if (++idle == PATIENT_LOOKS) {
            warnx("%d of %d hosts have joined", lead.count, order->hosts);
        }
        int status = launcher_status();
        bool ended = order->launcher != NULL && launcher == 0;
        if (ended) {
            deadline_ns = MIN(deadline_ns, clock_now_ns() + REPLY_NS);
        }
        if (status != 0) {
            why = "the launcher failed";
        } else if (clock_now_ns() > deadline_ns) {
            why = ended ? "the launcher has ended" : "a minute is over";
        }
    }
    if (why != NULL && lead.count < order->hosts) {
        warnx("%s, and of %d hosts %d joined %s; each must be able to start "
              "this program and to reach that address",
              why, order->hosts, lead.count, lead.meeting);
    }
    return lead.count == order->hosts ? 0 : -1;
}

/* ---- the leader: one instant ------------------------------------------- */

/* The shorter the way there and back, the less can the other clock differ
 * from what it says in the middle of it: by half the way at most (Cristian,
 * Probabilistic Clock Synchronization, 1989). Returns 0, or -1. */
static int
compare_clocks(struct host *host)
{
    char line[32];
    host->unsure_ns = INT64_MAX;
    for (int i = 0; i < CLOCK_LOOKS; i++) {
        int64_t before_ns = clock_wall_ns();
        dprintf(host->fd, "clock\n");
        if (fgets(line, sizeof line, host->replies) == NULL) {
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
begin(void)
{
    for (int i = 0; i < lead.count; i++) {
        struct host *host = &lead.hosts[i];
        lead.deadline_ns = clock_now_ns() + REPLY_NS;
        if (compare_clocks(host) != 0) {
            if (!*lead.options->interrupted) {
                warnx("%s ended before it began", host->name);
            }
            return -1;
        }
    }
    int64_t begin_ns = clock_wall_ns() + BEGIN_NS;
    for (int i = 0; i < lead.count; i++) {
        struct host *host = &lead.hosts[i];
        int64_t theirs_ns = begin_ns + host->ahead_ns;
        dprintf(host->fd, "begin %lld %d %d\n", (long long)theirs_ns, i,
                lead.count);
    }
    lead.begun = true;
    return 0;
}

/* ---- the leader: what they saw ----------------------------------------- */

/* Add up what they send. Who sends nothing readable is named. */
static void
collect(FILE *stream, struct merge *merge)
{
    static struct saved_run run;
    const struct engine_result *result = &run.result;
    const struct engine_options *options = lead.options;
    /* To connect may take four times as long in all. */
    lead.deadline_ns = clock_now_ns() + options->warmup_ns +
                       options->window_ns + options->timeout_ns +
                       4 * options->connect_timeout_ns + LATE_NS;
    for (int i = 0; i < lead.count; i++) {
        const struct host *host = &lead.hosts[i];
        char reason[SAVED_REASON_BYTES] = "";
        bool silent = ungetc(getc(host->replies), host->replies) == EOF;
        int status = silent ? -1 : saved_read(host->replies, &run, reason);
        run.begun_ms -= host->ahead_ns / NS_PER_MS;
        if (status != 0 || merge_add(merge, &run, reason) != 0) {
            fprintf(stream, "  host        %s is missing: %s%s\n", host->name,
                    silent ? "it has sent nothing" : "what it sent ", reason);
            continue;
        }
        double seconds = (double)result->window_ns / NS_PER_S;
        const struct histogram *times =
            options->rate_per_s > 0 ? &result->response : &result->latency;
        fprintf(stream,
                "  host        %s: %s echoes/s, p99 %s, clock %+.2f ms "
                "(+-%.2f)%s\n",
                host->name, COUNT_TEXT((double)result->echoes / seconds),
                TIME_TEXT(histogram_known_ns(times, 0.99)),
                (double)host->ahead_ns / NS_PER_MS,
                (double)host->unsure_ns / NS_PER_MS,
                result->interrupted ? " (interrupted)" : "");
    }
    merge_note_times(stream, merge);
}

int
hosts_lead(const struct hosts_order *order,
           const struct engine_options *options, struct saved_run *sum)
{
    static struct merge merge;
    char heading[SAVED_TARGET_BYTES + 48];
    char part[24] = "";
    char *lines = NULL;
    size_t bytes;
    FILE *stream = given(open_memstream(&lines, &bytes));
    lead.order = order;
    lead.options = options;
    lead.hosts = given(calloc((size_t)order->hosts, sizeof *lead.hosts));
    signal(SIGPIPE, SIG_IGN); /* a host that has gone is a line too few */
    open_meeting();
    launch();
    if (gather() == 0 && begin() == 0) {
        collect(stream, &merge);
    }
    fclose(stream);
    while (lead.count > 0) {
        struct host *host = &lead.hosts[--lead.count];
        fclose(host->replies);
        close(host->fd);
    }
    free(lead.hosts);
    close(lead.listen_fd);
    int good = merge.runs;
    *sum = merge.sum;
    if (good > 0) {
        if (good < order->hosts) {
            snprintf(part, sizeof part, "%d of ", good);
        }
        snprintf(heading, sizeof heading, "%s, from %s%d host%s", sum->target,
                 part, order->hosts, order->hosts == 1 ? "" : "s");
        summary_print(heading, sum);
    }
    fputs(lines, good > 0 ? stdout : stderr);
    free(lines);
    if (good < order->hosts && launcher > 0) {
        kill(-launcher, SIGTERM);
    }
    return good == order->hosts ? 0 : EXIT_NO_MEASURE;
}

/* ---- one of the others ------------------------------------------------- */

static FILE *leader; /* what it says */

int
hosts_join(const struct engine_options *meeting, int *argc, char ***argv)
{
    char name[64] = "?";
    int fd =
        socket(meeting->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    leader = fdopen(dup(fd), "r");
    gethostname(name, sizeof name - 1);
    if (leader == NULL ||
        connect(fd, (const struct sockaddr *)&meeting->address,
                sizeof meeting->address) != 0 ||
        dprintf(fd, "host %s\n", name) < 0 ||
        fscanf(leader, "words %d%*c", argc) != 1 ||
        (*argv = calloc((size_t)*argc + 1, sizeof **argv)) == NULL) {
        errx(EXIT_NO_MEASURE,
             "--meet: nobody waits there, or not for so many hosts");
    }
    for (int i = 0; i < *argc; i++) {
        size_t room = 0;
        if (getdelim(&(*argv)[i], &room, '\0', leader) < 1) {
            errx(EXIT_NO_MEASURE, "who leads has ended");
        }
    }
    return fd;
}

void
hosts_wait(int fd, struct engine_options *options, void (*on_end)(int number))
{
    char word[8];
    long long begin_ns;
    while (fscanf(leader, "%7s", word) == 1 && strcmp(word, "clock") == 0) {
        dprintf(fd, "%lld\n", (long long)clock_wall_ns());
    }
    if (fscanf(leader, "%lld %d %d", &begin_ns, &options->index,
               &options->runs) != 3) {
        errx(EXIT_NO_MEASURE, "who leads has ended");
    }
    fclose(leader);
    /* The leader's end wakes us wherever we are. */
    signal(SIGIO, on_end);
    fcntl(fd, F_SETOWN, getpid());
    fcntl(fd, F_SETFL, O_ASYNC);
    if (poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0) {
        raise(SIGIO);
    }
    struct timespec instant = {.tv_sec = begin_ns / NS_PER_S,
                               .tv_nsec = begin_ns % NS_PER_S};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &instant, NULL);
}
