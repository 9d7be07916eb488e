#include "readers/evtx/evtx_chunk.h"

#include <libdeflate.h>

bool evtx_is_file_header(struct bytes bytes)
{
    return bytes.length >= 8 && memcmp(bytes.data, "ElfFile", 8) == 0;
}

bool evtx_is_chunk_header(struct bytes bytes)
{
    return bytes.length >= EVTX_CHUNK_HEADER && memcmp(bytes.data, "ElfChnk", 8) == 0;
}

struct evtx_chunk_header evtx_chunk_header_load(struct bytes chunk)
{
    struct evtx_chunk_header header = {
        .first_identifier = load_le64(chunk.data + 24),
        .last_identifier = load_le64(chunk.data + 32),
        .free_offset = load_le32(chunk.data + 48),
    };
    uint32_t sum = libdeflate_crc32(0, chunk.data, 120);
    sum = libdeflate_crc32(sum, chunk.data + 128, EVTX_CHUNK_HEADER - 128);
    header.is_header_whole = sum == load_le32(chunk.data + 124);
    if (header.free_offset < EVTX_CHUNK_HEADER || header.free_offset > chunk.length)
        header.free_offset = (uint32_t)chunk.length;
    return header;
}

bool evtx_chunk_is_whole(struct bytes chunk)
{
    const uint32_t end = load_le32(chunk.data + 48);
    if (end < EVTX_CHUNK_HEADER || end > chunk.length)
        return false;
    return libdeflate_crc32(0, chunk.data + EVTX_CHUNK_HEADER, end - EVTX_CHUNK_HEADER) ==
           load_le32(chunk.data + 52);
}

bool evtx_envelope_at(struct bytes bytes, size_t offset, struct evtx_envelope *envelope)
{
    if (offset > bytes.length || bytes.length - offset < EVTX_RECORD_LEAST)
        return false;
    const uint8_t *record = bytes.data + offset;
    const size_t length = load_le32(record + 4);
    if (load_le32(record) != 0x00002A2A || length < EVTX_RECORD_LEAST ||
        length > bytes.length - offset || length > EVTX_CHUNK_LENGTH ||
        load_le32(record + length - 4) != length)
        return false;
    *envelope = (struct evtx_envelope){.offset = offset,
                                       .length = length,
                                       .identifier = load_le64(record + 8),
                                       .filetime = load_le64(record + 16)};
    return true;
}

bool evtx_envelope_find(struct bytes bytes, size_t offset, size_t end,
                        struct evtx_envelope *envelope)
{
    if (end > bytes.length)
        end = bytes.length;
    while (offset < end) {
        const uint8_t *star = memchr(bytes.data + offset, '*', end - offset);
        if (!star)
            return false;
        offset = (size_t)(star - bytes.data);
        if (evtx_envelope_at(bytes, offset, envelope))
            return true;
        offset++;
    }
    return false;
}
