/*
 * libevent.c: the backend that was asked for is the one in use.
 *
 * Row F7. The cases about data run on each backend as rows of models.c; F1
 * and F2 are in accept.c and stall.c, beside the same rows for all models.
 */
#include "tests/conformance/expect.h"
#include "tests/conformance/models.h"
#include "tests/conformance/plan.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

/* A way to choose a backend, and whether epoll is the outcome. */
static const struct {
    const char *flag;        /* on the command line, NULL: none */
    const char *environment; /* around it, NULL: nothing */
    bool epoll;              /* it should use epoll */
} choices[] = {
    {NULL, NULL, true},
    {"--backend=epoll", NULL, true},
    {"--backend=poll", NULL, false},
    {"--backend=select", NULL, false},
    {NULL, "EVENT_NOEPOLL=1", false},
};

START_TEST(test_F07_backend_is_the_chosen_one)
{
    struct server server = server_start(
        (struct server_setup){.flags = {choices[_i].flag},
                              .environment = {choices[_i].environment}});

    expect_alive(&server);
    require(process_has_descriptor(server.pid, "[eventpoll]") ==
                choices[_i].epoll,
            "with %s %s it %s epoll",
            choices[_i].flag == NULL ? "no flag" : choices[_i].flag,
            choices[_i].environment == NULL ? "" : choices[_i].environment,
            choices[_i].epoll ? "does not use" : "uses");
    server_stop(&server);
}
END_TEST

void
add_libevent_cases(struct plan *plan)
{
    if (model_works(MODEL_LIBEVENT)) {
        plan_group(plan, "libevent");
        plan_add_each(plan, test_F07_backend_is_the_chosen_one,
                      sizeof choices / sizeof choices[0]);
    }
}
