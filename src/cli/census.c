#include "cli/census.h"

#include <assert.h>
#include <stdlib.h>

#define KEYS_MEMORY_MAX ((size_t)32 << 20)

void census_init(struct census *census)
{
    *census = (struct census){0};
    keys_init(&census->keys, KEYS_MEMORY_MAX);
}

void census_release(struct census *census)
{
    keys_release(&census->keys);
    free(census->rows);
    *census = (struct census){0};
}

static bool rows_grow(struct census *census)
{
    if (census->keys.count < census->room)
        return true;
    const size_t room = census->room ? census->room * 2 : 256;
    struct census_row *rows = realloc(census->rows, room * sizeof(*rows));
    if (!rows)
        return false;
    census->rows = rows;
    census->room = room;
    return true;
}

static uint32_t row_number(struct census *census, struct bytes key)
{
    bool is_new = false;
    if (!rows_grow(census) || census->keys.count >= CENSUS_ROWS_MAX)
        return keys_find(&census->keys, key);
    const uint32_t number = keys_add(&census->keys, key, &is_new);
    if (is_new)
        census->rows[number] =
            (struct census_row){.first.seconds = INSTANT_NONE, .last.seconds = INSTANT_NONE};
    return number;
}

struct census_row *census_count(struct census *census, struct bytes key, struct instant time)
{
    const uint32_t number = row_number(census, key);
    if (number == KEYS_NONE) {
        census->left_out++;
        return NULL;
    }
    struct census_row *row = &census->rows[number];
    row->count++;
    instant_widen(&row->first, &row->last, time);
    return row;
}

static int compare(const void *one, const void *other, void *context)
{
    const struct census *census = context;
    const uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    const uint64_t count_a = census->rows[a].count, count_b = census->rows[b].count;
    if (count_a != count_b)
        return count_a > count_b ? -1 : 1;
    return bytes_compare(census->keys.keys[a], census->keys.keys[b]);
}

uint32_t *census_order(const struct census *census)
{
    uint32_t *order = calloc((size_t)census->keys.count + 1, sizeof(*order));
    for (uint32_t i = 0; order && i < census->keys.count; i++)
        order[i] = i;
    if (order)
        qsort_r(order, census->keys.count, sizeof(*order), compare, (void *)(uintptr_t)census);
    return order;
}

void census_put(struct buffer *to, struct bytes text)
{
    const uint16_t length =
        (uint16_t)(text.length < CENSUS_TEXT_MAX ? text.length : CENSUS_TEXT_MAX);
    buffer_bytes(to, &length, sizeof(length));
    buffer_bytes(to, text.data, length);
}

void census_put_time(struct buffer *to, struct instant time)
{
    buffer_bytes(to, &time, sizeof(time));
}

struct bytes census_take(struct cursor *from)
{
    const uint8_t *header = cursor_take(from, sizeof(uint16_t));
    assert(header);
    const size_t length = load_le16(header);
    const uint8_t *text = cursor_take(from, length);
    assert(text);
    return bytes_of(text, length);
}

struct instant census_take_time(struct cursor *from)
{
    struct instant time;
    const uint8_t *bytes = cursor_take(from, sizeof(time));
    assert(bytes);
    memcpy(&time, bytes, sizeof(time));
    return time;
}

uint8_t census_take_byte(struct cursor *from)
{
    const uint8_t *byte = cursor_take(from, 1);
    assert(byte);
    return byte ? *byte : 0;
}

struct bytes census_take_key(struct cursor *from, unsigned texts)
{
    const uint8_t *start = from->at;
    while (texts--)
        census_take(from);
    return bytes_of(start, (size_t)(from->at - start));
}
