#include "rules/match/lower.h"

#include <assert.h>
#include <stdlib.h>

struct planner {
    const struct ruleset *ruleset;
    struct lowering lowering;
    uint8_t *is_discriminator; /* by field */
    /* The source at hand, by rule's field: the event's field, and translated values. */
    uint32_t *event_fields;
    struct image_list *event_values;
    uint16_t *places;      /* by field, and one more for "any": its place in the plan */
    struct buffer rules;   /* struct draft_rule */
    struct buffer pairs;   /* struct trigger_pair */
    struct buffer sources; /* uint32_t */
};

struct draft_rule {
    uint32_t rule, tree;
    bool has_trigger;
};

struct trigger_pair {
    uint32_t atom, rule; /* of the plan */
};

void planner_free(struct planner *planner)
{
    if (!planner)
        return;
    lower_release(&planner->lowering);
    buffer_release(&planner->rules);
    buffer_release(&planner->pairs);
    buffer_release(&planner->sources);
    free(planner->is_discriminator);
    free(planner->event_fields);
    free(planner->event_values);
    free(planner->places);
    free(planner);
}

struct planner *planner_new(const struct ruleset *ruleset)
{
    const struct image *image = &ruleset->image;
    const size_t field_count = (size_t)image->fields_count + 1;
    struct planner *planner = calloc(1, sizeof(*planner));
    if (!planner)
        return NULL;
    planner->ruleset = ruleset;
    planner->is_discriminator = calloc(field_count, sizeof(*planner->is_discriminator));
    planner->event_fields = calloc(field_count, sizeof(*planner->event_fields));
    planner->event_values = calloc(field_count, sizeof(*planner->event_values));
    planner->places = calloc(field_count, sizeof(*planner->places));
    if (!planner->is_discriminator || !planner->event_fields || !planner->event_values ||
        !planner->places) {
        planner_free(planner);
        return NULL;
    }
    for (uint32_t i = 0; i < image->fields_count; i++)
        planner->event_fields[i] = i;
    for (uint32_t i = 0; i < image->conditions_count; i++)
        planner->is_discriminator[image->conditions[i].field] = 1;
    planner->lowering.ruleset = ruleset;
    planner->lowering.is_discriminator = planner->is_discriminator;
    planner->lowering.event_fields = planner->event_fields;
    planner->lowering.event_values = planner->event_values;
    return planner;
}

/* Makes a source the one at hand, or takes it back. */
static void source_enter(struct planner *planner, const struct image_source *source)
{
    const struct image *image = &planner->ruleset->image;
    for (uint32_t i = 0; i < source->translations.count; i++) {
        const struct image_translation *pair = &image->translations[source->translations.first + i];
        planner->event_fields[pair->rule_field] = pair->event_field;
        planner->event_values[pair->rule_field] = pair->values;
    }
}

static void source_leave(struct planner *planner, const struct image_source *source)
{
    const struct image *image = &planner->ruleset->image;
    for (uint32_t i = 0; i < source->translations.count; i++) {
        const uint32_t field = image->translations[source->translations.first + i].rule_field;
        planner->event_fields[field] = field;
        planner->event_values[field] = (struct image_list){0};
    }
}

static void *take(struct planner *planner, size_t count, size_t size)
{
    void *taken = arena_take_array(planner->lowering.arena, count, size);
    planner->lowering.failed |= taken == NULL;
    return taken;
}

/* Copies a growing array into the plan. */
static const void *keep(struct planner *planner, const struct buffer *from)
{
    void *kept = take(planner, from->length, 1);
    if (kept && from->length)
        memcpy(kept, from->data, from->length);
    return kept;
}

static uint16_t *place_of(struct planner *planner, uint32_t field)
{
    return &planner->places[field == IMAGE_NONE ? planner->ruleset->image.fields_count : field];
}

static int compare_fields(const void *one, const void *other)
{
    const struct plan_field *left = one, *right = other;
    return (left->field > right->field) - (left->field < right->field);
}

