/* Evidence against rules: what was found, and what could not be seen. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/evidence_list.h"
#include "cli/ledger_desk.h"
#include "cli/report_set.h"
#include "cli/scan_summary.h"
#include "cli/sheet.h"
#include "cli/version.h"
#include "cli/workbench.h"
#include "verdict/verdict.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VERDICT_MEMORY_MAX ((size_t)64 << 20)

struct arguments {
    struct workbench_options bench;
    struct rule_options rules;
    struct ledger_options ledger;
    struct text_list profile;
    const char *format, *output, *report, *folder, *fail_on, *hash, *suppress;
    bool no_colour, utc, no_cases;
};

struct scan_run {
    const struct arguments *arguments;
    struct workbench *bench;
    struct load_result rules;
    struct rule_choice choice;
    struct suppressions *suppressions;
    uint64_t suppressed;
    struct scan *scan;
    struct cases *cases; /* NULL: findings only */
    struct ledger_desk ledger;
    struct arena verdict; /* of one case */
    struct evidence_list evidence;
    struct report_options report_options;
    struct report_set reports;
    struct timespec start;
    enum sigma_level fail_level;
    bool has_fail_level, has_failed_level, has_refused;
};

/* --- Before the first byte of evidence --- */

static const struct report_format *format_choose(const struct scan_run *run)
{
    const struct arguments *arguments = run->arguments;
    if (arguments->format || arguments->report)
        return report_format_find(arguments->format ? arguments->format : arguments->report);
    return report_format_find(output_is_terminal(run->bench->output) ? "table" : "jsonl");
}

static const char *hash_name(const struct arguments *arguments)
{
    return arguments->hash ? arguments->hash : "sha256";
}

static enum evidence_hash hash_choose(const struct arguments *arguments)
{
    const char *name = hash_name(arguments);
    return strcmp(name, "none") == 0   ? EVIDENCE_HASH_NONE
           : strcmp(name, "xxh3") == 0 ? EVIDENCE_HASH_XXH3
                                       : EVIDENCE_HASH_SHA256;
}

static enum status rules_begin(struct scan_run *run, struct fault *fault)
{
    const struct rule_options *options = &run->arguments->rules;
    const enum status status = rule_choice_load(options, run->bench->fields, &run->rules, fault);
    if (status)
        return status;
    const uint32_t refused = ruleset_refusal_count(run->rules.ruleset);
    if (ruleset_count(run->rules.ruleset) == 0 && refused)
        return fault_set(fault, STATUS_INVALID, 0,
                         "all rules were refused (%u); `impound rules lint` says why", refused);
    if (ruleset_count(run->rules.ruleset) == 0)
        return fault_set(fault, STATUS_INVALID, 0, "no rules were found");
    rule_refusals_warn(refused);
    return rule_choice_make(options, run->rules.ruleset, &run->choice, fault);
}

static enum status suppressions_begin(struct scan_run *run, struct fault *fault)
{
    const char *path = run->arguments->suppress;
    const struct instant now = {.seconds = time(NULL)};
    const enum status status = suppressions_read(path, now, &run->suppressions, fault);
    for (uint32_t i = 0; status == STATUS_OK && i < suppressions_count(run->suppressions); i++) {
        const struct suppression_told told = suppressions_told(run->suppressions, i);
        if (told.has_expired)
            console_warn("%s:%u: the suppression by %s has expired (%s) and does not apply", path,
                         told.line, told.owner, told.expires);
    }
    return status;
}

static enum status reports_begin(struct scan_run *run, struct fault *fault)
{
    const struct arguments *arguments = run->arguments;
    report_set_output(&run->reports, format_choose(run), run->bench->output);
    run->bench->folder = arguments->folder;
    return arguments->folder ? report_set_folder(&run->reports, arguments->folder, fault)
                             : STATUS_OK;
}

static enum status item_commit(void *context, const struct pipeline_item *item, struct fault *fault)
{
    struct scan_run *run = context;
    return evidence_list_add(&run->evidence, item, fault);
}

