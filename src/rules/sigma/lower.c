#include "rules/sigma/lower.h"

#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"

#include <assert.h>

/* A node with what the limits are about. `node` is NULL where pipelines left nothing. */
struct lowered {
    const struct sigma_node *node;
    uint32_t height;
    uint32_t weight; /* leaves, shared ones counted each time */
};

struct lowering {
    const struct draft_context *context;
    const struct draft_rule *draft;
    struct lowered *selections; /* made on first use */
};

static enum status refuse(const struct draft_context *context, uint32_t line, const char *reason)
{
    return fault_set(context->fault, STATUS_INVALID, line, "%s", reason);
}

/* Joins what is there of `parts`; a single part is itself. */
static enum status join(const struct draft_context *context, enum sigma_node_kind kind,
                        const struct lowered *parts, uint32_t count, struct lowered *joined)
{
    struct lowered sum = {0};
    uint32_t present = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!parts[i].node)
            continue;
        present++;
        sum.node = parts[i].node;
        sum.height = parts[i].height > sum.height ? parts[i].height : sum.height;
        sum.weight += parts[i].weight;
        if (sum.weight > SIGMA_TESTS_MAX)
            return refuse(context, 0, "the condition reaches too many tests");
    }
    *joined = sum;
    if (present == 0 || (present == 1 && kind != SIGMA_NOT))
        return STATUS_OK;
    if (sum.height == SIGMA_DEPTH_MAX)
        return refuse(context, 0, "the condition is nested too deep");
    struct sigma_node *node = arena_take_array(context->arena, 1, sizeof(*node));
    const struct sigma_node **children =
        arena_take_array(context->arena, present, sizeof(*children));
    if (!node || !children)
        return draft_no_memory(context);
    *node = (struct sigma_node){.kind = kind, .count = present, .children = children};
    for (uint32_t i = 0, at = 0; i < count; i++)
        if (parts[i].node)
            children[at++] = parts[i].node;
    joined->node = node;
    joined->height = sum.height + 1;
    return STATUS_OK;
}

static enum status make_leaf(const struct draft_context *context, const struct sigma_test *from,
                             const char *field, struct lowered *leaf)
{
    struct sigma_node *node = arena_take_array(context->arena, 1, sizeof(*node));
    struct sigma_test *test = arena_take_array(context->arena, 1, sizeof(*test));
    if (!node || !test)
        return draft_no_memory(context);
    *test = *from;
    test->field = field;
    *node = (struct sigma_node){.kind = SIGMA_LEAF, .test = test};
    *leaf = (struct lowered){node, 1, 1};
    return STATUS_OK;
}

static enum status refuse_placeholder(const struct draft_context *context,
                                      const struct draft_value *value)
{
    const struct sigma_piece *piece = pattern_placeholder(modifier_pattern(value));
    return fault_set(context->fault, STATUS_INVALID, value->test.line,
                     "the placeholder %%%.*s%% is not defined",
                     (int)(piece->literal.length > 80 ? 80 : piece->literal.length),
                     (const char *)piece->literal.data);
}

/* A keyword may stand anywhere in a value. */
static enum status lower_keyword(const struct draft_context *context,
                                 const struct draft_value *value, struct lowered *lowered)
{
    struct sigma_test test = value->test;
    if (test.kind != SIGMA_TEXT && test.kind != SIGMA_REGEX && test.kind != SIGMA_CIDR)
        return refuse(context, test.line, "this value needs a field");
    if (test.kind == SIGMA_TEXT) {
        struct pattern pattern = modifier_pattern(value);
        const enum status status = pattern_open(context, true, true, &pattern);
        if (status != STATUS_OK)
            return status;
        test.pieces = pattern.pieces;
        test.piece_count = pattern.count;
    }
    return make_leaf(context, &test, NULL, lowered);
}

/* Recursion as deep as modifiers and pipelines expanded values within values. */
static enum status lower_value(const struct draft_context *context, const struct draft_value *value,
                               const char *field, struct lowered *lowered)
{
    if (value->type == DRAFT_QUERY)
        return refuse(context, value->test.line, "a query of another engine cannot be matched");
    if (value->type == DRAFT_ANY) {
        struct lowered *parts = arena_take_array(context->arena, value->count, sizeof(*parts));
        if (!parts)
            return draft_no_memory(context);
        for (uint32_t i = 0; i < value->count; i++) {
            const enum status status = lower_value(context, &value->values[i], field, &parts[i]);
            if (status != STATUS_OK)
                return status;
        }
        return join(context, SIGMA_OR, parts, value->count, lowered);
    }
    if (pattern_placeholder(modifier_pattern(value)))
        return refuse_placeholder(context, value);
    return field ? make_leaf(context, &value->test, field, lowered)
                 : lower_keyword(context, value, lowered);
}

