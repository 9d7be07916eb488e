/* Numbers and texts as bytes that order as they do, and back. */
#ifndef IMPOUND_CASES_PACK_H
#define IMPOUND_CASES_PACK_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/instant.h"

void pack_u32(struct buffer *to, uint32_t number);
void pack_u64(struct buffer *to, uint64_t number);
void pack_time(struct buffer *to, struct instant time);
void pack_words(struct buffer *to, struct bytes text);

/* False, and nothing taken, when they are not all there. */
bool unpack_u32(struct cursor *from, uint32_t *number);
bool unpack_u64(struct cursor *from, uint64_t *number);
bool unpack_time(struct cursor *from, struct instant *time);
bool unpack_words(struct cursor *from, struct bytes *text);

#endif
