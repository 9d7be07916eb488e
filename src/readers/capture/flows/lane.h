/* A lane: packets between pairs of hosts become connections, streams and events.
 *
 * All packets of a pair of addresses go to one lane, and the batches of a lane are decoded in
 * order, so that nothing here is shared. Memory is bounded (runtime.h: LANE_MEMORY): what is too
 * much ends the connections that were silent longest, closed ones first, and is accounted for.
 *
 * Policies, which differ between systems and which evasion plays with: of overlapping segments and
 * fragments the first captured bytes win; checksums are not judged. */
#ifndef IMPOUND_READERS_CAPTURE_LANE_H
#define IMPOUND_READERS_CAPTURE_LANE_H

#include "readers/capture/packets/packet.h"
#include "readers/capture/runtime/runtime.h"

struct lane;
struct secrets;
struct tls_keylog;

/* NULL without memory. `protocols` ends with NULL; `secrets` may be NULL. */
struct lane *lane_new(const struct wire_protocol *const *protocols, const struct secrets *secrets);
/* Key logs that the capture has, besides `secrets`, for the packets that come now. */
void lane_logs(struct lane *lane, const struct secrets *secrets, struct tls_keylog *const *logs,
               size_t count);
void lane_free(struct lane *lane);

/* Decodes one packet, whose bytes stand at `ip`. Events go to `output`. */
void lane_packet(struct lane *lane, struct wire_output *output, const struct packet *packet,
                 const uint8_t *ip);

/* Ends all connections. */
void lane_end(struct lane *lane, struct wire_output *output);

const struct losses *lane_losses(const struct lane *lane);

#endif
