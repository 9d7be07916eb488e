#include "rules/sigma/logsource.h"

#include "rules/sigma/builtin.h"
#include "yaml/tree.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

/* The file's entries are read as they stand; then those that follow from them are made, so that
 * looking up is one comparison: a category's alternatives of one service, and the alternatives of
 * all products together. */

#define TABLE_ARENA_MAX  (16U << 20)
#define ENTRIES_MAX      4096U /* read and made */
#define ALTERNATIVES_MAX 64U   /* of one entry in the file */

struct entry {
    struct sigma_logsource logsource;
    const struct logsource_alternative *alternatives;
    const char **services; /* of each alternative; NULL: none */
    uint32_t count;
};

struct logsource_table {
    struct arena arena;
    struct entry *entries;
    uint32_t count, read_count;
};

struct reading {
    struct logsource_table *table;
    struct arena *arena;
    struct fault *fault;
};

static enum status no_memory(const struct reading *reading)
{
    return fault_set(reading->fault, STATUS_MEMORY, 0,
                     "the log source table needs too much memory");
}

static enum status refuse(const struct reading *reading, uint32_t line, const char *reason)
{
    return fault_set(reading->fault, STATUS_INVALID, line, "%s", reason);
}

static bool same(const char *one, const char *other)
{
    return one == other || (one && other && strcasecmp(one, other) == 0);
}

static const struct entry *entry_find(const struct logsource_table *table,
                                      const struct sigma_logsource *wanted)
{
    for (uint32_t i = 0; i < table->count; i++) {
        const struct sigma_logsource *its = &table->entries[i].logsource;
        if (same(its->category, wanted->category) && same(its->product, wanted->product) &&
            same(its->service, wanted->service))
            return &table->entries[i];
    }
    return NULL;
}

static enum status take_text(const struct reading *reading, const struct tree_node *map,
                             const char *key, const char **text)
{
    const struct tree_node *node = tree_find(map, key);
    if (!node)
        return STATUS_OK;
    if (!tree_is_scalar(node) || node->kind == TREE_NULL)
        return fault_set(reading->fault, STATUS_INVALID, node->line, "%s must be a text", key);
    *text = arena_keep_text(reading->arena, node->text);
    return *text ? STATUS_OK : no_memory(reading);
}

static enum status check_keys(const struct reading *reading, const struct tree_node *map,
                              const char *const *keys, unsigned count)
{
    if (map->kind != TREE_MAP)
        return refuse(reading, map->line, "a map is expected");
    for (uint32_t i = 0; i < map->count; i++) {
        unsigned at = 0;
        while (at < count && !bytes_equal(map->pairs[i].key, bytes_of_text(keys[at])))
            at++;
        if (at == count)
            return fault_set(reading->fault, STATUS_INVALID, map->pairs[i].line,
                             "there is no key %.60s", (const char *)map->pairs[i].key.data);
    }
    return STATUS_OK;
}

static enum status take_values(const struct reading *reading, const struct tree_node *node,
                               const char *const **values, uint32_t *count)
{
    const bool is_list = node->kind == TREE_LIST;
    const uint32_t taken_count = is_list ? node->count : 1;
    const char **taken = arena_take_array(reading->arena, taken_count, sizeof(*taken));
    if (!taken)
        return no_memory(reading);
    if (taken_count == 0)
        return refuse(reading, node->line, "a list without values");
    for (uint32_t i = 0; i < taken_count; i++) {
        const struct tree_node *item = is_list ? node->items[i] : node;
        if (!tree_is_scalar(item) || item->kind == TREE_NULL)
            return refuse(reading, item->line, "a value must be a text or a number");
        taken[i] = arena_keep_text(reading->arena, item->text);
        if (!taken[i])
            return no_memory(reading);
    }
    *values = taken;
    *count = taken_count;
    return STATUS_OK;
}

