/* The outline of a stream of text records: which keys stand below which, and what text stands
 * between two values.
 *
 * Records of one stream look alike, so everything between one value and the next (separators, keys,
 * brackets, blanks: the glue) is nearly always what it was the last time behind the same key. The
 * outline remembers it: a parser compares the glue as a whole, and takes it apart only when it is
 * new. Belongs to one thread. Bounded: when it is full, outline_path returns NULL, and the caller
 * forgets everything (outline_reset) and starts the record again. */
#ifndef IMPOUND_READERS_TEXT_OUTLINE_H
#define IMPOUND_READERS_TEXT_OUTLINE_H

#include "base/arena.h"

#define OUTLINE_DEPTH_MAX 64

#define OUTLINE_GLUE_MAX  224 /* longer ones are taken apart every time */

struct glue {
    struct path *to;
    struct glue *next; /* not longer than this one, so that none hides another that it begins */
    uint16_t length;
    uint16_t marks; /* what its parser has to know of it */
    uint8_t text[OUTLINE_GLUE_MAX];
};

/* Where a value stands: a key below others. */
struct path {
    const struct path *parent; /* NULL above the keys of the record itself */
    struct bytes key;          /* as the evidence writes it */
    struct path *next;         /* of the same bucket */
    struct glue *likely;       /* what followed a value at this path */
    uint64_t hash;             /* of all keys */
    uint32_t depth;            /* keys in all */
    uint16_t glue_count;
    uint16_t glue_turn; /* which one makes room for the next */
    uint32_t kind;      /* for the parser's own use; 0 when it is new */
    uint32_t mark;      /* for the use of whoever makes a plan, like `repeats` */
    uint32_t repeats;
};

struct outline {
    struct arena arena;
    struct path **buckets;
    size_t count;
    struct path root; /* above all keys; also what stands before the first value */
    struct path end;  /* where the glue behind the last value leads */
};

/* False without memory. */
bool outline_init(struct outline *outline);
void outline_release(struct outline *outline);
void outline_reset(struct outline *outline);

/* The path of `key` below `parent`, new or known. NULL when the outline is full, or when the path
 * would be deeper than OUTLINE_DEPTH_MAX. */
struct path *outline_path(struct outline *outline, const struct path *parent, struct bytes key);

/* The same if it is known, else NULL. */
struct path *outline_find(const struct outline *outline, const struct path *parent,
                          struct bytes key);

/* Remembers that `text` led from one value to the next. */
void outline_learn(struct outline *outline, struct path *from, struct bytes text, struct path *to,
                   uint16_t marks);

/* The glue that the text at `at` begins with, if it was seen before behind the value `from`; else
 * NULL. */
static inline const struct glue *outline_guess(const struct path *from, const uint8_t *at,
                                               const uint8_t *end)
{
    const size_t left = (size_t)(end - at);
    const struct glue *glue = from->likely;
    while (glue && (glue->length > left || memcmp(glue->text, at, glue->length) != 0))
        glue = glue->next;
    return glue;
}

#endif
