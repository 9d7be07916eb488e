/* Correlations: rules over the findings of rules. */
#ifndef IMPOUND_RULES_SIGMA_CORRELATION_H
#define IMPOUND_RULES_SIGMA_CORRELATION_H

#include "rules/sigma/draft.h"
#include "yaml/tree.h"

/* References stay names until the collection is complete. */
enum status correlation_parse(const struct draft_context *context, const struct tree_node *document,
                              struct draft_rule *draft) MUST_CHECK;

#endif
