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

/* A literal of the image that is looked for, and the atom that it is for. */
struct index_want {
    uint32_t seek, atom;
};

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
    uint32_t shortest;      /* characters that a text must have to hold one of them */
};

/* Whether a value may hold one of the literals, before it is rendered: a number holds no word, and
 * a short text no long one. Of a list, whether its items are worth asking. */
static inline bool index_may_hold(uint32_t types, uint32_t shortest, const struct value *value)
{
    const bool is_text = value->type >= VALUE_UTF16 && value->type <= VALUE_ESCAPED;
    const uint32_t most = value->type == VALUE_UTF16 ? value->length / 2 : value->length;
    return types >> value->type & 1 && (!is_text || most >= shortest);
}

/* Makes the index of one field. NULL without memory. */
const struct index *index_make(struct arena *arena, const struct image *image,
                               const struct index_want *wants, uint32_t count);

/* What is found in one text: atoms, each once. */
#define FIND_EXACT 0x80000000U /* the atom holds by that alone; else it may hold */
#define FIND_ATOM  0x7FFFFFFFU

struct finds {
    uint32_t *list; /* room for all atoms */
    uint32_t count;
    uint32_t *marks; /* by atom: the generation of the last text in which it was found */
    uint32_t generation;
};

/* Makes `finds` what is found in a text; `marks` has room for `atom_count`. */
void index_scan(const struct index *index, struct bytes text, struct finds *finds,
                uint32_t atom_count);

#endif
