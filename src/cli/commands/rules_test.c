/* Rules against the samples beside them. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/rule_trial.h"
#include "reports/escape.h"
#include "sandbox/sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    struct rule_options rules;
    bool no_sandbox;
};

struct test {
    const struct arguments *arguments;
    struct rule_trials trials;
    struct buffer text;
    unsigned passed, failed, files, bare; /* `bare`: rule files without samples */
};

/* Whether a sample must be hit or must not. */
enum claim { CLAIM_POSITIVE, CLAIM_NEGATIVE };

static void failure_begin(struct test *test, const char *rules, uint32_t line)
{
    buffer_text(&test->text, "FAILED ");
    escape_text(&test->text, bytes_of_text(rules));
    if (line)
        buffer_format(&test->text, ":%u", line);
    buffer_text(&test->text, ": ");
}

static void failure_end(struct test *test, const char *sample)
{
    const char *slash = strrchr(sample, '/');
    buffer_byte(&test->text, ' ');
    escape_text(&test->text, bytes_of_text(slash ? slash + 1 : sample));
    buffer_byte(&test->text, '\n');
}

/* Each rule of the file that gives findings, against the claim. */
static bool rules_check(struct test *test, const char *rules, const char *sample, enum claim claim)
{
    const struct ruleset *ruleset = test->trials.desk->loaded.ruleset;
    bool is_right = true;
    for (uint32_t rule = 0; rule < ruleset_count(ruleset); rule++) {
        const uint32_t fired = test->trials.fired[rule];
        const struct rule_info *info = ruleset_info(ruleset, rule);
        if (!test->trials.is_wanted[rule] || (claim == CLAIM_POSITIVE) == (fired > 0))
            continue;
        is_right = false;
        failure_begin(test, rules, info->line);
        escape_text(&test->text, bytes_of_text(info->title));
        if (claim == CLAIM_POSITIVE)
            buffer_text(&test->text, ": does not fire on");
        else
            buffer_format(&test->text, ": fires %u times on", fired);
        failure_end(test, sample);
    }
    return is_right;
}

static bool has_correlation(const struct test *test, const char *rules)
{
    const struct ruleset *ruleset = test->trials.desk->loaded.ruleset;
    for (uint32_t rule = 0; rule < ruleset_count(ruleset); rule++) {
        const struct rule_info *info = ruleset_info(ruleset, rule);
        if (info->is_correlation && strcmp(info->path, rules) == 0)
            return true;
    }
    return false;
}

/* A positive sample in lines holds nothing but what must be found, one event a line; a log may hold
 * more, and so may what a correlation looks at. */
static bool lines_check(struct test *test, const char *rules, const char *sample, enum claim claim)
{
    const struct rule_trials *trials = &test->trials;
    const char *dot = strrchr(sample, '.');
    if (claim != CLAIM_POSITIVE || !dot || strcmp(dot, ".jsonl") != 0 ||
        has_correlation(test, rules) || trials->touched == trials->events)
        return true;
    failure_begin(test, rules, 0);
    buffer_format(&test->text, "fires on %llu of %llu events of",
                  (unsigned long long)trials->touched, (unsigned long long)trials->events);
    failure_end(test, sample);
    return false;
}

static void sample_check(struct test *test, const char *rules, const char *sample, enum claim claim)
{
    struct fault fault = {0};
    bool is_right = rule_trial(&test->trials, rules, sample, &fault) == STATUS_OK;
    if (!is_right) {
        failure_begin(test, rules, 0);
        escape_text(&test->text, bytes_of_text(fault.reason));
        buffer_text(&test->text, ":");
        failure_end(test, sample);
    } else {
        is_right = rules_check(test, rules, sample, claim);
        is_right = is_right && lines_check(test, rules, sample, claim);
    }
    test->passed += is_right;
    test->failed += !is_right;
}

