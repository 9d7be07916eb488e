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

bool binding_make(struct arena *arena, const struct ruleset *ruleset, const struct plan *plan,
                  const struct shape *shape, struct binding *binding)
{
    const uint16_t any = place_of(plan, IMAGE_NONE);
    uint32_t *first = arena_take_array(arena, (size_t)plan->field_count + 2, sizeof(*first));
    uint32_t slot_count = 0, scan_count = 0;
    if (!first)
        return false;
    for (uint32_t slot = 0; slot < shape->count; slot++) {
        const struct memberships found = memberships_of(ruleset, plan, any, shape, slot);
        for (unsigned i = 0; i < found.count; i++)
            first[found.places[i] + 2U]++;
        slot_count += found.count;
        scan_count += found.scanned;
    }
    uint16_t *slots = arena_take_array(arena, slot_count, sizeof(*slots));
    struct binding_scan *scans = arena_take_array(arena, scan_count, sizeof(*scans));
    if (!slots || !scans)
        return false;
    for (uint32_t i = 2; i < plan->field_count + 2; i++)
        first[i] += first[i - 1];
    scan_count = 0;
    for (uint32_t slot = 0; slot < shape->count; slot++) {
        const struct memberships found = memberships_of(ruleset, plan, any, shape, slot);
        for (unsigned i = 0; i < found.count; i++)
            slots[first[found.places[i] + 1U]++] = (uint16_t)slot;
        for (unsigned i = 0; i < found.scanned; i++)
            scans[scan_count++] = (struct binding_scan){(uint16_t)slot, found.places[i]};
    }
    *binding = (struct binding){plan, first, slots, scans, scan_count};
    return true;
}
