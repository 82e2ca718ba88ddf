/*
 * loop.c: the backend, the precision of timers, and the listener's pause.
 */
#include "libevent/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/util.h>
#include <limits.h>
#include <string.h>
#include <sys/select.h>

/* In the order of the flag's words below. */
static const char *const backends[] = {"epoll", "poll", "select"};
enum {
    BACKENDS = sizeof backends / sizeof backends[0],
    ANY = -1,
};

static int backend = ANY;     /* the one that was asked for */
static int fds_end = INT_MAX; /* descriptors from here on cannot be watched */
static struct event resume;   /* the end of the listener's pause */

const struct flag loop_flags[] = {
    FLAG_WORD("backend", 'B', "epoll|poll|select", &backend,
              "How libevent waits (default epoll, or what EVENT_NOEPOLL and "
              "the like leave)"),
    {0},
};

bool
loop_can_watch(int fd)
{
    return fd < fds_end;
}

struct event_base *
loop_new(int listen_fd, const struct contract_options *options)
{
    struct event_config *config = event_config_new();

    if (config == NULL) {
        contract_die(errno, "set libevent up");
    }
    if (options->handshake || options->delay_ms > 0 ||
        options->idle_timeout_ms > 0) {
        event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    }
    for (int i = 0; i < BACKENDS; i++) {
        if (backend != ANY && backend != i) {
            event_config_avoid_method(config, backends[i]);
        }
    }
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    if (base == NULL) {
        contract_die(0, "libevent offers none of the backends allowed: see "
                        "--backend and EVENT_NOEPOLL, EVENT_NOPOLL, "
                        "EVENT_NOSELECT");
    }
    if (strcmp(event_base_get_method(base), "select") == 0) {
        fds_end = FD_SETSIZE; /* Debian's build of it aborts beyond */
    }
    if (evutil_make_socket_nonblocking(listen_fd) == -1) {
        contract_die(errno, "make the listener non-blocking");
    }
    if (!loop_can_watch(listen_fd)) {
        contract_die(0, "too many descriptors are open already: select(2) "
                        "cannot watch the listener beyond FD_SETSIZE (1024)");
    }
    return base;
}

static void
resume_cb(evutil_socket_t fd, short events, void *arg)
{
    (void)fd;
    (void)events;
    if (event_add(arg, NULL) == -1) {
        loop_pause(arg, CONTRACT_ACCEPT_PAUSE_MS);
    }
}

void
loop_pause(struct event *listener, int pause_ms)
{
    const struct timeval pause = {.tv_usec = pause_ms * 1000L};

    if (pause_ms > 0) {
        evtimer_assign(&resume, event_get_base(listener), resume_cb,
                       listener);
    }
    if (pause_ms == -1 ||
        (pause_ms > 0 && evtimer_add(&resume, &pause) == 0)) {
        event_del(listener);
    }
}

void
loop_free(struct event_base *base)
{
    event_base_loop(base, EVLOOP_NONBLOCK); /* it frees bufferevents late */
    event_base_free(base);
    libevent_global_shutdown();
}
