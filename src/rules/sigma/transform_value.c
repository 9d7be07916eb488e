#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"
#include "rules/sigma/pipeline_item.h"
#include "rules/sigma/placeholder.h"

#include "base/utf.h"

/* Transformations of values, one at a time. */

static enum status set_text(const struct pipeline_run *run, struct bytes text,
                            struct draft_value *value)
{
    struct pattern pattern;
    const bool is_cased = value->test.is_cased;
    const enum status status = pattern_parse(run->context, text, &pattern);
    *value = modifier_text(pattern, value->test.line);
    value->test.is_cased = is_cased;
    return status;
}

/* placeholders */

static bool is_handled(const struct pipeline_run *run, struct bytes name)
{
    const struct tree_node *include = run->item->parameters[0];
    const struct tree_node *exclude = run->item->parameters[1];
    return include ? parameter_has(include, name) : !exclude || !parameter_has(exclude, name);
}

static const struct tree_node *find_variable(const struct pipeline_run *run, struct bytes name)
{
    const struct pipelines *pipelines = run->rules->pipelines;
    for (uint32_t i = pipelines->file_count; i > 0; i--) {
        const struct tree_node *variables = pipelines->files[i - 1].variables;
        for (uint32_t j = 0; variables && j < variables->count; j++)
            if (bytes_equal(variables->pairs[j].key, name))
                return variables->pairs[j].value;
    }
    return NULL;
}

static bool find_values(const void *state, struct bytes name, const struct bytes **values,
                        uint32_t *count)
{
    const struct pipeline_run *run = state;
    const struct tree_node *variable = is_handled(run, name) ? find_variable(run, name) : NULL;
    if (!variable)
        return false;
    const bool is_list = variable->kind == TREE_LIST;
    struct bytes *texts =
        arena_take_array(run->context->arena, is_list ? variable->count : 1, sizeof(*texts));
    if (!texts)
        return false;
    *count = is_list ? variable->count : 1;
    for (uint32_t i = 0; i < *count; i++)
        texts[i] = is_list ? variable->items[i]->text : variable->text;
    *values = texts;
    return true;
}

static bool find_wildcard(const void *state, struct bytes name, const struct bytes **values,
                          uint32_t *count)
{
    static const struct bytes any = {(const uint8_t *)"*", 1};
    *values = &any;
    *count = 1;
    return is_handled(state, name);
}

static bool find_any(const void *state, struct bytes name, const struct bytes **values,
                     uint32_t *count)
{
    static const struct bytes any = {(const uint8_t *)".*", 2};
    *values = &any;
    *count = 1;
    return is_handled(state, name);
}

static enum status replace_placeholders(struct pipeline_run *run, struct draft_value *value,
                                        const struct placeholder_source *source, bool *is_changed)
{
    if ((value->type != DRAFT_TEXT && value->type != DRAFT_REGEX) ||
        !pattern_placeholder(modifier_pattern(value)))
        return STATUS_OK;
    *is_changed = true;
    return placeholder_replace(run->context, source, value);
}

/* A variable that nobody defines leaves its placeholder, which refuses the rule in the end. */
static enum status apply_value_placeholders(struct pipeline_run *run, struct draft_value *value,
                                            bool *is_changed)
{
    const struct placeholder_source source = {find_values, run};
    return replace_placeholders(run, value, &source, is_changed);
}

static enum status apply_wildcard_placeholders(struct pipeline_run *run, struct draft_value *value,
                                               bool *is_changed)
{
    const struct placeholder_source source = {value->type == DRAFT_REGEX ? find_any : find_wildcard,
                                              run};
    return replace_placeholders(run, value, &source, is_changed);
}

static enum status apply_query_placeholders(struct pipeline_run *run, struct draft_value *value,
                                            bool *is_changed)
{
    const struct sigma_piece *piece = pattern_placeholder(modifier_pattern(value));
    if (value->type != DRAFT_TEXT || !piece || !is_handled(run, piece->literal))
        return STATUS_OK;
    value->type = DRAFT_QUERY;
    *is_changed = true;
    return STATUS_OK;
}

/* texts */

/* As pipelines write values: only a wildcard may be escaped, other backslashes are plain. */
static enum status set_plain(const struct pipeline_run *run, struct bytes plain,
                             struct draft_value *value)
{
    uint8_t *text = arena_take_aligned(run->context->arena, plain.length * 2 + 1, 1);
    if (!text)
        return draft_no_memory(run->context);
    size_t length = 0;
    for (size_t i = 0; i < plain.length; i++) {
        const uint8_t next = i + 1 < plain.length ? plain.data[i + 1] : 0;
        if (plain.data[i] == '\\' && next != '*' && next != '?')
            text[length++] = '\\';
        text[length++] = plain.data[i];
    }
    return set_text(run, bytes_of(text, length), value);
}

