/* The one way to read evidence: a cursor that cannot leave its bytes.
 * Copy it to look ahead; split it so that nothing inside can leave its parent. A take that does
 * not fit returns NULL and leaves the cursor where it was. */
#ifndef IMPOUND_BASE_CURSOR_H
#define IMPOUND_BASE_CURSOR_H

#include "base/bytes.h"

struct cursor {
    const uint8_t *at;
    const uint8_t *end;
    uint64_t base; /* offset in the evidence of `end`: the offset of `at` is base - left */
};

/* A cursor over `bytes`, whose first byte stands at `offset` in the evidence. */
static inline struct cursor cursor_over(struct bytes bytes, uint64_t offset)
{
    const uint8_t *end = bytes.length ? bytes.data + bytes.length : bytes.data; /* may be NULL */
    return (struct cursor){.at = bytes.data, .end = end, .base = offset + bytes.length};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

static inline uint64_t cursor_offset(const struct cursor *cursor)
{
    return cursor->base - cursor_left(cursor);
}

/* Takes `length` bytes at once, or NULL. */
static inline const uint8_t *cursor_take(struct cursor *cursor, size_t length)
{
    if (cursor_left(cursor) < length)
        return NULL;
    const uint8_t *taken = cursor->at;
    cursor->at += length;
    return taken;
}

/* Looks at `length` bytes without taking them, or NULL. */
static inline const uint8_t *cursor_peek(const struct cursor *cursor, size_t length)
{
    return cursor_left(cursor) < length ? NULL : cursor->at;
}

/* Moves the next `length` bytes into a cursor of their own. False, and nothing moved, when they
 * are not all there. */
static inline bool cursor_split(struct cursor *cursor, size_t length, struct cursor *inner)
{
    const uint64_t offset = cursor_offset(cursor);
    const uint8_t *taken = cursor_take(cursor, length);
    if (!taken)
        return false;
    *inner = cursor_over(bytes_of(taken, length), offset);
    return true;
}

#endif
