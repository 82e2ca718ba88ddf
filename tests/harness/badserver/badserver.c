/*
 * badserver.c: an echo server that is wrong in a known way.
 *
 * What the harness is there to find must be found here. One thread, poll(2),
 * blocking sends: simple enough that each bug is the only one. Each recv
 * counts as a message, which holds for the small ones of the tests.
 *
 *     none           right
 *     fixed          the first data ever received is sent again and again
 *     flip           in message M one bit of a byte changes
 *     drop           of message M one byte is lost
 *     double         of message M one byte is sent twice
 *     swap           two clients get each other's data
 *     extra          one byte too many follows message M
 *     never          no answer
 *     close          the connection is closed after its message M
 *     reset          the same, with a reset
 *     close-at-once  each connection is closed when it was accepted
 *     first          only the first M clients are served; the others wait
 *     limit          only M clients are kept; the others are closed
 *     die            the process ends after M messages in all
 *     greeting       the answer to "hello" is misspelled
 *     never-accept   connections wait in the backlog, which is short
 *     refuse         nobody listens
 *     short          from message M on the last byte of each is lost
 *     once           only the first message of a connection is answered
 *     flip-first     one bit changes in message M of all, counted together
 *     afterthought   one byte too many follows message M, 2 ms later
 *     parting        one byte too many follows when the client ends its side
 *     stays          a client that has ended its side is not parted from
 *     hoard          all that a client sends is kept until it is M bytes, and
 *                    only then is it echoed
 *
 * What it costs more than it need is known (--burn, --getppid, --dearer,
 * --hold), and so is how late it is (--late, --per-second). Prices are looked
 * at there and then, because they move with what others do to the machine.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/base/base.h"
#include "tests/harness/badserver/costs.h"

enum {
    CLIENTS_MAX = 1000,
    CHUNK_BYTES = 65536,
    BAD_BYTE = 5, /* index of the byte in the message that is treated badly */
    HELD_BYTES_MAX = 16 * 1024 * 1024, /* of one client */
};

struct client {
    int fd;              /* the socket, -1 if the slot is free */
    int number;          /* in the order of accepting, from 0 */
    int messages;        /* received so far */
    int greeting;        /* bytes of the greeting still to come */
    size_t held_bytes;   /* how much is held back */
    unsigned char *held; /* the data that is held back */
    int64_t due_ns;      /* when it goes out that is late; 0: nothing is */
    bool ended;          /* with stays: the client has ended its side */
    char *memory;        /* with --hold: what this client costs */
};

/* What it is told, and what it knows. */
static struct {
    const char *bug;                    /* its name */
    int after;                          /* M */
    int tell;                           /* say so after that many messages */
    bool handshake;                     /* a greeting comes first */
    int buffer_bytes;                   /* of each socket; 0: the kernel's */
    int late_us;                        /* from a message to its echo */
    int per_second;                     /* echoes; 0: as they come */
    int listen_fd;                      /* where clients come from */
    int accepted;                       /* clients so far */
    int messages;                       /* received so far, of all clients */
    struct client clients[CLIENTS_MAX]; /* slots */
    struct pollfd polled[CLIENTS_MAX + 1]; /* the listener and the slots */
    unsigned char chunk[CHUNK_BYTES + 1];  /* what was received */
    unsigned char first[CHUNK_BYTES]; /* with fixed: the first of all data */
} server = {.bug = "none", .after = 3};

/* Is this the bug that was asked for? */
static bool
has(const char *bug)
{
    return strcmp(server.bug, bug) == 0;
}

/* Send all of it; blocks. What the client does not want any more is lost. */
static void
send_all(const struct client *client, const unsigned char *bytes,
         size_t count)
{
    (void)!send(client->fd, bytes, count, MSG_NOSIGNAL);
}

/* ---- what is done to the data ------------------------------------------ */

/* Memory that no byte was written to costs nothing, so what it costs is what
 * is held. */