/* The fields that the atoms look at, ascending, and the place of each in `places`. */
static struct plan_field *plan_fields(struct planner *planner, struct plan *plan)
{
    const uint32_t atom_count = planner->lowering.keys.count;
    const size_t all = (size_t)planner->ruleset->image.fields_count + 1;
    const size_t most = all < (size_t)atom_count * 2 ? all : (size_t)atom_count * 2;
    struct plan_field *fields = take(planner, most, sizeof(*fields));
    if (!fields)
        return NULL;
    memset(planner->places, 0xFF, all * sizeof(*planner->places));
    for (uint32_t i = 0; i < atom_count; i++) {
        const struct low_atom *atom = &low_atoms(&planner->lowering)[i];
        const uint32_t looked_at[] = {atom->field, atom->other};
        const bool has_other = atom->other != IMAGE_NONE;
        for (unsigned j = 0; j < 1U + has_other; j++) {
            uint16_t *place = place_of(planner, looked_at[j]);
            if (*place == PLAN_NO_FIELD) {
                *place = 0;
                fields[plan->field_count++].field = looked_at[j];
            }
        }
    }
    planner->lowering.failed |= plan->field_count >= PLAN_NO_FIELD;
    qsort(fields, plan->field_count, sizeof(*fields), compare_fields);
    for (uint32_t i = 0; i < plan->field_count; i++)
        *place_of(planner, fields[i].field) = (uint16_t)i;
    plan->fields = fields;
    return fields;
}

static void plan_atoms(struct planner *planner, struct plan *plan)
{
    plan->atom_count = planner->lowering.keys.count;
    struct plan_atom *atoms = take(planner, plan->atom_count, sizeof(*atoms));
    for (uint32_t i = 0; atoms && i < plan->atom_count; i++) {
        const struct low_atom *from = &low_atoms(&planner->lowering)[i];
        atoms[i] = (struct plan_atom){
            .test = from->test,
            .field = *place_of(planner, from->field),
            .other = from->other == IMAGE_NONE ? PLAN_NO_FIELD : *place_of(planner, from->other),
            .is_indexed = from->is_indexed,
        };
    }
    plan->atoms = atoms;
}

/* Whether every test on any field of the event is left to indexes. */
static bool is_memorable(const struct lowering *lowering)
{
    for (uint32_t i = 0; i < lowering->keys.count; i++)
        if (low_atoms(lowering)[i].field == IMAGE_NONE && !low_atoms(lowering)[i].is_indexed)
            return false;
    return true;
}

/* Calls for each literal that is looked for because of a test: its own, or its members'. */
static void each_seek(const struct image *image, uint32_t number,
                      void (*each)(void *context, uint32_t seek), void *context)
{
    const struct image_test *test = &image->tests[number];
    for (uint32_t i = 0; i < test->seeks.count; i++)
        each(context, test->seeks.first + i);
    if (test->kind == TEST_SET)
        for (uint32_t i = 0; i < test->pieces.count; i++)
            each_seek(image, image->words[test->pieces.first + i], each, context);
}

/* What indexed atoms want, by field: a field's begin at starts[field]. */
struct wants {
    uint32_t *starts;
    struct index_want *all;
    uint32_t atom, field; /* of the one at hand */
};

static void count_want(void *context, uint32_t seek)
{
    struct wants *wants = context;
    (void)seek;
    wants->starts[wants->field + 2]++;
}

static void add_want(void *context, uint32_t seek)
{
    struct wants *wants = context;
    wants->all[wants->starts[wants->field + 1]++] = (struct index_want){seek, wants->atom};
}

static void each_want(const struct planner *planner, const struct plan *plan, struct wants *wants,
                      void (*each)(void *context, uint32_t seek))
{
    for (uint32_t i = 0; i < plan->atom_count; i++) {
        if (!low_atoms(&planner->lowering)[i].is_indexed)
            continue;
        wants->atom = i;
        wants->field = plan->atoms[i].field;
        each_seek(&planner->ruleset->image, plan->atoms[i].test, each, wants);
    }
}

/* Makes each field's index. What is looked for in every field is looked for by each field's own
 * index too, so that no text is gone over twice. The pseudo-field of these comes last, since
 * IMAGE_NONE is the highest, and its index is for fields without one. */
