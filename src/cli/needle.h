/* What is looked for in values: a word, found whatever its case, or a regular expression. */
#ifndef IMPOUND_CLI_NEEDLE_H
#define IMPOUND_CLI_NEEDLE_H

#include "base/buffer.h"
#include "base/status.h"

struct needle; /* one for all threads: it does not change */

/* STATUS_INVALID with the reason when the expression is wrong. Words and expressions are caseless
 * unless `is_cased`. */
enum status needle_new(struct bytes text, bool is_regex, bool is_cased, struct needle **needle,
                       struct fault *fault) MUST_CHECK;
void needle_free(struct needle *needle);

/* Whether it wants folded text (utf.h) to look at. */
bool needle_is_folded(const struct needle *needle);

struct needle_eye; /* one a thread */

struct needle_eye *needle_eye_new(const struct needle *needle);
void needle_eye_free(struct needle_eye *eye);

/* Whether it is in the text, and where. */
bool needle_find(struct needle_eye *eye, struct bytes text, size_t *at);

/* How many texts ran into a limit of the regular expression, which counts as not found. */
uint64_t needle_limited(const struct needle_eye *eye);

#endif
