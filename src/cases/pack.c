#include "cases/pack.h"

#define SIGN          (UINT64_C(1) << 63)
#define NANOS_PER_SEC UINT32_C(1000000000)

void pack_u32(struct buffer *to, uint32_t number)
{
    uint8_t bytes[sizeof(number)];
    store_be32(bytes, number);
    buffer_bytes(to, bytes, sizeof(bytes));
}

void pack_u64(struct buffer *to, uint64_t number)
{
    uint8_t bytes[sizeof(number)];
    store_be64(bytes, number);
    buffer_bytes(to, bytes, sizeof(bytes));
}

void pack_time(struct buffer *to, struct instant time)
{
    pack_u64(to, (uint64_t)time.seconds ^ SIGN);
    pack_u32(to, time.nanos);
    buffer_byte(to, time.digits);
}

void pack_words(struct buffer *to, struct bytes text)
{
    pack_u32(to, (uint32_t)text.length);
    buffer_bytes(to, text.data, text.length);
}

bool unpack_u32(struct cursor *from, uint32_t *number)
{
    const uint8_t *at = cursor_take(from, sizeof(*number));
    if (at)
        *number = load_be32(at);
    return at != NULL;
}

bool unpack_u64(struct cursor *from, uint64_t *number)
{
    const uint8_t *at = cursor_take(from, sizeof(*number));
    if (at)
        *number = load_be64(at);
    return at != NULL;
}

bool unpack_time(struct cursor *from, struct instant *time)
{
    struct cursor ahead = *from;
    uint64_t seconds;
    uint32_t nanos;
    if (!unpack_u64(&ahead, &seconds) || !unpack_u32(&ahead, &nanos))
        return false;
    const uint8_t *digits = cursor_take(&ahead, 1);
    if (!digits || *digits > 9 || nanos >= NANOS_PER_SEC)
        return false;
    *time = (struct instant){(int64_t)(seconds ^ SIGN), nanos, *digits};
    *from = ahead;
    return true;
}

bool unpack_words(struct cursor *from, struct bytes *text)
{
    struct cursor ahead = *from;
    uint32_t length;
    if (!unpack_u32(&ahead, &length))
        return false;
    const uint8_t *at = cursor_take(&ahead, length);
    if (!at)
        return false;
    *text = bytes_of(at, length);
    *from = ahead;
    return true;
}
