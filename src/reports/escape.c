#include "reports/escape.h"

#include "base/utf.h"

#include <assert.h>

#define STACKED_MAX 8U

struct range {
    uint32_t first, last;
};

/* Not seen, or seen as something else: format characters, what turns the direction of text around,
 * separators of lines, fillers, tags, private use. */
static const struct range hidden[] = {
    {0x00AD, 0x00AD}, {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160},   {0x17B4, 0x17B5},
    {0x180B, 0x180F}, {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},   {0x3164, 0x3164},
    {0xD800, 0xF8FF}, {0xFDD0, 0xFDEF}, {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0x10FFFF},
};

/* Marks that stand on the character before (Unicode general categories Mn and Me), in blocks. */
static const struct range marks[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2},
    {0x05C4, 0x05C5}, {0x0610, 0x061A}, {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC},
    {0x06DF, 0x06E4}, {0x06E7, 0x06E8}, {0x06EA, 0x06ED}, {0x0730, 0x074A}, {0x07A6, 0x07B0},
    {0x0816, 0x082D}, {0x0900, 0x0902}, {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},
    {0x0951, 0x0957}, {0x0981, 0x0981}, {0x09BC, 0x09BC}, {0x09C1, 0x09C4}, {0x09CD, 0x09CD},
    {0x0A3C, 0x0A3C}, {0x0A41, 0x0A51}, {0x0B3C, 0x0B3C}, {0x0BCD, 0x0BCD}, {0x0C4D, 0x0C4D},
    {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x0EB1, 0x0EB1}, {0x0EB4, 0x0EBC},
    {0x0EC8, 0x0ECD}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x20D0, 0x20F0}, {0x302A, 0x302D},
    {0x3099, 0x309A}, {0xFE20, 0xFE2F},
};

/* Two columns wide (Unicode TR 11, East Asian Width W and F), in blocks. */
static const struct range wide[] = {
    {0x1100, 0x115E},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x25FD, 0x25FE},   {0x2614, 0x2615},   {0x2648, 0x2653},   {0x26AA, 0x26AB},
    {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x2753, 0x2755},   {0x2795, 0x2797},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
    {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x16FE0, 0x18DFF}, {0x1B000, 0x1B2FF}, {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF},
    {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A}, {0x1F200, 0x1F320}, {0x1F32D, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F7E0, 0x1F7EB}, {0x1F900, 0x1F9FF}, {0x1FA70, 0x1FAFF},
    {0x20000, 0x3FFFD},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t character)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = low + (count - low) / 2;
        if (character > ranges[middle].last)
            low = middle + 1;
        else
            count = middle;
    }
    return ranges[low].first <= character && character <= ranges[low].last;
}

#define IS_IN(ranges, character)                           \
    ((character) <= (ranges)[COUNT_OF(ranges) - 1].last && \
     is_in(ranges, COUNT_OF(ranges), character))

/* A backslash, a letter and hex digits. */
static struct escaped shown_as(char letter, uint32_t number, unsigned digits, unsigned taken)
{
    static const char hex[] = "0123456789abcdef";
    struct escaped escaped = {.text = {'\\', (uint8_t)letter},
                              .length = (uint8_t)(digits + 2),
                              .columns = (uint8_t)(digits + 2),
                              .taken = (uint8_t)taken};
    assert(escaped.length <= sizeof(escaped.text));
    for (unsigned i = digits; i-- > 0; number >>= 4)
        escaped.text[2 + i] = (uint8_t)hex[number & 15];
    return escaped;
}

static struct escaped escape_control(uint8_t byte, unsigned taken)
{
    switch (byte) {
    case '\n':
        return shown_as('n', 0, 0, taken);
    case '\r':
        return shown_as('r', 0, 0, taken);
    case '\t':
        return shown_as('t', 0, 0, taken);
    default:
        return shown_as('x', byte, 2, taken);
    }
}

struct escaped escape_char(struct bytes text)
{
    assert(text.length > 0);
    const uint8_t byte = text.data[0];
    if (byte >= 0x20 && byte < 0x7F)
        return (struct escaped){.text = {byte}, .length = 1, .columns = 1, .taken = 1};
    uint32_t character;
    const unsigned length = utf8_decode(text.data, text.length, &character);
    if (!length)
        return shown_as('x', byte, 2, 1);
    if (character < 0xA0)
        return escape_control((uint8_t)character, length);
    if (IS_IN(hidden, character))
        return character > 0xFFFF ? shown_as('U', character, 8, length)
                                  : shown_as('u', character, 4, length);
    struct escaped escaped = {.length = (uint8_t)length, .columns = 1, .taken = (uint8_t)length};
    memcpy(escaped.text, text.data, length);
    if (IS_IN(marks, character))
        escaped.columns = 0;
    else if (IS_IN(wide, character))
        escaped.columns = 2;
    return escaped;
}

static struct bytes behind(struct bytes text, size_t taken)
{
    return bytes_of(text.data + taken, text.length - taken);
}

void escape_text(struct buffer *to, struct bytes text)
{
    while (text.length) {
        const struct escaped escaped = escape_char(text);
        buffer_bytes(to, escaped.text, escaped.length);
        text = behind(text, escaped.taken);
    }
}

/* Whether a spreadsheet takes a cell that begins so for a formula: = + - @, also in full width. */
static bool is_formula(struct bytes text)
{
    static const uint32_t signs[] = {'=', '+', '-', '@', 0xFF1D, 0xFF0B, 0xFF0D, 0xFF20};
    uint32_t first;
    if (!text.length || !utf8_decode(text.data, text.length, &first))
        return false;
    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (first == signs[i])
            return true;
    return false;
}

void escape_csv(struct buffer *to, struct bytes text)
{
    buffer_byte(to, '"');
    if (is_formula(text))
        buffer_byte(to, '\'');
    for (size_t at = 0; at < text.length;) {
        const uint8_t *quote = memchr(text.data + at, '"', text.length - at);
        const size_t end = quote ? (size_t)(quote - text.data) + 1 : text.length;
        buffer_bytes(to, text.data + at, end - at);
        if (quote)
            buffer_byte(to, '"');
        at = end;
    }
    buffer_byte(to, '"');
}

struct cell cell_begin(struct buffer *to, size_t width)
{
    return (struct cell){.to = to, .width = width, .mark = to->length};
}

/* Whether the next character still fits; a pile of marks takes no columns and would never end. */
static bool fits(struct cell *cell, const struct escaped *escaped)
{
    cell->stacked = escaped->columns ? 0 : cell->stacked + 1;
    return !cell->width ||
           (cell->used + escaped->columns <= cell->width && cell->stacked <= STACKED_MAX);
}

void cell_text(struct cell *cell, struct bytes text)
{
    while (text.length && !cell->is_cut) {
        const struct escaped escaped = escape_char(text);
        if (!fits(cell, &escaped)) {
            cell->to->length = cell->mark;
            cell->used = cell->mark_used + 1;
            cell->is_cut = true;
            buffer_text(cell->to, "\xE2\x80\xA6");
            return;
        }
        buffer_bytes(cell->to, escaped.text, escaped.length);
        cell->used += escaped.columns;
        if (cell->used < cell->width) {
            cell->mark = cell->to->length;
            cell->mark_used = cell->used;
        }
        text = behind(text, escaped.taken);
    }
}

void cell_colour(struct cell *cell, const char *colour)
{
    if (!cell->is_cut)
        buffer_text(cell->to, colour);
}
