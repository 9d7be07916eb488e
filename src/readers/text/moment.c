#include "readers/text/moment.h"

#define TEXT_MAX 64

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static struct bytes inside(struct bytes text, const char *before, const char *behind)
{
    const size_t head = strlen(before), tail = strlen(behind);
    if (text.length > head + tail && memcmp(text.data, before, head) == 0 &&
        memcmp(text.data + text.length - tail, behind, tail) == 0)
        return bytes_of(text.data + head, text.length - head - tail);
    return text;
}

/* Decimal seconds since 1970; without a point, a number of more than 11 digits is milliseconds, of
 * more than 14 microseconds, of more than 17 nanoseconds. */
static bool epoch_parse(struct bytes text, struct instant *instant)
{
    struct instant read = {0};
    size_t at = 0;
    const bool is_negative = text.length && text.data[0] == '-';
    uint64_t whole = 0;
    for (at = is_negative; at < text.length && at < 20 && is_digit(text.data[at]); at++)
        if (__builtin_mul_overflow(whole, 10, &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(text.data[at] - '0'), &whole))
            return false;
    const size_t digits = at - is_negative;
    if (digits == 0)
        return false;
    uint64_t fraction = 0, scale = 1;
    if (at < text.length && text.data[at] == '.') {
        for (at++; at < text.length && is_digit(text.data[at]); at++)
            if (read.digits < 9) {
                fraction = fraction * 10 + (uint64_t)(text.data[at] - '0');
                read.digits++;
            }
    } else if (digits > 11) {
        read.digits = digits > 17 ? 9 : digits > 14 ? 6 : 3;
        for (unsigned i = 0; i < read.digits; i++)
            scale *= 10;
        fraction = whole % scale;
        whole /= scale;
    }
    if (at != text.length || whole > INT64_MAX / 2)
        return false;
    for (unsigned i = read.digits; i < 9; i++)
        fraction *= 10;
    read.seconds = is_negative ? -(int64_t)whole : (int64_t)whole;
    read.nanos = (uint32_t)fraction;
    if (is_negative && read.nanos) {
        read.seconds--;
        read.nanos = 1000000000 - read.nanos;
    }
    *instant = read;
    return true;
}

bool moment_parse(struct bytes text, struct instant *instant)
{
    text = inside(inside(text, "/Date(", ")/"), "'", "'");
    text = inside(text, "\\/Date(", ")\\/");
    if (instant_parse(text, instant) == STATUS_OK)
        return true;
    if (text.length < 20)
        return epoch_parse(text, instant);
    if (text.length > TEXT_MAX)
        return false;
    uint8_t copy[TEXT_MAX];
    size_t length = 19;
    memcpy(copy, text.data, length);
    for (size_t at = length; at < text.length; at++)
        if (text.data[at] != ' ')
            copy[length++] = text.data[at];
    const struct bytes squeezed = inside(bytes_of(copy, length), "", "UTC");
    return instant_parse(squeezed, instant) == STATUS_OK || epoch_parse(text, instant);
}

bool moment_is_plain(struct bytes text, const struct instant *instant)
{
    const size_t length = instant->digits ? 21U + instant->digits : 20U;
    return text.length == length && text.data[10] == 'T' && text.data[length - 1] == 'Z' &&
           (instant->digits == 0 || text.data[19] == '.');
}
