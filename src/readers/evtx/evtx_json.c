#include "readers/evtx/evtx_json.h"

#include "base/utf.h"
#include "readers/evtx/evtx_fields.h"
#include "readers/evtx/evtx_program.h"
#include "readers/evtx/evtx_walk.h"

#include <assert.h>
#include <stdlib.h>

#define WALK_MEMORY_MAX (32U << 20)

struct evtx_json {
    struct binxml_cache *cache;
    struct names *names;
    struct evtx_walk walk;
    struct evtx_program_names known;
};

struct evtx_json *evtx_json_new(struct binxml_cache *cache)
{
    struct evtx_json *json = calloc(1, sizeof(*json));
    if (!json)
        return NULL;
    json->cache = cache;
    json->names = binxml_names(cache);
    json->known.event_data = names_intern(json->names, bytes_of_text("EventData"));
    json->known.user_data = names_intern(json->names, bytes_of_text("UserData"));
    json->known.data = names_intern(json->names, bytes_of_text("Data"));
    json->known.name = names_intern(json->names, bytes_of_text("Name"));
    arena_init(&json->walk.arena, WALK_MEMORY_MAX);
    return json;
}

void evtx_json_free(struct evtx_json *json)
{
    if (!json)
        return;
    arena_release(&json->walk.arena);
    free(json);
}

struct writer {
    struct evtx_json *json;
    struct buffer *to;
    size_t limit; /* of the output's length */
};

static bool is_too_long(const struct writer *writer)
{
    return writer->to->length > writer->limit || writer->to->failed;
}

static void key_write(struct writer *writer, struct bytes name, uint32_t repeat)
{
    buffer_byte(writer->to, '"');
    buffer_json_inside(writer->to, name);
    if (repeat) {
        buffer_byte(writer->to, '_');
        buffer_number(writer->to, repeat);
    }
    buffer_text(writer->to, "\":");
}

/* --- Text --- */

static bool is_bare(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_UINT || value->type == VALUE_BOOL;
}

/* The value as text inside quotes. */
static void value_write_inside(struct writer *writer, const struct value *value)
{
    struct buffer *to = writer->to;
    if (value->type == VALUE_UTF16) {
        /* The quotes that come along are taken away again. */
        const size_t start = to->length;
        buffer_json_utf16(to, value->data, value->length / 2);
        if (!to->failed) {
            memmove(to->data + start, to->data + start + 1, to->length - start - 2);
            to->length -= 2;
        }
        return;
    }
    buffer_json_inside(to, evtx_value_text(&writer->json->walk, value));
}

static void node_write_inside(struct writer *writer, const struct evtx_place *place,
                              const struct binxml_node *node)
{
    uint8_t room[EVTX_REFERENCE_BOUND];
    switch ((enum binxml_kind)node->kind) {
    case BINXML_CHARACTER:
    case BINXML_ENTITY:
        buffer_json_inside(writer->to, evtx_reference(writer->json->names, node, room));
        return;
    case BINXML_LITERAL:
    case BINXML_SUBSTITUTION: {
        const struct value *value = evtx_place_value(place, node);
        if (value->type != VALUE_BINXML)
            value_write_inside(writer, value);
        return;
    }
    case BINXML_ELEMENT:
    case BINXML_INSTANCE:
        return;
    }
}

/* The one value of a chain of nodes that shows nothing else, or NULL. */
static const struct value *only_value(const struct evtx_place *place, uint32_t first)
{
    const struct binxml_node *nodes = place->instance->tree->nodes;
    const struct value *only = NULL;
    for (uint32_t at = first; at != BINXML_END; at = nodes[at].next) {
        if (!evtx_is_content(place, &nodes[at]))
            continue;
        if (only || (nodes[at].kind != BINXML_LITERAL && nodes[at].kind != BINXML_SUBSTITUTION))
            return NULL;
        only = evtx_place_value(place, &nodes[at]);
    }
    return only;
}

static void text_write(struct writer *writer, const struct evtx_place *place, uint32_t first)
{
    const struct binxml_node *nodes = place->instance->tree->nodes;
    const struct value *only = only_value(place, first);
    if (only && is_bare(only)) {
        value_append(writer->to, only);
        return;
    }
    buffer_byte(writer->to, '"');
    for (uint32_t at = first; at != BINXML_END && !is_too_long(writer); at = nodes[at].next)
        node_write_inside(writer, place, &nodes[at]);
    buffer_byte(writer->to, '"');
}

