#include "base/flow.h"

#include <stddef.h>
#include <string.h>

bool flow_is_known(const struct flow_id *flow)
{
    static const struct flow_id none;
    return memcmp(flow->bytes, none.bytes, sizeof(none.bytes)) != 0;
}

/* Base64 ([RFC 4648] 4): 18 bytes in groups of three, then two and their padding. */
void flow_write(char text[FLOW_TEXT_BOUND], const struct flow_id *flow)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *to = text;
    *to++ = '1';
    *to++ = ':';
    for (size_t i = 0; i < sizeof(flow->bytes); i += 3) {
        const uint8_t *at = flow->bytes + i;
        const uint32_t third = i + 2 < sizeof(flow->bytes) ? at[2] : 0;
        const uint32_t group = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | third;
        for (int shift = 18; shift >= 0; shift -= 6)
            *to++ = letters[group >> shift & 63];
    }
    to[-1] = '=';
    *to = '\0';
}
