#include "rules/sigma/modifier.h"
#include "rules/sigma/pattern.h"
#include "rules/sigma/pipeline_item.h"

#include <stdlib.h>

/* Transformations of field names: in items, in field references, in the list of fields, and in
 * what correlations group, alias and count. */

struct names_out {
    const char *const *at; /* NULL: the name is not mapped */
    uint32_t count;
};

static enum status joined_name(const struct pipeline_run *run, struct bytes front,
                               struct bytes back, const char **name)
{
    char *made = arena_take_aligned(run->context->arena, front.length + back.length + 1, 1);
    if (!made)
        return draft_no_memory(run->context);
    memcpy(made, front.data, front.length);
    memcpy(made + front.length, back.data, back.length);
    made[front.length + back.length] = '\0';
    *name = made;
    return STATUS_OK;
}

/* A text or a list of texts, each with `rest` behind it. */
static enum status take_names(const struct pipeline_run *run, const struct tree_node *to,
                              struct bytes rest, struct names_out *names)
{
    const bool is_list = to->kind == TREE_LIST;
    const uint32_t count = is_list ? to->count : 1;
    const char **made = arena_take_array(run->context->arena, count, sizeof(*made));
    if (!made)
        return draft_no_memory(run->context);
    if (count == 0)
        return pipeline_refuse(run, run->item->line, "a field is mapped to nothing");
    for (uint32_t i = 0; i < count; i++) {
        const struct tree_node *item = is_list ? to->items[i] : to;
        const enum status status = joined_name(run, item->text, rest, &made[i]);
        if (status != STATUS_OK)
            return status;
    }
    *names = (struct names_out){made, count};
    return STATUS_OK;
}

static enum status map_by_table(const struct pipeline_run *run, const char *field,
                                struct names_out *names)
{
    static const char *const keyword_keys[] = {"null", "~", ""};
    const struct tree_node *mapping = run->item->parameters[0];
    const struct tree_node *to = field ? tree_find(mapping, field) : NULL;
    for (unsigned i = 0; !field && !to && i < COUNT_OF(keyword_keys); i++)
        to = tree_find(mapping, keyword_keys[i]);
    return to ? take_names(run, to, bytes_of("", 0), names) : STATUS_OK;
}

static enum status map_by_prefix(const struct pipeline_run *run, const char *field,
                                 struct names_out *names)
{
    const struct tree_node *mapping = run->item->parameters[0];
    for (uint32_t i = 0; field && i < mapping->count; i++) {
        const struct bytes prefix = mapping->pairs[i].key;
        if (strncmp(field, (const char *)prefix.data, prefix.length) == 0)
            return take_names(run, mapping->pairs[i].value, bytes_of_text(field + prefix.length),
                              names);
    }
    return STATUS_OK;
}

static enum status add_affix(const struct pipeline_run *run, const char *field, bool is_prefix,
                             struct names_out *names)
{
    if (!field)
        return STATUS_OK;
    const struct bytes affix = run->item->parameters[0]->text, name = bytes_of_text(field);
    const char **made = arena_take_array(run->context->arena, 1, sizeof(*made));
    if (!made)
        return draft_no_memory(run->context);
    *names = (struct names_out){made, 1};
    return is_prefix ? joined_name(run, affix, name, made) : joined_name(run, name, affix, made);
}

/* What the transformation makes of a name, whatever the conditions say. */
static enum status map_name(const struct pipeline_run *run, const char *field,
                            struct names_out *names)
{
    const char *kind = run->item->transformation->name;
    *names = (struct names_out){0};
    if (strcmp(kind, "field_name_mapping") == 0)
        return map_by_table(run, field, names);
    if (strcmp(kind, "field_name_prefix_mapping") == 0)
        return map_by_prefix(run, field, names);
    return add_affix(run, field, strcmp(kind, "field_name_prefix") == 0, names);
}

/* The names that were made of a name keep what was applied to it. */
static void track(struct pipeline_run *run, const char *field, const struct names_out *names)
{
    uint64_t applied = run->item->bit;
    for (uint32_t i = 0; i < run->tracked_count; i++)
        if (strcmp(run->tracked[i].field, field) == 0)
            applied |= run->tracked[i].applied;
    for (uint32_t i = 0; i < names->count && run->tracked_count < TRACKED_MAX; i++) {
        run->tracked[run->tracked_count].field = names->at[i];
        run->tracked[run->tracked_count++].applied = applied;
    }
}

