/* What now: a plan for each case of an earlier scan. */
#include "cases/reread.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/ledger_desk.h"
#include "cli/output.h"
#include "respond/respond.h"
#include "sandbox/sandbox.h"
#include "verdict/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_MEMORY_MAX ((size_t)256 << 20)
#define LINE_MAX_BYTES  ((size_t)64 << 20)

struct arguments {
    struct text_list files;
    struct ledger_options ledger;
    const char *id, *output;
    bool no_sandbox;
};

struct judge_run {
    const struct arguments *arguments;
    struct ledger_desk desk;
    struct output *output;
    struct buffer text;
    struct arena arena; /* of one case */
    FILE *from;
    const char *path;
    uint64_t line, cases, others;
};

static const struct ledger_people *people_of(const struct judge_run *run,
                                             const struct ledger_verdict *verdict,
                                             struct ledger_people *people)
{
    return run->desk.ledger && verdict->engagement &&
                   ledger_people(run->desk.ledger, verdict->engagement, people)
               ? people
               : NULL;
}

/* Inside of texts of the evidence quotes are escaped, so this can only be the verdict's own. */
static bool names_engagement(struct bytes line)
{
    static const char member[] = "\"engagement\":\"";
    return memmem(line.data, line.length, member, sizeof(member) - 1) != NULL;
}

static enum status case_judge(struct judge_run *run, struct bytes line, struct fault *fault)
{
    struct case_record record;
    struct ledger_verdict verdict;
    struct ledger_people people;
    struct plan plan;
    arena_reset(&run->arena);
    enum status status = case_reread(line, &run->arena, &record, fault);
    if (status == STATUS_OK && run->arguments->id && strcmp(run->arguments->id, record.id) != 0)
        return STATUS_OK;
    if (status == STATUS_OK && names_engagement(line) && !run->desk.ledger)
        status = fault_set(
            fault, STATUS_INVALID, 0,
            "the scan's ledger knew an engagement for case %s: give it with --ledger", record.id);
    if (status == STATUS_OK)
        status = verdict_make(run->desk.ledger, &record, &run->arena, &verdict, fault);
    if (status == STATUS_OK)
        status = plan_make(&record, &verdict, people_of(run, &verdict, &people), &run->arena, &plan,
                           fault);
    if (status == STATUS_OK) {
        plan_write_text(&plan, &run->text);
        status = output_drain(run->output, &run->text, fault);
    }
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
static enum status judge(struct judge_run *run, struct fault *fault)
{
    struct sandbox_state state;
    const char *folder = output_folder(run->output);
    const struct sandbox_wish wish = {.writable = &folder, .writable_count = folder != NULL};
    if (!run->arguments->no_sandbox && sandbox_close(&wish, &state, fault) != STATUS_OK)
        console_warn("the sandbox: %s", fault->reason);
    return lines_judge(run, fault);
}

static enum status contain_go(struct judge_run *run, struct fault *fault)
{
    run->path = run->arguments->files.items[0];
    run->from = fopen(run->path, "re");
    if (!run->from)
        return fault_errno(fault, errno, "%s: cannot be opened", run->path);
    enum status status = ledger_desk_open(&run->arguments->ledger, &run->desk, fault);
    if (status == STATUS_OK)
        status = output_open(run->arguments->output, &run->output, fault);
    if (status == STATUS_OK) {
        status = judge(run, fault);
        status = output_close(run->output, status, fault);
    }
    if (status == STATUS_OK && !run->cases) {
        console_warn("%s: no such case in it", run->path);
        if (run->arguments->id && run->desk.result == EXIT_DONE)
            run->desk.result = EXIT_USAGE;
    }
    return status;
}

static int contain_run(void *given)
{
    const struct arguments *arguments = given;
    struct judge_run run = {.arguments = arguments};
    struct fault fault = {0};
    if (arguments->files.count != 1) {
        console_error("contain wants one file: what scan wrote as JSONL");
        return EXIT_USAGE;
    }
    arena_init(&run.arena, CASE_MEMORY_MAX);
    const enum status status = contain_go(&run, &fault);
    if (run.from)
        fclose(run.from);
    ledger_desk_close(&run.desk);
    arena_release(&run.arena);
    buffer_release(&run.text);
    return status ? console_failure(status, &fault) : run.desk.result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option output_options[] = {
    {"case", 0, "ID", OPTION_TEXT, AT(id), NULL, "only this case"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {0},
};

static const struct option_group contain_groups[] = {
    {"Was it authorised", ledger_options, AT(ledger)},
    {"Output", output_options, 0},
    {0},
};

const struct command command_contain = {
    .name = "contain",
    .arguments = "FINDINGS.jsonl",
    .help = "Plan how to contain what a case tells of; nothing is done",
    .detail =
        "The file is what `impound scan --format jsonl` wrote. The plan lists hosts, accounts "
        "and sources in the order that stops the intruder, with what each action breaks, what "
        "to save first and how to undo it; for an authorised test, whom to call. Cases are "
        "judged by this ledger alone; a case that an engagement was found for has no plan "
        "without the ledger.\n"
        "Exit status: 0 done; 2 the command line is wrong, or the system failed; 3 the "
        "ledger or a case is invalid; 5 a signature in the ledger does not verify.",
    .groups = contain_groups,
    .size = sizeof(struct arguments),
    .positional = AT(files),
    .run = contain_run,
};
