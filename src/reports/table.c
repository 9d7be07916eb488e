/* Lines for a terminal, the cases, and a closing picture. */
#include "reports/case_table.h"
#include "reports/details.h"
#include "reports/page.h"
#include "reports/picture.h"
#include "reports/tags.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define GAP       ((size_t)2)
#define RULE_MAX  48U
#define NO_COLUMN SIZE_MAX

/* Columns of the terminal that each column of the table has; `details` has the rest. */
struct layout {
    size_t time_from, time; /* a narrow terminal does not see the year */
    size_t level, host, event, rule, tool;
    size_t details; /* 0: no limit; NO_COLUMN: none */
};

struct table {
    struct page page;
    struct layout layout;
    struct picture *picture;
    struct buffer plain; /* a value as it is */
    struct details details;
};

static size_t layout_taken(const struct layout *layout)
{
    return layout->time + layout->level + layout->host + layout->event + layout->tool + 5 * GAP;
}

static struct layout layout_of(size_t width)
{
    if (width == 0)
        return (struct layout){
            .time = 23, .level = 4, .host = 20, .event = 13, .rule = 48, .tool = 12};
    struct layout layout = {
        .time = 14, .time_from = 5, .level = 4, .host = 10, .event = 11, .tool = 11};
    if (width >= 120)
        layout = (struct layout){.time = 19, .level = 4, .host = 15, .event = 12, .tool = 12};
    if (width >= 180)
        layout.host = 20;
    const size_t taken = layout_taken(&layout);
    const size_t left = width > taken + 16 ? width - taken : 16;
    const bool has_details = left >= 56;
    layout.rule = !has_details ? left : left / 2 < RULE_MAX ? left / 2 : RULE_MAX;
    layout.details = has_details ? left - layout.rule - GAP : NO_COLUMN;
    return layout;
}

static enum status table_begin(struct report *report, struct fault *fault)
{
    struct table *table = calloc(1, sizeof(*table));
    report->state = table;
    if (!table || !(table->picture = picture_new()))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    table->layout = layout_of(report->options->width);
    table->page = (struct page){.out = &report->out,
                                .paint = report->options->has_colour ? &paint_colour : &paint_plain,
                                .width = report->options->width};
    return STATUS_OK;
}

static void table_close(struct report *report)
{
    struct table *table = report->state;
    if (!table)
        return;
    picture_free(table->picture);
    buffer_release(&table->plain);
    free(table);
}

/* Without a width of the whole, nothing is cut. */
static struct columns columns_of(const struct table *table, size_t width)
{
    return (struct columns){.width = table->page.width ? width : 0, .fill = width, .gap = GAP};
}

static void column(const struct table *table, const char *colour, struct bytes text, size_t width)
{
    page_text(&table->page, colour, text, columns_of(table, width));
}

static void heading(const struct table *table)
{
    const struct layout *layout = &table->layout;
    buffer_text(table->page.out, table->page.paint->dim);
    column(table, "", bytes_of_text("time (UTC)"), layout->time);
    column(table, "", bytes_of_text(""), layout->level);
    column(table, "", bytes_of_text("host"), layout->host);
    column(table, "", bytes_of_text("event"), layout->event);
    column(table, "", bytes_of_text("rule"), layout->rule);
    column(table, "", bytes_of_text("tool"), layout->tool);
    if (layout->details != NO_COLUMN)
        buffer_text(table->page.out, "details");
    page_line_end(&table->page, table->page.paint->reset);
}

