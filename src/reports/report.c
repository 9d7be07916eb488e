#include "reports/format.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WRITE_ROOM     ((size_t)64 << 10)
#define RULE_TEXTS_MAX ((size_t)8 << 20)

static const struct report_format *const formats[] = {
    &report_table, &report_jsonl,      &report_json,
    &report_csv,   &report_timesketch, &report_timesketch_jsonl,
    &report_ecs,   &report_ocsf,       &report_navigator,
    &report_html,  &report_graph,      &report_timeline,
    &report_stix,  &report_indicators,
};

const struct report_format *report_format_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++)
        if (strcmp(formats[i]->name, name) == 0)
            return formats[i];
    return NULL;
}

const struct report_format *report_format_at(size_t index)
{
    return index < COUNT_OF(formats) ? formats[index] : NULL;
}

const char *report_format_name(const struct report_format *format)
{
    return format->name;
}

const char *report_format_file(const struct report_format *format)
{
    return format->file;
}

const char *report_path(const struct report *report, uint32_t evidence)
{
    assert(evidence < report->options->evidence_count);
    return report->options->evidence[evidence].path;
}

static enum status write_out(struct report *report, struct fault *fault)
{
    struct buffer *out = &report->out;
    if (out->failed)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    size_t done = 0;
    while (done < out->length) {
        const ssize_t written = write(report->target.file, out->data + done, out->length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0 && errno == EPIPE)
            return fault_set(fault, STATUS_STOPPED, 0, "whoever read the output has gone");
        if (written <= 0)
            return fault_errno(fault, written ? errno : ENOSPC, "cannot write %s",
                               report->target.name);
        done += (size_t)written;
    }
    buffer_reset(out);
    return STATUS_OK;
}

enum status report_open(const struct report_format *format, const struct report_options *options,
                        const struct report_target *target, struct report **report,
                        struct fault *fault)
{
    struct report *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the output");
    opened->format = format;
    opened->options = options;
    opened->target = *target;
    if (!target->name)
        opened->target.name = "the output";
    buffer_grow(&opened->out, WRITE_ROOM);
    arena_init(&opened->rule_texts.arena, RULE_TEXTS_MAX);
    enum status status = format->begin ? format->begin(opened, fault) : STATUS_OK;
    for (uint32_t i = 0; !status && format->evidence && i < options->evidence_count; i++) {
        format->evidence(opened, &options->evidence[i]);
        if (opened->out.length >= WRITE_ROOM || opened->out.failed)
            status = write_out(opened, fault);
    }
    if (status) {
        report_close(opened);
        return status;
    }
    *report = opened;
    return STATUS_OK;
}

enum status report_finding(struct report *report, const struct finding *finding,
                           const struct rule_info *info, struct fault *fault)
{
    report->count++;
    const enum status status =
        report->format->finding ? report->format->finding(report, finding, info, fault) : STATUS_OK;
    if (status)
        return status;
    return report->out.length >= WRITE_ROOM || report->out.failed ? write_out(report, fault)
                                                                  : STATUS_OK;
}

enum status report_case(struct report *report, const struct case_record *record,
                        const struct ledger_verdict *verdict, struct fault *fault)
{
    report->case_count++;
    if (report->format->case_record)
        report->format->case_record(report, record, verdict);
    return report->out.length >= WRITE_ROOM || report->out.failed ? write_out(report, fault)
                                                                  : STATUS_OK;
}

enum status report_flush(struct report *report, struct fault *fault)
{
    return write_out(report, fault);
}

enum status report_end(struct report *report, const struct report_summary *summary,
                       struct fault *fault)
{
    if (report->format->end)
        report->format->end(report, summary);
    return write_out(report, fault);
}

uint64_t report_count(const struct report *report)
{
    return report->count;
}

void report_close(struct report *report)
{
    if (!report)
        return;
    if (report->format->close)
        report->format->close(report);
    arena_release(&report->rule_texts.arena);
    free(report->rule_texts.texts);
    buffer_release(&report->out);
    free(report);
}

uint32_t report_terminal_width(int file)
{
    struct winsize size;
    return isatty(file) && ioctl(file, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
