/* Which findings of an earlier scan a ledger covers: a line for each finding of a case. */
#include "cases/reread.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/ledger_desk.h"
#include "cli/output.h"
#include "reports/escape.h"
#include "sandbox/sandbox.h"
#include "verdict/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define CASE_ROOM      ((size_t)256 << 20)
#define LINE_BYTES_MAX ((size_t)64 << 20)
#define FINDING_BEGIN  "{\"kind\":\"finding\""

struct arguments {
    struct text_list files;
    struct ledger_options ledger;
    const char *output;
};

struct showing {
    const struct arguments *arguments;
    struct ledger_desk desk;
    struct arena arena; /* of one case */
    struct buffer text;
    FILE *from;
    struct output *output;
    uint64_t line, findings, in_cases, covered;
};

static void step_write(struct showing *showing, const struct case_step *step,
                       const struct ledger_judgement *judgement)
{
    const char *engagement = judgement->engagement ? judgement->engagement : "-";
    showing->in_cases += step->finding_count + step->findings_left_out;
    if (judgement->standing == LEDGER_COVERED)
        showing->covered += step->finding_count + step->findings_left_out;
    for (uint32_t i = 0; i < step->finding_count; i++) {
        escape_text(&showing->text, bytes_of_text(step->findings[i]));
        buffer_format(&showing->text, "\t%s\t", ledger_status(judgement->standing));
        escape_text(&showing->text, bytes_of_text(engagement));
        buffer_byte(&showing->text, '\t');
        escape_text(&showing->text, step->what);
        buffer_byte(&showing->text, '\n');
    }
}

static enum status case_show(struct showing *showing, struct bytes line, struct fault *fault)
{
    struct case_record record;
    struct ledger_verdict verdict;
    arena_reset(&showing->arena);
    if (line.length > LINE_BYTES_MAX)
        return fault_set(fault, STATUS_INVALID, 0, "the case is too large");
    enum status status = case_reread(line, &showing->arena, &record, fault);
    if (status == STATUS_OK)
        status = verdict_make(showing->desk.ledger, &record, &showing->arena, &verdict, fault);
    for (uint32_t i = 0; status == STATUS_OK && i < record.step_count; i++)
        step_write(showing, &record.steps[i], &verdict.steps[i]);
    return status ? status : output_drain(showing->output, &showing->text, fault);
}

/* A broken case is told, and the others are shown all the same. */
static enum status line_show(struct showing *showing, struct bytes line, struct fault *fault)
{
    const size_t begin = strlen(FINDING_BEGIN);
    showing->findings += line.length > begin && memcmp(line.data, FINDING_BEGIN, begin) == 0;
    if (!case_is_one(line))
        return STATUS_OK;
    const enum status status = case_show(showing, line, fault);
    if (status != STATUS_INVALID)
        return status;
    console_warn("%s:%llu: %s", showing->arguments->files.items[0],
                 (unsigned long long)showing->line, fault->reason);
    showing->desk.result = exit_worse(showing->desk.result, EXIT_INVALID);
    return STATUS_OK;
}

static enum status lines_show(struct showing *showing, struct fault *fault)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t length;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (length = getline(&text, &room, showing->from)) > 0) {
        showing->line++;
        status = line_show(showing, bytes_of(text, (size_t)length), fault);
    }
    if (status == STATUS_OK && ferror(showing->from))
        status =
            fault_errno(fault, errno, "%s: cannot be read", showing->arguments->files.items[0]);
    free(text);
    return status;
}

/* Everything is open before the sandbox closes. */
static enum status show(struct showing *showing, struct fault *fault)
{
    struct sandbox_state state;
    const struct sandbox_wish wish = {0};
    const struct arguments *arguments = showing->arguments;
    showing->from = fopen(arguments->files.items[0], "re");
    if (!showing->from)
        return fault_errno(fault, errno, "%s: cannot be opened", arguments->files.items[0]);
    enum status status = ledger_desk_open(&arguments->ledger, &showing->desk, fault);
    if (status == STATUS_OK)
        status = output_open(arguments->output, &showing->output, fault);
    if (status)
        return status;
    if (sandbox_close(&wish, &state, fault) != STATUS_OK)
        console_warn("the sandbox: %s", fault->reason);
    status = lines_show(showing, fault);
    return output_close(showing->output, status, fault);
}

static int show_run(void *given)
{
    const struct arguments *arguments = given;
    struct showing showing = {.arguments = arguments};
    struct fault fault = {0};
    if (arguments->files.count != 1 || !arguments->ledger.folder) {
        console_error("one file and --ledger: `impound engagement show FINDINGS.jsonl --ledger DIR "
                      "--signers FILE`");
        return EXIT_USAGE;
    }
    arena_init(&showing.arena, CASE_ROOM);
    const enum status status = show(&showing, &fault);
    if (status == STATUS_OK)
        fprintf(stderr, "%llu findings, %llu of them in cases, %llu covered\n",
                (unsigned long long)showing.findings, (unsigned long long)showing.in_cases,
                (unsigned long long)showing.covered);
    if (showing.from)
        fclose(showing.from);
    ledger_desk_close(&showing.desk);
    arena_release(&showing.arena);
    buffer_release(&showing.text);
    return status ? console_failure(status, &fault) : showing.desk.result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option output_options[] = {
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group show_groups[] = {
    {"Was it authorised", ledger_options, AT(ledger)},
    {"Output", output_options, 0},
    {0},
};

const struct command command_engagement_show = {
    .name = "engagement show",
    .arguments = "FINDINGS.jsonl",
    .help = "Say which findings of an earlier scan a ledger covers",
    .detail =
        "The file is what `impound scan --format jsonl` wrote. A line for each finding of a case: "
        "its id, what the ledger says of its step, the engagement, what was done; with tabs "
        "between them. `impound verdict` says why.\n"
        "Exit status: 3 the ledger or a case is invalid; 5 a signature in the ledger does not "
        "verify.",
    .groups = show_groups,
    .size = sizeof(struct arguments),
    .positional = AT(files),
    .run = show_run,
};
