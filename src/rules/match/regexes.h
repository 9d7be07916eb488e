/* A thread's regular expressions: compiled and JIT-compiled when first needed, matched within
 * limits. What runs into a limit counts as no match, and is counted. */
#ifndef IMPOUND_RULES_REGEXES_H
#define IMPOUND_RULES_REGEXES_H

#include "rules/compile/image.h"
#include "rules/compile/regex.h"

/* Longer values are looked at up to here only; a log record holds no more than 64 KiB. */
#define REGEX_TEXT_MAX 65536U

struct regexes {
    const struct image *image;
    pcre2_code **codes; /* by test */
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack;
    uint64_t limited; /* how often a limit was hit */
};

/* False without memory. */
bool regexes_init(struct regexes *regexes, const struct image *image);
void regexes_release(struct regexes *regexes);

/* Whether a text may match by what the expression needs, from its folded form. */
bool regexes_may_find(const struct image *image, const struct image_test *test,
                      struct bytes folded);

/* Whether the expression of a test is found in the text. */
bool regexes_find(struct regexes *regexes, uint32_t test, struct bytes text);

#endif
