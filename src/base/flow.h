/* Which connection an event of a capture belongs to, in the form in which findings keep it.
 *
 * It is shown as a Community ID, version 1 with the seed 0 (the specification, "Calculating the
 * Community ID"), which other tools work out of the same addresses and ports. */
#ifndef IMPOUND_BASE_FLOW_H
#define IMPOUND_BASE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/* SHA-1 over addresses, ports and protocol. All zero: not of a capture. */
struct flow_id {
    uint8_t bytes[20];
};

#define FLOW_TEXT_BOUND 31U /* with its end */

bool flow_is_known(const struct flow_id *flow);

/* The Community ID, ended by a zero byte. */
void flow_write(char text[FLOW_TEXT_BOUND], const struct flow_id *flow);

#endif
