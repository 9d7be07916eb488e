#include "rules/sigma/modifier.h"

#include "rules/sigma/cidr.h"
#include "rules/sigma/placeholder.h"

#include <assert.h>

/* Sigma 2.1.0, appendix "Modifiers". Which types a modifier takes, and that re, cidr, exists and
 * exact stand first, is as pySigma has it: what it refuses is refused here. */

struct modifier;

struct step {
    const struct draft_context *context;
    const struct modifier *modifier;
    bool is_first;  /* no modifier stood before it */
    bool has_field; /* the item is no keyword */
};

typedef enum status apply_function(const struct step *step, struct draft_value *value);

struct modifier {
    const char *name;
    apply_function *apply; /* NULL: it changes the item, not its values */
    unsigned argument;
};

static enum status refuse(const struct step *step, const char *reason)
{
    return fault_set(step->context->fault, STATUS_INVALID, 0, "%s: %s", step->modifier->name,
                     reason);
}

static enum status expect_text(const struct step *step, const struct draft_value *value)
{
    return value->type == DRAFT_TEXT ? STATUS_OK : refuse(step, "the value must be a text");
}

static enum status expect_first(const struct step *step)
{
    return step->is_first ? STATUS_OK : refuse(step, "must be the first modifier");
}

static enum status expect_literal(const struct step *step, const struct draft_value *value)
{
    enum status status = expect_text(step, value);
    if (status == STATUS_OK && pattern_has_wildcard(modifier_pattern(value)))
        status = refuse(step, "the value must not have wildcards");
    if (status == STATUS_OK && pattern_placeholder(modifier_pattern(value)))
        status = refuse(step, "the value must not have placeholders that are not known yet");
    return status;
}

#define OPEN_FRONT 1U
#define OPEN_BACK  2U

/* `re` finds its expression anywhere, so only an end that stays closed needs an anchor. */
static enum status open_regex(const struct step *step, struct draft_value *value)
{
    static const char *const front[] = {[OPEN_FRONT] = "(?:", [OPEN_BACK] = "\\A(?:"};
    static const char *const back[] = {[OPEN_FRONT] = ")\\z", [OPEN_BACK] = ")"};
    const unsigned open = step->modifier->argument;
    if (open == (OPEN_FRONT | OPEN_BACK))
        return STATUS_OK;
    const struct bytes text = value->test.text;
    const size_t front_length = strlen(front[open]), back_length = strlen(back[open]);
    const size_t length = front_length + text.length + back_length;
    uint8_t *anchored = arena_take_aligned(step->context->arena, length, 1);
    if (!anchored)
        return draft_no_memory(step->context);
    memcpy(anchored, front[open], front_length);
    memcpy(anchored + front_length, text.data, text.length);
    memcpy(anchored + front_length + text.length, back[open], back_length);
    value->test.text = bytes_of(anchored, length);
    return STATUS_OK;
}

static enum status apply_open(const struct step *step, struct draft_value *value)
{
    static const enum sigma_compare_text compare[] = {SIGMA_SAME, SIGMA_ENDSWITH, SIGMA_STARTSWITH,
                                                      SIGMA_CONTAINS};
    const unsigned open = step->modifier->argument;
    if (value->type == DRAFT_FIELDREF) {
        value->test.compare_text = compare[open];
        return STATUS_OK;
    }
    if (value->type == DRAFT_REGEX && value->test.piece_count)
        return refuse(step, "the expression has placeholders that are not known yet");
    if (value->type == DRAFT_REGEX)
        return open_regex(step, value);
    struct pattern pattern = modifier_pattern(value);
    enum status status = expect_text(step, value);
    if (status == STATUS_OK)
        status = pattern_open(step->context, open & OPEN_FRONT, open & OPEN_BACK, &pattern);
    modifier_set_pattern(value, pattern);
    return status;
}

static enum status apply_cased(const struct step *step, struct draft_value *value)
{
    if (value->type != DRAFT_FIELDREF && value->type != DRAFT_TEXT)
        return refuse(step, "the value must be a text");
    value->test.is_cased = true;
    return STATUS_OK;
}

