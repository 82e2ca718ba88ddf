/*
 * errors.c: the kinds of error: their names, and whose fault each is.
 */
#include "harness/load/errors.h"

#include <errno.h>

const char *
engine_error_name(enum engine_error error)
{
    switch (error) {
    case ENGINE_REFUSED:
        return "refused";
    case ENGINE_CONNECT_TIMEOUT:
        return "connect_timeout";
    case ENGINE_RESET:
        return "reset";
    case ENGINE_EARLY_EOF:
        return "early_eof";
    case ENGINE_TIMEOUT:
        return "timeout";
    case ENGINE_MISMATCH:
        return "mismatch";
    case ENGINE_EXTRA_BYTES:
        return "extra_bytes";
    case ENGINE_NO_DESCRIPTORS:
        return "no_descriptors";
    case ENGINE_NO_PORTS:
        return "no_ports";
    case ENGINE_CLIENT_LATE:
        return "client_late";
    case ENGINE_CLIENT_TROUBLE:
        return "client_trouble";
    case ENGINE_ERRORS:
        break;
    }
    return "unknown";
}

enum engine_error
error_of_errno(int error_number)
{
    switch (error_number) {
    case ECONNREFUSED:
        return ENGINE_REFUSED;
    case ETIMEDOUT:
        return ENGINE_CONNECT_TIMEOUT;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return ENGINE_RESET;
    case EMFILE:
    case ENFILE:
        return ENGINE_NO_DESCRIPTORS;
    case EADDRNOTAVAIL:
    case EADDRINUSE:
        return ENGINE_NO_PORTS;
    default:
        return ENGINE_CLIENT_TROUBLE;
    }
}

bool
engine_result_good(const struct engine_result *result)
{
    for (int i = 0; i < ENGINE_SERVER_ERRORS; i++) {
        if (result->errors[i] != 0) {
            return false;
        }
    }
    return true;
}

bool
engine_result_invalid(const struct engine_result *result)
{
    for (int i = ENGINE_SERVER_ERRORS; i < ENGINE_ERRORS; i++) {
        if (result->errors[i] != 0) {
            return true;
        }
    }
    return false;
}
