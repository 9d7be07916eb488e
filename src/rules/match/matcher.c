#include "rules/match/matcher.h"

#include <stdlib.h>

/* Enough for every class of a thousand log files at once; a hundred plans take a few megabytes. */
#define MATCHER_MEMORY_MAX (128U << 20)
#define BINDINGS_MAX       65536U
#define KEY_MAX            1024U /* longer raw values are not remembered */
#define SCRATCH_MAX        (8U << 20)

static void *array_of(size_t count, size_t size)
{
    return calloc(count + 1, size);
}

struct matcher *matcher_new(const struct ruleset *ruleset)
{
    const struct image *image = &ruleset->image;
    struct matcher *matcher = calloc(1, sizeof(*matcher));
    if (!matcher)
        return NULL;
    matcher->ruleset = ruleset;
    arena_init(&matcher->arena, MATCHER_MEMORY_MAX);
    arena_init(&matcher->scratch, SCRATCH_MAX);
    keys_init(&matcher->plan_keys, MATCHER_MEMORY_MAX);
    keys_init(&matcher->binding_keys, MATCHER_MEMORY_MAX);
    matcher->planner = planner_new(ruleset);
    const size_t field_bits = (size_t)image->sources_count * image->fields_count;
    matcher->fired_bits = array_of(image->rules_count / 64 + 1, sizeof(*matcher->fired_bits));
    matcher->fired = array_of(image->rules_count, sizeof(*matcher->fired));
    matcher->seen_sources = array_of(image->sources_count / 64 + 1, sizeof(uint64_t));
    matcher->seen_fields = array_of(field_bits / 64 + 1, sizeof(uint64_t));
    if (!look_init(&matcher->look, image) || !matcher->planner || !matcher->fired_bits ||
        !matcher->fired || !matcher->seen_sources || !matcher->seen_fields) {
        matcher_free(matcher);
        return NULL;
    }
    return matcher;
}

void matcher_free(struct matcher *matcher)
{
    if (!matcher)
        return;
    look_release(&matcher->look);
    planner_free(matcher->planner);
    arena_release(&matcher->arena);
    arena_release(&matcher->scratch);
    keys_release(&matcher->plan_keys);
    keys_release(&matcher->binding_keys);
    buffer_release(&matcher->plans);
    buffer_release(&matcher->bindings);
    buffer_release(&matcher->key);
    free(matcher->trace.atoms);
    free(matcher->trace.rules);
    free(matcher->trace.candidates);
    free(matcher->roots);
    free(matcher->holds);
    free(matcher->fired_bits);
    free(matcher->fired);
    free(matcher->seen_sources);
    free(matcher->seen_fields);
    free(matcher);
}

struct matcher_counts matcher_counts(const struct matcher *matcher)
{
    struct matcher_counts counts = matcher->counts;
    counts.limited += matcher->look.regexes.limited;
    return counts;
}

/* Marks of a new length start without a meaning, so the generation goes back too. */
static bool trace_grow(struct matcher *matcher, const struct plan *plan)
{
    struct trace *trace = &matcher->trace;
    if (plan->atom_count >= matcher->atom_capacity) {
        free(trace->atoms);
        matcher->atom_capacity = plan->atom_count * 2 + 64;
        trace->atoms = calloc(matcher->atom_capacity, sizeof(*trace->atoms));
    }
    if (plan->rule_count >= matcher->rule_capacity) {
        free(trace->rules);
        free(trace->candidates);
        matcher->rule_capacity = plan->rule_count * 2 + 64;
        trace->rules = calloc(matcher->rule_capacity, sizeof(*trace->rules));
        trace->candidates = calloc(matcher->rule_capacity, sizeof(*trace->candidates));
    }
    if (trace->atoms && trace->rules && trace->candidates)
        return true;
    matcher->atom_capacity = matcher->rule_capacity = 0;
    return false;
}

static void trace_begin(struct matcher *matcher, const struct plan *plan)
{
    struct trace *trace = &matcher->trace;
    trace->generation += TRUTH_COUNT;
    if (trace->generation == 0) {
        memset(trace->atoms, 0, matcher->atom_capacity * sizeof(*trace->atoms));
        memset(trace->rules, 0, matcher->rule_capacity * sizeof(*trace->rules));
        trace->generation = TRUTH_COUNT;
    }
    trace->candidate_count = 0;
    trace->trigger_first = plan->trigger_first;
    trace->triggers = plan->triggers;
}

