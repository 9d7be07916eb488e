#include "rules/sigma/header.h"

#include <stdlib.h>

#define TITLE_CHARACTERS_MAX 256

/* The value of a key that has one; NULL also for null. */
static const struct tree_node *find_value(const struct tree_node *map, const char *key)
{
    const struct tree_node *node = tree_find(map, key);
    return node && node->kind != TREE_NULL ? node : NULL;
}

/* Refuses for what the map's key says, or for its absence. */
static enum status refuse(const struct draft_context *context, const struct tree_node *map,
                          const char *key, const char *reason)
{
    const struct tree_node *node = find_value(map, key);
    return fault_set(context->fault, STATUS_INVALID, node ? node->line : map->line, "%s %s", key,
                     reason);
}

static enum status take_text(const struct draft_context *context, const struct tree_node *map,
                             const char *key, const char **text)
{
    const struct tree_node *node = find_value(map, key);
    if (!node)
        return STATUS_OK;
    if (!tree_is_scalar(node))
        return refuse(context, map, key, "must be a text");
    *text = arena_keep_text(context->arena, node->text);
    return *text ? STATUS_OK : draft_no_memory(context);
}

enum status header_texts(const struct draft_context *context, const struct tree_node *node,
                         const char *const **texts, uint32_t *count)
{
    const bool is_list = node->kind == TREE_LIST;
    const uint32_t taken_count = is_list ? node->count : 1;
    const char **taken = arena_take_array(context->arena, taken_count, sizeof(*taken));
    if (!taken)
        return draft_no_memory(context);
    for (uint32_t i = 0; i < taken_count; i++) {
        const struct tree_node *item = is_list ? node->items[i] : node;
        if (!tree_is_scalar(item))
            return fault_set(context->fault, STATUS_INVALID, item->line,
                             "a list or a map where a text is expected");
        taken[i] = arena_keep_text(context->arena, item->text);
        if (!taken[i])
            return draft_no_memory(context);
    }
    *texts = taken;
    *count = taken_count;
    return STATUS_OK;
}

static enum status take_list(const struct draft_context *context, const struct tree_node *map,
                             const char *key, const char *const **texts, uint32_t *count)
{
    const struct tree_node *node = find_value(map, key);
    if (!node)
        return STATUS_OK;
    if (node->kind != TREE_LIST)
        return refuse(context, map, key, "must be a list");
    return header_texts(context, node, texts, count);
}

/* The specification's schemas also allow a single text here. */
static enum status take_falsepositives(const struct draft_context *context,
                                       const struct tree_node *map, struct sigma_rule *rule)
{
    const struct tree_node *node = find_value(map, "falsepositives");
    if (!node)
        return STATUS_OK;
    return header_texts(context, node, &rule->falsepositives, &rule->falsepositive_count);
}

