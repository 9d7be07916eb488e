/* The packed form of a finding, for those who write one piece by piece. */
#ifndef IMPOUND_FINDINGS_PACK_H
#define IMPOUND_FINDINGS_PACK_H

#include "findings/findings.h"

void pack_number32(struct buffer *to, uint32_t number);
void pack_event(struct buffer *to, const struct finding_event *event);
void pack_text(struct buffer *to, struct bytes text);

/* The header: all numbers of the finding. Behind it come the rules, or the events of a
 * correlation, then the texts in the order of struct finding. */
void pack_header(struct buffer *to, const struct finding *finding, uint32_t first_rule);

/* All texts but the fields. */
void pack_texts(struct buffer *to, const struct finding *finding);

/* A text that is written behind its length, which is not known yet: pack_open gives the place for
 * pack_close. */
size_t pack_open(struct buffer *to);
void pack_close(struct buffer *to, size_t place);

#endif