static void make_indexes(struct planner *planner, const struct plan *plan,
                         struct plan_field *fields, const struct wants *wants)
{
    const uint32_t *starts = wants->starts;
    const uint32_t last = plan->field_count - 1;
    const bool has_any = fields[last].field == IMAGE_NONE;
    const uint32_t any_count = has_any ? starts[last + 1] - starts[last] : 0;
    struct index_want *any = take(planner, any_count, sizeof(*any));
    if (!any)
        return;
    memcpy(any, wants->all + starts[last], any_count * sizeof(*any));
    for (uint32_t i = last + 1; i-- > 0;) {
        uint32_t count = starts[i + 1] - starts[i];
        if (count == 0)
            continue;
        if (!has_any || i != last) {
            /* Over those of the next fields, whose indexes are made already. */
            memcpy(wants->all + starts[i + 1], any, any_count * sizeof(*any));
            count += any_count;
        }
        fields[i].index = index_make(planner->lowering.arena, &planner->ruleset->image,
                                     wants->all + starts[i], count);
        planner->lowering.failed |= fields[i].index == NULL;
    }
}

static void plan_indexes(struct planner *planner, const struct plan *plan,
                         struct plan_field *fields)
{
    struct wants wants = {.starts = calloc((size_t)plan->field_count + 2, sizeof(*wants.starts))};
    planner->lowering.failed |= wants.starts == NULL;
    if (!wants.starts || plan->field_count == 0)
        goto out;
    each_want(planner, plan, &wants, count_want);
    for (uint32_t i = 2; i < plan->field_count + 2; i++)
        wants.starts[i] += wants.starts[i - 1];
    wants.all = calloc((size_t)wants.starts[plan->field_count + 1] + 1, sizeof(*wants.all));
    planner->lowering.failed |= wants.all == NULL;
    if (!wants.all)
        goto out;
    each_want(planner, plan, &wants, add_want);
    make_indexes(planner, plan, fields, &wants);
out:
    free(wants.starts);
    free(wants.all);
}

static void plan_triggers(struct planner *planner, struct plan *plan)
{
    const uint32_t count = (uint32_t)(planner->pairs.length / sizeof(struct trigger_pair));
    const struct trigger_pair *pairs = (const void *)planner->pairs.data;
    uint32_t *first = take(planner, (size_t)plan->atom_count + 2, sizeof(*first));
    uint32_t *triggers = take(planner, count, sizeof(*triggers));
    if (!first || !triggers)
        return;
    for (uint32_t i = 0; i < count; i++)
        first[pairs[i].atom + 2]++;
    for (uint32_t i = 2; i < plan->atom_count + 2; i++)
        first[i] += first[i - 1];
    for (uint32_t i = 0; i < count; i++)
        triggers[first[pairs[i].atom + 1]++] = pairs[i].rule;
    plan->trigger_first = first;
    plan->triggers = triggers;
}

/* All that hangs on the atoms that were made and on which of them are triggers. */
static void plan_finish(struct planner *planner, struct plan *plan)
{
    struct plan_field *fields = plan_fields(planner, plan);
    if (!planner->lowering.failed)
        plan_atoms(planner, plan);
    if (!planner->lowering.failed)
        plan_indexes(planner, plan, fields);
    if (!planner->lowering.failed)
        plan_triggers(planner, plan);
    plan->is_memorable = is_memorable(&planner->lowering);
    plan->steps = keep(planner, &planner->lowering.steps);
    plan->sources = keep(planner, &planner->sources);
    plan->source_count = (uint32_t)(planner->sources.length / sizeof(uint32_t));
}

static struct plan *plan_begin(struct planner *planner, struct arena *arena)
{
    lower_reset(&planner->lowering);
    planner->lowering.arena = arena;
    buffer_reset(&planner->rules);
    buffer_reset(&planner->pairs);
    buffer_reset(&planner->sources);
    return take(planner, 1, sizeof(struct plan));
}

