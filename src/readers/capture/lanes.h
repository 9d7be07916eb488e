/* How packets are dealt to lanes: always as many, whatever the number of threads, so that the same
 * events come out. */
#ifndef IMPOUND_READERS_CAPTURE_LANES_H
#define IMPOUND_READERS_CAPTURE_LANES_H

#include <stdint.h>

#define LANES 16U

/* The lane of a pair of addresses. The table of connections uses the lower bits. */
static inline unsigned lane_of(uint64_t pair)
{
    return (unsigned)(pair >> 48) % LANES;
}

#endif
