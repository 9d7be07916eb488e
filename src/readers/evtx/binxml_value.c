#include "readers/evtx/binxml_value.h"

#include "base/attributes.h"
#include "base/utf.h"

unsigned binxml_type_width(unsigned type)
{
    static const uint8_t widths[] = {
        [BINXML_INT8] = 1,     [BINXML_UINT8] = 1,       [BINXML_INT16] = 2, [BINXML_UINT16] = 2,
        [BINXML_INT32] = 4,    [BINXML_UINT32] = 4,      [BINXML_INT64] = 8, [BINXML_UINT64] = 8,
        [BINXML_REAL32] = 4,   [BINXML_REAL64] = 8,      [BINXML_BOOL] = 4,  [BINXML_GUID] = 16,
        [BINXML_FILETIME] = 8, [BINXML_SYSTEMTIME] = 16, [BINXML_HEX32] = 4, [BINXML_HEX64] = 8,
    };
    return type < COUNT_OF(widths) ? widths[type] : 0;
}

static struct value data_value(enum value_type type, const uint8_t *data, size_t length)
{
    return (struct value){.type = (uint8_t)type, .length = (uint32_t)length, .data = data};
}

static struct value number_value(enum value_type type, uint64_t number, unsigned width)
{
    return (struct value){.type = (uint8_t)type, .width = (uint8_t)width, .number = number};
}

static struct value integer_value(int64_t integer, unsigned width)
{
    return (struct value){.type = VALUE_INT, .width = (uint8_t)width, .integer = integer};
}

/* Text ends at its first NUL. Apart, so that numbers pay for no call. */
static NOINLINE enum status string_read(const uint8_t *data, size_t length, struct value *value)
{
    *value = data_value(VALUE_UTF16, data, utf16_length(data, length / 2) * 2);
    return STATUS_OK;
}

/* Windows keeps bit masks in some booleans: anything but 0 and 1 stays a number. */
static struct value bool_value(uint32_t stored)
{
    return stored <= 1 ? number_value(VALUE_BOOL, stored, 4) : integer_value((int32_t)stored, 4);
}

static struct value real_value(double real, unsigned width)
{
    return (struct value){.type = VALUE_REAL, .width = (uint8_t)width, .real = real};
}

static struct value single_value(const uint8_t *data)
{
    float real;
    memcpy(&real, data, sizeof(real));
    return real_value((double)real, 4);
}

static struct value double_value(const uint8_t *data)
{
    double real;
    memcpy(&real, data, sizeof(real));
    return real_value(real, 8);
}

/* A number of 4 or 8 bytes, as a pointer of the machine that logged it. */
static struct value address_value(const uint8_t *data, size_t length)
{
    return length == 4 ? number_value(VALUE_HEX, load_le32(data), 4)
                       : number_value(VALUE_HEX, load_le64(data), 8);
}

/* The lengths that a scalar of a type may have, and what it becomes. Nearly all values of all
 * records go through here: one jump each. */
#define SCALAR(binxml_type, fits, made) \
    case binxml_type:                   \
        if (UNLIKELY(!(fits)))          \
            break;                      \
        *value = (made);                \
        return STATUS_OK

