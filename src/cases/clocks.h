/* How far each host's clock is from the captures'.
 *
 * A logon that a host logged with the client's address and port, and the authentication of the same
 * address and port on the wire, are one moment on two clocks. Most pairs of a host that agree
 * within a few seconds give its difference; the rest are ports that were used again. What agrees
 * also says which address the host has. */
#ifndef IMPOUND_CASES_CLOCKS_H
#define IMPOUND_CASES_CLOCKS_H

#include "base/instant.h"
#include "cases/hosts.h"

struct clock {
    bool is_known;
    int64_t nanos;       /* the host's clock minus the captures' */
    int64_t uncertainty; /* nanoseconds, half the spread of what was seen; 0.25 s at least */
};

struct clocks;

/* NULL without memory. */
struct clocks *clocks_new(void);
void clocks_free(struct clocks *clocks);

/* On the wire: `address` and its port came to `host`. Before all logons. */
void clocks_wire(struct clocks *clocks, host_id address, uint16_t port, host_id host,
                 struct instant time);

/* In the log of `host`. */
void clocks_logon(struct clocks *clocks, host_id address, uint16_t port, host_id host,
                  struct instant time);

/* The log of `host` shows the connection without its logon: the first time counts, for hosts of
 * which no logon is known. Behind all logons, in the order of time. */
void clocks_touch(struct clocks *clocks, host_id address, uint16_t port, host_id host,
                  struct instant time);

/* Works out all differences, and joins hosts with their addresses; behind hosts_settle. */
void clocks_settle(struct clocks *clocks, struct hosts *hosts);

/* Of the host, by its root; behind clocks_settle. */
struct clock clocks_of(const struct clocks *clocks, host_id root);

/* A host's time by the captures' clock. */
struct instant clock_set_right(const struct clock *clock, struct instant time);

/* What the limits left out: pairs. */
uint64_t clocks_left_out(const struct clocks *clocks);

#endif
