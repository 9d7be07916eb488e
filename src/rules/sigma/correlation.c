#include "rules/sigma/correlation.h"

#include "rules/sigma/condition.h"
#include "rules/sigma/header.h"
#include "rules/sigma/lower.h"

#include <strings.h>

/* Sigma 2.1.0, "Correlation Rules". What the specification leaves open is as pySigma has it. */

#define RULES_MAX          1024U
#define ALIASES_MAX        256U
#define PERCENTILE_DEFAULT 50 /* "median is a percentile 50" */

static enum status refuse(const struct draft_context *context, const struct tree_node *node,
                          const char *reason)
{
    return fault_set(context->fault, STATUS_INVALID, node->line, "correlation: %s", reason);
}

static const struct tree_node *find_value(const struct tree_node *map, const char *key)
{
    const struct tree_node *node = tree_find(map, key);
    return node && node->kind != TREE_NULL ? node : NULL;
}

static enum status take_type(const struct draft_context *context, const struct tree_node *section,
                             struct sigma_correlation *correlation)
{
    static const char *const types[] = {"event_count",      "value_count", "temporal",
                                        "temporal_ordered", "value_sum",   "value_avg",
                                        "value_percentile", "value_median"};
    const struct tree_node *type = find_value(section, "type");
    if (!type)
        return refuse(context, section, "type is missing");
    for (unsigned i = 0; i < COUNT_OF(types); i++) {
        if (tree_is_scalar(type) && strcasecmp((const char *)type->text.data, types[i]) == 0) {
            correlation->type = (enum sigma_correlation_type)i;
            return STATUS_OK;
        }
    }
    return refuse(context, type, "there is no such type");
}

static bool is_temporal(const struct sigma_correlation *correlation)
{
    return correlation->type == SIGMA_TEMPORAL || correlation->type == SIGMA_TEMPORAL_ORDERED;
}

/* 90m: a number and a unit. Months and years have the mean length of the Gregorian calendar. */
static enum status take_timespan(const struct draft_context *context,
                                 const struct tree_node *section,
                                 struct sigma_correlation *correlation)
{
    static const struct {
        char letter;
        uint64_t seconds;
    } units[] = {{'s', 1},      {'m', 60},      {'h', 3600},    {'d', 86400},
                 {'w', 604800}, {'M', 2629746}, {'y', 31556952}};
    const struct tree_node *timespan = find_value(section, "timespan");
    if (!timespan)
        return refuse(context, section, "timespan is missing");
    if (!tree_is_scalar(timespan))
        return refuse(context, timespan, "timespan must be a number and a unit");
    const char *at = (const char *)timespan->text.data;
    uint64_t number = 0;
    for (; *at >= '0' && *at <= '9' && number < 1000000000; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    for (unsigned i = 0; i < COUNT_OF(units); i++) {
        if (number == 0 || at[0] != units[i].letter || at[1] != '\0')
            continue;
        if (__builtin_mul_overflow(number * units[i].seconds, UINT64_C(1000000000),
                                   &correlation->timespan_ns) ||
            correlation->timespan_ns > INT64_MAX)
            return refuse(context, timespan, "timespan is too long");
        return STATUS_OK;
    }
    return refuse(context, timespan, "timespan must be a number and one of s m h d w M y");
}

static enum status take_bound(const struct draft_context *context, const struct tree_pair *pair,
                              enum sigma_compare compare, struct sigma_correlation *correlation,
                              struct sigma_bound *bounds)
{
    struct sigma_bound *bound = &bounds[correlation->bound_count++];
    bound->compare = compare;
    return tree_number(pair->value, &bound->number)
               ? STATUS_OK
               : refuse(context, pair->value, "a condition's bound must be a number");
}

static enum status take_criterion(const struct draft_context *context, const struct tree_pair *pair,
                                  struct sigma_correlation *correlation, struct sigma_bound *bounds)
{
    static const char *const compares[] = {"eq", "neq", "lt", "lte", "gt", "gte"};
    for (unsigned i = 0; i < COUNT_OF(compares); i++)
        if (bytes_equal(pair->key, bytes_of_text(compares[i])))
            return take_bound(context, pair, (enum sigma_compare)i, correlation, bounds);
    if (bytes_equal(pair->key, bytes_of_text("field")))
        return header_texts(context, pair->value, &correlation->condition_fields,
                            &correlation->condition_field_count);
    if (!bytes_equal(pair->key, bytes_of_text("percentile")))
        return fault_set(context->fault, STATUS_INVALID, pair->line,
                         "correlation: the condition has no %.60s", (const char *)pair->key.data);
    const bool is_number = tree_number(pair->value, &correlation->percentile);
    return is_number && correlation->percentile >= 0 && correlation->percentile <= 100
               ? STATUS_OK
               : refuse(context, pair->value, "percentile must be a number from 0 to 100");
}

static enum status take_criteria(const struct draft_context *context,
                                 const struct tree_node *condition,
                                 struct sigma_correlation *correlation)
{
    struct sigma_bound *bounds =
        arena_take_array(context->arena, condition->count, sizeof(*bounds));
    if (!bounds)
        return draft_no_memory(context);
    correlation->bounds = bounds;
    correlation->percentile = PERCENTILE_DEFAULT;
    for (uint32_t i = 0; i < condition->count; i++) {
        const enum status status =
            take_criterion(context, &condition->pairs[i], correlation, bounds);
        if (status != STATUS_OK)
            return status;
    }
    if (correlation->bound_count == 0)
        return refuse(context, condition, "the condition has no bound");
    if (!is_temporal(correlation) && correlation->type != SIGMA_EVENT_COUNT &&
        correlation->condition_field_count == 0)
        return refuse(context, condition, "the condition has no field");
    return STATUS_OK;
}

static bool has_name(const char *const *names, uint32_t count, struct bytes name)
{
    for (uint32_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of_text(names[i]), name))
            return true;
    return false;
}

