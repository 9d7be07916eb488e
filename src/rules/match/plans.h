/* The plans of a rule set by class, each made when its first event comes. One store is shared by
 * the matchers of all threads; it is never emptied, so that plans live as long as the rule set. */
#ifndef IMPOUND_RULES_PLANS_H
#define IMPOUND_RULES_PLANS_H

#include "rules/match/plan.h"

struct plans;

/* A store with its root. `maximum` is in bytes. NULL without memory. */
struct plans *plans_new(const struct ruleset *ruleset, size_t maximum);
void plans_free(struct plans *plans);

/* The store that all matchers of this rule set share; made by the first that asks. */
struct plans *plans_shared(const struct ruleset *ruleset);

const struct plan *plans_root(const struct plans *plans);

/* The plan of a class: `class` is the list of the root's atoms that hold, `holds` the same by atom.
 * Thread-safe. NULL without memory, or when the store is full. */
const struct plan *plans_find(struct plans *plans, struct bytes class, const bool *holds);

#endif
