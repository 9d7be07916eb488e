/* One document to a draft: what it is by its keys is decided here. */
#ifndef IMPOUND_RULES_SIGMA_DOCUMENT_H
#define IMPOUND_RULES_SIGMA_DOCUMENT_H

#include "rules/sigma/condition.h"
#include "rules/sigma/draft.h"
#include "yaml/tree.h"

/* STATUS_INVALID with line and reason. */
enum status document_parse(const struct draft_context *context, const struct tree_node *document,
                           struct draft_rule *draft) MUST_CHECK;

/* The selections of a section and its condition, or the OR of its conditions, over them. */
enum status document_section(const struct draft_context *context, const struct tree_node *section,
                             bool is_filter, struct draft_rule *draft) MUST_CHECK;

#endif
