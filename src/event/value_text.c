/* Values as text: what Windows' XML and evtx_dump show. */
#include "event/value.h"

#include "base/utf.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char lower_digits[] = "0123456789abcdef";
static const char upper_digits[] = "0123456789ABCDEF";

#define NUMBER_BOUND      40 /* any number, GUID, address or time */
#define SID_BOUND(length) (32 + (length) / 4 * 11)

size_t value_bound(const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_UTF16:
        return UTF8_BOUND((size_t)value->length / 2);
    case VALUE_UTF8:
    case VALUE_ANSI:
    case VALUE_ESCAPED:
        return (size_t)value->length * 3 + 32;
    case VALUE_BINARY:
        return (size_t)value->length * 2 + 32;
    case VALUE_SID:
        return SID_BOUND((size_t)value->length);
    case VALUE_IP6:
        return 64;
    default:
        return NUMBER_BOUND + 8;
    }
}

static size_t decimal_write(uint8_t *to, uint64_t number)
{
    uint8_t digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number);
    memcpy(to, digits + at, sizeof(digits) - at);
    return sizeof(digits) - at;
}

static size_t integer_write(uint8_t *to, int64_t number)
{
    if (number >= 0)
        return decimal_write(to, (uint64_t)number);
    *to = '-';
    return 1 + decimal_write(to + 1, ~(uint64_t)number + 1);
}

static size_t hex_write(uint8_t *to, uint64_t number)
{
    const unsigned digits = number ? (67 - (unsigned)__builtin_clzll(number)) / 4 : 1;
    to[0] = '0';
    to[1] = 'x';
    for (unsigned i = digits; i-- > 0; number >>= 4)
        to[2 + i] = (uint8_t)lower_digits[number & 15];
    return 2 + digits;
}

static size_t binary_write(uint8_t *to, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        to[i * 2] = (uint8_t)upper_digits[data[i] >> 4];
        to[i * 2 + 1] = (uint8_t)upper_digits[data[i] & 15];
    }
    return length * 2;
}

static size_t guid_write(uint8_t *to, const uint8_t *guid)
{
    static const uint8_t order[16] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t *out = to;
    *out++ = '{';
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = (uint8_t)lower_digits[guid[order[i]] >> 4];
        *out++ = (uint8_t)lower_digits[guid[order[i]] & 15];
    }
    *out++ = '}';
    return (size_t)(out - to);
}

/* [MS-DTYP] 2.4.2.2: revision, count, 48-bit big-endian authority, 32-bit sub-authorities. */
static size_t sid_write(uint8_t *to, const uint8_t *sid, size_t length)
{
    if (length < 8) {
        memcpy(to, "S-?", 3);
        return 3;
    }
    uint8_t *out = to;
    *out++ = 'S';
    *out++ = '-';
    out += decimal_write(out, sid[0]);
    *out++ = '-';
    out += decimal_write(out, (uint64_t)load_be16(sid + 2) << 32 | load_be32(sid + 4));
    const size_t there = (length - 8) / 4;
    const size_t count = sid[1] < there ? sid[1] : there;
    for (size_t i = 0; i < count; i++) {
        *out++ = '-';
        out += decimal_write(out, load_le32(sid + 8 + i * 4));
    }
    return (size_t)(out - to);
}

/* The shortest decimal text that reads back as the same number, with a point or an exponent. Where
 * the exponent begins is evtx_dump's choice. */
static size_t real_write(uint8_t *to, double real, bool is_single)
{
    if (isnan(real) || isinf(real))
        return (size_t)sprintf((char *)to, "%s", isnan(real) ? "NaN" : real < 0 ? "-inf" : "inf");
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*e", digits - 1, real);
        if (is_single ? strtof(text, NULL) == (float)real
                      : strtod(text, NULL) >= real && strtod(text, NULL) <= real)
            break;
    }
    const char *mark = strchr(text, 'e');
    assert(mark);
    const int exponent = atoi(mark + 1);
    char digits[24];
    int count = 0;
    for (const char *at = text; at < mark; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    char *out = (char *)to;
    if (text[0] == '-')
        *out++ = '-';
    if (exponent < (is_single ? -6 : -5) || exponent > (is_single ? 12 : 15)) {
        *out++ = digits[0];
        if (count > 1) {
            *out++ = '.';
            memcpy(out, digits + 1, (size_t)count - 1);
            out += count - 1;
        }
        out += sprintf(out, exponent < 0 ? "e%d" : "e+%d", exponent);
        return (size_t)(out - (char *)to);
    }
    if (exponent < 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = -1; i > exponent; i--)
            *out++ = '0';
    }
    for (int i = 0; i < count || i <= exponent; i++) {
        if (i == exponent + 1 && exponent >= 0)
            *out++ = '.';
        *out++ = i < count ? digits[i] : '0';
    }
    if (count <= exponent + 1) {
        *out++ = '.';
        *out++ = '0';
    }
    return (size_t)(out - (char *)to);
}

