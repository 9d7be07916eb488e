/* Which rules fired on an event, remembered by the raw bytes of all values that they ask about:
 * logs repeat themselves, and an event that differs only in what no rule asks about is not matched
 * again.
 *
 * And texts in which an index found nothing: words are looked for in every field, and fields repeat
 * themselves even where events do not.
 *
 * Both are known by a 64-bit hash with a secret, so that nobody can prepare evidence in which one
 * passes for another. Bounded: a new one takes the place of an old one. */
#ifndef IMPOUND_RULES_MEMO_H
#define IMPOUND_RULES_MEMO_H

#include "base/hash.h"
#include "event/event.h"

struct memo_entry {
    uint64_t tag;          /* 0: empty */
    uint32_t first, count; /* of the rules that fired, in `fired` */
};

struct memo {
    struct memo_entry *entries;
    uint32_t *fired;
    uint32_t fired_count;
    uint64_t *quiet; /* tags of texts in which an index found nothing */
    struct hash_secret secret;
};

/* False without memory; release it all the same. */
bool memo_init(struct memo *memo);
void memo_release(struct memo *memo);

/* Forgets everything: to be called when bindings go away. */
void memo_reset(struct memo *memo);

/* The tag of an event: its binding (any number that stands for it) and the values in these slots.
 */
uint64_t memo_tag(const struct memo *memo, uint64_t binding, const struct event *event,
                  const uint16_t *slots, uint32_t slot_count);

/* The entry with this tag, or NULL; and a hint some time before, since it is rarely in the cache.
 */
const struct memo_entry *memo_find(const struct memo *memo, uint64_t tag);
void memo_expect(const struct memo *memo, uint64_t tag);

/* The tag of a text under an index (any number that stands for it), a hint that it will be asked
 * for, whether it is known to hold nothing that the index looks for, and that it does. */
uint64_t memo_text_tag(const struct memo *memo, uint64_t index, const struct value *text);
void memo_expect_quiet(const struct memo *memo, uint64_t tag);
bool memo_is_quiet(const struct memo *memo, uint64_t tag);
void memo_keep_quiet(struct memo *memo, uint64_t tag);

void memo_keep(struct memo *memo, uint64_t tag, const uint32_t *fired, uint32_t count);

#endif
