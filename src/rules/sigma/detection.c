#include "rules/sigma/detection.h"

#include "rules/sigma/modifier.h"

#define SELECTIONS_MAX 1024U

static enum status take_map(const struct draft_context *context, const struct tree_node *map,
                            struct draft_item *items)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < map->count && status == STATUS_OK; i++)
        status = modifier_item(context, map->pairs[i].key, map->pairs[i].line, map->pairs[i].value,
                               &items[i]);
    return status;
}

static bool has_only_scalars(const struct tree_node *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (!tree_is_scalar(list->items[i]))
            return false;
    return true;
}

/* Recursion as deep as the document is nested, TREE_DEPTH_MAX. */
static enum status take_list(const struct draft_context *context, const struct tree_node *list,
                             struct draft_item *items)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++) {
        struct draft_detection *inner = arena_take_array(context->arena, 1, sizeof(*inner));
        if (!inner)
            return draft_no_memory(context);
        items[i].detection = inner;
        items[i].line = list->items[i]->line;
        status = detection_define(context, list->items[i], NULL, inner);
    }
    return status;
}

enum status detection_define(const struct draft_context *context,
                             const struct tree_node *definition, const char *name,
                             struct draft_detection *detection)
{
    const bool is_map = definition->kind == TREE_MAP;
    const bool is_keywords = tree_is_scalar(definition) ||
                             (definition->kind == TREE_LIST && has_only_scalars(definition));
    const bool is_empty = !tree_is_scalar(definition) && definition->count == 0;
    if (is_empty)
        return fault_set(context->fault, STATUS_INVALID, definition->line,
                         "the selection %.80s is empty", name ? name : "inside a list");
    const uint32_t count = is_keywords ? 1 : definition->count;
    struct draft_item *items = arena_take_array(context->arena, count, sizeof(*items));
    if (!items)
        return draft_no_memory(context);
    *detection = (struct draft_detection){
        .name = name,
        .is_any = !is_map && !is_keywords,
        .items = items,
        .count = count,
    };
    if (is_keywords)
        return modifier_item(context, (struct bytes){0}, definition->line, definition, items);
    return is_map ? take_map(context, definition, items) : take_list(context, definition, items);
}

static bool is_selection(struct bytes key, bool is_filter)
{
    return !bytes_equal(key, bytes_of_text("condition")) &&
           !bytes_equal(key, bytes_of_text("timeframe")) &&
           !(is_filter && bytes_equal(key, bytes_of_text("rules")));
}

enum status detection_parse(const struct draft_context *context, const struct tree_node *map,
                            bool is_filter, const struct draft_detection **selections,
                            uint32_t *count)
{
    struct draft_detection *taken = arena_take_array(context->arena, map->count, sizeof(*taken));
    if (!taken)
        return draft_no_memory(context);
    uint32_t taken_count = 0;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct tree_pair *pair = &map->pairs[i];
        if (!is_selection(pair->key, is_filter))
            continue;
        if (taken_count == SELECTIONS_MAX)
            return fault_set(context->fault, STATUS_INVALID, pair->line, "more than %u selections",
                             SELECTIONS_MAX);
        const char *name = arena_keep_text(context->arena, pair->key);
        if (!name)
            return draft_no_memory(context);
        const enum status status =
            detection_define(context, pair->value, name, &taken[taken_count++]);
        if (status != STATUS_OK)
            return status;
    }
    if (taken_count == 0)
        return fault_set(context->fault, STATUS_INVALID, map->line, "there is no selection");
    *selections = taken;
    *count = taken_count;
    return STATUS_OK;
}