/* The conditions of the map behind those that are there already. */
static enum status take_conditions(const struct reading *reading, const struct tree_node *map,
                                   struct logsource_alternative *alternative)
{
    if (!map)
        return STATUS_OK;
    if (map->kind != TREE_MAP)
        return refuse(reading, map->line, "conditions must be a map");
    const uint32_t before = alternative->condition_count;
    struct logsource_condition *all =
        arena_take_array(reading->arena, (size_t)before + map->count, sizeof(*all));
    if (!all)
        return no_memory(reading);
    if (before)
        memcpy(all, alternative->conditions, before * sizeof(*all));
    for (uint32_t i = 0; i < map->count; i++) {
        struct logsource_condition *condition = &all[before + i];
        condition->field = arena_keep_text(reading->arena, map->pairs[i].key);
        if (!condition->field)
            return no_memory(reading);
        const enum status status =
            take_values(reading, map->pairs[i].value, &condition->values, &condition->count);
        if (status != STATUS_OK)
            return status;
    }
    alternative->conditions = all;
    alternative->condition_count = before + map->count;
    return STATUS_OK;
}

static enum status take_value_map(const struct reading *reading, const struct tree_node *map,
                                  struct logsource_translation *translation)
{
    size_t count = 0;
    if (map->kind != TREE_MAP)
        return refuse(reading, map->line, "values must be maps");
    for (uint32_t i = 0; i < map->count; i++)
        count += map->pairs[i].value->kind == TREE_LIST ? map->pairs[i].value->count : 1;
    struct logsource_value *values = arena_take_array(reading->arena, count, sizeof(*values));
    if (!values)
        return no_memory(reading);
    translation->values = values;
    for (uint32_t i = 0; i < map->count; i++) {
        const char *rule_value = arena_keep_text(reading->arena, map->pairs[i].key);
        const char *const *event_values = NULL;
        uint32_t event_count = 0;
        const enum status status =
            take_values(reading, map->pairs[i].value, &event_values, &event_count);
        if (status != STATUS_OK || !rule_value)
            return rule_value ? status : no_memory(reading);
        for (uint32_t j = 0; j < event_count; j++)
            values[translation->value_count++] =
                (struct logsource_value){rule_value, event_values[j]};
    }
    return STATUS_OK;
}

static enum status take_fields(const struct reading *reading, const struct tree_node *fields,
                               struct logsource_translation *translations, uint32_t *count)
{
    for (uint32_t i = 0; fields && i < fields->count; i++) {
        const struct tree_pair *pair = &fields->pairs[i];
        if (!tree_is_scalar(pair->value))
            return refuse(reading, pair->value->line, "a field's name must be a text");
        struct logsource_translation *translation = &translations[(*count)++];
        translation->rule_field = arena_keep_text(reading->arena, pair->key);
        translation->event_field = arena_keep_text(reading->arena, pair->value->text);
        if (!translation->rule_field || !translation->event_field)
            return no_memory(reading);
    }
    return STATUS_OK;
}

/* A field that has values only keeps its name. */
static struct logsource_translation *translation_of(struct logsource_translation *translations,
                                                    uint32_t *count, const char *field)
{
    for (uint32_t i = 0; i < *count; i++)
        if (strcmp(translations[i].rule_field, field) == 0)
            return &translations[i];
    translations[*count] = (struct logsource_translation){field, field, NULL, 0};
    return &translations[(*count)++];
}

static enum status take_translations(const struct reading *reading, const struct tree_node *node,
                                     struct logsource_alternative *alternative)
{
    const struct tree_node *fields = tree_find(node, "fields");
    const struct tree_node *values = tree_find(node, "values");
    if ((fields && fields->kind != TREE_MAP) || (values && values->kind != TREE_MAP))
        return refuse(reading, node->line, "fields and values must be maps");
    const size_t most = (fields ? fields->count : 0U) + (size_t)(values ? values->count : 0U);
    struct logsource_translation *all = arena_take_array(reading->arena, most, sizeof(*all));
    if (!all)
        return no_memory(reading);
    enum status status = take_fields(reading, fields, all, &alternative->translation_count);
    for (uint32_t i = 0; values && i < values->count && status == STATUS_OK; i++) {
        const char *field = arena_keep_text(reading->arena, values->pairs[i].key);
        if (!field)
            return no_memory(reading);
        status = take_value_map(reading, values->pairs[i].value,
                                translation_of(all, &alternative->translation_count, field));
    }
    alternative->translations = all;
    return status;
}

