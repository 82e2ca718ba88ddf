/*
 * late.c: badserver takes exactly as long as it is told.
 *
 * Each echo goes out so long after its message came in; or when there is a
 * token for it: so many a second are made, one after the other, and what is
 * not used is saved for 50 ms, so that a server that was kept from the CPU
 * for that long still has its rate. Both take the messages in the order in
 * which they came, so one queue is enough. Who waits is not listened to.
 */
#include "harness/base/base.h"
#include "tests/harness/badserver/badserver.h"

#define SAVED_NS (50 * NS_PER_MS)

static struct client *queue[CLIENTS_MAX]; /* who waits, in a ring */
static unsigned queue_first;              /* the first of them */
static unsigned queue_end;                /* behind the last of them */

/* When may an echo go out whose message came at this time? */
static int64_t
due_after(const struct server *server, int64_t came_ns)
{
    static int64_t token_ns; /* when the last one was made */

    if (server->per_second == 0) {
        return came_ns + server->late_us * INT64_C(1000);
    }
    if (token_ns < came_ns - SAVED_NS) {
        token_ns = came_ns - SAVED_NS;
    }
    token_ns += NS_PER_S / server->per_second;
    return token_ns;
}

void
late_answer(struct server *server, struct client *client, size_t count)
{
    bugs_keep(server, client, count);
    client->due_ns = due_after(server, clock_now_ns());
    queue[queue_end++ % CLIENTS_MAX] = client;
}

int64_t
late_send(void)
{
    while (queue_first != queue_end) {
        struct client *client = queue[queue_first % CLIENTS_MAX];
        int64_t left_ns = client->due_ns - clock_now_ns();

        if (left_ns > 0) {
            return left_ns;
        }
        send_all(client, client->held, client->held_bytes);
        client->held_bytes = 0;
        client->due_ns = 0;
        queue_first++;
    }
    return -1;
}
