#include "base/utf.h"
#include "rules/sigma/pattern.h"

#include <assert.h>

/* UTF-16 of UTF-8 text: at most two bytes for each of its bytes. Ill-formed bytes, which YAML
 * does not let through, would be taken one by one. */
static size_t write_utf16(uint8_t *to, struct bytes text, bool is_big)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length;) {
        uint32_t character = text.data[i];
        const unsigned taken = utf8_decode(text.data + i, text.length - i, &character);
        i += taken ? taken : 1;
        uint16_t units[2] = {(uint16_t)character, 0};
        unsigned count = 1;
        if (character > 0xFFFF) {
            units[0] = (uint16_t)(0xD800 + ((character - 0x10000) >> 10));
            units[1] = (uint16_t)(0xDC00 + ((character - 0x10000) & 0x3FF));
            count = 2;
        }
        for (unsigned j = 0; j < count; j++) {
            to[length++] = (uint8_t)(is_big ? units[j] >> 8 : units[j] & 0xFF);
            to[length++] = (uint8_t)(is_big ? units[j] & 0xFF : units[j] >> 8);
        }
    }
    return length;
}

/* A ? stood for one character, which is two bytes now. */
enum status pattern_utf16(const struct draft_context *context, enum pattern_utf16 order,
                          struct pattern *pattern)
{
    struct sigma_piece *pieces =
        arena_take_array(context->arena, 2 * (size_t)pattern->count + 1, sizeof(*pieces));
    if (!pieces)
        return draft_no_memory(context);
    uint32_t count = 0;
    if (order == PATTERN_UTF16_BOM)
        pieces[count++].literal = bytes_of("\xFF\xFE", 2);
    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct sigma_piece *piece = &pattern->pieces[i];
        pieces[count++] = *piece;
        if (piece->kind == SIGMA_PIECE_ONE)
            pieces[count++] = *piece;
        if (piece->kind != SIGMA_PIECE_LITERAL)
            continue;
        uint8_t *wide = arena_take_aligned(context->arena, piece->literal.length * 2, 1);
        if (!wide)
            return draft_no_memory(context);
        const size_t length = write_utf16(wide, piece->literal, order == PATTERN_UTF16BE);
        pieces[count - 1].literal = bytes_of(wide, length);
    }
    *pattern = (struct pattern){pieces, count};
    /* the mark and the text behind it are one literal */
    if (order == PATTERN_UTF16_BOM && count > 1)
        return pattern_join(context, (struct pattern){pieces, 1},
                            (struct pattern){pieces + 1, count - 1}, pattern);
    return STATUS_OK;
}

static size_t write_base64(uint8_t *to, const uint8_t *from, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t written = 0;
    for (size_t i = 0; i < length; i += 3) {
        const size_t left = length - i;
        const uint32_t bits = (uint32_t)from[i] << 16 |
                              (left > 1 ? (uint32_t)from[i + 1] << 8 : 0) |
                              (left > 2 ? (uint32_t)from[i + 2] : 0);
        to[written++] = (uint8_t)digits[bits >> 18];
        to[written++] = (uint8_t)digits[bits >> 12 & 63];
        to[written++] = left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=';
        to[written++] = left > 2 ? (uint8_t)digits[bits & 63] : '=';
    }
    return written;
}

/* Encodes `shift` bytes of nothing and the text; leaves out `front` and `back` digits. */
static enum status encode_base64(const struct draft_context *context, unsigned shift, size_t front,
                                 size_t back, struct pattern *pattern)
{
    const struct bytes text = pattern_text(*pattern);
    const size_t length = text.length + shift;
    struct sigma_piece *piece = arena_take_array(context->arena, 1, sizeof(*piece));
    uint8_t *shifted = arena_take_aligned(context->arena, length + 1, 1);
    uint8_t *digits = arena_take_aligned(context->arena, (length + 2) / 3 * 4 + 1, 1);
    if (!piece || !shifted || !digits)
        return draft_no_memory(context);
    memset(shifted, 0, shift);
    if (text.length)
        memcpy(shifted + shift, text.data, text.length);
    const size_t written = write_base64(digits, shifted, length);
    assert(front + back <= written);
    piece->literal = bytes_of(digits + front, written - front - back);
    *pattern = (struct pattern){piece, piece->literal.length ? 1 : 0};
    return STATUS_OK;
}

enum status pattern_base64(const struct draft_context *context, struct pattern *pattern)
{
    return encode_base64(context, 0, 0, 0, pattern);
}

/* A digit at either end that also holds bits of a neighbour is left out: with one byte in the last
 * group of three the first of its four digits is certain, with two bytes the first two. */
