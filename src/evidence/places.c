/* A hash table with linear probing, at most half full. */
#include "evidence/places.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_SLOTS 256

struct place {
    uint64_t key[2];  /* device, inode */
    const char *path; /* NULL: free */
};

struct places {
    struct place *slots;
    size_t mask;
    size_t count;
};

struct places *places_new(void)
{
    struct places *places = calloc(1, sizeof(*places));
    if (!places)
        return NULL;
    places->slots = calloc(FIRST_SLOTS, sizeof(*places->slots));
    if (!places->slots) {
        free(places);
        return NULL;
    }
    places->mask = FIRST_SLOTS - 1;
    return places;
}

void places_free(struct places *places)
{
    if (!places)
        return;
    free(places->slots);
    free(places);
}

/* The slot that holds the key, or the free one where it belongs. */
static struct place *slot_of(const struct places *places, const uint64_t key[2])
{
    assert(places->count <= places->mask / 2);
    size_t at = (size_t)hash_bytes(bytes_of(key, sizeof(places->slots->key)), 0) & places->mask;
    while (places->slots[at].path &&
           (places->slots[at].key[0] != key[0] || places->slots[at].key[1] != key[1]))
        at = (at + 1) & places->mask;
    return &places->slots[at];
}

const char *places_find(const struct places *places, uint64_t device, uint64_t inode)
{
    return slot_of(places, (const uint64_t[2]){device, inode})->path;
}

static bool grow(struct places *places)
{
    const struct places old = *places;
    const size_t slots = (old.mask + 1) * 2;
    struct place *room = calloc(slots, sizeof(*room));
    if (!room)
        return false;
    places->slots = room;
    places->mask = slots - 1;
    for (size_t i = 0; i <= old.mask; i++) {
        if (old.slots[i].path)
            *slot_of(places, old.slots[i].key) = old.slots[i];
    }
    free(old.slots);
    return true;
}

bool places_add(struct places *places, uint64_t device, uint64_t inode, const char *path)
{
    if (places->count == places->mask / 2 && !grow(places))
        return false;
    struct place *slot = slot_of(places, (const uint64_t[2]){device, inode});
    if (!slot->path) {
        *slot = (struct place){.key = {device, inode}, .path = path};
        places->count++;
    }
    return true;
}