static bool root_test(void *context, uint32_t field, uint32_t test)
{
    struct planner *planner = context;
    const uint8_t kind = planner->ruleset->image.tests[test].kind;
    if (field != IMAGE_NONE && planner->is_discriminator[field] && kind != SIGMA_FIELDREF &&
        kind != SIGMA_TRUE)
        lower_atom(&planner->lowering, field, IMAGE_NONE, test);
    return true;
}

/* The tests of a rule on discriminating fields become atoms of the root. */
static void root_rule(struct planner *planner, const struct image_rule *rule)
{
    const struct image *image = &planner->ruleset->image;
    for (uint32_t i = 0; i < rule->nodes.count; i++) {
        const struct image_node *node = &image->nodes[rule->nodes.first + i];
        if (node->kind == SIGMA_LEAF)
            lower_each_test(&planner->lowering, node->value, root_test, planner);
    }
}

static void root_source(struct planner *planner, const struct image_source *source)
{
    const struct image *image = &planner->ruleset->image;
    for (uint32_t i = 0; i < source->conditions.count; i++) {
        const struct image_condition *condition = &image->conditions[source->conditions.first + i];
        for (uint32_t j = 0; j < condition->tests.count; j++)
            lower_atom(&planner->lowering, condition->field, IMAGE_NONE,
                       image->words[condition->tests.first + j]);
    }
    source_enter(planner, source);
    for (uint32_t i = 0; i < source->rules.count; i++)
        root_rule(planner, &image->rules[image->words[source->rules.first + i]]);
    source_leave(planner, source);
}

const struct plan *planner_root(struct planner *planner, struct arena *arena)
{
    const struct image *image = &planner->ruleset->image;
    struct plan *plan = plan_begin(planner, arena);
    if (!plan)
        return NULL;
    for (uint32_t i = 0; i < image->sources_count; i++)
        root_source(planner, &image->sources[i]);
    if (planner->lowering.failed)
        return NULL;
    for (uint32_t i = 0; i < planner->lowering.keys.count; i++)
        low_atoms(&planner->lowering)[i].is_indexed = low_atoms(&planner->lowering)[i].is_sought;
    plan_finish(planner, plan);
    keys_release(&planner->lowering.root_keys);
    planner->lowering.root_keys = planner->lowering.keys;
    keys_init(&planner->lowering.keys, 0);
    return planner->lowering.failed ? NULL : plan;
}

static bool condition_holds(const struct planner *planner, const struct image_condition *condition)
{
    const struct image *image = &planner->ruleset->image;
    for (uint32_t i = 0; i < condition->tests.count; i++) {
        const uint32_t atom = lower_root_atom(&planner->lowering, condition->field,
                                              image->words[condition->tests.first + i]);
        if (planner->lowering.holds[atom])
            return true;
    }
    return false;
}

static bool source_holds(const struct planner *planner, const struct image_source *source)
{
    for (uint32_t i = 0; i < source->conditions.count; i++)
        if (!condition_holds(planner,
                             &planner->ruleset->image.conditions[source->conditions.first + i]))
            return false;
    return true;
}

static void choose(void *context, uint32_t atom)
{
    struct planner *planner = context;
    const struct trigger_pair pair = {
        atom, (uint32_t)(planner->rules.length / sizeof(struct draft_rule))};
    low_atoms(&planner->lowering)[atom].is_indexed = true;
    buffer_bytes(&planner->pairs, &pair, sizeof(pair));
}

static void lower_source(struct planner *planner, const struct image_source *source)
{
    const struct image *image = &planner->ruleset->image;
    source_enter(planner, source);
    for (uint32_t i = 0; i < source->rules.count; i++) {
        struct draft_rule draft = {.rule = image->words[source->rules.first + i]};
        if (image->rules[draft.rule].nodes.count == 0)
            continue;
        draft.tree = lower_tree(&planner->lowering, &image->rules[draft.rule]);
        if (draft.tree == LOW_FALSE)
            continue;
        draft.has_trigger = lower_triggers(&planner->lowering, draft.tree, choose, planner);
        buffer_bytes(&planner->rules, &draft, sizeof(draft));
    }
    source_leave(planner, source);
    planner->lowering.failed |= planner->rules.failed || planner->pairs.failed;
}

