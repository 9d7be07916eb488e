#include "rules/sigma/document.h"

#include "rules/sigma/correlation.h"
#include "rules/sigma/detection.h"
#include "rules/sigma/filter.h"
#include "rules/sigma/header.h"

static enum status missing(const struct draft_context *context, const struct tree_node *map,
                           const char *what)
{
    return fault_set(context->fault, STATUS_INVALID, map->line, "%s is missing", what);
}

static enum status take_conditions(const struct draft_context *context,
                                   const struct tree_node *conditions,
                                   const struct condition_names *names,
                                   const struct draft_expression **expression)
{
    const bool is_list = conditions->kind == TREE_LIST;
    const uint32_t count = is_list ? conditions->count : 1;
    const struct draft_expression **parts = arena_take_array(context->arena, count, sizeof(*parts));
    if (!parts)
        return draft_no_memory(context);
    if (count == 0)
        return fault_set(context->fault, STATUS_INVALID, conditions->line, "condition is missing");
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *node = is_list ? conditions->items[i] : conditions;
        if (!tree_is_scalar(node))
            return fault_set(context->fault, STATUS_INVALID, node->line,
                             "condition must be a text or a list of texts");
        const enum status status =
            condition_parse(context, node->text, node->line, names, &parts[i]);
        if (status != STATUS_OK)
            return status;
    }
    *expression = condition_join(context->arena, SIGMA_OR, parts, count);
    if (!*expression)
        return draft_no_memory(context);
    if ((*expression)->weight > CONDITION_LEAVES_MAX)
        return fault_set(context->fault, STATUS_INVALID, conditions->line,
                         "the conditions reach too many selections");
    return STATUS_OK;
}

enum status document_section(const struct draft_context *context, const struct tree_node *section,
                             bool is_filter, struct draft_rule *draft)
{
    const struct tree_node *conditions = tree_find(section, "condition");
    if (!conditions || conditions->kind == TREE_NULL)
        return missing(context, section, "condition");
    const enum status status =
        detection_parse(context, section, is_filter, &draft->selections, &draft->selection_count);
    if (status != STATUS_OK)
        return status;
    const char **names = arena_take_array(context->arena, draft->selection_count, sizeof(*names));
    if (!names)
        return draft_no_memory(context);
    for (uint32_t i = 0; i < draft->selection_count; i++)
        names[i] = draft->selections[i].name;
    const struct condition_names all = {names, draft->selection_count, true};
    return take_conditions(context, conditions, &all, &draft->expression);
}

static enum status take_rule(const struct draft_context *context, const struct tree_node *document,
                             struct draft_rule *draft)
{
    const struct tree_node *detection = tree_find(document, "detection");
    const enum status status = header_logsource(context, document, &draft->rule.logsource);
    if (status != STATUS_OK)
        return status;
    if (!detection)
        return missing(context, document, "detection");
    if (detection->kind != TREE_MAP)
        return fault_set(context->fault, STATUS_INVALID, detection->line,
                         "detection must be a map");
    return document_section(context, detection, false, draft);
}

enum status document_parse(const struct draft_context *context, const struct tree_node *document,
                           struct draft_rule *draft)
{
    *draft = (struct draft_rule){.rule.line = document->line};
    if (document->kind != TREE_MAP)
        return fault_set(context->fault, STATUS_INVALID, document->line, "a rule must be a map");
    const enum status status = header_parse(context, document, &draft->rule);
    if (status != STATUS_OK)
        return status;
    if (tree_find(document, "correlation"))
        return correlation_parse(context, document, draft);
    if (tree_find(document, "filter"))
        return filter_parse(context, document, draft);
    return take_rule(context, document, draft);
}
