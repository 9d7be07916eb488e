/* The graph and the timeline as files of their own. */
#include "reports/html/graph.h"
#include "reports/html/lanes.h"
#include "reports/html/style.h"

#include <stdlib.h>

static const char empty[] = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"40\">"
                            "<text x=\"10\" y=\"25\">no case</text></svg>\n";

/* The style goes behind the begin of the picture. */
static void styled_write(struct buffer *to, const struct buffer *picture)
{
    const uint8_t *end = picture->length ? memchr(picture->data, '\n', picture->length) : NULL;
    to->failed |= picture->failed;
    if (!end) {
        buffer_text(to, empty);
        return;
    }
    const size_t head = (size_t)(end - picture->data) + 1;
    buffer_bytes(to, picture->data, head);
    buffer_text(to, "<style>");
    buffer_bytes(to, picture_style, picture_style_length);
    buffer_text(to, "</style>\n");
    buffer_bytes(to, picture->data + head, picture->length - head);
}

static enum status nothing(struct report *report, const struct finding *finding,
                           const struct rule_info *info, struct fault *fault)
{
    (void)report, (void)finding, (void)info, (void)fault;
    return STATUS_OK;
}

static enum status graph_begin(struct report *report, struct fault *fault)
{
    report->state = malloc(sizeof(struct graph));
    if (!report->state)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    graph_init(report->state);
    return STATUS_OK;
}

static void graph_case(struct report *report, const struct case_record *record,
                       const struct ledger_verdict *verdict)
{
    graph_add(report->state, record, verdict);
}

static void graph_end(struct report *report, const struct report_summary *summary)
{
    (void)summary;
    struct buffer picture = {0};
    graph_write(report->state, &picture);
    styled_write(&report->out, &picture);
    buffer_release(&picture);
}

static void graph_close(struct report *report)
{
    if (report->state)
        graph_release(report->state);
    free(report->state);
}

const struct report_format report_graph = {
    .name = "graph.svg",
    .file = "graph.svg",
    .begin = graph_begin,
    .finding = nothing,
    .case_record = graph_case,
    .end = graph_end,
    .close = graph_close,
};

static enum status timeline_begin(struct report *report, struct fault *fault)
{
    report->state = malloc(sizeof(struct lanes));
    if (!report->state)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    lanes_init(report->state);
    return STATUS_OK;
}

static void timeline_case(struct report *report, const struct case_record *record,
                          const struct ledger_verdict *verdict)
{
    lanes_add(report->state, report->case_count, record, verdict);
}

static void timeline_end(struct report *report, const struct report_summary *summary)
{
    (void)summary;
    struct buffer picture = {0};
    lanes_write(report->state, false, &picture);
    styled_write(&report->out, &picture);
    buffer_release(&picture);
}

static void timeline_close(struct report *report)
{
    if (report->state)
        lanes_release(report->state);
    free(report->state);
}

const struct report_format report_timeline = {
    .name = "timeline.svg",
    .file = "timeline.svg",
    .begin = timeline_begin,
    .finding = nothing,
    .case_record = timeline_case,
    .end = timeline_end,
    .close = timeline_close,
};
