#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"
#include "rules/sigma/pipeline_item.h"

/* Conditions on detection items and field names, and how conditions are taken together. A function
 * knows its parameters by their places in the tables. */

/* `cond` says whether any value must satisfy the condition or all. */
static bool any_or_all(const struct pipeline_run *run, const struct pipeline_condition *condition,
                       const struct draft_item *item,
                       bool (*holds)(const struct pipeline_run *, const struct pipeline_condition *,
                                     const struct draft_value *))
{
    const bool is_all = tree_is(condition->parameters[0], "all");
    for (uint32_t i = 0; i < item->count; i++)
        if (holds(run, condition, &item->values[i]) != is_all)
            return !is_all;
    return is_all;
}

static bool value_matches(const struct pipeline_run *run,
                          const struct pipeline_condition *condition,
                          const struct draft_value *value)
{
    const bool is_negated = parameter_flag(condition->parameters[2]);
    const bool holds = value->type == DRAFT_TEXT &&
                       expression_matches(condition->expressions[0], pipeline_plain(run, value));
    return holds != is_negated;
}

static bool value_is(const struct pipeline_run *run, const struct pipeline_condition *condition,
                     const struct draft_value *value)
{
    return pipeline_is_value(run, value, condition->parameters[1]);
}

static bool value_has_wildcard(const struct pipeline_run *run,
                               const struct pipeline_condition *condition,
                               const struct draft_value *value)
{
    (void)run;
    (void)condition;
    return value->type == DRAFT_TEXT && pattern_has_wildcard(modifier_pattern(value));
}

static bool value_is_null(const struct pipeline_run *run,
                          const struct pipeline_condition *condition,
                          const struct draft_value *value)
{
    (void)run;
    (void)condition;
    return value->type == DRAFT_NULL;
}

static bool match_string(const struct pipeline_run *run, const struct pipeline_condition *condition,
                         const struct draft_item *item)
{
    return any_or_all(run, condition, item, value_matches);
}

static bool match_value(const struct pipeline_run *run, const struct pipeline_condition *condition,
                        const struct draft_item *item)
{
    return any_or_all(run, condition, item, value_is);
}

static bool match_wildcard(const struct pipeline_run *run,
                           const struct pipeline_condition *condition,
                           const struct draft_item *item)
{
    return any_or_all(run, condition, item, value_has_wildcard);
}

static bool match_null(const struct pipeline_run *run, const struct pipeline_condition *condition,
                       const struct draft_item *item)
{
    return any_or_all(run, condition, item, value_is_null);
}

static bool match_item_applied(const struct pipeline_run *run,
                               const struct pipeline_condition *condition,
                               const struct draft_item *item)
{
    (void)run;
    return item->applied & condition->bit;
}

static bool match_item_state(const struct pipeline_run *run,
                             const struct pipeline_condition *condition,
                             const struct draft_item *item)
{
    (void)item;
    return pipeline_state_holds(run, condition);
}

/* Field names. */

static bool match_include(const struct pipeline_run *run,
                          const struct pipeline_condition *condition, struct field_subject subject)
{
    (void)run;
    if (!subject.field)
        return false;
    const struct bytes field = bytes_of_text(subject.field);
    if (condition->expression_count == 0)
        return parameter_has(condition->parameters[0], field);
    for (uint32_t i = 0; i < condition->expression_count; i++)
        if (expression_matches(condition->expressions[i], field))
            return true;
    return false;
}

static bool match_exclude(const struct pipeline_run *run,
                          const struct pipeline_condition *condition, struct field_subject subject)
{
    return !match_include(run, condition, subject);
}

static bool match_field_applied(const struct pipeline_run *run,
                                const struct pipeline_condition *condition,
                                struct field_subject subject)
{
    if (subject.item)
        return subject.item->applied & condition->bit;
    for (uint32_t i = 0; subject.field && i < run->tracked_count; i++)
        if (strcmp(run->tracked[i].field, subject.field) == 0)
            return run->tracked[i].applied & condition->bit;
    return false;
}

static bool match_field_state(const struct pipeline_run *run,
                              const struct pipeline_condition *condition,
                              struct field_subject subject)
{
    (void)subject;
    return pipeline_state_holds(run, condition);
}

