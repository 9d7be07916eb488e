/* Timesketch's import format (timesketch.org, "Import from JSON or CSV"): a row a finding, and a
 * row a step of a case; message, datetime, timestamp (microseconds), timestamp_desc and tag are its
 * names. As CSV and as JSON lines. */
#include "reports/details.h"
#include "reports/escape.h"
#include "reports/members.h"
#include "reports/tags.h"

#include <stdlib.h>

enum column {
    MESSAGE,
    DATETIME,
    TIMESTAMP,
    TIMESTAMP_DESC,
    TAG,
    KIND,
    LEVEL,
    VERDICT,
    TOOL,
    ATTACK,
    HOSTNAME,
    USERNAME,
    SOURCE,
    RULE,
    RULE_ID,
    CHANNEL,
    EVENT_IDENTIFIER,
    EVIDENCE,
    RECORD,
    COMMUNITY_ID,
    CASE_ID,
    FINDING_ID,
    DETAILS,
    COLUMNS,
};

static const char *const names[COLUMNS] = {
    "message",
    "datetime",
    "timestamp",
    "timestamp_desc",
    "tag",
    "kind",
    "level",
    "verdict",
    "tool",
    "attack",
    "hostname",
    "username",
    "source",
    "rule",
    "rule_id",
    "channel",
    "event_identifier",
    "evidence",
    "record",
    "community_id",
    "case_id",
    "finding_id",
    "details",
};

/* The columns of one row as they are, and room for work. */
struct timesketch {
    struct buffer columns[COLUMNS];
    struct buffer cell, plain;
    struct details details;
};

static enum status begin(struct report *report, struct fault *fault)
{
    report->state = calloc(1, sizeof(struct timesketch));
    return report->state ? STATUS_OK
                         : fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
}

static enum status begin_csv(struct report *report, struct fault *fault)
{
    for (unsigned i = 0; i < COLUMNS; i++) {
        buffer_text(&report->out, i ? "," : "");
        buffer_text(&report->out, names[i]);
    }
    buffer_byte(&report->out, '\n');
    return begin(report, fault);
}

static void close(struct report *report)
{
    struct timesketch *state = report->state;
    if (!state)
        return;
    for (unsigned i = 0; i < COLUMNS; i++)
        buffer_release(&state->columns[i]);
    buffer_release(&state->cell);
    buffer_release(&state->plain);
    free(state);
}

/* --- Rows --- */

static void csv_row(struct report *report)
{
    struct timesketch *state = report->state;
    for (unsigned i = 0; i < COLUMNS; i++) {
        buffer_text(&report->out, i ? "," : "");
        buffer_reset(&state->cell);
        escape_text(&state->cell, buffer_view(&state->columns[i]));
        escape_csv(&report->out, buffer_view(&state->cell));
    }
    buffer_byte(&report->out, '\n');
}

/* Items with commas between them, as a list. */
static void list_json(struct buffer *to, struct bytes items)
{
    buffer_byte(to, '[');
    for (size_t at = 0, end; at < items.length; at = end + 1) {
        const uint8_t *comma = memchr(items.data + at, ',', items.length - at);
        end = comma ? (size_t)(comma - items.data) : items.length;
        if (at)
            buffer_byte(to, ',');
        buffer_json(to, bytes_of(items.data + at, end - at));
    }
    buffer_byte(to, ']');
}

static void json_row(struct report *report)
{
    struct timesketch *state = report->state;
    struct buffer *to = &report->out;
    for (unsigned i = 0; i < COLUMNS; i++) {
        const struct bytes value = buffer_view(&state->columns[i]);
        buffer_text(to, i ? ",\"" : "{\"");
        buffer_text(to, names[i]);
        buffer_text(to, "\":");
        if (i == TIMESTAMP)
            buffer_bytes(to, value.data, value.length);
        else if (i == TAG)
            list_json(to, value);
        else
            buffer_json(to, value);
    }
    buffer_text(to, "}\n");
}

static void row_end(struct report *report)
{
    struct timesketch *state = report->state;
    if (report->format == &report_timesketch)
        csv_row(report);
    else
        json_row(report);
    report->out.failed |= state->cell.failed | state->plain.failed;
    for (unsigned i = 0; i < COLUMNS; i++) {
        report->out.failed |= state->columns[i].failed;
        buffer_reset(&state->columns[i]);
    }
}

static void put(struct report *report, enum column column, struct bytes text)
{
    struct timesketch *state = report->state;
    buffer_bytes(&state->columns[column], text.data, text.length);
}

static void put_text(struct report *report, enum column column, const char *text)
{
    put(report, column, bytes_of_text(text));
}

