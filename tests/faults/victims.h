/*
 * victims.h: clients whose server is in trouble.
 *
 * While a fault is in force a client may be cut off, or even refused, if
 * the fault is its own; what it must never see is a wrong byte. Clients
 * that a fault does not concern must see nothing at all.
 */
#ifndef FIVEWAYS_VICTIMS_H
#define FIVEWAYS_VICTIMS_H

#include "tests/conformance/client.h"

/* What a fault may do to those whom it meets. */
enum fate {
    FATE_UNHARMED, /* nothing: the server tries again, or goes another way */
    FATE_CUT,      /* the connection ends; others live on */
};

/*
 * Let clients come, `at_once` at a time until there were `count`; each sends
 * and receives a few messages and leaves. Returns how many were cut off, and
 * with FATE_UNHARMED fails the test if any is.
 */
int victims_run(const struct server *server, int count, int at_once,
                enum fate fate);

#endif