static enum status scalar_read(unsigned type, const uint8_t *data, size_t length,
                               struct value *value)
{
    switch (type) {
    case BINXML_STRING:
    case BINXML_XML:
        return string_read(data, length, value);
        SCALAR(BINXML_NULL, true, number_value(VALUE_NULL, 0, 0));
        SCALAR(BINXML_ANSI, true, data_value(VALUE_ANSI, data, length));
        SCALAR(BINXML_BINARY, true, data_value(VALUE_BINARY, data, length));
        SCALAR(BINXML_INT8, length == 1, integer_value((int8_t)data[0], 1));
        SCALAR(BINXML_UINT8, length == 1, number_value(VALUE_UINT, data[0], 1));
        SCALAR(BINXML_INT16, length == 2, integer_value((int16_t)load_le16(data), 2));
        SCALAR(BINXML_UINT16, length == 2, number_value(VALUE_UINT, load_le16(data), 2));
        SCALAR(BINXML_INT32, length == 4, integer_value((int32_t)load_le32(data), 4));
        SCALAR(BINXML_UINT32, length == 4, number_value(VALUE_UINT, load_le32(data), 4));
        SCALAR(BINXML_INT64, length == 8, integer_value((int64_t)load_le64(data), 8));
        SCALAR(BINXML_UINT64, length == 8, number_value(VALUE_UINT, load_le64(data), 8));
        SCALAR(BINXML_REAL32, length == 4, single_value(data));
        SCALAR(BINXML_REAL64, length == 8, double_value(data));
        SCALAR(BINXML_BOOL, length == 4, bool_value(load_le32(data)));
        SCALAR(BINXML_GUID, length == 16, data_value(VALUE_GUID, data, 16));
        SCALAR(BINXML_FILETIME, length == 8, number_value(VALUE_FILETIME, load_le64(data), 8));
        SCALAR(BINXML_SYSTEMTIME, length == 16, data_value(VALUE_SYSTEMTIME, data, 16));
        SCALAR(BINXML_HEX32, length == 4, number_value(VALUE_HEX, load_le32(data), 4));
        SCALAR(BINXML_HEX64, length == 8, number_value(VALUE_HEX, load_le64(data), 8));
        SCALAR(BINXML_SIZE, length == 4 || length == 8, address_value(data, length));
        SCALAR(BINXML_HANDLE, length == 4 || length == 8, address_value(data, length));
        SCALAR(BINXML_SID, length >= 8, data_value(VALUE_SID, data, length));
    case BINXML_BINXML:
        *value = data_value(length ? VALUE_BINARY : VALUE_NULL, data, length);
        value->extra = (uint16_t)type;
        return STATUS_OK;
    default:
        return STATUS_DAMAGED;
    }
    *value = number_value(VALUE_NULL, 0, 0);
    return length ? STATUS_DAMAGED : STATUS_OK;
}

/* The bytes of the array's item at `data`: up to and with the NUL for text, by its own count for a
 * SID. 0 when it does not fit. */
static size_t item_length(unsigned type, const uint8_t *data, size_t left)
{
    const unsigned width = binxml_type_width(type);
    if (width)
        return left < width ? 0 : width;
    switch (type) {
    case BINXML_STRING: {
        const size_t length = utf16_length(data, left / 2) * 2;
        return left - length < 2 ? left : length + 2;
    }
    case BINXML_ANSI: {
        const uint8_t *nul = memchr(data, 0, left);
        return nul ? (size_t)(nul - data) + 1 : left;
    }
    case BINXML_SID:
        return left < 8 || left < 8 + (size_t)data[1] * 4 ? 0 : 8 + (size_t)data[1] * 4;
    default:
        return 0;
    }
}

static NOINLINE enum status array_read(unsigned type, const uint8_t *data, size_t length,
                                       struct arena *arena, struct value *value)
{
    uint32_t count = 0;
    if (type == BINXML_SIZE)
        type = length % 8 ? BINXML_HEX32 : BINXML_HEX64;
    for (size_t at = 0; at < length; count++) {
        const size_t step = item_length(type, data + at, length - at);
        if (!step)
            return STATUS_DAMAGED;
        at += step;
    }
    struct value *items = arena_take(arena, (count + 1) * sizeof(*items));
    if (!items)
        return STATUS_MEMORY;
    size_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        const size_t step = item_length(type, data + at, length - at);
        const bool has_nul = type == BINXML_ANSI && data[at + step - 1] == 0;
        if (scalar_read(type, data + at, step - has_nul, &items[i]) != STATUS_OK)
            return STATUS_DAMAGED;
        at += step;
    }
    *value = (struct value){.type = VALUE_LIST, .length = count, .items = items};
    return STATUS_OK;
}

enum status binxml_value_read(unsigned type, const uint8_t *data, size_t length,
                              struct arena *arena, struct value *value)
{
    if (UNLIKELY(type & BINXML_ARRAY))
        return array_read(type & ~(unsigned)BINXML_ARRAY, data, length, arena, value);
    return scalar_read(type, data, length, value);
}
