#include "rules/compile/keys.h"

#include "base/hash.h"

#include <stdlib.h>

void keys_init(struct keys *keys, size_t maximum_bytes)
{
    *keys = (struct keys){0};
    arena_init(&keys->arena, maximum_bytes);
}

void keys_release(struct keys *keys)
{
    arena_release(&keys->arena);
    free(keys->keys);
    free(keys->index);
    *keys = (struct keys){0};
}

/* The place of a key, or the free one where it would go. */
static size_t place_of(const struct keys *keys, struct bytes key, uint64_t hash)
{
    size_t place = hash & (keys->index_count - 1);
    for (; keys->index[place]; place = (place + 1) & (keys->index_count - 1))
        if (keys->index[place] >> 32 == hash >> 32 &&
            bytes_equal(keys->keys[(uint32_t)keys->index[place] - 1], key))
            break;
    return place;
}

static void place_fill(struct keys *keys, size_t place, uint64_t hash, uint32_t number)
{
    keys->index[place] = (hash >> 32 << 32) | (number + 1);
}

/* Doubles the index; the array of keys has always half as many places. */
static bool grow(struct keys *keys)
{
    const size_t wider = keys->index_count ? keys->index_count * 2 : 1024;
    uint64_t *index = calloc(wider, sizeof(*index));
    struct bytes *array = realloc(keys->keys, wider / 2 * sizeof(*array));
    if (array)
        keys->keys = array;
    if (!index || !array) {
        free(index);
        return false;
    }
    free(keys->index);
    keys->index = index;
    keys->index_count = wider;
    for (uint32_t i = 0; i < keys->count; i++) {
        const uint64_t hash = hash_bytes(keys->keys[i], 0);
        place_fill(keys, place_of(keys, keys->keys[i], hash), hash, i);
    }
    return true;
}

uint32_t keys_add(struct keys *keys, struct bytes key, bool *is_new)
{
    *is_new = false;
    if (keys->count * (size_t)2 == keys->index_count && !grow(keys))
        return KEYS_NONE;
    const uint64_t hash = hash_bytes(key, 0);
    const size_t place = place_of(keys, key, hash);
    if (keys->index[place])
        return (uint32_t)keys->index[place] - 1;
    const struct bytes kept = arena_keep(&keys->arena, key);
    if (!kept.data || keys->count == KEYS_NONE - 1)
        return KEYS_NONE;
    keys->keys[keys->count] = kept;
    place_fill(keys, place, hash, keys->count);
    *is_new = true;
    return keys->count++;
}

uint32_t keys_find(const struct keys *keys, struct bytes key)
{
    if (keys->index_count == 0)
        return KEYS_NONE;
    const uint64_t found = keys->index[place_of(keys, key, hash_bytes(key, 0))];
    return found ? (uint32_t)found - 1 : KEYS_NONE;
}
