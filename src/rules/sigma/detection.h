/* The selections of a rule or a filter: maps are joined by and, lists by or. */
#ifndef IMPOUND_RULES_SIGMA_DETECTION_H
#define IMPOUND_RULES_SIGMA_DETECTION_H

#include "rules/sigma/draft.h"
#include "yaml/tree.h"

/* The selections of the section `map`, without the keys that are none (condition, timeframe,
 * and `rules` of a filter). */
enum status detection_parse(const struct draft_context *context, const struct tree_node *map,
                            bool is_filter, const struct draft_detection **selections,
                            uint32_t *count) MUST_CHECK;

/* What `definition` says, with the name of the selection (may be NULL). */
enum status detection_define(const struct draft_context *context,
                             const struct tree_node *definition, const char *name,
                             struct draft_detection *detection) MUST_CHECK;

#endif
