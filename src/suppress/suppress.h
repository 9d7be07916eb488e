/* What a site has seen, explained and does not want to be told again: findings that are kept back,
 * each by somebody, for a reason, until a day. docs/suppressions.md tells the format.
 *
 * In: a file. Out: whether a finding is kept back, and by which entry. Knows nothing of outputs;
 * that what is kept back is counted and told is the caller's. One thread at a time. */
#ifndef IMPOUND_SUPPRESS_H
#define IMPOUND_SUPPRESS_H

#include "findings/findings.h"

#define SUPPRESSIONS_MAX 10000U

struct suppressions;

/* Reads a file. `now` decides what has expired. STATUS_INVALID with `file:line: reason` when
 * anything in it is wrong; then nothing of it is used. Free with suppressions_free. */
enum status suppressions_read(const char *path, struct instant now,
                              struct suppressions **suppressions, struct fault *fault) MUST_CHECK;
void suppressions_free(struct suppressions *suppressions);

/* Whether an entry that has not expired fits the finding, and counts it there; the first wins. */
bool suppressions_keep_back(struct suppressions *suppressions, const struct finding *finding,
                            const struct rule_info *info);

/* What there is to tell of an entry. */
struct suppression_told {
    uint32_t line; /* in the file */
    const char *owner, *reason, *expires;
    bool has_expired;
    uint64_t count; /* of findings that it kept back */
};

uint32_t suppressions_count(const struct suppressions *suppressions);
struct suppression_told suppressions_told(const struct suppressions *suppressions, uint32_t index);

#endif