#define SECONDS_0000_TO_1970   INT64_C(62167219200)
#define SECONDS_OF_10000_YEARS (INT64_C(3652425) * 86400)
#define TIME_NONE              "0000-00-00T00:00:00.0000000Z"
#define TIME_1601              "1601-01-01T00:00:00.0000000Z"

static size_t text_write(uint8_t *to, const char *text)
{
    memcpy(to, text, strlen(text));
    return strlen(text);
}

/* As Windows does: past the year 9999 its last four digits, past what is signed zeros. */
static size_t filetime_write(uint8_t *to, uint64_t ticks)
{
    if (ticks > INT64_MAX)
        return text_write(to, TIME_NONE);
    struct instant instant = instant_from_filetime(ticks);
    instant.seconds =
        (instant.seconds + SECONDS_0000_TO_1970) % SECONDS_OF_10000_YEARS - SECONDS_0000_TO_1970;
    return instant_write((char *)to, instant);
}

static bool is_systemtime(unsigned year, unsigned month, unsigned day, const uint8_t *time)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const unsigned leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return year >= 1601 && year <= 30827 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month - 1] + leap && load_le16(time + 8) < 24 && load_le16(time + 10) < 60 &&
           load_le16(time + 12) < 60 && load_le16(time + 14) < 1000;
}

/* [MS-DTYP] 2.3.13: year, month, weekday, day, hour, minute, second, milliseconds. Windows shows
 * one that is not valid, as an unset one is, as 1601. */
static size_t systemtime_write(uint8_t *to, const uint8_t *time)
{
    if (!is_systemtime(load_le16(time), load_le16(time + 2), load_le16(time + 6), time))
        return text_write(to, TIME_1601);
    return (size_t)snprintf((char *)to, NUMBER_BOUND, "%04u-%02u-%02uT%02u:%02u:%02u.%03u0000Z",
                            load_le16(time) % 10000U, load_le16(time + 2) % 100U,
                            load_le16(time + 6) % 100U, load_le16(time + 8) % 100U,
                            load_le16(time + 10) % 100U, load_le16(time + 12) % 100U,
                            load_le16(time + 14) % 1000U);
}

/* Windows-1252 where it differs from Latin-1; 0 where it has no character. */
static const uint16_t ansi_high[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* NULs inside are dropped, as other readers do. */
static size_t ansi_write(uint8_t *to, const uint8_t *data, size_t length, bool fold)
{
    uint8_t *out = to;
    for (size_t i = 0; i < length; i++) {
        uint32_t character = data[i];
        if (character >= 0x80 && character < 0xA0 && ansi_high[character - 0x80])
            character = ansi_high[character - 0x80];
        if (character)
            out += utf8_encode(out, fold ? utf_fold_char(character) : character);
    }
    return (size_t)(out - to);
}

static bool hex4_parse(const uint8_t *at, uint32_t *unit)
{
    *unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t c = at[i];
        const uint32_t digit = c >= '0' && c <= '9'                 ? c - 48U
                               : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32U) - 'a' + 10U
                                                                    : 16U;
        if (digit > 15)
            return false;
        *unit = *unit << 4 | digit;
    }
    return true;
}

/* \uXXXX, perhaps the first half of a pair; returns how many bytes behind the backslash it took. */
static size_t unicode_escape(uint8_t **out, const uint8_t *at, size_t left, bool fold)
{
    uint32_t unit, low;
    if (left < 5 || !hex4_parse(at + 1, &unit)) {
        *out += utf8_encode(*out, 0xFFFD);
        return 1;
    }
    size_t taken = 5;
    if ((unit & 0xFC00) == 0xD800 && left >= 11 && at[5] == '\\' && at[6] == 'u' &&
        hex4_parse(at + 7, &low) && (low & 0xFC00) == 0xDC00) {
        unit = 0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF);
        taken = 11;
    }
    if ((unit & ~0x7FFU) == 0xD800)
        unit = 0xFFFD;
    *out += utf8_encode(*out, fold ? utf_fold_char(unit) : unit);
    return taken;
}