/* A name outside of an item's field: mapped if the conditions hold, else itself. */
static enum status map_free_name(struct pipeline_run *run, const char *field,
                                 struct names_out *names)
{
    const enum status status = map_name(run, field, names);
    if (status != STATUS_OK)
        return status;
    const struct field_subject subject = {field, NULL};
    if (names->at && condition_group_field(run, &run->item->field, subject)) {
        track(run, field, names);
        return STATUS_OK;
    }
    const char **same = arena_take_array(run->context->arena, 1, sizeof(*same));
    if (!same)
        return draft_no_memory(run->context);
    same[0] = field;
    *names = (struct names_out){same, 1};
    return STATUS_OK;
}

static enum status map_one_name(struct pipeline_run *run, const char **field)
{
    struct names_out names;
    const enum status status = map_free_name(run, *field, &names);
    if (status != STATUS_OK)
        return status;
    if (names.count != 1)
        return pipeline_refuse(run, run->rule->rule.line,
                               "a correlation's field %.60s is mapped to several", *field);
    *field = names.at[0];
    return STATUS_OK;
}

#define NAMES_MAX 4096U

/* Maps every name of a list, but for those that are aliases. */
static enum status map_list(struct pipeline_run *run, const char *const **list, uint32_t *count)
{
    const struct draft_correlation *correlation = run->rule->correlation;
    struct names_out *mapped = arena_take_array(run->context->arena, *count, sizeof(*mapped));
    uint32_t total = 0;
    if (!mapped)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < *count; i++) {
        bool is_alias = false;
        for (uint32_t j = 0; correlation && j < correlation->alias_count; j++)
            is_alias |= strcmp(correlation->aliases[j].alias, (*list)[i]) == 0;
        mapped[i] = (struct names_out){&(*list)[i], 1};
        const enum status status =
            is_alias ? STATUS_OK : map_free_name(run, (*list)[i], &mapped[i]);
        if (status != STATUS_OK)
            return status;
        total += mapped[i].count;
        if (total > NAMES_MAX)
            return pipeline_refuse(run, run->rule->rule.line, "too many fields");
    }
    const char **names = arena_take_array(run->context->arena, total, sizeof(*names));
    if (!names)
        return draft_no_memory(run->context);
    uint32_t at = 0;
    for (uint32_t i = 0; i < *count; i++)
        for (uint32_t j = 0; j < mapped[i].count; j++)
            names[at++] = mapped[i].at[j];
    *list = names;
    *count = total;
    return STATUS_OK;
}

static enum status map_aliases(struct pipeline_run *run, struct draft_correlation *correlation)
{
    struct draft_alias *aliases =
        arena_take_array(run->context->arena, correlation->alias_count, sizeof(*aliases));
    if (!aliases)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < correlation->alias_count; i++) {
        aliases[i] = correlation->aliases[i];
        const char **fields =
            arena_take_array(run->context->arena, aliases[i].count, sizeof(*fields));
        if (!fields)
            return draft_no_memory(run->context);
        for (uint32_t j = 0; j < aliases[i].count; j++) {
            fields[j] = aliases[i].fields[j];
            const enum status status = map_one_name(run, &fields[j]);
            if (status != STATUS_OK)
                return status;
        }
        aliases[i].fields = fields;
    }
    correlation->aliases = aliases;
    return STATUS_OK;
}

static enum status map_counted(struct pipeline_run *run, struct sigma_correlation *correlation)
{
    const char **fields =
        arena_take_array(run->context->arena, correlation->condition_field_count, sizeof(*fields));
    if (!fields)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < correlation->condition_field_count; i++) {
        fields[i] = correlation->condition_fields[i];
        const enum status status = map_one_name(run, &fields[i]);
        if (status != STATUS_OK)
            return status;
    }
    correlation->condition_fields = fields;
    return STATUS_OK;
}

static enum status apply_names(struct pipeline_run *run)
{
    struct sigma_rule *rule = &run->rule->rule;
    struct draft_correlation *correlation = run->rule->correlation;
    enum status status =
        rule->field_count ? map_list(run, &rule->fields, &rule->field_count) : STATUS_OK;
    if (!correlation || status != STATUS_OK)
        return status;
    status = map_aliases(run, correlation);
    if (status == STATUS_OK && correlation->correlation.group_count)
        status = map_list(run, &correlation->correlation.group_by,
                          &correlation->correlation.group_count);
    return status == STATUS_OK ? map_counted(run, &correlation->correlation) : status;
}

