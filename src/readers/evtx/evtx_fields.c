#include "readers/evtx/evtx_fields.h"

#include "base/hash.h"
#include "base/utf.h"
#include "readers/evtx/evtx_walk.h"

#include <assert.h>
#include <stdlib.h>

#define SHAPE_CACHE_COUNT 1024U      /* a power of two */
#define INSTANCES_MAX     4096U      /* used in one record */
#define TEXT_MAX          (1U << 20) /* of one chain of nodes */
#define PATH_MAX_TREES    6U

enum item_kind {
    ITEM_SLOT,     /* the value of a slot; embedded BinXML brings its own fields instead */
    ITEM_LITERAL,  /* a value of the tree */
    ITEM_MIXED,    /* a chain of nodes, rendered and joined */
    ITEM_LIST,     /* several items as one list */
    ITEM_INSTANCE, /* a template used inside the tree: its own fields */
};

struct item {
    uint8_t kind;
    bool is_plain; /* a slot's value under a name that is known, or nothing */
    uint16_t slot;
    uint16_t dependency;
    name_id field;      /* 0: only embedded BinXML counts here */
    uint32_t name_node; /* the name is this chain of nodes, known with each record; or BINXML_END */
    uint32_t first;     /* ITEM_MIXED: node; ITEM_LIST: item */
    uint32_t count;     /* ITEM_LIST */
    struct value value; /* ITEM_LITERAL, ITEM_INSTANCE */
};

struct evtx_plan {
    const struct item *items;
    uint32_t count;
    bool is_dynamic; /* names come from the records */
};

/* Shapes by the way through the trees: pairs of a tree and the item that led to it. */
struct shape_path {
    uint64_t steps[PATH_MAX_TREES];
    uint32_t count;
    const struct shape *shape;
};

struct evtx_fields {
    struct binxml_cache *cache;
    struct shapes *shapes;
    name_id event, system, data, name, time_created, system_time, event_id, qualifiers, xmlns;
    struct shape_path paths[SHAPE_CACHE_COUNT];
};

static name_id intern(struct binxml_cache *cache, const char *text)
{
    return names_intern(binxml_names(cache), bytes_of_text(text));
}

struct evtx_fields *evtx_fields_new(struct binxml_cache *cache, struct shapes *shapes)
{
    struct evtx_fields *fields = calloc(1, sizeof(*fields));
    if (!fields)
        return NULL;
    fields->cache = cache;
    fields->shapes = shapes;
    fields->event = intern(cache, "Event");
    fields->system = intern(cache, "System");
    fields->data = intern(cache, "Data");
    fields->name = intern(cache, "Name");
    fields->time_created = intern(cache, "TimeCreated");
    fields->system_time = intern(cache, "SystemTime");
    fields->event_id = intern(cache, "EventID");
    fields->qualifiers = intern(cache, "Qualifiers");
    fields->xmlns = intern(cache, "xmlns");
    return fields;
}

void evtx_fields_free(struct evtx_fields *fields)
{
    free(fields);
}

void evtx_fields_forget(struct evtx_fields *fields)
{
    memset(fields->paths, 0, sizeof(fields->paths));
}

/* --- A tree's plan --- */

struct planner {
    struct evtx_fields *fields;
    const struct binxml_tree *tree;
    struct arena *arena;
    struct item *items;
    uint32_t count, room;
    struct item *unnamed; /* Data elements without a name */
    uint32_t unnamed_count, unnamed_room;
    bool is_dynamic;
    bool failed; /* without memory, or without room for another name */
};

static void item_push(struct planner *planner, struct item **items, uint32_t *count, uint32_t *room,
                      struct item item)
{
    if (*count == *room) {
        const uint32_t more = *room ? *room * 2 : 32;
        struct item *wider = arena_take(planner->arena, more * sizeof(*wider));
        if (!wider || *count >= SHAPE_FIELDS_MAX) {
            planner->failed = true;
            return;
        }
        if (*count)
            memcpy(wider, *items, *count * sizeof(*wider));
        *items = wider;
        *room = more;
    }
    (*items)[(*count)++] = item;
}

static void item_add(struct planner *planner, struct item item)
{
    item.is_plain = item.kind == ITEM_SLOT && item.field && item.name_node == BINXML_END;
    item_push(planner, &planner->items, &planner->count, &planner->room, item);
}

