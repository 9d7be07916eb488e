/* A finished draft to the tree that the door gives out. */
#ifndef IMPOUND_RULES_SIGMA_LOWER_H
#define IMPOUND_RULES_SIGMA_LOWER_H

#include "rules/sigma/draft.h"

/* STATUS_INVALID with line and reason, also for a placeholder that nobody replaced. */
enum status lower_condition(const struct draft_context *context, const struct draft_rule *draft,
                            const struct sigma_node **condition) MUST_CHECK;

/* A correlation's expression: its leaves name the rule by its index in `number`. */
enum status lower_references(const struct draft_context *context,
                             const struct draft_expression *expression,
                             const struct sigma_node **node) MUST_CHECK;

#endif
