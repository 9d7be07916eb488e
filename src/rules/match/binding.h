/* A plan tied to a shape: in which slots of the event each field of the plan stands. */
#ifndef IMPOUND_RULES_BINDING_H
#define IMPOUND_RULES_BINDING_H

#include "rules/match/look.h"
#include "rules/match/plan.h"

/* A slot whose text goes through an index. What index_may_hold asks stands here too, because most
 * values end with that question. */
struct binding_scan {
    const struct index *index;
    uint32_t types, shortest; /* of the index */
    uint16_t slot;
};

struct binding {
    const struct plan *plan;
    const uint32_t *slot_first; /* a field's slots are slots[slot_first[f]] to [slot_first[f+1]] */
    const uint16_t *slots;
    /* First those for what may stand in any field. */
    const struct binding_scan *scans;
    uint32_t any_scan_count, scan_count;
    /* Slots of the fields that rules name, but for those that are alike in all events of this
     * binding. Where no more than `finds` is found in any field, they decide alone. */
    const uint16_t *asked;
    uint32_t asked_count;
    bool is_remembered;
    /* What is found in the values that every event of this binding has alike. */
    uint32_t find_count;
    const uint32_t *finds; /* see trace.h */
};

static inline struct slots binding_slots(const struct binding *binding, uint16_t field)
{
    const uint32_t first = binding->slot_first[field];
    return (struct slots){binding->slots + first, binding->slot_first[field + 1U] - first};
}

/* Ties a plan to a shape; what it needs comes from `arena`. Scans of the slots that the binding
 * `root` has (may be NULL) come first; their number in *root_scans. False without memory. */
bool binding_make(struct arena *arena, const struct ruleset *ruleset, const struct plan *plan,
                  const struct shape *shape, const struct binding *root, struct binding *binding,
                  uint32_t *root_scans);

/* The image's fields that a slot is known by: its name, and its name without blanks. Their number
 * (0 to 2). */
unsigned binding_fields(const struct ruleset *ruleset, const struct shape *shape, uint32_t slot,
                        uint32_t fields[2]);

#endif
