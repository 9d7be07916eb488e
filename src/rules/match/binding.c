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
    uint16_t any;
};

/* Counts each field's slots into first[field + 2]; all slots and all scans. */
static void count_slots(const struct making *making, uint32_t *first, uint32_t *slot_count,
                        uint32_t *scan_count)
{
    for (uint32_t slot = 0; slot < making->shape->count; slot++) {
        const struct memberships found =
            memberships_of(making->ruleset, making->plan, making->any, making->shape, slot);
        for (unsigned i = 0; i < found.count; i++)
            first[found.places[i] + 2U]++;
        *slot_count += found.count;
        *scan_count += found.scanned;
    }
}

static struct binding_scan scan_of(const struct plan *plan, const uint32_t *first, uint16_t place,
                                   uint32_t slot)
{
    const struct index *index = plan->fields[place].index;
    return (struct binding_scan){
        .index = index,
        .types = index->types,
        .shortest = index->shortest,
        .slot = (uint16_t)slot,
        .field = place,
        .memo_min = plan->fields[place].field == IMAGE_NONE ? MEMO_LENGTH_MIN_ANY : MEMO_LENGTH_MIN,
        .is_single = first[place + 2U] - first[place + 1U] == 1,
    };
}

bool binding_make(struct arena *arena, const struct ruleset *ruleset, const struct plan *plan,
                  const struct shape *shape, const struct binding *root, struct binding *binding,
                  uint32_t *root_scans)
{
    const struct making making = {ruleset, plan, shape, place_of(plan, IMAGE_NONE)};
    uint32_t *first = arena_take_array(arena, (size_t)plan->field_count + 2, sizeof(*first));
    uint32_t slot_count = 0, scan_count = 0;
    if (!first)
        return false;
    count_slots(&making, first, &slot_count, &scan_count);
    uint16_t *slots = arena_take_array(arena, slot_count, sizeof(*slots));
    struct binding_scan *scans = arena_take_array(arena, scan_count, sizeof(*scans));
    if (!slots || !scans)
        return false;
    for (uint32_t i = 2; i < plan->field_count + 2; i++)
        first[i] += first[i - 1];
    uint32_t front = 0, back = scan_count;
    for (uint32_t slot = 0; slot < shape->count; slot++) {
        const struct memberships found = memberships_of(ruleset, plan, making.any, shape, slot);
        const bool is_root = has_slot(root, slot);
        for (unsigned i = 0; i < found.scanned; i++)
            scans[is_root ? front++ : --back] = scan_of(plan, first, found.places[i], slot);
    }
    for (uint32_t slot = 0; slot < shape->count; slot++) {
        const struct memberships found = memberships_of(ruleset, plan, making.any, shape, slot);
        for (unsigned i = 0; i < found.count; i++)
            slots[first[found.places[i] + 1U]++] = (uint16_t)slot;
    }
    *binding = (struct binding){plan, first, slots, scans, scan_count, 0, NULL};
    *root_scans = front;
    return true;
}
