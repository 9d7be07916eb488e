/* Packets that reach no connection, and why: an account's notes. */
#ifndef IMPOUND_READERS_CAPTURE_UNREAD_H
#define IMPOUND_READERS_CAPTURE_UNREAD_H

#include "evidence/account.h"
#include "readers/capture/packets/file.h"
#include "readers/capture/packets/packet.h"

/* All zero at first. */
struct unread {
    uint64_t cut, broken, unknown;
    uint64_t first_cut, first_broken, first_unknown; /* packets */
    uint32_t link;
};

/* Finds the innermost IP packet of a frame, which begins at `*ip`. False when there is none to go
 * on with; what counts as a loss is remembered. */
bool unread_or_packet(struct unread *unread, const struct frame *frame, struct packet *packet,
                      const uint8_t **ip);

void unread_tell(const struct unread *unread, struct account *account);

#endif
