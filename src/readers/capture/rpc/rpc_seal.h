/* Sealed fragments: which security context opens them. [MS-RPCE] 2.2.2.11 and 3.3.1.5.2.2: what is
 * encrypted is the stub and its padding, what is signed is the whole fragment but its token. */
#ifndef IMPOUND_READERS_CAPTURE_RPC_SEAL_H
#define IMPOUND_READERS_CAPTURE_RPC_SEAL_H

#include "readers/capture/keys/seal.h"
#include "readers/capture/rpc/rpc_pdu.h"

#define RPC_SEALS_MAX 8U

/* The contexts of one association, by the identifier that each fragment has. */
struct rpc_seals {
    struct {
        struct wire_seal *seal;
        uint32_t context;
    } rows[RPC_SEALS_MAX];
    uint32_t made; /* so far; the oldest goes */
};

/* Opens a request or a response: its views lead into `room` then, which has the fragment's length,
 * and it is hidden no more. `secret` is that of the last authentication (NULL: not known), which a
 * new context takes. */
void rpc_seal_open(struct rpc_seals *seals, struct wire_connection *connection,
                   const struct wire_secret *secret, enum wire_side side, struct rpc_pdu *pdu,
                   uint8_t *room);

#endif
