/*
 * proc.c: a process and the kernel: what it says in files that are text, the
 * standard streams, the signals that end us, the limit of descriptors, and
 * the addresses of sockets.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <math.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/base/base.h"

size_t
proc_read(char *text, size_t text_bytes, const char *path, ...)
{
    char name[128];
    size_t length = 0;
    va_list args;
    FILE *file;

    va_start(args, path);
    vsnprintf(name, sizeof name, path, args);
    va_end(args);
    file = fopen(name, "re");
    if (file) {
        length = fread(text, 1, text_bytes - 1, file);
        fclose(file);
    }
    text[length] = '\0';
    return length;
}

const char *
proc_behind(const char *text, const char *key)
{
    const char *found = strstr(text, key);

    while (found && found != text && found[-1] != '\n') {
        found = strstr(found + 1, key);
    }
    return found ? found + strlen(key) : NULL;
}

double
proc_number(const char *text, const char *key)
{
    const char *number = proc_behind(text, key);

    return number ? strtod(number, NULL) : NAN;
}

int
streams_open(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* Of the numbers that are free it gets the lowest, which is fd. */
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1) {
            return -1;
        }
    }
    return 0;
}

void
streams_check(int status)
{
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        errx(status, "standard output is closed");
    }
    if (streams_open() == -1) {
        err(status, "/dev/null");
    }
}

void
signals_catch(void (*handler)(int number))
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    const struct sigaction action = {.sa_handler = handler,
                                     .sa_flags = SA_RESTART};
    struct sigaction before;
    sigset_t caught;
    sigemptyset(&caught);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        sigaction(numbers[i], NULL, &before);
        if (before.sa_handler != SIG_IGN || numbers[i] == SIGTERM) {
            sigaction(numbers[i], &action, NULL);
        }
        sigaddset(&caught, numbers[i]);
    }
    sigprocmask(SIG_UNBLOCK, &caught, NULL);
}

bool
address_parse(const char *host, int port, struct sockaddr_storage *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;
    struct in_addr dotted;
    char service[16];
    int error = EAI_NONAME;

    snprintf(service, sizeof service, "%d", port);
    /* That alone would take 1.2 for 1.0.0.2. */
    if (strchr(host, ':') || inet_pton(AF_INET, host, &dotted) == 1) {
        error = getaddrinfo(host, service, &hints, &found);
    }
    if (error != 0) {
        errno = error == EAI_NONAME ? EINVAL : ENOMEM;
        return false;
    }
    *address = (struct sockaddr_storage){0};
    memcpy(address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return true;
}

void
address_format(const struct sockaddr_storage *address,
               char text[ADDRESS_TEXT_BYTES])
{
    char host[ADDRESS_TEXT_BYTES - sizeof "[]:65535"] = "?";
    char port[sizeof "65535"] = "?";

    getnameinfo((const struct sockaddr *)address, sizeof *address, host,
                sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(text, ADDRESS_TEXT_BYTES,
             address->ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
             port);
}

bool
socket_is_own_peer(int fd)
{
    struct sockaddr_storage own = {0};
    struct sockaddr_storage peer = {0};
    socklen_t own_bytes = sizeof own;
    socklen_t peer_bytes = sizeof peer;
    return getsockname(fd, (struct sockaddr *)&own, &own_bytes) == 0 &&
           getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) == 0 &&
           memcmp(&own, &peer, sizeof own) == 0;
}

rlim_t
descriptors_raise(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    rlim_t soft = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : soft;
}

int
proc_descendants(pid_t pid, pid_t *list, int most)
{
    char text[1024];
    glob_t stats;
    int n = 0;

    /* A process has files that name its children, one for each thread, but
     * not under every kernel. The kernel itself is the parent of processes 1
     * and 2, by the number 0. */
    if (pid <= 0 ||
        glob("/proc/[1-9]*/stat", GLOB_NOSORT, NULL, &stats) != 0) {
        return 0;
    }
    struct {
        int pid, parent;
    } *all = calloc(stats.gl_pathc, sizeof *all);
    for (size_t i = 0; all && i < stats.gl_pathc; i++) {
        proc_read(text, sizeof text, "%s", stats.gl_pathv[i]);
        const char *name_end = strrchr(text, ')');
        sscanf(name_end ? name_end : "", ") %*c %d", &all[i].parent);
        sscanf(stats.gl_pathv[i], "/proc/%d", &all[i].pid);
    }
    for (int at = -1; all && at < n; at++) {
        for (size_t i = 0; i < stats.gl_pathc && n < most; i++) {
            if (all[i].parent == (at == -1 ? pid : list[at])) {
                list[n++] = all[i].pid;
            }
        }
    }
    free(all);
    globfree(&stats);
    return n;
}
