#include "rules/compile/compile.h"

#include <stdlib.h>

static struct image_list attribute(struct builder *builder, const struct sigma_rule *rule,
                                   const char *key)
{
    for (uint32_t i = 0; i < rule->attribute_count; i++)
        if (strcmp(rule->attributes[i].key, key) == 0)
            return builder_texts(builder, rule->attributes[i].values, rule->attributes[i].count);
    return (struct image_list){0};
}

static struct image_text attribute_text(struct builder *builder, const struct sigma_rule *rule,
                                        const char *key)
{
    for (uint32_t i = 0; i < rule->attribute_count; i++)
        if (strcmp(rule->attributes[i].key, key) == 0 && rule->attributes[i].count > 0)
            return builder_text(builder, rule->attributes[i].values[0]);
    return builder_text(builder, "");
}

/* An expression's tree as nodes; the leaves hold indices into the correlation's rules. */
static void expression_nodes(struct builder *builder, const struct sigma_node *node, uint32_t line)
{
    const bool is_leaf = node->kind == SIGMA_LEAF;
    const struct image_node record = {(uint32_t)node->kind,
                                      is_leaf ? (uint32_t)node->test->number : node->count};
    const struct image_note note = {{IMAGE_NONE, 0}, line};
    builder_add(builder, IMAGE_nodes, &record);
    builder_add(builder, IMAGE_notes, &note);
    for (uint32_t i = 0; !is_leaf && i < node->count; i++)
        expression_nodes(builder, node->children[i], line);
}

static struct image_list correlation_rules(struct builder *builder,
                                           const struct sigma_correlation *from,
                                           const uint32_t *numbers)
{
    const struct image_list list = {builder_count(builder, IMAGE_words), from->rule_count};
    for (uint32_t i = 0; i < from->rule_count; i++)
        builder_add(builder, IMAGE_words, &numbers[from->rules[i]]);
    return list;
}

static void correlation_aliases(struct builder *builder, const struct sigma_correlation *from,
                                struct image_correlation *to)
{
    to->alias_names = (struct image_list){builder_count(builder, IMAGE_texts), from->alias_count};
    for (uint32_t i = 0; i < from->alias_count; i++) {
        const struct image_text name = builder_text(builder, from->aliases[i].alias);
        builder_add(builder, IMAGE_texts, &name);
    }
    to->alias_fields = (struct image_list){builder_count(builder, IMAGE_texts), 0};
    for (uint32_t i = 0; i < from->alias_count; i++)
        to->alias_fields.count +=
            builder_texts(builder, from->aliases[i].fields, from->rule_count).count;
}

static struct image_list correlation_bounds(struct builder *builder,
                                            const struct sigma_correlation *from)
{
    const struct image_list list = {builder_count(builder, IMAGE_bounds), from->bound_count};
    for (uint32_t i = 0; i < from->bound_count; i++) {
        const struct image_bound bound = {(uint32_t)from->bounds[i].compare, 0,
                                          from->bounds[i].number};
        builder_add(builder, IMAGE_bounds, &bound);
    }
    return list;
}

static uint32_t compile_correlation(struct builder *builder, const struct sigma_rule *rule,
                                    const uint32_t *numbers)
{
    const struct sigma_correlation *from = rule->correlation;
    struct image_correlation to = {
        .type = (uint32_t)from->type,
        .generate = from->generate,
        .timespan_ns = from->timespan_ns,
        .percentile = from->percentile,
        .rules = correlation_rules(builder, from, numbers),
        .rule_names = builder_texts(builder, from->rule_names, from->rule_count),
        .group_by = builder_texts(builder, from->group_by, from->group_count),
        .condition_fields =
            builder_texts(builder, from->condition_fields, from->condition_field_count),
        .bounds = correlation_bounds(builder, from),
    };
    correlation_aliases(builder, from, &to);
    to.nodes.first = builder_count(builder, IMAGE_nodes);
    if (from->expression)
        expression_nodes(builder, from->expression, rule->line);
    to.nodes.count = builder_count(builder, IMAGE_nodes) - to.nodes.first;
    builder_add(builder, IMAGE_correlations, &to);
    return builder_count(builder, IMAGE_correlations) - 1;
}

void compile_info(struct builder *builder, const struct sigma_rule *rule, const uint32_t *numbers)
{
    const struct image_info info = {
        .id = builder_text(builder, rule->id),
        .title = builder_text(builder, rule->title),
        .author = builder_text(builder, rule->author),
        .path = builder_text(builder, rule->path),
        .description = builder_text(builder, rule->description),
        .strength = attribute_text(builder, rule, "impound.strength"),
        .layer = attribute_text(builder, rule, "impound.layer"),
        .category = builder_text_or_none(builder, rule->logsource.category),
        .product = builder_text_or_none(builder, rule->logsource.product),
        .service = builder_text_or_none(builder, rule->logsource.service),
        .tags = builder_texts(builder, rule->tags, rule->tag_count),
        .tools = attribute(builder, rule, "impound.tool"),
        .line = rule->line,
        .level = (uint8_t)rule->level,
        .status = (uint8_t)rule->status,
        .is_silent = rule->is_silent,
        .correlation = rule->correlation ? compile_correlation(builder, rule, numbers) : IMAGE_NONE,
    };
    builder_add(builder, IMAGE_infos, &info);
}

void compile_refusal(struct builder *builder, const char *path, uint32_t line, const char *reason)
{
    const struct image_refusal refusal = {builder_text(builder, path),
                                          builder_text(builder, reason), line};
    builder_add(builder, IMAGE_refusals, &refusal);
}
