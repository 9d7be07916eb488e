#include "readers/xml/xml_text.h"

#include "base/utf.h"

#define REFERENCE_MAX 12 /* bytes between & and ; */

static bool begins(const uint8_t *at, const uint8_t *end, const char *text)
{
    const size_t length = strlen(text);
    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0;
}

static const struct {
    const char *open, *close;
} sections[XML_SECTION_COUNT] = {
    [XML_COMMENT] = {"<!--", "-->"},
    [XML_CDATA] = {"<![CDATA[", "]]>"},
    [XML_INSTRUCTION] = {"<?", "?>"},
};

static const uint8_t *find_close(struct xml_closes *closes, unsigned kind, const uint8_t *at,
                                 const uint8_t *end)
{
    const char *close = sections[kind].close;
    if (closes->from[kind] && at >= closes->from[kind] && at <= closes->at[kind])
        return closes->at[kind];
    const uint8_t *found = memmem(at, (size_t)(end - at), close, strlen(close));
    closes->from[kind] = at;
    closes->at[kind] = found ? found : end;
    return closes->at[kind];
}

const uint8_t *xml_section_end(struct xml_closes *closes, const uint8_t *at, const uint8_t *end,
                               struct bytes *inside)
{
    for (unsigned kind = 0; kind < XML_SECTION_COUNT; kind++) {
        if (!begins(at, end, sections[kind].open))
            continue;
        const uint8_t *begin = at + strlen(sections[kind].open);
        const uint8_t *close = find_close(closes, kind, begin, end);
        if (close == end)
            return NULL;
        *inside = kind == XML_CDATA ? bytes_of(begin, (size_t)(close - begin)) : (struct bytes){0};
        return close + strlen(sections[kind].close);
    }
    return NULL;
}

static unsigned digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    const uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10U : 16U;
}

/* &#10; and &#xA; without what is around the number. */
static bool number_of(struct bytes name, uint32_t *character)
{
    const unsigned base = name.length > 1 && name.data[1] == 'x' ? 16 : 10;
    const size_t first = base == 16 ? 2 : 1;
    uint32_t number = 0;
    for (size_t i = first; i < name.length; i++) {
        const unsigned digit = digit_of(name.data[i]);
        if (digit >= base || number > 0x10FFFF)
            return false;
        number = number * base + digit;
    }
    *character = (number & 0xFFFFF800) == 0xD800 ? 0xFFFD : number;
    return first < name.length && number <= 0x10FFFF;
}

static bool reference_of(struct bytes name, uint32_t *character)
{
    static const struct {
        const char *name;
        char character;
    } known[] = {{"amp", '&'}, {"apos", '\''}, {"gt", '>'}, {"lt", '<'}, {"quot", '"'}};
    if (name.length && name.data[0] == '#')
        return number_of(name, character);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (bytes_equal(name, bytes_of_text(known[i].name))) {
            *character = (uint32_t)known[i].character;
            return true;
        }
    return false;
}

size_t xml_text_decode(uint8_t *to, struct bytes text)
{
    const uint8_t *at = text.data, *end = at + text.length;
    size_t length = 0;
    while (at < end) {
        const uint8_t *mark = memchr(at, '&', (size_t)(end - at));
        const size_t plain = (size_t)((mark ? mark : end) - at);
        memcpy(to + length, at, plain);
        length += plain;
        if (!mark)
            break;
        const size_t left = (size_t)(end - mark) - 1;
        const uint8_t *close = memchr(mark + 1, ';', left < REFERENCE_MAX ? left : REFERENCE_MAX);
        uint32_t character;
        if (close && reference_of(bytes_of(mark + 1, (size_t)(close - mark) - 1), &character)) {
            length += utf8_encode(to + length, character);
            at = close + 1;
        } else {
            to[length++] = '&';
            at = mark + 1;
        }
    }
    return length;
}