static enum status apply_exact(const struct step *step, struct draft_value *value)
{
    enum status status = expect_first(step);
    struct pattern pattern;
    if (status == STATUS_OK)
        status = expect_text(step, value);
    if (status == STATUS_OK)
        status = pattern_literal(step->context, value->test.text, &pattern);
    if (status == STATUS_OK)
        modifier_set_pattern(value, pattern);
    return status;
}

static enum status expand_value(const struct step *step, struct draft_value *value,
                                const struct pattern *patterns, uint32_t count)
{
    struct draft_value *values = arena_take_array(step->context->arena, count, sizeof(*values));
    if (!values)
        return draft_no_memory(step->context);
    for (uint32_t i = 0; i < count; i++) {
        values[i] = *value;
        modifier_set_pattern(&values[i], patterns[i]);
    }
    *value = modifier_any(values, count);
    return STATUS_OK;
}

static enum status apply_windash(const struct step *step, struct draft_value *value)
{
    struct pattern *patterns = NULL;
    uint32_t count = 0;
    enum status status = expect_text(step, value);
    if (status == STATUS_OK)
        status = pattern_windash(step->context, modifier_pattern(value), &patterns, &count);
    return status == STATUS_OK ? expand_value(step, value, patterns, count) : status;
}

static enum status apply_utf16(const struct step *step, struct draft_value *value)
{
    enum status status = expect_text(step, value);
    if (status != STATUS_OK)
        return status;
    struct pattern pattern = modifier_pattern(value);
    if (pattern_placeholder(pattern))
        return refuse(step, "the value must not have placeholders that are not known yet");
    status = pattern_utf16(step->context, (enum pattern_utf16)step->modifier->argument, &pattern);
    modifier_set_pattern(value, pattern);
    return status;
}

static enum status apply_base64(const struct step *step, struct draft_value *value)
{
    enum status status = expect_literal(step, value);
    if (status != STATUS_OK)
        return status;
    struct pattern pattern = modifier_pattern(value);
    status = pattern_base64(step->context, &pattern);
    modifier_set_pattern(value, pattern);
    return status;
}

static enum status apply_base64offset(const struct step *step, struct draft_value *value)
{
    enum status status = expect_literal(step, value);
    if (status != STATUS_OK)
        return status;
    if (pattern_text(modifier_pattern(value)).length < 2)
        return refuse(step, "the value must have two bytes or more");
    struct pattern patterns[3];
    for (unsigned shift = 0; shift < 3 && status == STATUS_OK; shift++) {
        patterns[shift] = modifier_pattern(value);
        status = pattern_base64_shifted(step->context, shift, &patterns[shift]);
    }
    return status == STATUS_OK ? expand_value(step, value, patterns, 3) : status;
}

static enum status apply_regex(const struct step *step, struct draft_value *value)
{
    const enum status status = expect_first(step);
    if (status != STATUS_OK)
        return status;
    if (value->type == DRAFT_NULL || value->test.text.length == 0)
        return refuse(step, "the expression is empty");
    value->type = DRAFT_REGEX;
    value->test.kind = SIGMA_REGEX;
    modifier_set_pattern(value, (struct pattern){0});
    return STATUS_OK;
}

static enum status apply_flag(const struct step *step, struct draft_value *value)
{
    if (value->type != DRAFT_REGEX)
        return refuse(step, "only a regular expression has flags");
    value->test.regex_flags = (uint8_t)(value->test.regex_flags | step->modifier->argument);
    return STATUS_OK;
}

static enum status apply_cidr(const struct step *step, struct draft_value *value)
{
    enum status status = expect_first(step);
    if (status == STATUS_OK)
        status = expect_literal(step, value);
    struct bytes network = {0};
    if (status == STATUS_OK)
        status = cidr_normalise(step->context, pattern_text(modifier_pattern(value)), &network);
    if (status != STATUS_OK)
        return status;
    *value = (struct draft_value){
        .type = DRAFT_CIDR,
        .test = {.kind = SIGMA_CIDR, .text = network, .line = value->test.line},
    };
    return STATUS_OK;
}