/* What a chain of nodes that holds no elements becomes. */
static struct item item_of(const struct planner *planner, uint32_t first)
{
    struct item item = {
        .kind = ITEM_LITERAL, .name_node = BINXML_END, .value = {.type = VALUE_NULL}};
    if (first == BINXML_END)
        return item;
    const struct binxml_node *node = &planner->tree->nodes[first];
    item.first = first;
    if (node->next != BINXML_END || node->kind == BINXML_CHARACTER || node->kind == BINXML_ENTITY)
        item.kind = ITEM_MIXED;
    else if (node->kind == BINXML_SUBSTITUTION)
        item.kind = ITEM_SLOT;
    else if (node->kind == BINXML_INSTANCE)
        item.kind = ITEM_INSTANCE;
    item.slot = node->slot;
    item.value = node->value;
    return item;
}

static name_id planned_name(struct planner *planner, struct bytes text)
{
    const name_id name = names_intern(binxml_names(planner->fields->cache), text);
    planner->failed |= !name;
    return name;
}

/* The id of `Element_Attribute`. */
static name_id joined_name(struct planner *planner, name_id element, name_id attribute)
{
    const struct names *names = binxml_names(planner->fields->cache);
    const struct bytes left = names_text(names, element), right = names_text(names, attribute);
    uint8_t text[2048];
    if (left.length + right.length + 1 > sizeof(text))
        return attribute;
    memcpy(text, left.data, left.length);
    text[left.length] = '_';
    memcpy(text + left.length + 1, right.data, right.length);
    return planned_name(planner, bytes_of(text, left.length + right.length + 1));
}

static name_id attribute_field(struct planner *planner, name_id element, name_id attribute)
{
    const struct evtx_fields *fields = planner->fields;
    if (element == fields->time_created && attribute == fields->system_time)
        return fields->time_created;
    if (element == fields->event_id && attribute == fields->qualifiers)
        return fields->qualifiers;
    return joined_name(planner, element, attribute);
}

static void plan_attributes(struct planner *planner, const struct binxml_element *element)
{
    const struct binxml_tree *tree = planner->tree;
    for (uint32_t at = element->first_attribute; at != BINXML_END; at = tree->attributes[at].next) {
        const struct binxml_attribute *attribute = &tree->attributes[at];
        if (attribute->name == planner->fields->xmlns)
            continue;
        struct item item = item_of(planner, attribute->first);
        item.field = attribute_field(planner, element->name, attribute->name);
        item.dependency = element->dependency;
        item_add(planner, item);
    }
}

/* The chain of nodes of a Data element's Name, BINXML_END when it has none. */
static uint32_t data_name(const struct planner *planner, const struct binxml_element *element)
{
    const struct binxml_tree *tree = planner->tree;
    for (uint32_t at = element->first_attribute; at != BINXML_END; at = tree->attributes[at].next)
        if (tree->attributes[at].name == planner->fields->name)
            return tree->attributes[at].first;
    return BINXML_END;
}

static void plan_data(struct planner *planner, const struct binxml_element *element)
{
    const struct binxml_tree *tree = planner->tree;
    struct item item = item_of(planner, element->first);
    item.dependency = element->dependency;
    const uint32_t name = data_name(planner, element);
    const struct binxml_node *node = name == BINXML_END ? NULL : &tree->nodes[name];
    if (!node || (node->kind == BINXML_LITERAL && binxml_is_empty(&node->value))) {
        item.field = planner->fields->data;
        item_push(planner, &planner->unnamed, &planner->unnamed_count, &planner->unnamed_room,
                  item);
        return;
    }
    if (node->kind == BINXML_LITERAL && node->next == BINXML_END &&
        node->value.type == VALUE_UTF16 && node->value.length <= 512) {
        uint8_t text[UTF8_BOUND(256)];
        const size_t length = utf8_from_utf16(text, node->value.data, node->value.length / 2);
        item.field = planned_name(planner, bytes_of(text, length));
    } else {
        item.name_node = name;
        planner->is_dynamic = true;
    }
    item_add(planner, item);
}

static void plan_children(struct planner *planner, uint32_t first, unsigned depth);

static void plan_element(struct planner *planner, const struct binxml_element *element,
                         unsigned depth)
{
    const struct evtx_fields *fields = planner->fields;
    if (element->name == fields->data) {
        plan_data(planner, element);
        return;
    }
    plan_attributes(planner, element);
    if (element->has_elements) {
        plan_children(planner, element->first, depth + 1);
        return;
    }
    struct item item = item_of(planner, element->first);
    item.dependency = element->dependency;
    item.field = element->name == fields->event ? 0 : element->name;
    /* An element that has only attributes is no field of its own. */
    if (element->first != BINXML_END || element->first_attribute == BINXML_END)
        item_add(planner, item);
}

