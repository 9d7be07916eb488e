#include "rules/sigma/condition.h"
#include "rules/sigma/pipeline.h"
#include "rules/sigma/pipeline_item.h"
#include "yaml/option_file.h"

#include <assert.h>
#include <stdlib.h>

/* Everything is checked when a pipeline is read: keys, kinds of parameters, words, expressions.
 * What it takes later is looked up in the tables of transform_*.c and pipeline_condition.c. */

#define ITEMS_MAX      1024U
#define CONDITIONS_MAX 256U
#define NEST_MAX       8

struct reading {
    struct sigma_rules *rules;
    struct pipelines *pipelines;
    const struct draft_context *context;
    unsigned depth; /* of nested items */
};

static enum status refuse(const struct reading *reading, uint32_t line, const char *before,
                          const char *name)
{
    return fault_set(reading->context->fault, STATUS_INVALID, line, "%s %.80s", before, name);
}

static enum status no_memory(const struct reading *reading)
{
    return draft_no_memory(reading->context);
}

static bool is_texts(const struct tree_node *node)
{
    if (node->kind != TREE_LIST)
        return tree_is_scalar(node) && node->kind != TREE_NULL;
    for (uint32_t i = 0; i < node->count; i++)
        if (!tree_is_scalar(node->items[i]) || node->items[i]->kind == TREE_NULL)
            return false;
    return true;
}

static bool is_kind(const struct tree_node *node, enum parameter_kind kind)
{
    bool flag;
    switch (kind) {
    case PARAMETER_TEXT:
        return tree_is_scalar(node) && node->kind != TREE_NULL;
    case PARAMETER_BOOL:
        return tree_bool(node, &flag);
    case PARAMETER_SCALAR:
        return tree_is_scalar(node);
    case PARAMETER_TEXTS:
        return is_texts(node);
    case PARAMETER_MAP:
        return node->kind == TREE_MAP;
    case PARAMETER_ITEMS:
        return node->kind == TREE_LIST;
    case PARAMETER_ANY:
        break;
    }
    return true;
}

static bool is_key(struct bytes key, const char *const *keys, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (bytes_equal(key, bytes_of_text(keys[i])))
            return true;
    return false;
}

static const struct parameter *parameter_find(const struct parameter *parameters, struct bytes key)
{
    for (unsigned i = 0; i < PARAMETERS_MAX && parameters[i].name; i++)
        if (bytes_equal(key, bytes_of_text(parameters[i].name)))
            return &parameters[i];
    return NULL;
}

/* Sorts the keys of a definition, but for those in `others`, into places. */
static enum status take_parameters(const struct reading *reading, const struct tree_node *map,
                                   const struct parameter *parameters, const char *const *others,
                                   unsigned other_count, const struct tree_node **places)
{
    for (uint32_t i = 0; i < map->count; i++) {
        const struct tree_pair *pair = &map->pairs[i];
        if (is_key(pair->key, others, other_count))
            continue;
        const struct parameter *parameter = parameter_find(parameters, pair->key);
        if (!parameter)
            return refuse(reading, pair->line, "there is no parameter",
                          (const char *)pair->key.data);
        const bool is_absent = pair->value->kind == TREE_NULL && !parameter->is_required;
        if (!is_absent && !is_kind(pair->value, parameter->kind))
            return refuse(reading, pair->line, "of the wrong kind is", parameter->name);
        places[parameter - parameters] = is_absent ? NULL : pair->value;
    }
    for (unsigned i = 0; i < PARAMETERS_MAX && parameters[i].name; i++)
        if (parameters[i].is_required && !places[i])
            return refuse(reading, map->line, "there must be", parameters[i].name);
    return STATUS_OK;
}

/* Words that parameters of some names are limited to; checked wherever they occur. */
static enum status check_word(const struct reading *reading, const char *name,
                              const struct tree_node *value)
{
    static const struct {
        const char *name;
        const char *words[9];
    } limits[] = {
        {"cond", {"any", "all"}},
        {"op", {"eq", "ne", "gte", "gt", "lte", "lt", "in", "not_in"}},
        {"mode", {"plain", "re"}},
        {"target_type", {"str", "num"}},
        {"force_type", {"str", "num"}},
        {"method",
         {"plain", "ignore_case_flag", "ignore_case_brackets", "lower", "upper", "snake_case"}},
    };
    for (unsigned i = 0; i < COUNT_OF(limits); i++) {
        if (strcmp(limits[i].name, name) != 0)
            continue;
        for (unsigned j = 0; limits[i].words[j]; j++)
            if (tree_is(value, limits[i].words[j]))
                return STATUS_OK;
        return refuse(reading, value->line, "unknown word for", name);
    }
    return STATUS_OK;
}

