/* A thread's matcher, as its own files see it. */
#ifndef IMPOUND_RULES_MATCHER_H
#define IMPOUND_RULES_MATCHER_H

#include "rules/compile/keys.h"
#include "rules/match/binding.h"

/* Which binding an event gets is remembered by shape and raw values of the discriminating fields;
 * which plan, by the atoms of the root that hold. Evidence may bring any number of either, so both
 * are forgotten when they have grown too large. */
struct matcher {
    const struct ruleset *ruleset;
    struct look look;
    struct trace trace;
    uint32_t atom_capacity, rule_capacity; /* of the trace's arrays */

    struct planner *planner;
    struct arena arena;   /* of all plans and bindings */
    struct arena scratch; /* of the binding of an event whose shape is not shared */
    const struct plan *root;
    const struct binding **roots; /* by serial of the shape */
    uint32_t root_count;
    bool *holds; /* by atom of the root */

    struct keys plan_keys;    /* atoms of the root that hold -> plan */
    struct buffer plans;      /* const struct plan * */
    struct keys binding_keys; /* shape and raw values -> binding */
    struct buffer bindings;   /* const struct binding * */
    struct buffer key;        /* scratch */

    uint64_t *fired_bits; /* by rule */
    uint32_t *fired;

    uint64_t *seen_sources; /* by source */
    uint64_t *seen_fields;  /* by source and field */
    struct matcher_counts counts;
};

/* The binding for an event; NULL without memory. Valid until the next call. */
const struct binding *matcher_bind(struct matcher *matcher, const struct event *event);

#endif
