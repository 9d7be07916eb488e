/* Conditions: names joined by not, and, or, in this order of binding; parentheses; and, for
 * selections, `1 of`, `any of`, `all of`, `N of` them or a pattern with *. */
#ifndef IMPOUND_RULES_SIGMA_CONDITION_H
#define IMPOUND_RULES_SIGMA_CONDITION_H

#include "rules/sigma/draft.h"

#define CONDITION_DEPTH_MAX  32    /* parentheses in parentheses */
#define CONDITION_LEAVES_MAX 4096U /* selections that a condition reaches, counted each time */

/* The names that a condition may use; a leaf's `selection` is an index into them. */
struct condition_names {
    const char *const *names;
    uint32_t count;
    bool has_quantifiers; /* selections have, references to rules have not */
};

/* `line` is for faults. STATUS_INVALID with the reason. */
enum status condition_parse(const struct draft_context *context, struct bytes text, uint32_t line,
                            const struct condition_names *names,
                            const struct draft_expression **expression) MUST_CHECK;

/* Takes the next name from a condition without quantifiers; false at the end. */
bool condition_next_name(struct bytes *left, struct bytes *name);

/* AND or OR of expressions; of a single one, itself. NULL without memory. */
const struct draft_expression *condition_join(struct arena *arena, enum sigma_node_kind kind,
                                              const struct draft_expression *const *parts,
                                              uint32_t count);

/* The same expression with every selection's index raised by `offset`. NULL without memory. */
const struct draft_expression *
condition_shift(struct arena *arena, const struct draft_expression *expression, uint32_t offset);

/* A single selection. NULL without memory. */
const struct draft_expression *condition_leaf(struct arena *arena, uint32_t selection);

/* NULL without memory. */
const struct draft_expression *condition_not(struct arena *arena,
                                             const struct draft_expression *inner);

#endif
