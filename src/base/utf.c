#include "base/utf.h"

#include "base/attributes.h"
#include "base/ends.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <wctype.h>

#define REPLACEMENT 0xFFFDU

unsigned utf8_encode(uint8_t *to, uint32_t character)
{
    if (character < 0x80) {
        to[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (uint8_t)(0xC0 | character >> 6);
        to[1] = (uint8_t)(0x80 | (character & 63));
        return 2;
    }
    if (character < 0x10000) {
        to[0] = (uint8_t)(0xE0 | character >> 12);
        to[1] = (uint8_t)(0x80 | (character >> 6 & 63));
        to[2] = (uint8_t)(0x80 | (character & 63));
        return 3;
    }
    to[0] = (uint8_t)(0xF0 | character >> 18);
    to[1] = (uint8_t)(0x80 | (character >> 12 & 63));
    to[2] = (uint8_t)(0x80 | (character >> 6 & 63));
    to[3] = (uint8_t)(0x80 | (character & 63));
    return 4;
}

unsigned utf8_decode(const uint8_t *at, size_t left, uint32_t *character)
{
    const uint8_t first = at[0];
    if (first < 0x80) {
        *character = first;
        return 1;
    }
    const unsigned length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || left < length)
        return 0;
    uint32_t value = first & (0x7FU >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (at[i] & 63U);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[length] || value > 0x10FFFF || (value & ~0x7FFU) == 0xD800)
        return 0;
    *character = value;
    return length;
}

bool utf8_is_valid(struct bytes text)
{
    size_t at = 0;
    uint32_t character;
    while (at < text.length) {
        const unsigned length = utf8_decode(text.data + at, text.length - at, &character);
        if (!length)
            return false;
        at += length;
    }
    return true;
}

/* Simple lower case of the Basic Multilingual Plane, filled once from the C library's C.UTF-8
 * locale, which every Debian has; what it does not know stays as it is. */
static uint16_t fold_table[0x10000];
static locale_t fold_locale;
static pthread_once_t fold_once = PTHREAD_ONCE_INIT;

static void fold_init(void)
{
    fold_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    for (uint32_t i = 0; i < 0x10000; i++) {
        const wint_t lower = fold_locale ? towlower_l((wint_t)i, fold_locale) : (wint_t)i;
        fold_table[i] = (uint16_t)(lower < 0x10000 ? lower : i);
    }
    for (unsigned i = 'A'; i <= 'Z'; i++)
        fold_table[i] = (uint16_t)(i + 32);
}

uint32_t utf_fold_char(uint32_t character)
{
    pthread_once(&fold_once, fold_init);
    if (character < 0x10000)
        return fold_table[character];
    return fold_locale ? (uint32_t)towlower_l((wint_t)character, fold_locale) : character;
}

static inline uint8_t fold_ascii(uint8_t byte)
{
    return (uint8_t)(byte + ((uint8_t)(byte - 'A') < 26 ? 32 : 0));
}

#ifdef __SSE2__
static inline __m128i fold_ascii_16(__m128i text)
{
    /* Signed compares suffice: the bytes are known to be ASCII. */
    const __m128i is_upper = _mm_and_si128(_mm_cmpgt_epi8(text, _mm_set1_epi8('A' - 1)),
                                           _mm_cmplt_epi8(text, _mm_set1_epi8('Z' + 1)));
    return _mm_add_epi8(text, _mm_and_si128(is_upper, _mm_set1_epi8(32)));
}

/* Units that were saturated to bytes: a 0 may have been one beyond 0x7FFF. */
static inline bool are_ascii(__m128i text)
{
    return _mm_movemask_epi8(_mm_or_si128(text, _mm_cmpeq_epi8(text, _mm_setzero_si128()))) == 0;
}

/* Sixteen units at once while they are ASCII, and a short rest. Returns how many were done. */
static inline size_t ascii_from_utf16(uint8_t *to, const uint8_t *from, size_t units, bool fold)
{
    size_t done = 0;
    while (units - done >= 16) {
        __m128i low, high;
        memcpy(&low, from + done * 2, sizeof(low));
        memcpy(&high, from + done * 2 + 16, sizeof(high));
        __m128i text = _mm_packus_epi16(low, high);
        if (!are_ascii(text))
            return done;
        if (fold)
            text = fold_ascii_16(text);
        memcpy(to + done, &text, sizeof(text));
        done += 16;
    }
    const size_t left = units - done;
    if (left < ENDS_MIN)
        return done;
    const struct ends_utf16 ends = ends_load_utf16(from + done * 2, left);
    const __m128i text = _mm_packus_epi16(ends.first, ends.last);
    if (!are_ascii(text))
        return done;
    ends_store(to + done, fold ? fold_ascii_16(text) : text, left);
    return units;
}
#else
static inline size_t ascii_from_utf16(uint8_t *to, const uint8_t *from, size_t units, bool fold)
{
    (void)to, (void)from, (void)units, (void)fold;
    return 0;
}
#endif

