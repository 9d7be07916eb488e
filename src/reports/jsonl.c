/* One object a line: evidence, findings, cases, the summary last. */
#include "reports/objects.h"

static void jsonl_evidence(struct report *report, const struct report_evidence *evidence)
{
    object_evidence(&report->out, evidence);
    buffer_byte(&report->out, '\n');
}

static enum status jsonl_finding(struct report *report, const struct finding *finding,
                                 const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    object_finding(&report->out, report, finding, info);
    buffer_byte(&report->out, '\n');
    return STATUS_OK;
}

static void jsonl_case(struct report *report, const struct case_record *record,
                       const struct ledger_verdict *verdict)
{
    object_case(&report->out, record, verdict);
    buffer_byte(&report->out, '\n');
}

static void jsonl_end(struct report *report, const struct report_summary *summary)
{
    object_summary(&report->out, report, summary);
    buffer_byte(&report->out, '\n');
}

const struct report_format report_jsonl = {
    .name = "jsonl",
    .file = "findings.jsonl",
    .evidence = jsonl_evidence,
    .finding = jsonl_finding,
    .case_record = jsonl_case,
    .end = jsonl_end,
};