static size_t count_characters(struct bytes text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

static enum status take_title(const struct draft_context *context, const struct tree_node *map,
                              struct sigma_rule *rule)
{
    const struct tree_node *node = find_value(map, "title");
    if (!node)
        return refuse(context, map, "title", "is missing");
    if (tree_is_scalar(node) && count_characters(node->text) > TITLE_CHARACTERS_MAX)
        return refuse(context, map, "title", "is longer than 256 characters");
    return take_text(context, map, "title", &rule->title);
}

bool header_uuid(const char *text, char digits[HEADER_UUID_DIGITS + 1])
{
    unsigned count = 0;
    for (; *text; text++) {
        static const char upper[] = "ABCDEF", all[] = "0123456789abcdef";
        if (*text == '-' || *text == '{' || *text == '}')
            continue;
        const char *high = strchr(upper, *text);
        char digit = *text;
        if (high)
            digit = all[10 + (high - upper)];
        if (!strchr(all, digit) || count == HEADER_UUID_DIGITS)
            return false;
        digits[count++] = digit;
    }
    digits[count] = '\0';
    return count == HEADER_UUID_DIGITS;
}

static enum status take_identifiers(const struct draft_context *context,
                                    const struct tree_node *map, struct sigma_rule *rule)
{
    char digits[HEADER_UUID_DIGITS + 1];
    enum status status = take_text(context, map, "id", &rule->id);
    if (status == STATUS_OK && rule->id && !header_uuid(rule->id, digits))
        return refuse(context, map, "id", "must be a UUID");
    if (status == STATUS_OK)
        status = take_text(context, map, "name", &rule->name);
    if (status == STATUS_OK && rule->name && !*rule->name)
        return refuse(context, map, "name", "is empty");
    const struct tree_node *taxonomy = find_value(map, "taxonomy");
    if (status == STATUS_OK && taxonomy && (!tree_is_scalar(taxonomy) || !taxonomy->text.length))
        return refuse(context, map, "taxonomy", "must be a text");
    return status;
}

/* What is not said: nobody vouched for the rule, and it asks for no attention. */
static enum status take_words(const struct draft_context *context, const struct tree_node *map,
                              struct sigma_rule *rule)
{
    const struct tree_node *level = find_value(map, "level");
    const struct tree_node *status = find_value(map, "status");
    rule->level = SIGMA_INFORMATIONAL;
    rule->status = SIGMA_EXPERIMENTAL;
    if (level && !(tree_is_scalar(level) && sigma_level_parse(level->text, &rule->level)))
        return refuse(context, map, "level", "is none of Sigma's");
    if (status && !(tree_is_scalar(status) && sigma_status_parse(status->text, &rule->status)))
        return refuse(context, map, "status", "is none of Sigma's");
    return STATUS_OK;
}

static bool take_digits(const char **at, unsigned least, unsigned most, unsigned *number)
{
    unsigned count = 0;
    *number = 0;
    while (count < most && **at >= '0' && **at <= '9') {
        *number = *number * 10 + (unsigned)(**at - '0');
        (*at)++;
        count++;
    }
    return count >= least;
}

/* 2024-01-31, which a time may follow, or 2024/1/31. */
static bool is_date(const char *text)
{
    static const unsigned days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const char *at = text;
    unsigned year, month, day;
    if (!take_digits(&at, 4, 4, &year) || (*at != '-' && *at != '/'))
        return false;
    const char separator = *at++;
    const unsigned least = separator == '-' ? 2 : 1;
    if (!take_digits(&at, least, 2, &month) || *at++ != separator ||
        !take_digits(&at, least, 2, &day))
        return false;
    const bool has_time = separator == '-' && (*at == 'T' || *at == 't' || *at == ' ');
    const bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return (*at == '\0' || has_time) && year >= 1000 && year < 4000 && month >= 1 && month <= 12 &&
           day >= 1 && day <= days[month - 1] && !(month == 2 && day == 29 && !is_leap);
}

static enum status take_date(const struct draft_context *context, const struct tree_node *map,
                             const char *key, const char **date)
{
    const enum status status = take_text(context, map, key, date);
    if (status == STATUS_OK && *date && !is_date(*date))
        return refuse(context, map, key, "must be a date, YYYY-MM-DD");
    return status;
}

static enum status take_tags(const struct draft_context *context, const struct tree_node *map,
                             struct sigma_rule *rule)
{
    return take_list(context, map, "tags", &rule->tags, &rule->tag_count);
}

static bool is_relation(const struct tree_node *item)
{
    static const char *const types[] = {"correlation", "derived", "merged",
                                        "obsolete",    "renamed", "similar"};
    const struct tree_node *id = tree_find(item, "id");
    const struct tree_node *type = tree_find(item, "type");
    char digits[HEADER_UUID_DIGITS + 1];
    if (!id || !type || !tree_is_scalar(id) || !header_uuid((const char *)id->text.data, digits))
        return false;
    for (unsigned i = 0; i < COUNT_OF(types); i++)
        if (tree_is(type, types[i]))
            return true;
    return false;
}

static enum status check_related(const struct draft_context *context, const struct tree_node *map)
{
    const struct tree_node *related = find_value(map, "related");
    if (!related)
        return STATUS_OK;
    if (related->kind != TREE_LIST)
        return refuse(context, map, "related", "must be a list");
    for (uint32_t i = 0; i < related->count; i++)
        if (!is_relation(related->items[i]))
            return fault_set(context->fault, STATUS_INVALID, related->items[i]->line,
                             "related needs a UUID and a known type");
    return STATUS_OK;
}

static bool is_defined(struct bytes key)
{
    static const char *const keys[] = {
        "title",       "id",        "name",        "related",    "taxonomy",       "status",
        "description", "license",   "author",      "references", "date",           "modified",
        "logsource",   "detection", "condition",   "fields",     "falsepositives", "level",
        "tags",        "scope",     "correlation", "filter",     "action",         "generate"};
    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        if (bytes_equal(key, bytes_of_text(keys[i])))
            return true;
    return false;
}

static bool is_texts(const struct tree_node *node)
{
    if (node->kind != TREE_LIST)
        return node->kind != TREE_NULL && node->kind != TREE_MAP;
    for (uint32_t i = 0; i < node->count; i++)
        if (!tree_is_scalar(node->items[i]))
            return false;
    return true;
}

static enum status take_attributes(const struct draft_context *context, const struct tree_node *map,
                                   struct sigma_rule *rule)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < map->count; i++)
        count += !is_defined(map->pairs[i].key) && is_texts(map->pairs[i].value);
    if (count == 0)
        return STATUS_OK;
    struct sigma_attribute *attributes =
        arena_take_array(context->arena, count, sizeof(*attributes));
    if (!attributes)
        return draft_no_memory(context);
    rule->attributes = attributes;
    for (uint32_t i = 0; i < map->count; i++) {
        const struct tree_pair *pair = &map->pairs[i];
        if (is_defined(pair->key) || !is_texts(pair->value))
            continue;
        struct sigma_attribute *attribute = &attributes[rule->attribute_count++];
        attribute->key = arena_keep_text(context->arena, pair->key);
        if (!attribute->key)
            return draft_no_memory(context);
        const enum status status =
            header_texts(context, pair->value, &attribute->values, &attribute->count);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status take_lists(const struct draft_context *context, const struct tree_node *map,
                              struct sigma_rule *rule)
{
    const char *const *scope;
    uint32_t scope_count;
    enum status status =
        take_list(context, map, "references", &rule->references, &rule->reference_count);
    if (status == STATUS_OK)
        status = take_falsepositives(context, map, rule);
    if (status == STATUS_OK)
        status = take_list(context, map, "fields", &rule->fields, &rule->field_count);
    if (status == STATUS_OK)
        status = take_list(context, map, "scope", &scope, &scope_count);
    return status;
}

static enum status take_texts(const struct draft_context *context, const struct tree_node *map,
                              struct sigma_rule *rule)
{
    const char *license;
    enum status status = take_text(context, map, "author", &rule->author);
    if (status == STATUS_OK)
        status = take_text(context, map, "description", &rule->description);
    if (status == STATUS_OK)
        status = take_text(context, map, "license", &license);
    if (status == STATUS_OK)
        status = take_date(context, map, "date", &rule->date);
    if (status == STATUS_OK)
        status = take_date(context, map, "modified", &rule->modified);
    return status;
}

enum status header_parse(const struct draft_context *context, const struct tree_node *document,
                         struct sigma_rule *rule)
{
    static enum status (*const steps[])(const struct draft_context *, const struct tree_node *,
                                        struct sigma_rule *) = {
        take_title, take_identifiers, take_words,      take_texts,
        take_lists, take_tags,        take_attributes,
    };
    enum status status = check_related(context, document);
    for (unsigned i = 0; i < COUNT_OF(steps) && status == STATUS_OK; i++)
        status = steps[i](context, document, rule);
    return status;
}

enum status header_logsource(const struct draft_context *context, const struct tree_node *document,
                             struct sigma_logsource *logsource)
{
    const struct tree_node *node = find_value(document, "logsource");
    if (!node)
        return refuse(context, document, "logsource", "is missing");
    if (node->kind != TREE_MAP)
        return refuse(context, document, "logsource", "must be a map");
    const char *definition;
    enum status status = take_text(context, node, "category", &logsource->category);
    if (status == STATUS_OK)
        status = take_text(context, node, "product", &logsource->product);
    if (status == STATUS_OK)
        status = take_text(context, node, "service", &logsource->service);
    if (status == STATUS_OK)
        status = take_text(context, node, "definition", &definition);
    if (status == STATUS_OK && !logsource->category && !logsource->product && !logsource->service)
        return refuse(context, document, "logsource", "names no category, product or service");
    return status;
}
