/* Cases of an earlier scan, judged again by a ledger that has turned up since. */
#include "verdict/verdict.h"
#include "cases/reread.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/ledger_desk.h"
#include "cli/output.h"
#include "cli/sheet.h"
#include "reports/reports.h"
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_MEMORY_MAX ((size_t)256 << 20)
#define LINE_MAX_BYTES  ((size_t)64 << 20)

struct arguments {
    struct text_list files;
    struct ledger_options ledger;
    const char *format, *output;
    bool no_colour, no_sandbox;
};

struct judge_run {
    const struct arguments *arguments;
    struct ledger_desk desk;
    struct report *report;
    struct arena arena; /* of one case */
    FILE *from;
    const char *path;
    uint64_t line, cases, others;
};

static enum status case_judge(struct judge_run *run, struct bytes line, struct fault *fault)
{
    struct case_record record;
    struct ledger_verdict verdict;
    arena_reset(&run->arena);
    enum status status = case_reread(line, &run->arena, &record, fault);
    if (status == STATUS_OK)
        status = verdict_make(run->desk.ledger, &record, &run->arena, &verdict, fault);
    if (status == STATUS_OK)
        status = report_case(run->report, &record, &verdict, fault);
    run->cases += status == STATUS_OK;
    return status;
}

/* A broken case is told, and the others are judged all the same. */
static enum status line_judge(struct judge_run *run, struct bytes line, struct fault *fault)
{
    if (!case_is_one(line)) {
        run->others++;
        return STATUS_OK;
    }
    const enum status status = line.length > LINE_MAX_BYTES
                                   ? fault_set(fault, STATUS_INVALID, 0, "the case is too large")
                                   : case_judge(run, line, fault);
    if (status != STATUS_INVALID)
        return status;
    console_warn("%s:%llu: %s", run->path, (unsigned long long)run->line, fault->reason);
    run->desk.result = exit_worse(run->desk.result, EXIT_INVALID);
    return STATUS_OK;
}

static enum status lines_judge(struct judge_run *run, struct fault *fault)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (length = getline(&text, &room, run->from)) > 0) {
        run->line++;
        status = line_judge(run, bytes_of(text, (size_t)length), fault);
    }
    if (status == STATUS_OK && ferror(run->from))
        status = fault_errno(fault, errno, "%s: cannot be read", run->path);
    free(text);
    return status;
}

/* Everything is open before the sandbox closes. */
static enum status judge(struct judge_run *run, struct output *output, struct fault *fault)
{
    struct sandbox_state state;
    const struct sandbox_wish wish = {0};
    const char *format = run->arguments->format;
    const bool is_table = output_is_table(output, format);
    const struct report_options options = {
        .has_colour = sheet_wants_colour(output) && !run->arguments->no_colour,
        .width = report_terminal_width(output_descriptor(output)),
    };
    const struct report_target target = {.file = output_descriptor(output),
                                         .name = output_name(output)};
    if (!run->arguments->no_sandbox && sandbox_close(&wish, &state, fault) != STATUS_OK)
        console_warn("the sandbox: %s", fault->reason);
    enum status status = report_open(report_format_find(is_table ? "table" : "jsonl"), &options,
                                     &target, &run->report, fault);
    if (status == STATUS_OK)
        status = lines_judge(run, fault);
    if (status == STATUS_OK)
        status = report_flush(run->report, fault);
    report_close(run->report);
    return status;
}

static enum status verdict_go(struct judge_run *run, struct fault *fault)
{
    struct output *output = NULL;
    run->path = run->arguments->files.items[0];
    run->from = fopen(run->path, "re");
    if (!run->from)
        return fault_errno(fault, errno, "%s: cannot be opened", run->path);
    enum status status = ledger_desk_open(&run->arguments->ledger, &run->desk, fault);
    if (status == STATUS_OK)
        status = output_open(run->arguments->output, &output, fault);
    if (status == STATUS_OK) {
        status = judge(run, output, fault);
        status = output_close(output, status, fault);
    }
    if (status == STATUS_OK && !run->cases)
        console_warn("%s: no cases in it", run->path);
    return status;
}

static int verdict_run(void *given)
{
    const struct arguments *arguments = given;
    struct judge_run run = {.arguments = arguments};
    struct fault fault = {0};
    if (arguments->files.count != 1) {
        console_error("verdict wants one file: what scan wrote as JSONL");
        return EXIT_USAGE;
    }
    arena_init(&run.arena, CASE_MEMORY_MAX);
    const enum status status = verdict_go(&run, &fault);
    if (run.from)
        fclose(run.from);
    ledger_desk_close(&run.desk);
    arena_release(&run.arena);
    return status ? console_failure(status, &fault) : run.desk.result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option output_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "table|jsonl",
     "how to write cases (default: a table on a terminal, else jsonl)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {"no-color", 'K', NULL, OPTION_FLAG, AT(no_colour), NULL, "no colours"},
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {0},
};

static const struct option_group verdict_groups[] = {
    {"Was it authorised", ledger_options, AT(ledger)},
    {"Output", output_options, 0},
    {0},
};

const struct command command_verdict = {
    .name = "verdict",
    .arguments = "FINDINGS.jsonl",
    .help = "Judge the cases of an earlier scan again, without the evidence",
    .detail = "Engagements often turn up the next day. The file is what `impound scan --format "
              "jsonl` wrote; its cases are written anew with the verdict of this ledger.\n"
              "Exit status: 0 done; 2 the command line is wrong, or the system failed; 3 the "
              "ledger or a case is invalid; 5 a signature in the ledger does not verify.",
    .groups = verdict_groups,
    .size = sizeof(struct arguments),
    .positional = AT(files),
    .run = verdict_run,
};