static void plan_children(struct planner *planner, uint32_t first, unsigned depth)
{
    const struct binxml_tree *tree = planner->tree;
    for (uint32_t at = first; at != BINXML_END; at = tree->nodes[at].next) {
        const struct binxml_node *node = &tree->nodes[at];
        if (node->kind == BINXML_ELEMENT) {
            plan_element(planner, &tree->elements[node->index], depth);
        } else if (node->kind == BINXML_SUBSTITUTION || node->kind == BINXML_INSTANCE) {
            item_add(planner, (struct item){.kind = node->kind == BINXML_INSTANCE ? ITEM_INSTANCE
                                                                                  : ITEM_SLOT,
                                            .slot = node->slot,
                                            .dependency = BINXML_NONE,
                                            .name_node = BINXML_END,
                                            .value = node->value});
        }
    }
}

static void plan_unnamed(struct planner *planner)
{
    if (planner->unnamed_count == 1) {
        item_add(planner, planner->unnamed[0]);
    } else if (planner->unnamed_count) {
        item_add(planner, (struct item){.kind = ITEM_LIST,
                                        .field = planner->fields->data,
                                        .dependency = BINXML_NONE,
                                        .name_node = BINXML_END,
                                        .count = planner->unnamed_count});
        const uint32_t list = planner->count - 1;
        for (uint32_t i = 0; i < planner->unnamed_count && !planner->failed; i++)
            item_add(planner, planner->unnamed[i]);
        if (!planner->failed)
            planner->items[list].first = list + 1;
    }
}

static const struct evtx_plan *plan_make(struct evtx_fields *fields, const struct binxml_tree *tree,
                                         struct arena *arena)
{
    struct planner planner = {.fields = fields, .tree = tree, .arena = arena};
    plan_children(&planner, tree->first, 0);
    plan_unnamed(&planner);
    struct evtx_plan *plan = arena_take(arena, sizeof(*plan));
    if (!plan || planner.failed)
        return NULL;
    *plan = (struct evtx_plan){planner.items, planner.count, planner.is_dynamic};
    return plan;
}

/* The plan is kept with the tree; the tree's own memory is the cache's, so this writes to it. */
static const struct evtx_plan *plan_of(struct evtx_fields *fields, const struct binxml_tree *tree,
                                       struct arena *arena)
{
    if (LIKELY(tree->plan))
        return tree->plan;
    struct binxml_tree *owned = (struct binxml_tree *)(uintptr_t)tree;
    owned->plan = plan_make(fields, tree, tree->serial ? binxml_cache_arena(fields->cache) : arena);
    return tree->plan;
}

/* --- A record's values --- */

struct filler {
    struct evtx_fields *fields;
    struct arena *arena;
    struct value *values;
    name_id *names; /* NULL while only the values are wanted */
    uint32_t count, room;
    uint64_t steps[PATH_MAX_TREES];
    uint32_t step_count;
    bool is_dynamic;
    unsigned depth, instances;
    enum status status;
};

static void fill_instance(struct filler *filler, const struct binxml_instance *instance,
                          uint32_t from);

enum status evtx_nodes_text(struct binxml_cache *cache, const struct binxml_instance *instance,
                            uint32_t first, struct arena *arena, struct bytes *text)
{
    struct buffer buffer = {0};
    const struct binxml_tree *tree = instance->tree;
    for (uint32_t at = first; at != BINXML_END && buffer.length <= TEXT_MAX;
         at = tree->nodes[at].next) {
        const struct binxml_node *node = &tree->nodes[at];
        uint8_t room[EVTX_REFERENCE_BOUND];
        struct bytes reference;
        switch ((enum binxml_kind)node->kind) {
        case BINXML_LITERAL:
            value_append(&buffer, &node->value);
            break;
        case BINXML_SUBSTITUTION:
            if (binxml_value(instance, node->slot)->type != VALUE_BINXML)
                value_append(&buffer, binxml_value(instance, node->slot));
            break;
        case BINXML_CHARACTER:
        case BINXML_ENTITY:
            reference = evtx_reference(binxml_names(cache), node, room);
            buffer_bytes(&buffer, reference.data, reference.length);
            break;
        case BINXML_ELEMENT:
        case BINXML_INSTANCE:
            break;
        }
    }
    *text = arena_keep(arena, buffer_view(&buffer));
    const bool failed = buffer.failed || !text->data || buffer.length > TEXT_MAX;
    buffer_release(&buffer);
    return failed ? STATUS_MEMORY : STATUS_OK;
}

