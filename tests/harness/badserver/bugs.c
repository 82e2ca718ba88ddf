/*
 * bugs.c: what badserver does to the data of its clients.
 */
#include "tests/harness/badserver/badserver.h"

#include <string.h>
#include <sys/mman.h>

enum {
    HELD_BYTES_MAX = 16 * 1024 * 1024 /* of one client */
};

/* Memory that no byte was written to costs nothing, so what it costs is what
 * is held. */
void
bugs_keep(const struct server *server, struct client *client, size_t count)
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
    memcpy(client->held + client->held_bytes, server->chunk, count);
    client->held_bytes += count;
}

void
bugs_forget(struct client *client)
{
    if (client->held != NULL) {
        munmap(client->held, HELD_BYTES_MAX);
    }
    client->held = NULL;
    client->held_bytes = 0;
}

void
bugs_swap(struct server *server, struct client *client, size_t count)
{
    for (int i = 0; i < CLIENTS_MAX; i++) {
        struct client *other = &server->clients[i];
        if (other != client && other->fd != -1 && other->held_bytes > 0) {
            send_all(client, other->held, other->held_bytes);
            send_all(other, server->chunk, count);
            other->held_bytes = 0;
            return;
        }
    }
    client->held_bytes = 0;
    bugs_keep(server, client, count);
}

void
bugs_hoard(struct server *server, struct client *client, size_t count)
{
    bugs_keep(server, client, count);
    if (client->held_bytes >= (size_t)server->after) {
        send_all(client, client->held, client->held_bytes);
        client->held_bytes = 0;
    }
}

size_t
bugs_spoil(struct server *server, const struct client *client, size_t count)
{
    unsigned char *chunk = server->chunk;
    if (has(server, "fixed")) {
        if (server->messages == 1) {
            memcpy(server->first, chunk, count);
        }
        memcpy(chunk, server->first, count);
    }
    if (has(server, "flip-first") && server->messages == server->after) {
        chunk[0] ^= 1;
    }
    if (has(server, "short") && client->messages >= server->after) {
        return count - 1;
    }
    if (client->messages != server->after || count <= BAD_BYTE) {
        return count;
    }
    if (has(server, "flip")) {
        chunk[BAD_BYTE] ^= 1;
    } else if (has(server, "drop")) {
        count--;
        memmove(chunk + BAD_BYTE, chunk + BAD_BYTE + 1, count - BAD_BYTE);
    } else if (has(server, "double")) {
        memmove(chunk + BAD_BYTE + 1, chunk + BAD_BYTE, count - BAD_BYTE);
        count++;
    } else if (has(server, "extra")) {
        chunk[count++] = 'x';
    }
    return count;
}
