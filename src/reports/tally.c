#include "reports/tally.h"

#include "base/hash.h"

#include <stdlib.h>

#define KEY_BYTES_EACH 4096U /* at most, on average */

void tally_init(struct tally *tally, size_t maximum)
{
    *tally = (struct tally){.maximum = maximum};
    arena_init(&tally->keys, maximum * KEY_BYTES_EACH);
}

void tally_release(struct tally *tally)
{
    free(tally->rows);
    free(tally->index);
    arena_release(&tally->keys);
}

/* The place of `key`, or the free one where it would go. */
static size_t place_of(const struct tally *tally, struct bytes key)
{
    const size_t mask = tally->room * 2 - 1;
    size_t place = hash_bytes(key, 0) & mask;
    while (tally->index[place] && !bytes_equal(tally->rows[tally->index[place] - 1].key, key))
        place = (place + 1) & mask;
    return place;
}

static bool grow(struct tally *tally)
{
    const size_t room = tally->room ? tally->room * 2 : 64;
    struct tally_row *rows = reallocarray(tally->rows, room, sizeof(*rows));
    if (!rows)
        return false;
    tally->rows = rows;
    size_t *index = calloc(room * 2, sizeof(*index));
    if (!index)
        return false;
    free(tally->index);
    tally->index = index;
    tally->room = room;
    for (size_t i = 0; i < tally->count; i++)
        index[place_of(tally, rows[i].key)] = i + 1;
    return true;
}

struct tally_row *tally_row(struct tally *tally, struct bytes key)
{
    if (tally->count == tally->room && !grow(tally))
        return NULL;
    const size_t place = place_of(tally, key);
    if (tally->index[place])
        return &tally->rows[tally->index[place] - 1];
    const struct bytes kept =
        tally->count < tally->maximum ? arena_keep(&tally->keys, key) : (struct bytes){0};
    if (!kept.data)
        return NULL;
    struct tally_row *row = &tally->rows[tally->count++];
    *row = (struct tally_row){
        .key = kept, .first = {.seconds = INSTANT_NONE}, .last = {.seconds = INSTANT_NONE}};
    tally->index[place] = tally->count;
    return row;
}

struct tally_row *tally_add(struct tally *tally, struct bytes key, enum sigma_level level,
                            struct instant time)
{
    struct tally_row *row = tally_row(tally, key);
    if (!row) {
        tally->left_out++;
        return NULL;
    }
    row->total++;
    row->counts[level]++;
    if (!instant_is_known(row->first))
        row->first = time;
    row->last = time;
    return row;
}

static int compare(const void *one, const void *other)
{
    const struct tally_row *first = one, *second = other;
    for (unsigned level = SIGMA_LEVEL_COUNT; level-- > 0;)
        if (first->counts[level] != second->counts[level])
            return first->counts[level] > second->counts[level] ? -1 : 1;
    return bytes_compare(first->key, second->key);
}

void tally_sort(struct tally *tally)
{
    if (tally->count)
        qsort(tally->rows, tally->count, sizeof(*tally->rows), compare);
}
