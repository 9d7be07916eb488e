/* The text of XML: where it ends, and what its references stand for (XML 1.0, 2.4, 2.7, 4.1). */
#ifndef IMPOUND_READERS_XML_TEXT_H
#define IMPOUND_READERS_XML_TEXT_H

#include "base/arena.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

static inline bool xml_is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* The first `stop` or ampersand at or behind `at`; `end` when there is none. *high is not 0 when
 * there are bytes before it that are not ASCII. */
static inline const uint8_t *xml_run(const uint8_t *at, const uint8_t *end, uint8_t stop,
                                     unsigned *high)
{
#ifdef __SSE2__
    const __m128i stops = _mm_set1_epi8((char)stop);
    const __m128i ampersand = _mm_set1_epi8('&');
    while (end - at >= 16) {
        const __m128i text = _mm_loadu_si128((const __m128i_u *)(const void *)at);
        const unsigned found = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpeq_epi8(text, stops), _mm_cmpeq_epi8(text, ampersand)));
        const unsigned above = (unsigned)_mm_movemask_epi8(text);
        if (found) {
            *high |= above & ((found & (0U - found)) - 1);
            return at + __builtin_ctz(found);
        }
        *high |= above;
        at += 16;
    }
#endif
    for (; at < end && *at != stop && *at != '&'; at++)
        *high |= *at & 0x80U;
    return at;
}

/* What is closed by a mark of its own, wherever that stands. */
enum xml_section {
    XML_COMMENT,     /* <!-- … --> */
    XML_CDATA,       /* <![CDATA[ … ]]> */
    XML_INSTRUCTION, /* <? … ?> */
    XML_SECTION_COUNT
};

/* Where the marks were found. Many sections may be opened and one closed, far behind: what was once
 * searched through is not searched again. All NULL for another text. */
struct xml_closes {
    const uint8_t *from[XML_SECTION_COUNT];
    const uint8_t *at[XML_SECTION_COUNT];
};

/* Where the section that begins at `at` ends; its own text is then *inside, empty but for CDATA.
 * NULL when it is none, or does not end before `end`. */
const uint8_t *xml_section_end(struct xml_closes *closes, const uint8_t *at, const uint8_t *end,
                               struct bytes *inside);

/* Writes text with its references replaced; `to` has text.length bytes. Returns the length. A
 * reference to nothing we know stays as it is. */
size_t xml_text_decode(uint8_t *to, struct bytes text);

#endif
