/* Steps to cases: what one source or one account did, and what went on from a host that it had
 * reached. Steps of which none founds a case are in none. */
#ifndef IMPOUND_CASES_CAMPAIGNS_H
#define IMPOUND_CASES_CAMPAIGNS_H

#include "cases/steps.h"

/* The steps of all cases, those of one case side by side. */
struct campaigns {
    uint32_t *steps;  /* indices into steps->items: cases by their first step, steps by time */
    uint32_t *begins; /* where each case begins in it; one more at the end */
    uint32_t count;
};

/* False without memory. */
bool campaigns_find(struct campaigns *campaigns, const struct steps *steps);
void campaigns_release(struct campaigns *campaigns);

#endif
