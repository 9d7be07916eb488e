#include "readers/capture/rpc/rpc_pdu.h"

uint16_t rpc_pdu_length(struct bytes bytes)
{
    const uint8_t *at = bytes.data;
    if (at[0] != 5 || at[1] > 1 || at[2] > 19 || (at[4] & 0xEF) != 0 || at[5] > 3 || at[6] || at[7])
        return 0;
    const uint16_t length = at[4] & 0x10 ? load_le16(at + 8) : load_be16(at + 8);
    return length < RPC_HEADER ? 0 : length;
}

bool rpc_pdu_read(struct bytes bytes, struct rpc_pdu *pdu)
{
    const uint8_t *at = bytes.data;
    *pdu = (struct rpc_pdu){.type = at[2],
                            .flags = at[3],
                            .is_big_endian = !(at[4] & 0x10),
                            .length = (uint16_t)bytes.length};
    const size_t auth = rpc_u16(pdu, at + 10);
    pdu->call_id = rpc_u32(pdu, at + 12);
    size_t end = bytes.length;
    if (auth) {
        if (bytes.length < RPC_HEADER + RPC_TRAILER + auth)
            return false;
        end -= auth + RPC_TRAILER;
        const uint8_t *trailer = at + end;
        pdu->has_auth = true;
        pdu->auth_type = trailer[0];
        pdu->auth_level = trailer[1];
        pdu->auth_pad = trailer[2];
        pdu->auth_context = rpc_u32(pdu, trailer + 4);
        pdu->token = bytes_of(trailer + RPC_TRAILER, auth);
        if (pdu->auth_pad > end - RPC_HEADER)
            return false;
        end -= pdu->auth_pad;
        pdu->padding = bytes_of(at + end, pdu->auth_pad);
    }
    pdu->body = bytes_of(at + RPC_HEADER, end - RPC_HEADER);
    return true;
}
