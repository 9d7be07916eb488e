#include "cli/report_set.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

void report_set_output(struct report_set *set, const struct report_format *format,
                       struct output *output)
{
    assert(set->count < REPORTS_MAX);
    set->items[set->count++] = (struct report_item){.format = format, .output = output};
}

static enum status file_add(struct report_set *set, const struct report_format *format,
                            const char *folder, struct fault *fault)
{
    assert(set->count < REPORTS_MAX);
    struct report_item *item = &set->items[set->count];
    *item = (struct report_item){.format = format};
    if (asprintf(&item->path, "%s/%s", folder, report_format_file(format)) < 0) {
        item->path = NULL;
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    }
    const enum status status = output_open(item->path, &item->output, fault);
    if (status == STATUS_OK)
        set->count++;
    else
        free(item->path);
    return status;
}

enum status report_set_folder(struct report_set *set, const char *folder, struct fault *fault)
{
    enum status status = output_folder_make(folder, fault);
    const struct report_format *format;
    for (size_t i = 0; status == STATUS_OK && (format = report_format_at(i)); i++)
        if (report_format_file(format))
            status = file_add(set, format, folder, fault);
    return status;
}

enum status report_set_open(struct report_set *set, const struct report_options *options,
                            struct fault *fault)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < set->count; i++) {
        struct report_item *item = &set->items[i];
        const struct report_target target = {.file = output_descriptor(item->output),
                                             .name = output_name(item->output),
                                             .path = output_partial(item->output)};
        status = report_open(item->format, options, &target, &item->report, fault);
    }
    return status;
}

enum status report_set_finding(struct report_set *set, const struct finding *finding,
                               const struct rule_info *info, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < set->count; i++)
        status = report_finding(set->items[i].report, finding, info, fault);
    return status;
}

enum status report_set_case(struct report_set *set, const struct case_record *record,
                            const struct ledger_verdict *verdict, struct fault *fault)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < set->count; i++)
        status = report_case(set->items[i].report, record, verdict, fault);
    return status;
}

enum status report_set_end(struct report_set *set, const struct report_summary *summary,
                           struct fault *fault)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < set->count; i++)
        status = report_end(set->items[i].report, summary, fault);
    return status;
}

enum status report_set_close(struct report_set *set, enum status status, struct fault *fault)
{
    for (uint32_t i = 0; i < set->count; i++) {
        struct report_item *item = &set->items[i];
        report_close(item->report);
        if (!item->path)
            continue;
        status = output_close(item->output, status, fault);
        free(item->path);
    }
    set->count = 0;
    return status;
}

void report_set_release(struct report_set *set)
{
    const enum status status = report_set_close(set, STATUS_STOPPED, NULL);
    assert(status == STATUS_STOPPED);
}