static bool has_text(const struct evtx_place *place, uint32_t first)
{
    const struct binxml_node *nodes = place->instance->tree->nodes;
    for (uint32_t at = first; at != BINXML_END; at = nodes[at].next)
        if (evtx_is_content(place, &nodes[at]))
            return true;
    return false;
}

/* --- Attributes --- */

static bool attributes_show(const struct evtx_place *place, const struct binxml_element *element)
{
    const struct binxml_attribute *attributes = place->instance->tree->attributes;
    for (uint32_t at = element->first_attribute; at != BINXML_END; at = attributes[at].next)
        if (has_text(place, attributes[at].first))
            return true;
    return false;
}

static void attributes_write(struct writer *writer, const struct evtx_place *place,
                             const struct binxml_element *element)
{
    const struct binxml_attribute *attributes = place->instance->tree->attributes;
    const char *before = "\"#attributes\":{";
    for (uint32_t at = element->first_attribute; at != BINXML_END && !is_too_long(writer);
         at = attributes[at].next) {
        if (!has_text(place, attributes[at].first))
            continue;
        buffer_text(writer->to, before);
        before = ",";
        key_write(writer, names_text(writer->json->names, attributes[at].name), 0);
        text_write(writer, place, attributes[at].first);
    }
    buffer_byte(writer->to, '}');
}

/* --- Elements --- */

static void element_write(struct writer *writer, const struct evtx_child *child, bool is_container,
                          bool is_data, unsigned depth);

/* How often each name came in one object. */
struct repeat {
    struct bytes name;
    uint32_t count;
};

struct repeats {
    struct repeat *items; /* in the walk's arena */
    uint32_t count, room;
};

static uint32_t repeats_next(struct writer *writer, struct repeats *repeats, struct bytes name)
{
    for (uint32_t i = 0; i < repeats->count; i++)
        if (bytes_equal(repeats->items[i].name, name))
            return ++repeats->items[i].count;
    if (repeats->count == repeats->room) {
        const uint32_t room = repeats->room ? repeats->room * 2 : 16;
        struct repeat *items = arena_take(&writer->json->walk.arena, room * sizeof(*items));
        if (!items) {
            writer->json->walk.steps = 0;
            return 0;
        }
        if (repeats->count)
            memcpy(items, repeats->items, repeats->count * sizeof(*items));
        repeats->items = items;
        repeats->room = room;
    }
    repeats->items[repeats->count++] = (struct repeat){name, 0};
    return 0;
}

/* The text of a Data element's Name, empty when it has none. It lives as long as the walk. */
static struct bytes data_name(struct writer *writer, const struct evtx_child *child)
{
    const struct binxml_tree *tree = child->place.instance->tree;
    struct arena *arena = &writer->json->walk.arena;
    struct bytes text = {0};
    uint32_t at = child->element->first_attribute;
    while (at != BINXML_END && tree->attributes[at].name != writer->json->known.name)
        at = tree->attributes[at].next;
    if (at == BINXML_END)
        return text;
    const uint32_t first = tree->attributes[at].first;
    const struct value *only = only_value(&child->place, first);
    if (only && only->type == VALUE_UTF16 && tree->nodes[first].next == BINXML_END) {
        uint8_t *room = arena_take_aligned(arena, value_bound(only), 1);
        return room ? bytes_of(room, value_write(room, only)) : text;
    }
    if (evtx_nodes_text(writer->json->cache, child->place.instance, first, arena, &text))
        writer->to->failed = true;
    return text;
}

/* The children of one object while they are written. */
struct body {
    const struct evtx_child *children;
    uint32_t count;
    struct repeats repeats, data_repeats;
    bool is_container, is_named, wrote_positional;
    const char *before; /* the next member */
    unsigned depth;
};

static void member_begin(struct writer *writer, struct body *body)
{
    buffer_text(writer->to, body->before);
    body->before = ",";
}

/* A named Data element, with those behind it that have the same name. Returns how many. */
static uint32_t named_write(struct writer *writer, struct body *body, uint32_t at)
{
    const struct bytes name = data_name(writer, &body->children[at]);
    uint32_t run = 1;
    if (!name.length)
        return run;
    while (at + run < body->count &&
           body->children[at + run].element->name == writer->json->known.data &&
           bytes_equal(data_name(writer, &body->children[at + run]), name))
        run++;
    member_begin(writer, body);
    key_write(writer, name, repeats_next(writer, &body->data_repeats, name));
    if (run > 1)
        buffer_byte(writer->to, '[');
    for (uint32_t i = 0; i < run && !is_too_long(writer); i++) {
        if (i)
            buffer_byte(writer->to, ',');
        element_write(writer, &body->children[at + i], false, true, body->depth + 1);
    }
    if (run > 1)
        buffer_byte(writer->to, ']');
    return run;
}