/* A mapping leads from texts to texts. */
static enum status check_mapping(const struct reading *reading, const struct tree_node *map)
{
    for (uint32_t i = 0; i < map->count; i++)
        if (!is_texts(map->pairs[i].value))
            return refuse(reading, map->pairs[i].line, "neither a text nor a list of texts:",
                          (const char *)map->pairs[i].key.data);
    return STATUS_OK;
}

static enum status check_parameters(const struct reading *reading,
                                    const struct parameter *parameters,
                                    const struct tree_node *const *places)
{
    enum status status = STATUS_OK;
    for (unsigned i = 0; i < PARAMETERS_MAX && parameters[i].name && status == STATUS_OK; i++) {
        if (!places[i])
            continue;
        status = check_word(reading, parameters[i].name, places[i]);
        if (status == STATUS_OK && strcmp(parameters[i].name, "mapping") == 0)
            status = check_mapping(reading, places[i]);
    }
    return status;
}

static enum status add_expression(const struct reading *reading, const struct tree_node *text,
                                  struct expression **expression)
{
    struct pipelines *pipelines = reading->pipelines;
    if (pipelines->expression_count == pipelines->expression_capacity) {
        const uint32_t capacity = pipelines->expression_capacity * 2 + 16;
        struct expression **all =
            reallocarray(pipelines->expressions, capacity, sizeof(*pipelines->expressions));
        if (!all)
            return no_memory(reading);
        pipelines->expressions = all;
        pipelines->expression_capacity = capacity;
    }
    const enum status status = expression_compile(text->text, expression, reading->context->fault);
    if (status == STATUS_OK)
        pipelines->expressions[pipelines->expression_count++] = *expression;
    else
        reading->context->fault->offset = text->line;
    return status;
}

/* The bit of an id that a condition asks for. */
static enum status take_bit(const struct reading *reading, const struct tree_node *id,
                            uint64_t *bit)
{
    struct pipelines *pipelines = reading->pipelines;
    assert(id);
    uint32_t at = 0;
    while (at < pipelines->id_count && !text_is(pipelines->ids[at], id))
        at++;
    if (at == PIPELINE_IDS_MAX)
        return refuse(reading, id->line, "too many items are asked for, the last is",
                      (const char *)id->text.data);
    if (at == pipelines->id_count)
        pipelines->ids[pipelines->id_count++] = (const char *)id->text.data;
    *bit = UINT64_C(1) << at;
    return STATUS_OK;
}

static enum status compile_fields(const struct reading *reading, const struct tree_node *fields,
                                  struct pipeline_condition *condition)
{
    assert(fields);
    const bool is_list = fields->kind == TREE_LIST;
    const uint32_t count = is_list ? fields->count : 1;
    struct expression **expressions =
        arena_take_array(reading->context->arena, count, sizeof(*expressions));
    if (!expressions)
        return no_memory(reading);
    condition->expressions = expressions;
    condition->expression_count = count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = add_expression(reading, is_list ? fields->items[i] : fields, &expressions[i]);
    return status;
}

/* What a condition's parameters need to be ready: expressions, bits, a log source that is one. */
static enum status prepare_condition(const struct reading *reading, const struct tree_node *map,
                                     struct pipeline_condition *condition)
{
    const struct tree_node *const *places = condition->parameters;
    const char *name = condition->type->name;
    if (strcmp(name, "logsource") == 0 && !places[0] && !places[1] && !places[2])
        return refuse(reading, map->line, "category, product or service is missing in", name);
    if (strcmp(name, "processing_item_applied") == 0)
        return take_bit(reading, places[0], &condition->bit);
    if (strcmp(name, "match_string") == 0)
        return compile_fields(reading, places[1], condition);
    if (condition->type->match_field && places[1] && tree_is(places[1], "re"))
        return compile_fields(reading, places[0], condition);
    return STATUS_OK;
}

