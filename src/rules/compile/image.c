#include "rules/compile/image.h"

#include "base/hash.h"
#include "rules/compile/seek.h"
#include "rules/sigma/sigma.h"

#include <assert.h>

const uint8_t image_magic[8] = "IMPRULES";

const size_t image_sizes[IMAGE_SECTION_COUNT] = {
#define X(name, type) [IMAGE_##name] = sizeof(type),
    IMAGE_SECTIONS(X)
#undef X
};

_Static_assert(offsetof(struct image_header, counts) == 40, "the header has no holes");
_Static_assert(sizeof(struct image_test) == 48, "records have no holes");
_Static_assert(sizeof(struct image_header) % 8 == 0, "sections are aligned");

/* What is hashed: everything behind the hash. */
static uint64_t image_hash(const uint8_t *bytes, size_t length, uint64_t key)
{
    const size_t skip = offsetof(struct image_header, counts);
    return hash_bytes(bytes_of(bytes + skip, length - skip), key);
}

void image_seal(uint8_t *bytes, size_t length, uint64_t key)
{
    assert(length >= sizeof(struct image_header));
    const uint64_t hash = image_hash(bytes, length, key);
    memcpy(bytes + offsetof(struct image_header, key), &key, sizeof(key));
    memcpy(bytes + offsetof(struct image_header, hash), &hash, sizeof(hash));
}

static bool header_is_right(struct bytes bytes, uint64_t key, struct image_header *header)
{
    if (bytes.length < sizeof(*header) || bytes.length > IMAGE_BYTES_MAX)
        return false;
    memcpy(header, bytes.data, sizeof(*header));
    return memcmp(header->magic, image_magic, sizeof(image_magic)) == 0 &&
           header->version == IMAGE_VERSION && header->section_count == IMAGE_SECTION_COUNT &&
           header->key == key && header->length == bytes.length &&
           header->hash == image_hash(bytes.data, bytes.length, key);
}

/* Where each section begins; false when they do not fill the image exactly. */
static bool sections_fit(const struct image_header *header, size_t starts[IMAGE_SECTION_COUNT])
{
    size_t at = sizeof(*header);
    for (size_t i = 0; i < IMAGE_SECTION_COUNT; i++) {
        const size_t size = header->counts[i] * image_sizes[i];
        if (size > header->length - at)
            return false;
        starts[i] = at;
        at += (size + 7) & ~(size_t)7;
        if (at > header->length)
            return false;
    }
    return at == header->length;
}

static bool is_text(const struct image *image, struct image_text text)
{
    return text.at < image->text_count && text.length < image->text_count - text.at &&
           image->text[text.at + text.length] == 0;
}

static bool is_text_or_none(const struct image *image, struct image_text text)
{
    return text.at == IMAGE_NONE || is_text(image, text);
}

static bool is_list(struct image_list list, uint32_t limit)
{
    return list.first <= limit && list.count <= limit - list.first;
}

/* A list of words that are all below `limit`. */
static bool is_word_list(const struct image *image, struct image_list list, uint32_t limit)
{
    if (!is_list(list, image->words_count))
        return false;
    uint32_t highest = 0;
    for (uint32_t i = 0; i < list.count; i++)
        if (image->words[list.first + i] > highest)
            highest = image->words[list.first + i];
    return list.count == 0 || highest < limit;
}

static bool is_text_list(const struct image *image, struct image_list list)
{
    if (!is_list(list, image->texts_count))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        if (image->texts[list.first + i].at == IMAGE_NONE)
            return false;
    return true;
}

static bool test_form_is_right(const struct image_test *test)
{
    switch ((enum sigma_test_kind)test->kind) {
    case SIGMA_TEXT:
        return test->form < TEXT_FORM_COUNT;
    case SIGMA_CIDR:
        return test->text.length == 16 && test->split <= 128 &&
               (test->form == 4 || test->form == 6);
    case SIGMA_COMPARE:
        return test->form <= SIGMA_GTE;
    case SIGMA_FIELDREF:
        return test->form <= SIGMA_CONTAINS;
    case SIGMA_TIMEPART:
        return test->form <= SIGMA_YEAR && test->split <= SIGMA_GTE;
    case SIGMA_REGEX:
        return test->split <= test->pieces.count;
    case SIGMA_EXISTS:
    case SIGMA_NULL:
    case SIGMA_TRUE:
        return true;
    }
    return false;
}

