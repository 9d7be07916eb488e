/* What rules say of a value, remembered by its raw bytes: logs repeat themselves, and a long value
 * that comes again is neither rendered nor searched nor asked about again.
 *
 * A value is known by a 64-bit hash with a secret seed, so that nobody can prepare evidence in
 * which one value passes for another. Bounded: when the room is full everything is forgotten. */
#ifndef IMPOUND_RULES_MEMO_H
#define IMPOUND_RULES_MEMO_H

#include "rules/match/index.h"

/* A fact is an atom, and what is known: what an index found, or how a look at it ended. */
enum fact_kind { FACT_MAY, FACT_EXACT, FACT_NO, FACT_YES };

static inline uint32_t fact_make(uint32_t atom, enum fact_kind kind)
{
    return atom << 2 | (uint32_t)kind;
}

#define MEMO_FACTS    14U
#define MEMO_ATOM_MAX (UINT32_MAX >> 2)

/* Facts in the order in which they came. */
struct memo_chunk {
    uint32_t next; /* 0: the last one */
    uint32_t count;
    uint32_t facts[MEMO_FACTS];
};

struct memo_entry {
    uint64_t tag;   /* 0: empty */
    uint32_t first; /* chunk */
};

struct memo {
    struct memo_entry *entries;
    struct memo_chunk *chunks;
    uint32_t chunk_count; /* taken; chunk 0 is none */
    uint32_t epoch;       /* grows when everything is forgotten */
    uint64_t seed;
};

/* False without memory; release it all the same. */
bool memo_init(struct memo *memo);
void memo_release(struct memo *memo);

/* Forgets everything: also to be called when indexes go away. */
void memo_reset(struct memo *memo);

/* Whether a value is worth remembering: shorter ones are searched as fast as they are found. That
 * holds longer for what is only searched for words that may stand in any field. */
#define MEMO_LENGTH_MIN     40U
#define MEMO_LENGTH_MIN_ANY 160U

static inline bool memo_takes(const struct value *value, uint32_t length_min)
{
    return value->type >= VALUE_UTF16 && value->type <= VALUE_ESCAPED &&
           value->length >= length_min;
}

/* The first chunk of a value that goes through an index, with *is_new when nothing is known of it
 * yet. */
uint32_t memo_find(struct memo *memo, const struct index *index, const struct value *value,
                   bool *is_new);

/* Adds a fact behind the chunk *last, which steps on to a new one when it is full. Nothing is added
 * when everything was forgotten since `epoch`. */
void memo_add(struct memo *memo, uint32_t *last, uint32_t epoch, uint32_t fact);

#endif