static enum status scan_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                              struct fault *fault)
{
    struct scan_run *run = context;
    run->bench = bench;
    enum status status = rules_begin(run, fault);
    if (status == STATUS_OK && run->arguments->suppress)
        status = suppressions_begin(run, fault);
    if (status == STATUS_OK)
        status = ledger_desk_open(&run->arguments->ledger, &run->ledger, fault);
    if (status == STATUS_OK)
        status = reports_begin(run, fault);
    if (status)
        return status;
    if (!run->arguments->no_cases) {
        run->cases = cases_new(run->rules.ruleset, run->choice.levels, workbench_spill_folder());
        if (!run->cases)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for cases");
    }
    const struct scan_options options = {
        .ruleset = run->rules.ruleset,
        .fields = bench->fields,
        .cases = run->cases && cases_are_possible(run->cases) ? run->cases : NULL,
        .is_wanted = run->choice.is_wanted,
        .is_off = run->choice.is_off,
        .from = bench->span.from,
        .to = bench->span.to,
        .directory = workbench_spill_folder(),
    };
    status = scan_new(&options, &run->scan, fault);
    if (status == STATUS_OK)
        *work = scan_work(run->scan, item_commit, run);
    return status;
}

/* --- Behind the last --- */

static enum status finding_report(void *context, const struct finding *finding, uint32_t rule,
                                  struct fault *fault)
{
    struct scan_run *run = context;
    if (*run->bench->stop)
        return fault_set(fault, STATUS_STOPPED, 0, "stopped");
    struct rule_info info = *ruleset_info(run->rules.ruleset, rule);
    info.level = run->choice.levels[rule];
    if (run->suppressions && suppressions_keep_back(run->suppressions, finding, &info)) {
        run->suppressed++;
        return STATUS_OK;
    }
    run->has_failed_level |= run->has_fail_level && info.level >= run->fail_level;
    const enum status status = report_set_finding(&run->reports, finding, &info, fault);
    return status || !run->cases ? status : cases_finding(run->cases, finding, rule, fault);
}