static enum status replace_whole(struct pipeline_run *run, struct draft_value *value)
{
    struct bytes replaced;
    const bool has_placeholder = pattern_placeholder(modifier_pattern(value));
    enum status status =
        expression_replace(run->item->expression, run->context->arena, pipeline_plain(run, value),
                           run->item->parameters[1]->text, &replaced, run->context->fault);
    if (status == STATUS_OK)
        status = set_plain(run, replaced, value);
    if (status != STATUS_OK || !has_placeholder)
        return status;
    struct pattern pattern = modifier_pattern(value);
    status = pattern_find_placeholders(run->context, &pattern);
    modifier_set_pattern(value, pattern);
    return status;
}

/* Replaces in each literal part; wildcards and placeholders stay. */
static enum status replace_parts(struct pipeline_run *run, struct draft_value *value)
{
    const bool is_interpreted = parameter_flag(run->item->parameters[3]);
    const struct pattern pattern = modifier_pattern(value);
    struct pattern whole = {0};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < pattern.count && status == STATUS_OK; i++) {
        struct pattern part = {&pattern.pieces[i], 1};
        struct bytes replaced;
        if (pattern.pieces[i].kind == SIGMA_PIECE_LITERAL) {
            status = expression_replace(run->item->expression, run->context->arena,
                                        pattern.pieces[i].literal, run->item->parameters[1]->text,
                                        &replaced, run->context->fault);
            if (status == STATUS_OK)
                status = is_interpreted ? pattern_parse(run->context, replaced, &part)
                                        : pattern_literal(run->context, replaced, &part);
        }
        if (status == STATUS_OK)
            status = pattern_join(run->context, whole, part, &whole);
    }
    modifier_set_pattern(value, whole);
    return status;
}

#define PARTS_MAX 256U /* of a value that is changed part by part */

static enum status apply_replace(struct pipeline_run *run, struct draft_value *value,
                                 bool *is_changed)
{
    if (value->type != DRAFT_TEXT && value->type != DRAFT_NUMBER)
        return STATUS_OK;
    *is_changed = true;
    value->type = DRAFT_TEXT;
    if (!parameter_flag(run->item->parameters[2]))
        return replace_whole(run, value);
    if (value->test.piece_count > PARTS_MAX)
        return pipeline_refuse(run, value->test.line, "the value has too many wildcards");
    return replace_parts(run, value);
}

static enum status apply_map(struct pipeline_run *run, struct draft_value *value, bool *is_changed)
{
    if (value->type != DRAFT_TEXT)
        return STATUS_OK;
    const struct tree_node *mapping = run->item->parameters[0], *to = NULL;
    const struct bytes plain = pipeline_plain(run, value);
    for (uint32_t i = 0; i < mapping->count && !to; i++)
        if (bytes_equal(mapping->pairs[i].key, plain))
            to = mapping->pairs[i].value;
    if (!to)
        return STATUS_OK;
    const bool is_list = to->kind == TREE_LIST;
    const uint32_t count = is_list ? to->count : 1;
    struct draft_value *values = arena_take_array(run->context->arena, count, sizeof(*values));
    if (!values)
        return draft_no_memory(run->context);
    if (count == 0)
        return pipeline_refuse(run, value->test.line, "a value is mapped to nothing");
    for (uint32_t i = 0; i < count; i++) {
        values[i] = *value;
        const enum status status =
            set_text(run, is_list ? to->items[i]->text : to->text, &values[i]);
        if (status != STATUS_OK)
            return status;
    }
    *value = modifier_any(values, count);
    *is_changed = true;
    return STATUS_OK;
}

/* Backends get an expression for what we match anyway: only its case can make a difference. */
static enum status apply_regex(struct pipeline_run *run, struct draft_value *value,
                               bool *is_changed)
{
    const struct tree_node *method = run->item->parameters[0];
    if (value->type != DRAFT_TEXT || !method || !tree_is(method, "plain"))
        return STATUS_OK;
    value->test.is_cased = true;
    *is_changed = true;
    return STATUS_OK;
}

static enum status to_number(struct pipeline_run *run, struct draft_value *value)
{
    const struct bytes plain = pipeline_plain(run, value);
    const char *text = arena_keep_text(run->context->arena, plain);
    if (!text)
        return draft_no_memory(run->context);
    const struct tree_node scalar = {.kind = TREE_TEXT, .text = bytes_of(text, plain.length)};
    if (!tree_number(&scalar, &value->test.number))
        return pipeline_refuse(run, value->test.line, "%.60s is no number", text);
    value->type = DRAFT_NUMBER;
    value->test.is_cased = false;
    return STATUS_OK;
}

