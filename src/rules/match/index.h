/* All literals that are looked for in one field, found in one pass over its folded text.
 *
 *   equals    a hash of length, first and last 8 bytes
 *   suffixes  the last 8 bytes; of a shorter literal all of them: a lookup a length, at most 8
 *   grams     4 bytes anywhere in the text, the rarest of each literal; 3 for literals of 3 bytes
 *
 * Each is a hash table behind a bitmap that is at most 1/16 full and small enough to stay in the
 * processor's first cache, so that a byte of text mostly costs a multiplication and one bit. What
 * the bitmap lets through is compared exactly. */
#ifndef IMPOUND_RULES_INDEX_H
#define IMPOUND_RULES_INDEX_H

#include "base/arena.h"
#include "base/bytes.h"
#include "rules/match/trace.h"

enum index_part { INDEX_EQUALS, INDEX_SUFFIXES, INDEX_GRAMS, INDEX_GRAMS3, INDEX_PART_COUNT };

/* One literal of one atom. */
struct index_entry {
    uint64_t key;
    const uint8_t *literal; /* folded */
    uint32_t length;
    uint32_t offset; /* of the gram in the literal */
    uint32_t atom;
    uint8_t part;
    bool is_exact;    /* the atom holds when the literal is found; else it may hold */
    bool is_anchored; /* grams: the literal must begin the text */
};

/* Fills in the key, from literal, length, offset and part. */
void index_entry_key(struct index_entry *entry);

struct index_table {
    const uint64_t *bits;
    const uint32_t *starts; /* of each bucket in entries */
    const struct index_entry *entries;
    uint32_t count;
    uint8_t bit_shift, bucket_shift;
};

struct index {
    struct index_table parts[INDEX_PART_COUNT];
    uint8_t suffix_lengths; /* bit n: there are suffix keys of n + 1 bytes */
};

/* Makes the index of one field. The entries are copied; the literals are not. NULL without
 * memory. */
const struct index *index_make(struct arena *arena, const struct index_entry *entries,
                               uint32_t count);

/* Marks the atoms whose literals are in the text. */
void index_scan(const struct index *index, struct bytes text, struct trace *trace);

#endif
