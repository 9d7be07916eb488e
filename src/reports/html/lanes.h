/* Steps in time: a lane for each target, drawn as SVG that a script may stretch. Bounded. */
#ifndef IMPOUND_REPORTS_LANES_H
#define IMPOUND_REPORTS_LANES_H

#include "reports/format.h"

#define LANES_MAX 24U
#define MARKS_MAX 2000U

struct lane_mark {
    struct instant first, last;
    uint64_t case_number;
    uint32_t lane, step; /* of its case, from 1 */
    enum ledger_standing standing;
    struct bytes tool;
};

struct lanes {
    struct bytes names[LANES_MAX];
    struct lane_mark marks[MARKS_MAX];
    uint32_t name_count, mark_count;
    uint64_t left_out;
    struct instant first, last;
    struct arena texts;
};

void lanes_init(struct lanes *lanes);
void lanes_release(struct lanes *lanes);
void lanes_add(struct lanes *lanes, uint64_t case_number, const struct case_record *record,
               const struct ledger_verdict *verdict);
/* Nothing when no step was added. With links, a mark leads to its step in the page. */
void lanes_write(const struct lanes *lanes, bool has_links, struct buffer *to);

#endif
