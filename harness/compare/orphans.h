/*
 * orphans.h: what a server leaves behind.
 *
 * A foreign server may have had children, some of them in groups or sessions
 * of their own, which a signal to its group does not reach. The kernel hands
 * them to us when it ends, because we asked for that.
 */
#ifndef FIVEWAYS_ORPHANS_H
#define FIVEWAYS_ORPHANS_H

/* Ask for them, before a server is started. */
void orphans_adopt(void);

/* Kill and reap until there is none. Call it when the server itself has been
 * reaped: then all children of this process are such orphans. Blocks until
 * they are gone, for a second at most. */
void orphans_end(void);

#endif
