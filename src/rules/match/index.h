/* All literals that are looked for in one field, found in one pass over its folded text.
 *
 *   equals    a hash of length, first and last 8 bytes
 *   suffixes  the last 8 bytes; of a shorter literal all of them: a lookup a length, at most 8
 *   grams     4 bytes anywhere in the text, the rarest of each literal; all 3 or 2 of short ones,
 *             apart where they are not ASCII, because most texts are
 *
 * Each is a hash table behind a bitmap that is nearly empty and small enough to stay in the
 * processor's first cache, so that a byte of text mostly costs a multiplication and one bit. What
 * the bitmap lets through is compared exactly. */
#ifndef IMPOUND_RULES_INDEX_H
#define IMPOUND_RULES_INDEX_H

#include "base/arena.h"
#include "event/value.h"
#include "rules/match/trace.h"

enum index_part {
    INDEX_EQUALS,
    INDEX_SUFFIXES,
    INDEX_GRAMS,
    INDEX_GRAMS3,
    INDEX_GRAMS2,
    INDEX_HIGH3,
    INDEX_HIGH2,
    INDEX_PART_COUNT
};

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

/* Makes the entry of a whole literal, of its end, or of a gram of `width` (2 to 4) at `offset`. */
struct index_entry index_equals(struct bytes literal);
struct index_entry index_suffix(struct bytes literal); /* not empty */
struct index_entry index_gram(struct bytes literal, uint32_t offset, unsigned width);

struct index_table {
    const uint64_t *bits;
    const uint32_t *starts; /* of each bucket in entries */
    const struct index_entry *entries;
    uint32_t count;
    uint8_t bits_log, bucket_shift;
};

struct index {
    struct index_table parts[INDEX_PART_COUNT];
    uint8_t suffix_lengths; /* bit n: there are suffix keys of n + 1 bytes */
    uint32_t types;         /* bits: types of values whose text can hold one of the literals */
    uint32_t shortest;      /* length of a literal */
};

/* Whether a value may hold one of the literals, before it is rendered: a number holds no word, and
 * a short text no long one. Of a list, whether its items are worth asking. */
static inline bool index_may_hold(const struct index *index, const struct value *value)
{
    const bool is_text = value->type >= VALUE_UTF16 && value->type <= VALUE_ESCAPED;
    return index->types >> value->type & 1 &&
           (!is_text || (uint64_t)value->length * 3 >= index->shortest);
}

/* Makes the index of one field. The entries are copied; the literals are not. NULL without
 * memory. */
const struct index *index_make(struct arena *arena, const struct index_entry *entries,
                               uint32_t count);

/* Marks the atoms whose literals are in the text. */
void index_scan(const struct index *index, struct bytes text, struct trace *trace);

#endif
