/* Evidence against rules: what was found, and what could not be seen. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/rule_choice.h"
#include "cli/version.h"
#include "cli/workbench.h"
#include "reports/reports.h"
#include "scan/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct arguments {
    struct text_list paths, directories, files, profile;
    struct rule_options rules;
    const char *format, *output, *from, *to, *fail_on, *hash, *suppress;
    unsigned threads;
    bool carve, strict, quiet, no_colour, utc, no_sandbox, no_cases;
};

/* What was told of the evidence, kept for the report. */
struct evidence_list {
    struct report_evidence *items;
    struct account *accounts;
    uint32_t count, room;
};

struct scan_run {
    const struct arguments *arguments;
    struct workbench bench;
    struct load_result rules;
    struct rule_choice choice;
    struct scan *scan;
    struct evidence_list evidence;
    struct output *output;
    struct report *report;
    struct timespec start;
    enum sigma_level fail_level;
    bool has_fail_level, has_failed_level, is_incomplete;
};

/* --- The evidence --- */

static bool evidence_grow(struct evidence_list *list)
{
    if (list->count < list->room)
        return true;
    const uint32_t room = list->room ? list->room * 2 : 64;
    struct report_evidence *items = realloc(list->items, room * sizeof(*items));
    if (items)
        list->items = items;
    struct account *accounts = realloc(list->accounts, room * sizeof(*accounts));
    if (accounts)
        list->accounts = accounts;
    if (!items || !accounts)
        return false;
    list->room = room;
    return true;
}

static const char *hash_name(const struct arguments *arguments)
{
    return arguments->hash ? arguments->hash : "sha256";
}

static enum status item_keep(void *context, const struct pipeline_item *item, struct fault *fault)
{
    struct scan_run *run = context;
    struct evidence_list *list = &run->evidence;
    char *path = strdup(item->path), *hash = strdup(item->hash);
    if (!path || !hash || !evidence_grow(list)) {
        free(path);
        free(hash);
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for one more piece of evidence");
    }
    struct account *account = &list->accounts[list->count];
    account_init(account);
    account_join(account, item->account);
    list->items[list->count++] = (struct report_evidence){
        .path = path,
        .type = item->type,
        .bytes = item->bytes,
        .hash_name = *hash ? hash_name(run->arguments) : NULL,
        .hash = hash,
    };
    run->is_incomplete |= account->is_incomplete;
    item_warn(item);
    return STATUS_OK;
}

static void evidence_release(struct evidence_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        free((char *)(uintptr_t)list->items[i].path);
        free((char *)(uintptr_t)list->items[i].hash);
        account_release(&list->accounts[i]);
    }
    free(list->items);
    free(list->accounts);
}

/* --- Findings --- */

static enum status finding_report(void *context, const struct finding *finding, uint32_t rule,
                                  struct fault *fault)
{
    struct scan_run *run = context;
    struct rule_info info = *ruleset_info(run->rules.ruleset, rule);
    info.level = run->choice.levels[rule];
    run->has_failed_level |= run->has_fail_level && info.level >= run->fail_level;
    return report_finding(run->report, finding, &info, fault);
}

/* --- The summary --- */

static const char *blind_text(enum blind_reason reason)
{
    switch (reason) {
    case BLIND_NO_LOGSOURCE:
        return "no kind of evidence is known to feed its log source";
    case BLIND_NO_EVENTS:
        return "the evidence has no event of its log source";
    case BLIND_NO_FIELD:
        return "no event of its log source has the field";
    case BLIND_NOT:
        break;
    }
    return NULL;
}

static struct report_blind *blind_list(const struct scan_run *run, uint32_t *count)
{
    const uint32_t rules = ruleset_count(run->rules.ruleset);
    struct report_blind *list = calloc(rules + 1, sizeof(*list));
    *count = 0;
    for (uint32_t rule = 0; list && rule < rules; rule++) {
        const struct rule_info *info = ruleset_info(run->rules.ruleset, rule);
        const struct blind blind = scan_blind(run->scan, rule);
        const char *reason = blind_text(blind.reason);
        if (reason && !run->choice.is_off[rule])
            list[(*count)++] = (struct report_blind){.id = info->id,
                                                     .title = info->title,
                                                     .reason = reason,
                                                     .field = blind.field,
                                                     .audit = blind.audit};
    }
    return list;
}

