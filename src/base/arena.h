/* Memory with one lifetime: allocated piece by piece, given back all at once.
 *
 * An arena has a maximum that its owner names; past it arena_take returns NULL. Nothing in it is
 * freed alone. Not thread-safe. */
#ifndef IMPOUND_BASE_ARENA_H
#define IMPOUND_BASE_ARENA_H

#include "base/attributes.h"
#include "base/bytes.h"

struct arena_block;

struct arena {
    uint8_t *at;  /* next free byte of the current block */
    uint8_t *end; /* of the current block */
    struct arena_block *block;
    size_t taken; /* bytes in all blocks */
    size_t maximum;
    size_t first; /* bytes of the first block; 0, as arena_init leaves it: 16 KiB. To be set by who
                     has very many small ones */
};

/* `maximum` is in bytes and bounds the blocks that are held at one time. */
void arena_init(struct arena *arena, size_t maximum);
void arena_release(struct arena *arena);

/* Forgets everything that was taken; the largest block is kept for reuse. */
void arena_reset(struct arena *arena);

/* The slow half of arena_take. */
void *arena_take_block(struct arena *arena, size_t length, size_t alignment);

/* `length` bytes aligned to `alignment` (a power of two), not cleared. NULL past the maximum. */
static inline void *arena_take_aligned(struct arena *arena, size_t length, size_t alignment)
{
    const uintptr_t at = ((uintptr_t)arena->at + alignment - 1) & ~(uintptr_t)(alignment - 1);
    const uintptr_t end = (uintptr_t)arena->end;
    if (UNLIKELY(arena->at == NULL || at > end || end - at < length))
        return arena_take_block(arena, length, alignment);
    arena->at = (uint8_t *)at + length;
    return (void *)at;
}

/* `length` bytes aligned for any object, not cleared. NULL past the maximum. */
static inline void *arena_take(struct arena *arena, size_t length)
{
    return arena_take_aligned(arena, length, 16);
}

/* The same, cleared; for `count` elements of `size` bytes. NULL also when the product overflows. */
void *arena_take_array(struct arena *arena, size_t count, size_t size);

/* Copies of bytes and text that live as long as the arena. The text copy ends with a NUL that is
 * not counted. `data` is NULL past the maximum. */
struct bytes arena_keep(struct arena *arena, struct bytes bytes);
char *arena_keep_text(struct arena *arena, struct bytes text);

#endif