static enum status take_condition(const struct reading *reading, const struct tree_node *map,
                                  const struct condition_type *types,
                                  struct pipeline_condition *condition)
{
    static const char *const others[] = {"type"};
    const struct tree_node *name = map->kind == TREE_MAP ? tree_find(map, "type") : NULL;
    if (!name || !tree_is_scalar(name))
        return refuse(reading, map->line, "a condition must be a map with a", "type");
    while (types->name && !tree_is(name, types->name))
        types++;
    if (!types->name)
        return refuse(reading, name->line, "there is no condition", (const char *)name->text.data);
    condition->type = types;
    enum status status = take_parameters(reading, map, types->parameters, others, COUNT_OF(others),
                                         condition->parameters);
    if (status == STATUS_OK)
        status = check_parameters(reading, types->parameters, condition->parameters);
    return status == STATUS_OK ? prepare_condition(reading, map, condition) : status;
}

/* An expression must use every condition, which must have names. */
static enum status take_expression(const struct reading *reading, const struct tree_node *text,
                                   const struct tree_node *conditions,
                                   struct condition_group *group)
{
    const uint32_t count = conditions && conditions->kind == TREE_MAP ? conditions->count : 0;
    const char **names = arena_take_array(reading->context->arena, count, sizeof(*names));
    struct bytes left = text->text, word;
    uint32_t used = 0;
    if (!names)
        return no_memory(reading);
    for (uint32_t i = 0; i < count; i++)
        names[i] = (const char *)conditions->pairs[i].key.data;
    for (uint32_t i = 0; i < count; i++, left = text->text)
        while (condition_next_name(&left, &word))
            if (bytes_equal(word, conditions->pairs[i].key)) {
                used++;
                break;
            }
    if (used < count || count == 0)
        return refuse(reading, text->line, "the expression must use every named condition:",
                      (const char *)text->text.data);
    const struct condition_names all = {names, count, false};
    return condition_parse(reading->context, text->text, text->line, &all, &group->expression);
}

static enum status take_operator(const struct reading *reading, const struct tree_node *op,
                                 struct condition_group *group)
{
    if (!op || tree_is(op, "and"))
        return STATUS_OK;
    group->is_any = tree_is(op, "or");
    return group->is_any ? STATUS_OK
                         : refuse(reading, op->line, "neither `and` nor `or`:", "cond_op");
}

/* The four keys of one kind of conditions: the conditions, an expression or an operator, a
 * negation. */
static enum status take_group(const struct reading *reading, const struct tree_node *item,
                              const char *const keys[4], const struct condition_type *types,
                              struct condition_group *group)
{
    const struct tree_node *conditions = tree_find(item, keys[0]);
    const struct tree_node *expression = tree_find(item, keys[1]);
    const struct tree_node *negation = tree_find(item, keys[3]);
    const uint32_t count = conditions ? conditions->count : 0;
    if (conditions && (tree_is_scalar(conditions) || count > CONDITIONS_MAX))
        return refuse(reading, conditions->line, "must be a list or a map:", keys[0]);
    struct pipeline_condition *taken =
        arena_take_array(reading->context->arena, count, sizeof(*taken));
    if (!taken)
        return no_memory(reading);
    group->conditions = taken;
    group->count = count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = take_condition(reading,
                                conditions->kind == TREE_MAP ? conditions->pairs[i].value
                                                             : conditions->items[i],
                                types, &taken[i]);
    if (status == STATUS_OK)
        status = take_operator(reading, tree_find(item, keys[2]), group);
    if (status == STATUS_OK && negation && !tree_bool(negation, &group->is_negated))
        return refuse(reading, negation->line, "must be true or false:", keys[3]);
    if (status != STATUS_OK || !expression)
        return status;
    if (!tree_is_scalar(expression) || tree_find(item, keys[2]))
        return refuse(reading, expression->line, "either an expression or an operator:", keys[1]);
    return take_expression(reading, expression, conditions, group);
}

