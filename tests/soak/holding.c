/* holding.c: see holding.h. */
#include "tests/soak/holding.h"

#include "tests/conformance/expect.h"
#include "tests/conformance/patience.h"
#include "tests/conformance/process.h"
#include "tests/conformance/verdict.h"

enum {
    GROWTH_KIB = 1024,   /* of resident memory, allowed behind the warm-up */
    GROWTH_MAPPINGS = 4, /* of mappings: malloc's arenas come and go */
};

static struct holding
look_at(const struct server *server)
{
    return (struct holding){
        .descriptors = process_descriptors(server->pid),
        .threads = process_threads(server->pid),
        .mappings = process_mappings(server->pid),
        .rss_kib = process_resident_kib(server->pid),
    };
}

struct watch
watch_begin(const char *name, const struct server *server)
{
    return (struct watch){
        .name = name, .server = server, .base = look_at(server)};
}

void
watch_look(struct watch *watch, bool warming_up)
{
    struct holding *now = &watch->now;
    struct holding *warm = &watch->warm;

    expect_descriptors(watch->server, watch->base.descriptors);
    expect_threads(watch->server, watch->base.threads);
    *now = look_at(watch->server);
    if (warming_up) {
        warm->descriptors = now->descriptors;
        warm->threads = now->threads;
        warm->mappings =
            now->mappings > warm->mappings ? now->mappings : warm->mappings;
        warm->rss_kib =
            now->rss_kib > warm->rss_kib ? now->rss_kib : warm->rss_kib;
    }
}

void
watch_require_flat(const struct watch *watch)
{
    const struct holding *warm = &watch->warm;
    const struct holding *now = &watch->now;

    require(now->descriptors == warm->descriptors &&
                now->threads == warm->threads,
            "%s server: %d descriptors and %d threads when warm, %d and %d "
            "at the end",
            watch->name, warm->descriptors, warm->threads, now->descriptors,
            now->threads);
    require(now->mappings <= warm->mappings + GROWTH_MAPPINGS &&
                (patience_sanitized() ||
                 now->rss_kib <= warm->rss_kib + GROWTH_KIB),
            "%s server: %d mappings and %jd KiB resident when warm, %d and "
            "%jd at the end",
            watch->name, warm->mappings, (intmax_t)warm->rss_kib,
            now->mappings, (intmax_t)now->rss_kib);
}
