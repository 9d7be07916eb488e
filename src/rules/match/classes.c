#include "rules/match/matcher.h"
#include "rules/match/raw.h"

#include <stdlib.h>

/* Each far above what real evidence needs. */
#define OWN_PLANS_MAX      (32U << 20)
#define BINDING_MEMORY_MAX (32U << 20)
#define SCRATCH_MEMORY_MAX (8U << 20)
#define BINDINGS_MAX       65536U

static void maps_init(struct classes *classes)
{
    keys_init(&classes->plan_keys, BINDING_MEMORY_MAX);
    keys_init(&classes->binding_keys, BINDING_MEMORY_MAX);
}

static void maps_release(struct classes *classes)
{
    keys_release(&classes->plan_keys);
    keys_release(&classes->binding_keys);
    buffer_release(&classes->plans);
    buffer_release(&classes->bindings);
}

bool classes_init(struct classes *classes, const struct ruleset *ruleset)
{
    *classes = (struct classes){.ruleset = ruleset, .shared = plans_shared(ruleset)};
    arena_init(&classes->arena, BINDING_MEMORY_MAX);
    arena_init(&classes->scratch, SCRATCH_MEMORY_MAX);
    maps_init(classes);
    if (!classes->shared)
        return false;
    classes->root = plans_root(classes->shared);
    classes->holds = calloc((size_t)classes->root->atom_count + 1, sizeof(*classes->holds));
    return classes->holds != NULL;
}

void classes_release(struct classes *classes)
{
    plans_free(classes->own);
    arena_release(&classes->arena);
    arena_release(&classes->scratch);
    maps_release(classes);
    buffer_release(&classes->scratch_key);
    free(classes->roots);
    free(classes->holds);
}

/* Forgets all bindings and the plans of our own, and what was learnt by them. */
static void forget(struct matcher *matcher)
{
    struct classes *classes = &matcher->classes;
    plans_free(classes->own);
    classes->own = NULL;
    memo_reset(&matcher->memo);
    arena_release(&classes->arena);
    maps_release(classes);
    maps_init(classes);
    if (classes->root_count)
        memset(classes->roots, 0, classes->root_count * sizeof(*classes->roots));
    classes->last = NULL;
}

static bool roots_grow(struct classes *classes, uint32_t serial)
{
    const size_t count = (size_t)serial * 2 + 64;
    const struct binding **wider = realloc(classes->roots, count * sizeof(*wider));
    if (!wider)
        return false;
    memset(wider + classes->root_count, 0, (count - classes->root_count) * sizeof(*wider));
    classes->roots = wider;
    classes->root_count = (uint32_t)count;
    return true;
}

/* The root's binding for a shape: made once for a shared one. */
static const struct binding *root_binding(struct classes *classes, const struct shape *shape)
{
    const uint32_t serial = shape->serial;
    if (LIKELY(serial && serial < classes->root_count && classes->roots[serial]))
        return classes->roots[serial];
    if (serial >= classes->root_count && !roots_grow(classes, serial))
        return NULL;
    struct arena *arena = serial ? &classes->arena : &classes->scratch;
    uint32_t unused;
    if (!serial)
        arena_reset(arena);
    struct binding *binding = arena_take_array(arena, 1, sizeof(*binding));
    if (!binding ||
        !binding_make(arena, classes->ruleset, classes->root, shape, NULL, binding, &unused))
        return NULL;
    if (serial)
        classes->roots[serial] = binding;
    return binding;
}

static inline bool key_add(struct class_key *key, const void *bytes, size_t length)
{
    if (length > CLASSES_KEY_MAX - key->length)
        return false;
    memcpy(key->bytes + key->length, bytes, length);
    key->length += (uint32_t)length;
    return true;
}

static bool key_add_value(struct class_key *key, const struct value *value)
{
    const struct bytes bytes = raw_bytes(value);
    if (!key_add(key, value, offsetof(struct value, data)))
        return false;
    if (raw_is_number(value))
        return key_add(key, &value->number, sizeof(value->number));
    if (value->type != VALUE_LIST)
        return bytes.length == 0 || key_add(key, bytes.data, bytes.length);
    for (uint32_t i = 0; i < value->length; i++)
        if (!key_add_value(key, &value->items[i]))
            return false;
    return true;
}

/* The key of an event; empty when its shape is not shared or the values are too long. */
static void key_make(struct class_key *key, const struct event *event, const struct binding *root)
{
    const uint32_t slot_count = root->slot_first[root->plan->field_count];
    bool fits = event->shape->serial != 0;
    key->length = 0;
    key_add(key, &event->shape->serial, sizeof(event->shape->serial));
    for (uint32_t i = 0; i < slot_count && fits; i++)
        fits = key_add_value(key, &event->values[root->slots[i]]);
    if (!fits)
        key->length = 0;
}

