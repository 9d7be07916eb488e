#include "cli/case_file.h"

#include "cases/reread.h"
#include "cli/console.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdlib.h>

#define CASE_MEMORY_MAX ((size_t)256 << 20)
#define LINE_MAX_BYTES  ((size_t)64 << 20)

static void sandbox_go(const struct output *output)
{
    struct fault fault;
    struct sandbox_state state;
    const char *folder = output_folder(output);
    const struct sandbox_wish wish = {.writable = &folder, .writable_count = folder != NULL};
    if (sandbox_close(&wish, &state, &fault) != STATUS_OK)
        console_warn("the sandbox: %s", fault.reason);
}

enum status case_file_open(struct case_file *file, const char *path,
                           const struct ledger_options *ledger, const char *output_path,
                           bool no_sandbox, struct output **output, struct fault *fault)
{
    *output = NULL;
    *file = (struct case_file){.path = path};
    arena_init(&file->arena, CASE_MEMORY_MAX);
    file->from = fopen(path, "re");
    if (!file->from)
        return fault_errno(fault, errno, "%s: cannot be opened", path);
    enum status status = ledger_desk_open(ledger, &file->desk, fault);
    if (status == STATUS_OK)
        status = output_open(output_path, output, fault);
    if (status == STATUS_OK && !no_sandbox)
        sandbox_go(*output);
    return status;
}

void case_file_close(struct case_file *file)
{
    if (file->from)
        fclose(file->from);
    ledger_desk_close(&file->desk);
    arena_release(&file->arena);
}

static enum status case_judge(struct case_file *file, struct bytes line, case_use *use,
                              void *context, struct fault *fault)
{
    struct case_record record;
    struct ledger_verdict verdict;
    arena_reset(&file->arena);
    if (line.length > LINE_MAX_BYTES)
        return fault_set(fault, STATUS_INVALID, 0, "the case is too large");
    enum status status = case_reread(line, &file->arena, &record, fault);
    if (status == STATUS_OK)
        status = verdict_make(file->desk.ledger, &record, &file->arena, &verdict, fault);
    if (status == STATUS_OK)
        status = use(context, line, &record, &verdict, fault);
    file->cases += status == STATUS_OK;
    return status;
}

static enum status line_judge(struct case_file *file, struct bytes line, case_use *use,
                              void *context, struct fault *fault)
{
    static const char finding[] = "{\"kind\":\"finding\"";
    file->line++;
    file->findings +=
        line.length >= sizeof(finding) && memcmp(line.data, finding, sizeof(finding) - 1) == 0;
    if (!case_is_one(line))
        return STATUS_OK;
    const enum status status = case_judge(file, line, use, context, fault);
    if (status != STATUS_INVALID)
        return status;
    console_warn("%s:%llu: %s", file->path, (unsigned long long)file->line, fault->reason);
    file->desk.result = exit_worse(file->desk.result, EXIT_INVALID);
    return STATUS_OK;
}

enum status case_file_each(struct case_file *file, case_use *use, void *context,
                           struct fault *fault)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (length = getline(&text, &room, file->from)) > 0)
        status = line_judge(file, bytes_of(text, (size_t)length), use, context, fault);
    if (status == STATUS_OK && ferror(file->from))
        status = fault_errno(fault, errno, "%s: cannot be read", file->path);
    free(text);
    return status;
}
