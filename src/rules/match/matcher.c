#include "rules/match/matcher.h"

#include <stdlib.h>

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
    const bool has_classes = classes_init(&matcher->classes, ruleset);
    const size_t field_bits = (size_t)image->sources_count * image->fields_count;
    matcher->fired_bits = array_of(image->rules_count / 64 + 1, sizeof(*matcher->fired_bits));
    matcher->fired = array_of(image->rules_count, sizeof(*matcher->fired));
    matcher->seen_sources = array_of(image->sources_count / 64 + 1, sizeof(uint64_t));
    matcher->seen_fields = array_of(field_bits / 64 + 1, sizeof(uint64_t));
    if (!look_init(&matcher->look, image) || !has_classes || !matcher->fired_bits ||
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
    classes_release(&matcher->classes);
    free(matcher->trace.atoms);
    free(matcher->trace.finds);
    free(matcher->trace.rules);
    free(matcher->trace.candidates);
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
bool matcher_grow(struct matcher *matcher, const struct plan *plan)
{
    struct trace *trace = &matcher->trace;
    if (plan->atom_count >= matcher->atom_capacity) {
        free(trace->atoms);
        free(trace->finds);
        matcher->atom_capacity = plan->atom_count * 2 + 64;
        trace->atoms = calloc(matcher->atom_capacity, sizeof(*trace->atoms));
        trace->finds = calloc(matcher->atom_capacity, sizeof(*trace->finds));
    }
    if (plan->rule_count >= matcher->rule_capacity) {
        free(trace->rules);
        free(trace->candidates);
        matcher->rule_capacity = plan->rule_count * 2 + 64;
        trace->rules = calloc(matcher->rule_capacity, sizeof(*trace->rules));
        trace->candidates = calloc(matcher->rule_capacity, sizeof(*trace->candidates));
    }
    if (trace->atoms && trace->finds && trace->rules && trace->candidates)
        return true;
    matcher->atom_capacity = matcher->rule_capacity = 0;
    return false;
}

void matcher_begin(struct matcher *matcher, const struct plan *plan)
{
    struct trace *trace = &matcher->trace;
    trace->generation += TRUTH_COUNT;
    if (trace->generation == 0) {
        memset(trace->atoms, 0, matcher->atom_capacity * sizeof(*trace->atoms));
        memset(trace->rules, 0, matcher->rule_capacity * sizeof(*trace->rules));
        trace->generation = TRUTH_COUNT;
    }
    trace->candidate_count = trace->find_count = 0;
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
        if (index_may_hold(index->types, index->shortest, &items[i]))
            index_scan(index, texts[i], &matcher->trace);
}

void matcher_scan(struct matcher *matcher, const struct binding_scan *scans, uint32_t count)
{
    const struct event *event = matcher->look.event;
    for (uint32_t i = 0; i < count; i++) {
        const struct binding_scan *scan = &scans[i];
        const struct value *value = &event->values[scan->slot];
        if (!index_may_hold(scan->types, scan->shortest, value))
            continue;
        if (value->type == VALUE_LIST)
            scan_list(matcher, scan->index, scan->slot);
        else
            index_scan(scan->index, event_folded(event, scan->slot), &matcher->trace);
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

bool matcher_holds(struct matcher *matcher, const struct binding *binding, uint32_t atom)
{
    return atom_holds(matcher, binding, atom, binding->plan->atoms[atom].is_indexed);
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
    matcher_begin(matcher, plan);
    for (uint32_t i = 0; i < binding->find_count; i++)
        trace_find(&matcher->trace, binding->finds[i]);
    matcher_scan(matcher, binding->scans, binding->scan_count);
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