/* Atoms that are no triggers are looked for too when that is cheaper than evaluating them in the
 * rules that are expected to ask; of a field that is not looked at otherwise, when it pays for the
 * look. In something like nanoseconds: */
#define COST_LOOK  60.0F /* rendering and going over one field */
#define COST_FOUND 20.0F /* comparing what a gram let through */
#define COST_ENTRY 0.02F /* a little more in the bitmap */

static bool is_cheaper_indexed(const struct low_atom *atom)
{
    return !atom->is_indexed && atom->is_sought &&
           atom->demand > atom->rate * COST_FOUND + COST_ENTRY;
}

static void index_by_demand(struct planner *planner)
{
    const struct lowering *lowering = &planner->lowering;
    const struct draft_rule *drafts = (const void *)planner->rules.data;
    const size_t field_count = (size_t)planner->ruleset->image.fields_count + 1;
    const uint32_t atom_count = lowering->keys.count;
    struct low_atom *atoms = low_atoms(lowering);
    float *gains = calloc(field_count, sizeof(*gains));
    planner->lowering.failed |= gains == NULL;
    if (!gains)
        return;
    for (size_t i = 0; i < planner->rules.length / sizeof(*drafts); i++)
        lower_demand(lowering, drafts[i].tree,
                     drafts[i].has_trigger ? lower_rate(lowering, drafts[i].tree) : 1);
    for (uint32_t i = 0; i < atom_count; i++) {
        const size_t field = atoms[i].field == IMAGE_NONE ? field_count - 1 : atoms[i].field;
        if (atoms[i].is_indexed)
            gains[field] += COST_LOOK;
        else if (is_cheaper_indexed(&atoms[i]))
            gains[field] += atoms[i].demand - atoms[i].rate * COST_FOUND;
    }
    for (uint32_t i = 0; i < atom_count; i++) {
        const size_t field = atoms[i].field == IMAGE_NONE ? field_count - 1 : atoms[i].field;
        if (gains[field] >= COST_LOOK && is_cheaper_indexed(&atoms[i]))
            atoms[i].is_indexed = true;
    }
    free(gains);
}

/* The rules' code, those without triggers first; the pairs follow them to their new places. */
static void plan_rules(struct planner *planner, struct plan *plan)
{
    const struct draft_rule *drafts = (const void *)planner->rules.data;
    plan->rule_count = (uint32_t)(planner->rules.length / sizeof(*drafts));
    struct plan_rule *rules = take(planner, plan->rule_count, sizeof(*rules));
    uint32_t *places = calloc((size_t)plan->rule_count + 1, sizeof(*places));
    planner->lowering.failed |= places == NULL;
    if (planner->lowering.failed)
        goto out;
    uint32_t next = 0;
    for (unsigned round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < plan->rule_count; i++) {
            if (drafts[i].has_trigger != (round == 1))
                continue;
            places[i] = next;
            rules[next++] =
                (struct plan_rule){drafts[i].rule, lower_code(&planner->lowering, drafts[i].tree)};
        }
        if (round == 0)
            plan->always_count = next;
    }
    struct trigger_pair *pairs = (void *)planner->pairs.data;
    for (size_t i = 0; i < planner->pairs.length / sizeof(*pairs); i++)
        pairs[i].rule = places[pairs[i].rule];
    plan->rules = rules;
out:
    free(places);
}

const struct plan *planner_plan(struct planner *planner, struct arena *arena, const bool *holds)
{
    const struct image *image = &planner->ruleset->image;
    struct plan *plan = plan_begin(planner, arena);
    if (!plan)
        return NULL;
    planner->lowering.holds = holds;
    for (uint32_t i = 0; i < image->sources_count; i++) {
        if (!source_holds(planner, &image->sources[i]))
            continue;
        buffer_bytes(&planner->sources, &i, sizeof(i));
        lower_source(planner, &image->sources[i]);
    }
    if (!planner->lowering.failed)
        index_by_demand(planner);
    if (!planner->lowering.failed)
        plan_rules(planner, plan);
    if (!planner->lowering.failed)
        plan_finish(planner, plan);
    return planner->lowering.failed ? NULL : plan;
}
