/* What now: a plan for each case of an earlier scan. */
#include "cli/case_file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "respond/respond.h"

struct arguments {
    struct text_list files;
    struct ledger_options ledger;
    const char *id, *output;
    bool no_sandbox;
};

struct contain_run {
    const struct arguments *arguments;
    struct case_file file;
    struct output *output;
    struct buffer text;
    uint64_t plans;
};

static const struct ledger_people *people_of(const struct contain_run *run,
                                             const struct ledger_verdict *verdict,
                                             struct ledger_people *people)
{
    return run->file.desk.ledger && verdict->engagement &&
                   ledger_people(run->file.desk.ledger, verdict->engagement, people)
               ? people
               : NULL;
}

/* Inside of texts of the evidence quotes are escaped, so this can only be the verdict's own. */
static bool names_engagement(struct bytes line)
{
    static const char member[] = "\"engagement\":\"";
    return memmem(line.data, line.length, member, sizeof(member) - 1) != NULL;
}

static enum status case_plan(void *context, struct bytes line, const struct case_record *record,
                             const struct ledger_verdict *verdict, struct fault *fault)
{
    struct contain_run *run = context;
    struct ledger_people people;
    struct plan plan;
    if (run->arguments->id && strcmp(run->arguments->id, record->id) != 0)
        return STATUS_OK;
    if (names_engagement(line) && !run->file.desk.ledger)
        return fault_set(fault, STATUS_INVALID, 0,
                         "the scan's ledger knew an engagement for case %s: give it with --ledger",
                         record->id);
    const enum status status = plan_make(record, verdict, people_of(run, verdict, &people),
                                         &run->file.arena, &plan, fault);
    if (status)
        return status;
    run->plans++;
    plan_write_text(&plan, &run->text);
    return output_drain(run->output, &run->text, fault);
}

static int contain_run(void *given)
{
    const struct arguments *arguments = given;
    struct contain_run run = {.arguments = arguments};
    struct fault fault = {0};
    if (arguments->files.count != 1) {
        console_error("contain wants one file: what scan wrote as JSONL");
        return EXIT_USAGE;
    }
    enum status status =
        case_file_open(&run.file, arguments->files.items[0], &arguments->ledger, arguments->output,
                       arguments->no_sandbox, &run.output, &fault);
    if (status == STATUS_OK)
        status = case_file_each(&run.file, case_plan, &run, &fault);
    if (run.output)
        status = output_close(run.output, status, &fault);
    int result = run.file.desk.result;
    if (status == STATUS_OK && !run.plans) {
        console_warn("%s: no such case in it", run.file.path);
        result = arguments->id && result == EXIT_DONE ? EXIT_USAGE : result;
    }
    case_file_close(&run.file);
    buffer_release(&run.text);
    return status ? console_failure(status, &fault) : result;
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
