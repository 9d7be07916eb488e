#include "findings/findings.h"

#include "base/utf.h"

/* The object is our own (maker.c), yet nothing here depends on its being well-formed. */

static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at;
}

/* The end of the value at `at`: the comma or brace behind it. */
static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    unsigned depth = 0;
    for (; at < end; at++) {
        if (*at == '"')
            at = skip_string(at + 1, end);
        else if (*at == '[' || *at == '{')
            depth++;
        else if (depth == 0 && (*at == ',' || *at == '}'))
            break;
        else if (depth && (*at == ']' || *at == '}'))
            depth--;
        if (at == end)
            break;
    }
    return at;
}

bool finding_field_next(struct bytes *fields, struct finding_field *field)
{
    const uint8_t *const end = fields->data + fields->length;
    const uint8_t *name = fields->data;
    while (name < end && *name != '"')
        name++;
    if (name == end)
        return false;
    name++;
    const uint8_t *name_end = skip_string(name, end);
    if (end - name_end < 2)
        return false;
    const uint8_t *value = name_end + 2;
    const uint8_t *value_end = skip_value(value, end);
    *field = (struct finding_field){.name = bytes_of(name, (size_t)(name_end - name)),
                                    .value = bytes_of(value, (size_t)(value_end - value))};
    *fields = bytes_of(value_end, (size_t)(end - value_end));
    return true;
}

static uint32_t hex4(const uint8_t *at)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t digit = at[i];
        number = number << 4 | (digit <= '9' ? digit & 15U : (digit & 7U) + 9U);
    }
    return number & 0xFFFF;
}

/* Appends what the escape at `at` stands for; returns its length, at least 1. */
static size_t unescape(struct buffer *to, const uint8_t *at, size_t left)
{
    static const char forms[] = "b\bf\fn\nr\rt\t";
    if (left < 2)
        return left;
    if (at[1] == 'u' && left >= 6) {
        uint8_t *room = buffer_room(to, 4);
        const uint32_t unit = hex4(at + 2);
        if (room)
            to->length += utf8_encode(room, unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit);
        return 6;
    }
    for (const char *form = forms; *form; form += 2)
        if ((uint8_t)form[0] == at[1]) {
            buffer_byte(to, (uint8_t)form[1]);
            return 2;
        }
    buffer_byte(to, at[1]);
    return 2;
}

void finding_field_name(struct buffer *to, struct bytes name)
{
    size_t at = 0;
    while (at < name.length) {
        const uint8_t *backslash = memchr(name.data + at, '\\', name.length - at);
        const size_t end = backslash ? (size_t)(backslash - name.data) : name.length;
        if (end > at)
            buffer_bytes(to, name.data + at, end - at);
        at = end;
        if (backslash)
            at += unescape(to, name.data + at, name.length - at);
    }
}

static void scalar_value(struct buffer *to, struct bytes value)
{
    if (value.length >= 2 && value.data[0] == '"')
        finding_field_name(to, bytes_of(value.data + 1, value.length - 2));
    else if (!bytes_equal(value, bytes_of_text("null")))
        buffer_bytes(to, value.data, value.length);
}

void finding_field_value(struct buffer *to, struct bytes value)
{
    if (!value.length || value.data[0] != '[') {
        scalar_value(to, value);
        return;
    }
    const uint8_t *at = value.data + 1;
    const uint8_t *const end = value.data + value.length - 1;
    while (at < end) {
        const uint8_t *item_end = skip_value(at, end);
        scalar_value(to, bytes_of(at, (size_t)(item_end - at)));
        if (item_end < end)
            buffer_text(to, ", ");
        at = item_end < end ? item_end + 1 : end;
    }
}
