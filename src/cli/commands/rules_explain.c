/* Why a rule fires on an event, or does not. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/event_text.h"
#include "cli/rule_choice.h"
#include "cli/workbench.h"
#include "reports/escape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct arguments {
    struct workbench_options bench;
    struct rule_options rules;
    struct text_list records;
    const char *output;
};

struct explain {
    const struct arguments *arguments;
    struct rule_options rules;
    const char *wanted; /* an id, a title, or a file of rules */
    bool is_file;
    struct workbench *bench;
    struct load_result loaded;
    bool *is_chosen; /* by rule */
};

/* --- Which rules --- */

/* A correlation is asked of the hits of its rules, so it is those that look at events. */
static void rule_choose(struct explain *explain, uint32_t rule)
{
    const struct rule_info *info = ruleset_info(explain->loaded.ruleset, rule);
    if (explain->is_chosen[rule])
        return;
    explain->is_chosen[rule] = true;
    for (uint32_t i = 0; info->is_correlation && i < info->correlation->rule_count; i++)
        rule_choose(explain, info->correlation->rules[i]);
}

static bool is_wanted(const struct explain *explain, const struct rule_info *info)
{
    return explain->is_file || strcasecmp(info->id, explain->wanted) == 0 ||
           strcasecmp(info->title, explain->wanted) == 0;
}

static enum status rules_begin(struct explain *explain, struct fault *fault)
{
    const enum status status =
        rule_choice_load(&explain->rules, explain->bench->fields, &explain->loaded, fault);
    if (status)
        return status;
    const struct ruleset *ruleset = explain->loaded.ruleset;
    bool has_any = false;
    explain->is_chosen = calloc(ruleset_count(ruleset) + 1, sizeof(bool));
    if (!explain->is_chosen)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    for (uint32_t rule = 0; rule < ruleset_count(ruleset); rule++)
        if (is_wanted(explain, ruleset_info(ruleset, rule))) {
            has_any = true;
            rule_choose(explain, rule);
        }
    if (!has_any && ruleset_refusal_count(ruleset))
        return fault_set(fault, STATUS_INVALID, 0, "%s:%u: %s", ruleset_refusal(ruleset, 0)->path,
                         ruleset_refusal(ruleset, 0)->line, ruleset_refusal(ruleset, 0)->reason);
    return has_any ? STATUS_OK
                   : fault_set(fault, STATUS_INVALID, 0, "no rule has the id or title %s",
                               explain->wanted);
}

/* --- The events --- */

struct explain_thread {
    const struct explain *explain;
    struct matcher *matcher;
};

static void *thread_new(void *context)
{
    const struct explain *explain = context;
    struct explain_thread *thread = calloc(1, sizeof(*thread));
    if (!thread)
        return NULL;
    thread->explain = explain;
    thread->matcher = matcher_new(explain->loaded.ruleset);
    if (thread->matcher)
        return thread;
    free(thread);
    return NULL;
}

static void thread_done(void *context, void *state)
{
    struct explain_thread *thread = state;
    (void)context;
    matcher_free(thread->matcher);
    free(thread);
}

static bool is_record_wanted(const struct arguments *arguments, uint64_t record)
{
    for (size_t i = 0; i < arguments->records.count; i++)
        if (strtoull(arguments->records.items[i], NULL, 10) == record)
            return true;
    return arguments->records.count == 0;
}

static void word_write(struct bytes text, struct buffer *to)
{
    buffer_byte(to, ' ');
    escape_text(to, text.length ? text : bytes_of_text("-"));
}

static struct bytes known_text(const struct event *event, enum field_known field)
{
    const uint16_t slot = event->shape->known[field];
    return slot == SHAPE_NO_SLOT ? (struct bytes){0} : event_text(event, slot);
}

