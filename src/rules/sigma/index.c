#include "rules/sigma/index.h"

#include <stdlib.h>

static int compare_entries(const void *one, const void *other)
{
    const struct index_entry *a = one, *b = other;
    const int order = strcmp(a->key, b->key);
    return order ? order : (a->draft > b->draft) - (a->draft < b->draft);
}

static bool add(struct index *index, const char *key, uint32_t draft)
{
    char digits[HEADER_UUID_DIGITS + 1];
    if (!key)
        return true;
    if (header_uuid(key, digits))
        key = arena_keep_text(&index->rules->arena, bytes_of_text(digits));
    if (!key)
        return false;
    index->entries[index->count++] = (struct index_entry){key, draft};
    return true;
}

enum status reference_index_make(struct index *index, struct sigma_rules *rules)
{
    *index = (struct index){.rules = rules};
    index->entries = calloc((size_t)rules->draft_count * 2 + 1, sizeof(*index->entries));
    if (!index->entries)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < rules->draft_count; i++) {
        const struct draft_rule *draft = &rules->drafts[i];
        if (draft->filter)
            continue;
        if (!add(index, draft->rule.id, i) || !add(index, draft->rule.name, i)) {
            reference_index_release(index);
            return STATUS_MEMORY;
        }
    }
    qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
    return STATUS_OK;
}

void reference_index_release(struct index *index)
{
    free(index->entries);
    index->entries = NULL;
}

/* The first entry whose key is not less, or is greater. */
static uint32_t bound(const struct index *index, const char *key, bool is_upper)
{
    uint32_t low = 0, high = index->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = strcmp(index->entries[middle].key, key);
        if (order < 0 || (is_upper && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct index_range reference_index_range(const struct index *index, const char *reference)
{
    char digits[HEADER_UUID_DIGITS + 1];
    const char *key = header_uuid(reference, digits) ? digits : reference;
    return (struct index_range){bound(index, key, false), bound(index, key, true)};
}

bool reference_index_find(const struct index *index, const char *reference,
                          const struct draft_rule *from, uint32_t *draft)
{
    const struct index_range range = reference_index_range(index, reference);
    if (range.first == range.end)
        return false;
    *draft = index->entries[range.first].draft;
    for (uint32_t i = range.first; i < range.end; i++) {
        if (index->rules->drafts[index->entries[i].draft].rule.path == from->rule.path) {
            *draft = index->entries[i].draft;
            break;
        }
    }
    return true;
}
