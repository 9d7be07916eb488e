#include "readers/text/naming_fields.h"
#include "readers/text/naming_tree.h"

#include <stdlib.h>

#define TARGETS_MAX 64 /* fields of ours that one exporter's rows name */

/* ---- their names ---- */

static bool is_there(const struct naming *naming, const char *key)
{
    const struct outline *outline = &naming->plans->record->outline;
    const struct path *path = outline_find(outline, &outline->root, bytes_of_text(key));
    return path && path->mark == naming->plans->serial;
}

/* The envelopes: Elasticsearch's documents and Kibana's fields, Splunk's results. */
static void keys_of(const struct naming *naming, const struct path *path, struct keys *keys)
{
    keys->count = path->depth;
    keys->first = 0;
    keys->is_rooted = !naming->has_tree;
    for (const struct path *at = path; at->depth; at = at->parent)
        keys->key[at->depth - 1] = at->key;
    if (keys->count < 2)
        return;
    const struct bytes outer = keys->key[0];
    keys->first = bytes_equal(outer, bytes_of_text("_source")) ||
                  (naming->has_index && bytes_equal(outer, bytes_of_text("fields"))) ||
                  (naming->has_preview && bytes_equal(outer, bytes_of_text("result")));
}

static struct bytes dotted(struct arena *scratch, const struct keys *keys)
{
    size_t length = keys->count;
    for (unsigned i = keys->first; i < keys->count; i++)
        length += keys->key[i].length;
    uint8_t *text = arena_take_aligned(scratch, length, 1);
    if (!text)
        return (struct bytes){0};
    size_t at = 0;
    for (unsigned i = keys->first; i < keys->count; i++) {
        if (i > keys->first)
            text[at++] = '.';
        if (keys->key[i].length)
            memcpy(text + at, keys->key[i].data, keys->key[i].length);
        at += keys->key[i].length;
    }
    return bytes_of(text, at);
}

static int compare_key(const void *key, const void *entry)
{
    return bytes_compare(*(const struct bytes *)key, bytes_of_text(*(const char *const *)entry));
}

static uint64_t key_bit(struct bytes theirs)
{
    const char *const *key =
        bsearch(&theirs, naming_keys, naming_keys_count, sizeof(*naming_keys), compare_key);
    return key ? UINT64_C(1) << (key - naming_keys) : 0;
}

static void find_exporter(struct naming *naming, uint64_t keys)
{
    for (size_t i = 0; i < naming_signs_count; i++)
        if ((naming_signs[i].keys & keys) == naming_signs[i].keys) {
            naming->exporter = naming_signs[i].exporter;
            naming->has_tree = naming_signs[i].has_tree;
            naming->is_known = true;
            return;
        }
}

const struct naming_row *naming_rows_find(const struct naming *naming, struct bytes theirs)
{
    size_t low = 0, high = naming_rows_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = bytes_compare(bytes_of_text(naming_rows[middle].theirs), theirs);
        if (order < 0 || (order == 0 && naming_rows[middle].exporter < naming->exporter))
            low = middle + 1;
        else
            high = middle;
    }
    const struct naming_row *row = &naming_rows[low];
    return low < naming_rows_count && row->exporter == naming->exporter &&
                   bytes_equal(bytes_of_text(row->theirs), theirs)
               ? row
               : NULL;
}

const struct naming_row *naming_rows_next(const struct naming_row *row)
{
    const struct naming_row *next = row + 1;
    return next < naming_rows + naming_rows_count && next->exporter == row->exporter &&
                   strcmp(next->theirs, row->theirs) == 0
               ? next
               : NULL;
}

/* ---- our names ---- */

static bool is_text(struct bytes name, const char *text)
{
    return bytes_equal(name, bytes_of_text(text));
}

/* `Hash_2` beside `Hash`: whoever needs unique keys numbers what is repeated. The base is in the
 * same record when the mark says so. The numbers go up one by one, but for those of data without a
 * name, which may come in any order. */
static void remove_number(const struct naming *naming, struct named *field)
{
    const struct path *path = field->path;
    const struct bytes key = path->key;
    size_t at = key.length;
    uint32_t number = 0, scale = 1;
    while (at > 0 && key.length - at < 4 && key.data[at - 1] >= '0' && key.data[at - 1] <= '9') {
        number += scale * (uint32_t)(key.data[--at] - '0');
        scale *= 10;
    }
    if (at == key.length || at < 2 || key.data[at - 1] != '_' ||
        field->name.length <= key.length - at)
        return;
    const struct bytes base_key = bytes_of(key.data, at - 1);
    struct path *base = outline_find(&naming->plans->record->outline, path->parent, base_key);
    const bool is_data = is_text(base_key, "Data");
    if (!base || base->mark != naming->plans->serial || (!is_data && base->repeats + 1 != number))
        return;
    base->repeats = number;
    field->order = number;
    field->name.length -= key.length - at + 1;
}

static struct bytes join_name(struct arena *scratch, struct bytes element, struct bytes attribute)
{
    if (attribute.length == 0)
        return element;
    uint8_t *text = arena_take_aligned(scratch, element.length + 1 + attribute.length, 1);
    if (!text)
        return (struct bytes){0};
    memcpy(text, element.data, element.length);
    text[element.length] = '_';
    memcpy(text + element.length + 1, attribute.data, attribute.length);
    return bytes_of(text, element.length + 1 + attribute.length);
}

