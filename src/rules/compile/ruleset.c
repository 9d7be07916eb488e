#include "rules/compile/compiled.h"

#include "base/utf.h"

#include <assert.h>
#include <stdlib.h>

/* What a rule set takes beside its image: the infos, pointers into the image. */
#define RULESET_MEMORY_MAX (256U << 20)

/* Text of the image as a C string; NULL when there is none. */
static const char *text_of(const struct image *image, struct image_text text)
{
    return text.at == IMAGE_NONE ? NULL : (const char *)image->text + text.at;
}

static const char *const *texts_of(struct ruleset *ruleset, struct image_list list)
{
    const char **texts = arena_take_array(&ruleset->arena, list.count, sizeof(*texts));
    for (uint32_t i = 0; texts && i < list.count; i++)
        texts[i] = text_of(&ruleset->image, ruleset->image.texts[list.first + i]);
    return texts;
}

/* The tree of a correlation's expression, which image_open has proved to be whole. */
static const struct sigma_node *expression_of(struct ruleset *ruleset, const struct image_node **at)
{
    struct sigma_node *node = arena_take_array(&ruleset->arena, 1, sizeof(*node));
    if (!node)
        return NULL;
    const struct image_node *from = (*at)++;
    node->kind = (enum sigma_node_kind)from->kind;
    if (from->kind == SIGMA_LEAF) {
        struct sigma_test *test = arena_take_array(&ruleset->arena, 1, sizeof(*test));
        if (!test)
            return NULL;
        test->kind = SIGMA_TRUE;
        test->wanted = true;
        test->number = from->value;
        node->test = test;
        return node;
    }
    const struct sigma_node **children =
        arena_take_array(&ruleset->arena, from->value, sizeof(*children));
    if (!children)
        return NULL;
    for (uint32_t i = 0; i < from->value; i++)
        if (!(children[i] = expression_of(ruleset, at)))
            return NULL;
    node->count = from->value;
    node->children = children;
    return node;
}

static const struct sigma_alias *aliases_of(struct ruleset *ruleset,
                                            const struct image_correlation *from)
{
    const uint32_t count = from->alias_names.count;
    struct sigma_alias *aliases = arena_take_array(&ruleset->arena, count, sizeof(*aliases));
    const char *const *names = texts_of(ruleset, from->alias_names);
    const char *const *fields = texts_of(ruleset, from->alias_fields);
    if (!aliases || !names || !fields)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        aliases[i] = (struct sigma_alias){names[i], fields + (size_t)i * from->rules.count};
    return aliases;
}

static const struct sigma_bound *bounds_of(struct ruleset *ruleset, struct image_list list)
{
    struct sigma_bound *bounds = arena_take_array(&ruleset->arena, list.count, sizeof(*bounds));
    for (uint32_t i = 0; bounds && i < list.count; i++) {
        const struct image_bound *bound = &ruleset->image.bounds[list.first + i];
        bounds[i] = (struct sigma_bound){(enum sigma_compare)bound->compare, bound->number};
    }
    return bounds;
}

static const struct sigma_correlation *correlation_of(struct ruleset *ruleset, uint32_t index)
{
    const struct image *image = &ruleset->image;
    const struct image_correlation *from = &image->correlations[index];
    struct sigma_correlation *to = arena_take_array(&ruleset->arena, 1, sizeof(*to));
    if (!to)
        return NULL;
    *to = (struct sigma_correlation){
        .type = (enum sigma_correlation_type)from->type,
        .rules = image->words + from->rules.first,
        .rule_count = from->rules.count,
        .rule_names = texts_of(ruleset, from->rule_names),
        .group_by = texts_of(ruleset, from->group_by),
        .group_count = from->group_by.count,
        .timespan_ns = from->timespan_ns,
        .aliases = aliases_of(ruleset, from),
        .alias_count = from->alias_names.count,
        .bounds = bounds_of(ruleset, from->bounds),
        .bound_count = from->bounds.count,
        .condition_fields = texts_of(ruleset, from->condition_fields),
        .condition_field_count = from->condition_fields.count,
        .percentile = from->percentile,
        .generate = from->generate != 0,
    };
    if (!to->rule_names || !to->group_by || !to->aliases || !to->bounds || !to->condition_fields)
        return NULL;
    if (from->nodes.count) {
        const struct image_node *at = &image->nodes[from->nodes.first];
        if (!(to->expression = expression_of(ruleset, &at)))
            return NULL;
    }
    return to;
}