static void
bugs_keep(struct client *client, size_t count)
{
    if (client->held == NULL) {
        client->held =
            mmap(NULL, HELD_BYTES_MAX, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    if (client->held == MAP_FAILED ||
        client->held_bytes + count > HELD_BYTES_MAX) {
        die("memory for what is held back");
    }
    memcpy(client->held + client->held_bytes, server.chunk, count);
    client->held_bytes += count;
}

/* Hold the chunk back until there is one of another client, then give each
 * the other's. */
static void
bugs_swap(struct client *client, size_t count)
{
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct client *other = &server.clients[i];
        if (other != client && other->fd != -1 && other->held_bytes > 0) {
            send_all(client, other->held, other->held_bytes);
            send_all(other, server.chunk, count);
            other->held_bytes = 0;
            return;
        }
    }
    client->held_bytes = 0;
    bugs_keep(client, count);
}

/* Keep the chunk, and echo all that was kept once it is M bytes. */
static void
bugs_hoard(struct client *client, size_t count)
{
    bugs_keep(client, count);
    if (client->held_bytes >= (size_t)server.after) {
        send_all(client, client->held, client->held_bytes);
        client->held_bytes = 0;
    }
}

/* Treat the chunk as the bug wants it. Returns how long it is then. */
static size_t
bugs_spoil(const struct client *client, size_t count)
{
    unsigned char *chunk = server.chunk;
    if (has("fixed")) {
        if (server.messages == 1) {
            memcpy(server.first, chunk, count);
        }
        memcpy(chunk, server.first, count);
    }
    if (has("flip-first") && server.messages == server.after) {
        chunk[0] ^= 1;
    }
    if (has("short") && client->messages >= server.after) {
        return count - 1;
    }
    if (client->messages != server.after || count <= BAD_BYTE) {
        return count;
    }
    if (has("flip")) {
        chunk[BAD_BYTE] ^= 1;
    } else if (has("drop")) {
        count--;
        memmove(chunk + BAD_BYTE, chunk + BAD_BYTE + 1, count - BAD_BYTE);
    } else if (has("double")) {
        memmove(chunk + BAD_BYTE + 1, chunk + BAD_BYTE, count - BAD_BYTE);
        count++;
    } else if (has("extra")) {
        chunk[count++] = 'x';
    }
    return count;
}

/* ---- what it does later than it might ------------------------------------
 *
 * Each echo goes out so long after its message came in; or when there is a
 * token for it: so many a second are made, one after the other, and what is
 * not used is saved for 50 ms, so that a server that was kept from the CPU
 * for that long still has its rate. Both take the messages in the order in
 * which they came, so one queue is enough. Who waits is not listened to.
 */

#define SAVED_NS (50 * NS_PER_MS)

static struct client *queue[CLIENTS_MAX]; /* who waits, in a ring */
static unsigned queue_first;              /* the first of them */
static unsigned queue_end;                /* behind the last of them */

/* Hold the chunk back until its time has come. */
static void
late_answer(struct client *client, size_t count)
{
    static int64_t token_ns; /* when the last one was made */
    int64_t came_ns = clock_now_ns();

    bugs_keep(client, count);
    client->due_ns = came_ns + server.late_us * INT64_C(1000);
    if (server.per_second > 0) {
        if (token_ns < came_ns - SAVED_NS) {
            token_ns = came_ns - SAVED_NS;
        }
        token_ns += NS_PER_S / server.per_second;
        client->due_ns = token_ns;
    }
    queue[queue_end++ % CLIENTS_MAX] = client;
}

/* Send the echoes that are due. Returns for how many nanoseconds there is
 * nothing to send; -1: as long as no message comes. */
static int64_t
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

/* ---- clients come, send, and go ---------------------------------------- */

static const unsigned char one_byte[] = "x";

static void
drop_client(struct client *client, bool reset)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (reset) {
        setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(client->fd);
    if (client->held != NULL) {
        munmap(client->held, HELD_BYTES_MAX);
    }
    free(client->memory);
    *client = (struct client){.fd = -1};
}

static void
answer(struct client *client, size_t count)
{
    client->messages++;
    server.messages++;
    if (server.messages == server.tell) {
        printf("echoed %d\n", server.tell);
        fflush(stdout);
    }
    costs_of_message(server.messages);
    if (has("never") || (has("once") && client->messages > 1) ||
        (has("first") && client->number >= server.after)) {
        return;
    }
    if (server.late_us > 0 || server.per_second > 0) {
        late_answer(client, count);
    } else if (has("swap")) {
        bugs_swap(client, count);
    } else if (has("hoard")) {
        bugs_hoard(client, count);
    } else {
        send_all(client, server.chunk, bugs_spoil(client, count));
    }
    if (client->messages == server.after && has("afterthought")) {
        nanosleep(&(struct timespec){.tv_nsec = 2 * NS_PER_MS}, NULL);
        send_all(client, one_byte, 1);
    }
    if (client->messages == server.after && (has("close") || has("reset"))) {
        drop_client(client, has("reset"));
    }
    if (server.messages == server.after && has("die")) {
        _exit(1);
    }
}

/* Take the greeting off the front of the chunk; answer it when it is whole.
 * Returns how much of the chunk is left. */
static size_t
take_greeting(struct client *client, size_t count)
{
    size_t taken = (size_t)client->greeting;
    if (taken > count) {
        taken = count;
    }
    client->greeting -= (int)taken;
    if (taken > 0 && client->greeting == 0) {
        const char *text = has("greeting") ? "hallo\n" : "hello\n";
        send_all(client, (const unsigned char *)text, 6);
    }
    memmove(server.chunk, server.chunk + taken, count - taken);
    return count - taken;
}

static void
serve(struct client *client)
{
    ssize_t nread = recv(client->fd, server.chunk, CHUNK_BYTES, 0);
    if (nread == 0 && has("parting")) {
        send_all(client, one_byte, 1);
    }
    if (nread == 0 && has("stays")) {
        client->ended = true;
        return;
    }
    if (nread <= 0) {
        drop_client(client, false);
        return;
    }
    size_t count = take_greeting(client, (size_t)nread);
    if (count > 0) {
        answer(client, count);
    }
}

static void
accept_client(void)
{
    int fd = accept(server.listen_fd, NULL, NULL);
    int slot = 0;
    if (fd == -1) {
        return;
    }
    while (slot < CLIENTS_MAX && server.clients[slot].fd != -1) {
        slot++;
    }
    int number = server.accepted++;
    if (slot == CLIENTS_MAX || has("close-at-once") ||
        (has("limit") && number >= server.after)) {
        close(fd);
        return;
    }
    server.clients[slot] =
        (struct client){.fd = fd,
                        .number = number,
                        .greeting = server.handshake ? 6 : 0,
                        .memory = costs_of_client()};
}

/* Listen on a port that the kernel picks and say which. */
static void
listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t address_bytes = sizeof address;
    int one = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    if (server.listen_fd == -1) {
        die("socket");
    }
    setsockopt(server.listen_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (server.buffer_bytes > 0) {
        setsockopt(server.listen_fd, SOL_SOCKET, SO_RCVBUF,
                   &server.buffer_bytes, sizeof server.buffer_bytes);
        setsockopt(server.listen_fd, SOL_SOCKET, SO_SNDBUF,
                   &server.buffer_bytes, sizeof server.buffer_bytes);
    }
    if (bind(server.listen_fd, (struct sockaddr *)&address, address_bytes) !=
            0 ||
        getsockname(server.listen_fd, (struct sockaddr *)&address,
                    &address_bytes) != 0) {
        die("bind");
    }
    int backlog = has("never-accept") ? 0 : 4096;
    if (!has("refuse") && listen(server.listen_fd, backlog) != 0) {
        die("listen");
    }
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
}

/* Serve clients for ever. */
static _Noreturn void
serve_for_ever(void)
{
    /* The kernel may let a sleep be 50 us too long otherwise. */
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    listen_somewhere();
    for (;;) {
        int64_t left_ns = late_send();
        struct timespec left = {left_ns / NS_PER_S, left_ns % NS_PER_S};

        server.polled[CLIENTS_MAX].fd =
            has("never-accept") ? -1 : server.listen_fd;
        server.polled[CLIENTS_MAX].events = POLLIN;
        for (int i = 0; i < CLIENTS_MAX; i++) {
            const struct client *client = &server.clients[i];
            server.polled[i].fd =
                client->ended || client->due_ns > 0 ? -1 : client->fd;
            server.polled[i].events = POLLIN;
        }
        /* Its calls of poll(2) are counted by tests, under that name. */
        if ((left_ns < 0 ? poll(server.polled, CLIENTS_MAX + 1, -1)
                         : ppoll(server.polled, CLIENTS_MAX + 1, &left,
                                 NULL)) == -1) {
            die("poll");
        }
        for (int i = 0; i < CLIENTS_MAX; i++) {
            if (server.clients[i].fd != -1 && server.polled[i].revents) {
                serve(&server.clients[i]);
            }
        }
        if (server.polled[CLIENTS_MAX].revents) {
            accept_client();
        }
    }
}

/* ---- its flags --------------------------------------------------------- */

/* What one of ours prints with --stats, of a server that has refused. */
static void
excuse(int number)
{
    static const char words[] = "{\"refused\": 1000}\n";
    (void)number;
    if (write(STDOUT_FILENO, words, sizeof words - 1) == -1) {
        _exit(1);
    }
    _exit(0);
}

#define NUMBER(name, takes, number, help)                                    \
    FLAG_NUMBER(name, 0, takes, &(number), 0, INT_MAX, help)

int
main(int argc, char **argv)
{
    const char *prices = NULL;
    bool excuses = false;
    const struct flag flags[] = {
        FLAG_TEXT("bug", 0, "NAME", &server.bug, "what it does wrong"),
        NUMBER("after", "M", server.after, "the M of the bug"),
        NUMBER("tell", "M", server.tell, "say so after M messages"),
        NUMBER("buffer", "BYTES", server.buffer_bytes, "of each socket"),
        FLAG_ON("handshake", 0, &server.handshake, "expect a greeting"),
        NUMBER("burn", "US", costs.burn_us,
               "CPU time to use for each message"),
        NUMBER("burn-first", "M", costs.burn_first,
               "... for the first M messages only"),
        NUMBER("getppid", "K", costs.getppid_calls,
               "system calls for each message"),
        FLAG_TEXT("price", 0, "FILE", &prices,
                  "add to FILE how many of these were looked at, and their "
                  "CPU time (struct prices)"),
        NUMBER("dearer", "PERCENT", costs.dearer_percent,
               "use so much more CPU time than all the rest takes"),
        NUMBER("hold", "KIB", costs.hold_kib,
               "memory to keep for each client"),
        NUMBER("late", "US", server.late_us,
               "echo so long after the message"),
        NUMBER("per-second", "R", server.per_second, "echo at this rate"),
        FLAG_ON("excuse", 0, &excuses,
                "claim at SIGTERM, as our own do, to have refused 1000"),
        {0},
    };

    flags_parse("badserver", "Echo, wrong in a known way.", flags, NULL, argc,
                argv);
    if (prices) {
        costs_pay(prices);
    }
    if (excuses) {
        signal(SIGTERM, excuse);
    }
    for (int i = 0; i < CLIENTS_MAX; i++) {
        server.clients[i].fd = -1;
    }
    serve_for_ever();
}