/* The members of a set stand before it and are no sets. */
static bool set_is_right(const struct image *image, uint32_t number)
{
    const struct image_list members = image->tests[number].pieces;
    if (!is_word_list(image, members, number))
        return false;
    for (uint32_t i = 0; i < members.count; i++) {
        const uint8_t kind = image->tests[image->words[members.first + i]].kind;
        if (kind != SIGMA_TEXT && kind != SIGMA_REGEX)
            return false;
    }
    return true;
}

static bool test_is_right(const struct image *image, uint32_t number)
{
    const struct image_test *test = &image->tests[number];
    if (!is_text(image, test->text) || !is_list(test->seeks, image->seeks_count))
        return false;
    if (test->kind == TEST_SET)
        return set_is_right(image, number);
    return test_form_is_right(test) && is_list(test->pieces, image->pieces_count) &&
           (test->kind != SIGMA_FIELDREF || test->field < image->fields_count);
}

/* Whether `list` is one whole tree in preorder, no deeper than the maximum, whose leaves are below
 * `leaf_limit`. Walks with a stack of how many children each open node still wants. */
static bool is_tree(const struct image *image, struct image_list list, uint32_t leaf_limit)
{
    uint32_t wanted[IMAGE_DEPTH_MAX + 1] = {1};
    uint32_t depth = 0;
    for (uint32_t i = 0; i < list.count; i++) {
        const struct image_node *node = &image->nodes[list.first + i];
        if (wanted[depth] == 0)
            return false;
        wanted[depth]--;
        if (node->kind == SIGMA_LEAF) {
            if (node->value >= leaf_limit)
                return false;
        } else {
            if (node->kind > SIGMA_NOT || node->value == 0 || depth == IMAGE_DEPTH_MAX ||
                (node->kind == SIGMA_NOT && node->value != 1))
                return false;
            wanted[++depth] = node->value;
        }
        while (depth > 0 && wanted[depth] == 0)
            depth--;
    }
    return depth == 0 && wanted[0] == 0;
}

static bool rule_is_right(const struct image *image, uint32_t index)
{
    const struct image_rule *rule = &image->rules[index];
    const struct image_info *info = &image->infos[index];
    const bool is_correlation = info->correlation != IMAGE_NONE;
    return is_list(rule->nodes, image->nodes_count) &&
           (is_correlation ? rule->nodes.count == 0 && info->correlation < image->correlations_count
                           : is_tree(image, rule->nodes, image->atoms_count)) &&
           is_word_list(image, rule->sources, image->sources_count) &&
           is_word_list(image, rule->needs, image->fields_count);
}

static bool info_is_right(const struct image *image, const struct image_info *info)
{
    return is_text(image, info->id) && is_text(image, info->title) &&
           is_text(image, info->author) && is_text(image, info->path) &&
           is_text(image, info->description) && is_text(image, info->strength) &&
           is_text(image, info->layer) && is_text_or_none(image, info->category) &&
           is_text_or_none(image, info->product) && is_text_or_none(image, info->service) &&
           is_text_list(image, info->tags) && is_text_list(image, info->tools) &&
           info->level < SIGMA_LEVEL_COUNT && info->status < SIGMA_STATUS_COUNT;
}

static bool translations_are_right(const struct image *image, struct image_list list)
{
    if (!is_list(list, image->translations_count))
        return false;
    for (uint32_t i = 0; i < list.count; i++) {
        const struct image_translation *pair = &image->translations[list.first + i];
        if (pair->rule_field >= image->fields_count || pair->event_field >= image->fields_count ||
            (i > 0 && pair->rule_field <= pair[-1].rule_field) ||
            !is_list(pair->values, image->values_count))
            return false;
    }
    return true;
}

static bool source_is_right(const struct image *image, const struct image_source *source)
{
    return is_list(source->conditions, image->conditions_count) &&
           translations_are_right(image, source->translations) &&
           is_word_list(image, source->rules, image->rules_count) &&
           is_text_or_none(image, source->audit);
}

static bool bounds_are_right(const struct image *image, struct image_list list)
{
    if (!is_list(list, image->bounds_count))
        return false;
    for (uint32_t i = 0; i < list.count; i++)
        if (image->bounds[list.first + i].compare > SIGMA_GTE)
            return false;
    return true;
}

