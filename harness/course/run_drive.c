/*
 * run_drive.c: a server, load at it, one look at both. See course.h.
 */
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/compare/server.h"
#include "harness/course/course.h"

/* What was seen of the last one that was driven. */
static struct drive {
    struct saved_run run;             /* what load saw; else all is 0 */
    struct server server;             /* what that printed */
    struct server_look before, after; /* ... load came, has gone */
    double most_threads;              /* of all looks between */
    double ns;                        /* from the one to the other */
    bool alive;                       /* it was when load had gone */
    double stop_ms;                   /* that it took to end */
} drive;

double
drive_read(const struct experiment *row)
{
    const struct engine_result *r = &drive.run.result;
    /* What nobody has waited for took no time: that is not 0. */
    const double ms = r->latency.count > 0 ? 1.0 / NS_PER_MS : NAN;
    uint64_t errors = 0;
    const char *line = drive.server.output;
    int lines = strstr(line, SERVER_READY_WORDS) ? -1 : 0; /* others */

    while ((line = strchr(line, '\n'))) {
        line++;
        lines++;
    }
    for (int i = 0; i < ENGINE_SERVER_ERRORS; i++) {
        errors += r->errors[i];
    }
    const struct {
        const char *name; /* as experiments.table has it */
        double value;     /* NAN: not known */
    } all[] = {
        {"served", r->served_speaking},
        {"connected", r->connected},
        {"unserved", drive.run.options.clients - r->served_speaking},
        {"echoes", (double)r->echoes},
        {"echoes_per_s", (double)r->echoes * NS_PER_S / (double)r->window_ns},
        {"p50_ms", ms * (double)histogram_quantile_ns(&r->latency, .5)},
        {"p99_ms", ms * (double)histogram_quantile_ns(&r->latency, .99)},
        {"max_ms", ms * (double)r->latency.max_ns},
        {"errors", (double)errors},
        {"refused", (double)r->errors[ENGINE_REFUSED]},
        {"wrong", (double)(r->errors[ENGINE_MISMATCH] +
                           r->errors[ENGINE_EXTRA_BYTES])},
        {"threads", drive.most_threads},
        {"cpu_percent",
         1e2 * (drive.after.cpu_ns - drive.before.cpu_ns) / drive.ns},
        {"alive", drive.alive},
        {"lines", lines},
        {"stop_ms", drive.stop_ms},
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        if (strcmp(all[i].name, row->figure) == 0) {
            return all[i].value;
        }
    }
    return NAN;
}

/* ---- the run ----------------------------------------------------------- */

const char *
drive_server(struct server *server, const char *line)
{
    static char command[CHILD_LINE_BYTES + 16];
    const struct server_order order = {.command = command,
                                       .start_timeout_ns = 20 * NS_PER_S,
                                       .interrupted = &course_interrupted};
    bool made = line[strcspn(line, " /")] == '/'; /* by make, from mine/ */
    char words[CHILD_LINE_BYTES];
    char shown[CHILD_LINE_BYTES];
    char address[ADDRESS_TEXT_BYTES];

    PUT(words, "%s/%s%s", course_build(), made ? "" : "bin/", line);
    if (made) {
        PUT(shown, "make -s %.*s", (int)strcspn(words, " "), words);
        child_show(shown);
        if (child_run(shown, NULL) != 0) {
            return "that server could not be made; make says why above";
        }
        if (strncmp(line, "mutants/", strlen("mutants/")) == 0) {
            PUT(shown, "grep '^[-+]' tests/%.*s.diff",
                (int)strcspn(line, " "), line);
            child_show(shown);
            child_run(shown, NULL);
        }
    }
    PUT(command, "%s --port=0", words);
    if (server_start(server, &order) != 0) {
        char reason[SERVER_REASON_BYTES + 16];

        PUT(reason, "the server %s", server->reason);
        return strdup(reason);
    }
    address_format(&server->address, address);
    text_append(words, sizeof words, " ", "--port=%s &",
                strrchr(address, ':') + 1);
    child_show(words);
    return NULL;
}

FILE *
drive_load(char line[CHILD_LINE_BYTES], const struct server *server,
           const char *flags)
{
    char address[ADDRESS_TEXT_BYTES];
    char shown[CHILD_LINE_BYTES];
    int fd = memfd_create("save", MFD_CLOEXEC);

    address_format(&server->address, address);
    PUT(shown, "%s/bin/load %s %s", course_build(), address, flags);
    child_show(shown);
    /* How far it is would be told to a terminal, in the middle of this. */
    text_append(line, CHILD_LINE_BYTES, " & ",
                "2>&1 %s --save=/proc/%d/fd/%d", shown, getpid(), fd);
    return fdopen(fd, "r");
}

static void
look(void)
{
    server_look(&drive.server, &drive.after);
    drive.most_threads = fmax(drive.most_threads, drive.after.threads);
}

const char *
drive_run(const struct experiment *row)
{
    char line[CHILD_LINE_BYTES] = "";
    char reason[SAVED_REASON_BYTES];

    drive = (struct drive){0};
    const char *problem = drive_server(&drive.server, row->server);
    if (problem) {
        return problem;
    }
    int64_t begin_ns = clock_now_ns();
    look();
    drive.before = drive.after;
    if (row->load[0] == '\0') {
        child_run("sleep 1", look);
    } else {
        FILE *saved = drive_load(line, &drive.server, row->load);

        child_run(line, look);
        if (saved_read(saved, &drive.run, reason) != 0 ||
            engine_result_invalid(&drive.run.result)) {
            problem = "load could not measure that; it says why above";
        }
        fclose(saved);
    }
    drive.alive = !server_ends_within(&drive.server, 0);
    look();
    int64_t end_ns = clock_now_ns();
    server_stop(&drive.server);
    drive.ns = (double)(end_ns - begin_ns);
    drive.stop_ms = (double)(clock_now_ns() - end_ns) / NS_PER_MS;
    return problem;
}
