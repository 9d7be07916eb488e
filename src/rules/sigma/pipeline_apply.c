#include "rules/sigma/modifier.h"
#include "rules/sigma/pipeline.h"
#include "rules/sigma/pipeline_item.h"

#include <stdarg.h>
#include <stdio.h>

/* Detections are copied only where an item changes something, so that a long pipeline costs memory
 * for its effects, not for its length. */

enum status pipeline_refuse(const struct pipeline_run *run, uint32_t line, const char *format, ...)
{
    char reason[FAULT_REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    return fault_set(run->context->fault, STATUS_INVALID, line, "pipeline: %.200s", reason);
}

/* Values inside of expanded values are changed, too: they are what the rule means. */
static enum status change_value(struct pipeline_run *run, struct draft_value *value,
                                bool *is_changed)
{
    if (value->type != DRAFT_ANY)
        return run->item->transformation->apply_value(run, value, is_changed);
    struct draft_value *values = NULL;
    for (uint32_t i = 0; i < value->count; i++) {
        struct draft_value inner = value->values[i];
        bool is_inner_changed = false;
        const enum status status = change_value(run, &inner, &is_inner_changed);
        if (status != STATUS_OK)
            return status;
        if (!is_inner_changed)
            continue;
        if (!values) {
            values = arena_take_array(run->context->arena, value->count, sizeof(*values));
            if (!values)
                return draft_no_memory(run->context);
            memcpy(values, value->values, value->count * sizeof(*values));
        }
        values[i] = inner;
    }
    if (values)
        value->values = values;
    *is_changed = values != NULL;
    return STATUS_OK;
}

static enum status change_values(struct pipeline_run *run, const struct draft_item *item,
                                 struct item_change *change)
{
    struct draft_value *values = NULL;
    for (uint32_t i = 0; i < item->count; i++) {
        struct draft_value value = item->values[i];
        bool is_changed = false;
        const enum status status = change_value(run, &value, &is_changed);
        if (status != STATUS_OK)
            return status;
        if (!is_changed)
            continue;
        if (!values) {
            values = arena_take_array(run->context->arena, item->count, sizeof(*values));
            if (!values)
                return draft_no_memory(run->context);
            memcpy(values, item->values, item->count * sizeof(*values));
        }
        values[i] = value;
    }
    if (!values)
        return STATUS_OK;
    change->kind = CHANGE_REPLACED;
    change->item = *item;
    change->item.values = values;
    return STATUS_OK;
}

static enum status change_item(struct pipeline_run *run, const struct draft_item *item,
                               struct item_change *change)
{
    if (!condition_group_item(run, &run->item->detection, item) ||
        !condition_group_field_of(run, &run->item->field, item))
        return STATUS_OK;
    const struct transformation *transformation = run->item->transformation;
    const enum status status = transformation->apply_item
                                   ? transformation->apply_item(run, item, change)
                                   : change_values(run, item, change);
    if (status == STATUS_OK && change->kind == CHANGE_REPLACED)
        change->item.applied |= run->item->bit;
    return status;
}

static enum status change_detection(struct pipeline_run *run,
                                    const struct draft_detection *detection,
                                    struct draft_detection *changed, bool *is_changed);

static enum status change_nested(struct pipeline_run *run, const struct draft_item *item,
                                 struct item_change *change)
{
    struct draft_detection inner;
    bool is_changed = false;
    const enum status status = change_detection(run, item->detection, &inner, &is_changed);
    if (status != STATUS_OK || !is_changed)
        return status;
    struct draft_detection *kept = arena_take_array(run->context->arena, 1, sizeof(*kept));
    if (!kept)
        return draft_no_memory(run->context);
    *kept = inner;
    change->kind = CHANGE_REPLACED;
    change->item = *item;
    change->item.detection = kept;
    return STATUS_OK;
}

/* Recursion as deep as detections are nested. */
static enum status change_detection(struct pipeline_run *run,
                                    const struct draft_detection *detection,
                                    struct draft_detection *changed, bool *is_changed)
{
    struct draft_item *items = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; i < detection->count; i++) {
        const struct draft_item *item = &detection->items[i];
        struct item_change change = {.kind = CHANGE_NONE};
        const enum status status =
            item->detection ? change_nested(run, item, &change) : change_item(run, item, &change);
        if (status != STATUS_OK)
            return status;
        if (change.kind != CHANGE_NONE && !items) {
            items = arena_take_array(run->context->arena, detection->count, sizeof(*items));
            if (!items)
                return draft_no_memory(run->context);
            memcpy(items, detection->items, i * sizeof(*items));
            count = i;
        }
        if (items && change.kind != CHANGE_DROPPED)
            items[count++] = change.kind == CHANGE_REPLACED ? change.item : *item;
    }
    *changed = *detection;
    *is_changed = items != NULL;
    if (items) {
        changed->items = items;
        changed->count = count;
    }
    return STATUS_OK;
}

static enum status change_selections(struct pipeline_run *run)
{
    struct draft_rule *rule = run->rule;
    struct draft_detection *selections = NULL;
    for (uint32_t i = 0; i < rule->selection_count; i++) {
        struct draft_detection changed;
        bool is_changed = false;
        const enum status status =
            change_detection(run, &rule->selections[i], &changed, &is_changed);
        if (status != STATUS_OK)
            return status;
        if (!is_changed)
            continue;
        if (!selections) {
            selections =
                arena_take_array(run->context->arena, rule->selection_count, sizeof(*selections));
            if (!selections)
                return draft_no_memory(run->context);
            memcpy(selections, rule->selections, rule->selection_count * sizeof(*selections));
            rule->selections = selections;
        }
        selections[i] = changed;
    }
    return STATUS_OK;
}

static enum status run_item(struct pipeline_run *run, const struct pipeline_item *item)
{
    run->item = item;
    if (!condition_group_rule(run, &item->rule))
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (item->transformation->apply_rule)
        status = item->transformation->apply_rule(run);
    run->item = item; /* a nested one may have been run */
    if (status == STATUS_OK &&
        (item->transformation->apply_item || item->transformation->apply_value))
        status = change_selections(run);
    run->rule->applied |= item->bit;
    return status;
}

enum status pipeline_run_items(struct pipeline_run *run, const struct pipeline_item *items,
                               uint32_t count)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = run_item(run, &items[i]);
    return status;
}

static enum status apply_to_rule(struct sigma_rules *rules, struct draft_rule *draft,
                                 struct buffer *scratch)
{
    struct fault fault = {0};
    const struct draft_context context = {&rules->arena, rules->placeholders, &fault};
    struct pipeline_run run = {
        .context = &context, .rules = rules, .rule = draft, .scratch = scratch};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < rules->pipelines->file_count && status == STATUS_OK; i++) {
        const struct pipeline_file *file = &rules->pipelines->files[i];
        status = pipeline_run_items(&run, file->items, file->count);
    }
    return status == STATUS_INVALID ? collection_refuse_draft(rules, draft, &fault) : status;
}

enum status pipeline_apply_all(struct sigma_rules *rules)
{
    struct buffer scratch = {0};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; rules->pipelines && i < rules->draft_count && status == STATUS_OK; i++) {
        struct draft_rule *draft = &rules->drafts[i];
        if (!draft->is_refused && !draft->filter)
            status = apply_to_rule(rules, draft, &scratch);
    }
    buffer_release(&scratch);
    return status;
}