static void scan_list(struct matcher *matcher, const struct index *index, unsigned slot)
{
    const struct value *items = matcher->look.event->values[slot].items;
    struct bytes one;
    uint32_t count;
    const struct bytes *texts = look_texts(&matcher->look, slot, true, &one, &count);
    for (uint32_t i = 0; i < count; i++)
        if (index_may_hold(index, &items[i]))
            index_scan(index, texts[i], &matcher->trace);
}

/* One pass of the plan's indexes over the event. */
static void scan(struct matcher *matcher, const struct binding *binding)
{
    const struct event *event = matcher->look.event;
    for (uint32_t i = 0; i < binding->scan_count; i++) {
        const struct binding_scan *scan = &binding->scans[i];
        const struct value *value = &event->values[scan->slot];
        const struct index *index = binding->plan->fields[scan->field].index;
        if (!index_may_hold(index, value))
            continue;
        if (value->type == VALUE_LIST)
            scan_list(matcher, index, scan->slot);
        else
            index_scan(index, event_folded(event, scan->slot), &matcher->trace);
    }
}

/* Answers an atom that indexes did not, or only with "maybe". */
static bool look_at(struct matcher *matcher, const struct binding *binding, uint32_t number)
{
    const struct plan_atom *atom = &binding->plan->atoms[number];
    const struct slots others =
        atom->other == PLAN_NO_FIELD ? (struct slots){0} : binding_slots(binding, atom->other);
    const bool holds =
        look_test(&matcher->look, atom->test, binding_slots(binding, atom->field), others);
    trace_set(&matcher->trace, number, holds ? TRUTH_YES : TRUTH_NO);
    return holds;
}

ALWAYS_INLINE bool atom_holds(struct matcher *matcher, const struct binding *binding,
                              uint32_t number, bool is_indexed)
{
    const enum truth known = trace_truth(&matcher->trace, number);
    if (LIKELY(known == TRUTH_UNSEEN && is_indexed))
        return false;
    if (known == TRUTH_UNSEEN || known == TRUTH_MAYBE)
        return look_at(matcher, binding, number);
    return known == TRUTH_YES;
}

static bool rule_holds(struct matcher *matcher, const struct binding *binding, uint32_t entry)
{
    const struct plan_step *steps = binding->plan->steps;
    matcher->counts.evaluated++;
    while (entry < STEP_TRUE) {
        const struct plan_step *step = &steps[entry];
        entry = atom_holds(matcher, binding, step->atom, step->is_indexed) ? step->on_true
                                                                           : step->on_false;
    }
    return entry == STEP_TRUE;
}

/* Forgets all plans and bindings, but for the root's. */
static bool forget(struct matcher *matcher)
{
    const size_t root_bytes = matcher->root_count * sizeof(*matcher->roots);
    arena_release(&matcher->arena);
    keys_release(&matcher->plan_keys);
    keys_release(&matcher->binding_keys);
    keys_init(&matcher->plan_keys, MATCHER_MEMORY_MAX);
    keys_init(&matcher->binding_keys, MATCHER_MEMORY_MAX);
    buffer_release(&matcher->plans);
    buffer_release(&matcher->bindings);
    if (root_bytes)
        memset(matcher->roots, 0, root_bytes);
    free(matcher->holds);
    matcher->root = planner_root(matcher->planner, &matcher->arena);
    matcher->holds =
        matcher->root ? array_of(matcher->root->atom_count, sizeof(*matcher->holds)) : NULL;
    if (matcher->holds && trace_grow(matcher, matcher->root))
        return true;
    matcher->root = NULL;
    return false;
}

