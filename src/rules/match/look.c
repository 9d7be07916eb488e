#include "rules/match/look.h"

#include "base/address.h"
#include "rules/match/text.h"
#include "rules/sigma/sigma.h"

#include <stdlib.h>
#include <time.h>

bool look_init(struct look *look, const struct image *image)
{
    *look = (struct look){.image = image};
    look->items = calloc(SHAPE_FIELDS_MAX, sizeof(*look->items));
    return regexes_init(&look->regexes, image) && look->items;
}

void look_release(struct look *look)
{
    regexes_release(&look->regexes);
    free(look->items);
    look->items = NULL;
}

void look_begin(struct look *look, const struct event *event)
{
    look->event = event;
    if (++look->generation == 0) {
        memset(look->items, 0, SHAPE_FIELDS_MAX * sizeof(*look->items));
        look->generation = 1;
    }
}

static struct bytes not_null(struct bytes text)
{
    return text.data ? text : bytes_of("", 0);
}

/* Renders a list's items into the event's own memory. */
static struct item_texts items_render(const struct event *event, unsigned slot, bool is_folded)
{
    const uint32_t count = event->values[slot].length;
    struct bytes *texts =
        arena_take(&event->cache->arena, count ? count * sizeof(*texts) : sizeof(*texts));
    for (uint32_t i = 0; texts && i < count; i++)
        texts[i] = not_null(is_folded ? event_item_folded(event, slot, i)
                                      : event_item_text(event, slot, i));
    return (struct item_texts){.texts = texts, .count = texts ? count : 0};
}

static const struct bytes *item_texts(struct look *look, unsigned slot, bool is_folded,
                                      uint32_t *count)
{
    struct item_texts *items = &look->items[slot][is_folded];
    if (items->generation != look->generation) {
        *items = items_render(look->event, slot, is_folded);
        items->generation = look->generation;
    }
    *count = items->count;
    return items->texts;
}

const struct bytes *look_texts(struct look *look, unsigned slot, bool is_folded, struct bytes *one,
                               uint32_t *count)
{
    const uint8_t type = look->event->values[slot].type;
    if (type == VALUE_LIST)
        return item_texts(look, slot, is_folded, count);
    *count = type != VALUE_ABSENT;
    *one = not_null(is_folded ? event_folded(look->event, slot) : event_text(look->event, slot));
    return one;
}

static bool any_text(struct look *look, const struct image_test *test, struct slots slots)
{
    for (uint32_t i = 0; i < slots.count; i++) {
        struct bytes one;
        uint32_t count;
        const struct bytes *texts =
            look_texts(look, slots.at[i], !(test->flags & TEST_CASED), &one, &count);
        for (uint32_t j = 0; j < count; j++)
            if (text_fits(look->image, test, texts[j]))
                return true;
    }
    return false;
}

/* What an expression needs is asked of the folded text, which is mostly there already. */
static bool any_match(struct look *look, uint32_t number, struct slots slots)
{
    const struct image_test *test = &look->image->tests[number];
    for (uint32_t i = 0; i < slots.count; i++) {
        struct bytes one_folded, one;
        uint32_t count;
        const struct bytes *folded = look_texts(look, slots.at[i], true, &one_folded, &count);
        for (uint32_t j = 0; j < count; j++) {
            if (!regexes_may_find(look->image, test, folded[j]))
                continue;
            uint32_t text_count;
            const struct bytes *texts = look_texts(look, slots.at[i], false, &one, &text_count);
            if (j < text_count && regexes_find(&look->regexes, number, texts[j]))
                return true;
        }
    }
    return false;
}

static bool is_empty(const struct value *value)
{
    return value->type <= VALUE_NULL || (value->type == VALUE_LIST && value->length == 0);
}

static bool any_has_value(const struct look *look, struct slots slots)
{
    for (uint32_t i = 0; i < slots.count; i++)
        if (!is_empty(&look->event->values[slots.at[i]]))
            return true;
    return false;
}

static bool any_is_there(const struct look *look, struct slots slots)
{
    for (uint32_t i = 0; i < slots.count; i++)
        if (value_is_there(&look->event->values[slots.at[i]]))
            return true;
    return false;
}

static bool compares(enum sigma_compare compare, double left, double right)
{
    switch (compare) {
    case SIGMA_EQ:
        return left <= right && left >= right;
    case SIGMA_NEQ:
        return left < right || left > right;
    case SIGMA_LT:
        return left < right;
    case SIGMA_LTE:
        return left <= right;
    case SIGMA_GT:
        return left > right;
    case SIGMA_GTE:
        return left >= right;
    }
    return false;
}

/* ISO 8601 weeks; the rest of the calendar is that of gmtime. */
static bool part_of(struct instant instant, enum sigma_part part, double *number)
{
    struct tm tm;
    const time_t seconds = (time_t)instant.seconds;
    char week[8];
    if (!instant_is_known(instant) || !gmtime_r(&seconds, &tm))
        return false;
    switch (part) {
    case SIGMA_MINUTE:
        *number = tm.tm_min;
        return true;
    case SIGMA_HOUR:
        *number = tm.tm_hour;
        return true;
    case SIGMA_DAY:
        *number = tm.tm_mday;
        return true;
    case SIGMA_WEEK:
        strftime(week, sizeof(week), "%V", &tm);
        *number = (double)strtol(week, NULL, 10);
        return true;
    case SIGMA_MONTH:
        *number = tm.tm_mon + 1;
        return true;
    case SIGMA_YEAR:
        *number = tm.tm_year + 1900.0;
        return true;
    }
    return false;
}