static bool info_of(struct ruleset *ruleset, uint32_t rule, struct rule_info *to)
{
    const struct image *image = &ruleset->image;
    const struct image_info *from = &image->infos[rule];
    *to = (struct rule_info){
        .id = text_of(image, from->id),
        .title = text_of(image, from->title),
        .author = text_of(image, from->author),
        .path = text_of(image, from->path),
        .line = from->line,
        .number = rule,
        .level = (enum sigma_level)from->level,
        .status = (enum sigma_status)from->status,
        .tags = texts_of(ruleset, from->tags),
        .tag_count = from->tags.count,
        .tools = texts_of(ruleset, from->tools),
        .tool_count = from->tools.count,
        .strength = text_of(image, from->strength),
        .layer = text_of(image, from->layer),
        .logsource = {text_of(image, from->category), text_of(image, from->product),
                      text_of(image, from->service)},
        .description = text_of(image, from->description),
        .is_silent = from->is_silent != 0,
        .is_correlation = from->correlation != IMAGE_NONE,
    };
    if (to->is_correlation)
        to->correlation = correlation_of(ruleset, from->correlation);
    return to->tags && to->tools && (!to->is_correlation || to->correlation);
}

static bool infos_make(struct ruleset *ruleset)
{
    const struct image *image = &ruleset->image;
    ruleset->infos = arena_take_array(&ruleset->arena, image->rules_count, sizeof(*ruleset->infos));
    ruleset->refusals =
        arena_take_array(&ruleset->arena, image->refusals_count, sizeof(*ruleset->refusals));
    if (!ruleset->infos || !ruleset->refusals)
        return false;
    for (uint32_t i = 0; i < image->rules_count; i++)
        if (!info_of(ruleset, i, &ruleset->infos[i]))
            return false;
    for (uint32_t i = 0; i < image->refusals_count; i++) {
        const struct image_refusal *from = &image->refusals[i];
        ruleset->refusals[i] = (struct sigma_refusal){text_of(image, from->path), from->line,
                                                      text_of(image, from->reason)};
    }
    return true;
}

/* Gives the image's fields their ids in the process's table. */
static bool fields_make(struct ruleset *ruleset, struct names *fields)
{
    const struct image *image = &ruleset->image;
    name_id *ids = arena_take_array(&ruleset->arena, image->fields_count, sizeof(*ids));
    name_id highest = 0;
    if (!ids)
        return false;
    for (uint32_t i = 0; i < image->fields_count; i++) {
        ids[i] = names_intern(fields, image_bytes(image, image->fields[i]));
        if (!ids[i])
            return false;
        if (ids[i] > highest)
            highest = ids[i];
    }
    const size_t count = (size_t)highest + 1;
    uint32_t *by_id = arena_take(&ruleset->arena, count * sizeof(*by_id));
    if (!by_id)
        return false;
    memset(by_id, 0xFF, count * sizeof(*by_id));
    for (uint32_t i = 0; i < image->fields_count; i++)
        by_id[ids[i]] = i;
    ruleset->field_ids = ids;
    ruleset->fields_by_id = by_id;
    ruleset->fields_by_id_count = count;
    ruleset->names = fields;
    return true;
}

static bool shared_make(struct ruleset *ruleset)
{
    struct ruleset_shared *shared = calloc(1, sizeof(*shared));
    if (!shared)
        return false;
    if (pthread_mutex_init(&shared->lock, NULL) != 0) {
        free(shared);
        return false;
    }
    ruleset->shared = shared;
    return true;
}

