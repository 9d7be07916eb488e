#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

/* Blocks double from 16 KiB, if the owner says nothing else, to 1 MiB; a larger wish gets a block
 * of its own size. After a reset the newest block, which is the largest, is kept, so that a steady
 * load settles on one block. */
#define BLOCK_FIRST (16U << 10)
#define BLOCK_LARGE (1U << 20)

struct arena_block {
    struct arena_block *before;
    size_t length; /* of the payload */
    uint8_t payload[] __attribute__((aligned(16)));
};

void arena_init(struct arena *arena, size_t maximum)
{
    *arena = (struct arena){.maximum = maximum};
}

static void blocks_free(struct arena_block *block)
{
    while (block) {
        struct arena_block *before = block->before;
        free(block);
        block = before;
    }
}

void arena_release(struct arena *arena)
{
    blocks_free(arena->block);
    *arena = (struct arena){.maximum = arena->maximum, .first = arena->first};
}

static void block_begin(struct arena *arena, struct arena_block *block)
{
    block->before = arena->block;
    arena->block = block;
    arena->at = block->payload;
    arena->end = block->payload + block->length;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *newest = arena->block;
    if (!newest)
        return;
    blocks_free(newest->before);
    newest->before = NULL;
    arena->taken = newest->length;
    arena->block = NULL;
    block_begin(arena, newest);
}

void *arena_take_block(struct arena *arena, size_t length, size_t alignment)
{
    assert(alignment && (alignment & (alignment - 1)) == 0);
    const size_t slack = alignment;
    if (length > SIZE_MAX / 2)
        return NULL;
    const size_t first = arena->first ? arena->first : BLOCK_FIRST;
    size_t want = arena->block ? arena->block->length * 2 : first;
    if (want > BLOCK_LARGE)
        want = BLOCK_LARGE;
    if (want < length + slack)
        want = length + slack;
    if (want > arena->maximum - arena->taken) {
        want = length + slack;
        if (want > arena->maximum - arena->taken)
            return NULL;
    }
    struct arena_block *block = malloc(sizeof(*block) + want);
    if (!block)
        return NULL;
    block->length = want;
    arena->taken += want;
    block_begin(arena, block);
    const uintptr_t at = ((uintptr_t)arena->at + alignment - 1) & ~(uintptr_t)(alignment - 1);
    arena->at = (uint8_t *)at + length;
    assert(arena->at <= arena->end);
    return (void *)at;
}

void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t length;
    if (__builtin_mul_overflow(count, size, &length))
        return NULL;
    void *taken = arena_take(arena, length);
    if (taken)
        memset(taken, 0, length);
    return taken;
}

struct bytes arena_keep(struct arena *arena, struct bytes bytes)
{
    uint8_t *copy = arena_take_aligned(arena, bytes.length ? bytes.length : 1, 1);
    if (!copy)
        return (struct bytes){0};
    if (bytes.length)
        memcpy(copy, bytes.data, bytes.length);
    return bytes_of(copy, bytes.length);
}

char *arena_keep_text(struct arena *arena, struct bytes text)
{
    char *copy = arena_take_aligned(arena, text.length + 1, 1);
    if (!copy)
        return NULL;
    if (text.length)
        memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    return copy;
}