static enum status lower_values(const struct draft_context *context, const struct draft_item *item,
                                struct lowered *lowered)
{
    if (item->count == 0) {
        const struct sigma_test test = {.kind = SIGMA_NULL, .line = item->line};
        return item->field ? make_leaf(context, &test, item->field, lowered)
                           : refuse(context, item->line, "this value needs a field");
    }
    struct lowered *parts = arena_take_array(context->arena, item->count, sizeof(*parts));
    if (!parts)
        return draft_no_memory(context);
    for (uint32_t i = 0; i < item->count; i++) {
        const enum status status = lower_value(context, &item->values[i], item->field, &parts[i]);
        if (status != STATUS_OK)
            return status;
    }
    return join(context, item->is_all ? SIGMA_AND : SIGMA_OR, parts, item->count, lowered);
}

static enum status lower_detection(const struct draft_context *context,
                                   const struct draft_detection *detection,
                                   struct lowered *lowered);

static enum status lower_item(const struct draft_context *context, const struct draft_item *item,
                              struct lowered *lowered)
{
    if (item->detection)
        return lower_detection(context, item->detection, lowered);
    const enum status status = lower_values(context, item, lowered);
    if (status != STATUS_OK || !item->is_negated)
        return status;
    const struct lowered inner = *lowered;
    return join(context, SIGMA_NOT, &inner, 1, lowered);
}

/* Recursion as deep as detections are nested: the document's depth, and one a pipeline item. */
static enum status lower_detection(const struct draft_context *context,
                                   const struct draft_detection *detection, struct lowered *lowered)
{
    struct lowered *parts = arena_take_array(context->arena, detection->count, sizeof(*parts));
    if (!parts)
        return draft_no_memory(context);
    for (uint32_t i = 0; i < detection->count; i++) {
        const enum status status = lower_item(context, &detection->items[i], &parts[i]);
        if (status != STATUS_OK)
            return status;
    }
    return join(context, detection->is_any ? SIGMA_OR : SIGMA_AND, parts, detection->count,
                lowered);
}

/* The name goes on a node of its own: parts may be shared with a selection of another name. */
static enum status lower_selection(const struct lowering *lowering, uint32_t index,
                                   struct lowered *lowered)
{
    assert(index < lowering->draft->selection_count);
    struct lowered *known = &lowering->selections[index];
    if (!known->weight) {
        const struct draft_detection *selection = &lowering->draft->selections[index];
        const enum status status = lower_detection(lowering->context, selection, known);
        if (status != STATUS_OK)
            return status;
        if (known->node) {
            struct sigma_node *named =
                arena_take_array(lowering->context->arena, 1, sizeof(*named));
            if (!named)
                return draft_no_memory(lowering->context);
            *named = *known->node;
            named->name = selection->name;
            known->node = named;
        }
    }
    *lowered = *known;
    return STATUS_OK;
}

/* Recursion as deep as parentheses and choices, see condition.h. */
static enum status lower_expression(const struct lowering *lowering,
                                    const struct draft_expression *expression,
                                    struct lowered *lowered)
{
    if (expression->kind == SIGMA_LEAF)
        return lower_selection(lowering, expression->selection, lowered);
    struct lowered *parts =
        arena_take_array(lowering->context->arena, expression->count, sizeof(*parts));
    if (!parts)
        return draft_no_memory(lowering->context);
    for (uint32_t i = 0; i < expression->count; i++) {
        const enum status status = lower_expression(lowering, expression->children[i], &parts[i]);
        if (status != STATUS_OK)
            return status;
    }
    return join(lowering->context, expression->kind, parts, expression->count, lowered);
}

enum status lower_condition(const struct draft_context *context, const struct draft_rule *draft,
                            const struct sigma_node **condition)
{
    const struct lowering lowering = {
        .context = context,
        .draft = draft,
        .selections =
            arena_take_array(context->arena, draft->selection_count, sizeof(*lowering.selections)),
    };
    if (!lowering.selections)
        return draft_no_memory(context);
    struct lowered lowered = {0};
    const enum status status = lower_expression(&lowering, draft->expression, &lowered);
    if (status != STATUS_OK)
        return status;
    if (!lowered.node)
        return refuse(context, draft->rule.line, "pipelines left nothing of the condition");
    *condition = lowered.node;
    return STATUS_OK;
}

enum status lower_references(const struct draft_context *context,
                             const struct draft_expression *expression,
                             const struct sigma_node **node)
{
    struct lowered lowered = {0};
    if (expression->kind == SIGMA_LEAF) {
        const struct sigma_test test = {
            .kind = SIGMA_TRUE, .wanted = true, .number = expression->selection};
        const enum status status = make_leaf(context, &test, NULL, &lowered);
        *node = lowered.node;
        return status;
    }
    struct lowered *parts = arena_take_array(context->arena, expression->count, sizeof(*parts));
    if (!parts)
        return draft_no_memory(context);
    for (uint32_t i = 0; i < expression->count; i++) {
        const enum status status =
            lower_references(context, expression->children[i], &parts[i].node);
        if (status != STATUS_OK)
            return status;
    }
    const enum status status = join(context, expression->kind, parts, expression->count, &lowered);
    *node = lowered.node;
    return status;
}