/* The root's binding for a shape: made once for a shared one. */
static const struct binding *root_binding(struct matcher *matcher, const struct shape *shape)
{
    const uint32_t serial = shape->serial;
    if (serial < matcher->root_count && matcher->roots[serial])
        return matcher->roots[serial];
    if (serial >= matcher->root_count) {
        const uint32_t count = serial * 2 + 64;
        const struct binding **wider = realloc(matcher->roots, count * sizeof(*wider));
        if (!wider)
            return NULL;
        memset(wider + matcher->root_count, 0, (count - matcher->root_count) * sizeof(*wider));
        matcher->roots = wider;
        matcher->root_count = count;
    }
    struct arena *arena = serial ? &matcher->arena : &matcher->scratch;
    if (!serial)
        arena_reset(arena);
    struct binding *binding = arena_take_array(arena, 1, sizeof(*binding));
    if (!binding || !binding_make(arena, matcher->ruleset, matcher->root, shape, binding))
        return NULL;
    if (serial)
        matcher->roots[serial] = binding;
    return binding;
}

static bool key_add_value(struct buffer *key, const struct value *value)
{
    const bool is_bytes = (value->type >= VALUE_UTF16 && value->type <= VALUE_ESCAPED) ||
                          value->type == VALUE_BINARY || value->type == VALUE_SID;
    buffer_bytes(key, value, offsetof(struct value, data));
    if (value->type == VALUE_LIST) {
        if (value->length > KEY_MAX)
            return false;
        for (uint32_t i = 0; i < value->length && key->length <= KEY_MAX; i++)
            if (!key_add_value(key, &value->items[i]))
                return false;
    } else if (is_bytes) {
        if (value->length > KEY_MAX)
            return false;
        buffer_bytes(key, value->data, value->length);
    } else if (value->type == VALUE_GUID || value->type == VALUE_SYSTEMTIME ||
               value->type == VALUE_IP6) {
        buffer_bytes(key, value->data, 16);
    } else if (value->type == VALUE_IP4) {
        buffer_bytes(key, value->data, 4);
    } else if (value->type > VALUE_NULL) {
        buffer_bytes(key, &value->number, sizeof(value->number));
    }
    return key->length <= KEY_MAX;
}

/* The shape and the raw values of the discriminating fields; false when they are too long. */
static bool key_make(struct matcher *matcher, const struct event *event, const struct binding *root)
{
    struct buffer *key = &matcher->key;
    const uint32_t slot_count = root->slot_first[root->plan->field_count];
    buffer_reset(key);
    buffer_bytes(key, &event->shape->serial, sizeof(event->shape->serial));
    for (uint32_t i = 0; i < slot_count; i++)
        if (!key_add_value(key, &event->values[root->slots[i]]))
            return false;
    return event->shape->serial != 0 && !key->failed;
}

/* Answers all atoms of the root and leaves the numbers of those that hold as the key. */
static void classify(struct matcher *matcher, const struct binding *root)
{
    trace_begin(matcher, matcher->root);
    scan(matcher, root);
    buffer_reset(&matcher->key);
    for (uint32_t i = 0; i < matcher->root->atom_count; i++) {
        matcher->holds[i] = atom_holds(matcher, root, i, matcher->root->atoms[i].is_indexed);
        if (matcher->holds[i])
            buffer_bytes(&matcher->key, &i, sizeof(i));
    }
}

static const struct plan *plan_of(struct matcher *matcher, const struct binding *root)
{
    bool is_new = false;
    classify(matcher, root);
    const struct bytes key = buffer_view(&matcher->key);
    const uint32_t known = matcher->key.failed ? KEYS_NONE : keys_find(&matcher->plan_keys, key);
    if (known != KEYS_NONE)
        return ((const struct plan *const *)(void *)matcher->plans.data)[known];
    const struct plan *plan = planner_plan(matcher->planner, &matcher->arena, matcher->holds);
    if (!plan || !trace_grow(matcher, plan) || !buffer_room(&matcher->plans, sizeof(plan)) ||
        keys_add(&matcher->plan_keys, key, &is_new) == KEYS_NONE)
        return NULL;
    buffer_bytes(&matcher->plans, &plan, sizeof(plan));
    return plan;
}

