/* The file: a list of maps. Whatever is not understood makes all of it invalid, because an entry
 * that says more than we know would keep back more than its owner meant. */
#include "suppress/suppression.h"

#include "base/utf.h"
#include "yaml/option_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ARENA_MAX   (64U << 20)
#define PATTERN_MAX 4096U /* bytes */
#define REASON_MAX  150

struct reading {
    struct suppressions *suppressions;
    struct arena *arena;
    const char *path;
    struct instant now;
    struct fault *fault;
};

static enum status invalid(const struct reading *reading, uint32_t line, const char *format, ...)
    PRINTF_LIKE(3, 4);

static enum status invalid(const struct reading *reading, uint32_t line, const char *format, ...)
{
    char reason[REASON_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    return fault_set(reading->fault, STATUS_INVALID, line, "%.70s:%u: %s", reading->path, line,
                     reason);
}

static enum status no_memory(const struct reading *reading)
{
    return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for suppressions");
}

/* --- Patterns --- */

static enum status glob_read(const struct reading *reading, const char *key,
                             const struct tree_node *node, struct glob *glob)
{
    if (!tree_is_scalar(node) || node->text.length == 0 || node->kind == TREE_NULL)
        return invalid(reading, node->line, "%s takes a text or a list of texts", key);
    if (node->text.length > PATTERN_MAX)
        return invalid(reading, node->line, "%s is longer than %u bytes", key, PATTERN_MAX);
    uint8_t *room = arena_take_aligned(reading->arena, node->text.length * 3 + 32, 1);
    if (!room)
        return no_memory(reading);
    glob->folded = bytes_of(room, utf8_fold(room, node->text));
    return STATUS_OK;
}

static enum status wish_read(const struct reading *reading, const char *key,
                             const struct tree_node *node, struct wish *wish)
{
    const bool is_list = node->kind == TREE_LIST;
    const uint32_t count = is_list ? node->count : 1;
    struct glob *globs = arena_take_array(reading->arena, count + 1, sizeof(*globs));
    if (!globs)
        return no_memory(reading);
    if (count == 0)
        return invalid(reading, node->line, "%s is an empty list", key);
    for (uint32_t i = 0; i < count; i++) {
        const enum status status =
            glob_read(reading, key, is_list ? node->items[i] : node, &globs[i]);
        if (status)
            return status;
    }
    *wish = (struct wish){globs, count};
    return STATUS_OK;
}

static enum status fields_read(const struct reading *reading, const struct tree_node *node,
                               struct suppression *entry)
{
    if (node->kind != TREE_MAP || node->count == 0)
        return invalid(reading, node->line, "field takes a map of names and values");
    struct field_wish *fields = arena_take_array(reading->arena, node->count, sizeof(*fields));
    if (!fields)
        return no_memory(reading);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct bytes name = arena_keep(reading->arena, node->pairs[i].key);
        fields[i].name = name;
        const enum status status =
            name.data ? wish_read(reading, "field", node->pairs[i].value, &fields[i].values)
                      : no_memory(reading);
        if (status)
            return status;
    }
    entry->fields = fields;
    entry->field_count = node->count;
    return STATUS_OK;
}

/* --- Who, why, how long --- */

static enum status text_read(const struct reading *reading, const char *key,
                             const struct tree_node *node, const char **text)
{
    if (!tree_is_scalar(node) || node->kind == TREE_NULL || node->text.length == 0)
        return invalid(reading, node->line, "%s takes a text", key);
    *text = arena_keep_text(reading->arena, node->text);
    return *text ? STATUS_OK : no_memory(reading);
}

/* A date is its last moment. */
static enum status expires_read(const struct reading *reading, const struct tree_node *node,
                                struct suppression *entry)
{
    static const char day_end[] = "T23:59:59.999999999Z";
    struct instant end;
    char whole[64];
    const enum status status = text_read(reading, "expires", node, &entry->expires);
    if (status)
        return status;
    const bool is_date = strlen(entry->expires) == strlen("2026-12-31");
    snprintf(whole, sizeof(whole), "%s%s", entry->expires, is_date ? day_end : "");
    if (instant_parse(bytes_of_text(whole), &end) != STATUS_OK)
        return invalid(reading, node->line,
                       "expires takes a date such as 2026-12-31 or a time (RFC 3339), not `%.40s`",
                       entry->expires);
    entry->has_expired = instant_compare(reading->now, end) > 0;
    return STATUS_OK;
}