/* An item of a list; a comma in it would end it. */
static void put_item(struct report *report, enum column column, struct bytes text)
{
    struct timesketch *state = report->state;
    struct buffer *to = &state->columns[column];
    if (to->length)
        buffer_byte(to, ',');
    for (size_t i = 0; i < text.length; i++)
        buffer_byte(to, text.data[i] == ',' ? ' ' : text.data[i]);
}

/* Microseconds, always: mixed forms are not read as one column. */
static void put_time(struct report *report, struct instant time, const char *what)
{
    struct timesketch *state = report->state;
    char text[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(text, time_fixed(time, 6));
    put(report, DATETIME, bytes_of(text, length - 1));
    put_text(report, DATETIME, "+00:00");
    buffer_format(&state->columns[TIMESTAMP], "%lld", (long long)time_micros(time));
    put_text(report, TIMESTAMP_DESC, instant_is_known(time) ? what : "Time unknown");
}

static enum status finding_row(struct report *report, const struct finding *finding,
                               const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct timesketch *state = report->state;
    char text[TAG_TEXT_BOUND], id[33];
    put_text(report, MESSAGE, info->title);
    put_text(report, MESSAGE, finding->host.length ? " on " : "");
    put(report, MESSAGE, finding->host);
    put_time(report, finding->time, "Event seen");
    put_text(report, KIND, "finding");
    put_text(report, LEVEL, sigma_level_name(info->level));
    put_item(report, TAG, bytes_of_text(sigma_level_name(info->level)));
    for (uint32_t i = 0; rule_concludes(info) && i < info->tool_count; i++) {
        put_item(report, TOOL, bytes_of_text(info->tools[i]));
        put_item(report, TAG, bytes_of_text(info->tools[i]));
    }
    for (uint32_t at = 0; rule_technique_next(info, &at, text);) {
        put_item(report, ATTACK, bytes_of_text(text));
        put_item(report, TAG, bytes_of_text(text));
    }
    put(report, HOSTNAME, finding->host);
    put(report, USERNAME, finding->account);
    put(report, SOURCE, finding->source);
    put_text(report, RULE, info->title);
    put_text(report, RULE_ID, info->id);
    put(report, CHANNEL, finding->channel);
    put(report, EVENT_IDENTIFIER, finding->event_id);
    put_text(report, EVIDENCE, report_path(report, finding->evidence));
    buffer_number(&state->columns[RECORD], finding->record);
    if (flow_is_known(&finding->flow)) {
        char flow[FLOW_TEXT_BOUND];
        flow_write(flow, &finding->flow);
        put_text(report, COMMUNITY_ID, flow);
    }
    finding_id(finding, info, id);
    put_text(report, FINDING_ID, id);
    details_read(&state->details, report->options, finding->fields);
    details_text(&state->columns[DETAILS], &state->plain, &state->details, 0, state->details.count);
    row_end(report);
    return STATUS_OK;
}

static void step_row(struct report *report, const struct case_record *record,
                     const struct case_step *step, const struct ledger_judgement *judgement)
{
    const char *verdict = ledger_status(judgement->standing);
    put(report, MESSAGE, step->what);
    put_time(report, step->first, "Case step seen");
    put_text(report, KIND, "step");
    put_text(report, VERDICT, verdict);
    put_item(report, TAG, bytes_of_text(verdict));
    for (uint32_t i = 0; i < step->tools.count; i++) {
        put_item(report, TOOL, step->tools.items[i]);
        put_item(report, TAG, step->tools.items[i]);
    }
    for (uint32_t i = 0; i < step->techniques.count; i++) {
        put_item(report, ATTACK, step->techniques.items[i]);
        put_item(report, TAG, step->techniques.items[i]);
    }
    put(report, HOSTNAME, step->target);
    put(report, USERNAME, step->account);
    put(report, SOURCE, step->source);
    put_text(report, CASE_ID, record->id);
    for (uint32_t i = 0; i < step->finding_count; i++)
        put_item(report, FINDING_ID, bytes_of_text(step->findings[i]));
    put(report, DETAILS, record->title);
    row_end(report);
}

static void case_rows(struct report *report, const struct case_record *record,
                      const struct ledger_verdict *verdict)
{
    for (uint32_t i = 0; i < record->step_count; i++)
        step_row(report, record, &record->steps[i], &verdict->steps[i]);
}

const struct report_format report_timesketch = {
    .name = "timesketch",
    .file = "timesketch.csv",
    .begin = begin_csv,
    .finding = finding_row,
    .case_record = case_rows,
    .close = close,
};

const struct report_format report_timesketch_jsonl = {
    .name = "timesketch-jsonl",
    .file = "timesketch.jsonl",
    .begin = begin,
    .finding = finding_row,
    .case_record = case_rows,
    .close = close,
};
