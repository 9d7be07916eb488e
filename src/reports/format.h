/* What a format is, and what it writes with. */
#ifndef IMPOUND_REPORTS_FORMAT_H
#define IMPOUND_REPORTS_FORMAT_H

#include "base/arena.h"
#include "reports/reports.h"

/* What is the same in all findings of a rule, by its number: rendered with the first of them. */
struct rule_texts {
    struct arena arena;
    struct bytes *texts; /* empty: not rendered yet */
    uint32_t count;
};

/* What formats append to; report.c writes it out, only after whole lines. */
struct report {
    const struct report_format *format;
    const struct report_options *options;
    struct buffer out;
    struct report_target target;
    uint64_t count; /* of findings */
    uint64_t case_count;
    struct rule_texts rule_texts;
    void *state; /* the format's own */
};

/* A format appends to report->out, whole lines with each call. Any function may be NULL. */
struct report_format {
    const char *name;
    const char *file; /* its name in a folder of reports; NULL: it has no place there */
    enum status (*begin)(struct report *report, struct fault *fault);
    void (*evidence)(struct report *report, const struct report_evidence *evidence);
    enum status (*finding)(struct report *report, const struct finding *finding,
                           const struct rule_info *info, struct fault *fault);
    void (*case_record)(struct report *report, const struct case_record *record,
                        const struct ledger_verdict *verdict);
    void (*end)(struct report *report, const struct report_summary *summary);
    void (*close)(struct report *report);
};

extern const struct report_format report_jsonl;
extern const struct report_format report_json;
extern const struct report_format report_csv;
extern const struct report_format report_table;
extern const struct report_format report_html;
extern const struct report_format report_graph;
extern const struct report_format report_timeline;
extern const struct report_format report_timesketch, report_timesketch_jsonl;
extern const struct report_format report_ecs, report_ocsf, report_navigator, report_stix,
    report_indicators;

/* The path of the evidence that a finding cites. */
const char *report_path(const struct report *report, uint32_t evidence);

#endif