enum status pattern_base64_shifted(const struct draft_context *context, unsigned shift,
                                   struct pattern *pattern)
{
    static const size_t front[] = {0, 2, 3};
    static const size_t back[] = {0, 3, 2};
    assert(shift < 3 && pattern_text(*pattern).length >= 2);
    return encode_base64(context, shift, front[shift],
                         back[(pattern_text(*pattern).length + shift) % 3], pattern);
}

/* windash. A dash counts when it begins a parameter: no word character before it, one behind. */
#define DASHES      5
#define WINDASH_MAX 5 /* dashes in a value; each one multiplies the values by DASHES */

static const char dashes[DASHES][4] = {"-", "/", "\xE2\x80\x93", "\xE2\x80\x94", "\xE2\x80\x95"};

struct dash {
    uint32_t piece;
    size_t offset, length;
};

static bool is_word(uint32_t character)
{
    if (character < 0x80)
        return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
               (character >= 'a' && character <= 'z') || character == '_';
    const bool is_latin_sign =
        character < 0xC0 && character != 0xAA && character != 0xB5 && character != 0xBA;
    const bool is_punctuation = character >= 0x2000 && character <= 0x206F;
    return !is_latin_sign && !is_punctuation;
}

static size_t dash_at(struct bytes text, size_t offset)
{
    for (unsigned i = 0; i < DASHES; i++) {
        const size_t length = strlen(dashes[i]);
        if (text.length - offset >= length && memcmp(text.data + offset, dashes[i], length) == 0)
            return length;
    }
    return 0;
}

static bool is_parameter(struct bytes text, size_t behind)
{
    uint32_t character;
    return behind < text.length &&
           utf8_decode(text.data + behind, text.length - behind, &character) && is_word(character);
}

/* The dashes of one literal; returns how many there are in all, at most WINDASH_MAX + 1. */
static unsigned find_dashes(struct bytes text, uint32_t piece, struct dash *found, unsigned count)
{
    bool after_word = false;
    for (size_t i = 0; i < text.length && count <= WINDASH_MAX;) {
        const size_t length = dash_at(text, i);
        if (length && !after_word && is_parameter(text, i + length))
            found[count++] = (struct dash){piece, i, length};
        uint32_t character = text.data[i];
        const unsigned taken = utf8_decode(text.data + i, text.length - i, &character);
        after_word = is_word(character);
        i += taken ? taken : 1;
    }
    return count;
}

/* The pattern with its dashes as the digits of `choice` to the base of DASHES say. */
static enum status replace_dashes(const struct draft_context *context, struct pattern pattern,
                                  const struct dash *found, unsigned count, uint32_t choice,
                                  struct pattern *replaced)
{
    struct sigma_piece *pieces = arena_take_array(context->arena, pattern.count, sizeof(*pieces));
    if (!pieces)
        return draft_no_memory(context);
    memcpy(pieces, pattern.pieces, pattern.count * sizeof(*pieces));
    for (unsigned i = count; i > 0; i--, choice /= DASHES) { /* from the back: offsets stay true */
        const struct dash *dash = &found[i - 1];
        const char *with = dashes[choice % DASHES];
        const struct bytes old = pieces[dash->piece].literal;
        const size_t length = strlen(with);
        uint8_t *text = arena_take_aligned(context->arena, old.length + length, 1);
        if (!text)
            return draft_no_memory(context);
        const size_t rest = dash->offset + dash->length;
        memcpy(text, old.data, dash->offset);
        memcpy(text + dash->offset, with, length);
        memcpy(text + dash->offset + length, old.data + rest, old.length - rest);
        pieces[dash->piece].literal = bytes_of(text, old.length - dash->length + length);
    }
    *replaced = (struct pattern){pieces, pattern.count};
    return STATUS_OK;
}

enum status pattern_windash(const struct draft_context *context, struct pattern pattern,
                            struct pattern **patterns, uint32_t *count)
{
    struct dash found[WINDASH_MAX + 1];
    unsigned dash_count = 0;
    for (uint32_t i = 0; i < pattern.count && dash_count <= WINDASH_MAX; i++)
        if (pattern.pieces[i].kind == SIGMA_PIECE_LITERAL)
            dash_count = find_dashes(pattern.pieces[i].literal, i, found, dash_count);
    if (dash_count > WINDASH_MAX)
        return fault_set(context->fault, STATUS_INVALID, 0,
                         "windash: more than %d dashes in one value", WINDASH_MAX);
    *count = 1;
    for (unsigned i = 0; i < dash_count; i++)
        *count *= DASHES;
    *patterns = arena_take_array(context->arena, *count, sizeof(**patterns));
    if (!*patterns)
        return draft_no_memory(context);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < *count && status == STATUS_OK; i++)
        status = replace_dashes(context, pattern, found, dash_count, i, &(*patterns)[i]);
    return status;
}