static void event_head(const struct pipeline_view *view, struct buffer *to)
{
    char time[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(time, view->event->time);
    escape_text(to, bytes_of_text(view->path));
    buffer_format(to, ": record %llu, ", (unsigned long long)view->event->record);
    buffer_bytes(to, length ? time : "no time", length ? length : strlen("no time"));
    word_write(known_text(view->event, FIELD_COMPUTER), to);
    word_write(event_channel(view->event), to);
    word_write(known_text(view->event, FIELD_EVENT_ID), to);
    buffer_byte(to, '\n');
}

static bool is_among(uint32_t rule, const uint32_t *rules, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (rules[i] == rule)
            return true;
    return false;
}

static void event_seen(void *state, const struct pipeline_view *view, struct buffer *out)
{
    const struct explain_thread *thread = state;
    const struct explain *explain = thread->explain;
    const struct ruleset *ruleset = explain->loaded.ruleset;
    if (!span_holds(&explain->bench->span, view->event->time) ||
        !is_record_wanted(explain->arguments, view->event->record))
        return;
    const uint32_t *fired;
    const uint32_t count = matcher_run(thread->matcher, view->event, &fired);
    event_head(view, out);
    for (uint32_t rule = 0; rule < ruleset_count(ruleset); rule++) {
        const struct rule_info *info = ruleset_info(ruleset, rule);
        if (!explain->is_chosen[rule] || info->is_correlation)
            continue;
        buffer_text(out, is_among(rule, fired, count) ? "  fires: " : "  does not fire: ");
        escape_text(out, bytes_of_text(info->title));
        buffer_byte(out, '\n');
        matcher_explain(thread->matcher, view->event, rule, out);
    }
}

static enum status explain_begin(void *context, struct workbench *bench, struct pipeline_work *work,
                                 struct fault *fault)
{
    struct explain *explain = context;
    explain->bench = bench;
    work->thread_new = thread_new;
    work->thread_done = thread_done;
    work->event = event_seen;
    return rules_begin(explain, fault);
}

static void explain_release(void *context)
{
    struct explain *explain = context;
    ruleset_free(explain->loaded.ruleset);
    free(explain->is_chosen);
}

static bool records_check(const struct text_list *records)
{
    for (size_t i = 0; i < records->count; i++) {
        const char *text = records->items[i];
        if (!*text || strspn(text, "0123456789") != strlen(text) || strlen(text) > 19) {
            console_error("--record takes a number, not `%s`", text);
            return false;
        }
    }
    return true;
}

static int explain_run(void *given)
{
    const struct arguments *arguments = given;
    struct workbench_options options = arguments->bench;
    struct explain explain = {.arguments = arguments, .rules = arguments->rules};
    if (options.paths.count < 2) {
        console_error("name a rule, by its id, its title or its file, and evidence");
        return EXIT_USAGE;
    }
    if (!records_check(&arguments->records))
        return EXIT_USAGE;
    explain.wanted = options.paths.items[0];
    options.paths.items++;
    options.paths.count--;
    explain.is_file = access(explain.wanted, F_OK) == 0;
    if (explain.is_file) {
        explain.rules.sources = (struct text_list){.items = &explain.wanted, .count = 1};
        explain.rules.cache = "none";
    }
    const struct workbench_job job = {.what = "explain",
                                      .output = arguments->output,
                                      .is_streaming = true,
                                      .context = &explain,
                                      .begin = explain_begin,
                                      .release = explain_release};
    return workbench_run(&options, &job);
}

#define AT(member) offsetof(struct arguments, member)

static const struct option explain_options[] = {
    {"record", 0, "N", OPTION_LIST, AT(records), NULL, "only this record (again for more)"},
    {"output", 'o', "FILE", OPTION_TEXT, AT(output), NULL, "write there instead"},
    {0},
};

static const struct option_group explain_groups[] = {
    {"Explanation", explain_options, 0},
    {"Evidence", workbench_evidence_options, AT(bench)},
    {"Where rules come from", rule_source_options, AT(rules)},
    {"Running", workbench_run_options, AT(bench)},
    {0},
};

const struct command command_rules_explain = {
    .name = "rules explain",
    .arguments = "ID|TITLE|FILE PATH…",
    .help = "Say why a rule fires on an event or does not, condition by condition",
    .detail = "The rule is named by its id or its title among the rules of -r (or the built-in "
              "pack), or by its file. Of a correlation, the rules that it refers to are explained.",
    .groups = explain_groups,
    .size = sizeof(struct arguments),
    .positional = AT(bench.paths),
    .run = explain_run,
};
