/* BinXML ([MS-EVEN6] 2.2.12) as it stands in event logs: template definitions compiled once into
 * trees, records as an instance of a tree with an array of typed slices. No tree of a record is
 * ever built.
 *
 * A definition, as a record has it in line or a chunk's table points to it:
 *    0  4  offset of the next definition with the same hash
 *    4 16  GUID
 *   20  4  length of the body
 *   24     body: tokens up to the end of stream
 * A template instance:
 *    0  1  token 0x0C      1  1  unknown      2  4  identifier (the GUID's first four bytes)
 *    6  4  offset of the definition in the chunk; the definition follows in line when it is here
 *   ..  4  number of values, then for each: 2 length, 1 type, 1 unused; then the values
 * A name, at an offset in the chunk:
 *    0  4  offset of the next name   4  2  hash   6  2  units   8     UTF-16 units, then a NUL
 *
 * Offsets count from the start of the chunk. Everything that a definition needs is copied into its
 * tree, so that a tree outlives the chunk it was compiled from. */
#ifndef IMPOUND_READERS_EVTX_BINXML_H
#define IMPOUND_READERS_EVTX_BINXML_H

#include "base/arena.h"
#include "base/names.h"
#include "base/status.h"
#include "event/value.h"

#define BINXML_DEPTH_MAX  64   /* elements in elements, in one stream */
#define BINXML_NESTED_MAX 8    /* streams in values of streams */
#define BINXML_VALUES_MAX 4096 /* substitutions of one instance */
#define BINXML_NODES_MAX  16384
#define BINXML_NONE       UINT16_MAX
#define BINXML_END        UINT32_MAX

/* A value's private type here: embedded BinXML; `data` points to a struct binxml_instance. */
#define VALUE_BINXML 200

enum binxml_kind {
    BINXML_ELEMENT,      /* index: of the element */
    BINXML_LITERAL,      /* value */
    BINXML_SUBSTITUTION, /* slot */
    BINXML_CHARACTER,    /* slot: the UTF-16 unit of a character reference */
    BINXML_ENTITY,       /* name */
    BINXML_INSTANCE,     /* value is VALUE_BINXML: a template used inside a template */
};

/* Nodes, attributes and elements stand in arrays and are chained by index, BINXML_END at the end.
 */
struct binxml_node {
    uint8_t kind;
    bool is_optional;
    uint16_t slot;
    uint32_t next;
    uint32_t index;
    name_id name;
    struct value value;
};

struct binxml_attribute {
    name_id name;
    uint32_t first; /* node */
    uint32_t next;
};

struct binxml_element {
    name_id name;
    uint16_t dependency; /* the element is left out when this value is NULL; BINXML_NONE: never */
    bool has_elements;   /* among its children, as far as the template shows */
    bool is_closed_empty;
    uint32_t first_attribute;
    uint32_t first; /* node */
};

struct binxml_tree {
    const struct binxml_element *elements;
    const struct binxml_attribute *attributes;
    const struct binxml_node *nodes;
    uint32_t element_count, attribute_count, node_count;
    uint32_t first;               /* root node; mostly one element */
    uint32_t length;              /* of the stream, up to its end token */
    uint32_t serial;              /* unique among a cache's trees; 0: made for one record only */
    const struct evtx_plan *plan; /* how its fields become an event's, see evtx_fields.h */
    const struct evtx_json_program *json; /* how it is written as JSON, see evtx_json.h; or NULL */
};

struct binxml_instance {
    const struct binxml_tree *tree;
    const struct value *values;
    uint32_t count;
    uint32_t length; /* of its stream, up to its end token; of the outermost instance only */
};

/* The chunk that a stream stands in, or what is left of one. */
struct binxml_chunk {
    const uint8_t *data;
    size_t length;
    uint64_t offset; /* in the evidence */
};

struct binxml_cache;

/* One a thread. NULL without memory. */
struct binxml_cache *binxml_cache_new(struct names *names);
void binxml_cache_free(struct binxml_cache *cache);

/* Makes a new chunk the current one. */
void binxml_chunk_begin(struct binxml_cache *cache, const struct binxml_chunk *chunk);

/* Reads the stream of one record, `offset` and `length` in the current chunk. The instance and its
 * values live in `arena` and in the chunk. STATUS_DAMAGED with the offset in the evidence. */
enum status binxml_read(struct binxml_cache *cache, size_t offset, size_t length,
                        struct arena *arena, struct binxml_instance *instance,
                        struct fault *fault) MUST_CHECK;

/* To be called between records: forgets all trees when there are too many. True when it did, so
 * that what was remembered of them is forgotten too. */
bool binxml_cache_trim(struct binxml_cache *cache);

/* The names table. */
struct names *binxml_names(const struct binxml_cache *cache);

/* The cache's memory, for what is derived from its trees and must live as long. */
struct arena *binxml_cache_arena(struct binxml_cache *cache);

/* The value of a substitution, VALUE_NULL when the instance has none of that number. */
static inline const struct value *binxml_value(const struct binxml_instance *instance,
                                               uint16_t slot)
{
    static const struct value nothing = {.type = VALUE_NULL};
    return slot < instance->count ? &instance->values[slot] : &nothing;
}

/* Whether the element is left out of this instance. */
static inline bool binxml_is_left_out(const struct binxml_instance *instance,
                                      const struct binxml_element *element)
{
    return element->dependency != BINXML_NONE &&
           binxml_value(instance, element->dependency)->type == VALUE_NULL;
}

/* Whether a value shows nothing: NULL, or empty text, binary or list. */
static inline bool binxml_is_empty(const struct value *value)
{
    switch (value->type) {
    case VALUE_ABSENT:
    case VALUE_NULL:
        return true;
    case VALUE_UTF16:
    case VALUE_UTF8:
    case VALUE_ANSI:
    case VALUE_BINARY:
    case VALUE_LIST:
        return value->length == 0;
    default:
        return false;
    }
}

#endif
