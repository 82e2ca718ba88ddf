/*
 * floor.h: what the kernel alone charges for an echo.
 *
 * One thread, a pair of sockets over loopback TCP, nobody waiting: the CPU
 * time of one send and one recv of a message. That is the part of an echo
 * that no server can avoid, so a server's CPU per echo is shown as a
 * multiple of it, and a multiple below 1 is a measuring bug.
 */
#ifndef FIVEWAYS_FLOOR_H
#define FIVEWAYS_FLOOR_H

#include <stdint.h>

/*
 * CPU time in us of moving one message of `message_bytes` with send and
 * recv, in pieces of 16 KiB as the servers do it, on the CPU that the
 * calling thread is on. Takes some milliseconds. NAN if it cannot be
 * measured.
 */
double floor_probe_us(int64_t message_bytes);

#endif