static enum status apply_compare(const struct step *step, struct draft_value *value)
{
    if (value->type != DRAFT_NUMBER && value->type != DRAFT_TIMEPART)
        return refuse(step, "the value must be a number, without quotes");
    if (value->type == DRAFT_NUMBER) {
        value->type = DRAFT_COMPARE;
        value->test.kind = SIGMA_COMPARE;
        modifier_set_pattern(value, (struct pattern){0});
    }
    value->test.compare = (enum sigma_compare)step->modifier->argument;
    return STATUS_OK;
}

static enum status apply_timepart(const struct step *step, struct draft_value *value)
{
    if (value->type != DRAFT_NUMBER)
        return refuse(step, "the value must be a number, without quotes");
    value->type = DRAFT_TIMEPART;
    value->test.kind = SIGMA_TIMEPART;
    value->test.part = (enum sigma_part)step->modifier->argument;
    value->test.compare = SIGMA_EQ;
    modifier_set_pattern(value, (struct pattern){0});
    return STATUS_OK;
}

static enum status apply_exists(const struct step *step, struct draft_value *value)
{
    const enum status status = expect_first(step);
    if (status != STATUS_OK)
        return status;
    if (!step->has_field)
        return refuse(step, "needs a field");
    if (value->type != DRAFT_BOOL)
        return refuse(step, "the value must be true or false");
    *value = (struct draft_value){
        .type = DRAFT_EXISTS,
        .test = {.kind = SIGMA_EXISTS, .wanted = value->flag, .line = value->test.line},
    };
    return STATUS_OK;
}

static enum status apply_fieldref(const struct step *step, struct draft_value *value)
{
    enum status status = expect_literal(step, value);
    if (status != STATUS_OK)
        return status;
    const struct bytes name = pattern_text(modifier_pattern(value));
    if (name.length == 0 || memchr(name.data, '\0', name.length))
        return refuse(step, "the value must be the name of a field");
    const char *kept = arena_keep_text(step->context->arena, name);
    if (!kept)
        return draft_no_memory(step->context);
    value->type = DRAFT_FIELDREF;
    value->test.kind = SIGMA_FIELDREF;
    value->test.text = bytes_of(kept, name.length);
    modifier_set_pattern(value, (struct pattern){0});
    return STATUS_OK;
}

static enum status apply_expand(const struct step *step, struct draft_value *value)
{
    if (value->type != DRAFT_TEXT && value->type != DRAFT_REGEX)
        return refuse(step, "the value must be a text");
    return placeholder_expand(step->context, value);
}

static const struct modifier modifiers[] = {
    {"contains", apply_open, OPEN_FRONT | OPEN_BACK},
    {"endswith", apply_open, OPEN_FRONT},
    {"startswith", apply_open, OPEN_BACK},
    {"all", NULL, 0},
    {"re", apply_regex, 0},
    {"windash", apply_windash, 0},
    {"cidr", apply_cidr, 0},
    {"expand", apply_expand, 0},
    {"exists", apply_exists, 0},
    {"cased", apply_cased, 0},
    {"exact", apply_exact, 0},
    {"neq", NULL, 0},
    {"fieldref", apply_fieldref, 0},
    {"wide", apply_utf16, PATTERN_UTF16LE},
    {"utf16le", apply_utf16, PATTERN_UTF16LE},
    {"utf16be", apply_utf16, PATTERN_UTF16BE},
    {"utf16", apply_utf16, PATTERN_UTF16_BOM},
    {"base64", apply_base64, 0},
    {"base64offset", apply_base64offset, 0},
    {"i", apply_flag, SIGMA_REGEX_I},
    {"ignorecase", apply_flag, SIGMA_REGEX_I},
    {"m", apply_flag, SIGMA_REGEX_M},
    {"multiline", apply_flag, SIGMA_REGEX_M},
    {"s", apply_flag, SIGMA_REGEX_S},
    {"dotall", apply_flag, SIGMA_REGEX_S},
    {"lt", apply_compare, SIGMA_LT},
    {"lte", apply_compare, SIGMA_LTE},
    {"gt", apply_compare, SIGMA_GT},
    {"gte", apply_compare, SIGMA_GTE},
    {"minute", apply_timepart, SIGMA_MINUTE},
    {"hour", apply_timepart, SIGMA_HOUR},
    {"day", apply_timepart, SIGMA_DAY},
    {"week", apply_timepart, SIGMA_WEEK},
    {"month", apply_timepart, SIGMA_MONTH},
    {"year", apply_timepart, SIGMA_YEAR},
};