static struct sigma_refusal *refusal_list(const struct scan_run *run, uint32_t *count)
{
    const uint32_t rules = ruleset_refusal_count(run->rules.ruleset);
    const uint32_t correlations = scan_refusal_count(run->scan);
    struct sigma_refusal *list = calloc(rules + correlations + 1, sizeof(*list));
    *count = 0;
    for (uint32_t i = 0; list && i < rules; i++)
        list[(*count)++] = *ruleset_refusal(run->rules.ruleset, i);
    for (uint32_t i = 0; list && i < correlations; i++) {
        uint32_t rule;
        const char *reason = scan_refusal(run->scan, i, &rule);
        const struct rule_info *info = ruleset_info(run->rules.ruleset, rule);
        list[(*count)++] =
            (struct sigma_refusal){.path = info->path, .line = info->line, .reason = reason};
    }
    return list;
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static enum status summary_report(const struct scan_run *run, struct fault *fault)
{
    char hash[17];
    struct report_summary summary = {
        .events = scan_events(run->scan),
        .rules_loaded = ruleset_count(run->rules.ruleset),
        .rules_hash = hash,
        .version = version_text(),
        .command = command_line(),
        .sandbox = run->bench.sandbox.line,
        .seconds = seconds_since(&run->start),
    };
    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)run->rules.hash);
    struct sigma_refusal *refused = refusal_list(run, &summary.refused_count);
    struct report_blind *blind = blind_list(run, &summary.blind_count);
    summary.refused = refused;
    summary.blind = blind;
    const enum status status = refused && blind ? report_end(run->report, &summary, fault)
                                                : fault_set(fault, STATUS_MEMORY, 0, "no memory");
    free(refused);
    free(blind);
    return status;
}

/* --- The run --- */

static const struct report_format *format_choose(const struct arguments *arguments)
{
    if (arguments->format)
        return report_format_find(arguments->format);
    const bool is_table = !arguments->output && isatty(STDOUT_FILENO);
    return report_format_find(is_table ? "table" : "jsonl");
}

static enum evidence_hash hash_choose(const struct arguments *arguments)
{
    const char *name = hash_name(arguments);
    return strcmp(name, "none") == 0   ? EVIDENCE_HASH_NONE
           : strcmp(name, "xxh3") == 0 ? EVIDENCE_HASH_XXH3
                                       : EVIDENCE_HASH_SHA256;
}

static const char *spill_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder == '/' ? folder : "/tmp";
}

static enum status rules_begin(struct scan_run *run, struct fault *fault)
{
    const struct arguments *arguments = run->arguments;
    enum status status = rule_choice_load(&arguments->rules, run->bench.fields, &run->rules, fault);
    if (status)
        return status == STATUS_MEMORY ? status : (enum status)STATUS_INVALID;
    const uint32_t loaded = ruleset_count(run->rules.ruleset);
    const uint32_t refused = ruleset_refusal_count(run->rules.ruleset);
    if (loaded == 0)
        return fault_set(fault, STATUS_INVALID, 0,
                         refused ? "all %u rules were refused; `impound rules lint` says why"
                                 : "no rules were found (%u)",
                         refused);
    if (refused)
        console_warn("%u rules were refused; `impound rules lint` says why", refused);
    return rule_choice_make(&arguments->rules, run->rules.ruleset, &run->choice, fault);
}

static enum status scan_begin(struct scan_run *run, struct fault *fault)
{
    struct span span = {0};
    enum status status = span_parse(&span, run->arguments->from, run->arguments->to, fault);
    if (status)
        return status;
    const struct scan_options options = {
        .ruleset = run->rules.ruleset,
        .fields = run->bench.fields,
        .is_wanted = run->choice.is_wanted,
        .is_off = run->choice.is_off,
        .from = span.has_from ? span.from : (struct instant){.seconds = INSTANT_NONE},
        .to = span.has_to ? span.to : (struct instant){.seconds = INSTANT_NONE},
        .directory = spill_folder(),
    };
    return scan_new(&options, &run->scan, fault);
}

static enum status report_begin(struct scan_run *run, struct fault *fault)
{
    const struct arguments *arguments = run->arguments;
    const int file = output_descriptor(run->output);
    const char *no_colour = getenv("NO_COLOR");
    for (uint32_t i = 0; i < run->evidence.count; i++)
        run->evidence.items[i].account = &run->evidence.accounts[i];
    static struct report_options options; /* outlives the report */
    options = (struct report_options){
        .evidence = run->evidence.items,
        .evidence_count = run->evidence.count,
        .fields = arguments->profile.items,
        .field_count = (uint32_t)arguments->profile.count,
        .has_colour = isatty(file) && !arguments->no_colour && !(no_colour && *no_colour),
        .width = report_terminal_width(file),
    };
    return report_open(format_choose(arguments), &options, file, &run->report, fault);
}

static enum status scan_all(struct scan_run *run, const struct workbench_wish *wish,
                            struct fault *fault)
{
    enum status status = workbench_open(&run->bench, wish, fault);
    if (status == STATUS_OK)
        status = rules_begin(run, fault);
    if (status == STATUS_OK)
        status = scan_begin(run, fault);
    if (status == STATUS_OK)
        status = output_open(run->arguments->output, &run->output, fault);
    if (status == STATUS_OK)
        status = workbench_close_sandbox(&run->bench, wish, fault);
    if (status)
        return status;
    const struct pipeline_work work = scan_work(run->scan, item_keep, run);
    status = workbench_run(&run->bench, "scan", &work, fault);
    if (status == STATUS_OK)
        status = report_begin(run, fault);
    if (status == STATUS_OK)
        status = scan_finish(run->scan, finding_report, run, fault);
    if (status == STATUS_OK)
        status = summary_report(run, fault);
    return status;
}

