/* Regular expressions of rules: PCRE2 as we set it, for compiling and matching alike. */
#ifndef IMPOUND_RULES_REGEX_H
#define IMPOUND_RULES_REGEX_H

#include "base/arena.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define REGEX_REASON_MAX 200

/* Compiles an expression with SIGMA_REGEX_* flags, without JIT. NULL with the reason when it is
 * wrong. To be freed with pcre2_code_free. */
pcre2_code *regex_compile(struct bytes expression, unsigned flags, char reason[REGEX_REASON_MAX]);

#define REGEX_LITERALS_MAX 64

/* Folded literals one of which stands in the folded form of every text that the expression matches;
 * their number. 0 when none are known. They are kept in `arena`. */
uint32_t regex_literals(struct arena *arena, struct bytes expression, unsigned flags,
                        struct bytes literals[REGEX_LITERALS_MAX]);

#endif
