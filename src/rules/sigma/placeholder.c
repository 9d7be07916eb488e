#include "rules/sigma/placeholder.h"

#include "rules/sigma/builtin.h"
#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"
#include "yaml/option_file.h"
#include "yaml/tree.h"

#define REPLACED_MAX     4096U /* values that one value may become */
#define PLACEHOLDERS_MAX 16U   /* in one value */

struct placeholder {
    struct bytes name;
    const struct bytes *values;
    uint32_t count;
    const struct placeholder *before;
};

struct placeholders {
    const struct placeholder *newest;
};

static enum status take_definition(struct arena *arena, const struct tree_pair *pair,
                                   struct placeholders *placeholders, struct fault *fault)
{
    const struct tree_node *value = pair->value;
    const bool is_list = value->kind == TREE_LIST;
    const uint32_t count = is_list ? value->count : 1;
    struct placeholder *placeholder = arena_take_array(arena, 1, sizeof(*placeholder));
    struct bytes *values = arena_take_array(arena, count, sizeof(*values));
    if (!placeholder || !values)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for placeholders");
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = is_list ? value->items[i] : value;
        if (!tree_is_scalar(item) || item->kind == TREE_NULL)
            return fault_set(fault, STATUS_INVALID, item->line,
                             "a placeholder's value is neither text nor number");
        values[i] = item->text;
    }
    *placeholder = (struct placeholder){pair->key, values, count, placeholders->newest};
    placeholders->newest = placeholder;
    return STATUS_OK;
}

static enum status take_definitions(struct arena *arena, const struct tree_node *document,
                                    struct placeholders *placeholders, struct fault *fault)
{
    if (document->kind != TREE_MAP)
        return fault_set(fault, STATUS_INVALID, document->line,
                         "placeholders are a map of names to values");
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < document->count && status == STATUS_OK; i++)
        status = take_definition(arena, &document->pairs[i], placeholders, fault);
    return status;
}

enum status placeholder_read_builtin(struct arena *arena, struct placeholders **placeholders,
                                     struct fault *fault)
{
    *placeholders = arena_take_array(arena, 1, sizeof(**placeholders));
    if (!*placeholders)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for placeholders");
    const struct tree_node *document = NULL;
    const struct bytes text = bytes_of(placeholder_text, placeholder_text_length);
    const enum status status = option_text_read(arena, text, &document, fault);
    return status || !document ? status : take_definitions(arena, document, *placeholders, fault);
}

enum status placeholder_read(struct arena *arena, const char *path,
                             struct placeholders *placeholders, struct fault *fault)
{
    const struct tree_node *document = NULL;
    enum status status = option_file_read(arena, path, &document, fault);
    if (status != STATUS_OK || !document)
        return status;
    struct fault inner = {0};
    status = take_definitions(arena, document, placeholders, &inner);
    return status == STATUS_OK ? STATUS_OK : option_file_fault(path, &inner, fault);
}

static bool find_defined(const void *state, struct bytes name, const struct bytes **values,
                         uint32_t *count)
{
    const struct placeholders *placeholders = state;
    const struct placeholder *at = placeholders ? placeholders->newest : NULL;
    while (at && !bytes_equal(at->name, name))
        at = at->before;
    if (!at)
        return false;
    *values = at->values;
    *count = at->count;
    return true;
}

struct patterns {
    struct pattern *at;
    uint32_t count;
};

/* Puts each of `more` behind each of `patterns`. */
static enum status multiply(const struct draft_context *context, struct patterns *patterns,
                            const struct pattern *more, uint32_t count)
{
    if ((uint64_t)patterns->count * count > REPLACED_MAX)
        return fault_set(context->fault, STATUS_INVALID, 0,
                         "expand: placeholders make more than %u values of one", REPLACED_MAX);
    const uint32_t total = patterns->count * count;
    struct pattern *made = arena_take_array(context->arena, total, sizeof(*made));
    if (!made)
        return draft_no_memory(context);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < total && status == STATUS_OK; i++)
        status = pattern_join(context, patterns->at[i / count], more[i % count], &made[i]);
    *patterns = (struct patterns){made, total};
    return status;
}

