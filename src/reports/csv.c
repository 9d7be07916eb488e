/* One row a finding, under Hayabusa's column names. */
#include "reports/details.h"
#include "reports/escape.h"
#include "reports/tags.h"

#include <stdlib.h>

struct csv {
    struct buffer plain; /* a value as it is */
    struct buffer cell;  /* a cell, escaped, not yet in quotes */
    struct details details;
};

static enum status csv_begin(struct report *report, struct fault *fault)
{
    report->state = calloc(1, sizeof(struct csv));
    if (!report->state)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    buffer_text(&report->out,
                "Timestamp,RuleTitle,Level,Computer,Channel,EventID,RecordID,Details,"
                "ExtraFieldInfo,RuleID,MitreTactics,MitreTags,OtherTags,RuleFile,EvtxFile\n");
    return STATUS_OK;
}

static void csv_close(struct report *report)
{
    struct csv *csv = report->state;
    if (!csv)
        return;
    buffer_release(&csv->plain);
    buffer_release(&csv->cell);
    free(csv);
}

/* Ends the cell. */
static void cell_put(struct report *report, char behind)
{
    struct csv *csv = report->state;
    escape_csv(&report->out, buffer_view(&csv->cell));
    report->out.failed |= csv->plain.failed | csv->cell.failed;
    buffer_byte(&report->out, (uint8_t)behind);
    buffer_reset(&csv->cell);
}

static void text_cell(struct report *report, struct bytes text)
{
    struct csv *csv = report->state;
    escape_text(&csv->cell, text);
    cell_put(report, ',');
}

static void time_cell(struct report *report, struct instant time)
{
    char text[INSTANT_TEXT_BOUND];
    text_cell(report, bytes_of(text, instant_write(text, time)));
}

static void number_cell(struct report *report, uint64_t number)
{
    struct csv *csv = report->state;
    buffer_number(&csv->cell, number);
    cell_put(report, ',');
}

static void details_cell(struct report *report, uint32_t from, uint32_t to)
{
    struct csv *csv = report->state;
    details_text(&csv->cell, &csv->plain, &csv->details, from, to);
    cell_put(report, ',');
}

static void tags_cell(struct report *report, const struct rule_info *info, enum tag_kind kind)
{
    struct csv *csv = report->state;
    for (uint32_t i = 0; i < info->tag_count; i++) {
        char text[TAG_TEXT_BOUND];
        if (tag_text(info->tags[i], text) != kind)
            continue;
        if (csv->cell.length)
            buffer_text(&csv->cell, DETAILS_SEPARATOR);
        escape_text(&csv->cell, bytes_of_text(text));
    }
    cell_put(report, ',');
}

static enum status csv_finding(struct report *report, const struct finding *finding,
                               const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct csv *csv = report->state;
    const struct details *details = &csv->details;
    details_read(&csv->details, report->options, finding->fields);
    time_cell(report, finding->time);
    text_cell(report, bytes_of_text(info->title));
    text_cell(report, bytes_of_text(sigma_level_name(info->level)));
    text_cell(report, finding->host);
    text_cell(report, finding->channel);
    text_cell(report, finding->event_id);
    number_cell(report, finding->record);
    details_cell(report, 0, details->main_count);
    details_cell(report, details->main_count, details->count);
    text_cell(report, bytes_of_text(info->id));
    tags_cell(report, info, TAG_TACTIC);
    tags_cell(report, info, TAG_MITRE);
    tags_cell(report, info, TAG_OTHER);
    text_cell(report, bytes_of_text(info->path));
    escape_text(&csv->cell, bytes_of_text(report_path(report, finding->evidence)));
    cell_put(report, '\n');
    return STATUS_OK;
}

const struct report_format report_csv = {
    .name = "csv",
    .file = "findings.csv",
    .begin = csv_begin,
    .finding = csv_finding,
    .close = csv_close,
};