#ifdef __SSE2__
/* A bit for each of sixteen units that is NUL. */
static inline unsigned nul_mask(__m128i first, __m128i second)
{
    const __m128i zero = _mm_setzero_si128();
    return (unsigned)_mm_movemask_epi8(
        _mm_packs_epi16(_mm_cmpeq_epi16(first, zero), _mm_cmpeq_epi16(second, zero)));
}
#endif

size_t utf16_length(const uint8_t *from, size_t units)
{
    size_t at = 0;
#ifdef __SSE2__
    for (; units - at >= 16; at += 16) {
        __m128i first, second;
        memcpy(&first, from + at * 2, sizeof(first));
        memcpy(&second, from + at * 2 + 16, sizeof(second));
        const unsigned mask = nul_mask(first, second);
        if (mask)
            return at + (size_t)__builtin_ctz(mask);
    }
    const size_t left = units - at;
    if (left >= ENDS_MIN) {
        const struct ends_utf16 ends = ends_load_utf16(from + at * 2, left);
        return at + ends_first(nul_mask(ends.first, ends.last), left);
    }
#endif
    while (at < units && load_le16(from + at * 2))
        at++;
    return at;
}

uint32_t utf16_decode(const uint8_t *at, size_t units, size_t *taken)
{
    const uint32_t unit = load_le16(at);
    *taken = 1;
    if ((unit & 0xF800) != 0xD800)
        return unit;
    if (unit >= 0xDC00 || units < 2)
        return REPLACEMENT;
    const uint32_t next = load_le16(at + 2);
    if ((next & 0xFC00) != 0xDC00)
        return REPLACEMENT;
    *taken = 2;
    return 0x10000 + ((unit & 0x3FF) << 10) + (next & 0x3FF);
}

ALWAYS_INLINE size_t convert(uint8_t *to, const uint8_t *from, size_t units, bool fold)
{
    uint8_t *out = to;
    size_t done = 0;
    while (done < units) {
        const size_t run = ascii_from_utf16(out, from + done * 2, units - done, fold);
        out += run;
        done += run;
        /* The rest, or up to sixteen units around what is not ASCII. */
        const size_t until = units - done < 16 ? units : done + 16;
        while (done < until) {
            const uint16_t unit = load_le16(from + done * 2);
            if (unit < 0x80) {
                *out++ = fold ? fold_ascii((uint8_t)unit) : (uint8_t)unit;
                done++;
                continue;
            }
            size_t taken;
            uint32_t character = utf16_decode(from + done * 2, units - done, &taken);
            if (fold)
                character = utf_fold_char(character);
            out += utf8_encode(out, character);
            done += taken;
        }
    }
    return (size_t)(out - to);
}

size_t utf8_from_utf16(uint8_t *to, const uint8_t *from, size_t units)
{
    return convert(to, from, units, false);
}

size_t utf8_fold_utf16(uint8_t *to, const uint8_t *from, size_t units)
{
    return convert(to, from, units, true);
}

size_t utf8_fold(uint8_t *to, struct bytes text)
{
    uint8_t *out = to;
    size_t at = 0;
    while (at < text.length) {
#ifdef __SSE2__
        while (text.length - at >= 16) {
            __m128i block;
            memcpy(&block, text.data + at, sizeof(block));
            if (_mm_movemask_epi8(block))
                break;
            block = fold_ascii_16(block);
            memcpy(out, &block, sizeof(block));
            out += 16;
            at += 16;
        }
        if (at == text.length)
            break;
#endif
        if (text.data[at] < 0x80) {
            *out++ = fold_ascii(text.data[at++]);
            continue;
        }
        uint32_t character;
        const unsigned length = utf8_decode(text.data + at, text.length - at, &character);
        if (length) {
            out += utf8_encode(out, utf_fold_char(character));
            at += length;
        } else {
            *out++ = text.data[at++];
        }
    }
    return (size_t)(out - to);
}