/* The names in an expression, each once, in their order. */
static enum status take_names(const struct draft_context *context, struct bytes text,
                              const char *const **names, uint32_t *count)
{
    struct bytes left = text, name;
    uint32_t most = 0, taken_count = 0;
    while (condition_next_name(&left, &name))
        most++;
    if (most > RULES_MAX)
        return fault_set(context->fault, STATUS_INVALID, 0, "correlation: too many rules");
    const char **taken = arena_take_array(context->arena, most, sizeof(*taken));
    if (!taken)
        return draft_no_memory(context);
    left = text;
    while (condition_next_name(&left, &name)) {
        if (has_name(taken, taken_count, name))
            continue;
        taken[taken_count] = arena_keep_text(context->arena, name);
        if (!taken[taken_count++])
            return draft_no_memory(context);
    }
    *names = taken;
    *count = taken_count;
    return STATUS_OK;
}

/* An expression uses every rule that the correlation lists. Without a list, those that it uses. */
static enum status take_expression(const struct draft_context *context,
                                   const struct tree_node *condition,
                                   struct sigma_correlation *correlation)
{
    const char *const *used = NULL;
    uint32_t used_count = 0;
    if (!is_temporal(correlation))
        return refuse(context, condition, "only temporal types may have an expression");
    enum status status = take_names(context, condition->text, &used, &used_count);
    if (status != STATUS_OK)
        return status;
    if (!correlation->rule_names) {
        correlation->rule_names = used;
        correlation->rule_count = used_count;
    }
    for (uint32_t i = 0; i < correlation->rule_count; i++)
        if (!has_name(used, used_count, bytes_of_text(correlation->rule_names[i])))
            return fault_set(context->fault, STATUS_INVALID, condition->line,
                             "correlation: the condition does not use %.80s",
                             correlation->rule_names[i]);
    const struct condition_names names = {correlation->rule_names, correlation->rule_count, false};
    const struct draft_expression *expression;
    status = condition_parse(context, condition->text, condition->line, &names, &expression);
    return status == STATUS_OK ? lower_references(context, expression, &correlation->expression)
                               : status;
}

static enum status take_condition(const struct draft_context *context,
                                  const struct tree_node *section,
                                  struct sigma_correlation *correlation)
{
    const struct tree_node *condition = find_value(section, "condition");
    if (!condition)
        return is_temporal(correlation) ? STATUS_OK
                                        : refuse(context, section, "condition is missing");
    if (condition->kind == TREE_MAP)
        return take_criteria(context, condition, correlation);
    if (condition->kind == TREE_TEXT)
        return take_expression(context, condition, correlation);
    return refuse(context, condition, "condition must be a map or an expression");
}

