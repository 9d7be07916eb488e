/* The one event model, for host and wire alike: a shape (an ordered list of field names, shared by
 * all records of the same kind) and an array of typed references into the evidence.
 *
 * Nothing is decoded or copied until a rule or an output asks for a field; what was rendered once
 * is kept for the rest of that event. An event and all that it points to live until the reader goes
 * on to the next one. An event belongs to one thread. */
#ifndef IMPOUND_EVENT_EVENT_H
#define IMPOUND_EVENT_EVENT_H

#include "base/arena.h"
#include "base/flow.h"
#include "base/instant.h"
#include "base/names.h"
#include "event/value.h"

/* Field names that the pipeline itself looks at. Their ids are fixed in every field table. */
enum field_known {
    FIELD_NONE,
    FIELD_CHANNEL,
    FIELD_PROVIDER_NAME,
    FIELD_EVENT_ID,
    FIELD_COMPUTER,
    FIELD_EVENT_RECORD_ID,
    FIELD_TIME_CREATED,
    FIELD_LEVEL,
    FIELD_STREAM, /* `_path`: Zeek's name of the log, for wire events */
    FIELD_KNOWN_COUNT
};

/* The process's field names: a name table that begins with the known ones. */
struct names *fields_new(void);

/* What one piece of evidence may add to them: a sixteenth of the whole. */
struct names_budget fields_budget(void);

#define SHAPE_FIELDS_MAX 4096
#define SHAPE_NO_SLOT    UINT16_MAX

struct shape {
    uint32_t serial; /* small and unique, for tables of what was worked out per shape; 0: not
                        shared, so nothing may be remembered of it */
    uint32_t count;
    const name_id *fields;             /* a slot's field; a name may occur more than once */
    uint16_t known[FIELD_KNOWN_COUNT]; /* the slot of a known field, or SHAPE_NO_SLOT */
};

struct shapes;

/* All shapes of a process; thread-safe. Bounded: past the maximum, shapes_intern returns NULL and
 * the reader makes a shape of its own with shape_init (serial 0). */
struct shapes *shapes_new(size_t maximum_count);
void shapes_free(struct shapes *shapes);
const struct shape *shapes_intern(struct shapes *shapes, const name_id *fields, uint32_t count);
size_t shapes_count(const struct shapes *shapes); /* serials are 1 to this */

/* Fills in a shape that is not shared; `fields` must live as long. */
void shape_init(struct shape *shape, const name_id *fields, uint32_t count);

/* The first slot of a field, or SHAPE_NO_SLOT. */
uint16_t shape_slot(const struct shape *shape, name_id field);

/* What was rendered of the current event. One a thread, reused for every event. */
struct event_cache {
    struct arena arena;
    uint64_t has_text[SHAPE_FIELDS_MAX / 64];
    uint64_t has_folded[SHAPE_FIELDS_MAX / 64];
    struct bytes text[SHAPE_FIELDS_MAX];
    struct bytes folded[SHAPE_FIELDS_MAX];
};

struct event_cache *event_cache_new(void);
void event_cache_free(struct event_cache *cache);

struct event {
    const struct shape *shape;
    const struct value *values; /* shape->count of them */
    struct instant time;
    uint64_t record;     /* the record id, line or packet number that the source gives */
    uint64_t offset;     /* of the record in the evidence, in bytes */
    struct bytes raw;    /* the record's bytes */
    struct flow_id flow; /* of a capture's event; its record is a packet's number then */
    bool is_carved;
    struct event_cache *cache;
};

/* Makes the cache ready for this event. To be called by the reader for each event, last. */
void event_begin(struct event *event);

/* The text of a slot's value (UTF-8) and its folded form, rendered on the first call. Empty for
 * absent, null and lists; for a list's items use the two below. Valid until the next event.
 * Without memory (the cache has a maximum) the text is empty. */
struct bytes event_text(const struct event *event, unsigned slot);
struct bytes event_folded(const struct event *event, unsigned slot);
struct bytes event_item_text(const struct event *event, unsigned slot, unsigned item);
struct bytes event_item_folded(const struct event *event, unsigned slot, unsigned item);

/* The first value of a field, or NULL when the event has none. */
const struct value *event_find(const struct event *event, name_id field);

#endif
