/*
 * run_drive.c: a server, load at it, one look at both. See course.h.
 */
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/compare/server.h"
#include "harness/course/course.h"
#include "harness/load/load.h"

enum {
    LOAD_MS = 60000,   /* for load to end, after these: */
    LOOKS_MAX = 2400,  /* at a server under load, */
    LOOK_MS = 50,      /* so long apart */
    IDLE_LOOKS = 20,   /* at one without */
    BUILD_MS = 600000, /* for a wrong server that must be made first */
};

/* What was seen of the last one that was driven. */
static struct drive {
    struct saved_run run;             /* what load saw; else all is 0 */
    struct server server;             /* how that ended, what it printed */
    struct server_look before, after; /* ... load came, has gone */
    double most_threads, most_kib;    /* of all looks between */
    double seconds;                   /* from the one to the other */
    bool alive;                       /* it was when load had gone */
    double stop_ms;                   /* that it took to end */
} drive;

/* ---- figures ----------------------------------------------------------- */

/* One of them, and its value of one run. */
struct drive_figure {
    const char *name;    /* in struct experiment */
    const char *meaning; /* in a few words */
    double value;        /* NAN: not known */
};

/* The last line that --stats has printed, or "". */
static const char *
stats_line(void)
{
    const char *line = strstr(drive.server.output, "{\"model\":");

    return line ? line : "";
}

/* A counter of it, or NAN. */
static double
stats_number(const char *name)
{
    char key[64];
    const char *at;

    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(stats_line(), key);
    return at ? strtod(at + strlen(key), NULL) : NAN;
}

/* Those on standard output that are neither the ready line nor --stats. */
static double
other_lines(void)
{
    double n = 0;

    for (const char *at = drive.server.output; *at; at++) {
        n += *at == '\n';
    }
    return n - (strstr(drive.server.output, SERVER_READY_WORDS) != NULL) -
           (stats_line()[0] != '\0');
}

#define FIGURES_MAX 48

/* Write the figures of a run. Returns how many. */
static size_t
take_load(struct drive_figure *to)
{
    const struct engine_result *r = &drive.run.result;
    const struct histogram *times =
        drive.run.options.rate_per_s > 0 ? &r->response : &r->latency;
    const double window_s = (double)r->window_ns / NS_PER_S;
    uint64_t errors = 0;

    for (int i = 0; i < ENGINE_SERVER_ERRORS; i++) {
        errors += r->errors[i];
    }
    /* What nobody has waited for took no time: that is not 0. */
    const double ms = times->count > 0 ? 1.0 / NS_PER_MS : NAN;
#define MS(histogram, quantile)                                              \
    (ms * (double)histogram_quantile_ns(histogram, quantile))
    const struct drive_figure all[] = {
        {"served", "clients that speak and had an echo", r->served_speaking},
        {"unserved", "... and had none",
         drive.run.options.clients - r->served_speaking},
        {"asked", "clients that speak", drive.run.options.clients},
        {"silent_served", "silent ones that had an echo at the end",
         r->served - r->served_speaking},
        {"echoes", "whole echoes while it was measured", (double)r->echoes},
        {"echoes_per_s", "... in a second", (double)r->echoes / window_s},
        {"p50_ms", "half of all echoes took no longer", MS(times, .5)},
        {"p99_ms", "... 99 of 100; with --rate the response time, from due",
         MS(times, .99)},
        {"p999_ms", "... 999 of 1000", MS(times, .999)},
        {"max_ms", "... all", ms * (double)times->max_ns},
        {"mean_ms", "... the mean", ms * histogram_mean_ns(times)},
        {"service_p99_ms", "with --rate: 99 of 100, from sent on",
         MS(&r->latency, .99)},
        {"due", "with --rate: messages that were due", (double)r->arrivals},
        {"errors", "connections that the server broke", (double)errors},
        {"wrong", "... with a wrong byte, or one too many",
         (double)(r->errors[ENGINE_MISMATCH] +
                  r->errors[ENGINE_EXTRA_BYTES])},
        {"unfinished", "messages without their echo at the end",
         (double)r->unfinished},
        {"stalled", "clients left in the middle", r->stalled},
        {"connected", "clients that connected", r->connected},
        {"connect_max_ms", "the longest connect",
         (double)r->connect.max_ns / NS_PER_MS},
        {"client_cpu_percent", "CPU of the client, of one",
         1e2 * (double)r->client_cpu_ns / (double)r->window_ns},
    };
#undef MS
    memcpy(to, all, sizeof all);
    return COUNT(all);
}

