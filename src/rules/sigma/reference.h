/* References of correlations, by id or name. */
#ifndef IMPOUND_RULES_SIGMA_REFERENCE_H
#define IMPOUND_RULES_SIGMA_REFERENCE_H

#include "rules/sigma/collection.h"

/* Finds the drafts that correlations name; refuses those that name what is not there. */
enum status reference_find(struct sigma_rules *rules) MUST_CHECK;

/* When rules are refused or not: refuses correlations over what was refused or over themselves,
 * resolves aliases, turns targets into indices among the rules that stay, marks the silent. */
enum status reference_settle(struct sigma_rules *rules) MUST_CHECK;

#endif