#define MODIFIERS_MAX 8      /* of one item */
#define EXPANSION_MAX 16384U /* values of one item, expansions counted */

/* Values that were expanded are taken one by one. Expansions nest as deep as there are modifiers.
 */
static enum status apply_to_value(const struct step *step, struct draft_value *value)
{
    if (value->type != DRAFT_ANY)
        return step->modifier->apply(step, value);
    struct draft_value *values =
        arena_take_array(step->context->arena, value->count, sizeof(*values));
    if (!values)
        return draft_no_memory(step->context);
    memcpy(values, value->values, value->count * sizeof(*values));
    for (uint32_t i = 0; i < value->count; i++) {
        const enum status status = apply_to_value(step, &values[i]);
        if (status != STATUS_OK)
            return status;
    }
    value->values = values;
    return STATUS_OK;
}

static uint64_t weight(const struct draft_value *value)
{
    uint64_t sum = value->type != DRAFT_ANY;
    for (uint32_t i = 0; i < value->count; i++)
        sum += weight(&value->values[i]);
    return sum;
}

static enum status apply(const struct step *step, struct draft_item *item,
                         struct draft_value *values)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < item->count; i++) {
        const enum status status = apply_to_value(step, &values[i]);
        if (status != STATUS_OK) {
            if (step->context->fault->offset == 0)
                step->context->fault->offset = values[i].test.line;
            return status;
        }
        total += weight(&values[i]);
        if (total > EXPANSION_MAX)
            return fault_set(step->context->fault, STATUS_INVALID, item->line,
                             "%s: more than %u values", step->modifier->name, EXPANSION_MAX);
    }
    return STATUS_OK;
}

static enum status apply_list_modifier(const struct modifier *modifier, struct draft_item *item)
{
    assert(!modifier->apply);
    if (modifier->name[0] == 'a')
        item->is_all = true;
    else
        item->is_negated = true;
    return STATUS_OK;
}

static const struct modifier *modifier_find(struct bytes name)
{
    for (unsigned i = 0; i < COUNT_OF(modifiers); i++)
        if (bytes_equal(name, bytes_of_text(modifiers[i].name)))
            return &modifiers[i];
    return NULL;
}

struct draft_value modifier_text(struct pattern pattern, uint32_t line)
{
    return (struct draft_value){
        .type = DRAFT_TEXT,
        .test = {.kind = SIGMA_TEXT,
                 .pieces = pattern.pieces,
                 .piece_count = pattern.count,
                 .line = line},
    };
}

struct draft_value modifier_any(const struct draft_value *values, uint32_t count)
{
    assert(count > 0);
    if (count == 1)
        return values[0];
    return (struct draft_value){
        .type = DRAFT_ANY,
        .test.line = values[0].test.line,
        .values = values,
        .count = count,
    };
}