static int exit_choose(const struct scan_run *run, enum status status, const struct fault *fault)
{
    if (status < 0) {
        console_error("%s", fault->reason);
        return status == STATUS_INVALID ? EXIT_INVALID : EXIT_USAGE;
    }
    if (run->arguments->strict && ruleset_refusal_count(run->rules.ruleset))
        return EXIT_INVALID;
    if (run->arguments->strict && run->is_incomplete)
        return EXIT_INCOMPLETE;
    return run->has_failed_level ? EXIT_FOUND : EXIT_DONE;
}

static void run_release(struct scan_run *run)
{
    report_close(run->report);
    scan_free(run->scan);
    rule_choice_release(&run->choice);
    ruleset_free(run->rules.ruleset);
    evidence_release(&run->evidence);
    workbench_release(&run->bench);
}

static int scan_run(void *given)
{
    struct arguments *arguments = given;
    struct scan_run run = {.arguments = arguments};
    struct fault fault = {0};
    clock_gettime(CLOCK_MONOTONIC, &run.start);
    console_quiet(arguments->quiet);
    for (size_t i = 0; i < arguments->directories.count; i++)
        if (!text_list_add(&arguments->paths, arguments->directories.items[i]))
            return EXIT_USAGE;
    for (size_t i = 0; i < arguments->files.count; i++)
        if (!text_list_add(&arguments->paths, arguments->files.items[i]))
            return EXIT_USAGE;
    if (arguments->paths.count == 0) {
        console_error("no evidence was named; give files or folders");
        return EXIT_USAGE;
    }
    run.has_fail_level = arguments->fail_on && level_parse(arguments->fail_on, &run.fail_level);
    const struct workbench_wish wish = {.paths = &arguments->paths,
                                        .hash = hash_choose(arguments),
                                        .threads = arguments->threads,
                                        .carve = arguments->carve,
                                        .no_sandbox = arguments->no_sandbox,
                                        .output = arguments->output};
    enum status status = scan_all(&run, &wish, &fault);
    if (run.output)
        status = output_close(run.output, status, &fault);
    const int result = exit_choose(&run, status, &fault);
    run_release(&run);
    return result;
}

#define AT(member) offsetof(struct arguments, member)
#define LEVELS     "informational|low|medium|high|critical|info|med|crit"

static const struct option scan_options[] = {
    {"directory", 'd', "DIR", OPTION_LIST, AT(directories), NULL, "a folder of evidence"},
    {"file", 'f', "FILE", OPTION_LIST, AT(files), NULL, "a piece of evidence"},
    RULE_SOURCE_OPTIONS(AT(rules)),
    RULE_FILTER_OPTIONS(AT(rules)),
    {"format", 't', "FORMAT", OPTION_CHOICE, AT(format), "table|jsonl|json|csv",
     "how to write findings (default: a table on a terminal, else jsonl)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {"from", 0, "TIME", OPTION_TEXT, AT(from), NULL, "leave out what is older (RFC 3339)"},
    {"to", 0, "TIME", OPTION_TEXT, AT(to), NULL, "leave out what is newer"},
    {"profile", 0, "FIELD", OPTION_LIST, AT(profile), NULL,
     "show this field as a detail (again for more; default: all)"},
    {"carve", 0, NULL, OPTION_FLAG, AT(carve), NULL,
     "also find records in slack space, broken chunks and raw images"},
    {"hash", 0, "KIND", OPTION_CHOICE, AT(hash), "sha256|xxh3|none", "hash of the evidence"},
    {"threads", 0, "N", OPTION_NUMBER, AT(threads), NULL, "threads (default: one a processor)"},
    {"strict", 0, NULL, OPTION_FLAG, AT(strict), NULL,
     "exit 4 when evidence is incomplete, 3 when a rule was refused"},
    {"fail-on", 0, "LEVEL", OPTION_CHOICE, AT(fail_on), LEVELS,
     "exit 1 for a finding at or above this level"},
    {"no-cases", 0, NULL, OPTION_FLAG, AT(no_cases), NULL, "findings only"},
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {"no-color", 'K', NULL, OPTION_FLAG, AT(no_colour), NULL, "no colours"},
    {"utc", 'U', NULL, OPTION_FLAG, AT(utc), NULL, "times in UTC, which they always are"},
    {"quiet", 'q', NULL, OPTION_FLAG, AT(quiet), NULL, "no warnings and no progress"},
};

const struct command command_scan = {
    .name = "scan",
    .arguments = "PATH…",
    .help = "Scan evidence with rules and say what was found and what could not be seen",
    .options = scan_options,
    .option_count = sizeof(scan_options) / sizeof(scan_options[0]),
    .size = sizeof(struct arguments),
    .positional = AT(paths),
    .run = scan_run,
};