static bool address_of_value(const struct value *value, struct bytes text, struct address *address)
{
    if (value->type == VALUE_IP4 || value->type == VALUE_IP6) {
        *address = address_of(value->data, value->type == VALUE_IP4 ? 4 : 16);
        return true;
    }
    return address_parse(text, address);
}

/* One value, no list, against a test of numbers, addresses or times. */
static bool value_fits(const struct image *image, const struct image_test *test,
                       const struct value *value, struct bytes text)
{
    struct address address;
    struct instant instant;
    double number;
    switch ((enum sigma_test_kind)test->kind) {
    case SIGMA_CIDR:
        return address_of_value(value, text, &address) &&
               network_has(test->form, image_bytes(image, test->text).data, test->split, &address);
    case SIGMA_COMPARE:
        return value_number(value, &number) &&
               compares((enum sigma_compare)test->form, number, test->number);
    case SIGMA_TIMEPART:
        return value_instant(value, &instant) &&
               part_of(instant, (enum sigma_part)test->form, &number) &&
               compares((enum sigma_compare)test->split, number, test->number);
    default:
        return false;
    }
}

static bool any_value(struct look *look, const struct image_test *test, struct slots slots)
{
    for (uint32_t i = 0; i < slots.count; i++) {
        const struct value *value = &look->event->values[slots.at[i]];
        const bool is_list = value->type == VALUE_LIST;
        const uint32_t count = is_list ? value->length : value_is_there(value);
        struct bytes one = bytes_of("", 0);
        const struct bytes *texts = &one;
        uint32_t text_count = count;
        if (test->kind == SIGMA_CIDR)
            texts = look_texts(look, slots.at[i], false, &one, &text_count);
        for (uint32_t j = 0; j < count && j < text_count; j++)
            if (value_fits(look->image, test, is_list ? &value->items[j] : value,
                           test->kind == SIGMA_CIDR ? texts[j] : one))
                return true;
    }
    return false;
}

static bool texts_relate(enum sigma_compare_text how, struct bytes text, struct bytes other)
{
    switch (how) {
    case SIGMA_SAME:
        return bytes_equal(text, other);
    case SIGMA_STARTSWITH:
        return text_begins(text, other);
    case SIGMA_ENDSWITH:
        return text_ends(text, other);
    case SIGMA_CONTAINS:
        return text_find(text, other) != NULL;
    }
    return false;
}

/* Pairs of values that one fieldref may compare in one event: lists come from evidence. */
#define PAIRS_MAX 65536U

/* Fields without a value do not take part. */
static bool any_relates(struct look *look, const struct image_test *test, struct slots slots,
                        struct slots others)
{
    const bool is_folded = !(test->flags & TEST_CASED);
    struct bytes one, other_one;
    uint32_t count, other_count;
    for (uint32_t i = 0; i < slots.count; i++) {
        if (is_empty(&look->event->values[slots.at[i]]))
            continue;
        const struct bytes *texts = look_texts(look, slots.at[i], is_folded, &one, &count);
        for (uint32_t j = 0; j < others.count; j++) {
            if (is_empty(&look->event->values[others.at[j]]))
                continue;
            const struct bytes *other =
                look_texts(look, others.at[j], is_folded, &other_one, &other_count);
            for (uint32_t k = 0; k < (uint64_t)count * other_count && k < PAIRS_MAX; k++)
                if (texts_relate((enum sigma_compare_text)test->form, texts[k / other_count],
                                 other[k % other_count]))
                    return true;
        }
    }
    return false;
}

static bool any_member(struct look *look, struct image_list members, struct slots slots)
{
    for (uint32_t i = 0; i < members.count; i++)
        if (look_test(look, look->image->words[members.first + i], slots, (struct slots){0}))
            return true;
    return false;
}

bool look_test(struct look *look, uint32_t number, struct slots slots, struct slots others)
{
    const struct image_test *test = &look->image->tests[number];
    if (test->kind == TEST_SET)
        return any_member(look, test->pieces, slots);
    const bool is_wanted = test->flags & TEST_WANTED;
    switch ((enum sigma_test_kind)test->kind) {
    case SIGMA_TEXT:
        return any_text(look, test, slots);
    case SIGMA_REGEX:
        return any_match(look, number, slots);
    case SIGMA_CIDR:
    case SIGMA_COMPARE:
    case SIGMA_TIMEPART:
        return any_value(look, test, slots);
    case SIGMA_EXISTS:
        return any_is_there(look, slots) == is_wanted;
    case SIGMA_NULL:
        return !any_has_value(look, slots);
    case SIGMA_FIELDREF:
        return any_relates(look, test, slots, others);
    case SIGMA_TRUE:
        return is_wanted;
    }
    return false;
}
