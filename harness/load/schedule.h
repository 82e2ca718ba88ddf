/*
 * schedule.h: when each message is due, fixed in advance.
 *
 * In an open loop messages come as they come to a server in life: whether or
 * not the last one has been answered. So nothing here knows of answers. A
 * schedule is a few numbers from which one instant after the other follows;
 * two schedules begun alike give the same instants, and a copy of one goes
 * on where the original stands. Nothing is shared between two of them, so
 * each thread has its own.
 */
#ifndef FIVEWAYS_SCHEDULE_H
#define FIVEWAYS_SCHEDULE_H

#include <stdint.h>

#include "harness/load/engine.h"

struct schedule {
    enum schedule_kind kind; /* how the gaps are chosen */
    double gap_ns;           /* mean time between two instants */
    int64_t begin_ns;        /* what the instants are counted from */
    uint64_t random;         /* state of the generator of random numbers */
    uint64_t count;          /* instants that have been passed */
    double offset_ns;        /* of the next instant, from begin_ns on */
    int64_t next_ns;         /* the next instant: begin_ns and the offset */
};

/*
 * Begin a schedule of `rate_per_s` (above 0) instants a second. The first is
 * one gap after begin_ns. With fixed gaps it is `part` of a gap instead
 * (above 0, at most 1), so that several schedules can be laid between each
 * other; Poisson's has no use for that. The same seed gives the same gaps.
 */
void schedule_begin(struct schedule *schedule, enum schedule_kind kind,
                    double rate_per_s, double part, uint64_t seed,
                    int64_t begin_ns);

/* Pass the next instant, which was schedule->next_ns, and work out the one
 * after it. Rounding does not add up: after a day of fixed gaps the instant
 * is still right to a nanosecond. */
void schedule_pass(struct schedule *schedule);

#endif