static enum status take_rules(const struct draft_context *context, const struct tree_node *section,
                              struct sigma_correlation *correlation)
{
    const struct tree_node *rules = find_value(section, "rules");
    if (!rules)
        return STATUS_OK;
    if (rules->kind == TREE_MAP)
        return refuse(context, rules, "rules must be a list");
    return header_texts(context, rules, &correlation->rule_names, &correlation->rule_count);
}

static enum status take_group(const struct draft_context *context, const struct tree_node *section,
                              struct sigma_correlation *correlation)
{
    const struct tree_node *group = find_value(section, "group-by");
    if (!group)
        return STATUS_OK;
    if (group->kind == TREE_MAP)
        return refuse(context, group, "group-by must be a list");
    return header_texts(context, group, &correlation->group_by, &correlation->group_count);
}

static enum status take_alias(const struct draft_context *context, const struct tree_pair *pair,
                              struct draft_alias *alias)
{
    const struct tree_node *map = pair->value;
    if (map->kind != TREE_MAP)
        return refuse(context, map, "an alias must be a map of rules to fields");
    const char **references = arena_take_array(context->arena, map->count, sizeof(*references));
    const char **fields = arena_take_array(context->arena, map->count, sizeof(*fields));
    const char *name = arena_keep_text(context->arena, pair->key);
    if (!references || !fields || !name)
        return draft_no_memory(context);
    *alias = (struct draft_alias){name, references, fields, map->count, pair->line};
    for (uint32_t i = 0; i < map->count; i++) {
        if (!tree_is_scalar(map->pairs[i].value))
            return refuse(context, map->pairs[i].value, "an alias' field must be a text");
        references[i] = arena_keep_text(context->arena, map->pairs[i].key);
        fields[i] = arena_keep_text(context->arena, map->pairs[i].value->text);
        if (!references[i] || !fields[i])
            return draft_no_memory(context);
    }
    return STATUS_OK;
}

static enum status take_aliases(const struct draft_context *context,
                                const struct tree_node *section, struct draft_correlation *draft)
{
    const struct tree_node *map = find_value(section, "aliases");
    if (!map)
        return STATUS_OK;
    if (map->kind != TREE_MAP || map->count > ALIASES_MAX)
        return refuse(context, map, "aliases must be a map, and not too many");
    struct draft_alias *aliases = arena_take_array(context->arena, map->count, sizeof(*aliases));
    if (!aliases)
        return draft_no_memory(context);
    draft->aliases = aliases;
    draft->alias_count = map->count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < map->count && status == STATUS_OK; i++)
        status = take_alias(context, &map->pairs[i], &aliases[i]);
    return status;
}

/* The specification's schema has `generate` beside the section, pySigma in it. */
static enum status take_generate(const struct draft_context *context,
                                 const struct tree_node *document, const struct tree_node *section,
                                 struct sigma_correlation *correlation)
{
    const struct tree_node *generate = find_value(section, "generate");
    if (!generate)
        generate = find_value(document, "generate");
    if (generate && !tree_bool(generate, &correlation->generate))
        return refuse(context, generate, "generate must be true or false");
    return STATUS_OK;
}

enum status correlation_parse(const struct draft_context *context, const struct tree_node *document,
                              struct draft_rule *draft)
{
    const struct tree_node *section = tree_find(document, "correlation");
    struct draft_correlation *made = arena_take_array(context->arena, 1, sizeof(*made));
    if (!made)
        return draft_no_memory(context);
    if (section->kind != TREE_MAP)
        return refuse(context, section, "must be a map");
    struct sigma_correlation *correlation = &made->correlation;
    enum status status = take_type(context, section, correlation);
    if (status == STATUS_OK)
        status = take_rules(context, section, correlation);
    if (status == STATUS_OK)
        status = take_timespan(context, section, correlation);
    if (status == STATUS_OK)
        status = take_group(context, section, correlation);
    if (status == STATUS_OK)
        status = take_condition(context, section, correlation);
    if (status == STATUS_OK)
        status = take_aliases(context, section, made);
    if (status == STATUS_OK)
        status = take_generate(context, document, section, correlation);
    if (status == STATUS_OK &&
        (correlation->rule_count == 0 || correlation->rule_count > RULES_MAX))
        return refuse(context, section,
                      correlation->rule_count ? "too many rules" : "rules are missing");
    draft->correlation = made;
    return status;
}
