/* Whether a text fits a SIGMA_TEXT test. */
#ifndef IMPOUND_RULES_TEXT_H
#define IMPOUND_RULES_TEXT_H

#include "rules/compile/image.h"

/* `text` is folded unless the test is cased. */
bool text_fits(const struct image *image, const struct image_test *test, struct bytes text);

/* Where `part` stands in `text`, or NULL. An empty part stands at the beginning. */
const uint8_t *text_find(struct bytes text, struct bytes part);

bool text_begins(struct bytes text, struct bytes with);
bool text_ends(struct bytes text, struct bytes with);

#endif