/* All Data elements of a container without names, at the first of them. */
static void positional_write(struct writer *writer, struct body *body)
{
    if (body->wrote_positional)
        return;
    body->wrote_positional = true;
    uint32_t count = 0;
    for (uint32_t i = 0; i < body->count; i++)
        count += body->children[i].element->name == writer->json->known.data;
    member_begin(writer, body);
    buffer_text(writer->to, count > 1 ? "\"Data\":{\"#text\":[" : "\"Data\":{\"#text\":");
    const char *before = "";
    for (uint32_t i = 0; i < body->count && !is_too_long(writer); i++) {
        if (body->children[i].element->name != writer->json->known.data)
            continue;
        buffer_text(writer->to, before);
        before = ",";
        element_write(writer, &body->children[i], false, true, body->depth + 1);
    }
    buffer_text(writer->to, count > 1 ? "]}" : "}");
}

static bool is_named(struct writer *writer, const struct body *body)
{
    for (uint32_t i = 0; i < body->count; i++)
        if (body->children[i].element->name == writer->json->known.data &&
            data_name(writer, &body->children[i]).length)
            return true;
    return false;
}

static void members_write(struct writer *writer, struct body *body)
{
    body->is_named = body->is_container && is_named(writer, body);
    for (uint32_t at = 0; at < body->count && !is_too_long(writer);) {
        const struct evtx_child *child = &body->children[at];
        const name_id name = child->element->name;
        if (body->is_container && name == writer->json->known.data) {
            if (body->is_named)
                at += named_write(writer, body, at);
            else
                positional_write(writer, body), at++;
            continue;
        }
        member_begin(writer, body);
        const struct bytes key = names_text(writer->json->names, name);
        key_write(writer, key, repeats_next(writer, &body->repeats, key));
        element_write(writer, child,
                      name == writer->json->known.event_data ||
                          name == writer->json->known.user_data,
                      false, body->depth + 1);
        at++;
    }
}

/* An element's value. As a Data element's value it has no attributes and is "" when empty. */
static void element_write(struct writer *writer, const struct evtx_child *child, bool is_container,
                          bool is_data, unsigned depth)
{
    const struct binxml_element *element = child->element;
    struct body body = {.is_container = is_container, .before = "", .depth = depth};
    const bool shows_text = has_text(&child->place, element->first);
    const bool shows_attributes = !is_data && attributes_show(&child->place, element);
    if (depth < BINXML_DEPTH_MAX * 2)
        body.count =
            evtx_children(&writer->json->walk, &child->place, element->first, &body.children);
    if (!body.count && !shows_attributes) {
        if (shows_text)
            text_write(writer, &child->place, element->first);
        else
            buffer_text(writer->to, is_data ? "\"\"" : "null");
        return;
    }
    buffer_byte(writer->to, '{');
    if (shows_attributes) {
        attributes_write(writer, &child->place, element);
        body.before = ",";
    }
    if (shows_text) {
        member_begin(writer, &body);
        buffer_text(writer->to, "\"#text\":");
        text_write(writer, &child->place, element->first);
    }
    members_write(writer, &body);
    buffer_byte(writer->to, '}');
}

bool evtx_json_walk(struct evtx_json *json, const struct binxml_instance *instance,
                    struct buffer *to)
{
    const size_t start = to->length;
    struct writer writer = {
        .json = json, .to = to, .limit = start + EVTX_OUTPUT_MAX(instance->length)};
    struct body body = {.before = "{"};
    arena_reset(&json->walk.arena);
    json->walk.steps = EVTX_WALK_STEPS(instance->length);
    const struct evtx_place place = {.instance = instance};
    body.count = evtx_children(&json->walk, &place, instance->tree->first, &body.children);
    members_write(&writer, &body);
    if (!body.count)
        buffer_byte(to, '{');
    buffer_byte(to, '}');
    if (!is_too_long(&writer) && json->walk.steps)
        return true;
    to->length = start;
    buffer_text(to, "{\"Event\":null}");
    return false;
}

bool evtx_json_write(struct evtx_json *json, const struct binxml_instance *instance,
                     struct buffer *to)
{
    const size_t start = to->length;
    const size_t limit = start + EVTX_OUTPUT_MAX(instance->length);
    buffer_byte(to, '{');
    if (LIKELY(evtx_program_run(json->cache, &json->known, instance, limit, to))) {
        buffer_byte(to, '}');
        return true;
    }
    to->length = start;
    return evtx_json_walk(json, instance, to);
}
