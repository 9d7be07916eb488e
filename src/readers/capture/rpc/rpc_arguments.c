#include "rpc_arguments.h"

#include <stdio.h>

#define SID_SUBS_MAX 15U /* [MS-DTYP] 2.4.2 */

void read_server(struct rpc_call *call, struct ndr *ndr)
{
    rpc_add_wide(call, RPC_SERVER_NAME, ndr_wide_pointer(ndr));
}

void read_unicode(struct rpc_call *call, struct ndr *ndr, enum rpc_field field)
{
    if (ndr_unicode_header(ndr))
        rpc_add_wide(call, field, ndr_wide(ndr));
}

void read_unicodes(struct rpc_call *call, struct ndr *ndr, enum rpc_field field, uint32_t count)
{
    const uint32_t step = ndr->is_64 ? 16 : 8;
    ndr_align(ndr, step / 2);
    const uint8_t *headers = ndr_take(ndr, (size_t)count * step);
    for (uint32_t i = 0; headers && i < count && !ndr->is_broken; i++)
        if (ndr_referent(ndr, headers, i * 2 + 1))
            rpc_join_wide(call, field, ",", ndr_wide(ndr));
}

void read_strings(struct rpc_call *call, struct ndr *ndr, enum rpc_field field)
{
    const uint32_t count = ndr_count(ndr);
    const uint8_t *referents = ndr_referents(ndr, count);
    for (uint32_t i = 0; referents && i < count && !ndr->is_broken; i++)
        if (ndr_referent(ndr, referents, i))
            rpc_join_wide(call, field, ",", ndr_wide(ndr));
}

void read_guid(struct rpc_call *call, struct ndr *ndr, enum rpc_field field)
{
    ndr_align(ndr, 4);
    const uint8_t *guid = ndr_take(ndr, 16);
    char text[37];
    if (!guid)
        return;
    rpc_uuid_write(text, guid);
    rpc_join_text(call, field, ",", bytes_of_text(text));
}

void add_sid(struct rpc_call *call, enum rpc_field field, struct bytes sid)
{
    char text[256];
    const uint8_t *at = sid.data;
    if (sid.length < 8 || at[1] > SID_SUBS_MAX || sid.length < 8 + (size_t)at[1] * 4)
        return;
    const uint64_t authority = (uint64_t)load_be16(at + 2) << 32 | load_be32(at + 4);
    size_t length =
        (size_t)snprintf(text, sizeof(text), "S-%u-%llu", at[0], (unsigned long long)authority);
    for (unsigned i = 0; i < at[1]; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "-%u",
                                   load_le32(at + 8 + (size_t)i * 4));
    rpc_join_text(call, field, ",", bytes_of(text, length));
}

/* [MS-DTYP] 2.4.2.3: the number of sub-authorities, then the SID. */
void read_sid(struct rpc_call *call, struct ndr *ndr, enum rpc_field field)
{
    const uint32_t count = ndr_count(ndr);
    const size_t length = 8 + (size_t)(count <= SID_SUBS_MAX ? count : 0) * 4;
    const uint8_t *sid = count <= SID_SUBS_MAX ? ndr_take(ndr, length) : NULL;
    if (sid)
        add_sid(call, field, bytes_of(sid, length));
    else
        ndr->is_broken = true;
}

static argument_reader *reader_find(const struct rpc_interface *interface, uint16_t opnum)
{
    static const struct argument_rows *const families[] = {&arguments_service, &arguments_registry,
                                                           &arguments_account, &arguments_share,
                                                           &arguments_object};
    for (size_t i = 0; i < COUNT_OF(families); i++)
        for (size_t j = 0; j < families[i]->count; j++) {
            const struct argument_row *row = &families[i]->rows[j];
            if (row->opnum == opnum && strcmp(row->endpoint, interface->endpoint) == 0)
                return row->read;
        }
    return NULL;
}

/* The endpoint mapper's pointers are 1 and 2 in every library. */
static bool is_telling(const struct rpc_interface *interface)
{
    return strcmp(interface->endpoint, "epmapper") != 0;
}

void rpc_request_read(struct rpc_call *call, const struct rpc_interface *interface, struct ndr ndr,
                      struct ndr *seen)
{
    argument_reader *read = interface ? reader_find(interface, call->opnum) : NULL;
    if (!read)
        return;
    read(call, &ndr);
    if (ndr.is_64)
        return;
    if (!is_telling(interface))
        ndr.referents = ndr.small_referents = 0;
    seen->fills += ndr.fills;
    if (!seen->odd_fills && ndr.odd_fills)
        seen->fill = ndr.fill;
    seen->odd_fills += ndr.odd_fills;
    seen->referents += ndr.referents;
    seen->small_referents += ndr.small_referents;
}
