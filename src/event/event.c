#include "event/event.h"

#include <assert.h>
#include <stdlib.h>

/* Of one event's rendered texts: several times the largest record, with room for lists. */
#define CACHE_MEMORY_MAX (256U << 20)

struct event_cache *event_cache_new(void)
{
    struct event_cache *cache = calloc(1, sizeof(*cache));
    if (cache)
        arena_init(&cache->arena, CACHE_MEMORY_MAX);
    return cache;
}

void event_cache_free(struct event_cache *cache)
{
    if (!cache)
        return;
    arena_release(&cache->arena);
    free(cache);
}

void event_begin(struct event *event)
{
    struct event_cache *cache = event->cache;
    const size_t words = (event->shape->count + 63) / 64;
    arena_reset(&cache->arena);
    memset(cache->has_text, 0, words * sizeof(*cache->has_text));
    memset(cache->has_folded, 0, words * sizeof(*cache->has_folded));
}

typedef size_t value_writer(uint8_t *to, const struct value *value);

static struct bytes render(struct arena *arena, const struct value *value, value_writer *write)
{
    if (value->type == VALUE_UTF8 && write == value_write)
        return bytes_of(value->data, value->length);
    uint8_t *room = arena_take_aligned(arena, value_bound(value), 1);
    if (!room)
        return (struct bytes){0};
    const size_t length = write(room, value);
    /* Gives back what was not needed; the room was the newest piece of the arena. */
    arena->at = room + length;
    return bytes_of(room, length);
}

ALWAYS_INLINE struct bytes cached(const struct event *event, unsigned slot, uint64_t *has,
                                  struct bytes *texts, value_writer *write)
{
    assert(slot < event->shape->count);
    const uint64_t bit = UINT64_C(1) << (slot & 63);
    if (!(has[slot >> 6] & bit)) {
        const struct value *value = &event->values[slot];
        texts[slot] = value->type <= VALUE_NULL || value->type == VALUE_LIST
                          ? (struct bytes){.data = (const uint8_t *)""}
                          : render(&event->cache->arena, value, write);
        has[slot >> 6] |= bit;
    }
    return texts[slot];
}

struct bytes event_text(const struct event *event, unsigned slot)
{
    struct event_cache *cache = event->cache;
    return cached(event, slot, cache->has_text, cache->text, value_write);
}

struct bytes event_folded(const struct event *event, unsigned slot)
{
    struct event_cache *cache = event->cache;
    return cached(event, slot, cache->has_folded, cache->folded, value_write_folded);
}

static const struct value *list_item(const struct event *event, unsigned slot, unsigned item)
{
    const struct value *list = &event->values[slot];
    assert(list->type == VALUE_LIST && item < list->length);
    return &list->items[item];
}

struct bytes event_item_text(const struct event *event, unsigned slot, unsigned item)
{
    return render(&event->cache->arena, list_item(event, slot, item), value_write);
}

struct bytes event_item_folded(const struct event *event, unsigned slot, unsigned item)
{
    return render(&event->cache->arena, list_item(event, slot, item), value_write_folded);
}

const struct value *event_find(const struct event *event, name_id field)
{
    const uint16_t slot = shape_slot(event->shape, field);
    return slot == SHAPE_NO_SLOT || !value_is_there(&event->values[slot]) ? NULL
                                                                          : &event->values[slot];
}
