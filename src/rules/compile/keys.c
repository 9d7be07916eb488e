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

static size_t place_of(const struct keys *keys, struct bytes key)
{
    size_t place = hash_bytes(key, 0) & (keys->index_count - 1);
    while (keys->index[place] && !bytes_equal(keys->keys[keys->index[place] - 1], key))
        place = (place + 1) & (keys->index_count - 1);
    return place;
}

/* Doubles the index; the array of keys has always half as many places. */
static bool grow(struct keys *keys)
{
    const size_t wider = keys->index_count ? keys->index_count * 2 : 1024;
    uint32_t *index = calloc(wider, sizeof(*index));
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
    for (uint32_t i = 0; i < keys->count; i++)
        keys->index[place_of(keys, keys->keys[i])] = i + 1;
    return true;
}

uint32_t keys_add(struct keys *keys, struct bytes key, bool *is_new)
{
    *is_new = false;
    if (keys->count * (size_t)2 == keys->index_count && !grow(keys))
        return KEYS_NONE;
    const size_t place = place_of(keys, key);
    if (keys->index[place])
        return keys->index[place] - 1;
    const struct bytes kept = arena_keep(&keys->arena, key);
    if (!kept.data)
        return KEYS_NONE;
    keys->keys[keys->count] = kept;
    keys->index[place] = ++keys->count;
    *is_new = true;
    return keys->count - 1;
}

uint32_t keys_find(const struct keys *keys, struct bytes key)
{
    if (keys->index_count == 0)
        return KEYS_NONE;
    const uint32_t number = keys->index[place_of(keys, key)];
    return number ? number - 1 : KEYS_NONE;
}
