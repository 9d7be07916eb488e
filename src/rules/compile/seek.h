/* What to look for so as not to miss a test: literals, and which of their grams. Worked out when
 * rules are compiled; indexes are made from it without looking at the literals again. */
#ifndef IMPOUND_RULES_SEEK_H
#define IMPOUND_RULES_SEEK_H

#include "rules/compile/image.h"
#include "rules/compile/rarity.h"

/* Indexes look at every 2nd or 4th place of a text for grams of 4 bytes, so that many neighbouring
 * grams of a literal are needed; of a literal of 4 bytes both its grams of 3. */
#define SEEK_GRAM       4U
#define SEEK_STRIDE     2U
#define SEEK_STRIDE_MAX 4U

/* Whether a literal can be looked for in this place: some are too short. */
bool seek_takes(struct bytes literal, enum seek_place place);

/* Everything but the literal itself and `is_exact`, and in *rate the share of values in which it is
 * expected. The literal is folded, and one that seek_takes. */
struct image_seek seek_make(const struct rarity *rarity, struct bytes literal,
                            enum seek_place place, float *rate);

/* Whether grams can be taken where the record says, for one that comes from a file. */
bool seek_is_right(const struct image_seek *seek, struct bytes literal);

#endif
