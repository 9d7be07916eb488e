/* PDUs of connection-oriented DCE/RPC (C706 12.6, [MS-RPCE] 2.2.2), as views.
 *
 * Header: 0 version 5, 1 minor, 2 type, 3 flags, 4 drep (0x10: little-endian), 8 fragment length,
 * 10 auth length, 12 call id. Behind the body: padding, the trailer of 8 bytes (type, level, pad
 * length, reserved, context id), auth_length bytes of token. */
#ifndef IMPOUND_READERS_CAPTURE_RPC_PDU_H
#define IMPOUND_READERS_CAPTURE_RPC_PDU_H

#include "base/bytes.h"

#define RPC_HEADER     16
#define RPC_TRAILER    8
#define RPC_FIRST      0x01U
#define RPC_LAST       0x02U
#define RPC_HAS_OBJECT 0x80U

enum rpc_type {
    RPC_REQUEST = 0,
    RPC_RESPONSE = 2,
    RPC_FAULT_PDU = 3,
    RPC_BIND = 11,
    RPC_BIND_ACK = 12,
    RPC_BIND_NAK = 13,
    RPC_ALTER = 14,
    RPC_ALTER_RESPONSE = 15,
    RPC_AUTH3 = 16,
};

struct rpc_pdu {
    uint8_t type, flags;
    bool is_big_endian;
    uint16_t length;
    uint32_t call_id;
    struct bytes body; /* behind the header, without padding and trailer */
    bool has_auth;
    uint8_t auth_type, auth_level, auth_pad;
    uint32_t auth_context;
    struct bytes token, padding;
    bool is_hidden; /* its stub is sealed and no key has opened it; for the caller */
};

/* The length that a fragment claims; 0 when `bytes` are no PDU's beginning; needs RPC_HEADER bytes.
 */
uint16_t rpc_pdu_length(struct bytes bytes);

/* Reads a whole fragment. False when it breaks its own rules. */
bool rpc_pdu_read(struct bytes bytes, struct rpc_pdu *pdu);

static inline uint16_t rpc_u16(const struct rpc_pdu *pdu, const uint8_t *at)
{
    return pdu->is_big_endian ? load_be16(at) : load_le16(at);
}

static inline uint32_t rpc_u32(const struct rpc_pdu *pdu, const uint8_t *at)
{
    return pdu->is_big_endian ? load_be32(at) : load_le32(at);
}

#endif
