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
    const bool has_memo = memo_init(&matcher->memo);
    if (!look_init(&matcher->look, image) || !has_memo || !has_classes ||
        !matcher_grow(matcher, matcher->classes.root) || !matcher->fired_bits || !matcher->fired ||
        !matcher->seen_sources || !matcher->seen_fields) {
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
    memo_release(&matcher->memo);
    free(matcher->finds.marks);
    free(matcher->finds.list);
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

static uint32_t roomy(uint32_t count)
{
    return count * 2 + 64;
}

/* Marks of a new length start without a meaning. */
static bool grow_atoms(struct matcher *matcher, uint32_t count)
{
    free(matcher->trace.atoms);
    free(matcher->trace.finds);
    free(matcher->finds.marks);
    free(matcher->finds.list);
    matcher->atom_capacity = roomy(count);
    matcher->trace.atoms = array_of(matcher->atom_capacity, sizeof(uint32_t));
    matcher->trace.finds = array_of(matcher->atom_capacity, sizeof(uint32_t));
    matcher->finds.marks = array_of(matcher->atom_capacity, sizeof(uint32_t));
    matcher->finds.list = array_of(matcher->atom_capacity, sizeof(uint32_t));
    return matcher->trace.atoms && matcher->trace.finds && matcher->finds.marks &&
           matcher->finds.list;
}

static bool grow_rules(struct matcher *matcher, uint32_t count)
{
    free(matcher->trace.rules);
    free(matcher->trace.candidates);
    matcher->rule_capacity = roomy(count);
    matcher->trace.rules = array_of(matcher->rule_capacity, sizeof(uint32_t));
    matcher->trace.candidates = array_of(matcher->rule_capacity, sizeof(uint32_t));
    return matcher->trace.rules && matcher->trace.candidates;
}

bool matcher_grow(struct matcher *matcher, const struct plan *plan)
{
    const bool has_room =
        (plan->atom_count < matcher->atom_capacity || grow_atoms(matcher, plan->atom_count)) &&
        (plan->rule_count < matcher->rule_capacity || grow_rules(matcher, plan->rule_count));
    if (!has_room)
        matcher->atom_capacity = matcher->rule_capacity = 0;
    return has_room;
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

static void scan_text(struct matcher *matcher, const struct index *index, struct bytes text)
{
    struct finds *finds = &matcher->finds;
    index_scan(index, text, finds, matcher->atom_capacity);
    for (uint32_t i = 0; i < finds->count; i++)
        trace_find(&matcher->trace, finds->list[i]);
}

static void scan_list(struct matcher *matcher, const struct index *index, unsigned slot)
{
    const struct value *items = matcher->look.event->values[slot].items;
    struct bytes one;
    uint32_t count;
    const struct bytes *texts = look_texts(&matcher->look, slot, true, &one, &count);
    for (uint32_t i = 0; i < count; i++)
        if (index_may_hold(index->types, index->shortest, &items[i]))
            scan_text(matcher, index, texts[i]);
}

/* A text that is asked for the words of all fields: mostly in vain, which is remembered. */
static void scan_words(struct matcher *matcher, const struct binding_scan *scan, uint64_t tag)
{
    if (memo_is_quiet(&matcher->memo, tag))
        return;
    scan_text(matcher, scan->index, event_folded(matcher->look.event, scan->slot));
    if (matcher->finds.count == 0)
        memo_keep_quiet(&matcher->memo, tag);
}

/* Whether a text is known as quiet is asked when the next one's tag is made: the answer has mostly
 * come from memory by then. */
static void matcher_scan_words(struct matcher *matcher, const struct binding *binding)
{
    const struct event *event = matcher->look.event;
    const struct binding_scan *before = NULL;
    uint64_t tag_before = 0;
    for (uint32_t i = 0; i < binding->any_scan_count; i++) {
        const struct binding_scan *scan = &binding->scans[i];
        const struct value *value = &event->values[scan->slot];
        if (!index_may_hold(scan->types, scan->shortest, value))
            continue;
        if (value->type == VALUE_LIST) {
            scan_list(matcher, scan->index, scan->slot);
            continue;
        }
        const uint64_t tag = memo_text_tag(&matcher->memo, (uint64_t)(uintptr_t)scan->index, value);
        memo_expect_quiet(&matcher->memo, tag);
        if (before)
            scan_words(matcher, before, tag_before);
        before = scan;
        tag_before = tag;
    }
    if (before)
        scan_words(matcher, before, tag_before);
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
            scan_text(matcher, scan->index, event_folded(event, scan->slot));
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

/* Evaluates what the scan left; the rules that fired are in `fired`. */
static uint32_t evaluate(struct matcher *matcher, const struct binding *binding)
{
    const struct plan *plan = binding->plan;
    const uint32_t total = plan->always_count + matcher->trace.candidate_count;
    uint32_t low = UINT32_MAX, high = 0;
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

/* Goes over the named fields and evaluates. */
static uint32_t match(struct matcher *matcher, const struct binding *binding)
{
    matcher_scan(matcher, binding->scans + binding->any_scan_count,
                 binding->scan_count - binding->any_scan_count);
    return evaluate(matcher, binding);
}

/* The same, remembered under this tag; but not what hit a limit, which is counted each time. */
static uint32_t match_once(struct matcher *matcher, const struct binding *binding, uint64_t tag,
                           const uint32_t **fired)
{
    struct memo *memo = &matcher->memo;
    const struct memo_entry *known = memo_find(memo, tag);
    if (known) {
        *fired = memo->fired + known->first;
        return known->count;
    }
    const uint64_t limited = matcher->look.regexes.limited;
    const uint32_t count = match(matcher, binding);
    if (matcher->look.regexes.limited == limited)
        memo_keep(memo, tag, matcher->fired, count);
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
    if (binding->plan->rule_count == 0)
        return 0;
    uint64_t tag = 0;
    if (binding->is_remembered) {
        tag = memo_tag(&matcher->memo, (uint64_t)(uintptr_t)binding, event, binding->asked,
                       binding->asked_count);
        memo_expect(&matcher->memo, tag);
    }
    matcher_begin(matcher, binding->plan);
    for (uint32_t i = 0; i < binding->find_count; i++)
        trace_find(&matcher->trace, binding->finds[i]);
    matcher_scan_words(matcher, binding);
    return binding->is_remembered && matcher->trace.find_count == binding->find_count
               ? match_once(matcher, binding, tag, fired)
               : match(matcher, binding);
}
