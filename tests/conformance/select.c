/*
 * select.c: descriptors that select cannot hold, and those that come back.
 *
 * Rows D1 and D2 are selectloop's alone. D5 looks for events that belong to
 * a descriptor's former owner, which every model can mix up.
 */
#include "tests/conformance/client.h"
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/payload.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>

enum {
    DESCRIPTORS_NEEDED = 4096,
    KNOCKING = 1100, /* clients, more than an fd_set has room for */
    CAPACITY = 1000, /* of them are served at the least */
};

/* Connect `count` clients one after the other; each is served or refused.
 * The served ones are in front afterwards. Returns how many they are. */
static int
knock(const struct server *server, struct client *clients, int count)
{
    int served = 0;
    int i;

    for (i = 0; i < count; i++) {
        struct client client = client_connect(server);

        client_send_some(&client, 8);
        client.goal_bytes = client.sent_bytes;
        while (client.received_bytes < 8 && client.end == CLIENT_OPEN) {
            require(!client_hears_nothing(&client,
                                          patience_scaled_ms(PATIENCE_MS)),
                    "client %d is neither served nor refused", i);
            client_receive_some(&client, 8);
        }
        if (client.end == CLIENT_OPEN) {
            clients[served++] = client;
        } else {
            client_close(&client);
        }
    }
    return served;
}

/* Finish the served clients from the newest on, so that the highest
 * descriptor changes all the time. */
static void
finish_from_the_top(struct client *clients, int served)
{
    clients_exchange(clients, served, 100);
    while (served > 0) {
        served--;
        client_finish(&clients[served]);
        if (served % 100 == 50) {
            clients_exchange(clients, served, 1);
        }
    }
}

START_TEST(test_D01_more_clients_than_fd_set_holds)
{
    static struct client clients[KNOCKING];
    struct server server = server_start(
        (struct server_setup){.descriptors_max = DESCRIPTORS_NEEDED});
    int served = knock(&server, clients, KNOCKING);
    struct server_stats stats;

    require(served >= CAPACITY && served < FD_SETSIZE,
            "%d of %d clients are served", served, KNOCKING);
    finish_from_the_top(clients, served);
    expect_alive(&server);
    stats = server_stop(&server);
    require(stats.refused == KNOCKING - served,
            "%jd clients are counted as refused, not %d",
            (intmax_t)stats.refused, KNOCKING - served);
}
END_TEST

/* Not one descriptor below FD_SETSIZE is free: it must say so. */
START_TEST(test_D02_no_descriptor_for_the_listener)
{
    struct server server = server_spawn(
        (struct server_setup){.inherited_descriptors = FD_SETSIZE + 6});
    char line[128];
    char text[512];
    bool ready = server_read_line(&server, line, sizeof line, PATIENCE_MS);
    int wait_status;
    size_t stderr_bytes;

    require(!ready, "it says \"%s\" although it cannot serve", line);
    wait_status = server_wait(&server, PATIENCE_MS);
    stderr_bytes = server_stderr(&server, text, sizeof text);
    require(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 1,
            "without a usable descriptor it %s, not with status 1",
            server_status_words(wait_status));
    require(stderr_bytes > 10 &&
                strchr(text, '\n') == text + stderr_bytes - 1,
            "it does not say why in one sentence: \"%s\"", text);
}
END_TEST

/* Some are free: that is its capacity. */
START_TEST(test_D02_few_descriptors_left)
{
    static struct client clients[KNOCKING];
    struct server server =
        server_start((struct server_setup){.inherited_descriptors = 1000});
    int served = knock(&server, clients, 60);

    require(served >= 10 && served <= FD_SETSIZE - 1004,
            "%d of 60 clients are served", served);
    finish_from_the_top(clients, served);
    expect_alive(&server);
    server_stop(&server);
}
END_TEST

/* ---- D5 -------------------------------------------------------------- */

enum {
    OLD = 30, /* clients that are there before the batch */
    NEW = 30, /* clients that come in it */
    ROUNDS = 20,
};

/* While the server stands still: a third of the old clients reset, a third
 * send, a third stay silent, and new ones come and send. */
static void
make_a_batch(const struct server *server, struct client *old, int old_count,
             struct client *new)
{
    int i;

    for (i = 0; i < old_count; i++) {
        if (i % 3 == 0) {
            client_send_some(&old[i], 100);
            client_reset(&old[i]);
        } else if (i % 3 == 1) {
            client_send(&old[i], 1 + payload_random(1000));
        }
    }
    for (i = 0; i < NEW; i++) {
        new[i] = client_connect(server);
        client_send(&new[i], 1 + payload_random(1000));
    }
}

/* All of that is one batch of events when the server goes on, and the
 * descriptors of those who left are given to those who came. */
START_TEST(test_D05_descriptors_reused_in_one_batch)
{
    struct server server = server_start((struct server_setup){0});
    int old_count = model_crowd(OLD);
    struct client old[OLD];
    struct client new[NEW];
    int round;
    int i;

    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < old_count; i++) {
            old[i] = client_connect(&server);
        }
        clients_exchange(old, old_count, 100);
        server_freeze(&server);
        make_a_batch(&server, old, old_count, new);
        server_thaw(&server);
        clients_finish(new, NEW);
        for (i = 0; i < old_count; i++) {
            if (i % 3 != 0) {
                client_exchange_and_finish(&old[i], 100);
            }
        }
    }
    server_stop(&server);
}
END_TEST

void
add_select_cases(struct plan *plan)
{
    plan_group(plan, "select");
    if (model_works(MODEL_SELECT)) {
        plan_add_unless(plan, plan_no_descriptors(DESCRIPTORS_NEEDED),
                        test_D01_more_clients_than_fd_set_holds);
        plan_add_unless(plan, plan_no_descriptors(DESCRIPTORS_NEEDED),
                        test_D02_no_descriptor_for_the_listener);
        plan_add_unless(plan, plan_no_descriptors(DESCRIPTORS_NEEDED),
                        test_D02_few_descriptors_left);
    }
    plan_add(plan, test_D05_descriptors_reused_in_one_batch);
}
