#include "rules/compile/compile.h"

#include <stdlib.h>

/* A translation of one field while its source is made. */
struct draft_pair {
    uint32_t rule_field, order;
    const struct logsource_translation *from;
};

static int compare_pairs(const void *one, const void *other)
{
    const struct draft_pair *left = one, *right = other;
    if (left->rule_field != right->rule_field)
        return left->rule_field < right->rule_field ? -1 : 1;
    return (left->order > right->order) - (left->order < right->order);
}

static int compare_values(const void *one, const void *other)
{
    const struct image_value *left = one, *right = other;
    return (left->rule_value.at > right->rule_value.at) -
           (left->rule_value.at < right->rule_value.at);
}

/* What rules write for values of the field, sorted so that those for one value stand together. */
static struct image_list values_add(struct builder *builder,
                                    const struct logsource_translation *from)
{
    const struct image_list list = {builder_count(builder, IMAGE_values), from->value_count};
    struct image_value *values = calloc((size_t)from->value_count + 1, sizeof(*values));
    builder->failed |= values == NULL;
    if (!values)
        return (struct image_list){0};
    for (uint32_t i = 0; i < from->value_count; i++)
        values[i] = (struct image_value){
            compile_folded(builder, from->values[i].rule_value),
            compile_text(builder, from->values[i].event_value),
        };
    qsort(values, from->value_count, sizeof(*values), compare_values);
    for (uint32_t i = 0; i < from->value_count; i++)
        builder_add(builder, IMAGE_values, &values[i]);
    free(values);
    return list;
}

/* The translations sorted by the rule's field; of two for one field the first counts. */
static struct image_list translations_add(struct builder *builder,
                                          const struct logsource_alternative *from)
{
    struct image_list list = {builder_count(builder, IMAGE_translations), 0};
    struct draft_pair *pairs = calloc((size_t)from->translation_count + 1, sizeof(*pairs));
    builder->failed |= pairs == NULL;
    if (!pairs)
        return list;
    for (uint32_t i = 0; i < from->translation_count; i++)
        pairs[i] = (struct draft_pair){builder_field(builder, from->translations[i].rule_field), i,
                                       &from->translations[i]};
    qsort(pairs, from->translation_count, sizeof(*pairs), compare_pairs);
    for (uint32_t i = 0; i < from->translation_count; i++) {
        if (i > 0 && pairs[i].rule_field == pairs[i - 1].rule_field)
            continue;
        const struct image_translation pair = {
            .rule_field = pairs[i].rule_field,
            .event_field = builder_field(builder, pairs[i].from->event_field),
            .values = values_add(builder, pairs[i].from),
        };
        builder_add(builder, IMAGE_translations, &pair);
        list.count++;
    }
    free(pairs);
    return list;
}

/* One condition: its tests as words. */
static struct image_condition condition_make(struct builder *builder,
                                             const struct logsource_condition *from)
{
    struct image_condition to = {.field = builder_field(builder, from->field)};
    uint32_t *tests = calloc((size_t)from->count + 1, sizeof(*tests));
    builder->failed |= tests == NULL;
    for (uint32_t i = 0; tests && i < from->count; i++)
        tests[i] = compile_begin(builder, from->values[i]);
    if (tests)
        to.tests = builder_words(builder, tests, from->count);
    free(tests);
    return to;
}

static struct image_list conditions_add(struct builder *builder,
                                        const struct logsource_alternative *from)
{
    const struct image_list list = {builder_count(builder, IMAGE_conditions),
                                    from->condition_count};
    for (uint32_t i = 0; i < from->condition_count; i++) {
        const struct image_condition condition = condition_make(builder, &from->conditions[i]);
        builder_add(builder, IMAGE_conditions, &condition);
    }
    return list;
}

static void key_text(struct buffer *key, const char *text)
{
    buffer_bytes(key, text, strlen(text) + 1);
}

/* All that makes an alternative what it is, in the builder's key. Counts stand before what they
 * count, so that different alternatives have different keys. */
