#include "rules/match/binding.h"

unsigned binding_fields(const struct ruleset *ruleset, const struct shape *shape, uint32_t slot,
                        uint32_t fields[2])
{
    const name_id id = shape->fields[slot];
    const name_id plain = id ? names_plain(ruleset->names, id) : id;
    unsigned count = 0;
    fields[count] = ruleset_field(ruleset, id);
    count += fields[count] != IMAGE_NONE;
    if (plain != id) {
        fields[count] = ruleset_field(ruleset, plain);
        count += fields[count] != IMAGE_NONE;
    }
    return count;
}

/* The place of an image's field in the plan, or PLAN_NO_FIELD. */
static uint16_t place_of(const struct plan *plan, uint32_t field)
{
    uint32_t low = 0, high = plan->field_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (plan->fields[middle].field < field)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->field_count && plan->fields[low].field == field ? (uint16_t)low
                                                                       : PLAN_NO_FIELD;
}

/* The plan's fields that a slot belongs to. `scanned` of them, the first ones, go over its text. */
struct memberships {
    uint16_t places[3];
    unsigned count;
    unsigned scanned;
};

static void join(const struct plan *plan, struct memberships *to, uint16_t place)
{
    to->places[to->count++] = place;
    if (plan->fields[place].index) {
        to->places[to->count - 1] = to->places[to->scanned];
        to->places[to->scanned++] = place;
    }
}

/* The index of "every field" is for slots that no other index goes over. */
static struct memberships memberships_of(const struct ruleset *ruleset, const struct plan *plan,
                                         uint16_t any, const struct shape *shape, uint32_t slot)
{
    struct memberships found = {.count = 0};
    uint32_t fields[2];
    const unsigned field_count = binding_fields(ruleset, shape, slot, fields);
    for (unsigned i = 0; i < field_count; i++) {
        const uint16_t place = place_of(plan, fields[i]);
        if (place != PLAN_NO_FIELD)
            join(plan, &found, place);
    }
    const unsigned scanned = found.scanned;
    if (any != PLAN_NO_FIELD)
        join(plan, &found, any);
    if (scanned)
        found.scanned = scanned;
    return found;
}

static bool has_slot(const struct binding *binding, uint32_t slot)
{
    const uint32_t count = binding ? binding->slot_first[binding->plan->field_count] : 0;
    for (uint32_t i = 0; i < count; i++)
        if (binding->slots[i] == slot)
            return true;
    return false;
}

/* A shape's slots while they are told apart. */
struct making {
    const struct ruleset *ruleset;
    const struct plan *plan;
    const struct shape *shape;
    const struct binding *root;
    uint16_t any;
};

/* Three sorts of scans, in this order. */
enum scan_sort { SCAN_ROOT, SCAN_ANY, SCAN_OWN, SCAN_SORT_COUNT };

static struct memberships memberships(const struct making *making, uint32_t slot)
{
    return memberships_of(making->ruleset, making->plan, making->any, making->shape, slot);
}

static enum scan_sort sort_of(const struct making *making, uint16_t place, uint32_t slot)
{
    return has_slot(making->root, slot) ? SCAN_ROOT : place == making->any ? SCAN_ANY : SCAN_OWN;
}

/* Counts each field's slots into first[field + 2], and scans by sort; all slots. */
static uint32_t count_slots(const struct making *making, uint32_t *first,
                            uint32_t scan_counts[SCAN_SORT_COUNT])
{
    uint32_t slot_count = 0;
    for (uint32_t slot = 0; slot < making->shape->count; slot++) {
        const struct memberships found = memberships(making, slot);
        for (unsigned i = 0; i < found.count; i++)
            first[found.places[i] + 2U]++;
        for (unsigned i = 0; i < found.scanned; i++)
            scan_counts[sort_of(making, found.places[i], slot)]++;
        slot_count += found.count;
    }
    return slot_count;
}

static bool is_asked(const struct making *making, const struct memberships *found, uint32_t slot)
{
    const bool is_named =
        found->count > 1 || (found->count == 1 && found->places[0] != making->any);
    return is_named && !has_slot(making->root, slot);
}

/* Fills in what was counted. */
static void fill(const struct making *making, uint32_t *first, uint16_t *slots,
                 struct binding_scan *scans, uint32_t at[SCAN_SORT_COUNT], uint16_t *asked,
                 uint32_t *asked_count)
{
    for (uint32_t slot = 0; slot < making->shape->count; slot++) {
        const struct memberships found = memberships(making, slot);
        for (unsigned i = 0; i < found.count; i++)
            slots[first[found.places[i] + 1U]++] = (uint16_t)slot;
        for (unsigned i = 0; i < found.scanned; i++) {
            const struct index *index = making->plan->fields[found.places[i]].index;
            scans[at[sort_of(making, found.places[i], slot)]++] =
                (struct binding_scan){index, index->types, index->shortest, (uint16_t)slot};
        }
        if (is_asked(making, &found, slot))
            asked[(*asked_count)++] = (uint16_t)slot;
    }
}

bool binding_make(struct arena *arena, const struct ruleset *ruleset, const struct plan *plan,
                  const struct shape *shape, const struct binding *root, struct binding *binding,
                  uint32_t *root_scans)
{
    const struct making making = {ruleset, plan, shape, root, place_of(plan, IMAGE_NONE)};
    uint32_t *first = arena_take_array(arena, (size_t)plan->field_count + 2, sizeof(*first));
    uint32_t counts[SCAN_SORT_COUNT] = {0};
    if (!first)
        return false;
    const uint32_t slot_count = count_slots(&making, first, counts);
    uint32_t at[SCAN_SORT_COUNT] = {0, counts[SCAN_ROOT], counts[SCAN_ROOT] + counts[SCAN_ANY]};
    const uint32_t scan_count = at[SCAN_OWN] + counts[SCAN_OWN];
    uint16_t *slots = arena_take_array(arena, slot_count, sizeof(*slots));
    struct binding_scan *scans = arena_take_array(arena, scan_count, sizeof(*scans));
    uint16_t *asked = arena_take_array(arena, shape->count, sizeof(*asked));
    if (!slots || !scans || !asked)
        return false;
    for (uint32_t i = 2; i < plan->field_count + 2; i++)
        first[i] += first[i - 1];
    *binding = (struct binding){
        .plan = plan,
        .slot_first = first,
        .slots = slots,
        .scans = scans,
        .any_scan_count = counts[SCAN_ANY],
        .scan_count = scan_count,
        .asked = asked,
    };
    fill(&making, first, slots, scans, at, asked, &binding->asked_count);
    *root_scans = counts[SCAN_ROOT];
    return true;
}
