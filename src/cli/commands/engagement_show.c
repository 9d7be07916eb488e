/* Which findings of an earlier scan a ledger covers: a line for each finding of a case. */
#include "cli/case_file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "reports/escape.h"

struct arguments {
    struct text_list files;
    struct ledger_options ledger;
    const char *output;
};

struct showing {
    struct case_file file;
    struct buffer text;
    struct output *output;
    uint64_t in_cases, covered;
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

static enum status case_show(void *context, struct bytes line, const struct case_record *record,
                             const struct ledger_verdict *verdict, struct fault *fault)
{
    struct showing *showing = context;
    (void)line;
    for (uint32_t i = 0; i < record->step_count; i++)
        step_write(showing, &record->steps[i], &verdict->steps[i]);
    return output_drain(showing->output, &showing->text, fault);
}

static int show_run(void *given)
{
    const struct arguments *arguments = given;
    struct showing showing = {.in_cases = 0};
    struct fault fault = {0};
    if (arguments->files.count != 1 || !arguments->ledger.folder) {
        console_error("one file and --ledger: `impound engagement show FINDINGS.jsonl --ledger DIR "
                      "--signers FILE`");
        return EXIT_USAGE;
    }
    enum status status =
        case_file_open(&showing.file, arguments->files.items[0], &arguments->ledger,
                       arguments->output, false, &showing.output, &fault);
    if (status == STATUS_OK)
        status = case_file_each(&showing.file, case_show, &showing, &fault);
    if (showing.output)
        status = output_close(showing.output, status, &fault);
    if (status == STATUS_OK)
        fprintf(stderr, "%llu findings, %llu of them in cases, %llu covered\n",
                (unsigned long long)showing.file.findings, (unsigned long long)showing.in_cases,
                (unsigned long long)showing.covered);
    const int result = showing.file.desk.result;
    case_file_close(&showing.file);
    buffer_release(&showing.text);
    return status ? console_failure(status, &fault) : result;
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
