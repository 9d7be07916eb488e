/* What is done to an event of one class. A class is the set of answers that the discriminating
 * fields (those in the conditions of log sources: channel, event id, provider) give to all tests of
 * all rules on them. So a plan holds only the log sources that fit, and in their rules everything
 * about those fields is worked out: most rules vanish.
 *
 * What stays becomes short-circuit code over the plan's atoms. For each rule atoms are chosen such
 * that it can fire only if one of them holds (its triggers, the rarest ones); indexes look for
 * these, and a rule is evaluated only when one was found. */
#ifndef IMPOUND_RULES_PLAN_H
#define IMPOUND_RULES_PLAN_H

#include "rules/compile/compiled.h"
#include "rules/match/index.h"

#define PLAN_NO_FIELD UINT16_MAX

struct plan_field {
    uint32_t field;            /* of the image; IMAGE_NONE: every field of the event (keywords) */
    const struct index *index; /* NULL: nothing is looked for here */
};

struct plan_atom {
    uint32_t test;
    uint16_t field, other; /* of the plan; `other` of a fieldref, or PLAN_NO_FIELD */
    bool is_indexed;
};

/* Test an atom and go on at one of two other steps, or end. */
#define STEP_FALSE    UINT32_MAX
#define STEP_TRUE     (UINT32_MAX - 1)

#define STEP_ATOM_MAX 0x3FFFFFFFU

struct plan_step {
    uint32_t atom : 31;
    uint32_t is_indexed : 1; /* as in the atom, which then need not be looked at */
    uint32_t on_true, on_false;
};

struct plan_rule {
    uint32_t rule, entry;
};

struct plan {
    const struct plan_field *fields; /* ascending by `field` */
    const struct plan_atom *atoms;
    const struct plan_step *steps;
    const struct plan_rule *rules;            /* first those without triggers */
    const uint32_t *trigger_first, *triggers; /* see trace.h */
    const uint32_t *sources;                  /* those that fit, ascending */
    uint32_t field_count, atom_count, rule_count, always_count, source_count;
    bool
        is_memorable; /* what stands in fields that no rule names matters only if indexes find it */
};

struct planner;

/* Makes plans for one thread. NULL without memory. */
struct planner *planner_new(const struct ruleset *ruleset);
void planner_free(struct planner *planner);

/* The plan whose atoms are all tests on discriminating fields. Which of them hold makes the class
 * of an event. It has no rules. NULL without memory. */
const struct plan *planner_root(struct planner *planner, struct arena *arena);

/* The plan of a class: holds[i] says whether atom i of the root holds. NULL without memory. */
const struct plan *planner_plan(struct planner *planner, struct arena *arena, const bool *holds);

#endif
