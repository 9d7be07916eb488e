/* Cases of an earlier scan, judged again by a ledger that has turned up since. */
#include "verdict/verdict.h"
#include "cli/case_file.h"
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/sheet.h"
#include "reports/reports.h"

struct arguments {
    struct text_list files;
    struct ledger_options ledger;
    const char *format, *output;
    bool no_colour, no_sandbox;
};

static enum status case_report(void *context, struct bytes line, const struct case_record *record,
                               const struct ledger_verdict *verdict, struct fault *fault)
{
    (void)line;
    return report_case(context, record, verdict, fault);
}

static enum status cases_report(const struct arguments *arguments, struct case_file *file,
                                struct output *output, struct fault *fault)
{
    struct report *report = NULL;
    const bool is_table = output_is_table(output, arguments->format);
    const struct report_options options = {
        .has_colour = sheet_wants_colour(output) && !arguments->no_colour,
        .width = report_terminal_width(output_descriptor(output)),
    };
    const struct report_target target = {.file = output_descriptor(output),
                                         .name = output_name(output)};
    enum status status = report_open(report_format_find(is_table ? "table" : "jsonl"), &options,
                                     &target, &report, fault);
    if (status == STATUS_OK)
        status = case_file_each(file, case_report, report, fault);
    if (status == STATUS_OK)
        status = report_flush(report, fault);
    report_close(report);
    return status;
}

static int verdict_run(void *given)
{
    const struct arguments *arguments = given;
    struct case_file file;
    struct output *output;
    struct fault fault = {0};
    if (arguments->files.count != 1) {
        console_error("verdict wants one file: what scan wrote as JSONL");
        return EXIT_USAGE;
    }
    enum status status = case_file_open(&file, arguments->files.items[0], &arguments->ledger,
                                        arguments->output, arguments->no_sandbox, &output, &fault);
    if (status == STATUS_OK)
        status = cases_report(arguments, &file, output, &fault);
    if (output)
        status = output_close(output, status, &fault);
    if (status == STATUS_OK && !file.cases)
        console_warn("%s: no cases in it", file.path);
    const int result = file.desk.result;
    case_file_close(&file);
    return status ? console_failure(status, &fault) : result;
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
