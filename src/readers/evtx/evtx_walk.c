#include "readers/evtx/evtx_walk.h"

#include <assert.h>
#include <stdio.h>

/* An array of one item is that item. */
const struct value *evtx_place_value(const struct evtx_place *place, const struct binxml_node *node)
{
    for (const struct evtx_override *at = place->overrides; at; at = at->outer)
        if (at->node == node)
            return at->item;
    if (node->kind != BINXML_SUBSTITUTION)
        return &node->value;
    const struct value *value = binxml_value(place->instance, node->slot);
    return value->type == VALUE_LIST && value->length == 1 ? value->items : value;
}

static const char *entity_text(struct bytes name)
{
    static const char *const known[] = {"quot", "\"", "apos", "'",  "amp",
                                        "&",    "lt", "<",    "gt", ">"};
    for (size_t i = 0; i < COUNT_OF(known); i += 2)
        if (bytes_equal(name, bytes_of_text(known[i])))
            return known[i + 1];
    return NULL;
}

struct bytes evtx_reference(const struct names *names, const struct binxml_node *node,
                            uint8_t room[EVTX_REFERENCE_BOUND])
{
    if (node->kind == BINXML_CHARACTER && (node->slot & 0xF800) != 0xD800)
        return bytes_of(room, utf8_encode(room, node->slot));
    if (node->kind == BINXML_CHARACTER)
        return bytes_of(room, (size_t)sprintf((char *)room, "&#%u;", (unsigned)node->slot));
    const struct bytes name = names_text(names, node->name);
    const char *known = entity_text(name);
    if (known)
        return bytes_of_text(known);
    assert(name.length + 2 <= EVTX_REFERENCE_BOUND);
    room[0] = '&';
    memcpy(room + 1, name.data, name.length);
    room[name.length + 1] = ';';
    return bytes_of(room, name.length + 2);
}

bool evtx_is_content(const struct evtx_place *place, const struct binxml_node *node)
{
    switch ((enum binxml_kind)node->kind) {
    case BINXML_CHARACTER:
    case BINXML_ENTITY:
        return true;
    case BINXML_LITERAL:
    case BINXML_SUBSTITUTION: {
        const struct value *value = evtx_place_value(place, node);
        return value->type != VALUE_BINXML && !binxml_is_empty(value);
    }
    case BINXML_ELEMENT:
    case BINXML_INSTANCE:
        return false;
    }
    return false;
}

struct bytes evtx_value_text(struct evtx_walk *walk, const struct value *value)
{
    uint8_t *room = arena_take_aligned(&walk->arena, value_bound(value), 1);
    if (!room) {
        walk->steps = 0;
        return (struct bytes){0};
    }
    const size_t length = value_write(room, value);
    walk->arena.at = room + length; /* it was the newest piece; what was not needed goes back */
    return bytes_of(room, length);
}

/* A list of children that grows in the arena. */
struct children {
    struct evtx_walk *walk;
    struct evtx_child *items;
    uint32_t count, room;
};

static void child_add(struct children *children, const struct binxml_element *element,
                      struct evtx_place place)
{
    struct evtx_walk *walk = children->walk;
    if (!walk->steps)
        return;
    if (children->count == children->room) {
        const uint32_t room = children->room ? children->room * 2 : 8;
        struct evtx_child *items = arena_take(&walk->arena, room * sizeof(*items));
        if (!items) {
            walk->steps = 0;
            return;
        }
        if (children->count)
            memcpy(items, children->items, children->count * sizeof(*items));
        children->items = items;
        children->room = room;
    }
    walk->steps--;
    children->items[children->count++] = (struct evtx_child){element, place};
}

/* A node in the chain whose value here is an array. */
static const struct binxml_node *array_in(const struct evtx_place *place, uint32_t first)
{
    const struct binxml_node *nodes = place->instance->tree->nodes;
    for (uint32_t at = first; at != BINXML_END; at = nodes[at].next) {
        if (nodes[at].kind != BINXML_SUBSTITUTION)
            continue;
        const struct value *value = evtx_place_value(place, &nodes[at]);
        if (value->type == VALUE_LIST && value->length)
            return &nodes[at];
    }
    return NULL;
}

static const struct binxml_node *array_of(const struct evtx_place *place,
                                          const struct binxml_element *element)
{
    const struct binxml_attribute *attributes = place->instance->tree->attributes;
    const struct binxml_node *node = array_in(place, element->first);
    for (uint32_t at = element->first_attribute; !node && at != BINXML_END;
         at = attributes[at].next)
        node = array_in(place, attributes[at].first);
    return node;
}

/* The element once, or once for each item of the arrays in it. */
static void element_add(struct children *children, const struct evtx_place *place,
                        const struct binxml_element *element, unsigned arrays)
{
    const struct binxml_node *array = array_of(place, element);
    if (!array) {
        child_add(children, element, *place);
        return;
    }
    if (arrays == EVTX_WALK_ARRAYS_MAX) {
        children->walk->steps = 0;
        return;
    }
    const struct value *list = evtx_place_value(place, array);
    for (uint32_t i = 0; i < list->length && children->walk->steps; i++) {
        struct evtx_override *override = arena_take(&children->walk->arena, sizeof(*override));
        if (!override) {
            children->walk->steps = 0;
            return;
        }
        *override = (struct evtx_override){array, &list->items[i], place->overrides};
        const struct evtx_place copy = {place->instance, override};
        element_add(children, &copy, element, arrays + 1);
    }
}

static void nodes_add(struct children *children, const struct evtx_place *place, uint32_t first);

static void embedded_add(struct children *children, const struct value *value)
{
    const struct evtx_place inner = {.instance =
                                         (const struct binxml_instance *)(const void *)value->data};
    nodes_add(children, &inner, inner.instance->tree->first);
}

static void node_add(struct children *children, const struct evtx_place *place,
                     const struct binxml_node *node)
{
    if (node->kind == BINXML_ELEMENT) {
        const struct binxml_element *element = &place->instance->tree->elements[node->index];
        if (!binxml_is_left_out(place->instance, element))
            element_add(children, place, element, 0);
    } else if (node->kind == BINXML_SUBSTITUTION || node->kind == BINXML_INSTANCE) {
        const struct value *value = evtx_place_value(place, node);
        if (value->type == VALUE_BINXML)
            embedded_add(children, value);
    }
}

static void nodes_add(struct children *children, const struct evtx_place *place, uint32_t first)
{
    const struct binxml_node *nodes = place->instance->tree->nodes;
    for (uint32_t at = first; at != BINXML_END && children->walk->steps; at = nodes[at].next)
        node_add(children, place, &nodes[at]);
}

uint32_t evtx_children(struct evtx_walk *walk, const struct evtx_place *place, uint32_t first,
                       const struct evtx_child **children)
{
    struct children found = {.walk = walk};
    nodes_add(&found, place, first);
    *children = found.items;
    return found.count;
}

uint32_t evtx_node_children(struct evtx_walk *walk, const struct evtx_place *place,
                            const struct binxml_node *node, const struct evtx_child **children)
{
    struct children found = {.walk = walk};
    node_add(&found, place, node);
    *children = found.items;
    return found.count;
}