/* Undoes JSON's escapes (RFC 8259 section 7). */
static size_t escaped_write(uint8_t *to, const uint8_t *data, size_t length, bool fold)
{
    static const char short_forms[] = "b\bf\fn\nr\rt\t";
    uint8_t *out = to;
    size_t at = 0;
    while (at < length) {
        const uint8_t *mark = memchr(data + at, '\\', length - at);
        const size_t run = mark ? (size_t)(mark - data) - at : length - at;
        if (fold) {
            out += utf8_fold(out, bytes_of(data + at, run));
        } else {
            memcpy(out, data + at, run);
            out += run;
        }
        at += run + 1;
        if (at >= length)
            break;
        if (data[at] == 'u') {
            at += unicode_escape(&out, data + at, length - at, fold);
            continue;
        }
        uint8_t character = data[at++];
        for (const char *form = short_forms; *form; form += 2)
            if ((uint8_t)form[0] == character) {
                character = (uint8_t)form[1];
                break;
            }
        *out++ = character;
    }
    return (size_t)(out - to);
}

static size_t ip4_write(uint8_t *to, const uint8_t *address)
{
    return (size_t)snprintf((char *)to, 16, "%u.%u.%u.%u", address[0], address[1], address[2],
                            address[3]);
}

/* RFC 5952: the longest run of two or more zero groups is left out, lower case. */
static size_t ip6_write(uint8_t *to, const uint8_t *address)
{
    unsigned best = 8, best_length = 1;
    for (unsigned i = 0; i < 8; i++) {
        unsigned run = 0;
        while (i + run < 8 && load_be16(address + (size_t)(i + run) * 2) == 0)
            run++;
        if (run > best_length) {
            best = i;
            best_length = run;
        }
    }
    char *out = (char *)to;
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            *out++ = ':';
            *out++ = ':';
            i += best_length - 1;
            continue;
        }
        if (i && out[-1] != ':')
            *out++ = ':';
        out += sprintf(out, "%x", load_be16(address + (size_t)i * 2));
    }
    return (size_t)(out - (char *)to);
}

static struct instant stored_instant(const struct value *value)
{
    return (struct instant){
        .seconds = value->integer, .nanos = value->length, .digits = value->width};
}

size_t value_write(uint8_t *to, const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_ABSENT:
    case VALUE_NULL:
    case VALUE_LIST:
        return 0;
    case VALUE_UTF16:
        return utf8_from_utf16(to, value->data, value->length / 2);
    case VALUE_UTF8:
        if (value->length)
            memcpy(to, value->data, value->length);
        return value->length;
    case VALUE_ANSI:
        return ansi_write(to, value->data, value->length, false);
    case VALUE_ESCAPED:
        return escaped_write(to, value->data, value->length, false);
    case VALUE_INT:
        return integer_write(to, value->integer);
    case VALUE_UINT:
        return decimal_write(to, value->number);
    case VALUE_HEX:
        return hex_write(to, value->number);
    case VALUE_REAL:
        return real_write(to, value->real, value->width == 4);
    case VALUE_BOOL:
        memcpy(to, value->number ? "true" : "false", 5);
        return value->number ? 4 : 5;
    case VALUE_BINARY:
        return binary_write(to, value->data, value->length);
    case VALUE_GUID:
        return guid_write(to, value->data);
    case VALUE_SID:
        return sid_write(to, value->data, value->length);
    case VALUE_FILETIME:
        return filetime_write(to, value->number);
    case VALUE_SYSTEMTIME:
        return systemtime_write(to, value->data);
    case VALUE_INSTANT:
        return instant_write((char *)to, stored_instant(value));
    case VALUE_IP4:
        return ip4_write(to, value->data);
    case VALUE_IP6:
        return ip6_write(to, value->data);
    }
    return 0;
}

size_t value_write_folded(uint8_t *to, const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_UTF16:
        return utf8_fold_utf16(to, value->data, value->length / 2);
    case VALUE_UTF8:
        return utf8_fold(to, bytes_of(value->data, value->length));
    case VALUE_ANSI:
        return ansi_write(to, value->data, value->length, true);
    case VALUE_ESCAPED:
        return escaped_write(to, value->data, value->length, true);
    default: {
        const size_t length = value_write(to, value);
        for (size_t i = 0; i < length; i++)
            if (to[i] >= 'A' && to[i] <= 'Z')
                to[i] = (uint8_t)(to[i] + 32);
        return length;
    }
    }
}
