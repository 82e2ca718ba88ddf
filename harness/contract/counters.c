/*
 * counters.c: what --stats prints.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "harness/contract/internal.h"

struct counters counters;

/* Somebody prints the counters or has done so: once is enough, and a handler
 * may come while main is at it. */
static atomic_bool is_printed;

void
contract_count_in(size_t nread)
{
    atomic_fetch_add_explicit(&counters.bytes_in, nread,
                              memory_order_relaxed);
}

void
contract_count_out(size_t nwritten)
{
    atomic_fetch_add_explicit(&counters.bytes_out, nwritten,
                              memory_order_relaxed);
}

/* Append `"name":value,` to the line. A signal handler may run this. */
static char *
append_counter(char *end, const char *name, uint64_t value)
{
    char digits[] = "18446744073709551615"; /* 2^64 - 1 */
    char *first = digits + sizeof digits - 1;

    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    end = stpcpy(stpcpy(end, "\""), name);
    return stpcpy(stpcpy(stpcpy(end, "\":"), first), ",");
}

int
counters_print(void)
{
    const struct {
        const char *name;            /* as documented in contract.h */
        atomic_uint_fast64_t *value; /* the counter itself */
    } all[] = {
        {"accepted", &counters.accepted},
        {"refused", &counters.refused},
        {"closed_eof", &counters.ends[CONTRACT_EOF]},
        {"closed_error", &counters.ends[CONTRACT_ERROR]},
        {"closed_timeout", &counters.ends[CONTRACT_TIMEOUT]},
        {"closed_rejected", &counters.ends[CONTRACT_REJECTED]},
        {"open", &counters.open},
        {"peak_open", &counters.peak_open},
        {"bytes_in", &counters.bytes_in},
        {"bytes_out", &counters.bytes_out},
        {"accept_errors", &counters.accept_errors},
        {"accept_pauses", &counters.accept_pauses},
    };
    char line[1024]; /* holds it many times over */
    char *end = stpcpy(stpcpy(line, "{\"model\":\""), contract_options.model);

    end = stpcpy(end, "\",");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        end = append_counter(end, all[i].name, atomic_load(all[i].value));
    }
    end = stpcpy(end - 1, "}\n"); /* over the last comma */
    if (atomic_exchange(&is_printed, true)) {
        return 0;
    }
    for (const char *rest = line; rest < end;) {
        ssize_t nwritten = write(STDOUT_FILENO, rest, (size_t)(end - rest));
        if (nwritten == -1 && errno != EINTR) {
            return -1;
        }
        rest += nwritten > 0 ? nwritten : 0;
    }
    return 0;
}
