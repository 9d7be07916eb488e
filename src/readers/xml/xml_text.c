#include "readers/xml/xml_text.h"

#include "base/utf.h"

#define REFERENCE_MAX 12 /* bytes between & and ; */

static bool begins(const uint8_t *at, const uint8_t *end, const char *text)
{
    const size_t length = strlen(text);
    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0;
}

const uint8_t *xml_section_end(const uint8_t *at, const uint8_t *end, struct bytes *inside)
{
    static const char comment[] = "<!--", section[] = "<![CDATA[";
    const bool is_comment = begins(at, end, comment);
    if (!is_comment && !begins(at, end, section))
        return NULL;
    const uint8_t *begin = at + (is_comment ? sizeof(comment) : sizeof(section)) - 1;
    const uint8_t *close = memmem(begin, (size_t)(end - begin), is_comment ? "-->" : "]]>", 3);
    if (!close)
        return NULL;
    *inside = is_comment ? (struct bytes){0} : bytes_of(begin, (size_t)(close - begin));
    return close + 3;
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