static bool name_by_tree(const struct naming *naming, const struct keys *keys, struct named *field)
{
    static const uint8_t hows[] = {
        [TREE_DROP] = NAMING_DROP, [TREE_FILLED] = NAMING_FILLED,     [TREE_NUMBER] = NAMING_HEX,
        [TREE_TIME] = NAMING_TIME, [TREE_XML_TIME] = NAMING_XML_TIME, [TREE_FIELD] = NAMING_COPY,
        [TREE_DATA] = NAMING_COPY,
    };
    struct bytes element, attribute;
    const enum tree_kind kind = naming_tree(keys, &element, &attribute);
    if (kind == TREE_NONE)
        return false;
    field->how = hows[kind];
    if (naming->has_tree && field->how == NAMING_COPY)
        field->how = NAMING_GUID;
    if (kind == TREE_DROP)
        return true;
    field->name = join_name(naming->scratch, element, attribute);
    const struct bytes key = field->path->key;
    if (kind == TREE_DATA && key.length && key.data[0] != '=')
        remove_number(naming, field);
    field->is_data = kind == TREE_DATA && is_text(field->name, "Data");
    return true;
}

/* `param3`, `Data[3]`: names that exporters make up for data without one. */
static bool read_order(struct named *field, const char *before, const char *behind)
{
    const struct bytes name = field->name;
    const size_t length = strlen(before), tail = strlen(behind);
    uint32_t order = 0;
    if (name.length <= length + tail || name.length > length + tail + 5 ||
        memcmp(name.data, before, length) != 0 ||
        memcmp(name.data + name.length - tail, behind, tail) != 0)
        return false;
    for (size_t i = length; i < name.length - tail; i++) {
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
        order = order * 10 + (uint32_t)(name.data[i] - '0');
    }
    field->order = order;
    return true;
}

static bool name_by_prefix(const struct naming *naming, struct named *field)
{
    for (size_t i = 0; i < naming_prefixes_count; i++) {
        const struct naming_row *row = &naming_prefixes[i];
        const size_t length = strlen(row->theirs);
        if (row->exporter != naming->exporter || field->theirs.length <= length ||
            memcmp(field->theirs.data, row->theirs, length) != 0)
            continue;
        field->name = bytes_of(field->theirs.data + length, field->theirs.length - length);
        field->how = NAMING_ITEM;
        field->is_prefixed = true;
        field->is_parameter = read_order(field, "param", "");
        field->is_data = is_text(field->name, "Data") || read_order(field, "Data[", "]");
        return true;
    }
    return false;
}

static void name_field(struct naming *naming, uint32_t number, const struct keys *keys)
{
    struct named *field = &naming->fields[number];
    const struct naming_row *rows =
        naming->is_known ? naming_rows_find(naming, field->theirs) : NULL;
    for (; rows; rows = naming_rows_next(rows))
        if (!rows->where && rows->how != NAMING_JOIN &&
            (!field->row || rows->rank < field->row->rank))
            field->row = rows;
    if (field->row && field->row->how == NAMING_DROP) {
        field->how = NAMING_DROP;
        return;
    }
    if (name_by_tree(naming, keys, field) || (naming->is_known && name_by_prefix(naming, field)))
        return;
    field->name = field->theirs;
    if (naming->is_known)
        remove_number(naming, field);
    field->is_data = naming->is_known && is_text(field->name, "Data");
}

/* Of the fields whose rows name the same field of ours, the one with the lowest rank has it. */
static void settle_rows(struct naming *naming)
{
    const uint32_t count = naming->plan->count;
    const struct naming_row *best[TARGETS_MAX];
    size_t best_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct naming_row *row = naming->fields[i].row;
        if (!row || !row->ours)
            continue;
        size_t at = 0;
        while (at < best_count && strcmp(best[at]->ours, row->ours) != 0)
            at++;
        if (at == best_count && best_count < COUNT_OF(best))
            best[best_count++] = row;
        else if (at < best_count && row->rank < best[at]->rank)
            best[at] = row;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct named *field = &naming->fields[i];
        size_t at = 0;
        while (at < best_count && best[at] != field->row)
            at++;
        if (at == best_count)
            field->row = NULL;
    }
}

/* ---- all of it ---- */

static void mark_paths(struct naming *naming)
{
    struct plans *plans = naming->plans;
    plans->serial++;
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        naming->plan->paths[i]->mark = plans->serial;
        naming->plan->paths[i]->repeats = 0;
    }
    naming->has_index = is_there(naming, "_index");
    naming->has_preview = is_there(naming, "preview");
}

bool naming_names(struct naming *naming)
{
    const struct plan *plan = naming->plan;
    uint64_t bits = 0;
    struct keys keys;
    mark_paths(naming);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct named *field = &naming->fields[i];
        field->path = plan->paths[i];
        keys_of(naming, field->path, &keys);
        field->theirs = dotted(naming->scratch, &keys);
        if (!field->theirs.data)
            return false;
        bits |= key_bit(field->theirs);
    }
    find_exporter(naming, bits);
    for (uint32_t i = 0; i < plan->count; i++) {
        keys_of(naming, plan->paths[i], &keys);
        name_field(naming, i, &keys);
    }
    settle_rows(naming);
    return true;
}
