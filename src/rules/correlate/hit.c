/* A hit as bytes.
 *
 * offset  bytes  what, big-endian so that memcmp orders as the numbers do
 *      0      8  seconds, the sign bit flipped: an unknown time comes first
 *      8      4  nanoseconds
 *     12      4  evidence
 *     16      8  offset in it
 *     24      4  rule
 *     28      8  record
 *     36      1  digits of the time
 *     37      1  number of values
 *     38     20  flow
 *     58         host, account, source, then the values: each its length + 1 in groups of seven
 *                bits, the lowest first (LEB128, no longer than needed), and its bytes; 0: absent
 */
#include "rules/correlate/correlate.h"

#include "base/cursor.h"

#include <assert.h>

#define HEADER_LENGTH   58
#define SIGN            (UINT64_C(1) << 63)
#define NANOS_PER_SEC   UINT32_C(1000000000)
#define LENGTH_BITS_MAX 35U

static void text_write(struct buffer *to, struct bytes text)
{
    uint64_t length = text.data ? (uint64_t)text.length + 1 : 0;
    assert(length >> LENGTH_BITS_MAX == 0);
    for (; length >= 0x80; length >>= 7)
        buffer_byte(to, (uint8_t)(length | 0x80));
    buffer_byte(to, (uint8_t)length);
    if (text.data)
        buffer_bytes(to, text.data, text.length);
}

void correlate_hit_write(struct buffer *to, const struct correlate_hit *hit)
{
    assert(hit->value_count <= CORRELATE_FIELDS_MAX);
    uint8_t header[HEADER_LENGTH];
    store_be64(header, (uint64_t)hit->time.seconds ^ SIGN);
    store_be32(header + 8, hit->time.nanos);
    store_be32(header + 12, hit->evidence);
    store_be64(header + 16, hit->offset);
    store_be32(header + 24, hit->rule);
    store_be64(header + 28, hit->record);
    header[36] = hit->time.digits;
    header[37] = (uint8_t)hit->value_count;
    memcpy(header + 38, hit->flow.bytes, sizeof(hit->flow.bytes));
    buffer_bytes(to, header, sizeof(header));
    text_write(to, hit->host);
    text_write(to, hit->account);
    text_write(to, hit->source);
    for (uint32_t i = 0; i < hit->value_count; i++)
        text_write(to, hit->values[i]);
}

static bool length_read(struct cursor *cursor, uint64_t *length)
{
    *length = 0;
    for (unsigned shift = 0; shift < LENGTH_BITS_MAX; shift += 7) {
        const uint8_t *byte = cursor_take(cursor, 1);
        if (!byte)
            return false;
        *length |= (uint64_t)(*byte & 0x7F) << shift;
        if (*byte < 0x80)
            return *byte != 0 || shift == 0;
    }
    return false;
}

static bool text_read(struct cursor *cursor, struct bytes *text)
{
    uint64_t length;
    if (!length_read(cursor, &length))
        return false;
    const uint8_t *data = length ? cursor_take(cursor, (size_t)(length - 1)) : NULL;
    if (length && !data)
        return false;
    *text = bytes_of(data, length ? (size_t)(length - 1) : 0);
    return true;
}

static bool texts_read(struct cursor *cursor, struct correlate_hit *hit)
{
    if (!text_read(cursor, &hit->host) || !text_read(cursor, &hit->account) ||
        !text_read(cursor, &hit->source))
        return false;
    for (uint32_t i = 0; i < hit->value_count; i++)
        if (!text_read(cursor, &hit->values[i]))
            return false;
    return cursor_left(cursor) == 0;
}

enum status correlate_hit_read(struct bytes packed, struct correlate_hit *hit, struct fault *fault)
{
    struct cursor cursor = cursor_over(packed, 0);
    const uint8_t *header = cursor_take(&cursor, HEADER_LENGTH);
    if (!header)
        return fault_set(fault, STATUS_DAMAGED, 0, "no whole header of a hit");
    struct correlate_hit read = {
        .time = {.seconds = (int64_t)(load_be64(header) ^ SIGN),
                 .nanos = load_be32(header + 8),
                 .digits = header[36]},
        .evidence = load_be32(header + 12),
        .offset = load_be64(header + 16),
        .rule = load_be32(header + 24),
        .record = load_be64(header + 28),
        .value_count = header[37],
    };
    memcpy(read.flow.bytes, header + 38, sizeof(read.flow.bytes));
    if (read.time.nanos >= NANOS_PER_SEC || read.time.digits > 9 ||
        read.value_count > CORRELATE_FIELDS_MAX)
        return fault_set(fault, STATUS_DAMAGED, 0,
                         "a number in the header of a hit is out of range");
    if (!texts_read(&cursor, &read))
        return fault_set(fault, STATUS_DAMAGED, cursor_offset(&cursor),
                         "the texts of a hit do not end where it does");
    *hit = read;
    return STATUS_OK;
}
