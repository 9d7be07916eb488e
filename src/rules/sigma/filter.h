/* Filters: a condition that is joined by and to that of the rules it names. */
#ifndef IMPOUND_RULES_SIGMA_FILTER_H
#define IMPOUND_RULES_SIGMA_FILTER_H

#include "rules/sigma/collection.h"
#include "yaml/tree.h"

enum status filter_parse(const struct draft_context *context, const struct tree_node *document,
                         struct draft_rule *draft) MUST_CHECK;

/* Adds every filter to the rules it names. One that reaches no rule is refused. */
enum status filter_apply_all(struct sigma_rules *rules) MUST_CHECK;

#endif