/* Answers all atoms of the root; the numbers of those that hold are the class. */
static struct bytes classify(struct matcher *matcher, const struct binding *root)
{
    struct classes *classes = &matcher->classes;
    matcher_begin(matcher, classes->root);
    matcher_scan(matcher, root->scans, root->scan_count);
    buffer_reset(&classes->scratch_key);
    for (uint32_t i = 0; i < classes->root->atom_count; i++) {
        classes->holds[i] = matcher_holds(matcher, root, i);
        if (classes->holds[i])
            buffer_bytes(&classes->scratch_key, &i, sizeof(i));
    }
    return buffer_view(&classes->scratch_key);
}

static const struct plan *plan_of(struct matcher *matcher, const struct binding *root)
{
    struct classes *classes = &matcher->classes;
    const struct bytes class = classify(matcher, root);
    bool is_new = false;
    if (classes->scratch_key.failed)
        return NULL;
    const uint32_t known = keys_find(&classes->plan_keys, class);
    if (known != KEYS_NONE)
        return ((const struct plan *const *)(const void *)classes->plans.data)[known];
    const struct plan *plan = plans_find(classes->shared, class, classes->holds);
    if (!plan && !classes->own)
        classes->own = plans_new(classes->ruleset, OWN_PLANS_MAX);
    if (!plan && classes->own)
        plan = plans_find(classes->own, class, classes->holds);
    if (!plan || !matcher_grow(matcher, plan) || !buffer_room(&classes->plans, sizeof(plan)) ||
        keys_add(&classes->plan_keys, class, &is_new) == KEYS_NONE)
        return NULL;
    buffer_bytes(&classes->plans, &plan, sizeof(plan));
    return plan;
}

/* Goes over the discriminating values now, since they are the same in every event with this key. */
static bool scan_once(struct matcher *matcher, struct binding *binding, uint32_t count)
{
    matcher_begin(matcher, binding->plan);
    matcher_scan(matcher, binding->scans, count);
    const uint32_t find_count = matcher->trace.find_count;
    uint32_t *finds = arena_take_array(&matcher->classes.arena, find_count, sizeof(*finds));
    if (!finds)
        return false;
    if (find_count)
        memcpy(finds, matcher->trace.finds, find_count * sizeof(*finds));
    binding->scans += count;
    binding->scan_count -= count;
    binding->finds = finds;
    binding->find_count = find_count;
    binding->is_remembered = binding->plan->is_memorable;
    return true;
}

static bool remember(struct classes *classes, const struct binding *binding)
{
    const struct bytes key = bytes_of(classes->key.bytes, classes->key.length);
    bool is_new = false;
    if (!buffer_room(&classes->bindings, sizeof(binding)) ||
        keys_add(&classes->binding_keys, key, &is_new) == KEYS_NONE)
        return false;
    buffer_bytes(&classes->bindings, &binding, sizeof(binding));
    return true;
}

/* The slow way to a binding. */
static const struct binding *bind_new(struct matcher *matcher, const struct event *event,
                                      const struct binding *root)
{
    struct classes *classes = &matcher->classes;
    const bool has_key = classes->key.length != 0;
    struct arena *arena = has_key ? &classes->arena : &classes->scratch;
    uint32_t root_scans = 0;
    if (!has_key && event->shape->serial)
        arena_reset(arena);
    struct binding *binding = arena_take_array(arena, 1, sizeof(*binding));
    const struct plan *plan = binding ? plan_of(matcher, root) : NULL;
    if (!plan ||
        !binding_make(arena, classes->ruleset, plan, event->shape, root, binding, &root_scans))
        return NULL;
    matcher_note(matcher, plan, event->shape);
    if (has_key && (!scan_once(matcher, binding, root_scans) || !remember(classes, binding)))
        return NULL;
    return binding;
}

static const struct binding *bind(struct matcher *matcher, const struct event *event)
{
    struct classes *classes = &matcher->classes;
    const struct binding *root = root_binding(classes, event->shape);
    if (!root)
        return NULL;
    struct class_key *key = &classes->key;
    key_make(key, event, root);
    if (classes->last && key->length == classes->last_key.length &&
        memcmp(key->bytes, classes->last_key.bytes, key->length) == 0)
        return classes->last;
    const struct binding *binding = NULL;
    if (key->length) {
        const uint32_t known = keys_find(&classes->binding_keys, bytes_of(key->bytes, key->length));
        if (known != KEYS_NONE)
            binding = ((const struct binding *const *)(const void *)classes->bindings.data)[known];
    }
    if (!binding && classes->binding_keys.count < BINDINGS_MAX)
        binding = bind_new(matcher, event, root);
    if (binding && key->length) {
        memcpy(classes->last_key.bytes, key->bytes, key->length);
        classes->last_key.length = key->length;
        classes->last = binding;
    }
    return binding;
}

const struct binding *matcher_bind(struct matcher *matcher, const struct event *event)
{
    look_begin(&matcher->look, event);
    const struct binding *binding = bind(matcher, event);
    if (!binding) {
        forget(matcher);
        binding = bind(matcher, event);
    }
    return binding;
}