static void alternative_key(struct builder *builder, const struct logsource_alternative *from)
{
    struct buffer *key = &builder->key;
    buffer_reset(key);
    buffer_bytes(key, &from->condition_count, sizeof(from->condition_count));
    for (uint32_t i = 0; i < from->condition_count; i++) {
        const struct logsource_condition *condition = &from->conditions[i];
        key_text(key, condition->field);
        buffer_bytes(key, &condition->count, sizeof(condition->count));
        for (uint32_t j = 0; j < condition->count; j++)
            key_text(key, condition->values[j]);
    }
    for (uint32_t i = 0; i < from->translation_count; i++) {
        const struct logsource_translation *pair = &from->translations[i];
        key_text(key, pair->rule_field);
        key_text(key, pair->event_field);
        buffer_bytes(key, &pair->value_count, sizeof(pair->value_count));
        for (uint32_t j = 0; j < pair->value_count; j++) {
            key_text(key, pair->values[j].rule_value);
            key_text(key, pair->values[j].event_value);
        }
    }
}

/* The number of the source that an alternative is. */
static uint32_t source_number(struct builder *builder, const struct logsource_alternative *from)
{
    bool is_new = false;
    alternative_key(builder, from);
    const uint32_t number = keys_add(&builder->sources, buffer_view(&builder->key), &is_new);
    builder->failed |= builder->key.failed || number == KEYS_NONE;
    if (!is_new)
        return number;
    const struct image_source source = {
        .conditions = conditions_add(builder, from),
        .translations = translations_add(builder, from),
        .audit = builder_text_or_none(builder, from->audit),
    };
    builder_add(builder, IMAGE_sources, &source);
    return number;
}

struct image_list compile_sources(struct builder *builder, const struct logsource_table *table,
                                  const struct sigma_logsource *logsource)
{
    uint32_t count = 0;
    const struct logsource_alternative *all = logsource_find(table, logsource, &count);
    uint32_t *numbers = calloc((size_t)count + 1, sizeof(*numbers));
    struct image_list list = {0};
    builder->failed |= numbers == NULL;
    uint32_t kept = 0;
    for (uint32_t i = 0; numbers && i < count; i++) {
        const uint32_t number = source_number(builder, &all[i]);
        bool is_known = false;
        for (uint32_t j = 0; j < kept; j++)
            is_known |= numbers[j] == number;
        if (!is_known)
            numbers[kept++] = number;
    }
    if (numbers)
        list = builder_words(builder, numbers, kept);
    free(numbers);
    return list;
}

void compile_source_rules(struct builder *builder)
{
    const uint32_t source_count = builder_count(builder, IMAGE_sources);
    const uint32_t rule_count = builder_count(builder, IMAGE_rules);
    struct image_source *sources = (void *)builder->sections[IMAGE_sources].data;
    const struct image_rule *rules = (const void *)builder->sections[IMAGE_rules].data;
    if (builder->failed)
        return;
    const uint32_t first = builder_count(builder, IMAGE_words);
    const uint32_t *words = (const void *)builder->sections[IMAGE_words].data;
    uint32_t next = first;
    for (uint32_t i = 0; i < rule_count; i++)
        for (uint32_t j = 0; j < rules[i].sources.count; j++)
            sources[words[rules[i].sources.first + j]].rules.count++;
    for (uint32_t i = 0; i < source_count; i++) {
        sources[i].rules.first = next;
        next += sources[i].rules.count;
        sources[i].rules.count = 0;
    }
    for (uint32_t i = first; i < next; i++)
        builder_add(builder, IMAGE_words, &(uint32_t){0});
    if (builder->failed)
        return;
    uint32_t *to = (void *)builder->sections[IMAGE_words].data;
    for (uint32_t i = 0; i < rule_count; i++)
        for (uint32_t j = 0; j < rules[i].sources.count; j++) {
            struct image_source *source = &sources[to[rules[i].sources.first + j]];
            to[source->rules.first + source->rules.count++] = i;
        }
}