static const struct transformation *transformation_find(const struct tree_node *name)
{
    static const struct transformation *const tables[] = {
        field_transformations, value_transformations, rule_transformations};
    for (unsigned i = 0; i < COUNT_OF(tables); i++)
        for (const struct transformation *at = tables[i]; at->name; at++)
            if (tree_is(name, at->name))
                return at;
    return NULL;
}

static enum status take_items(struct reading *reading, const struct tree_node *list,
                              struct pipeline_item **items, uint32_t *count);

static enum status prepare_item(struct reading *reading, const struct tree_node *map,
                                struct pipeline_item *item)
{
    const struct tree_node *const *places = item->parameters;
    const char *name = item->transformation->name;
    if (strcmp(name, "nest") == 0)
        return take_items(reading, places[0], &item->nested, &item->nested_count);
    if (strcmp(name, "replace_string") == 0)
        return add_expression(reading, places[0], &item->expression);
    if (strcmp(name, "change_logsource") == 0 && !places[0] && !places[1] && !places[2])
        return refuse(reading, map->line, "category, product or service is missing in", name);
    if (strstr(name, "_placeholders") && places[0] && places[1])
        return refuse(reading, map->line, "include and exclude exclude each other in", name);
    return STATUS_OK;
}

static enum status take_item(struct reading *reading, const struct tree_node *map,
                             struct pipeline_item *item)
{
    static const char *const rule_keys[] = {"rule_conditions", "rule_cond_expr", "rule_cond_op",
                                            "rule_cond_not"};
    static const char *const detection_keys[] = {
        "detection_item_conditions", "detection_item_cond_expr", "detection_item_cond_op",
        "detection_item_cond_not"};
    static const char *const field_keys[] = {"field_name_conditions", "field_name_cond_expr",
                                             "field_name_cond_op", "field_name_cond_not"};
    static const char *const others[] = {"type",
                                         "id",
                                         "rule_conditions",
                                         "rule_cond_expr",
                                         "rule_cond_op",
                                         "rule_cond_not",
                                         "detection_item_conditions",
                                         "detection_item_cond_expr",
                                         "detection_item_cond_op",
                                         "detection_item_cond_not",
                                         "field_name_conditions",
                                         "field_name_cond_expr",
                                         "field_name_cond_op",
                                         "field_name_cond_not"};
    const struct tree_node *name = map->kind == TREE_MAP ? tree_find(map, "type") : NULL;
    if (!name || !tree_is_scalar(name))
        return refuse(reading, map->line, "a transformation must be a map with a", "type");
    item->line = map->line;
    item->transformation = transformation_find(name);
    if (!item->transformation)
        return refuse(reading, name->line, "there is no transformation",
                      (const char *)name->text.data);
    const struct parameter *parameters = item->transformation->parameters;
    const struct tree_node *id = tree_find(map, "id");
    item->id = id && tree_is_scalar(id) ? (const char *)id->text.data : NULL;
    enum status status =
        take_parameters(reading, map, parameters, others, COUNT_OF(others), item->parameters);
    if (status == STATUS_OK)
        status = check_parameters(reading, parameters, item->parameters);
    if (status == STATUS_OK)
        status = take_group(reading, map, rule_keys, pipeline_rule_conditions, &item->rule);
    if (status == STATUS_OK)
        status =
            take_group(reading, map, detection_keys, pipeline_item_conditions, &item->detection);
    if (status == STATUS_OK)
        status = take_group(reading, map, field_keys, pipeline_field_conditions, &item->field);
    return status == STATUS_OK ? prepare_item(reading, map, item) : status;
}

/* Recursion through `nest`, at most NEST_MAX deep. */
static enum status take_items(struct reading *reading, const struct tree_node *list,
                              struct pipeline_item **items, uint32_t *count)
{
    if (list->kind != TREE_LIST || list->count > ITEMS_MAX || reading->depth == NEST_MAX)
        return refuse(reading, list->line, "a list of transformations is expected, not too long",
                      "and not nested too deep");
    struct pipeline_item *taken =
        arena_take_array(reading->context->arena, list->count, sizeof(*taken));
    if (!taken)
        return no_memory(reading);
    enum status status = STATUS_OK;
    reading->depth++;
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = take_item(reading, list->items[i], &taken[i]);
    reading->depth--;
    *items = taken;
    *count = list->count;
    return status;
}

