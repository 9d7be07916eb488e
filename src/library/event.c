/* Events as other programs see them: texts and numbers instead of references into the capture. */
#include "decoder.h"

#include <string.h>

static struct impound_event *writable(const struct impound_event *event)
{
    return (struct impound_event *)(uintptr_t)event;
}

const char *impound_event_log(const struct impound_event *event)
{
    const uint16_t slot = event->event->shape->known[FIELD_STREAM];
    return (const char *)event->event->values[slot].data; /* a constant with its NUL */
}

struct impound_time impound_event_time(const struct impound_event *event)
{
    return time_given(event->event->time);
}

uint64_t impound_event_first_packet(const struct impound_event *event)
{
    return event->event->record;
}

uint64_t impound_event_last_packet(const struct impound_event *event)
{
    return capture_tap_last_packet(event->tap);
}

uint64_t impound_event_offset(const struct impound_event *event)
{
    return event->event->offset;
}

const char *impound_event_flow(const struct impound_event *event)
{
    return event->flow;
}

const char *impound_event_source(const struct impound_event *event)
{
    return event->source;
}

const char *impound_event_json(const struct impound_event *event)
{
    struct buffer *json = &writable(event)->json;
    if (!json->length) {
        capture_tap_render(event->tap, json);
        buffer_byte(json, 0);
    }
    return json->failed ? "" : (const char *)json->data;
}

/* --- Values --- */

static enum impound_type type_of(const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_UINT:
    case VALUE_HEX:
        return IMPOUND_NUMBER;
    case VALUE_INT:
        return IMPOUND_INTEGER;
    case VALUE_REAL:
        return IMPOUND_REAL;
    case VALUE_BOOL:
        return IMPOUND_BOOL;
    case VALUE_INSTANT:
    case VALUE_FILETIME:
    case VALUE_SYSTEMTIME:
        return IMPOUND_TIME;
    case VALUE_IP4:
    case VALUE_IP6:
        return IMPOUND_ADDRESS;
    case VALUE_BINARY:
        return IMPOUND_BINARY;
    case VALUE_LIST:
        return IMPOUND_LIST;
    default:
        return IMPOUND_TEXT;
    }
}

/* The text with a NUL behind it; NULL without memory. */
static const char *text_of(struct arena *arena, const struct value *value, size_t *length)
{
    uint8_t *text = arena_take_aligned(arena, value_bound(value) + 1, 1);
    if (!text)
        return NULL;
    *length = value_write(text, value);
    text[*length] = 0;
    return (const char *)text;
}

/* What a type has beside its text. */
static void typed_set(struct impound_value *to, const struct value *value)
{
    struct instant time;
    switch (to->type) {
    case IMPOUND_NUMBER:
    case IMPOUND_BOOL:
        to->number = value->number;
        break;
    case IMPOUND_INTEGER:
        to->integer = value->integer;
        break;
    case IMPOUND_REAL:
        to->real = value->real;
        break;
    case IMPOUND_TIME:
        if (value_instant(value, &time))
            to->time = time_given(time);
        break;
    case IMPOUND_ADDRESS:
    case IMPOUND_BINARY:
        to->bytes = value->data;
        to->bytes_length = value->length;
        break;
    case IMPOUND_LIST:
    case IMPOUND_TEXT:
        break;
    }
}

static bool value_give(const struct impound_event *event, const struct value *value,
                       struct impound_value *to)
{
    struct impound_value given = {.type = type_of(value), .text = ""};
    if (given.type == IMPOUND_LIST) {
        given.count = value->length;
        given.items = value->items;
    } else {
        given.text = text_of(&writable(event)->arena, value, &given.length);
        typed_set(&given, value);
    }
    if (!given.text)
        return false;
    *to = given;
    return true;
}

bool impound_event_field(const struct impound_event *event, const char *name,
                         struct impound_value *value)
{
    const name_id field = names_find(event->fields, bytes_of_text(name));
    const struct value *found = field ? event_find(event->event, field) : NULL;
    return found && value_is_there(found) && value_give(event, found, value);
}

size_t impound_event_field_count(const struct impound_event *event)
{
    size_t count = 0;
    for (uint32_t slot = 0; slot < event->event->shape->count; slot++)
        count += value_is_there(&event->event->values[slot]);
    return count;
}

const char *impound_event_field_at(const struct impound_event *event, size_t index,
                                   struct impound_value *value)
{
    const struct event *own = event->event;
    for (uint32_t slot = 0; slot < own->shape->count; slot++) {
        if (!value_is_there(&own->values[slot]) || index--)
            continue;
        const struct bytes name = names_text(event->fields, own->shape->fields[slot]);
        return value_give(event, &own->values[slot], value) ? (const char *)name.data : NULL;
    }
    return NULL;
}

bool impound_value_item(const struct impound_event *event, const struct impound_value *list,
                        uint32_t index, struct impound_value *item)
{
    const struct value *items = list->items;
    return list->type == IMPOUND_LIST && index < list->count &&
           value_give(event, &items[index], item);
}