static enum status case_report(void *context, const struct case_record *record, struct fault *fault)
{
    struct scan_run *run = context;
    struct ledger_verdict verdict;
    arena_reset(&run->verdict);
    const enum status status =
        verdict_make(run->ledger.ledger, record, &run->verdict, &verdict, fault);
    return status ? status : report_set_case(&run->reports, record, &verdict, fault);
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static enum status reports_open(struct scan_run *run, struct fault *fault)
{
    const struct arguments *arguments = run->arguments;
    const int file = output_descriptor(run->bench->output);
    evidence_list_finish(&run->evidence);
    run->report_options = (struct report_options){
        .evidence = run->evidence.items,
        .evidence_count = run->evidence.count,
        .fields = arguments->profile.items,
        .field_count = (uint32_t)arguments->profile.count,
        .has_colour = sheet_wants_colour(run->bench->output) && !arguments->no_colour,
        .width = report_terminal_width(file),
    };
    return report_set_open(&run->reports, &run->report_options, fault);
}

static enum status reports_write(struct scan_run *run, struct fault *fault)
{
    enum status status = reports_open(run, fault);
    if (status == STATUS_OK)
        status = scan_finish(run->scan, finding_report, run, fault);
    if (status == STATUS_OK && run->cases)
        status = cases_finish(run->cases, case_report, run, fault);
    if (status)
        return status;
    run->has_refused = ruleset_refusal_count(run->rules.ruleset) || scan_refusal_count(run->scan);
    struct report_summary summary = {
        .suppressed = run->suppressed,
        .version = version_text(),
        .command = command_line(),
        .sandbox = run->bench->sandbox.line,
        .seconds = seconds_since(&run->start),
    };
    const struct scan_parts parts = {.rules = &run->rules,
                                     .choice = &run->choice,
                                     .scan = run->scan,
                                     .suppressions = run->suppressions,
                                     .suppress_path = run->arguments->suppress};
    return scan_summary_write(&run->reports, &summary, &parts, fault);
}

static enum status scan_end(void *context, struct workbench *bench, struct fault *fault)
{
    struct scan_run *run = context;
    (void)bench;
    return report_set_close(&run->reports, reports_write(run, fault), fault);
}

/* --- The run --- */

static void scan_release(void *context)
{
    struct scan_run *run = context;
    report_set_release(&run->reports);
    scan_free(run->scan);
    cases_free(run->cases);
    ledger_desk_close(&run->ledger);
    arena_release(&run->verdict);
    suppressions_free(run->suppressions);
    rule_choice_release(&run->choice);
    ruleset_free(run->rules.ruleset);
    evidence_list_release(&run->evidence);
}

static int exit_choose(const struct scan_run *run, int result)
{
    if (result != EXIT_DONE && result != EXIT_INCOMPLETE)
        return result;
    result = exit_worse(result, run->ledger.result);
    if (run->arguments->bench.strict && run->has_refused)
        result = exit_worse(result, EXIT_INVALID);
    return run->has_failed_level ? exit_worse(result, EXIT_FOUND) : result;
}

static int scan_run(void *given)
{
    const struct arguments *arguments = given;
    if (arguments->format && arguments->report) {
        console_error("--format and --report both choose what is written to the output");
        return EXIT_USAGE;
    }
    struct scan_run run = {.arguments = arguments, .evidence.hash_name = hash_name(arguments)};
    arena_init(&run.verdict, VERDICT_MEMORY_MAX);
    clock_gettime(CLOCK_MONOTONIC, &run.start);
    run.has_fail_level = arguments->fail_on && level_parse(arguments->fail_on, &run.fail_level);
    const struct workbench_job job = {.what = "scan",
                                      .output = arguments->output,
                                      .hash = hash_choose(arguments),
                                      .context = &run,
                                      .begin = scan_begin,
                                      .end = scan_end,
                                      .release = scan_release};
    const int result = workbench_run(&arguments->bench, &job);
    return exit_choose(&run, result);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option scan_options[] = {
    {"format", 't', "FORMAT", OPTION_TEXT, AT(format), "table|jsonl|json|csv",
     "how to write findings (default: a table on a terminal, else jsonl)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {"report", 0, "KIND", OPTION_TEXT, AT(report), REPORT_KINDS,
     "write a report of this kind instead of findings"},
    {"reports", 0, "DIR", OPTION_TEXT, AT(folder), NULL,
     "also write a report of each kind into this folder, which is made"},
    {"profile", 0, "FIELD", OPTION_LIST, AT(profile), NULL,
     "show this field as a detail (again for more; default: all)"},
    {"suppress", 0, "FILE", OPTION_TEXT, AT(suppress), NULL,
     "keep back the findings that this file explains; they are counted"},
    {"no-color", 'K', NULL, OPTION_FLAG, AT(no_colour), NULL, "no colours"},
    {"utc", 'U', NULL, OPTION_FLAG, AT(utc), NULL, "times in UTC, which they always are"},
    {"no-cases", 0, NULL, OPTION_FLAG, AT(no_cases), NULL, "findings only"},
    {"fail-on", 0, "LEVEL", OPTION_TEXT, AT(fail_on), LEVEL_CHOICES,
     "exit 1 for a finding at or above this level"},
    {0},
};

static const struct option scan_evidence_options[] = {
    {"hash", 0, "KIND", OPTION_TEXT, AT(hash), "sha256|xxh3|none",
     "hash of the evidence (default: sha256)"},
    {0},
};

static const struct option_group scan_groups[] = {
    {"Evidence", workbench_evidence_options, AT(bench)},
    {"Evidence", scan_evidence_options, 0},
    {"Keys", workbench_key_options, AT(bench)},
    {"Where rules come from", rule_source_options, AT(rules)},
    {"Which rules count", rule_filter_options, AT(rules)},
    {"Was it authorised", ledger_options, AT(ledger)},
    {"Output", scan_options, 0},
    {"Running", workbench_run_options, AT(bench)},
    {0},
};

const struct command command_scan = {
    .name = "scan",
    .arguments = "PATH…",
    .help = "Scan evidence with rules and say what was found and what could not be seen",
    .detail = "Folders are walked, archives unfolded, and what a file is is told by its content. "
              "Without -r the built-in rules run. Findings go to the output, everything else that "
              "is to be said to standard error.\n"
              "Exit status: 0 done; 1 a finding at or above --fail-on; 2 the command line is "
              "wrong, or the system failed; 3 rules, levels, suppressions or the ledger are "
              "invalid, or with --strict a rule was refused; 4 evidence is incomplete, with "
              "--strict; 5 a signature in the ledger does not verify. Where several hold: 5 before "
              "3 before 4 before 1.",
    .groups = scan_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = scan_run,
};