/* NAME.yml has NAME.positive.jsonl and so on beside it. */
static unsigned samples_check(struct test *test, const char *rules)
{
    static const struct {
        const char *ending;
        enum claim claim;
    } kinds[] = {
        {"positive.jsonl", CLAIM_POSITIVE},
        {"positive.evtx", CLAIM_POSITIVE},
        {"negative.jsonl", CLAIM_NEGATIVE},
        {"negative.evtx", CLAIM_NEGATIVE},
    };
    const char *dot = strrchr(rules, '.');
    const int stem = dot ? (int)(dot - rules) : (int)strlen(rules);
    unsigned samples = 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        char *sample = NULL;
        if (asprintf(&sample, "%.*s.%s", stem, rules, kinds[i].ending) < 0)
            continue;
        if (access(sample, F_OK) == 0) {
            sample_check(test, rules, sample, kinds[i].claim);
            samples++;
        }
        free(sample);
    }
    return samples;
}

/* A rule that does not load fails whatever its samples say. */
static void refusals_check(struct test *test)
{
    const struct rule_desk *desk = test->trials.desk;
    for (uint32_t i = 0; i < desk->refused_count; i++) {
        failure_begin(test, desk->refused[i].path, desk->refused[i].line);
        escape_text(&test->text, bytes_of_text(desk->refused[i].reason));
        buffer_byte(&test->text, '\n');
        test->failed++;
    }
}

/* The rules of one file are neighbours, in the order of the paths. */
static void files_check(struct test *test, const volatile sig_atomic_t *stop)
{
    const struct ruleset *ruleset = test->trials.desk->loaded.ruleset;
    const char *before = "";
    for (uint32_t rule = 0; rule < ruleset_count(ruleset) && !*stop; rule++) {
        const char *path = ruleset_info(ruleset, rule)->path;
        if (strcmp(path, before) == 0)
            continue;
        before = path;
        const unsigned samples = samples_check(test, path);
        test->files += samples > 0;
        test->bare += samples == 0;
    }
}

static void sandbox_begin(const struct test *test)
{
    struct sandbox_state state;
    struct fault fault = {0};
    const struct text_list *sources = &test->arguments->rules.sources;
    const struct sandbox_wish wish = {.readable = sources->items, .readable_count = sources->count};
    if (!test->arguments->no_sandbox && sandbox_close(&wish, &state, &fault) != STATUS_OK)
        console_warn("%s", fault.reason);
}

static enum status test_all(void *context, const struct rule_desk *desk, struct output *output,
                            struct fault *fault)
{
    struct test *test = context;
    const volatile sig_atomic_t *stop = console_catch_stop();
    enum status status = rule_trials_init(&test->trials, desk, fault);
    if (status == STATUS_OK) {
        sandbox_begin(test);
        refusals_check(test);
        files_check(test, stop);
        buffer_format(&test->text, "%u passed, %u failed; files with samples: %u, without: %u\n",
                      test->passed, test->failed, test->files, test->bare);
        status = *stop ? fault_set(fault, STATUS_STOPPED, 0, "stopped")
                       : output_drain(output, &test->text, fault);
    }
    rule_trials_release(&test->trials);
    buffer_release(&test->text);
    return status;
}

static int test_run(void *given)
{
    struct arguments *arguments = given;
    struct test test = {.arguments = arguments};
    if (arguments->rules.sources.count == 0 && !text_list_add(&arguments->rules.sources, "rules"))
        return EXIT_USAGE;
    if (!arguments->rules.cache)
        arguments->rules.cache = "none";
    const int result = rule_desk_run(&arguments->rules, NULL, test_all, &test);
    return result == EXIT_DONE && test.failed ? EXIT_INVALID : result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option test_options[] = {
    {"no-sandbox", 0, NULL, OPTION_FLAG, AT(no_sandbox), NULL, "keep all rights"},
    {0},
};

static const struct option_group test_groups[] = {
    {"Where rules come from", rule_source_options, AT(rules)},
    {"Running", test_options, 0},
    {0},
};

const struct command command_rules_test = {
    .name = "rules test",
    .arguments = "[DIR|FILE…]",
    .help = "Try rules on the samples beside them",
    .detail = "Beside NAME.yml stand NAME.positive.jsonl, on which every rule of the file must "
              "fire, and NAME.negative.jsonl, on which none may; .evtx will do too. Where the file "
              "is no correlation, every line of the positive sample must be found. Rules that only "
              "serve correlations need not fire. Without a folder: `rules`. Exit status 3 when "
              "something failed.",
    .groups = test_groups,
    .size = sizeof(struct arguments),
    .positional = AT(rules.sources),
    .run = test_run,
};