static enum status multiply_values(const struct draft_context *context, struct patterns *patterns,
                                   const struct bytes *values, uint32_t count, bool is_regex)
{
    struct pattern *more = arena_take_array(context->arena, count, sizeof(*more));
    if (!more)
        return draft_no_memory(context);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = is_regex ? pattern_literal(context, values[i], &more[i])
                          : pattern_parse(context, values[i], &more[i]);
    return status == STATUS_OK ? multiply(context, patterns, more, count) : status;
}

/* Walks over the pieces; what stands between two known placeholders is added in one go. */
static enum status replace_pattern(const struct draft_context *context,
                                   const struct placeholder_source *source, struct pattern pattern,
                                   bool is_regex, struct patterns *patterns)
{
    enum status status = STATUS_OK;
    uint32_t from = 0, replaced = 0;
    for (uint32_t i = 0; i < pattern.count && status == STATUS_OK; i++) {
        const struct bytes *values;
        uint32_t count;
        const struct sigma_piece *piece = &pattern.pieces[i];
        if (piece->kind != DRAFT_PLACEHOLDER ||
            !source->find(source->state, piece->literal, &values, &count))
            continue;
        if (++replaced > PLACEHOLDERS_MAX)
            return fault_set(context->fault, STATUS_INVALID, 0,
                             "expand: more than %u placeholders in a value", PLACEHOLDERS_MAX);
        const struct pattern between = {pattern.pieces + from, i - from};
        status = multiply(context, patterns, &between, 1);
        if (status == STATUS_OK)
            status = multiply_values(context, patterns, values, count, is_regex);
        from = i + 1;
    }
    const struct pattern rest = {pattern.pieces + from, pattern.count - from};
    return status == STATUS_OK ? multiply(context, patterns, &rest, 1) : status;
}

/* An expression without placeholders is text again. */
static void settle_regex(struct draft_value *value)
{
    const struct pattern pattern = modifier_pattern(value);
    if (pattern_placeholder(pattern))
        return;
    value->test.text = pattern_text(pattern);
    modifier_set_pattern(value, (struct pattern){0});
}

enum status placeholder_replace(const struct draft_context *context,
                                const struct placeholder_source *source, struct draft_value *value)
{
    const struct pattern pattern = modifier_pattern(value);
    const bool is_regex = value->type == DRAFT_REGEX;
    if (!pattern_placeholder(pattern))
        return STATUS_OK;
    struct pattern nothing = {0};
    struct patterns patterns = {&nothing, 1};
    const enum status status = replace_pattern(context, source, pattern, is_regex, &patterns);
    if (status != STATUS_OK)
        return status;
    if (patterns.count == 0)
        return fault_set(context->fault, STATUS_INVALID, 0, "expand: a placeholder has no values");
    struct draft_value *values = arena_take_array(context->arena, patterns.count, sizeof(*values));
    if (!values)
        return draft_no_memory(context);
    for (uint32_t i = 0; i < patterns.count; i++) {
        values[i] = *value;
        modifier_set_pattern(&values[i], patterns.at[i]);
        if (is_regex)
            settle_regex(&values[i]);
    }
    *value = modifier_any(values, patterns.count);
    return STATUS_OK;
}

enum status placeholder_expand(const struct draft_context *context, struct draft_value *value)
{
    struct pattern pattern = modifier_pattern(value);
    enum status status = STATUS_OK;
    if (value->type == DRAFT_REGEX)
        status = pattern_literal(context, value->test.text, &pattern);
    if (status == STATUS_OK)
        status = pattern_find_placeholders(context, &pattern);
    if (status != STATUS_OK || (value->type == DRAFT_REGEX && !pattern_placeholder(pattern)))
        return status;
    modifier_set_pattern(value, pattern);
    const struct placeholder_source files = {find_defined, context->placeholders};
    return placeholder_replace(context, &files, value);
}
