/*
 * capture.c: what a server prints. See capture.h.
 */
#include "harness/compare/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "harness/compare/address.h"

#define READY_WORDS "listening on "

static int open_pipe(struct capture_stream *stream);
static void close_all(struct capture *capture);
static void *capture_main(void *arg);
static void drain(struct capture *capture, struct capture_stream *stream);
static void keep(struct capture_stream *stream, const char *bytes,
                 size_t nread);
static bool find_ready_line(const struct capture_stream *stream,
                            struct sockaddr_storage *address,
                            socklen_t *address_bytes);
static const char *next_ready_words(const char *text);
static void copy_printable(char *line, size_t line_bytes, const char *text,
                           size_t length);
static void close_fd(int *fd);

int
capture_start(struct capture *capture)
{
    pthread_condattr_t attributes;
    int error;

    memset(capture, 0, sizeof *capture);
    capture->out.read_fd = capture->out.write_fd = -1;
    capture->error.read_fd = capture->error.write_fd = -1;
    capture->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (capture->stop_fd == -1 || open_pipe(&capture->out) != 0 ||
        open_pipe(&capture->error) != 0) {
        close_all(capture);
        return -1;
    }
    pthread_mutex_init(&capture->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&capture->printed, &attributes);
    pthread_condattr_destroy(&attributes);
    error = pthread_create(&capture->thread, NULL, capture_main, capture);
    if (error != 0) {
        close_all(capture);
        errno = error;
        return -1;
    }
    return 0;
}

void
capture_started(struct capture *capture)
{
    close_fd(&capture->out.write_fd);
    close_fd(&capture->error.write_fd);
}

bool
capture_ready_line(struct capture *capture, struct sockaddr_storage *address,
                   socklen_t *address_bytes, int64_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = deadline_ns / 1000000000,
        .tv_nsec = deadline_ns % 1000000000,
    };
    bool found;

    pthread_mutex_lock(&capture->mutex);
    do {
        found = find_ready_line(&capture->out, address, address_bytes);
    } while (!found &&
             pthread_cond_timedwait(&capture->printed, &capture->mutex,
                                    &deadline) == 0);
    pthread_mutex_unlock(&capture->mutex);
    return found;
}

void
capture_end(struct capture *capture)
{
    uint64_t one = 1;

    capture_started(capture);
    if (write(capture->stop_fd, &one, sizeof one) == sizeof one) {
        pthread_join(capture->thread, NULL);
    }
    pthread_cond_destroy(&capture->printed);
    pthread_mutex_destroy(&capture->mutex);
    close_all(capture);
}

void
capture_last_line(const struct capture_stream *stream, char *line,
                  size_t line_bytes)
{
    const char *end = stream->tail + stream->tail_bytes;
    const char *begin;

    while (end > stream->tail && (end[-1] == '\n' || end[-1] == '\r')) {
        end--;
    }
    begin = end;
    while (begin > stream->tail && begin[-1] != '\n') {
        begin--;
    }
    copy_printable(line, line_bytes, begin, (size_t)(end - begin));
}

void
capture_false_ready_line(const struct capture_stream *stream, char *line,
                         size_t line_bytes)
{
    const char *words = next_ready_words(stream->head);

    copy_printable(line, line_bytes, words ? words : "",
                   words ? strcspn(words, "\r\n") : 0);
}

static int
open_pipe(struct capture_stream *stream)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) == -1) {
        return -1;
    }
    stream->read_fd = fds[0];
    stream->write_fd = fds[1];
    /* Our end only: the flag belongs to the end, not to the pipe. */
    return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

static void
close_all(struct capture *capture)
{
    close_fd(&capture->out.read_fd);
    close_fd(&capture->out.write_fd);
    close_fd(&capture->error.read_fd);
    close_fd(&capture->error.write_fd);
    close_fd(&capture->stop_fd);
}

/* The thread: a stream that has ended is left out by its -1. */
static void *
capture_main(void *arg)
{
    struct capture *capture = arg;
    struct pollfd fds[3] = {
        {.fd = capture->out.read_fd, .events = POLLIN},
        {.fd = capture->error.read_fd, .events = POLLIN},
        {.fd = capture->stop_fd, .events = POLLIN},
    };

    while (fds[2].revents == 0) {
        if (poll(fds, 3, -1) == -1 && errno != EINTR) {
            break;
        }
        drain(capture, &capture->out);
        drain(capture, &capture->error);
        fds[0].fd = capture->out.read_fd;
        fds[1].fd = capture->error.read_fd;
    }
    return NULL;
}

/* Take what is in the pipe now, but no more than a few pieces: a server
 * that prints without end must not keep us from the other stream. */
static void
drain(struct capture *capture, struct capture_stream *stream)
{
    char bytes[CAPTURE_BYTES];

    for (int i = 0; i < 32 && stream->read_fd != -1; i++) {
        ssize_t nread = read(stream->read_fd, bytes, sizeof bytes);

        if (nread > 0) {
            pthread_mutex_lock(&capture->mutex);
            keep(stream, bytes, (size_t)nread);
            pthread_cond_signal(&capture->printed);
            pthread_mutex_unlock(&capture->mutex);
        } else if (nread == 0 || (errno != EAGAIN && errno != EINTR)) {
            close_fd(&stream->read_fd);
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void
keep(struct capture_stream *stream, const char *bytes, size_t nread)
{
    size_t room = CAPTURE_BYTES - stream->head_bytes;
    size_t first = nread < room ? nread : room;
    size_t stay = CAPTURE_BYTES - nread;

    memcpy(stream->head + stream->head_bytes, bytes, first);
    stream->head_bytes += first;
    /* The newest bytes push the oldest ones out. */
    if (stay > stream->tail_bytes) {
        stay = stream->tail_bytes;
    }
    memmove(stream->tail, stream->tail + stream->tail_bytes - stay, stay);
    memcpy(stream->tail + stay, bytes, nread);
    stream->tail_bytes = stay + nread;
}

/* The first line that is one, of those that look like one. */
static bool
find_ready_line(const struct capture_stream *stream,
                struct sockaddr_storage *address, socklen_t *address_bytes)
{
    const char *words = next_ready_words(stream->head);
    char text[128];

    for (; words; words = next_ready_words(words + 1)) {
        const char *rest = words + strlen(READY_WORDS);

        /* Half a line may still become another address. */
        if (!strchr(rest, '\n')) {
            return false;
        }
        snprintf(text, sizeof text, "%.*s", (int)strcspn(rest, " \r\n"),
                 rest);
        if (address_parse(text, address, address_bytes) == 0) {
            return true;
        }
    }
    return false;
}

/* Where the words stand at the beginning of a line, or NULL. `text` begins a
 * line, or follows the beginning of one that is done with. */
static const char *
next_ready_words(const char *text)
{
    const char *found = strstr(text, READY_WORDS);

    while (found && found != text && found[-1] != '\n') {
        found = strstr(found + 1, READY_WORDS);
    }
    return found;
}

static void
copy_printable(char *line, size_t line_bytes, const char *text, size_t length)
{
    snprintf(line, line_bytes, "%.*s", (int)length, text);
    for (char *byte = line; *byte != '\0'; byte++) {
        if ((unsigned char)*byte < ' ' || (unsigned char)*byte > '~') {
            *byte = '?';
        }
    }
}

static void
close_fd(int *fd)
{
    if (*fd != -1) {
        close(*fd);
        *fd = -1;
    }
}
