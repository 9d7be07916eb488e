/* Values and the modifiers behind a field's name. */
#ifndef IMPOUND_RULES_SIGMA_MODIFIER_H
#define IMPOUND_RULES_SIGMA_MODIFIER_H

#include "rules/sigma/draft.h"
#include "rules/sigma/pattern.h"
#include "yaml/tree.h"

/* Makes the item of `key: values`, all modifiers applied in their order. `key` data NULL: keywords
 * without a key. STATUS_INVALID with line and reason. */
enum status modifier_item(const struct draft_context *context, struct bytes key, uint32_t line,
                          const struct tree_node *values, struct draft_item *item) MUST_CHECK;

/* A text pattern as a value, as if a rule had it. */
struct draft_value modifier_text(struct pattern pattern, uint32_t line);

static inline struct pattern modifier_pattern(const struct draft_value *value)
{
    return (struct pattern){value->test.pieces, value->test.piece_count};
}

static inline void modifier_set_pattern(struct draft_value *value, struct pattern pattern)
{
    value->test.pieces = pattern.pieces;
    value->test.piece_count = pattern.count;
}

/* A value that stands for any of `values`; a single one stands for itself. */
struct draft_value modifier_any(const struct draft_value *values, uint32_t count);

#endif
