/* DER, as far as SPNEGO and Kerberos need it (X.690): tag, definite length, contents. */
#ifndef IMPOUND_READERS_CAPTURE_DER_H
#define IMPOUND_READERS_CAPTURE_DER_H

#include "base/cursor.h"

#define DER_INTEGER        0x02
#define DER_BIT_STRING     0x03
#define DER_OCTETS         0x04
#define DER_OID            0x06
#define DER_ENUMERATED     0x0A
#define DER_SEQUENCE       0x30
#define DER_CONTEXT(n)     (0xA0 + (n))
#define DER_APPLICATION(n) (0x60 + (n))

/* Takes the next element; `*inner` is its contents. False when it is not all there. Tags of one
 * byte only, lengths of up to four. */
static inline bool der_next(struct cursor *at, uint8_t *tag, struct cursor *inner)
{
    struct cursor ahead = *at;
    const uint8_t *header = cursor_take(&ahead, 2);
    if (!header || (header[0] & 0x1F) == 0x1F)
        return false;
    size_t length = header[1];
    if (length & 0x80) {
        const size_t bytes = length & 0x7F;
        const uint8_t *field = bytes && bytes <= 4 ? cursor_take(&ahead, bytes) : NULL;
        if (!field)
            return false;
        length = 0;
        for (size_t i = 0; i < bytes; i++)
            length = length << 8 | field[i];
    }
    if (!cursor_split(&ahead, length, inner))
        return false;
    *tag = header[0];
    *at = ahead;
    return true;
}

/* Takes the next element if it has this tag. */
static inline bool der_take(struct cursor *at, uint8_t tag, struct cursor *inner)
{
    struct cursor ahead = *at;
    uint8_t found;
    if (!der_next(&ahead, &found, inner) || found != tag)
        return false;
    *at = ahead;
    return true;
}

static inline struct bytes der_bytes(const struct cursor *inner)
{
    return bytes_of(inner->at, cursor_left(inner));
}

/* An integer's value; longer ones are cut to their last eight bytes. */
static inline int64_t der_integer(const struct cursor *inner)
{
    const size_t length = cursor_left(inner);
    uint64_t value = length && (inner->at[0] & 0x80) ? UINT64_MAX : 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | inner->at[i];
    return (int64_t)value;
}

#endif
