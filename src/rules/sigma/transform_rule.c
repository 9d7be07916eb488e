#include "rules/sigma/condition.h"
#include "rules/sigma/detection.h"
#include "rules/sigma/header.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"
#include "rules/sigma/pipeline_item.h"

#include <stdio.h>

/* Transformations of rules and of whole detection items. */

static enum status apply_drop(struct pipeline_run *run, const struct draft_item *item,
                              struct item_change *change)
{
    (void)run;
    (void)item;
    change->kind = CHANGE_DROPPED;
    return STATUS_OK;
}

static enum status apply_item_failure(struct pipeline_run *run, const struct draft_item *item,
                                      struct item_change *change)
{
    (void)change;
    return pipeline_refuse(run, item->line, "%.180s",
                           (const char *)run->item->parameters[0]->text.data);
}

static enum status apply_rule_failure(struct pipeline_run *run)
{
    return pipeline_refuse(run, run->rule->rule.line, "%.180s",
                           (const char *)run->item->parameters[0]->text.data);
}

static enum status keep_text(const struct pipeline_run *run, const struct tree_node *node,
                             const char **text)
{
    *text = node ? arena_keep_text(run->context->arena, node->text) : NULL;
    return node && !*text ? draft_no_memory(run->context) : STATUS_OK;
}

static enum status apply_logsource(struct pipeline_run *run)
{
    const struct tree_node *const *parameters = run->item->parameters;
    struct sigma_logsource changed = {0};
    if (run->rule->correlation)
        return STATUS_OK;
    enum status status = keep_text(run, parameters[0], &changed.category);
    if (status == STATUS_OK)
        status = keep_text(run, parameters[1], &changed.product);
    if (status == STATUS_OK)
        status = keep_text(run, parameters[2], &changed.service);
    if (status == STATUS_OK)
        run->rule->rule.logsource = changed;
    return status;
}

static enum status apply_state(struct pipeline_run *run)
{
    if (run->state_count == STATES_MAX)
        return pipeline_refuse(run, run->rule->rule.line, "more than %d states", STATES_MAX);
    run->states[run->state_count].key = (const char *)run->item->parameters[0]->text.data;
    run->states[run->state_count++].value = run->item->parameters[1];
    return STATUS_OK;
}

static bool is_texts(const struct tree_node *node)
{
    bool is_simple = node->kind == TREE_LIST;
    for (uint32_t i = 0; is_simple && i < node->count; i++)
        is_simple = tree_is_scalar(node->items[i]);
    return is_simple || tree_is_scalar(node);
}

/* Values that are maps are not kept, as in rules. */
static enum status apply_attribute(struct pipeline_run *run)
{
    struct sigma_rule *rule = &run->rule->rule;
    const struct tree_node *const *parameters = run->item->parameters;
    if (!is_texts(parameters[1]))
        return STATUS_OK;
    struct sigma_attribute *attributes = arena_take_array(
        run->context->arena, (size_t)rule->attribute_count + 1, sizeof(*attributes));
    if (!attributes)
        return draft_no_memory(run->context);
    uint32_t at = 0;
    while (at < rule->attribute_count && !text_is(rule->attributes[at].key, parameters[0]))
        at++;
    if (rule->attribute_count)
        memcpy(attributes, rule->attributes, rule->attribute_count * sizeof(*attributes));
    attributes[at].key = (const char *)parameters[0]->text.data;
    if (at == rule->attribute_count)
        rule->attribute_count++;
    rule->attributes = attributes;
    return header_texts(run->context, parameters[1], &attributes[at].values, &attributes[at].count);
}

static enum status set_fields(struct pipeline_run *run, const char *const *old, uint32_t old_count,
                              const struct tree_node *removed, const char *const *more,
                              uint32_t more_count)
{
    const char **fields =
        arena_take_array(run->context->arena, (size_t)old_count + more_count, sizeof(*fields));
    uint32_t count = 0;
    if (!fields)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < old_count; i++)
        if (!parameter_has(removed, bytes_of_text(old[i])))
            fields[count++] = old[i];
    for (uint32_t i = 0; i < more_count; i++)
        fields[count++] = more[i];
    run->rule->rule.fields = fields;
    run->rule->rule.field_count = count;
    return STATUS_OK;
}

