#include "rules/sigma/pipeline_item.h"

/* Conditions on rules. A function knows its parameters by their places in the table at the end. */

static bool is_in_logsource(const struct pipeline_condition *condition,
                            const struct sigma_logsource *logsource)
{
    const char *const its[] = {logsource->category, logsource->product, logsource->service};
    for (unsigned i = 0; i < COUNT_OF(its); i++)
        if (condition->parameters[i] && !text_is(its[i], condition->parameters[i]))
            return false;
    return true;
}

/* A correlation is where any rule is that it refers to. */
static bool match_logsource(const struct pipeline_run *run,
                            const struct pipeline_condition *condition,
                            const struct draft_rule *rule)
{
    const struct draft_correlation *correlation = rule->correlation;
    if (!correlation)
        return is_in_logsource(condition, &rule->rule.logsource);
    for (uint32_t i = 0; i < correlation->correlation.rule_count; i++) {
        const struct draft_rule *target = &run->rules->drafts[correlation->targets[i]];
        if (!target->correlation && is_in_logsource(condition, &target->rule.logsource))
            return true;
    }
    return false;
}

/* Searches the items of a detection, and of those in it, for a field and maybe a value. */
static bool has_item(const struct pipeline_run *run, const struct draft_detection *detection,
                     const struct tree_node *field, const struct tree_node *value)
{
    for (uint32_t i = 0; i < detection->count; i++) {
        const struct draft_item *item = &detection->items[i];
        if (item->detection) {
            if (has_item(run, item->detection, field, value))
                return true;
            continue;
        }
        if (!text_is(item->field, field))
            continue;
        if (!value)
            return true;
        for (uint32_t j = 0; j < item->count; j++)
            if (pipeline_is_value(run, &item->values[j], value))
                return true;
    }
    return false;
}

static bool has_selected_item(const struct pipeline_run *run, const struct draft_rule *rule,
                              const struct tree_node *field, const struct tree_node *value)
{
    for (uint32_t i = 0; i < rule->selection_count; i++)
        if (has_item(run, &rule->selections[i], field, value))
            return true;
    return false;
}

static bool match_contains_field(const struct pipeline_run *run,
                                 const struct pipeline_condition *condition,
                                 const struct draft_rule *rule)
{
    return has_selected_item(run, rule, condition->parameters[0], NULL);
}

static bool match_contains_item(const struct pipeline_run *run,
                                const struct pipeline_condition *condition,
                                const struct draft_rule *rule)
{
    return has_selected_item(run, rule, condition->parameters[0], condition->parameters[1]);
}

static bool match_rule_applied(const struct pipeline_run *run,
                               const struct pipeline_condition *condition,
                               const struct draft_rule *rule)
{
    (void)run;
    return rule->applied & condition->bit;
}

static bool match_is_rule(const struct pipeline_run *run,
                          const struct pipeline_condition *condition, const struct draft_rule *rule)
{
    (void)run;
    (void)condition;
    return !rule->correlation;
}

static bool match_is_correlation(const struct pipeline_run *run,
                                 const struct pipeline_condition *condition,
                                 const struct draft_rule *rule)
{
    (void)run;
    (void)condition;
    return rule->correlation;
}

static bool match_tag(const struct pipeline_run *run, const struct pipeline_condition *condition,
                      const struct draft_rule *rule)
{
    (void)run;
    for (uint32_t i = 0; i < rule->rule.tag_count; i++)
        if (text_is(rule->rule.tags[i], condition->parameters[0]))
            return true;
    return false;
}

static bool is_order(const struct tree_node *op)
{
    return op && !tree_is(op, "eq") && !tree_is(op, "ne");
}

static bool match_rule_state(const struct pipeline_run *run,
                             const struct pipeline_condition *condition,
                             const struct draft_rule *rule)
{
    (void)rule;
    return pipeline_state_holds(run, condition);
}

static bool list_holds(const char *const *texts, uint32_t count,
                       const struct pipeline_condition *condition)
{
    const struct tree_node *op = condition->parameters[2];
    bool is_in = false;
    for (uint32_t i = 0; i < count; i++)
        is_in |= text_is(texts[i], condition->parameters[1]);
    if (op && tree_is(op, "in"))
        return is_in;
    if (op && tree_is(op, "not_in"))
        return !is_in;
    return op && tree_is(op, "ne");
}

/* Numbers are compared as such; other texts are only the same or not. */
static bool text_holds(const char *text, const struct pipeline_condition *condition)
{
    const struct tree_node *wanted = condition->parameters[1], *op = condition->parameters[2];
    const struct tree_node mine = {.kind = TREE_TEXT, .text = bytes_of_text(text ? text : "")};
    double one, other;
    if (tree_number(&mine, &one) && tree_number(wanted, &other))
        return pipeline_order_holds((one > other) - (one < other), op);
    return text && !is_order(op) &&
           pipeline_order_holds(bytes_compare(mine.text, wanted->text), op);
}