static size_t
take_server(struct drive_figure *to)
{
    const struct server_look *before = &drive.before;
    const struct server_end *end = &drive.server.end;
    const double clients =
        drive.run.options.clients + drive.run.options.silent_clients;
    const double echoes = (double)drive.run.result.echoes_total;
    const int status = end->wait_status;
    const double cpu_ns = drive.after.cpu_ns - before->cpu_ns;

    const struct drive_figure all[] = {
        {"threads", "of the server, at most", drive.most_threads},
        {"rss_kib", "resident memory of the server, at most", drive.most_kib},
        {"rss_kib_per_client", "... that a client adds",
         (drive.most_kib - before->rss_kib) / clients},
        {"stack_kib", "of a thread in the kernel", before->stack_kib},
        {"cpu_percent", "CPU of the server while load ran, of one",
         cpu_ns / drive.seconds / NS_PER_S * 1e2},
        {"cpu_us_per_echo", "... for each echo", cpu_ns / 1e3 / echoes},
        {"switches_per_echo", "context switches of its whole life",
         end->switches / echoes},
        {"alive", "1: it still ran when load had gone", drive.alive},
        {"exit_status", "of the server; above 128 the signal that ended it",
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)},
        {"killed", "1: SIGTERM was not enough", drive.server.killed},
        {"stop_ms", "from SIGTERM to its end", drive.stop_ms},
        {"lines", "that it printed beside the ready line and --stats",
         other_lines()},
        {"bytes_lost", "that came in and never went out",
         stats_number("bytes_in") - stats_number("bytes_out")},
        {"refused_by_server", "clients that it had no room for",
         stats_number("refused")},
    };
    memcpy(to, all, sizeof all);
    return COUNT(all);
}

static size_t
take_figures(struct drive_figure *to)
{
    size_t n = take_load(to);

    return n + take_server(to + n);
}

/* By its name: one of ours, a kind of error, or a counter of --stats. */
double
drive_read(const struct experiment *row)
{
    const char *name = row->figure;
    struct drive_figure all[FIGURES_MAX];
    size_t n = take_figures(all);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].value;
        }
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        if (strcmp(engine_error_name(i), name) == 0) {
            return (double)drive.run.result.errors[i];
        }
    }
    return stats_number(name);
}

void
drive_figures(FILE *stream)
{
    struct drive_figure all[FIGURES_MAX];
    size_t n = take_figures(all);

    fprintf(stream, "Of a server that is driven:\n");
    for (size_t i = 0; i < n; i++) {
        fprintf(stream, "  %-22s %s\n", all[i].name, all[i].meaning);
    }
    for (int i = 0; i < ENGINE_ERRORS; i++) {
        fprintf(stream, "  %-22s errors of that kind\n",
                engine_error_name(i));
    }
    fprintf(stream, "  and what its --stats prints: accepted, closed_eof, "
                    "closed_error, ...\n");
}

/* ---- the run ----------------------------------------------------------- */

static void
look(void)
{
    server_look(&drive.server, &drive.after);
    drive.most_threads = fmax(drive.most_threads, drive.after.threads);
    drive.most_kib = fmax(drive.most_kib, drive.after.rss_kib);
}

/* The words of a server: NAME=VALUE before it is its environment, "mine/" and
 * "mutants/" are folders beside ours, which make looks after. */
static int
name_server(struct child *words, const char *line)
{
    struct child given = {0};
    char make[CHILD_LINE_BYTES];
    int i = 0;

    child_words(&given, line);
    if (given.words[0] && strchr(given.words[0], '=')) {
        child_word(words, "env");
    }
    while (given.words[i] && strchr(given.words[i], '=')) {
        child_word(words, "%s", given.words[i++]);
    }
    if (!given.words[i]) {
        return -1;
    }
    snprintf(make, sizeof make, "make -s %s/%s", course_build(),
             given.words[i]);
    if (!strchr(given.words[i], '/')) {
        child_word(words, "%s/bin/%s", course_build(), given.words[i++]);
    } else if (child_line(make, BUILD_MS, NULL, NULL) == 0) {
        child_word(words, "%s/%s", course_build(), given.words[i++]);
    } else {
        return -1;
    }
    while (given.words[i]) {
        child_word(words, "%s", given.words[i++]);
    }
    return 0;
}

