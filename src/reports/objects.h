/* The JSON objects of the output contract (docs/design.md), without a line end. */
#ifndef IMPOUND_REPORTS_OBJECTS_H
#define IMPOUND_REPORTS_OBJECTS_H

#include "reports/format.h"

void object_evidence(struct buffer *to, const struct report_evidence *evidence);
void object_finding(struct buffer *to, struct report *report, const struct finding *finding,
                    const struct rule_info *info);
void object_case(struct buffer *to, const struct case_record *record,
                 const struct ledger_verdict *verdict);
void object_summary(struct buffer *to, const struct report *report,
                    const struct report_summary *summary);

#endif
