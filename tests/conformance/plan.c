/* plan.c: see plan.h. */
#include "tests/conformance/plan.h"

#include "tests/conformance/models.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/results.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

void
plan_group(struct plan *plan, const char *name)
{
    plan->group = tcase_create(name);
    tcase_set_timeout(plan->group, PATIENCE_TEST_S * patience_factor());
    suite_add_tcase(plan->suite, plan->group);
}

/* True when the user asked for this case, or for all. */
static bool
is_wanted(const struct plan *plan, const TTest *test)
{
    const char *part = plan->pattern;

    while (part != NULL && *part != '\0') {
        size_t length = strcspn(part, ",");

        if (memmem(test->name, strlen(test->name), part, length) != NULL) {
            return true;
        }
        part += length + (part[length] == ',');
    }
    return plan->pattern == NULL || plan->pattern[0] == '\0';
}

void
plan_add_universal_each(struct plan *plan, const TTest *test, int count)
{
    int number;

    if (!is_wanted(plan, test)) {
        return;
    }
    if (plan->listing == NULL) {
        tcase_add_loop_test(plan->group, test, 0, count);
        return;
    }
    for (number = 0; number < count; number++) {
        results_add(plan->listing, model_current()->name, test->name, number,
                    "planned", NULL);
    }
}

void
plan_add_universal(struct plan *plan, const TTest *test)
{
    plan_add_universal_each(plan, test, 1);
}

void
plan_add_each(struct plan *plan, const TTest *test, int count)
{
    if (model_current()->program != NULL) {
        plan_add_universal_each(plan, test, count);
    }
}

void
plan_add(struct plan *plan, const TTest *test)
{
    plan_add_each(plan, test, 1);
}

void
plan_add_each_unless(struct plan *plan, const char *reason, const TTest *test,
                     int count)
{
    FILE *file = plan->listing != NULL ? plan->listing : plan->results;
    int number;

    if (reason == NULL) {
        plan_add_each(plan, test, count);
        return;
    }
    if (!is_wanted(plan, test)) {
        return;
    }
    if (plan->listing == NULL) {
        printf("skipped: %s: %s: %s\n", model_current()->name, test->name,
               reason);
    }
    for (number = 0; file != NULL && number < count; number++) {
        results_add(file, model_current()->name, test->name, number,
                    "skipped", reason);
    }
    plan->skipped += count;
}

void
plan_add_unless(struct plan *plan, const char *reason, const TTest *test)
{
    plan_add_each_unless(plan, reason, test, 1);
}

const char *
plan_no_memory_limit(void)
{
    return patience_sanitized() ? "sanitizers need more address space than "
                                  "any limit allows"
                                : NULL;
}

const char *
plan_no_descriptors(unsigned wanted)
{
    static char reason[80];
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= wanted) {
        return NULL;
    }
    snprintf(reason, sizeof reason,
             "the hard limit of descriptors is %ju, below %u",
             (uintmax_t)limit.rlim_max, wanted);
    return reason;
}

const char *
plan_no_prompt_signals(void)
{
    return patience_delays_signals()
               ? "thread sanitizer keeps back a signal that comes right "
                 "before a wait"
               : NULL;
}

const char *
plan_no_ipv6(void)
{
    const struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int bound = bind(fd, (const struct sockaddr *)&loopback, sizeof loopback);

    if (fd >= 0) {
        close(fd);
    }
    return bound == 0 ? NULL : "this machine has no IPv6 address ::1";
}
