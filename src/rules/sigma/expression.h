/* Regular expressions of pipelines, as Python's `re` has them (PCRE2 in UTF mode, bounded). */
#ifndef IMPOUND_RULES_SIGMA_EXPRESSION_H
#define IMPOUND_RULES_SIGMA_EXPRESSION_H

#include "base/arena.h"
#include "base/status.h"

struct expression;

/* STATUS_INVALID with what is wrong. Free with expression_free. */
enum status expression_compile(struct bytes text, struct expression **expression,
                               struct fault *fault) MUST_CHECK;
void expression_free(struct expression *expression);

/* Whether it matches at the beginning of the text (re.match). */
bool expression_matches(const struct expression *expression, struct bytes text);

/* Every match replaced (re.sub); \1, \g<1> and \g<name> in `with` are groups. STATUS_MEMORY, or
 * STATUS_INVALID when the result would be longer than values may be. */
enum status expression_replace(const struct expression *expression, struct arena *arena,
                               struct bytes text, struct bytes with, struct bytes *replaced,
                               struct fault *fault) MUST_CHECK;

#endif