static bool correlation_is_right(const struct image *image, const struct image_correlation *it)
{
    const uint64_t alias_fields = (uint64_t)it->alias_names.count * it->rules.count;
    return it->type <= SIGMA_VALUE_MEDIAN && is_word_list(image, it->rules, image->rules_count) &&
           is_text_list(image, it->rule_names) && it->rule_names.count == it->rules.count &&
           is_text_list(image, it->group_by) && is_text_list(image, it->alias_names) &&
           is_list(it->alias_fields, image->texts_count) &&
           it->alias_fields.count == alias_fields && is_text_list(image, it->condition_fields) &&
           bounds_are_right(image, it->bounds) && is_list(it->nodes, image->nodes_count) &&
           (it->nodes.count == 0 || is_tree(image, it->nodes, it->rules.count));
}

/* The records that only point at text or at other sections without further conditions. */
static bool leaves_are_right(const struct image *image)
{
    for (uint32_t i = 0; i < image->fields_count; i++)
        if (!is_text(image, image->fields[i]))
            return false;
    for (uint32_t i = 0; i < image->texts_count; i++)
        if (!is_text_or_none(image, image->texts[i]))
            return false;
    for (uint32_t i = 0; i < image->pieces_count; i++)
        if (image->pieces[i].kind > SIGMA_PIECE_MANY || !is_text(image, image->pieces[i].literal))
            return false;
    for (uint32_t i = 0; i < image->seeks_count; i++)
        if (!is_text(image, image->seeks[i].literal) ||
            !seek_is_right(&image->seeks[i], image_bytes(image, image->seeks[i].literal)))
            return false;
    for (uint32_t i = 0; i < image->notes_count; i++)
        if (!is_text_or_none(image, image->notes[i].name))
            return false;
    for (uint32_t i = 0; i < image->values_count; i++)
        if (!is_text(image, image->values[i].rule_value) ||
            image->values[i].event_test >= image->tests_count)
            return false;
    for (uint32_t i = 0; i < image->refusals_count; i++)
        if (!is_text(image, image->refusals[i].path) || !is_text(image, image->refusals[i].reason))
            return false;
    return true;
}

static bool tests_are_right(const struct image *image)
{
    for (uint32_t i = 0; i < image->tests_count; i++)
        if (!test_is_right(image, i))
            return false;
    for (uint32_t i = 0; i < image->atoms_count; i++)
        if (image->atoms[i].test >= image->tests_count ||
            (image->atoms[i].field != IMAGE_NONE && image->atoms[i].field >= image->fields_count))
            return false;
    for (uint32_t i = 0; i < image->conditions_count; i++)
        if (image->conditions[i].field >= image->fields_count ||
            !is_word_list(image, image->conditions[i].tests, image->tests_count))
            return false;
    return true;
}

static bool rules_are_right(const struct image *image)
{
    if (image->notes_count != image->nodes_count || image->infos_count != image->rules_count)
        return false;
    for (uint32_t i = 0; i < image->rules_count; i++)
        if (!rule_is_right(image, i) || !info_is_right(image, &image->infos[i]))
            return false;
    for (uint32_t i = 0; i < image->sources_count; i++)
        if (!source_is_right(image, &image->sources[i]))
            return false;
    for (uint32_t i = 0; i < image->correlations_count; i++)
        if (!correlation_is_right(image, &image->correlations[i]))
            return false;
    return true;
}

enum status image_open(struct bytes bytes, uint64_t key, struct image *image, struct fault *fault)
{
    assert((uintptr_t)bytes.data % 8 == 0);
    struct image_header header;
    size_t starts[IMAGE_SECTION_COUNT];
    if (!header_is_right(bytes, key, &header) || !sections_fit(&header, starts))
        return fault_set(fault, STATUS_DAMAGED, 0, "not a compiled rule set of this making");
    const struct image opened = {
#define X(section, type)                                                           \
    .section = (const type *)(const void *)(bytes.data + starts[IMAGE_##section]), \
    .section##_count = header.counts[IMAGE_##section],
        IMAGE_SECTIONS(X)
#undef X
    };
    if (!leaves_are_right(&opened) || !tests_are_right(&opened) || !rules_are_right(&opened))
        return fault_set(fault, STATUS_DAMAGED, 0, "a compiled rule set with wrong references");
    *image = opened;
    return STATUS_OK;
}