/* An alternative begins with what its service says. */
static enum status take_alternative(const struct reading *reading, const struct tree_node *node,
                                    const char *product, struct logsource_alternative *alternative,
                                    const char **service)
{
    static const char *const keys[] = {"service", "conditions", "audit", "fields", "values"};
    enum status status = check_keys(reading, node, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = take_text(reading, node, "service", service);
    if (status == STATUS_OK && *service) {
        const struct entry *base = entry_find(
            reading->table, &(struct sigma_logsource){.product = product, .service = *service});
        if (!base || base->count != 1)
            return fault_set(reading->fault, STATUS_INVALID, node->line,
                             "the service %.60s stands nowhere further up", *service);
        *alternative = base->alternatives[0];
    }
    if (status == STATUS_OK)
        status = take_text(reading, node, "audit", &alternative->audit);
    if (status == STATUS_OK)
        status = take_conditions(reading, tree_find(node, "conditions"), alternative);
    return status == STATUS_OK ? take_translations(reading, node, alternative) : status;
}

static enum status take_alternatives(const struct reading *reading, const struct tree_node *node,
                                     struct entry *entry)
{
    const struct tree_node *any = tree_find(node, "any");
    if (any && (any->kind != TREE_LIST || any->count == 0 || any->count > ALTERNATIVES_MAX ||
                tree_find(node, "conditions")))
        return refuse(reading, any->line,
                      "any must be a list of up to 64 alternatives, instead of conditions");
    entry->count = any ? any->count : 1;
    struct logsource_alternative *alternatives =
        arena_take_array(reading->arena, entry->count, sizeof(*alternatives));
    entry->services = arena_take_array(reading->arena, entry->count, sizeof(*entry->services));
    if (!alternatives || !entry->services)
        return no_memory(reading);
    entry->alternatives = alternatives;
    if (!any) {
        const enum status status = take_text(reading, node, "audit", &alternatives[0].audit);
        return status == STATUS_OK
                   ? take_conditions(reading, tree_find(node, "conditions"), &alternatives[0])
                   : status;
    }
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < any->count && status == STATUS_OK; i++)
        status = take_alternative(reading, any->items[i], entry->logsource.product,
                                  &alternatives[i], &entry->services[i]);
    return status;
}

