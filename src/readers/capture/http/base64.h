/* Base64 (RFC 4648 4), as authentication has it. */
#ifndef IMPOUND_READERS_CAPTURE_HTTP_BASE64_H
#define IMPOUND_READERS_CAPTURE_HTTP_BASE64_H

#include "base/bytes.h"

#define BASE64_BOUND(length) ((length) / 4 * 3 + 3)

/* Decodes up to the first byte that is no digit; returns the length. `to` has BASE64_BOUND bytes.
 */
static inline size_t base64_decode(uint8_t *to, struct bytes text)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t c = text.data[i];
        uint32_t digit;
        if (c >= 'A' && c <= 'Z')
            digit = c - (uint32_t)'A';
        else if (c >= 'a' && c <= 'z')
            digit = c - (uint32_t)'a' + 26;
        else if (c >= '0' && c <= '9')
            digit = c - (uint32_t)'0' + 52;
        else if (c == '+' || c == '/')
            digit = c == '+' ? 62 : 63;
        else
            break;
        bits = bits << 6 | digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            to[length++] = (uint8_t)(bits >> count);
        }
    }
    return length;
}

#endif