static enum status take_variables(const struct reading *reading, const struct tree_node *variables,
                                  struct pipeline_file *file)
{
    if (!variables || variables->kind == TREE_NULL)
        return STATUS_OK;
    if (variables->kind != TREE_MAP)
        return refuse(reading, variables->line, "a map is expected:", "vars");
    file->variables = variables;
    return check_mapping(reading, variables);
}

static enum status take_document(struct reading *reading, const struct tree_node *document,
                                 struct pipeline_file *file)
{
    static const char *const keys[] = {
        "vars", "transformations", "postprocessing", "finalizers", "priority",
        "name", "allowed_backends"};
    if (document->kind != TREE_MAP)
        return refuse(reading, document->line, "a pipeline must be", "a map");
    for (uint32_t i = 0; i < document->count; i++) {
        const struct tree_pair *pair = &document->pairs[i];
        if (!is_key(pair->key, keys, COUNT_OF(keys)))
            return refuse(reading, pair->line, "there is no key", (const char *)pair->key.data);
        const bool is_for_queries = is_key(pair->key, keys + 2, 2);
        if (is_for_queries && !tree_is_scalar(pair->value) && pair->value->count)
            return refuse(reading, pair->line, "works on queries, which there are none of here:",
                          (const char *)pair->key.data);
    }
    const struct tree_node *priority = tree_find(document, "priority");
    if (priority && !tree_number(priority, &file->priority))
        return refuse(reading, priority->line, "must be a number:", "priority");
    const struct tree_node *items = tree_find(document, "transformations");
    const enum status status = take_variables(reading, tree_find(document, "vars"), file);
    if (status != STATUS_OK || !items || items->kind == TREE_NULL)
        return status;
    return take_items(reading, items, &file->items, &file->count);
}

enum status pipeline_read(struct sigma_rules *rules, const char *path, struct fault *fault)
{
    if (!rules->pipelines)
        rules->pipelines = calloc(1, sizeof(*rules->pipelines));
    struct pipelines *pipelines = rules->pipelines;
    if (!pipelines)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for pipelines");
    if (pipelines->file_count == PIPELINE_FILES_MAX)
        return fault_set(fault, STATUS_INVALID, 0, "more than %d pipelines", PIPELINE_FILES_MAX);
    const struct tree_node *document = NULL;
    enum status status = option_file_read(&rules->arena, path, &document, fault);
    if (status != STATUS_OK || !document)
        return status;
    struct fault inner = {0};
    const struct draft_context context = {&rules->arena, rules->placeholders, &inner};
    struct reading reading = {rules, pipelines, &context, 0};
    struct pipeline_file *file = &pipelines->files[pipelines->file_count];
    status = take_document(&reading, document, file);
    if (status != STATUS_OK)
        return option_file_fault(path, &inner, fault);
    pipelines->file_count++;
    return STATUS_OK;
}

/* Which ids are asked for is known when all files are. */
static void set_bits(const struct pipelines *pipelines, struct pipeline_item *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; items[i].id && j < pipelines->id_count; j++)
            if (strcmp(items[i].id, pipelines->ids[j]) == 0)
                items[i].bit = UINT64_C(1) << j;
        set_bits(pipelines, items[i].nested, items[i].nested_count);
    }
}

void pipeline_order(struct sigma_rules *rules)
{
    struct pipelines *pipelines = rules->pipelines;
    if (!pipelines)
        return;
    for (uint32_t i = 1; i < pipelines->file_count; i++) {
        const struct pipeline_file file = pipelines->files[i];
        uint32_t at = i;
        for (; at > 0 && pipelines->files[at - 1].priority > file.priority; at--)
            pipelines->files[at] = pipelines->files[at - 1];
        pipelines->files[at] = file;
    }
    for (uint32_t i = 0; i < pipelines->file_count; i++)
        set_bits(pipelines, pipelines->files[i].items, pipelines->files[i].count);
}

void pipeline_free(struct pipelines *pipelines)
{
    if (!pipelines)
        return;
    for (uint32_t i = 0; i < pipelines->expression_count; i++)
        expression_free(pipelines->expressions[i]);
    free(pipelines->expressions);
    free(pipelines);
}