static enum status take_entry(const struct reading *reading, const struct tree_node *node)
{
    static const char *const keys[] = {"product",    "service", "category",
                                       "conditions", "audit",   "any"};
    struct logsource_table *table = reading->table;
    struct entry entry = {0};
    enum status status = check_keys(reading, node, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = take_text(reading, node, "product", &entry.logsource.product);
    if (status == STATUS_OK)
        status = take_text(reading, node, "service", &entry.logsource.service);
    if (status == STATUS_OK)
        status = take_text(reading, node, "category", &entry.logsource.category);
    if (status != STATUS_OK)
        return status;
    if (!entry.logsource.product)
        return refuse(reading, node->line, "product is missing");
    if (table->count == ENTRIES_MAX || entry_find(table, &entry.logsource))
        return refuse(reading, node->line,
                      "the log source is there already, or there are too many");
    status = take_alternatives(reading, node, &entry);
    if (status == STATUS_OK)
        table->entries[table->count++] = entry;
    return status;
}

/* Makes an entry of the alternatives, among the entries up to `last`, that `is_wanted` names. */
static enum status derive(const struct reading *reading, struct sigma_logsource logsource,
                          const struct entry *from, uint32_t last)
{
    struct logsource_table *table = reading->table;
    if (entry_find(table, &logsource))
        return STATUS_OK;
    uint32_t most = 0;
    for (uint32_t i = 0; i < last; i++)
        most += table->entries[i].count;
    struct logsource_alternative *all = arena_take_array(reading->arena, most, sizeof(*all));
    if (!all || table->count == ENTRIES_MAX)
        return no_memory(reading);
    struct entry *made = &table->entries[table->count++];
    *made = (struct entry){.logsource = logsource, .alternatives = all};
    for (uint32_t i = 0; i < last; i++) {
        const struct entry *entry = &table->entries[i];
        const bool is_same = same(entry->logsource.category, logsource.category) &&
                             same(entry->logsource.service, logsource.service);
        for (uint32_t j = 0; j < entry->count; j++)
            if (from ? entry == from && same(entry->services[j], logsource.service) : is_same)
                all[made->count++] = entry->alternatives[j];
    }
    return STATUS_OK;
}

static enum status derive_all(const struct reading *reading)
{
    struct logsource_table *table = reading->table;
    const uint32_t read = table->count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < read; i++) {
        const struct entry *entry = &table->entries[i];
        for (uint32_t j = 0; j < entry->count && status == STATUS_OK; j++) {
            struct sigma_logsource narrower = entry->logsource;
            narrower.service = entry->services[j];
            if (narrower.service && narrower.category)
                status = derive(reading, narrower, entry, read);
        }
    }
    const uint32_t narrowed = table->count;
    for (uint32_t i = 0; i < narrowed && status == STATUS_OK; i++) {
        struct sigma_logsource wider = table->entries[i].logsource;
        wider.product = NULL;
        if (wider.category || wider.service)
            status = derive(reading, wider, NULL, narrowed);
    }
    return status;
}

static enum status take_document(const struct reading *reading, const struct tree_node *document)
{
    static const char *const keys[] = {"logsources"};
    enum status status = check_keys(reading, document, keys, COUNT_OF(keys));
    if (status != STATUS_OK)
        return status;
    const struct tree_node *list = tree_find(document, "logsources");
    if (!list || list->kind != TREE_LIST)
        return refuse(reading, document->line, "logsources must be a list");
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = take_entry(reading, list->items[i]);
    return status == STATUS_OK ? derive_all(reading) : status;
}

static enum status read_text(const struct reading *reading, struct bytes text)
{
    struct arena trees;
    arena_init(&trees, TABLE_ARENA_MAX);
    struct tree_reader *reader = tree_open(text, &trees);
    const struct tree_node *document = NULL;
    enum status status = reader ? tree_next(reader, &document, reading->fault) : STATUS_MEMORY;
    if (status == STATUS_END)
        status = refuse(reading, 1, "the log source table is empty");
    if (status == STATUS_OK)
        status = take_document(reading, document);
    tree_close(reader);
    arena_release(&trees);
    return status;
}

struct bytes logsource_builtin(void)
{
    return bytes_of(logsource_text, logsource_text_length);
}

enum status logsource_parse(struct bytes text, struct logsource_table **table, struct fault *fault)
{
    struct logsource_table *made = calloc(1, sizeof(*made));
    if (!made)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the log source table");
    arena_init(&made->arena, TABLE_ARENA_MAX);
    made->entries = calloc(ENTRIES_MAX, sizeof(*made->entries));
    const struct reading reading = {made, &made->arena, fault};
    const enum status status = made->entries ? read_text(&reading, text) : no_memory(&reading);
    if (status != STATUS_OK) {
        logsource_free(made);
        return status;
    }
    *table = made;
    return STATUS_OK;
}

void logsource_free(struct logsource_table *table)
{
    if (!table)
        return;
    arena_release(&table->arena);
    free(table->entries);
    free(table);
}

const struct logsource_alternative *logsource_find(const struct logsource_table *table,
                                                   const struct sigma_logsource *logsource,
                                                   uint32_t *count)
{
    const struct entry *entry = entry_find(table, logsource);
    *count = entry ? entry->count : 0;
    return entry ? entry->alternatives : NULL;
}
