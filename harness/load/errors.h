/*
 * errors.h: which errno is whose fault.
 */
#ifndef FIVEWAYS_ERRORS_H
#define FIVEWAYS_ERRORS_H

#include "harness/load/engine.h"

/* The kind of error that `error_number`, an errno of socket, bind, connect,
 * send or recv, stands for. What is not known to be the server's doing is
 * the client's own. */
enum engine_error error_of_errno(int error_number);

#endif
