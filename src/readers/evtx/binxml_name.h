/* Names that a chunk's streams refer to by their offsets (see binxml.h for an entry's layout). */
#ifndef IMPOUND_READERS_EVTX_BINXML_NAME_H
#define IMPOUND_READERS_EVTX_BINXML_NAME_H

#include "readers/evtx/binxml.h"

#define BINXML_NAME_HEADER 8U /* next, hash, count */
#define BINXML_NAME_SLOTS  512U

struct binxml_name_slot {
    uint32_t generation;
    uint32_t offset;
    name_id name;
};

/* The names table, and what of the current chunk was looked up in it before. */
struct binxml_names {
    struct names *table;
    name_id name;        /* of "Name": what its attributes say are names in turn */
    uint32_t generation; /* of the chunk; to be raised with each */
    struct binxml_name_slot known[BINXML_NAME_SLOTS];
};

/* The raw name at `offset` of the chunk: its 2-byte count and its units. False when it is not all
 * inside. */
bool binxml_name_at(const struct binxml_chunk *chunk, size_t offset, struct bytes *raw);

static inline struct binxml_name_slot *binxml_name_slot(struct binxml_names *names, uint32_t offset)
{
    return &names->known[(offset * 2654435761U >> 16) % BINXML_NAME_SLOTS];
}

/* Whether the name at `offset` was looked up in this chunk before, and its id. */
static inline bool binxml_name_is_known(struct binxml_names *names, uint32_t offset, name_id *id)
{
    const struct binxml_name_slot *slot = binxml_name_slot(names, offset);
    *id = slot->name;
    return slot->generation == names->generation && slot->offset == offset;
}

/* The id of the name whose entry stands at `offset` of the chunk, and is `raw`. STATUS_DAMAGED when
 * it is too long, STATUS_REFUSED when the names table is full. */
enum status binxml_name_find(struct binxml_names *names, const struct binxml_chunk *chunk,
                             uint32_t offset, struct bytes raw, name_id *id,
                             struct fault *fault) MUST_CHECK;

#endif
