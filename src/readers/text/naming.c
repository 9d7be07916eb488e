#include "readers/text/naming.h"

#include "readers/text/naming_tree.h"

#include <stdlib.h>

#define REPEATS_DONE UINT32_MAX /* the rows of this path were looked at */
#define TARGETS_MAX  64         /* fields of ours that one exporter's rows name */

/* A field while its plan is made. */
struct named {
    struct path *path;
    struct bytes theirs;          /* dotted, without the envelope */
    struct bytes name;            /* empty: dropped */
    const struct naming_row *row; /* the row that would name it; NULL: none */
    uint8_t how;
    bool is_data;      /* unnamed data */
    bool is_parameter; /* unnamed data that the exporter numbered */
    bool is_prefixed;  /* of the exporter's own place for event data */
};

struct naming {
    struct plans *plans;
    const struct plan *plan;
    struct arena *scratch;
    struct named *fields;
    uint8_t exporter;
    bool is_known; /* the exporter */
    bool has_tree;
    bool has_index;     /* an Elasticsearch hit */
    bool has_preview;   /* a Splunk result */
    struct step *steps; /* what came out */
    name_id *names;
    uint32_t count;
    uint32_t maximum;
};

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

/* The rows of a name are neighbours: the first of them, or NULL. */
static const struct naming_row *rows_find(const struct naming *naming, struct bytes theirs)
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

static const struct naming_row *rows_next(const struct naming_row *row)
{
    const struct naming_row *next = row + 1;
    return next < naming_rows + naming_rows_count && next->exporter == row->exporter &&
                   strcmp(next->theirs, row->theirs) == 0
               ? next
               : NULL;
}

/* ---- our names ---- */

/* `Data_2` beside `Data`: whoever needs unique keys numbers what is repeated. The base is in the
 * same record when the mark says so, and the numbers have to go up one by one. */
static struct bytes without_number(const struct naming *naming, const struct path *path,
                                   struct bytes name)
{
    const struct bytes key = path->key;
    size_t at = key.length;
    uint32_t number = 0, scale = 1;
    while (at > 0 && key.length - at < 4 && key.data[at - 1] >= '0' && key.data[at - 1] <= '9') {
        number += scale * (uint32_t)(key.data[--at] - '0');
        scale *= 10;
    }
    if (at == key.length || at < 2 || key.data[at - 1] != '_' || name.length <= key.length - at)
        return name;
    struct path *base =
        outline_find(&naming->plans->record->outline, path->parent, bytes_of(key.data, at - 1));
    if (!base || base->mark != naming->plans->serial || base->repeats + 1 != number)
        return name;
    base->repeats = number;
    return bytes_of(name.data, name.length - (key.length - at) - 1);
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

static bool name_by_tree(struct naming *naming, const struct path *path, const struct keys *keys,
                         struct named *field)
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
    if (kind == TREE_DROP)
        return true;
    field->name = join_name(naming->scratch, element, attribute);
    if (kind == TREE_DATA)
        field->name = without_number(naming, path, field->name);
    field->is_data = kind == TREE_DATA && bytes_equal(field->name, bytes_of_text("Data"));
    return true;
}

static bool is_numbered(struct bytes name, const char *before, const char *behind)
{
    const size_t length = strlen(before), tail = strlen(behind);
    if (name.length <= length + tail || memcmp(name.data, before, length) != 0 ||
        memcmp(name.data + name.length - tail, behind, tail) != 0)
        return false;
    for (size_t i = length; i < name.length - tail; i++)
        if (name.data[i] < '0' || name.data[i] > '9')
            return false;
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
        field->is_parameter = is_numbered(field->name, "param", "");
        field->is_data = bytes_equal(field->name, bytes_of_text("Data")) ||
                         is_numbered(field->name, "Data[", "]");
        return true;
    }
    return false;
}

