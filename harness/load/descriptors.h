/*
 * descriptors.h: how many descriptors this process may have.
 */
#ifndef FIVEWAYS_LOAD_DESCRIPTORS_H
#define FIVEWAYS_LOAD_DESCRIPTORS_H

#include <sys/resource.h>

/* Raise the limit of open descriptors as far as it goes, for us and for what
 * we start. Returns what it is then; RLIM_INFINITY: there is none. */
rlim_t descriptors_raise(void);

#endif