/* Remembers that the plan's sources were seen, and with which fields. */
static void note_seen(struct matcher *matcher, const struct plan *plan, const struct shape *shape)
{
    const uint32_t field_count = matcher->ruleset->image.fields_count;
    for (uint32_t i = 0; i < plan->source_count; i++) {
        const uint32_t source = plan->sources[i];
        matcher->seen_sources[source / 64] |= UINT64_C(1) << source % 64;
        for (uint32_t slot = 0; slot < shape->count; slot++) {
            uint32_t fields[2];
            const unsigned count = binding_fields(matcher->ruleset, shape, slot, fields);
            for (unsigned j = 0; j < count; j++) {
                const size_t bit = (size_t)source * field_count + fields[j];
                matcher->seen_fields[bit / 64] |= UINT64_C(1) << bit % 64;
            }
        }
    }
}

/* The slow way to a binding, remembered when the event has a key. */
static const struct binding *bind_new(struct matcher *matcher, const struct event *event,
                                      const struct binding *root, bool has_key)
{
    struct arena *arena = has_key ? &matcher->arena : &matcher->scratch;
    struct binding *binding = arena_take_array(arena, 1, sizeof(*binding));
    const struct plan *plan = binding ? plan_of(matcher, root) : NULL;
    bool is_new = false;
    if (!plan || !binding_make(arena, matcher->ruleset, plan, event->shape, binding))
        return NULL;
    note_seen(matcher, plan, event->shape);
    if (!has_key)
        return binding;
    if (!key_make(matcher, event, root) || !buffer_room(&matcher->bindings, sizeof(binding)) ||
        keys_add(&matcher->binding_keys, buffer_view(&matcher->key), &is_new) == KEYS_NONE)
        return NULL;
    buffer_bytes(&matcher->bindings, &binding, sizeof(binding));
    return binding;
}

static const struct binding *bind_once(struct matcher *matcher, const struct event *event)
{
    if (!matcher->root && !forget(matcher))
        return NULL;
    const struct binding *root = root_binding(matcher, event->shape);
    if (!root)
        return NULL;
    const bool has_key = key_make(matcher, event, root);
    if (has_key) {
        const uint32_t known = keys_find(&matcher->binding_keys, buffer_view(&matcher->key));
        if (known != KEYS_NONE)
            return ((const struct binding *const *)(void *)matcher->bindings.data)[known];
    } else if (event->shape->serial) {
        arena_reset(&matcher->scratch);
    }
    if (matcher->binding_keys.count >= BINDINGS_MAX)
        return NULL;
    return bind_new(matcher, event, root, has_key);
}

const struct binding *matcher_bind(struct matcher *matcher, const struct event *event)
{
    look_begin(&matcher->look, event);
    const struct binding *binding = bind_once(matcher, event);
    if (!binding && forget(matcher))
        binding = bind_once(matcher, event);
    return binding;
}

/* The rules that fired, in order. They were marked as bits, since several rules of a plan may be
 * one rule by two log sources. */
static uint32_t collect(struct matcher *matcher, uint32_t low, uint32_t high)
{
    uint32_t count = 0;
    for (uint32_t word = low / 64; word <= high / 64; word++)
        for (; matcher->fired_bits[word];
             matcher->fired_bits[word] &= matcher->fired_bits[word] - 1)
            matcher->fired[count++] =
                word * 64 + (uint32_t)__builtin_ctzll(matcher->fired_bits[word]);
    return count;
}

uint32_t matcher_run(struct matcher *matcher, const struct event *event, const uint32_t **fired)
{
    const struct binding *binding = matcher_bind(matcher, event);
    *fired = matcher->fired;
    matcher->counts.events++;
    if (!binding) {
        matcher->counts.unmatched++;
        return 0;
    }
    const struct plan *plan = binding->plan;
    if (plan->rule_count == 0)
        return 0;
    trace_begin(matcher, plan);
    scan(matcher, binding);
    uint32_t low = UINT32_MAX, high = 0;
    const uint32_t total = plan->always_count + matcher->trace.candidate_count;
    for (uint32_t i = 0; i < total; i++) {
        const uint32_t place =
            i < plan->always_count ? i : matcher->trace.candidates[i - plan->always_count];
        const struct plan_rule *rule = &plan->rules[place];
        if (!rule_holds(matcher, binding, rule->entry))
            continue;
        matcher->fired_bits[rule->rule / 64] |= UINT64_C(1) << rule->rule % 64;
        low = rule->rule < low ? rule->rule : low;
        high = rule->rule > high ? rule->rule : high;
    }
    return low <= high ? collect(matcher, low, high) : 0;
}