static void name_field(struct naming *naming, uint32_t number, const struct keys *keys)
{
    struct named *field = &naming->fields[number];
    const struct path *path = field->path;
    const struct naming_row *rows = naming->is_known ? rows_find(naming, field->theirs) : NULL;
    for (; rows; rows = rows_next(rows))
        if (!rows->where && rows->how != NAMING_JOIN &&
            (!field->row || rows->rank < field->row->rank))
            field->row = rows;
    if (field->row && field->row->how == NAMING_DROP) {
        field->how = NAMING_DROP;
        return;
    }
    if (name_by_tree(naming, path, keys, field) ||
        (naming->is_known && name_by_prefix(naming, field)))
        return;
    field->name = naming->is_known ? without_number(naming, path, field->theirs) : field->theirs;
    field->is_data = naming->is_known && bytes_equal(field->name, bytes_of_text("Data"));
}

/* Of the fields whose rows name the same field of ours, the one with the lowest rank has it. */
static void settle_rows(struct naming *naming)
{
    const uint32_t count = naming->plan->count;
    const struct naming_row *best[64];
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

/* ---- steps ---- */

static void add(struct naming *naming, struct bytes name, struct step step)
{
    const name_id id =
        naming->count < naming->maximum ? names_intern(naming->plans->shared->fields, name) : 0;
    if (!id)
        return;
    naming->names[naming->count] = id;
    naming->steps[naming->count++] = step;
}

static struct part *parts_new(struct naming *naming, uint32_t count)
{
    return arena_take_array(&naming->plans->arena, count, sizeof(struct part));
}

/* The list of all values that `is_part` says, as one field. */
static bool add_data(struct naming *naming, bool of_parameters)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < naming->plan->count; i++)
        count += of_parameters ? naming->fields[i].is_parameter : naming->fields[i].is_data;
    struct part *parts = count ? parts_new(naming, count) : NULL;
    if (!count || !parts)
        return !count;
    struct step step = {.how = count == 1 ? NAMING_COPY : NAMING_DATA, .parts = parts};
    for (uint32_t i = 0; i < naming->plan->count; i++)
        if (of_parameters ? naming->fields[i].is_parameter : naming->fields[i].is_data)
            parts[step.parts_count++] = (struct part){.source = (uint16_t)i};
    step.source = parts[0].source;
    add(naming, bytes_of_text("Data"), step);
    return true;
}

static bool add_fields(struct naming *naming)
{
    bool has_data = false;
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        const struct named *field = &naming->fields[i];
        const struct naming_row *row = field->row;
        struct step step = {.how = field->how, .source = (uint16_t)i};
        if (field->how == NAMING_DROP)
            continue;
        if (row) {
            step.how = row->how;
            step.list = row->list;
            add(naming, bytes_of_text(row->ours), step);
            if (row->how != NAMING_WORDS)
                continue;
            step.how = NAMING_NOT_WORDS;
        }
        if (!field->is_data) {
            add(naming, field->name, step);
        } else if (!has_data) {
            has_data = true;
            if (!add_data(naming, false))
                return false;
        }
    }
    return true;
}

static struct step *step_find(const struct naming *naming, const char *name)
{
    const name_id id = names_find(naming->plans->shared->fields, bytes_of_text(name));
    for (uint32_t i = 0; i < naming->count; i++)
        if (naming->names[i] == id)
            return &naming->steps[i];
    return NULL;
}

/* A row that holds in some places only is another chance for a field that is not there, or another
 * notation of one that is. */
static bool add_conditional(struct naming *naming, struct step step, const char *name)
{
    struct step *there = step_find(naming, name);
    if (!there) {
        add(naming, bytes_of_text(name), step);
        return true;
    }
    if (!there->where && there->source != step.source)
        return true;
    struct step *next = arena_take_array(&naming->plans->arena, 1, sizeof(*next));
    if (!next)
        return false;
    *next = *there;
    step.next = next;
    *there = step;
    return true;
}

