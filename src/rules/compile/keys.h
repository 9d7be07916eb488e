/* Byte strings numbered from 0 in the order in which they first came: how equal texts, fields,
 * tests, atoms and sources become one. Not thread-safe. */
#ifndef IMPOUND_RULES_KEYS_H
#define IMPOUND_RULES_KEYS_H

#include "base/arena.h"

struct keys {
    struct arena arena; /* of the keys */
    struct bytes *keys;
    uint64_t
        *index; /* open addressing, at most half full; number + 1, and above it half the hash */
    size_t index_count;
    uint32_t count;
};

#define KEYS_NONE UINT32_MAX

void keys_init(struct keys *keys, size_t maximum_bytes);
void keys_release(struct keys *keys);

/* The number of `key`, new or known; *is_new says which. KEYS_NONE without memory. */
uint32_t keys_add(struct keys *keys, struct bytes key, bool *is_new);

/* The number of `key` if it is known, else KEYS_NONE. */
uint32_t keys_find(const struct keys *keys, struct bytes key);

#endif