static void shared_free(struct ruleset_shared *shared)
{
    if (!shared)
        return;
    if (shared->data)
        shared->free(shared->data);
    pthread_mutex_destroy(&shared->lock);
    free(shared);
}

enum status ruleset_open(uint8_t *bytes, size_t length, uint64_t key, struct names *fields,
                         struct ruleset **ruleset, struct fault *fault)
{
    struct ruleset *opened = calloc(1, sizeof(*opened));
    if (!opened) {
        free(bytes);
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a rule set");
    }
    opened->bytes = bytes;
    opened->length = length;
    arena_init(&opened->arena, RULESET_MEMORY_MAX);
    enum status status = image_open(bytes_of(bytes, length), key, &opened->image, fault);
    if (status == STATUS_OK &&
        (!infos_make(opened) || !fields_make(opened, fields) || !shared_make(opened)))
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory for a rule set");
    if (status == STATUS_OK)
        *ruleset = opened;
    else
        ruleset_free(opened);
    return status;
}

void ruleset_free(struct ruleset *ruleset)
{
    if (!ruleset)
        return;
    shared_free(ruleset->shared);
    arena_release(&ruleset->arena);
    free(ruleset->bytes);
    free(ruleset);
}

enum status ruleset_write(const struct ruleset *ruleset, uint64_t key, struct buffer *image,
                          struct fault *fault)
{
    uint8_t *room = buffer_room(image, ruleset->length);
    if (!room)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the compiled rule set");
    memcpy(room, ruleset->bytes, ruleset->length);
    image_seal(room, ruleset->length, key);
    image->length += ruleset->length;
    return STATUS_OK;
}

enum status ruleset_read(uint8_t *image, size_t length, uint64_t key, struct names *fields,
                         struct ruleset **ruleset, struct fault *fault)
{
    if (length <= IMAGE_BYTES_MAX)
        return ruleset_open(image, length, key, fields, ruleset, fault);
    free(image);
    return fault_set(fault, STATUS_DAMAGED, 0, "not a compiled rule set: too long");
}

uint32_t ruleset_count(const struct ruleset *ruleset)
{
    return ruleset->image.rules_count;
}

const struct rule_info *ruleset_info(const struct ruleset *ruleset, uint32_t rule)
{
    assert(rule < ruleset->image.rules_count);
    return &ruleset->infos[rule];
}

uint32_t ruleset_refusal_count(const struct ruleset *ruleset)
{
    return ruleset->image.refusals_count;
}

const struct sigma_refusal *ruleset_refusal(const struct ruleset *ruleset, uint32_t index)
{
    assert(index < ruleset->image.refusals_count);
    return &ruleset->refusals[index];
}

const struct image_translation *source_translation(const struct image *image,
                                                   const struct image_source *source,
                                                   uint32_t rule_field)
{
    const struct image_translation *pairs = &image->translations[source->translations.first];
    uint32_t low = 0, high = source->translations.count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (pairs[middle].rule_field < rule_field)
            low = middle + 1;
        else
            high = middle;
    }
    return low < source->translations.count && pairs[low].rule_field == rule_field ? &pairs[low]
                                                                                   : NULL;
}

#define VALUE_MAX 128U /* longer values of rules are not translated */

struct image_list value_translation(const struct image *image, struct image_list values,
                                    const struct image_test *test)
{
    uint8_t folded[VALUE_MAX * 3 + 32];
    struct bytes value = image_bytes(image, test->text);
    struct image_list found = {values.first, 0};
    if (test->kind != SIGMA_TEXT || test->form != TEXT_EQUAL || value.length > VALUE_MAX)
        return found;
    if (test->flags & TEST_CASED)
        value = bytes_of(folded, utf8_fold(folded, value));
    for (uint32_t i = 0; i < values.count; i++) {
        const struct image_value *candidate = &image->values[values.first + i];
        if (!bytes_equal(image_bytes(image, candidate->rule_value), value))
            continue;
        if (found.count++ == 0)
            found.first = values.first + i;
    }
    return found;
}
