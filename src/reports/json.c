/* The objects of JSONL as the members of one. */
#include "reports/objects.h"

static enum status json_begin(struct report *report, struct fault *fault)
{
    (void)fault;
    buffer_text(&report->out, "{\"evidence\":[\n");
    return STATUS_OK;
}

static void json_evidence(struct report *report, const struct report_evidence *evidence)
{
    if (evidence != report->options->evidence)
        buffer_byte(&report->out, ',');
    object_evidence(&report->out, evidence);
    buffer_byte(&report->out, '\n');
}

static void findings_open(struct report *report)
{
    buffer_text(&report->out, "],\"findings\":[\n");
}

static enum status json_finding(struct report *report, const struct finding *finding,
                                const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    if (report->count == 1)
        findings_open(report);
    else
        buffer_byte(&report->out, ',');
    object_finding(&report->out, report, finding, info);
    buffer_byte(&report->out, '\n');
    return STATUS_OK;
}

static void cases_open(struct report *report)
{
    if (report->count == 0)
        findings_open(report);
    buffer_text(&report->out, "],\"cases\":[");
}

static void json_case(struct report *report, const struct case_record *record,
                      const struct ledger_verdict *verdict)
{
    if (report->case_count == 1)
        cases_open(report);
    buffer_text(&report->out, report->case_count == 1 ? "\n" : ",");
    object_case(&report->out, record, verdict);
    buffer_byte(&report->out, '\n');
}

static void json_end(struct report *report, const struct report_summary *summary)
{
    if (report->case_count == 0)
        cases_open(report);
    buffer_text(&report->out, "],\"summary\":");
    object_summary(&report->out, report, summary);
    buffer_text(&report->out, "}\n");
}

const struct report_format report_json = {
    .name = "json",
    .begin = json_begin,
    .evidence = json_evidence,
    .finding = json_finding,
    .case_record = json_case,
    .end = json_end,
};
