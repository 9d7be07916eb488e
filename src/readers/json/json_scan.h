/* The smallest pieces of JSON (RFC 8259): where a string ends, where a container ends. */
#ifndef IMPOUND_READERS_JSON_SCAN_H
#define IMPOUND_READERS_JSON_SCAN_H

#include "base/attributes.h"
#include "base/bytes.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define JSON_DEPTH_MAX 64

/* What was met on the way through strings. */
struct json_marks {
    unsigned high;    /* not 0: bytes that are not ASCII, to be checked */
    bool has_escape;  /* a backslash */
    bool has_control; /* a control character that should have been escaped, or a wrong escape */
};

static inline bool json_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* The first quote, backslash or control character at or behind `at`; `end` when there is none. */
static inline const uint8_t *json_run(const uint8_t *at, const uint8_t *end, unsigned *high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    while (end - at >= 16) {
        const __m128i text = _mm_loadu_si128((const __m128i_u *)(const void *)at);
        const __m128i stops =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(text, quote), _mm_cmpeq_epi8(text, backslash)),
                         _mm_cmpeq_epi8(_mm_min_epu8(text, control), text));
        const unsigned stop = (unsigned)_mm_movemask_epi8(stops);
        const unsigned above = (unsigned)_mm_movemask_epi8(text);
        if (stop) {
            *high |= above & ((stop & (0U - stop)) - 1);
            return at + __builtin_ctz(stop);
        }
        *high |= above;
        at += 16;
    }
#endif
    for (; at < end && *at != '"' && *at != '\\' && *at > 0x1F; at++)
        *high |= *at & 0x80U;
    return at;
}

/* Steps over an escape; false when it is none, or does not end before `end`. */
bool json_escape(const uint8_t **at, const uint8_t *end);

/* The quote that ends the string whose first character is at `at`; NULL when there is none before
 * `end` or a line feed. */
static inline const uint8_t *json_string_end(const uint8_t *at, const uint8_t *end,
                                             struct json_marks *marks)
{
    for (;;) {
        at = json_run(at, end, &marks->high);
        if (at == end)
            return NULL;
        if (LIKELY(*at == '"'))
            return at;
        if (*at == '\\') {
            marks->has_escape = true;
            if (!json_escape(&at, end)) {
                if (end - at < 2)
                    return NULL;
                marks->has_control = true;
                at++;
            }
            continue;
        }
        if (*at == '\n')
            return NULL;
        marks->has_control |= *at != '\t';
        at++;
    }
}

/* The first byte behind the object or array that begins at `at`; NULL when it does not end before
 * `end`, is not balanced, or is deeper than JSON_DEPTH_MAX. Looks at brackets and strings only. */
const uint8_t *json_container_end(const uint8_t *at, const uint8_t *end, struct json_marks *marks);

#endif
