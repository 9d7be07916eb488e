#include "readers/capture/rpc/rpc_seal.h"

static struct wire_seal *seal_of(struct rpc_seals *seals, struct wire_connection *connection,
                                 const struct wire_secret *secret, uint32_t context)
{
    for (uint32_t i = 0; i < seals->made && i < RPC_SEALS_MAX; i++)
        if (seals->rows[i].context == context)
            return seals->rows[i].seal;
    if (!secret)
        return NULL;
    const uint32_t row = seals->made++ % RPC_SEALS_MAX;
    seals->rows[row].context = context;
    seals->rows[row].seal = wire_seal_new(connection, secret);
    return seals->rows[row].seal;
}

void rpc_seal_open(struct rpc_seals *seals, struct wire_connection *connection,
                   const struct wire_secret *secret, enum wire_side side, struct rpc_pdu *pdu,
                   uint8_t *room)
{
    const size_t header = pdu->type == RPC_REQUEST && pdu->flags & RPC_HAS_OBJECT ? 24 : 8;
    struct wire_seal *seal = seal_of(seals, connection, secret, pdu->auth_context);
    if (!seal || pdu->body.length < header)
        return;
    const struct wire_sealed sealed = {
        .message = room,
        .whole = pdu->length - pdu->token.length,
        .from = RPC_HEADER + header,
        .length = pdu->body.length - header + pdu->auth_pad,
        .token = pdu->token,
    };
    memcpy(room, pdu->body.data - RPC_HEADER, sealed.whole);
    if (!wire_seal_open(seal, side, &sealed))
        return;
    pdu->body.data = room + RPC_HEADER;
    pdu->padding.data = pdu->body.data + pdu->body.length;
    pdu->is_hidden = false;
}