/* One reference may become several. */
static enum status map_reference(struct pipeline_run *run, struct draft_value *value)
{
    struct names_out names;
    const enum status status = map_free_name(run, (const char *)value->test.text.data, &names);
    if (status != STATUS_OK)
        return status;
    struct draft_value *values =
        arena_take_array(run->context->arena, names.count, sizeof(*values));
    if (!values)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < names.count; i++) {
        values[i] = *value;
        values[i].test.text = bytes_of_text(names.at[i]);
    }
    *value = modifier_any(values, names.count);
    return STATUS_OK;
}

static enum status map_references(struct pipeline_run *run, struct draft_item *item,
                                  bool *is_changed)
{
    uint32_t references = 0;
    for (uint32_t i = 0; i < item->count; i++)
        references += item->values[i].type == DRAFT_FIELDREF;
    if (references == 0)
        return STATUS_OK;
    struct draft_value *values =
        arena_take_array(run->context->arena, item->count, sizeof(*values));
    if (!values)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < item->count; i++) {
        values[i] = item->values[i];
        const enum status status =
            values[i].type == DRAFT_FIELDREF ? map_reference(run, &values[i]) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
    }
    item->values = values;
    *is_changed = true;
    return STATUS_OK;
}

/* Keywords that get a field still stand anywhere in it. */
static enum status open_keywords(const struct pipeline_run *run, struct draft_item *item)
{
    struct draft_value *values =
        arena_take_array(run->context->arena, item->count, sizeof(*values));
    if (!values)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < item->count; i++) {
        values[i] = item->values[i];
        if (values[i].test.kind != SIGMA_TEXT || values[i].type == DRAFT_ANY)
            continue;
        struct pattern pattern = modifier_pattern(&values[i]);
        const enum status status = pattern_open(run->context, true, true, &pattern);
        if (status != STATUS_OK)
            return status;
        modifier_set_pattern(&values[i], pattern);
    }
    item->values = values;
    return STATUS_OK;
}

/* The item once for each name, any of which may match. */
static enum status multiply_item(const struct pipeline_run *run, const struct names_out *names,
                                 struct draft_item *item)
{
    struct draft_item *items = arena_take_array(run->context->arena, names->count, sizeof(*items));
    struct draft_detection *detection =
        arena_take_array(run->context->arena, 1, sizeof(*detection));
    if (!items || !detection)
        return draft_no_memory(run->context);
    for (uint32_t i = 0; i < names->count; i++) {
        items[i] = *item;
        items[i].field = names->at[i];
        items[i].applied |= run->item->bit;
    }
    *detection = (struct draft_detection){.is_any = true, .items = items, .count = names->count};
    *item = (struct draft_item){.detection = detection, .line = item->line};
    return STATUS_OK;
}

static enum status apply_field(struct pipeline_run *run, const struct draft_item *from,
                               struct item_change *change)
{
    struct draft_item item = *from;
    bool is_changed = false;
    struct names_out names;
    enum status status = map_references(run, &item, &is_changed);
    if (status == STATUS_OK)
        status = map_name(run, item.field, &names);
    if (status != STATUS_OK)
        return status;
    const struct field_subject subject = {item.field, from};
    if (names.at && condition_group_field(run, &run->item->field, subject)) {
        if (!item.field)
            status = open_keywords(run, &item);
        if (item.field)
            track(run, item.field, &names);
        item.field = names.at[0];
        if (status == STATUS_OK && names.count > 1)
            status = multiply_item(run, &names, &item);
        is_changed = true;
    }
    if (is_changed) {
        change->kind = CHANGE_REPLACED;
        change->item = item;
    }
    return status;
}

const struct transformation field_transformations[] = {
    {"field_name_mapping", {{"mapping", PARAMETER_MAP, true}}, apply_names, apply_field, NULL},
    {"field_name_prefix_mapping",
     {{"mapping", PARAMETER_MAP, true}},
     apply_names,
     apply_field,
     NULL},
    {"field_name_prefix", {{"prefix", PARAMETER_TEXT, true}}, apply_names, apply_field, NULL},
    {"field_name_suffix", {{"suffix", PARAMETER_TEXT, true}}, apply_names, apply_field, NULL},
    {0},
};
