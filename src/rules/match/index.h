/* All literals that are looked for in one field, found in one pass over its folded text.
 *
 *   equals    a hash of length, first and last 8 bytes
 *   suffixes  the last 8 bytes; of a shorter literal all of them: a lookup a length, at most 8
 *   grams     4 bytes somewhere in the text. Only every second or fourth place of the text is
 * looked at (the stride), and so many neighbouring grams of each literal are in the table, the
 *             rarest ones, that one of them stands at such a place. Literals of 4 bytes have grams
 *             of 3.
 *   high      grams of literals that are not ASCII, apart, because most texts are
 *
 * Each is a hash table behind a bitmap that is nearly empty and small enough to stay in the
 * processor's first cache, so that a place in the text mostly costs a multiplication and one bit.
 * What the bitmap lets through is compared exactly. */
#ifndef IMPOUND_RULES_INDEX_H
#define IMPOUND_RULES_INDEX_H

#include "base/arena.h"
#include "event/value.h"
#include "rules/compile/image.h"
#include "rules/match/rarity.h"
#include "rules/match/trace.h"

/* Where in a text a literal is looked for. */
enum index_place { INDEX_WHOLE, INDEX_BEGIN, INDEX_END, INDEX_ANYWHERE };

/* One literal of one atom. */
struct index_literal {
    struct bytes literal; /* folded */
    uint32_t atom;
    uint8_t place; /* enum index_place */
    bool is_exact; /* the atom holds when the literal is found; else it may hold */
};

/* Whether a literal can be looked for in this place: some are too short. */
bool index_takes(struct bytes literal, enum index_place place);

enum index_part {
    INDEX_EQUALS,
    INDEX_SUFFIXES,
    INDEX_GRAMS,
    INDEX_GRAMS3,
    INDEX_HIGH,
    INDEX_HIGH3,
    INDEX_HIGH2,
    INDEX_PART_COUNT
};

/* Sized to half a cache line. */
struct index_entry {
    /* Grams: 8 bytes of the literal around the gram, or all of a shorter one, to compare first.
     * Else the key that was hashed. */
    uint64_t window;
    const uint8_t *literal;
    uint32_t length;
    uint32_t offset; /* of the gram in the literal */
    uint32_t atom;
    uint8_t back;     /* how far before the gram the window begins */
    bool is_exact;    /* the atom holds when the literal is found; else it may hold */
    bool is_anchored; /* grams: the literal must begin the text */
};

_Static_assert(sizeof(struct index_entry) == 32, "half a cache line");

struct index_table {
    const uint32_t *bits;
    const uint32_t *starts; /* of each bucket in entries */
    const struct index_entry *entries;
    uint32_t count;
    uint8_t bits_log, bucket_shift;
};

struct index {
    struct index_table parts[INDEX_PART_COUNT];
    uint8_t suffix_lengths; /* bit n: there are suffix keys of n + 1 bytes */
    uint8_t stride;         /* 2 or 4: the places of a text at which grams are looked up */
    uint32_t types;         /* bits: types of values whose text can hold one of the literals */
    uint32_t shortest;      /* length of a literal */
};

/* Whether a value may hold one of the literals, before it is rendered: a number holds no word, and
 * a short text no long one. Of a list, whether its items are worth asking. */
static inline bool index_may_hold(uint32_t types, uint32_t shortest, const struct value *value)
{
    const bool is_text = value->type >= VALUE_UTF16 && value->type <= VALUE_ESCAPED;
    return types >> value->type & 1 && (!is_text || (uint64_t)value->length * 3 >= shortest);
}

/* Makes the index of one field. The literals' bytes must live as long. NULL without memory. */
const struct index *index_make(struct arena *arena, const struct rarity *rarity,
                               const struct index_literal *literals, uint32_t count);

/* Marks the atoms whose literals are in the text. */
void index_scan(const struct index *index, struct bytes text, struct trace *trace);

#endif
