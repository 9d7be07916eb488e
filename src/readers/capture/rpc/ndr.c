#include "readers/capture/rpc/ndr.h"

const uint8_t *ndr_take(struct ndr *ndr, size_t length)
{
    if (ndr->is_broken || ndr->stub.length - ndr->at < length) {
        ndr->is_broken = true;
        return NULL;
    }
    const uint8_t *taken = ndr->stub.data + ndr->at;
    ndr->at += length;
    return taken;
}

void ndr_align(struct ndr *ndr, size_t alignment)
{
    const size_t gap = (alignment - ndr->at % alignment) % alignment;
    const uint8_t *fill = gap ? ndr_take(ndr, gap) : NULL;
    if (!fill)
        return;
    ndr->fills++;
    if (fill[0]) {
        if (!ndr->odd_fills++)
            ndr->fill = fill[0];
    }
}

uint8_t ndr_u8(struct ndr *ndr)
{
    const uint8_t *at = ndr_take(ndr, 1);
    return at ? *at : 0;
}

uint16_t ndr_u16(struct ndr *ndr)
{
    ndr_align(ndr, 2);
    const uint8_t *at = ndr_take(ndr, 2);
    return !at ? 0 : ndr->is_big_endian ? load_be16(at) : load_le16(at);
}

uint32_t ndr_u32(struct ndr *ndr)
{
    ndr_align(ndr, 4);
    const uint8_t *at = ndr_take(ndr, 4);
    return !at ? 0 : ndr->is_big_endian ? load_be32(at) : load_le32(at);
}

uint64_t ndr_u64(struct ndr *ndr)
{
    ndr_align(ndr, 8);
    const uint8_t *at = ndr_take(ndr, 8);
    return !at ? 0 : ndr->is_big_endian ? load_be64(at) : load_le64(at);
}

uint32_t ndr_count(struct ndr *ndr)
{
    const uint64_t count = ndr->is_64 ? ndr_u64(ndr) : ndr_u32(ndr);
    ndr->is_broken |= count > UINT32_MAX;
    return ndr->is_broken ? 0 : (uint32_t)count;
}

uint32_t ndr_enum(struct ndr *ndr)
{
    return ndr->is_64 ? ndr_u32(ndr) : ndr_u16(ndr);
}

const uint8_t *ndr_referents(struct ndr *ndr, uint32_t count)
{
    const size_t width = ndr->is_64 ? 8 : 4;
    ndr_align(ndr, width);
    return ndr_take(ndr, count * width);
}

bool ndr_referent(const struct ndr *ndr, const uint8_t *referents, uint32_t index)
{
    return ndr->is_64 ? load_le64(referents + (size_t)index * 8) != 0
                      : load_le32(referents + (size_t)index * 4) != 0;
}

void ndr_handle(struct ndr *ndr)
{
    ndr_align(ndr, 4);
    ndr_take(ndr, 20);
}

bool ndr_pointer(struct ndr *ndr)
{
    const uint64_t referent = ndr->is_64 ? ndr_u64(ndr) : ndr_u32(ndr);
    if (ndr->is_broken || !referent)
        return false;
    ndr->referents++;
    ndr->small_referents += referent < 0x10000;
    return true;
}

struct bytes ndr_wide(struct ndr *ndr)
{
    ndr_count(ndr);
    ndr_count(ndr);
    const uint32_t count = ndr_count(ndr);
    const uint8_t *units = count < UINT32_MAX / 2 ? ndr_take(ndr, (size_t)count * 2) : NULL;
    if (!units) {
        ndr->is_broken = true;
        return (struct bytes){0};
    }
    size_t length = count;
    while (length && load_le16(units + (length - 1) * 2) == 0)
        length--;
    return ndr->is_big_endian ? (struct bytes){0} : bytes_of(units, length * 2);
}

struct bytes ndr_wide_pointer(struct ndr *ndr)
{
    return ndr_pointer(ndr) ? ndr_wide(ndr) : (struct bytes){0};
}

bool ndr_unicode_header(struct ndr *ndr)
{
    ndr_align(ndr, ndr->is_64 ? 8 : 4);
    ndr_u16(ndr);
    ndr_u16(ndr);
    return ndr_pointer(ndr);
}
