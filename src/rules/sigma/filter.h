/* Filters: a condition that is joined by and to that of the rules it names. */
#ifndef IMPOUND_RULES_SIGMA_FILTER_H
#define IMPOUND_RULES_SIGMA_FILTER_H

#include "rules/sigma/draft.h"
#include "rules/sigma/tree.h"

enum status filter_parse(const struct draft_context *context, const struct tree_node *document,
                         struct draft_rule *draft) MUST_CHECK;

/* Whether the filter's log source says nothing that the rule's does not. */
bool filter_fits(const struct draft_rule *filter, const struct draft_rule *rule);

/* Adds the filter's selections and condition to the rule. */
enum status filter_apply(const struct draft_context *context, const struct draft_rule *filter,
                         struct draft_rule *rule) MUST_CHECK;

#endif