static void value_push(struct filler *filler, name_id field, struct value value)
{
    if (filler->count == filler->room) {
        const uint32_t room = filler->room * 2;
        struct value *values = arena_take(filler->arena, room * sizeof(*values));
        name_id *names = arena_take(filler->arena, room * sizeof(*names));
        if (!values || !names || filler->count >= SHAPE_FIELDS_MAX) {
            filler->status = filler->count >= SHAPE_FIELDS_MAX ? STATUS_REFUSED : STATUS_MEMORY;
            return;
        }
        memcpy(values, filler->values, filler->count * sizeof(*values));
        if (filler->names)
            memcpy(names, filler->names, filler->count * sizeof(*names));
        filler->values = values;
        filler->names = filler->names ? names : NULL;
        filler->room = room;
    }
    filler->values[filler->count] = value;
    if (filler->names)
        filler->names[filler->count] = field;
    filler->count++;
}

static struct value mixed_value(struct filler *filler, const struct binxml_instance *instance,
                                uint32_t first)
{
    struct bytes text;
    const enum status status =
        evtx_nodes_text(filler->fields->cache, instance, first, filler->arena, &text);
    if (status) {
        filler->status = status;
        return (struct value){.type = VALUE_NULL};
    }
    return (struct value){.type = VALUE_UTF8, .length = (uint32_t)text.length, .data = text.data};
}

static inline bool is_left_out(const struct binxml_instance *instance, const struct item *item)
{
    return item->dependency != BINXML_NONE &&
           binxml_value(instance, item->dependency)->type == VALUE_NULL;
}

static inline struct value slot_value(const struct binxml_instance *instance,
                                      const struct item *item)
{
    return is_left_out(instance, item) ? (struct value){.type = VALUE_ABSENT}
                                       : *binxml_value(instance, item->slot);
}

/* The value of an item that is no list and no instance; embedded BinXML is nothing here. */
static struct value item_value(struct filler *filler, const struct binxml_instance *instance,
                               const struct item *item)
{
    if (item->kind == ITEM_SLOT)
        return slot_value(instance, item);
    if (is_left_out(instance, item))
        return (struct value){.type = VALUE_ABSENT};
    return item->kind == ITEM_MIXED ? mixed_value(filler, instance, item->first) : item->value;
}

static struct value list_value(struct filler *filler, const struct binxml_instance *instance,
                               const struct item *items, uint32_t count)
{
    uint32_t total = 0;
    struct value *parts = arena_take(filler->arena, count * sizeof(*parts));
    if (!parts) {
        filler->status = STATUS_MEMORY;
        return (struct value){.type = VALUE_NULL};
    }
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = item_value(filler, instance, &items[i]);
        total += parts[i].type == VALUE_LIST ? parts[i].length : 1;
    }
    struct value *flat = arena_take(filler->arena, (total + 1) * sizeof(*flat));
    if (!flat) {
        filler->status = STATUS_MEMORY;
        return (struct value){.type = VALUE_NULL};
    }
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (parts[i].type == VALUE_LIST) {
            memcpy(flat + at, parts[i].items, parts[i].length * sizeof(*flat));
            at += parts[i].length;
        } else if (parts[i].type != VALUE_BINXML && parts[i].type != VALUE_ABSENT) {
            flat[at++] = parts[i];
        }
    }
    return (struct value){.type = VALUE_LIST, .length = at, .items = flat};
}

static name_id item_field(struct filler *filler, const struct binxml_instance *instance,
                          const struct item *item)
{
    if (LIKELY(item->name_node == BINXML_END))
        return item->field;
    const struct value name = mixed_value(filler, instance, item->name_node);
    const name_id field =
        names_intern(binxml_names(filler->fields->cache),
                     bytes_of(name.data, name.type == VALUE_UTF8 ? name.length : 0));
    if (!field)
        filler->status = STATUS_REFUSED;
    return field;
}

static void fill_item(struct filler *filler, const struct binxml_instance *instance,
                      const struct evtx_plan *plan, uint32_t index)
{
    const struct item *item = &plan->items[index];
    struct value value = item->kind == ITEM_LIST
                             ? list_value(filler, instance, &plan->items[item->first], item->count)
                             : item_value(filler, instance, item);
    if (UNLIKELY(value.type == VALUE_BINXML))
        fill_instance(filler, (const struct binxml_instance *)(const void *)value.data, index);
    else if (item->field || item->name_node != BINXML_END)
        value_push(filler, filler->names ? item_field(filler, instance, item) : 0, value);
}