static enum status apply_add_field(struct pipeline_run *run)
{
    const char *const *more;
    uint32_t count;
    const enum status status = header_texts(run->context, run->item->parameters[0], &more, &count);
    return status == STATUS_OK ? set_fields(run, run->rule->rule.fields,
                                            run->rule->rule.field_count, NULL, more, count)
                               : status;
}

static enum status apply_remove_field(struct pipeline_run *run)
{
    return set_fields(run, run->rule->rule.fields, run->rule->rule.field_count,
                      run->item->parameters[0], NULL, 0);
}

static enum status apply_set_field(struct pipeline_run *run)
{
    return header_texts(run->context, run->item->parameters[0], &run->rule->rule.fields,
                        &run->rule->rule.field_count);
}

static enum status apply_nest(struct pipeline_run *run)
{
    return pipeline_run_items(run, run->item->nested, run->item->nested_count);
}

/* add_condition */

/* $category, $product and $service, also in braces; `at` stands behind the $. Returns what was
 * taken, 0 for none of them. */
static size_t take_variable(const struct sigma_logsource *logsource, struct bytes left,
                            const char **value)
{
    static const char *const names[] = {"category", "product", "service"};
    const char *const values[] = {logsource->category, logsource->product, logsource->service};
    const bool has_brace = left.length && left.data[0] == '{';
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        const size_t length = strlen(names[i]), end = length + has_brace;
        if (left.length < end + has_brace || memcmp(left.data + has_brace, names[i], length) != 0 ||
            (has_brace && left.data[end] != '}'))
            continue;
        *value = values[i] ? values[i] : "None";
        return end + has_brace;
    }
    return 0;
}

static enum status substitute(const struct pipeline_run *run, const struct tree_node *node,
                              const struct tree_node **made)
{
    struct buffer *to = run->scratch;
    buffer_reset(to);
    for (size_t i = 0; i < node->text.length; i++) {
        const char *value = NULL;
        const struct bytes left = bytes_of(node->text.data + i + 1, node->text.length - i - 1);
        const size_t taken =
            node->text.data[i] == '$' ? take_variable(&run->rule->rule.logsource, left, &value) : 0;
        if (taken)
            buffer_text(to, value);
        else
            buffer_byte(to, node->text.data[i]);
        i += taken;
    }
    struct tree_node *scalar = arena_take_array(run->context->arena, 1, sizeof(*scalar));
    const char *text = arena_keep_text(run->context->arena, buffer_view(to));
    if (!scalar || !text)
        return draft_no_memory(run->context);
    *scalar = *node;
    scalar->text = bytes_of(text, to->length);
    *made = scalar;
    return STATUS_OK;
}

/* The same tree with its texts substituted. Recursion bounded by TREE_DEPTH_MAX. */
static enum status fill_template(const struct pipeline_run *run, const struct tree_node *node,
                                 const struct tree_node **made)
{
    *made = node;
    if (tree_is_scalar(node))
        return node->kind == TREE_TEXT ? substitute(run, node, made) : STATUS_OK;
    struct tree_node *copy = arena_take_array(run->context->arena, 1, sizeof(*copy));
    const struct tree_node **items =
        arena_take_array(run->context->arena, node->count, sizeof(*items));
    struct tree_pair *pairs = arena_take_array(run->context->arena, node->count, sizeof(*pairs));
    if (!copy || !items || !pairs)
        return draft_no_memory(run->context);
    *copy = *node;
    for (uint32_t i = 0; i < node->count; i++) {
        const bool is_map = node->kind == TREE_MAP;
        const enum status status =
            fill_template(run, is_map ? node->pairs[i].value : node->items[i], &items[i]);
        if (status != STATUS_OK)
            return status;
        if (is_map)
            pairs[i] = (struct tree_pair){node->pairs[i].key, node->pairs[i].line, items[i]};
    }
    if (node->kind == TREE_MAP)
        copy->pairs = pairs;
    else
        copy->items = items;
    *made = copy;
    return STATUS_OK;
}

