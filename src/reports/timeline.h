/* How many findings there were when: a fixed number of bars whose width grows with the span. */
#ifndef IMPOUND_REPORTS_TIMELINE_H
#define IMPOUND_REPORTS_TIMELINE_H

#include "reports/page.h"

#define TIMELINE_BARS 60

struct timeline {
    int64_t width; /* seconds of a bar; 0: nothing was added */
    int64_t first; /* number of the first bar's moment, counted in widths */
    uint32_t used; /* bars, to the last one with something in it */
    uint64_t counts[TIMELINE_BARS];
    uint8_t levels[TIMELINE_BARS]; /* the worst in it */
};

/* Times must not go back. An unknown one is not counted. */
void timeline_add(struct timeline *timeline, struct instant time, enum sigma_level level);

/* Nothing when everything is in one bar. */
void timeline_write(const struct timeline *timeline, const struct page *page);

#endif
