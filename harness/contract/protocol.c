/*
 * protocol.c: what the bytes and the errors of one client mean.
 */
#include <errno.h>
#include <string.h>

#include "harness/contract/internal.h"

enum {
    IN_A_ROW_MAX = 100, /* errors of single connections; no more is chance */
};

/* What "stripped of white space" strips; a NUL byte is not among it. */
static bool
is_space(char byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

enum contract_hello
contract_hello(const char *bytes, size_t nbytes, size_t *line_bytes)
{
    static const char word[] = "hello";
    size_t searched = nbytes < CONTRACT_LINE_BYTES + 1
                          ? nbytes
                          : (size_t)CONTRACT_LINE_BYTES + 1;
    const char *newline = memchr(bytes, '\n', searched);

    if (newline == NULL) {
        return nbytes > CONTRACT_LINE_BYTES ? CONTRACT_HELLO_BAD
                                            : CONTRACT_HELLO_PARTIAL;
    }
    const char *begin = bytes;
    const char *end = newline;
    while (begin < end && is_space(*begin)) {
        begin++;
    }
    while (begin < end && is_space(end[-1])) {
        end--;
    }
    if ((size_t)(end - begin) != sizeof word - 1 ||
        memcmp(begin, word, sizeof word - 1) != 0) {
        return CONTRACT_HELLO_BAD;
    }
    *line_bytes = (size_t)(newline - bytes) + 1;
    return CONTRACT_HELLO_GOOD;
}

enum contract_end
contract_end_of_recv(int error)
{
    return error == EAGAIN ? CONTRACT_TIMEOUT : CONTRACT_ERROR;
}

enum contract_end
contract_end_of_send(int error)
{
    return error == EAGAIN ? CONTRACT_UNSENT : CONTRACT_ERROR;
}

/* Is it the last of so many errors, with nobody let in between, that it
 * cannot be about single connections any more? */
static bool
is_one_of_many(void)
{
    static atomic_uint_fast64_t accepted;
    static atomic_int in_a_row;
    uint64_t now = atomic_load(&counters.accepted);

    if (atomic_exchange(&accepted, now) != now) {
        atomic_store(&in_a_row, 0);
    }
    return atomic_fetch_add(&in_a_row, 1) >= IN_A_ROW_MAX;
}

int
contract_accept_error(int error)
{
    if (contract_stopping()) {
        return -1;
    }
    if (error == EAGAIN || error == EINTR) {
        return 0;
    }
    counter_increment(&counters.accept_errors);
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        if (is_one_of_many()) {
            break;
        }
        return 0;
    default:
        break;
    }
    counter_increment(&counters.accept_pauses);
    return CONTRACT_ACCEPT_PAUSE_MS;
}
