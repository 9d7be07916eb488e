/* A thread's matcher, as its own files see it. */
#ifndef IMPOUND_RULES_MATCHER_H
#define IMPOUND_RULES_MATCHER_H

#include "rules/match/classes.h"
#include "rules/match/memo.h"
#include "rules/match/trace.h"

struct matcher {
    const struct ruleset *ruleset;
    struct look look;
    struct trace trace;
    struct finds finds;
    struct memo memo;
    struct known *known;                   /* by field of the plan */
    uint32_t atom_capacity, rule_capacity; /* of the arrays of these two */
    struct classes classes;
    uint64_t *fired_bits; /* by rule */
    uint32_t *fired;
    uint64_t *seen_sources; /* by source */
    uint64_t *seen_fields;  /* by source and field */
    struct matcher_counts counts;
};

/* The binding for an event; NULL without memory. Valid until the next call. */
const struct binding *matcher_bind(struct matcher *matcher, const struct event *event);

/* Makes room in the trace for a plan; false without memory. */
bool matcher_grow(struct matcher *matcher, const struct plan *plan);

/* Begins a new trace of the current event, by this plan. */
void matcher_begin(struct matcher *matcher, const struct plan *plan);

/* Goes over the texts of the current event with indexes. */
void matcher_scan(struct matcher *matcher, const struct binding_scan *scans, uint32_t count);

/* Whether an atom of the binding's plan holds for the current event, after the scan. */
bool matcher_holds(struct matcher *matcher, const struct binding *binding, uint32_t atom);

/* Remembers that events of these log sources were seen, and with which fields. */
void matcher_note(struct matcher *matcher, const struct plan *plan, const struct shape *shape);

#endif
