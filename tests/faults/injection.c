/* injection.c: see injection.h. */
#include "tests/faults/injection.h"

#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/tally.h"
#include "tests/conformance/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- strace ----------------------------------------------------------- */

/* strace and the leak check of a sanitizer both want to trace the process,
 * and only one can. */
static const char no_leak_check[] = "ASAN_OPTIONS=detect_leaks=0";

struct injection
injection_by_strace(struct server_setup setup, const char *calls,
                    const char *error, const char *when)
{
    static char log_path[64];
    static char trace[160];
    static char inject[240];
    struct injection injection;
    int i = 0;

    injection.log_fd = memfd_create("strace", MFD_CLOEXEC);
    require(injection.log_fd >= 0, "memfd_create: %s", strerror(errno));
    snprintf(log_path, sizeof log_path, "/proc/%d/fd/%d", (int)getpid(),
             injection.log_fd);
    snprintf(trace, sizeof trace, "trace=%s", calls);
    snprintf(inject, sizeof inject, "inject=%s:error=%s:when=%s", calls,
             error, when);
    setup.launcher[i++] = "strace";
    setup.launcher[i++] = "-D"; /* the server is the child, not strace */
    setup.launcher[i++] = "-f";
    setup.launcher[i++] = "--seccomp-bpf"; /* other calls stay fast */
    setup.launcher[i++] = "-qqq";
    setup.launcher[i++] = "-e";
    setup.launcher[i++] = "signal=none";
    setup.launcher[i++] = "-o";
    setup.launcher[i++] = log_path;
    setup.launcher[i++] = "-e";
    setup.launcher[i++] = trace;
    setup.launcher[i++] = "-e";
    setup.launcher[i++] = inject;
    if (patience_sanitized()) {
        setup.environment[0] = no_leak_check;
    }
    injection.server = server_start(setup);
    injection.descriptors = process_descriptors(injection.server.pid);
    return injection;
}

/* True when strace has made a call fail; it may be a moment late with
 * saying so. */
static bool
has_injected(void *subject)
{
    const struct injection *injection = (const struct injection *)subject;
    char text[65536];
    ssize_t nread = pread(injection->log_fd, text, sizeof text - 1, 0);

    text[nread > 0 ? nread : 0] = '\0';
    return strstr(text, "(INJECTED)") != NULL;
}

const char *
injection_no_strace(void)
{
    static int answer = -1;

    if (answer == -1) {
        /* NOLINTNEXTLINE(cert-env33-c): a command without anybody's input */
        answer = system("strace -D -f --seccomp-bpf -qqq -o /dev/null "
                        "-e trace=getppid -e inject=getppid:error=EPERM "
                        "true 2>/dev/null");
    }
    return answer == 0 ? NULL
                       : "strace is missing here or may not trace; 'apt-get "
                         "install strace' gets it";
}

/* ---- the shim --------------------------------------------------------- */

/* The path of `name` beside this program. */
static const char *
beside_us(const char *name)
{
    static char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash;

    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    snprintf(slash == NULL ? path : slash + 1, 64, "%s", name);
    return path;
}

void
injection_add_shim(struct server_setup *setup, const char *const *wishes)
{
    static char preload[64];
    int i = 0;
    int shim_fd = open(beside_us("shim.so"), O_RDONLY | O_CLOEXEC);

    /* A path may hold blanks, at which the loader would cut it. */
    require(shim_fd != -1, "shim.so: %s", strerror(errno));
    snprintf(preload, sizeof preload, "LD_PRELOAD=/proc/%d/fd/%d",
             (int)getpid(), shim_fd);
    setup->environment[i++] = preload;
    if (patience_sanitized()) {
        /* The runtime wants to be the first library, but works as second. */
        setup->environment[i++] = "ASAN_OPTIONS=verify_asan_link_order=0";
    }
    while (*wishes != NULL) {
        require(i < SERVER_ENVIRONMENT_MAX, "too many wishes for the shim");
        setup->environment[i++] = *wishes++;
    }
}

struct injection
injection_by_shim(struct server_setup setup, const char *const *wishes)
{
    struct injection injection = {.log_fd = -1};

    injection_add_shim(&setup, wishes);
    injection.server = server_start(setup);
    injection.descriptors = process_descriptors(injection.server.pid);
    return injection;
}

long
injection_shim_count(const struct server *server, const char *words)
{
    char text[4096];
    char *line;
    char *at;

    server_stderr(server, text, sizeof text);
    line = strstr(text, "shim: ");
    at = line == NULL ? NULL : strstr(line, words);
    require(at != NULL, "the shim does not say how many %s: \"%s\"", words,
            text);
    while (at > line && (at[-1] == ' ' || (at[-1] >= '0' && at[-1] <= '9'))) {
        at--;
    }
    return strtol(at, NULL, 10);
}

const char *
injection_no_shim(void)
{
    if (patience_delays_signals()) {
        return "thread sanitizer must stand before every other library";
    }
    return access(beside_us("shim.so"), R_OK) == 0
               ? NULL
               : "shim.so is not beside this program";
}

const char *
injection_no_malloc(void)
{
    return patience_sanitized() ? "a sanitizer has an allocator of its own"
                                : injection_no_shim();
}

/* ---- the end ---------------------------------------------------------- */

struct server_stats
injection_end(struct injection *injection)
{
    struct server_stats stats;
    int i;

    if (injection->log_fd >= 0) {
        require(patience_until(has_injected, injection, PATIENCE_MS),
                "no fault was injected: this case proves nothing");
        tally_add(TALLY_INJECTED, 1);
    }
    for (i = 0; i < 3; i++) {
        expect_alive(&injection->server);
    }
    expect_descriptors(&injection->server, injection->descriptors);
    stats = server_stop(&injection->server);
    if (injection->log_fd < 0) {
        require(injection_shim_count(&injection->server, "faults") > 0,
                "no fault was injected: this case proves nothing");
        tally_add(TALLY_INJECTED, 1);
    }
    tally_add(TALLY_RECOVERED, 1);
    close(injection->log_fd);
    return stats;
}
