/* Which tool it was, how sure that is, and why.
 *
 * Each rule that speaks for a tool is right about it with some probability (data/attribution.csv);
 * rules that saw the same run are taken as independent, so a tool is missed only when all of them
 * are wrong. What speaks against multiplies. A case is as sure of a tool as its surest step. */
#ifndef IMPOUND_CASES_ATTRIBUTION_H
#define IMPOUND_CASES_ATTRIBUTION_H

#include "cases/steps.h"

struct attribution {
    const struct steps *steps;
    const struct meanings *meanings;
    const struct texts *texts; /* what clients called themselves */
};

/* Fills in the tools and the alternatives of a case; everything is taken from the arena. False
 * without memory. */
bool attribution_make(const struct attribution *attribution, const uint32_t *steps, uint32_t count,
                      struct case_record *record, struct arena *arena);

/* The tools of one step, the surest first; at least one. Returns how many. */
uint32_t attribution_of_step(const struct attribution *attribution, const struct step *step,
                             struct bytes names[TOOLS_MAX]);

#endif