/* Year, month and day as one number; 0: no date. */
static unsigned date_number(const char *text)
{
    unsigned parts[3] = {0}, at = 0;
    for (; text && *text && at < 3; text++) {
        if (*text >= '0' && *text <= '9')
            parts[at] = parts[at] * 10 + (unsigned)(*text - '0');
        else
            at++;
    }
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static bool level_holds(const struct sigma_rule *rule, const struct pipeline_condition *condition)
{
    enum sigma_level wanted;
    return sigma_level_parse(condition->parameters[1]->text, &wanted) &&
           pipeline_order_holds((int)rule->level - (int)wanted, condition->parameters[2]);
}

/* pySigma orders statuses from unsupported to stable. */
static bool status_holds(const struct sigma_rule *rule, const struct pipeline_condition *condition)
{
    enum sigma_status wanted;
    return sigma_status_parse(condition->parameters[1]->text, &wanted) &&
           pipeline_order_holds((int)wanted - (int)rule->status, condition->parameters[2]);
}

static bool custom_attribute_holds(const struct sigma_rule *rule,
                                   const struct pipeline_condition *condition)
{
    for (uint32_t i = rule->attribute_count; i > 0; i--) {
        const struct sigma_attribute *attribute = &rule->attributes[i - 1];
        if (!text_is(attribute->key, condition->parameters[0]))
            continue;
        return attribute->count == 1 ? text_holds(attribute->values[0], condition)
                                     : list_holds(attribute->values, attribute->count, condition);
    }
    return false;
}

static bool match_attribute(const struct pipeline_run *run,
                            const struct pipeline_condition *condition,
                            const struct draft_rule *draft)
{
    (void)run;
    const struct sigma_rule *rule = &draft->rule;
    const struct {
        const char *name, *text;
    } texts[] = {{"title", rule->title},
                 {"id", rule->id},
                 {"name", rule->name},
                 {"description", rule->description},
                 {"author", rule->author}};
    const struct {
        const char *name;
        const char *const *texts;
        uint32_t count;
    } lists[] = {{"tags", rule->tags, rule->tag_count},
                 {"references", rule->references, rule->reference_count},
                 {"fields", rule->fields, rule->field_count},
                 {"falsepositives", rule->falsepositives, rule->falsepositive_count}};
    const struct tree_node *name = condition->parameters[0];
    if (tree_is(name, "level"))
        return level_holds(rule, condition);
    if (tree_is(name, "status"))
        return status_holds(rule, condition);
    if (tree_is(name, "date") || tree_is(name, "modified")) {
        const unsigned mine = date_number(tree_is(name, "date") ? rule->date : rule->modified);
        const unsigned wanted = date_number((const char *)condition->parameters[1]->text.data);
        return mine &&
               pipeline_order_holds((mine > wanted) - (mine < wanted), condition->parameters[2]);
    }
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        if (tree_is(name, texts[i].name))
            return text_holds(texts[i].text, condition);
    for (unsigned i = 0; i < COUNT_OF(lists); i++)
        if (tree_is(name, lists[i].name))
            return list_holds(lists[i].texts, lists[i].count, condition);
    return custom_attribute_holds(rule, condition);
}

const struct condition_type pipeline_rule_conditions[] = {
    {"logsource",
     {{"category", PARAMETER_TEXT, false},
      {"product", PARAMETER_TEXT, false},
      {"service", PARAMETER_TEXT, false}},
     .match_rule = match_logsource},
    {"contains_detection_item",
     {{"field", PARAMETER_TEXT, true}, {"value", PARAMETER_SCALAR, true}},
     .match_rule = match_contains_item},
    {"contains_field", {{"field", PARAMETER_TEXT, true}}, .match_rule = match_contains_field},
    {"processing_item_applied",
     {{"processing_item_id", PARAMETER_TEXT, true}},
     .match_rule = match_rule_applied},
    {"processing_state",
     {{"key", PARAMETER_TEXT, true},
      {"val", PARAMETER_SCALAR, true},
      {"op", PARAMETER_TEXT, false}},
     .match_rule = match_rule_state},
    {"is_sigma_rule", {{0}}, .match_rule = match_is_rule},
    {"is_sigma_correlation_rule", {{0}}, .match_rule = match_is_correlation},
    {"rule_attribute",
     {{"attribute", PARAMETER_TEXT, true},
      {"value", PARAMETER_SCALAR, true},
      {"op", PARAMETER_TEXT, false}},
     .match_rule = match_attribute},
    {"tag", {{"tag", PARAMETER_TEXT, true}}, .match_rule = match_tag},
    {0},
};