static enum status define_selection(const struct pipeline_run *run,
                                    struct draft_detection *selection)
{
    const struct tree_node *const *parameters = run->item->parameters;
    const struct tree_node *conditions = parameters[0];
    const char *name = parameters[1] ? (const char *)parameters[1]->text.data : "_added";
    enum status status = STATUS_OK;
    if (parameter_flag(parameters[2]))
        status = fill_template(run, parameters[0], &conditions);
    if (status == STATUS_OK)
        status = detection_define(run->context, conditions, name, selection);
    if (status != STATUS_OK)
        return status;
    struct draft_item *items =
        arena_take_array(run->context->arena, selection->count, sizeof(*items));
    if (!items)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < selection->count; i++) {
        items[i] = selection->items[i];
        items[i].applied |= run->item->bit;
    }
    selection->items = items;
    return STATUS_OK;
}

static enum status join_expression(const struct pipeline_run *run, uint32_t selection)
{
    struct draft_rule *rule = run->rule;
    const struct draft_expression *both[2] = {condition_leaf(run->context->arena, selection),
                                              rule->expression};
    if (both[0] && parameter_flag(run->item->parameters[3]))
        both[0] = condition_not(run->context->arena, both[0]);
    if (both[0])
        rule->expression = condition_join(run->context->arena, SIGMA_AND, both, 2);
    if (!both[0] || !rule->expression)
        return draft_no_memory(run->context);
    return rule->expression->weight > CONDITION_LEAVES_MAX
               ? pipeline_refuse(run, rule->rule.line, "the condition reaches too many selections")
               : STATUS_OK;
}

static enum status apply_add_condition(struct pipeline_run *run)
{
    struct draft_rule *rule = run->rule;
    const uint32_t count = rule->selection_count;
    if (rule->correlation)
        return STATUS_OK;
    struct draft_detection *selections =
        arena_take_array(run->context->arena, (size_t)count + 1, sizeof(*selections));
    if (!selections)
        return draft_no_memory(run->context);
    memcpy(selections, rule->selections, count * sizeof(*selections));
    const enum status status = define_selection(run, &selections[count]);
    if (status != STATUS_OK)
        return status;
    rule->selections = selections;
    rule->selection_count = count + 1;
    return join_expression(run, count);
}

/* hashes_fields */

#define ALGORITHM_BOUND 16

static const char *algorithm_of_length(size_t digits)
{
    switch (digits) {
    case 32:
        return "MD5";
    case 40:
        return "SHA1";
    case 64:
        return "SHA256";
    case 128:
        return "SHA512";
    default:
        return "";
    }
}

static struct bytes without_wildcards(struct bytes text)
{
    size_t from = 0, to = text.length;
    while (from < to && (text.data[from] == '*' || text.data[from] == '?'))
        from++;
    while (to > from && (text.data[to - 1] == '*' || text.data[to - 1] == '?'))
        to--;
    return bytes_of(text.data + from, to - from);
}

static void write_upper(char *to, struct bytes text)
{
    size_t length = 0;
    for (; length < text.length && length + 1 < ALGORITHM_BOUND; length++) {
        const uint8_t byte = text.data[length];
        to[length] = (char)(byte >= 'a' && byte <= 'z' ? byte - 0x20 : byte);
    }
    to[length] = '\0';
}

/* SHA256=… or SHA256|…, else by the length of what is left. False when it is none of the valid. */
static bool split_hash(const struct tree_node *valid, struct bytes plain,
                       char algorithm[ALGORITHM_BOUND], struct bytes *hash)
{
    const uint8_t *bar = memchr(plain.data, '|', plain.length);
    if (!bar)
        bar = memchr(plain.data, '=', plain.length);
    const size_t name_length = bar ? (size_t)(bar - plain.data) : 0;
    const size_t from = bar ? name_length + 1 : 0;
    *hash = without_wildcards(bytes_of(plain.data + from, plain.length - from));
    write_upper(algorithm, bar ? without_wildcards(bytes_of(plain.data, name_length))
                               : bytes_of_text(algorithm_of_length(hash->length)));
    return *algorithm && parameter_has(valid, bytes_of_text(algorithm));
}

