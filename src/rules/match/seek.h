/* What to look for so as not to miss a test: literals for an index. */
#ifndef IMPOUND_RULES_SEEK_H
#define IMPOUND_RULES_SEEK_H

#include "base/buffer.h"
#include "rules/compile/image.h"
#include "rules/match/index.h"
#include "rules/match/rarity.h"

/* Appends the literals (struct index_literal) for an atom one of which is found in every value that
 * the test holds for; their number. 0: it cannot be looked for. *rate is the share of values in
 * which one is expected. `arena` is for literals that the image has not. */
uint32_t seek_test(const struct image *image, const struct rarity *rarity, struct arena *arena,
                   uint32_t test, uint32_t atom, struct buffer *literals, float *rate);

#endif
