#include "event/event.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdlib.h>

#define FIELD_NAMES_MAX  (1U << 20)
#define FIELD_BYTES_MAX  (64U << 20)
#define SHAPE_MEMORY_MAX (64U << 20)

static const char *const known_names[FIELD_KNOWN_COUNT] = {
    [FIELD_CHANNEL] = "Channel",
    [FIELD_PROVIDER_NAME] = "Provider_Name",
    [FIELD_EVENT_ID] = "EventID",
    [FIELD_COMPUTER] = "Computer",
    [FIELD_EVENT_RECORD_ID] = "EventRecordID",
    [FIELD_TIME_CREATED] = "TimeCreated",
    [FIELD_LEVEL] = "Level",
    [FIELD_STREAM] = "_path",
};

struct names *fields_new(void)
{
    struct names *fields = names_new(FIELD_NAMES_MAX, FIELD_BYTES_MAX);
    if (!fields)
        return NULL;
    for (name_id id = 1; id < FIELD_KNOWN_COUNT; id++)
        if (names_intern(fields, bytes_of_text(known_names[id])) != id) {
            names_free(fields);
            return NULL;
        }
    return fields;
}

struct names_budget fields_budget(void)
{
    return (struct names_budget){FIELD_NAMES_MAX / 16, FIELD_BYTES_MAX / 16};
}

void shape_init(struct shape *shape, const name_id *fields, uint32_t count)
{
    *shape = (struct shape){.count = count, .fields = fields};
    memset(shape->known, 0xFF, sizeof(shape->known));
    for (uint32_t slot = count; slot-- > 0;)
        if (fields[slot] < FIELD_KNOWN_COUNT)
            shape->known[fields[slot]] = (uint16_t)slot;
}

uint16_t shape_slot(const struct shape *shape, name_id field)
{
    if (field < FIELD_KNOWN_COUNT)
        return shape->known[field];
    for (uint32_t slot = 0; slot < shape->count; slot++)
        if (shape->fields[slot] == field)
            return (uint16_t)slot;
    return SHAPE_NO_SLOT;
}

/* Open addressing, at most half full; entries are shapes in the arena. */
struct shapes {
    pthread_mutex_t lock;
    struct arena arena;
    const struct shape **index;
    size_t index_count;
    size_t count;
    size_t maximum_count;
};

struct shapes *shapes_new(size_t maximum_count)
{
    struct shapes *shapes = calloc(1, sizeof(*shapes));
    if (!shapes)
        return NULL;
    shapes->index_count = 256;
    while (shapes->index_count < maximum_count * 2)
        shapes->index_count *= 2;
    shapes->maximum_count = maximum_count;
    shapes->index = calloc(shapes->index_count, sizeof(*shapes->index));
    if (!shapes->index || pthread_mutex_init(&shapes->lock, NULL) != 0) {
        free(shapes->index);
        free(shapes);
        return NULL;
    }
    arena_init(&shapes->arena, SHAPE_MEMORY_MAX);
    return shapes;
}

void shapes_free(struct shapes *shapes)
{
    if (!shapes)
        return;
    arena_release(&shapes->arena);
    free(shapes->index);
    pthread_mutex_destroy(&shapes->lock);
    free(shapes);
}

static const struct shape *shape_add(struct shapes *shapes, struct bytes fields, uint32_t count)
{
    if (shapes->count == shapes->maximum_count)
        return NULL;
    struct shape *shape = arena_take(&shapes->arena, sizeof(*shape));
    uint8_t *copy = arena_take(&shapes->arena, fields.length + 1);
    if (!shape || !copy)
        return NULL;
    if (fields.length)
        memcpy(copy, fields.data, fields.length);
    shape_init(shape, (const name_id *)(const void *)copy, count);
    shape->serial = (uint32_t)++shapes->count;
    return shape;
}

const struct shape *shapes_intern(struct shapes *shapes, const name_id *fields, uint32_t count)
{
    if (count > SHAPE_FIELDS_MAX)
        return NULL;
    const struct bytes key = bytes_of(fields, count * sizeof(*fields));
    size_t place = hash_bytes(key, 0) & (shapes->index_count - 1);
    pthread_mutex_lock(&shapes->lock);
    const struct shape *shape;
    while ((shape = shapes->index[place]) &&
           !bytes_equal(bytes_of(shape->fields, shape->count * sizeof(*fields)), key))
        place = (place + 1) & (shapes->index_count - 1);
    if (!shape)
        shapes->index[place] = shape = shape_add(shapes, key, count);
    pthread_mutex_unlock(&shapes->lock);
    return shape;
}

size_t shapes_count(const struct shapes *shapes)
{
    return shapes->count;
}