static enum status hash_item(const struct pipeline_run *run, const struct draft_value *value,
                             const char *algorithm, struct bytes hash, struct draft_item *item)
{
    const struct tree_node *prefix = run->item->parameters[1];
    char name[256];
    snprintf(name, sizeof(name), "%.200s%s", prefix ? (const char *)prefix->text.data : "",
             parameter_flag(run->item->parameters[2]) ? "" : algorithm);
    struct draft_value *hashes = arena_take_array(run->context->arena, 1, sizeof(*hashes));
    const char *field = arena_keep_text(run->context->arena, bytes_of_text(name));
    struct pattern pattern;
    if (!hashes || !field)
        return draft_no_memory(run->context);
    const enum status status = pattern_parse(run->context, hash, &pattern);
    hashes[0] = modifier_text(pattern, value->test.line);
    *item = (struct draft_item){.field = strcmp(field, "keyword") == 0 ? NULL : field,
                                .values = hashes,
                                .count = 1,
                                .line = value->test.line,
                                .applied = run->item->bit};
    return status;
}

static bool is_hash_item(const struct pipeline_run *run, const struct draft_item *item)
{
    const struct tree_node *fields = run->item->parameters[3];
    if (!item->field || item->count == 0)
        return false;
    if (fields ? !parameter_has(fields, bytes_of_text(item->field))
               : strcmp(item->field, "Hashes") != 0 && strcmp(item->field, "Hash") != 0)
        return false;
    for (uint32_t i = 0; i < item->count; i++)
        if (item->values[i].type != DRAFT_TEXT)
            return false;
    return true;
}

static enum status apply_hashes(struct pipeline_run *run, const struct draft_item *item,
                                struct item_change *change)
{
    if (!is_hash_item(run, item))
        return STATUS_OK;
    struct draft_item *items = arena_take_array(run->context->arena, item->count, sizeof(*items));
    struct draft_detection *detection =
        arena_take_array(run->context->arena, 1, sizeof(*detection));
    if (!items || !detection)
        return draft_no_memory(run->context);
    uint32_t count = 0;
    for (uint32_t i = 0; i < item->count; i++) {
        char algorithm[ALGORITHM_BOUND];
        struct bytes hash;
        if (!split_hash(run->item->parameters[0], pipeline_plain(run, &item->values[i]), algorithm,
                        &hash))
            continue;
        const enum status status =
            hash_item(run, &item->values[i], algorithm, hash, &items[count++]);
        if (status != STATUS_OK)
            return status;
    }
    if (count == 0)
        return pipeline_refuse(run, item->line, "no valid hash in %.80s", item->field);
    *detection = (struct draft_detection){.is_any = true, .items = items, .count = count};
    change->kind = CHANGE_REPLACED;
    change->item = (struct draft_item){.detection = detection, .line = item->line};
    return STATUS_OK;
}

const struct transformation rule_transformations[] = {
    {"add_condition",
     {{"conditions", PARAMETER_MAP, true},
      {"name", PARAMETER_TEXT, false},
      {"template", PARAMETER_BOOL, false},
      {"negated", PARAMETER_BOOL, false}},
     .apply_rule = apply_add_condition},
    {"change_logsource",
     {{"category", PARAMETER_TEXT, false},
      {"product", PARAMETER_TEXT, false},
      {"service", PARAMETER_TEXT, false}},
     .apply_rule = apply_logsource},
    {"set_state",
     {{"key", PARAMETER_TEXT, true}, {"val", PARAMETER_ANY, true}},
     .apply_rule = apply_state},
    {"set_custom_attribute",
     {{"attribute", PARAMETER_TEXT, true}, {"value", PARAMETER_ANY, true}},
     .apply_rule = apply_attribute},
    {"rule_failure", {{"message", PARAMETER_TEXT, true}}, .apply_rule = apply_rule_failure},
    {"add_field", {{"field", PARAMETER_TEXTS, true}}, .apply_rule = apply_add_field},
    {"remove_field", {{"field", PARAMETER_TEXTS, true}}, .apply_rule = apply_remove_field},
    {"set_field", {{"fields", PARAMETER_TEXTS, true}}, .apply_rule = apply_set_field},
    {"nest", {{"items", PARAMETER_ITEMS, true}}, .apply_rule = apply_nest},
    {"drop_detection_item", {{0}}, .apply_item = apply_drop},
    {"detection_item_failure",
     {{"message", PARAMETER_TEXT, true}},
     .apply_item = apply_item_failure},
    {"hashes_fields",
     {{"valid_hash_algos", PARAMETER_TEXTS, true},
      {"field_prefix", PARAMETER_TEXT, false},
      {"drop_algo_prefix", PARAMETER_BOOL, false},
      {"field_to_parse", PARAMETER_TEXTS, false}},
     .apply_item = apply_hashes},
    {0},
};
