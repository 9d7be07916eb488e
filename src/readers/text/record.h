/* A record of a text format as its parser leaves it: values and where they stood, in the order of
 * the evidence; and what is remembered from one record to the next. */
#ifndef IMPOUND_READERS_TEXT_RECORD_H
#define IMPOUND_READERS_TEXT_RECORD_H

#include "event/event.h"
#include "readers/text/outline.h"

/* Fewer than an event may have, because a value may become several fields. */
#define RECORD_FIELDS_MAX (SHAPE_FIELDS_MAX - 256)

struct record {
    struct outline outline;
    struct arena arena; /* for this record alone: lists, and what is decoded or converted */
    uint32_t count;
    uint64_t hash; /* of the paths */
    struct path *paths[RECORD_FIELDS_MAX];
    struct value values[RECORD_FIELDS_MAX];
};

static inline void record_begin(struct record *record)
{
    record->count = 0;
    record->hash = 0;
}

/* Room for the value at `path`, or NULL when the record has too many. */
static inline struct value *record_add(struct record *record, struct path *path)
{
    if (UNLIKELY(record->count == RECORD_FIELDS_MAX))
        return NULL;
    record->paths[record->count] = path;
    record->hash = (record->hash ^ path->hash) * UINT64_C(0x9E3779B97F4A7C15);
    return &record->values[record->count++];
}

#endif
