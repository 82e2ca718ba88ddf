/*
 * costs.h: what badserver costs more than it need.
 */
#ifndef FIVEWAYS_TESTS_COSTS_H
#define FIVEWAYS_TESTS_COSTS_H

/* What it is told: of each of them none by default. */
extern struct costs {
    int burn_us;        /* CPU time for each message */
    int burn_first;     /* messages that it is used for; 0: all */
    int getppid_calls;  /* the same in system calls */
    int dearer_percent; /* of its own CPU time, on top */
    int hold_kib;       /* memory for each client */
} costs;

/* Say what has failed, with errno, and exit. */
_Noreturn void die(const char *what);

/* Look at the price of the system calls, and keep it in that file, to which
 * other runs may have added. */
void costs_pay(const char *path);

/* Use what the flags say for a message, the so manyth of all. */
void costs_of_message(int messages);

/* Memory that is in use, for a new client; NULL if none is wanted. */
char *costs_of_client(void);

#endif
