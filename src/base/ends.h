/* Short texts in one vector register: what does not fill a whole block is taken as its first and
 * its last half, which may overlap, so that nothing behind the text is touched. Only with SSE2. */
#ifndef IMPOUND_BASE_ENDS_H
#define IMPOUND_BASE_ENDS_H

#ifdef __SSE2__
#include "base/attributes.h"
#include "base/bytes.h"

#include <emmintrin.h>

#define ENDS_MIN 4U
#define ENDS_MAX 15U

/* How long either half of `length` elements is. */
ALWAYS_INLINE unsigned ends_half(size_t length)
{
    return length >= 8 ? 8 : 4;
}

/* Two halves of 4 or 8 bytes; of 4, the upper half of the register repeats them. */
ALWAYS_INLINE __m128i ends_load(const uint8_t *from, size_t length)
{
    if (length >= 8)
        return _mm_set_epi64x((long long)load_le64(from + length - 8), (long long)load_le64(from));
    return _mm_set1_epi64x(
        (long long)((uint64_t)load_le32(from + length - 4) << 32 | load_le32(from)));
}

/* The same of UTF-16 units: eight of the first half and eight of the last, or four twice. */
struct ends_utf16 {
    __m128i first, last;
};

ALWAYS_INLINE struct ends_utf16 ends_load_utf16(const uint8_t *from, size_t units)
{
    struct ends_utf16 ends;
    if (units >= 8) {
        memcpy(&ends.first, from, sizeof(ends.first));
        memcpy(&ends.last, from + units * 2 - sizeof(ends.last), sizeof(ends.last));
    } else {
        ends.first = ends.last = ends_load(from, units * 2);
    }
    return ends;
}

/* Writes the text that was loaded, or UTF-16 that was packed to bytes. */
ALWAYS_INLINE void ends_store(uint8_t *to, __m128i text, size_t length)
{
    const uint64_t first = (uint64_t)_mm_cvtsi128_si64(text);
    const uint64_t last = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(text, text));
    if (length >= 8) {
        memcpy(to, &first, 8);
        memcpy(to + length - 8, &last, 8);
    } else {
        memcpy(to, &first, 4);
        memcpy(to + length - 4, (const uint8_t *)&first + 4, 4);
    }
}

/* Where the first set byte of a comparison's mask stands in the text; its length when none is. */
ALWAYS_INLINE size_t ends_first(unsigned mask, size_t length)
{
    if (!mask)
        return length;
    const unsigned half = ends_half(length), at = (unsigned)__builtin_ctz(mask);
    return at < half ? at : length - 2 * (size_t)half + at;
}
#endif

#endif
