/* Copies of one record: the same log may be given twice, as a file and inside an archive, and slack
 * space holds records that stand elsewhere, too. Each copy is a finding; correlations count it
 * once.
 *
 * Hits come sorted by time, so only those of one moment are remembered. */
#ifndef IMPOUND_SCAN_TWINS_H
#define IMPOUND_SCAN_TWINS_H

#include "rules/correlate/correlate.h"

#define TWINS_MAX 4096U /* of one moment; what is more is not looked at */

struct twins;

/* NULL without memory. */
struct twins *twins_new(void);
void twins_free(struct twins *twins);

/* Whether the hit is a copy of one that came before, in other evidence. */
bool twins_knows(struct twins *twins, const struct correlate_hit *hit);

#endif
