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

#define REGEX_LITERALS_MAX 64U
#define REGEX_RUNS_MAX     24U

/* What the folded form of every text holds that an expression matches. */
struct regex_needs {
    /* One of these stands in it; none: not known. */
    struct bytes literals[REGEX_LITERALS_MAX];
    uint32_t literal_count;
    /* All of these stand in it, one behind the other. */
    struct bytes runs[REGEX_RUNS_MAX];
    uint32_t run_count;
};

/* Works out what an expression needs. The texts are kept in `arena`. */
void regex_needs(struct arena *arena, struct bytes expression, unsigned flags,
                 struct regex_needs *needs);

/* The same expression with lazy dots where that does not change which texts it matches: of
 * `a.*b.*c` a text that has all of it is matched by the first of each, without going back. */
struct bytes regex_lazy(struct arena *arena, struct bytes expression);

#endif