static bool join_parts(const struct naming *naming, const struct naming_row *first,
                       struct step *step)
{
    struct part *parts = arena_take_array(&naming->plans->arena, PARTS_MAX, sizeof(*parts));
    if (!parts)
        return false;
    step->parts = parts;
    for (uint32_t i = 0; i < naming->plan->count; i++)
        for (const struct naming_row *row = rows_find(naming, naming->fields[i].theirs); row;
             row = rows_next(row))
            if (row->how == NAMING_JOIN && row->where == first->where &&
                strcmp(row->ours, first->ours) == 0 && step->parts_count < PARTS_MAX)
                parts[step->parts_count++] = (struct part){(uint16_t)i, row->text};
    return true;
}

static bool add_conditionals_of(struct naming *naming, uint32_t number)
{
    const struct naming_row *row = rows_find(naming, naming->fields[number].theirs);
    for (; row; row = rows_next(row)) {
        struct step step = {.how = row->how, .list = row->list, .where = row->where};
        step.source = (uint16_t)number;
        if (!row->where)
            continue;
        if (row->how == NAMING_JOIN &&
            (step_find(naming, row->ours) || !join_parts(naming, row, &step)))
            continue;
        if (!add_conditional(naming, step, row->ours))
            return false;
    }
    return true;
}

static bool add_conditionals(struct naming *naming)
{
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        /* A key that a record repeats is looked at once. */
        struct path *path = naming->fields[i].path;
        if (path->repeats == REPEATS_DONE)
            continue;
        path->repeats = REPEATS_DONE;
        if (!add_conditionals_of(naming, i))
            return false;
    }
    return true;
}

/* ---- all of it ---- */

static bool read_names(struct naming *naming)
{
    const struct plan *plan = naming->plan;
    uint64_t bits = 0;
    struct keys keys;
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
    return true;
}

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

static bool is_plain(const struct naming *naming)
{
    if (naming->count != naming->plan->count)
        return false;
    for (uint32_t i = 0; i < naming->count; i++)
        if (naming->steps[i].how != NAMING_COPY || naming->steps[i].source != i ||
            naming->steps[i].where)
            return false;
    return true;
}

static bool all_data_is_parameters(const struct naming *naming)
{
    uint32_t parameters = 0, others = 0;
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        parameters += naming->fields[i].is_parameter;
        others += naming->fields[i].is_prefixed && !naming->fields[i].is_parameter;
    }
    return parameters && !others;
}

static bool make_steps(struct naming *naming)
{
    mark_paths(naming);
    if (!read_names(naming))
        return false;
    settle_rows(naming);
    if (!add_fields(naming) || (all_data_is_parameters(naming) && !add_data(naming, true)))
        return false;
    return !naming->is_known || add_conditionals(naming);
}

bool naming_make(struct plans *plans, struct plan *plan)
{
    struct arena *scratch = &plans->scratch;
    arena_reset(scratch);
    const uint32_t maximum = plan->count + (SHAPE_FIELDS_MAX - RECORD_FIELDS_MAX);
    struct naming naming = {
        .plans = plans,
        .plan = plan,
        .scratch = scratch,
        .fields = arena_take_array(scratch, plan->count + 1, sizeof(struct named)),
        .steps = arena_take_array(scratch, maximum, sizeof(struct step)),
        .names = arena_take_array(&plans->arena, maximum, sizeof(name_id)),
        .maximum = maximum,
    };
    if (!naming.fields || !naming.steps || !naming.names || !make_steps(&naming))
        return false;
    if (!is_plain(&naming)) {
        struct step *steps = arena_take_array(&plans->arena, naming.count + 1, sizeof(*steps));
        if (!steps)
            return false;
        memcpy(steps, naming.steps, naming.count * sizeof(*steps));
        plan->steps = steps;
        for (uint32_t i = 0; i < naming.count; i++)
            plan->has_conditions |= steps[i].where != 0;
    }
    plan->step_count = naming.count;
    plan->shape = shapes_intern(plans->shared->shapes, naming.names, naming.count);
    if (!plan->shape) {
        shape_init(&plan->own, naming.names, naming.count);
        plan->shape = &plan->own;
    }
    return true;
}