static enum status apply_convert(struct pipeline_run *run, struct draft_value *value,
                                 bool *is_changed)
{
    const bool is_number = tree_is(run->item->parameters[0], "num");
    if (value->type != (is_number ? DRAFT_TEXT : DRAFT_NUMBER))
        return STATUS_OK;
    *is_changed = true;
    if (is_number)
        return to_number(run, value);
    value->type = DRAFT_TEXT;
    return STATUS_OK;
}

static bool is_upper(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z';
}

/* The case of ASCII letters, and for lower case of all. `to` has length * 3 + 32 bytes. */
static size_t write_case(uint8_t *to, struct bytes text, const struct tree_node *method)
{
    if (!method || tree_is(method, "lower"))
        return utf8_fold(to, text);
    const bool is_snake = tree_is(method, "snake_case");
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t byte = text.data[i];
        if (is_snake && i && is_upper(byte))
            to[length++] = '_';
        const bool is_letter = is_snake ? is_upper(byte) : byte >= 'a' && byte <= 'z';
        to[length++] = is_letter ? byte ^ 0x20 : byte;
    }
    return length;
}

static enum status apply_case(struct pipeline_run *run, struct draft_value *value, bool *is_changed)
{
    if (value->type != DRAFT_TEXT)
        return STATUS_OK;
    const uint32_t count = value->test.piece_count;
    struct sigma_piece *pieces = arena_take_array(run->context->arena, count, sizeof(*pieces));
    if (!pieces)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < count; i++) {
        pieces[i] = value->test.pieces[i];
        if (pieces[i].kind != SIGMA_PIECE_LITERAL)
            continue;
        uint8_t *text =
            arena_take_aligned(run->context->arena, pieces[i].literal.length * 3 + 32, 1);
        if (!text)
            return draft_no_memory(run->context);
        pieces[i].literal =
            bytes_of(text, write_case(text, pieces[i].literal, run->item->parameters[0]));
    }
    modifier_set_pattern(value, (struct pattern){pieces, count});
    *is_changed = true;
    return STATUS_OK;
}

static enum status apply_set(struct pipeline_run *run, struct draft_value *value, bool *is_changed)
{
    static const enum draft_type types[] = {DRAFT_NULL, DRAFT_BOOL, DRAFT_NUMBER, DRAFT_TEXT};
    const struct tree_node *to = run->item->parameters[0], *force = run->item->parameters[1];
    *is_changed = true;
    if (!to || to->kind == TREE_NULL) {
        *value = (struct draft_value){.type = DRAFT_NULL,
                                      .test = {.kind = SIGMA_NULL, .line = value->test.line}};
        return STATUS_OK;
    }
    *value = (struct draft_value){.test.line = value->test.line};
    const enum status status = set_text(run, to->text, value);
    value->type = types[to->kind];
    tree_bool(to, &value->flag);
    if (status == STATUS_OK && tree_number(to, &value->test.number) && force &&
        tree_is(force, "num"))
        value->type = DRAFT_NUMBER;
    if (force && tree_is(force, "str"))
        value->type = DRAFT_TEXT;
    return status;
}

const struct transformation value_transformations[] = {
    {"value_placeholders",
     {{"include", PARAMETER_TEXTS, false}, {"exclude", PARAMETER_TEXTS, false}},
     .apply_value = apply_value_placeholders},
    {"wildcard_placeholders",
     {{"include", PARAMETER_TEXTS, false}, {"exclude", PARAMETER_TEXTS, false}},
     .apply_value = apply_wildcard_placeholders},
    {"query_expression_placeholders",
     {{"include", PARAMETER_TEXTS, false},
      {"exclude", PARAMETER_TEXTS, false},
      {"expression", PARAMETER_TEXT, false},
      {"mapping", PARAMETER_MAP, false}},
     .apply_value = apply_query_placeholders},
    {"replace_string",
     {{"regex", PARAMETER_TEXT, true},
      {"replacement", PARAMETER_TEXT, true},
      {"skip_special", PARAMETER_BOOL, false},
      {"interpret_special", PARAMETER_BOOL, false}},
     .apply_value = apply_replace},
    {"map_string", {{"mapping", PARAMETER_MAP, true}}, .apply_value = apply_map},
    {"regex", {{"method", PARAMETER_TEXT, false}}, .apply_value = apply_regex},
    {"convert_type", {{"target_type", PARAMETER_TEXT, true}}, .apply_value = apply_convert},
    {"case", {{"method", PARAMETER_TEXT, false}}, .apply_value = apply_case},
    {"set_value",
     {{"value", PARAMETER_SCALAR, false}, {"force_type", PARAMETER_TEXT, false}},
     .apply_value = apply_set},
    {0},
};
