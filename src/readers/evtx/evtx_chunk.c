#include "readers/evtx/evtx_chunk.h"

#include <isa-l/crc.h>

#define RECORD_MAGIC     0x00002A2AU
#define FLAG_DIRTY       1U /* Windows leaves it set in chunks that it has long been done with */
#define FLAG_NO_CHECKSUM 2U
#define RECORDS_MAX      ((EVTX_CHUNK_LENGTH - EVTX_CHUNK_HEADER) / EVTX_RECORD_LEAST)

bool evtx_is_file_header(struct bytes bytes)
{
    return bytes.length >= 8 && memcmp(bytes.data, "ElfFile", 8) == 0;
}

bool evtx_is_chunk_header(struct bytes bytes)
{
    return bytes.length >= EVTX_CHUNK_HEADER && memcmp(bytes.data, "ElfChnk", 8) == 0;
}

/* ISA-L leaves the upper halves of the vector registers in use, which slows down every SSE
 * instruction behind it: clearing them is left to the caller. */
static uint32_t crc32_of(uint32_t sum, const uint8_t *data, size_t length)
{
    sum = crc32_gzip_refl(sum, data, length);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("vzeroupper");
#endif
    return sum;
}

bool evtx_file_header_is_whole(const uint8_t *header)
{
    return crc32_of(0, header, 120) == load_le32(header + 124);
}

static bool is_header_whole(const uint8_t *chunk)
{
    uint32_t sum = crc32_of(0, chunk, 120);
    sum = crc32_of(sum, chunk + 128, EVTX_CHUNK_HEADER - 128);
    return sum == load_le32(chunk + 124);
}

/* An empty chunk counts from all ones. */
static bool are_identifiers(uint64_t first, uint64_t last)
{
    return first > 0 && first <= last && last != UINT64_MAX && last - first < RECORDS_MAX;
}

struct evtx_chunk_header evtx_chunk_header_load(struct bytes chunk)
{
    const uint32_t flags = load_le32(chunk.data + 120);
    const uint32_t end = load_le32(chunk.data + 48);
    struct evtx_chunk_header header = {
        .first_identifier = load_le64(chunk.data + 24),
        .last_identifier = load_le64(chunk.data + 32),
        .free_offset = (uint32_t)chunk.length,
        .is_header_whole = is_header_whole(chunk.data),
        .is_open = flags & (FLAG_DIRTY | FLAG_NO_CHECKSUM),
        .has_checksum = !(flags & FLAG_NO_CHECKSUM),
    };
    header.has_records =
        header.is_header_whole && are_identifiers(header.first_identifier, header.last_identifier);
    header.is_free_known = end >= EVTX_CHUNK_HEADER && end <= EVTX_CHUNK_LENGTH &&
                           (header.is_header_whole || evtx_chunk_is_whole(chunk, end));
    if (header.is_free_known && end < chunk.length)
        header.free_offset = end;
    return header;
}

bool evtx_chunk_is_whole(struct bytes chunk, size_t end)
{
    return end >= EVTX_CHUNK_HEADER && end <= chunk.length &&
           crc32_of(0, chunk.data + EVTX_CHUNK_HEADER, end - EVTX_CHUNK_HEADER) ==
               load_le32(chunk.data + 52);
}

static struct evtx_envelope envelope_load(struct bytes bytes, size_t offset, size_t length)
{
    return (struct evtx_envelope){.offset = offset,
                                  .length = length,
                                  .identifier = load_le64(bytes.data + offset + 8),
                                  .filetime = load_le64(bytes.data + offset + 16)};
}

bool evtx_envelope_at(struct bytes bytes, size_t offset, struct evtx_envelope *envelope)
{
    if (offset > bytes.length || bytes.length - offset < EVTX_RECORD_LEAST)
        return false;
    const uint8_t *record = bytes.data + offset;
    const size_t length = load_le32(record + 4);
    if (load_le32(record) != RECORD_MAGIC || length < EVTX_RECORD_LEAST ||
        length > bytes.length - offset || length > EVTX_CHUNK_LENGTH ||
        load_le32(record + length - 4) != length)
        return false;
    *envelope = envelope_load(bytes, offset, length);
    return true;
}

bool evtx_envelope_mend(struct bytes bytes, size_t offset, size_t to,
                        struct evtx_envelope *envelope)
{
    if (to > bytes.length || offset > to || to - offset < EVTX_RECORD_LEAST ||
        to - offset > EVTX_CHUNK_LENGTH || load_le32(bytes.data + offset) != RECORD_MAGIC ||
        (load_le32(bytes.data + offset + 4) != to - offset &&
         load_le32(bytes.data + to - 4) != to - offset))
        return false;
    *envelope = envelope_load(bytes, offset, to - offset);
    return true;
}

/* The next place that may be a record's magic; `end` when there is none. */
static size_t star_find(struct bytes bytes, size_t offset, size_t end)
{
    const uint8_t *star =
        offset < end ? memchr(bytes.data + offset, '*', end - offset) : (const uint8_t *)NULL;
    return star ? (size_t)(star - bytes.data) : end;
}

bool evtx_envelope_find(struct bytes bytes, size_t offset, size_t end,
                        struct evtx_envelope *envelope)
{
    if (end > bytes.length)
        end = bytes.length;
    for (offset = star_find(bytes, offset, end); offset < end;
         offset = star_find(bytes, offset + 1, end))
        if (evtx_envelope_at(bytes, offset, envelope))
            return true;
    return false;
}

bool evtx_envelope_hidden(struct bytes bytes, size_t offset, size_t end,
                          struct evtx_envelope *envelope)
{
    for (offset = star_find(bytes, offset, end); offset + EVTX_RECORD_LEAST <= end;
         offset = star_find(bytes, offset + 1, end)) {
        const size_t length = load_le32(bytes.data + offset + 4);
        if (load_le32(bytes.data + offset) == RECORD_MAGIC && length >= EVTX_RECORD_LEAST &&
            length <= end - offset) {
            *envelope = envelope_load(bytes, offset, length);
            return true;
        }
    }
    return false;
}