/* --- Entries --- */

static enum status pair_read(const struct reading *reading, const struct tree_pair *pair,
                             struct suppression *entry)
{
    const struct {
        const char *key;
        struct wish *wish;
    } wishes[] = {{"rule", &entry->rule},
                  {"host", &entry->host},
                  {"account", &entry->account},
                  {"source", &entry->source}};
    const struct bytes key = pair->key;
    for (size_t i = 0; i < COUNT_OF(wishes); i++)
        if (bytes_equal(key, bytes_of_text(wishes[i].key)))
            return wish_read(reading, wishes[i].key, pair->value, wishes[i].wish);
    if (bytes_equal(key, bytes_of_text("field")))
        return fields_read(reading, pair->value, entry);
    if (bytes_equal(key, bytes_of_text("owner")))
        return text_read(reading, "owner", pair->value, &entry->owner);
    if (bytes_equal(key, bytes_of_text("reason")))
        return text_read(reading, "reason", pair->value, &entry->reason);
    if (bytes_equal(key, bytes_of_text("expires")))
        return expires_read(reading, pair->value, entry);
    return invalid(reading, pair->line, "unknown key `%.*s`",
                   (int)(key.length < 40 ? key.length : 40), (const char *)key.data);
}

static enum status entry_check(const struct reading *reading, const struct suppression *entry)
{
    if (!entry->owner || !entry->reason || !entry->expires)
        return invalid(reading, entry->line, "the entry has no %s",
                       !entry->owner    ? "owner"
                       : !entry->reason ? "reason"
                                        : "expires");
    if (!entry->rule.count && !entry->host.count && !entry->account.count && !entry->source.count &&
        !entry->field_count)
        return invalid(reading, entry->line,
                       "the entry would keep back everything: it names no rule, host, account, "
                       "source or field");
    return STATUS_OK;
}

static enum status entry_read(const struct reading *reading, const struct tree_node *node,
                              struct suppression *entry)
{
    entry->line = node->line;
    if (node->kind != TREE_MAP)
        return invalid(reading, node->line, "an entry is a map");
    for (uint32_t i = 0; i < node->count; i++) {
        const enum status status = pair_read(reading, &node->pairs[i], entry);
        if (status)
            return status;
    }
    return entry_check(reading, entry);
}

static enum status document_read(const struct reading *reading, const struct tree_node *document)
{
    struct suppressions *suppressions = reading->suppressions;
    if (!document || document->kind == TREE_NULL)
        return STATUS_OK;
    if (document->kind != TREE_LIST)
        return invalid(reading, document->line, "a file of suppressions is a list");
    if (document->count > SUPPRESSIONS_MAX)
        return invalid(reading, document->line, "more than %u entries", SUPPRESSIONS_MAX);
    suppressions->entries =
        arena_take_array(reading->arena, document->count + 1, sizeof(*suppressions->entries));
    if (!suppressions->entries)
        return no_memory(reading);
    for (uint32_t i = 0; i < document->count; i++) {
        const enum status status =
            entry_read(reading, document->items[i], &suppressions->entries[i]);
        if (status)
            return status;
    }
    suppressions->count = document->count;
    return STATUS_OK;
}

enum status suppressions_read(const char *path, struct instant now, struct suppressions **made,
                              struct fault *fault)
{
    struct suppressions *suppressions = calloc(1, sizeof(*suppressions));
    const struct tree_node *document = NULL;
    if (!suppressions)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for suppressions");
    arena_init(&suppressions->arena, ARENA_MAX);
    const struct reading reading = {.suppressions = suppressions,
                                    .arena = &suppressions->arena,
                                    .path = path,
                                    .now = now,
                                    .fault = fault};
    enum status status = option_file_read(&suppressions->arena, path, &document, fault);
    if (status == STATUS_OK)
        status = document_read(&reading, document);
    if (status) {
        suppressions_free(suppressions);
        return status == STATUS_IO ? (enum status)STATUS_INVALID : status;
    }
    *made = suppressions;
    return STATUS_OK;
}
