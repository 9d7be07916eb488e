#include "rules/sigma/filter.h"

#include "rules/sigma/condition.h"
#include "rules/sigma/document.h"
#include "rules/sigma/header.h"

#include <strings.h>

/* `rules` must be there; `any` and an empty list mean every rule of the log source. */
static enum status take_references(const struct draft_context *context,
                                   const struct tree_node *section, struct draft_filter *filter)
{
    const struct tree_node *rules = tree_find(section, "rules");
    if (!rules || rules->kind == TREE_NULL || rules->kind == TREE_MAP)
        return fault_set(context->fault, STATUS_INVALID, section->line,
                         "the filter's rules are neither any nor a list of ids and names");
    if (tree_is_scalar(rules) && strcasecmp((const char *)rules->text.data, "any") == 0)
        return STATUS_OK;
    return header_texts(context, rules, &filter->references, &filter->reference_count);
}

enum status filter_parse(const struct draft_context *context, const struct tree_node *document,
                         struct draft_rule *draft)
{
    const struct tree_node *section = tree_find(document, "filter");
    struct draft_filter *filter = arena_take_array(context->arena, 1, sizeof(*filter));
    if (!filter)
        return draft_no_memory(context);
    if (section->kind != TREE_MAP)
        return fault_set(context->fault, STATUS_INVALID, section->line, "filter must be a map");
    enum status status = header_logsource(context, document, &draft->rule.logsource);
    if (status == STATUS_OK)
        status = take_references(context, section, filter);
    if (status == STATUS_OK)
        status = document_section(context, section, true, draft);
    draft->filter = filter;
    return status;
}

static bool allows(const char *filter_says, const char *rule_says)
{
    return !filter_says || (rule_says && strcasecmp(filter_says, rule_says) == 0);
}

bool filter_fits(const struct draft_rule *filter, const struct draft_rule *rule)
{
    const struct sigma_logsource *mine = &filter->rule.logsource;
    const struct sigma_logsource *its = &rule->rule.logsource;
    return allows(mine->category, its->category) && allows(mine->product, its->product) &&
           allows(mine->service, its->service);
}

enum status filter_apply(const struct draft_context *context, const struct draft_rule *filter,
                         struct draft_rule *rule)
{
    const uint32_t count = rule->selection_count + filter->selection_count;
    struct draft_detection *all = arena_take_array(context->arena, count, sizeof(*all));
    const struct draft_expression *both[] = {
        rule->expression,
        condition_shift(context->arena, filter->expression, rule->selection_count),
    };
    if (!all || !both[1])
        return draft_no_memory(context);
    memcpy(all, rule->selections, rule->selection_count * sizeof(*all));
    memcpy(all + rule->selection_count, filter->selections, filter->selection_count * sizeof(*all));
    rule->expression = condition_join(context->arena, SIGMA_AND, both, 2);
    if (!rule->expression)
        return draft_no_memory(context);
    if (rule->expression->weight > CONDITION_LEAVES_MAX)
        return fault_set(context->fault, STATUS_INVALID, rule->rule.line,
                         "with its filters the condition reaches too many selections");
    rule->selections = all;
    rule->selection_count = count;
    return STATUS_OK;
}