static void time_column(const struct table *table, struct instant time)
{
    const struct layout *layout = &table->layout;
    char text[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(text, time);
    struct bytes shown = bytes_of_text("-");
    if (length) {
        text[10] = ' ';
        const size_t end = layout->time_from + layout->time;
        shown = bytes_of(text + layout->time_from,
                         (length - 1 < end ? length - 1 : end) - layout->time_from);
    }
    column(table, table->page.paint->dim, shown, layout->time);
}

/* A full name that does not fit is shown by its first label. */
static struct bytes host_shown(struct bytes host, size_t width)
{
    const uint8_t *dot = host.length ? memchr(host.data, '.', host.length) : NULL;
    const bool is_name = host.length && (host.data[0] < '0' || host.data[0] > '9');
    return host.length > width && dot && is_name ? bytes_of(host.data, (size_t)(dot - host.data))
                                                 : host;
}

/* Microsoft-Windows-TaskScheduler/Operational is TaskScheduler, and the common ones are shorter. */
static struct bytes channel_shown(struct bytes channel)
{
    static const char *const shorter[][2] = {
        {"Security", "Sec"},
        {"System", "Sys"},
        {"Application", "App"},
        {"PowerShell", "PwSh"},
        {"Windows PowerShell", "PwSh"},
        {"TaskScheduler", "Task"},
        {"WMI-Activity", "WMI"},
        {"Windows Defender", "Defender"},
        {"TerminalServices-LocalSessionManager", "RDP"},
        {"TerminalServices-RemoteConnectionManager", "RDP"},
        {"SMBServer", "SMB"},
    };
    static const char maker[] = "Microsoft-Windows-";
    if (channel.length > strlen(maker) && memcmp(channel.data, maker, strlen(maker)) == 0)
        channel = bytes_of(channel.data + strlen(maker), channel.length - strlen(maker));
    const uint8_t *slash = channel.length ? memchr(channel.data, '/', channel.length) : NULL;
    if (slash)
        channel.length = (size_t)(slash - channel.data);
    for (size_t i = 0; i < COUNT_OF(shorter); i++)
        if (bytes_equal(channel, bytes_of_text(shorter[i][0])))
            return bytes_of_text(shorter[i][1]);
    return channel;
}

/* The channel gives way to the event's id. */
static void event_column(const struct table *table, const struct finding *finding)
{
    const size_t width = table->layout.event;
    char text[32];
    if (finding->is_correlation) {
        snprintf(text, sizeof(text), "%u event%s", finding->event_count,
                 finding->event_count == 1 ? "" : "s");
        column(table, "", bytes_of_text(text), width);
        return;
    }
    const size_t id = finding->event_id.length;
    struct cell cell = cell_begin(table->page.out, id + 4 < width ? width - id - 1 : 3);
    cell_text(&cell, channel_shown(finding->channel));
    cell.is_cut = false;
    cell.width = table->page.width ? width : 0;
    cell_text(&cell, bytes_of_text(cell.used ? " " : ""));
    cell_text(&cell, finding->event_id);
    page_fill(&table->page, &cell, columns_of(table, width));
}

/* A conclusion as it is; what is merely possible with a question mark, the first of its kind. */
static void tool_column(const struct table *table, const struct rule_info *info)
{
    const struct layout *layout = &table->layout;
    const bool is_conclusion = rule_concludes(info);
    const struct paint *paint = table->page.paint;
    const char *colour = !info->tool_count ? "" : is_conclusion ? paint->bold : paint->dim;
    struct cell cell = cell_begin(table->page.out, table->page.width ? layout->tool : 0);
    buffer_text(table->page.out, colour);
    cell.mark = table->page.out->length;
    for (uint32_t i = 0; i < info->tool_count; i++) {
        cell_text(&cell, bytes_of_text(i ? "," : ""));
        cell_text(&cell, bytes_of_text(info->tools[i]));
        cell_text(&cell, bytes_of_text(is_conclusion ? "" : "?"));
    }
    if (colour[0])
        buffer_text(table->page.out, paint->reset);
    page_fill(&table->page, &cell, columns_of(table, layout->tool));
}

static void detail_add(struct table *table, struct cell *cell, const struct detail *detail)
{
    const struct paint *paint = table->page.paint;
    cell_text(cell, bytes_of_text(cell->used ? "  " : ""));
    cell_colour(cell, paint->dim);
    buffer_reset(&table->plain);
    finding_field_name(&table->plain, detail->name);
    cell_text(cell, buffer_view(&table->plain));
    cell_text(cell, bytes_of_text(":"));
    cell_colour(cell, paint->reset);
    cell_text(cell, bytes_of_text(" "));
    buffer_reset(&table->plain);
    finding_field_value(&table->plain, detail->value);
    cell_text(cell, buffer_view(&table->plain));
}

/* Who and from where, then the fields. */
static void details_column(struct report *report, const struct finding *finding)
{
    struct table *table = report->state;
    struct cell cell = cell_begin(&report->out, table->layout.details);
    cell_text(&cell, finding->account);
    if (finding->source.length) {
        cell_text(&cell, bytes_of_text(cell.used ? " from " : "from "));
        cell_text(&cell, finding->source);
    }
    details_read(&table->details, report->options, finding->fields);
    for (uint32_t i = 0; i < table->details.count && !cell.is_cut; i++)
        detail_add(table, &cell, &table->details.all[i]);
    if (cell.is_cut)
        buffer_text(&report->out, table->page.paint->reset);
    report->out.failed |= table->plain.failed;
}

static enum status table_finding(struct report *report, const struct finding *finding,
                                 const struct rule_info *info, struct fault *fault)
{
    (void)fault;
    struct table *table = report->state;
    const struct layout *layout = &table->layout;
    if (report->count == 1)
        heading(table);
    time_column(table, finding->time);
    column(table, table->page.paint->level[info->level], bytes_of_text(page_levels[info->level]),
           layout->level);
    column(table, "", host_shown(finding->host, layout->host), layout->host);
    event_column(table, finding);
    column(table, "", bytes_of_text(info->title), layout->rule);
    tool_column(table, info);
    if (layout->details != NO_COLUMN)
        details_column(report, finding);
    page_line_end(&table->page, "");
    picture_add(table->picture, finding, info);
    return STATUS_OK;
}

static void table_case(struct report *report, const struct case_record *record,
                       const struct ledger_verdict *verdict)
{
    const struct table *table = report->state;
    if (report->case_count <= CASE_TABLE_CASES)
        case_table_write(&table->page, report->case_count, record, verdict);
}

static void table_end(struct report *report, const struct report_summary *summary)
{
    struct table *table = report->state;
    if (report->case_count > CASE_TABLE_CASES)
        case_table_more(&table->page, report->case_count - CASE_TABLE_CASES);
    picture_write(table->picture, &table->page);
    picture_write_account(&table->page, report->options, summary);
}

const struct report_format report_table = {
    .name = "table",
    .begin = table_begin,
    .finding = table_finding,
    .case_record = table_case,
    .end = table_end,
    .close = table_close,
};
