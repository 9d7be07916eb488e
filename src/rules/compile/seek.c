#include "rules/compile/seek.h"

#include "base/attributes.h"
#include "event/value.h"

#include <assert.h>

/* Of fewer bytes a literal is not looked for: in ASCII, and in what is not. */
#define LENGTH_MIN      SEEK_GRAM
#define LENGTH_MIN_HIGH 2U

static bool is_ascii(struct bytes text)
{
    uint8_t high = 0;
    for (size_t i = 0; i < text.length; i++)
        high |= text.data[i];
    return high < 0x80;
}

bool seek_takes(struct bytes literal, enum seek_place place)
{
    switch (place) {
    case PLACE_WHOLE:
        return true;
    case PLACE_END:
        return literal.length > 0;
    case PLACE_BEGIN:
    case PLACE_ANYWHERE:
        return literal.length >= (is_ascii(literal) ? LENGTH_MIN : LENGTH_MIN_HIGH);
    }
    return false;
}

/* The characters that values of a type consist of when they are rendered and folded; NULL: any. */
static const char *const type_letters[] = {
    [VALUE_NULL] = "",
    [VALUE_UTF16] = NULL,
    [VALUE_UTF8] = NULL,
    [VALUE_ANSI] = NULL,
    [VALUE_ESCAPED] = NULL,
    [VALUE_INT] = "0123456789-",
    [VALUE_UINT] = "0123456789",
    [VALUE_HEX] = "0123456789abcdefx",
    [VALUE_REAL] = "0123456789-+.einfa",
    [VALUE_BOOL] = "truefals",
    [VALUE_BINARY] = "0123456789abcdef",
    [VALUE_GUID] = "0123456789abcdef-{}",
    [VALUE_SID] = "0123456789abcdefx-s",
    [VALUE_FILETIME] = "0123456789-:.tz",
    [VALUE_SYSTEMTIME] = "0123456789-:.tz",
    [VALUE_INSTANT] = "0123456789-:.tz",
    [VALUE_IP4] = "0123456789.",
    [VALUE_IP6] = "0123456789abcdef:.",
};

_Static_assert(COUNT_OF(type_letters) == VALUE_LIST, "each type has its letters");

static bool consists_of(struct bytes literal, const char *letters)
{
    for (size_t i = 0; i < literal.length; i++)
        if (!literal.data[i] || !strchr(letters, literal.data[i]))
            return false;
    return true;
}

/* Bits: the types of values whose text can hold a literal. */
static uint32_t types_of(struct bytes literal)
{
    uint32_t types = 1U << VALUE_LIST;
    for (unsigned type = VALUE_NULL; type < VALUE_LIST; type++)
        if (!type_letters[type] || consists_of(literal, type_letters[type]))
            types |= 1U << type;
    return types;
}

static float rate_of(const struct rates *rates, struct bytes literal, enum seek_place place)
{
    switch (place) {
    case PLACE_WHOLE:
        return rates_equals(rates, literal.length);
    case PLACE_BEGIN:
    case PLACE_END:
        return rates_edge(rates);
    case PLACE_ANYWHERE:
        return rates_contains(rates);
    }
    return 1;
}

/* Where grams are taken: `count` neighbours, or for what begins the text a single one, at a place
 * that is looked at. */
static uint32_t offset_of(const struct rates *rates, enum seek_place place, uint32_t count)
{
    return place == PLACE_BEGIN ? rates_rarest(rates, 1, count) : rates_rarest(rates, count, 1);
}

struct image_seek seek_make(const struct rarity *rarity, struct bytes literal,
                            enum seek_place place, float *rate)
{
    assert(seek_takes(literal, place));
    const bool is_high = !is_ascii(literal);
    struct rates rates;
    struct image_seek seek = {
        .types = types_of(literal),
        .place = (uint8_t)place,
        .is_high = is_high,
    };
    rarity_rates(rarity, literal, &rates);
    *rate = rate_of(&rates, literal, place);
    if (place == PLACE_BEGIN || place == PLACE_ANYWHERE) {
        seek.offset = offset_of(&rates, place, is_high ? 1 : SEEK_STRIDE);
        seek.offset_wide = offset_of(&rates, place, SEEK_STRIDE_MAX);
    }
    return seek;
}

static bool has_grams(uint32_t offset, size_t length, enum seek_place place, uint32_t count)
{
    const uint32_t neighbours = place == PLACE_BEGIN ? 1 : count;
    return length >= SEEK_GRAM + neighbours - 1 &&
           offset <= length - (SEEK_GRAM + neighbours - 1) &&
           (place != PLACE_BEGIN || offset % count == 0);
}

bool seek_is_right(const struct image_seek *seek, struct bytes literal)
{
    const enum seek_place place = (enum seek_place)seek->place;
    if (seek->place > PLACE_ANYWHERE || !seek_takes(literal, place) ||
        (seek->is_high != 0) != !is_ascii(literal))
        return false;
    if (place == PLACE_WHOLE || place == PLACE_END)
        return true;
    if (seek->is_high)
        return literal.length < SEEK_GRAM || has_grams(seek->offset, literal.length, place, 1);
    return literal.length == SEEK_GRAM ||
           (has_grams(seek->offset, literal.length, place, SEEK_STRIDE) &&
            (literal.length < SEEK_GRAM + SEEK_STRIDE_MAX - 1 ||
             has_grams(seek->offset_wide, literal.length, place, SEEK_STRIDE_MAX)));
}
