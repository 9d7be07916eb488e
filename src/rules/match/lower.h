/* From a rule's condition to what a plan needs of it: for plan.c only.
 *
 * A condition is lowered in three steps: into a tree without NOT (negation moved into the leaves)
 * and without what is known already; then triggers are chosen in it; then, when it is known which
 * atoms are looked for anyway, it becomes code, cheapest parts first. */
#ifndef IMPOUND_RULES_LOWER_H
#define IMPOUND_RULES_LOWER_H

#include "base/buffer.h"
#include "rules/compile/keys.h"
#include "rules/match/plan.h"

/* An atom of the plan that is being made. */
struct low_atom {
    uint32_t test;
    uint32_t field, other; /* of the image; IMAGE_NONE: any field, no other field */
    bool is_sought;        /* indexes can look for it */
    float rate;            /* share of events in which it is expected to be found */
    float cost;            /* of evaluating it, in something like nanoseconds */
    float demand;          /* cost that all rules together are expected to cause in an event */
    bool is_indexed;
};

/* Negation stands in leaves only. */
struct low_node {
    uint8_t kind; /* enum sigma_node_kind, never SIGMA_NOT */
    bool is_negated;
    uint32_t atom;
    uint32_t first, next; /* child and sibling, or LOW_END */
    float rate;           /* of the best triggers below; RATE_NEVER or more: there are none */
    float chance, cost;   /* that it holds, and of finding out */
    float order;          /* among its siblings: the lower the earlier */
};

#define LOW_END    UINT32_MAX
#define LOW_TRUE   (UINT32_MAX - 1) /* trees that are constant */
#define LOW_FALSE  (UINT32_MAX - 2)
#define RATE_NEVER 1e9F

struct lowering {
    const struct ruleset *ruleset;
    /* What is known of the class: field and test of the event -> atom of the root -> truth. */
    struct keys root_keys;
    const uint8_t *is_discriminator; /* by field */
    const bool *holds;
    /* The source at hand, by rule's field: the event's field, and translated values. */
    const uint32_t *event_fields;
    const struct image_list *event_values;
    /* What is being made. */
    struct arena *arena; /* of the plan */
    struct keys keys;    /* field, other, test -> atom */
    struct buffer atoms; /* struct low_atom */
    struct buffer nodes; /* struct low_node */
    struct buffer steps; /* struct plan_step */
    bool failed;         /* no memory */
};

static inline struct low_atom *low_atoms(const struct lowering *lowering)
{
    return (struct low_atom *)(void *)lowering->atoms.data;
}

/* Forgets what was made. */
void lower_reset(struct lowering *lowering);
void lower_release(struct lowering *lowering);

/* The atom for a test on fields of the event, new or known. */
uint32_t lower_atom(struct lowering *lowering, uint32_t field, uint32_t other, uint32_t test);

/* A test on a discriminating field: the atom of the root, or KEYS_NONE. */
uint32_t lower_root_atom(const struct lowering *lowering, uint32_t field, uint32_t test);

/* Calls `each` for every test of which one must hold for an atom of the image in the source at
 * hand, where some values are written otherwise than rules write them. Ends when it returns false.
 */
typedef bool lower_each(void *context, uint32_t field, uint32_t test);
bool lower_each_test(const struct lowering *lowering, uint32_t number, lower_each *each,
                     void *context);

/* The tree of a rule, or LOW_TRUE or LOW_FALSE. */
uint32_t lower_tree(struct lowering *lowering, const struct image_rule *rule);

typedef void lower_choose(void *context, uint32_t atom);

/* Calls `choose` for each trigger of a tree; an atom may come again. False when it has none. */
bool lower_triggers(const struct lowering *lowering, uint32_t tree, lower_choose *choose,
                    void *context);

/* Adds to the demand of each atom in a tree that is evaluated in this share of events. */
void lower_demand(const struct lowering *lowering, uint32_t tree, float share);

/* The share of events in which a trigger of the tree is expected. */
float lower_rate(const struct lowering *lowering, uint32_t tree);

/* Appends the code of a tree; its first step. */
uint32_t lower_code(struct lowering *lowering, uint32_t tree);

#endif
