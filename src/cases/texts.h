/* Texts turned into small numbers. ASCII case may count or not; of spellings that differ in case
 * the smallest in bytes is kept, so that it does not matter which one came first. Bounded: past the
 * maximum, 0. */
#ifndef IMPOUND_CASES_TEXTS_H
#define IMPOUND_CASES_TEXTS_H

#include "base/arena.h"
#include "base/hash.h"

typedef uint32_t text_id; /* 0: none */

struct texts {
    struct arena arena;
    struct hash_secret secret;
    struct bytes *items; /* by id; the first is empty */
    uint32_t count, room, maximum;
    uint32_t *index; /* open addressing, at most half full */
    uint32_t index_size;
    bool folds; /* case does not count */
    uint64_t left_out;
};

/* `maximum` texts of `bytes` in all. */
void texts_init(struct texts *texts, bool folds, uint32_t maximum, size_t bytes);
void texts_release(struct texts *texts);

/* The number of a text, new or known. */
text_id texts_intern(struct texts *texts, struct bytes text);

/* The number of a text that is known, else 0. */
text_id texts_find(const struct texts *texts, struct bytes text);

static inline struct bytes texts_at(const struct texts *texts, text_id id)
{
    return id && id < texts->count ? texts->items[id] : (struct bytes){0};
}

/* Whether two texts are the same but for ASCII case. */
bool text_same(struct bytes one, struct bytes other);

#endif
