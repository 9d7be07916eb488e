#include "cli/workbench.h"

#include "cli/console.h"

#include <stdlib.h>
#include <string.h>

#define SHAPES_MAX 65536U

static uint64_t evidence_done_any(const void *context)
{
    return evidence_done(context);
}

enum status workbench_open(struct workbench *bench, const struct workbench_wish *wish,
                           struct fault *fault)
{
    if (wish->paths->count == 0)
        return fault_set(fault, STATUS_INVALID, 0, "no evidence was named; give files or folders");
    bench->stop = console_catch_stop();
    bench->threads = wish->threads;
    bench->fields = fields_new();
    bench->shapes = shapes_new(SHAPES_MAX);
    if (!bench->fields || !bench->shapes)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    bench->shared = (struct reader_shared){.fields = bench->fields,
                                           .shapes = bench->shapes,
                                           .carve = wish->carve,
                                           .no_fields = wish->no_fields};
    const struct evidence_options options = {.hash = wish->hash, .stop = bench->stop};
    return evidence_open(wish->paths->items, wish->paths->count, &options, &bench->evidence, fault);
}

/* What stays readable: the evidence and what the command names. */
static const char **readable_list(const struct workbench *bench, const struct workbench_wish *wish,
                                  size_t *count)
{
    size_t roots;
    const char *const *root = evidence_roots(bench->evidence, &roots);
    const char **list = calloc(roots + wish->readable_count + 1, sizeof(*list));
    *count = 0;
    for (size_t i = 0; list && i < roots; i++)
        list[(*count)++] = root[i];
    for (size_t i = 0; list && i < wish->readable_count; i++)
        list[(*count)++] = wish->readable[i];
    return list;
}

/* The output's folder, because its file is renamed in it at the end. */
static char *output_folder(const char *output)
{
    const char *slash = output ? strrchr(output, '/') : NULL;
    if (!output)
        return NULL;
    if (!slash)
        return strdup(".");
    return slash == output ? strdup("/") : strndup(output, (size_t)(slash - output));
}

enum status workbench_close_sandbox(struct workbench *bench, const struct workbench_wish *wish,
                                    struct fault *fault)
{
    if (wish->no_sandbox) {
        strcpy(bench->sandbox.line, "none (--no-sandbox)");
        return STATUS_OK;
    }
    struct fault closing = {0};
    size_t count;
    const char **readable = readable_list(bench, wish, &count);
    char *folder = output_folder(wish->output);
    const struct sandbox_wish sandbox = {.readable = readable,
                                         .readable_count = count,
                                         .writable = (const char *const *)&folder,
                                         .writable_count = folder != NULL};
    enum status status = readable && (folder || !wish->output)
                             ? STATUS_OK
                             : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    if (status == STATUS_OK && sandbox_close(&sandbox, &bench->sandbox, &closing) != STATUS_OK)
        console_warn("sandbox: %s", closing.reason);
    free(readable);
    free(folder);
    return status;
}

enum status workbench_run(struct workbench *bench, const char *what,
                          const struct pipeline_work *work, struct fault *fault)
{
    const struct pipeline_options options = {
        .shared = &bench->shared, .threads = bench->threads, .stop = bench->stop};
    struct progress *progress =
        progress_start(what, evidence_size(bench->evidence), evidence_done_any, bench->evidence);
    const enum status status = pipeline_run(bench->evidence, &options, work, fault);
    progress_stop(progress);
    return status;
}

void workbench_release(struct workbench *bench)
{
    if (bench->evidence)
        evidence_close(bench->evidence);
    shapes_free(bench->shapes);
    names_free(bench->fields);
}

void item_warn(const struct pipeline_item *item)
{
    const struct account *account = item->account;
    if (!account->is_incomplete && item->is_evidence)
        return;
    const char *note;
    for (uint32_t i = 0; (note = account_note_at(account, i)); i++)
        console_warn("%s: %s", item->path, note);
    if (account->notes_left_out)
        console_warn("%s: %u more of these", item->path, account->notes_left_out);
}

enum status span_parse(struct span *span, const char *from, const char *to, struct fault *fault)
{
    span->has_from = from != NULL;
    span->has_to = to != NULL;
    if (from && instant_parse(bytes_of_text(from), &span->from) != STATUS_OK)
        return fault_set(fault, STATUS_INVALID, 0, "--from is no RFC 3339 time: %s", from);
    if (to && instant_parse(bytes_of_text(to), &span->to) != STATUS_OK)
        return fault_set(fault, STATUS_INVALID, 0, "--to is no RFC 3339 time: %s", to);
    return STATUS_OK;
}

bool span_holds(const struct span *span, struct instant time)
{
    return (!span->has_from || instant_compare(time, span->from) >= 0) &&
           (!span->has_to || instant_compare(time, span->to) <= 0);
}

void event_write(const struct event *event, enum reader_text text, struct buffer *to)
{
    (void)text;
    (void)event;
    buffer_text(to, "{}");
}
