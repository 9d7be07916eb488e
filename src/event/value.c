#include "event/value.h"

#include "base/utf.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static void scalar_append(struct buffer *to, const struct value *value)
{
    uint8_t *room = buffer_room(to, value_bound(value));
    if (room)
        to->length += value_write(room, value);
}

void value_append(struct buffer *to, const struct value *value)
{
    if (value->type != VALUE_LIST) {
        scalar_append(to, value);
        return;
    }
    for (uint32_t i = 0; i < value->length; i++) {
        if (i)
            buffer_byte(to, (uint8_t)',');
        scalar_append(to, &value->items[i]);
    }
}

/* Decodes behind the place where the escaped text goes, which is at most six times as long. */
static void text_append_json(struct buffer *to, const struct value *value)
{
    const size_t bound = value_bound(value);
    uint8_t *room = buffer_room(to, bound * 7 + 2);
    if (room)
        buffer_json(to, bytes_of(room + bound * 6 + 2, value_write(room + bound * 6 + 2, value)));
}

void value_append_json(struct buffer *to, const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_ABSENT:
    case VALUE_NULL:
        buffer_text(to, "null");
        return;
    case VALUE_LIST:
        buffer_byte(to, '[');
        for (uint32_t i = 0; i < value->length; i++) {
            if (i)
                buffer_byte(to, ',');
            assert(value->items[i].type != VALUE_LIST);
            value_append_json(to, &value->items[i]);
        }
        buffer_byte(to, ']');
        return;
    case VALUE_UTF8:
        buffer_json(to, bytes_of(value->data, value->length));
        return;
    case VALUE_UTF16:
        buffer_json_utf16(to, value->data, value->length / 2);
        return;
    case VALUE_ANSI:
    case VALUE_ESCAPED:
        text_append_json(to, value);
        return;
    case VALUE_REAL:
        if (!isfinite(value->real)) {
            buffer_text(to, "null");
            return;
        }
        scalar_append(to, value);
        return;
    case VALUE_INT:
    case VALUE_UINT:
    case VALUE_BOOL:
        scalar_append(to, value);
        return;
    default:
        buffer_byte(to, '"');
        scalar_append(to, value);
        buffer_byte(to, '"');
        return;
    }
}

#define NUMBER_TEXT_MAX 64

/* Decimal or 0x hex with an optional sign; all of the text must be the number. */
static bool text_number(struct bytes text, double *number)
{
    char copy[NUMBER_TEXT_MAX + 1];
    if (text.length == 0 || text.length > NUMBER_TEXT_MAX)
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!strchr("0123456789abcdefABCDEFxX+-.", text.data[i]) || !text.data[i])
            return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    char *end;
    const double read = strtod(copy, &end);
    if (*end || end == copy || !isfinite(read))
        return false;
    *number = read;
    return true;
}

bool value_number(const struct value *value, double *number)
{
    switch ((enum value_type)value->type) {
    case VALUE_INT:
        *number = (double)value->integer;
        return true;
    case VALUE_UINT:
    case VALUE_HEX:
    case VALUE_BOOL:
        *number = (double)value->number;
        return true;
    case VALUE_REAL:
        *number = value->real;
        return isfinite(value->real);
    case VALUE_UTF16:
    case VALUE_UTF8:
    case VALUE_ANSI:
    case VALUE_ESCAPED: {
        uint8_t text[NUMBER_TEXT_MAX * 12 + 64];
        if (value->length > NUMBER_TEXT_MAX * 2 || value_bound(value) > sizeof(text))
            return false;
        return text_number(bytes_of(text, value_write(text, value)), number);
    }
    default:
        return false;
    }
}

bool value_instant(const struct value *value, struct instant *instant)
{
    switch ((enum value_type)value->type) {
    case VALUE_FILETIME:
        *instant = instant_from_filetime(value->number);
        return true;
    case VALUE_INSTANT:
        *instant = (struct instant){
            .seconds = value->integer, .nanos = value->length, .digits = value->width};
        return instant_is_known(*instant);
    case VALUE_SYSTEMTIME:
    case VALUE_UTF16:
    case VALUE_UTF8:
    case VALUE_ANSI:
    case VALUE_ESCAPED: {
        uint8_t text[512];
        if (value_bound(value) > sizeof(text))
            return false;
        return instant_parse(bytes_of(text, value_write(text, value)), instant) == STATUS_OK;
    }
    default:
        return false;
    }
}
