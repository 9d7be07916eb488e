#include "base/buffer.h"

#include "base/ends.h"
#include "base/utf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_release(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

bool buffer_grow(struct buffer *buffer, size_t more)
{
    size_t want;
    if (buffer->failed || __builtin_add_overflow(buffer->length, more, &want)) {
        buffer->failed = true;
        return false;
    }
    if (want <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity ? buffer->capacity + buffer->capacity / 2 : 256;
    if (capacity < want)
        capacity = want;
    uint8_t *data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    buffer_bytes(buffer, digits + at, sizeof(digits) - at);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    uint8_t *room = length < 0 ? NULL : buffer_room(buffer, (size_t)length + 1);
    if (room) {
        vsnprintf((char *)room, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

/* Whether an ASCII byte stands in JSON as it is; DEL does not, for the terminal's sake. */
static inline bool json_is_plain(uint8_t byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\' && byte < 0x7F;
}

#ifdef __SSE2__
/* The bytes that are not plain, as a mask. */
static inline unsigned json_special(__m128i text)
{
    const __m128i marks = _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    /* Signed: bytes from 0x80 are negative and so below 0x20 too. */
    const __m128i others = _mm_or_si128(_mm_cmplt_epi8(text, _mm_set1_epi8(0x20)),
                                        _mm_cmpeq_epi8(text, _mm_set1_epi8(0x7F)));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(marks, others));
}
#endif

/* How many of the first bytes are plain ASCII, looking at 16 at a time. */
static inline size_t json_plain_run(const uint8_t *at, size_t left)
{
    size_t run = 0;
#ifdef __SSE2__
    for (; left - run >= 16; run += 16) {
        __m128i text;
        memcpy(&text, at + run, sizeof(text));
        const unsigned mask = json_special(text);
        if (mask)
            return run + (size_t)__builtin_ctz(mask);
    }
    const size_t rest = left - run;
    if (rest >= ENDS_MIN)
        return run + ends_first(json_special(ends_load(at + run, rest)), rest);
#endif
    while (run < left && json_is_plain(at[run]))
        run++;
    return run;
}

static size_t json_escape_ascii(uint8_t *to, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char letters[] = "\bb\ff\nn\rr\tt";
    to[0] = '\\';
    if (LIKELY(byte == '\\' || byte == '"')) {
        to[1] = byte;
        return 2;
    }
    for (const char *letter = letters; *letter; letter += 2)
        if ((uint8_t)letter[0] == byte) {
            to[1] = (uint8_t)letter[1];
            return 2;
        }
    memcpy(to + 1, "u00", 3);
    to[4] = (uint8_t)digits[byte >> 4];
    to[5] = (uint8_t)digits[byte & 15];
    return 6;
}

/* Escapes the character at `at` into `to` (at most 6 bytes); the bytes it took are in *taken. */
static size_t json_escape(uint8_t *to, const uint8_t *at, size_t left, size_t *taken)
{
    *taken = 1;
    if (*at < 0x80)
        return json_escape_ascii(to, *at);
    uint32_t character;
    const unsigned length = utf8_decode(at, left, &character);
    if (!length) {
        memcpy(to, "\xEF\xBF\xBD", 3);
        return 3;
    }
    *taken = length;
    if (character < 0xA0)
        return json_escape_ascii(to, (uint8_t)character);
    memcpy(to, at, length);
    return length;
}

void buffer_json_inside(struct buffer *buffer, struct bytes text)
{
    const uint8_t *at = text.data;
    size_t left = text.length;
    while (left) {
        const size_t run = json_plain_run(at, left);
        if (run)
            buffer_bytes(buffer, at, run);
        at += run;
        left -= run;
        if (!left)
            break;
        uint8_t *room = buffer_room(buffer, 8);
        if (!room)
            return;
        size_t taken;
        buffer->length += json_escape(room, at, left, &taken);
        at += taken;
        left -= taken;
    }
}

void buffer_json(struct buffer *buffer, struct bytes text)
{
    buffer_byte(buffer, '"');
    buffer_json_inside(buffer, text);
    buffer_byte(buffer, '"');
}

/* Copies UTF-16 that stands in JSON as it is, sixteen units at a time. Returns the units done; `to`
 * has room for 16 bytes more than it gets. */
static inline size_t json_utf16_run(uint8_t *to, const uint8_t *from, size_t units)
{
    size_t done = 0;
#ifdef __SSE2__
    for (; units - done >= 16; done += 16) {
        __m128i first, second;
        memcpy(&first, from + done * 2, sizeof(first));
        memcpy(&second, from + done * 2 + 16, sizeof(second));
        /* Saturates: units past 0xFF become 0xFF or, past 0x7FFF, 0x00; neither is plain. */
        const __m128i text = _mm_packus_epi16(first, second);
        const unsigned mask = json_special(text);
        memcpy(to + done, &text, sizeof(text));
        if (mask)
            return done + (size_t)__builtin_ctz(mask);
    }
    const size_t left = units - done;
    if (left >= ENDS_MIN) {
        const struct ends_utf16 ends = ends_load_utf16(from + done * 2, left);
        const __m128i text = _mm_packus_epi16(ends.first, ends.last);
        ends_store(to + done, text, left);
        return done + ends_first(json_special(text), left);
    }
#endif
    while (done < units) {
        const uint16_t unit = load_le16(from + done * 2);
        if (unit >= 0x80 || !json_is_plain((uint8_t)unit))
            break;
        to[done++] = (uint8_t)unit;
    }
    return done;
}

/* Escapes the one character at `from` that is not plain; the units it took are in *taken. */
static size_t json_escape_utf16(uint8_t *to, const uint8_t *from, size_t units, size_t *taken)
{
    const uint32_t character = utf16_decode(from, units, taken);
    return character < 0xA0 ? json_escape_ascii(to, (uint8_t)character)
                            : utf8_encode(to, character);
}

void buffer_json_utf16(struct buffer *buffer, const uint8_t *data, size_t units)
{
    /* Room for the common case; what escapes make longer is asked for as it comes. */
    uint8_t *room = buffer_room(buffer, units + 32);
    if (!room)
        return;
    *room++ = '"';
    size_t at = 0;
    for (;;) {
        const size_t run = json_utf16_run(room, data + at * 2, units - at);
        room += run;
        at += run;
        if (at == units)
            break;
        size_t taken;
        room += json_escape_utf16(room, data + at * 2, units - at, &taken);
        at += taken;
        buffer->length = (size_t)(room - buffer->data);
        room = buffer_room(buffer, units - at + 32);
        if (!room)
            return;
    }
    *room++ = '"';
    buffer->length = (size_t)(room - buffer->data);
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

static bool xml_is_bare(uint32_t character)
{
    return !is_control(character) && character != '&' && character != '<' && character != '>' &&
           character != '"' && character != 0xFFFE && character != 0xFFFF;
}

/* XML has controls from DEL on and three below the blank. */
static void xml_escape(struct buffer *buffer, uint32_t character)
{
    if (character == '&')
        buffer_text(buffer, "&amp;");
    else if (character == '<')
        buffer_text(buffer, "&lt;");
    else if (character == '>')
        buffer_text(buffer, "&gt;");
    else if (character == '"')
        buffer_text(buffer, "&quot;");
    else if (character >= 0x7F ? is_control(character)
                               : character == '\n' || character == '\r' || character == '\t')
        buffer_format(buffer, "&#x%X;", (unsigned)character);
    else
        buffer_text(buffer, "\xEF\xBF\xBD");
}

void buffer_xml(struct buffer *buffer, struct bytes text)
{
    size_t bare = 0; /* where the run of bare characters began */
    size_t at = 0;
    while (at < text.length) {
        uint32_t character = 0;
        const unsigned length = utf8_decode(text.data + at, text.length - at, &character);
        const size_t taken = length ? length : 1;
        if (!length || !xml_is_bare(character)) {
            if (at > bare)
                buffer_bytes(buffer, text.data + bare, at - bare);
            xml_escape(buffer, length ? character : 0);
            bare = at + taken;
        }
        at += taken;
    }
    if (at > bare)
        buffer_bytes(buffer, text.data + bare, at - bare);
}
