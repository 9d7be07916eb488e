#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"
#include "rules/sigma/pipeline_item.h"

/* Values, orders and states, as the conditions of pipelines compare them. */

bool parameter_has(const struct tree_node *texts, struct bytes text)
{
    if (!texts)
        return false;
    if (texts->kind != TREE_LIST)
        return tree_is_scalar(texts) && bytes_equal(texts->text, text);
    for (uint32_t i = 0; i < texts->count; i++)
        if (tree_is_scalar(texts->items[i]) && bytes_equal(texts->items[i]->text, text))
            return true;
    return false;
}

static void write_plain(struct buffer *to, const struct sigma_piece *piece)
{
    switch ((int)piece->kind) {
    case SIGMA_PIECE_ONE:
        buffer_byte(to, '?');
        return;
    case SIGMA_PIECE_MANY:
        buffer_byte(to, '*');
        return;
    case SIGMA_PIECE_LITERAL:
        break;
    default:
        buffer_byte(to, '%');
        buffer_bytes(to, piece->literal.data, piece->literal.length);
        buffer_byte(to, '%');
        return;
    }
    for (size_t i = 0; i < piece->literal.length; i++) {
        if (piece->literal.data[i] == '*' || piece->literal.data[i] == '?')
            buffer_byte(to, '\\');
        buffer_byte(to, piece->literal.data[i]);
    }
}

struct bytes pipeline_plain(const struct pipeline_run *run, const struct draft_value *value)
{
    buffer_reset(run->scratch);
    for (uint32_t i = 0; i < value->test.piece_count; i++)
        write_plain(run->scratch, &value->test.pieces[i]);
    return buffer_view(run->scratch);
}

static bool is_text(const struct pipeline_run *run, const struct draft_value *value,
                    const struct tree_node *scalar)
{
    struct pattern wanted;
    if (pattern_parse(run->context, scalar->text, &wanted) != STATUS_OK ||
        wanted.count != value->test.piece_count)
        return false;
    for (uint32_t i = 0; i < wanted.count; i++)
        if (wanted.pieces[i].kind != value->test.pieces[i].kind ||
            !bytes_equal(wanted.pieces[i].literal, value->test.pieces[i].literal))
            return false;
    return true;
}

bool pipeline_is_value(const struct pipeline_run *run, const struct draft_value *value,
                       const struct tree_node *scalar)
{
    double number = 0;
    bool flag = false;
    switch (scalar->kind) {
    case TREE_NULL:
        return value->type == DRAFT_NULL;
    case TREE_BOOL:
        return value->type == DRAFT_BOOL && tree_bool(scalar, &flag) && value->flag == flag;
    case TREE_NUMBER:
        return value->type == DRAFT_NUMBER && tree_number(scalar, &number) &&
               value->test.number == number;
    case TREE_TEXT:
        return value->type == DRAFT_TEXT && is_text(run, value, scalar);
    case TREE_LIST:
    case TREE_MAP:
        break;
    }
    return false;
}

bool pipeline_order_holds(int order, const struct tree_node *op)
{
    if (!op || tree_is(op, "eq"))
        return order == 0;
    if (tree_is(op, "ne"))
        return order != 0;
    if (tree_is(op, "gte"))
        return order >= 0;
    if (tree_is(op, "gt"))
        return order > 0;
    if (tree_is(op, "lte"))
        return order <= 0;
    return tree_is(op, "lt") && order < 0;
}

bool pipeline_state_holds(const struct pipeline_run *run,
                          const struct pipeline_condition *condition)
{
    const struct tree_node *wanted = condition->parameters[1], *op = condition->parameters[2];
    for (uint32_t i = run->state_count; i > 0; i--) {
        const struct tree_node *state = run->states[i - 1].value;
        double one, other;
        if (!text_is(run->states[i - 1].key, condition->parameters[0]))
            continue;
        if (!tree_is_scalar(state))
            return false;
        if (state->kind == TREE_NUMBER && tree_number(state, &one) && tree_number(wanted, &other))
            return pipeline_order_holds((one > other) - (one < other), op);
        return pipeline_order_holds(bytes_compare(state->text, wanted->text), op);
    }
    return false;
}
