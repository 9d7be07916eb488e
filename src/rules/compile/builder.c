#include "rules/compile/builder.h"

#include <assert.h>
#include <stdlib.h>

/* Far above any real rule set: all SigmaHQ rules take 3 MB of text. */
#define BUILDER_TEXT_MAX (512U << 20)

void builder_init(struct builder *builder)
{
    *builder = (struct builder){0};
    keys_init(&builder->texts, BUILDER_TEXT_MAX);
    keys_init(&builder->fields, BUILDER_TEXT_MAX);
    keys_init(&builder->tests, BUILDER_TEXT_MAX);
    keys_init(&builder->atoms, BUILDER_TEXT_MAX);
    keys_init(&builder->sources, BUILDER_TEXT_MAX);
    builder->rarity = malloc(sizeof(*builder->rarity));
    builder->failed = builder->rarity == NULL;
    if (builder->rarity)
        rarity_init(builder->rarity);
}

void builder_release(struct builder *builder)
{
    for (size_t i = 0; i < IMAGE_SECTION_COUNT; i++)
        buffer_release(&builder->sections[i]);
    keys_release(&builder->texts);
    keys_release(&builder->fields);
    keys_release(&builder->tests);
    keys_release(&builder->atoms);
    keys_release(&builder->sources);
    buffer_release(&builder->key);
    free(builder->text_at);
    free(builder->rarity);
}

uint32_t builder_count(const struct builder *builder, enum image_section section)
{
    return (uint32_t)(builder->sections[section].length / image_sizes[section]);
}

void builder_add(struct builder *builder, enum image_section section, const void *record)
{
    struct buffer *to = &builder->sections[section];
    if (to->length >= IMAGE_BYTES_MAX) {
        builder->failed = true;
        return;
    }
    buffer_bytes(to, record, image_sizes[section]);
    builder->failed |= to->failed;
}

/* Remembers where text number `number`, a new one, stands. */
static bool text_place(struct builder *builder, uint32_t number, uint32_t at)
{
    if (number >= builder->text_at_count) {
        const size_t count = builder->text_at_count ? builder->text_at_count * 2 : 4096;
        uint32_t *wider = realloc(builder->text_at, count * sizeof(*wider));
        if (!wider)
            return false;
        builder->text_at = wider;
        builder->text_at_count = count;
    }
    builder->text_at[number] = at;
    return true;
}

struct image_text builder_bytes(struct builder *builder, struct bytes bytes)
{
    struct buffer *to = &builder->sections[IMAGE_text];
    bool is_new = false;
    const uint32_t number = keys_add(&builder->texts, bytes, &is_new);
    if (number == KEYS_NONE || to->length + bytes.length >= IMAGE_BYTES_MAX ||
        (is_new && !text_place(builder, number, (uint32_t)to->length))) {
        builder->failed = true;
        return (struct image_text){0, 0};
    }
    if (is_new) {
        buffer_bytes(to, bytes.data, bytes.length);
        buffer_byte(to, 0);
        builder->failed |= to->failed;
    }
    return (struct image_text){builder->text_at[number], (uint32_t)bytes.length};
}

struct image_text builder_text_or_none(struct builder *builder, const char *text)
{
    return text ? builder_text(builder, text) : (struct image_text){IMAGE_NONE, 0};
}

struct image_text builder_text(struct builder *builder, const char *text)
{
    return builder_bytes(builder, bytes_of_text(text ? text : ""));
}

uint32_t builder_field(struct builder *builder, const char *name)
{
    bool is_new = false;
    const uint32_t number = keys_add(&builder->fields, bytes_of_text(name), &is_new);
    builder->failed |= number == KEYS_NONE;
    if (is_new) {
        const struct image_text text = builder_text(builder, name);
        builder_add(builder, IMAGE_fields, &text);
    }
    return number;
}

uint32_t builder_atom(struct builder *builder, uint32_t field, uint32_t test)
{
    const struct image_atom atom = {field, test};
    bool is_new = false;
    const uint32_t number = keys_add(&builder->atoms, bytes_of(&atom, sizeof(atom)), &is_new);
    builder->failed |= number == KEYS_NONE;
    if (is_new)
        builder_add(builder, IMAGE_atoms, &atom);
    return number;
}

struct image_list builder_words(struct builder *builder, const uint32_t *words, uint32_t count)
{
    const struct image_list list = {builder_count(builder, IMAGE_words), count};
    for (uint32_t i = 0; i < count; i++)
        builder_add(builder, IMAGE_words, &words[i]);
    return list;
}

struct image_list builder_texts(struct builder *builder, const char *const *texts, uint32_t count)
{
    const struct image_list list = {builder_count(builder, IMAGE_texts), count};
    for (uint32_t i = 0; i < count; i++) {
        const struct image_text text = builder_text_or_none(builder, texts[i]);
        builder_add(builder, IMAGE_texts, &text);
    }
    return list;
}

static size_t padded(size_t length)
{
    return (length + 7) & ~(size_t)7;
}

uint8_t *builder_finish(struct builder *builder, size_t *length)
{
    struct image_header header = {
        .version = IMAGE_VERSION,
        .section_count = IMAGE_SECTION_COUNT,
        .length = sizeof(header),
    };
    memcpy(header.magic, image_magic, sizeof(image_magic));
    for (unsigned i = 0; i < IMAGE_SECTION_COUNT; i++) {
        header.counts[i] = builder_count(builder, i);
        header.length += padded(builder->sections[i].length);
    }
    if (builder->failed || header.length > IMAGE_BYTES_MAX)
        return NULL;
    uint8_t *bytes = calloc(1, header.length);
    if (!bytes)
        return NULL;
    memcpy(bytes, &header, sizeof(header));
    size_t at = sizeof(header);
    for (unsigned i = 0; i < IMAGE_SECTION_COUNT; i++) {
        const struct buffer *section = &builder->sections[i];
        if (section->length)
            memcpy(bytes + at, section->data, section->length);
        at += padded(section->length);
    }
    assert(at == header.length);
    image_seal(bytes, at, 0);
    *length = at;
    return bytes;
}
