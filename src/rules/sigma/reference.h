/* References by id or name: from correlations and filters to rules. */
#ifndef IMPOUND_RULES_SIGMA_REFERENCE_H
#define IMPOUND_RULES_SIGMA_REFERENCE_H

#include "rules/sigma/collection.h"

/* Adds every filter to the rules it names. A filter that reaches no rule is refused. */
enum status reference_apply_filters(struct sigma_rules *rules) MUST_CHECK;

/* Turns the names in correlations into indices among the rules that are not refused; refuses those
 * that do not resolve or refer to themselves in the end; marks the silent ones. */
enum status reference_resolve(struct sigma_rules *rules) MUST_CHECK;

#endif