const char *
drive_server(struct server *server, const char *line, FILE *stream)
{
    static char reason[SERVER_REASON_BYTES + 16] = "the server ";
    struct server_order order = {.start_timeout_ns = 20 * NS_PER_S,
                                 .interrupted = &course_interrupted};
    char address[ADDRESS_TEXT_BYTES];
    struct child words = {0};
    cpu_set_t cpus;

    sched_getaffinity(0, sizeof cpus, &cpus);
    order.cpus = &cpus;
    if (name_server(&words, line) != 0 ||
        words.nwords > SERVER_ARGUMENTS_MAX - 3) {
        return "that server could not be made; make says why above";
    }
    child_word(&words, "--stats");
    memcpy(order.arguments, words.words, sizeof order.arguments);
    order.arguments[words.nwords] = "--port=0";
    if (server_start(server, &order, reason + strlen("the server ")) != 0) {
        return reason;
    }
    address_format(&server->address, address);
    child_word(&words, "--port=%s", strrchr(address, ':') + 1);
    child_show(stream, &words, " &");
    return NULL;
}

int
loading_start(struct loading *loading, const struct server *server,
              const char *flags, FILE *stream)
{
    struct child *load = &loading->child;
    char address[ADDRESS_TEXT_BYTES];
    int fd = memfd_create("save", MFD_CLOEXEC);

    address_format(&server->address, address);
    child_word(load, "%s/bin/load", course_build());
    child_word(load, "%s", address);
    child_words(load, flags);
    child_show(stream, load, "");
    child_word(load, "--save=/proc/%d/fd/%d", getpid(), fd);
    loading->file = fdopen(fd, "r");
    if (loading->file && child_start(load) == 0) {
        return 0;
    }
    close(fd);
    return -1;
}

const char *
loading_end(struct loading *loading, struct saved_run *run)
{
    static char reason[SAVED_REASON_BYTES];
    int status = child_end(&loading->child, LOAD_MS);
    bool good = saved_read(loading->file, run, reason) == 0;
    bool late = good && run->result.errors[ENGINE_CLIENT_LATE] > 0;

    fclose(loading->file);
    return status != -1 && good && (status <= 1 || late)
               ? NULL
               : "load could not measure that; it says why above";
}

const char *
drive_run(const struct finding *findings, size_t n, const char *from,
          FILE *stream)
{
    const struct experiment *row = findings->experiment;
    struct loading loading = {.child.stream = stream};
    int64_t begin_ns = clock_now_ns();
    int looks = 0;

    (void)n, (void)from;
    drive = (struct drive){0};
    const char *problem = drive_server(&drive.server, row->server, stream);
    if (problem) {
        return problem;
    }
    look();
    drive.before = drive.after;
    if (!row->load) {
        while (looks++ < IDLE_LOOKS && poll(NULL, 0, LOOK_MS) == 0) {
            look();
        }
    } else if (loading_start(&loading, &drive.server, row->load, stream) !=
               0) {
        problem = "load could not be started";
    } else {
        while (looks++ < LOOKS_MAX && !course_interrupted &&
               !child_wait(&loading.child, LOOK_MS)) {
            look();
        }
        problem = loading_end(&loading, &drive.run);
        if (!problem && drive.run.result.errors[ENGINE_CLIENT_LATE] > 0) {
            problem = "load was late itself; close other programs, and again";
        }
    }
    drive.alive = !server_has_ended(&drive.server);
    look();
    drive.seconds = (double)(clock_now_ns() - begin_ns) / NS_PER_S;
    begin_ns = clock_now_ns();
    server_stop(&drive.server);
    drive.stop_ms = (double)(clock_now_ns() - begin_ns) / NS_PER_MS;
    return problem;
}