const struct condition_type pipeline_item_conditions[] = {
    {"match_string",
     {{"cond", PARAMETER_TEXT, true},
      {"pattern", PARAMETER_TEXT, true},
      {"negate", PARAMETER_BOOL, false}},
     .match_item = match_string},
    {"match_value",
     {{"cond", PARAMETER_TEXT, true}, {"value", PARAMETER_SCALAR, true}},
     .match_item = match_value},
    {"contains_wildcard", {{"cond", PARAMETER_TEXT, true}}, .match_item = match_wildcard},
    {"is_null", {{"cond", PARAMETER_TEXT, true}}, .match_item = match_null},
    {"processing_item_applied",
     {{"processing_item_id", PARAMETER_TEXT, true}},
     .match_item = match_item_applied},
    {"processing_state",
     {{"key", PARAMETER_TEXT, true},
      {"val", PARAMETER_SCALAR, true},
      {"op", PARAMETER_TEXT, false}},
     .match_item = match_item_state},
    {0},
};

const struct condition_type pipeline_field_conditions[] = {
    {"include_fields",
     {{"fields", PARAMETER_TEXTS, true}, {"mode", PARAMETER_TEXT, false}},
     .match_field = match_include},
    {"exclude_fields",
     {{"fields", PARAMETER_TEXTS, true}, {"mode", PARAMETER_TEXT, false}},
     .match_field = match_exclude},
    {"processing_item_applied",
     {{"processing_item_id", PARAMETER_TEXT, true}},
     .match_field = match_field_applied},
    {"processing_state",
     {{"key", PARAMETER_TEXT, true},
      {"val", PARAMETER_SCALAR, true},
      {"op", PARAMETER_TEXT, false}},
     .match_field = match_field_state},
    {0},
};

/* Groups: one judge for what a single condition is asked about. */

struct question {
    const struct draft_rule *rule;
    const struct draft_item *item;
    struct field_subject subject;
};

static bool refers_to_field(const struct pipeline_run *run,
                            const struct pipeline_condition *condition,
                            const struct draft_item *item)
{
    for (uint32_t i = 0; i < item->count; i++) {
        const struct field_subject subject = {(const char *)item->values[i].test.text.data, NULL};
        if (item->values[i].type == DRAFT_FIELDREF &&
            condition->type->match_field(run, condition, subject))
            return true;
    }
    return false;
}

static bool condition_holds(const struct pipeline_run *run,
                            const struct pipeline_condition *condition,
                            const struct question *question)
{
    if (condition->type->match_rule)
        return condition->type->match_rule(run, condition, question->rule);
    if (condition->type->match_item)
        return condition->type->match_item(run, condition, question->item);
    return condition->type->match_field(run, condition, question->subject) ||
           (question->item && refers_to_field(run, condition, question->item));
}

static bool expression_holds(const struct pipeline_run *run, const struct condition_group *group,
                             const struct draft_expression *expression,
                             const struct question *question)
{
    if (expression->kind == SIGMA_LEAF)
        return condition_holds(run, &group->conditions[expression->selection], question);
    if (expression->kind == SIGMA_NOT)
        return !expression_holds(run, group, expression->children[0], question);
    const bool is_or = expression->kind == SIGMA_OR;
    for (uint32_t i = 0; i < expression->count; i++)
        if (expression_holds(run, group, expression->children[i], question) == is_or)
            return is_or;
    return !is_or;
}

static bool group_holds(const struct pipeline_run *run, const struct condition_group *group,
                        const struct question *question)
{
    if (group->expression)
        return expression_holds(run, group, group->expression, question) != group->is_negated;
    bool holds = !group->is_any;
    for (uint32_t i = 0; i < group->count && holds != group->is_any; i++)
        holds = condition_holds(run, &group->conditions[i], question);
    return holds != group->is_negated;
}

bool condition_group_rule(const struct pipeline_run *run, const struct condition_group *group)
{
    return group->count == 0 || group_holds(run, group, &(struct question){.rule = run->rule});
}

bool condition_group_item(const struct pipeline_run *run, const struct condition_group *group,
                          const struct draft_item *item)
{
    return group_holds(run, group, &(struct question){.item = item});
}

bool condition_group_field_of(const struct pipeline_run *run, const struct condition_group *group,
                              const struct draft_item *item)
{
    return group_holds(run, group,
                       &(struct question){.item = item, .subject = {item->field, item}});
}

bool condition_group_field(const struct pipeline_run *run, const struct condition_group *group,
                           struct field_subject subject)
{
    return group_holds(run, group, &(struct question){.subject = subject});
}
