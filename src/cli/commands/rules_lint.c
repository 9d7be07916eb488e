/* What is wrong with rules: file, line, reason. */
#include "cli/commands.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/rule_desk.h"
#include "reports/escape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct arguments {
    struct rule_options rules;
};

static void refusals_write(const struct rule_desk *desk, struct buffer *to)
{
    for (uint32_t i = 0; i < desk->refused_count; i++) {
        const struct sigma_refusal *refusal = &desk->refused[i];
        escape_text(to, bytes_of_text(refusal->path));
        buffer_format(to, ":%u: ", refusal->line);
        escape_text(to, bytes_of_text(refusal->reason));
        buffer_byte(to, '\n');
    }
}

static int by_id(const void *one, const void *other)
{
    const struct rule_info *const *a = one, *const *b = other;
    const int order = strcasecmp((*a)->id, (*b)->id);
    if (order)
        return order;
    const int place = strcmp((*a)->path, (*b)->path);
    return place ? place : ((*a)->line > (*b)->line) - ((*a)->line < (*b)->line);
}

/* Rules that load and share an id: what refers to it, or leaves it out, means the wrong one. */
static uint32_t doubles_write(const struct ruleset *ruleset, struct buffer *to)
{
    const uint32_t count = ruleset_count(ruleset);
    uint32_t doubles = 0;
    const struct rule_info **infos = calloc(count + 1, sizeof(struct rule_info *));
    to->failed |= !infos;
    for (uint32_t i = 0; infos && i < count; i++)
        infos[i] = ruleset_info(ruleset, i);
    if (infos)
        qsort(infos, count, sizeof(struct rule_info *), by_id);
    for (uint32_t i = 1; infos && i < count; i++) {
        const struct rule_info *info = infos[i], *before = infos[i - 1];
        if (!info->id[0] || strcasecmp(info->id, before->id) != 0)
            continue;
        escape_text(to, bytes_of_text(info->path));
        buffer_format(to, ":%u: warning: the id is also that of ", info->line);
        escape_text(to, bytes_of_text(before->path));
        buffer_format(to, ":%u\n", before->line);
        doubles++;
    }
    free(infos);
    return doubles;
}

static enum status lint(void *context, const struct rule_desk *desk, struct output *output,
                        struct fault *fault)
{
    bool *has_refused = context;
    struct buffer text = {0};
    const uint32_t loaded = ruleset_count(desk->loaded.ruleset);
    refusals_write(desk, &text);
    const uint32_t doubles = doubles_write(desk->loaded.ruleset, &text);
    buffer_format(&text, "%u rules loaded, %u refused", loaded, desk->refused_count);
    if (doubles)
        buffer_format(&text, ", %u warnings", doubles);
    buffer_byte(&text, '\n');
    *has_refused = desk->refused_count > 0;
    const enum status status = output_drain(output, &text, fault);
    buffer_release(&text);
    return status;
}

static int lint_run(void *given)
{
    struct arguments *arguments = given;
    bool has_refused = false;
    if (!arguments->rules.cache)
        arguments->rules.cache = "none";
    const int result = rule_desk_run(&arguments->rules, NULL, lint, &has_refused);
    return result == EXIT_DONE && has_refused ? EXIT_INVALID : result;
}

#define AT(member) offsetof(struct arguments, member)

static const struct option_group lint_groups[] = {
    {"Where rules come from", rule_source_options, AT(rules)},
    {0},
};

const struct command command_rules_lint = {
    .name = "rules lint",
    .arguments = "[DIR|FILE|BUNDLE…]",
    .help = "Say what is wrong with rules: file, line, reason",
    .detail = "Without rules, the built-in pack. Exit status 3 when a rule is refused.",
    .groups = lint_groups,
    .size = sizeof(struct arguments),
    .positional = AT(rules.sources),
    .run = lint_run,
};