/* Most items, in a few steps: from `index` on, until one is something else. Returns where. */
static inline uint32_t fill_plain(struct filler *filler, const struct binxml_instance *instance,
                                  const struct evtx_plan *plan, uint32_t index)
{
    const uint32_t room = filler->names ? 0 : filler->room - filler->count;
    const uint32_t left = plan->count - index, most = left < room ? left : room;
    const struct item *item = plan->items + index;
    struct value *to = filler->values + filler->count;
    uint32_t done = 0;
    for (; done < most && item[done].is_plain; done++) {
        to[done] = slot_value(instance, &item[done]);
        if (to[done].type == VALUE_BINXML)
            break;
    }
    filler->count += done;
    return index + done;
}

static void fill_instance(struct filler *filler, const struct binxml_instance *instance,
                          uint32_t from)
{
    const struct binxml_tree *tree = instance->tree;
    const struct evtx_plan *plan = plan_of(filler->fields, tree, filler->arena);
    if (!plan || filler->depth >= BINXML_NESTED_MAX * 2 || ++filler->instances > INSTANCES_MAX) {
        filler->status = plan ? STATUS_REFUSED : STATUS_MEMORY;
        return;
    }
    if (filler->step_count < PATH_MAX_TREES && tree->serial && !plan->is_dynamic)
        filler->steps[filler->step_count++] = (uint64_t)from << 32 | tree->serial;
    else
        filler->is_dynamic = true;
    filler->depth++;
    for (uint32_t i = 0; filler->status == STATUS_OK; i++) {
        i = fill_plain(filler, instance, plan, i);
        if (i == plan->count)
            break;
        fill_item(filler, instance, plan, i);
        if (plan->items[i].kind == ITEM_LIST)
            i += plan->items[i].count;
    }
    filler->depth--;
}

/* A shape of the record's own, or a shared one made from the names. */
static const struct shape *shape_make(struct filler *filler)
{
    const struct shape *shared =
        shapes_intern(filler->fields->shapes, filler->names, filler->count);
    if (shared)
        return shared;
    struct shape *own = arena_take(filler->arena, sizeof(*own));
    if (own)
        shape_init(own, filler->names, filler->count);
    return own;
}

static bool filler_begin(struct filler *filler, bool with_names)
{
    filler->count = 0;
    filler->step_count = 0;
    filler->instances = 0;
    filler->room = 64;
    filler->values = arena_take(filler->arena, filler->room * sizeof(*filler->values));
    filler->names =
        with_names ? arena_take(filler->arena, filler->room * sizeof(*filler->names)) : NULL;
    return filler->values && (filler->names || !with_names);
}

static struct shape_path *path_find(struct evtx_fields *fields, const struct filler *filler)
{
    const size_t length = filler->step_count * sizeof(*filler->steps);
    const uint64_t hash = hash_bytes(bytes_of(filler->steps, length), 0);
    return &fields->paths[hash % SHAPE_CACHE_COUNT];
}

static bool path_fits(const struct shape_path *path, const struct filler *filler)
{
    return path->shape && path->count == filler->step_count &&
           path->shape->count == filler->count &&
           memcmp(path->steps, filler->steps, path->count * sizeof(*path->steps)) == 0;
}

static void path_keep(struct shape_path *path, const struct filler *filler,
                      const struct shape *shape)
{
    memcpy(path->steps, filler->steps, sizeof(path->steps));
    path->count = filler->step_count;
    path->shape = shape;
}

enum status evtx_fields_fill(struct evtx_fields *fields, const struct binxml_instance *instance,
                             struct arena *arena, struct event *event, struct fault *fault)
{
    struct filler filler = {.fields = fields, .arena = arena};
    if (!filler_begin(&filler, false))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a record's fields");
    fill_instance(&filler, instance, 0);
    struct shape_path *path = path_find(fields, &filler);
    if (LIKELY(!filler.status && !filler.is_dynamic && path_fits(path, &filler))) {
        event->shape = path->shape;
    } else if (!filler.status) {
        /* Once more, with the names. */
        if (!filler_begin(&filler, true))
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for a record's fields");
        fill_instance(&filler, instance, 0);
        event->shape = shape_make(&filler);
        if (!filler.is_dynamic && event->shape && event->shape->serial)
            path_keep(path, &filler, event->shape);
    }
    if (filler.status || !event->shape)
        return fault_set(fault, filler.status ? filler.status : STATUS_MEMORY, 0,
                         "the record's fields are too many or too large");
    event->values = filler.values;
    return STATUS_OK;
}