/* The scalar as a value. Its text is kept as it was written, for `re` and `exact`. */
static enum status take_value(const struct draft_context *context, const struct tree_node *node,
                              struct draft_value *value)
{
    static const enum draft_type types[] = {DRAFT_NULL, DRAFT_BOOL, DRAFT_NUMBER, DRAFT_TEXT};
    if (!tree_is_scalar(node))
        return fault_set(context->fault, STATUS_INVALID, node->line,
                         "the value of a field is a %s inside of a value",
                         node->kind == TREE_LIST ? "list" : "map");
    struct pattern pattern = {0};
    enum status status = STATUS_OK;
    if (node->kind == TREE_TEXT)
        status = pattern_parse(context, node->text, &pattern);
    else if (node->kind != TREE_NULL)
        status = pattern_literal(context, node->text, &pattern);
    if (status != STATUS_OK)
        return status;
    *value = modifier_text(pattern, node->line);
    value->type = types[node->kind];
    value->test.kind = node->kind == TREE_NULL ? SIGMA_NULL : SIGMA_TEXT;
    value->test.text = node->text;
    if (node->kind == TREE_NUMBER && !tree_number(node, &value->test.number))
        value->type = DRAFT_TEXT;
    if (node->kind == TREE_BOOL)
        tree_bool(node, &value->flag);
    return STATUS_OK;
}

/* What a test points to must outlive the document. */
static enum status keep_text(const struct draft_context *context, struct draft_value *values,
                             uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct sigma_test *test = &values[i].test;
        if (values[i].type != DRAFT_REGEX) {
            if (test->kind == SIGMA_TEXT)
                test->text = (struct bytes){0};
            continue;
        }
        const char *kept = arena_keep_text(context->arena, test->text);
        if (!kept)
            return draft_no_memory(context);
        test->text = bytes_of(kept, test->text.length);
    }
    return STATUS_OK;
}

static enum status take_values(const struct draft_context *context, const struct tree_node *node,
                               struct draft_item *item, struct draft_value **values)
{
    const bool is_list = node->kind == TREE_LIST;
    item->count = is_list ? node->count : 1;
    *values = arena_take_array(context->arena, item->count, sizeof(**values));
    if (!*values)
        return draft_no_memory(context);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < item->count && status == STATUS_OK; i++)
        status = take_value(context, is_list ? node->items[i] : node, &(*values)[i]);
    item->values = *values;
    return status;
}

static enum status apply_all(const struct draft_context *context, struct bytes names,
                             struct draft_item *item, struct draft_value *values)
{
    for (unsigned applied = 0; names.data; applied++) {
        const uint8_t *bar = memchr(names.data, '|', names.length);
        const struct bytes name =
            bytes_of(names.data, bar ? (size_t)(bar - names.data) : names.length);
        names = bar ? bytes_of(bar + 1, names.length - name.length - 1) : (struct bytes){0};
        const struct step step = {context, modifier_find(name), applied == 0, item->field != NULL};
        if (!step.modifier)
            return fault_set(context->fault, STATUS_INVALID, item->line,
                             "there is no modifier %.*s",
                             (int)(name.length > 60 ? 60 : name.length), (const char *)name.data);
        if (applied == MODIFIERS_MAX)
            return fault_set(context->fault, STATUS_INVALID, item->line, "more than %d modifiers",
                             MODIFIERS_MAX);
        const enum status status = step.modifier->apply ? apply(&step, item, values)
                                                        : apply_list_modifier(step.modifier, item);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status modifier_item(const struct draft_context *context, struct bytes key, uint32_t line,
                          const struct tree_node *values, struct draft_item *item)
{
    *item = (struct draft_item){.line = line};
    const uint8_t *bar = key.length ? memchr(key.data, '|', key.length) : NULL;
    const struct bytes field = bytes_of(key.data, bar ? (size_t)(bar - key.data) : key.length);
    struct bytes names = {0};
    if (bar)
        names = bytes_of(bar + 1, key.length - field.length - 1);
    if (field.length) {
        item->field = arena_keep_text(context->arena, field);
        if (!item->field)
            return draft_no_memory(context);
    }
    struct draft_value *taken = NULL;
    enum status status = take_values(context, values, item, &taken);
    if (status == STATUS_OK)
        status = apply_all(context, names, item, taken);
    return status == STATUS_OK ? keep_text(context, taken, item->count) : status;
}
