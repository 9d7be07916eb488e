/* The attributes that rules, correlations and filters have in common. */
#ifndef IMPOUND_RULES_SIGMA_HEADER_H
#define IMPOUND_RULES_SIGMA_HEADER_H

#include "rules/sigma/draft.h"
#include "yaml/tree.h"

/* Title, identifiers, level, status, dates, tags, lists and attributes that Sigma does not define.
 * What pySigma refuses is refused. */
enum status header_parse(const struct draft_context *context, const struct tree_node *document,
                         struct sigma_rule *rule) MUST_CHECK;

enum status header_logsource(const struct draft_context *context, const struct tree_node *document,
                             struct sigma_logsource *logsource) MUST_CHECK;

/* A scalar, or the scalars of a list, kept as texts. */
enum status header_texts(const struct draft_context *context, const struct tree_node *node,
                         const char *const **texts, uint32_t *count) MUST_CHECK;

#define HEADER_UUID_DIGITS 32

/* The digits of a UUID in lower case and a NUL; false when the text is none. */
bool header_uuid(const char *text, char digits[HEADER_UUID_DIGITS + 1]);

#endif
