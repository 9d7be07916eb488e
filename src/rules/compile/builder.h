/* An image while it is being made: growing sections in which equal things are one.
 * Without memory `failed` stays set and everything else becomes harmless; ask once, at the end. */
#ifndef IMPOUND_RULES_BUILDER_H
#define IMPOUND_RULES_BUILDER_H

#include "base/buffer.h"
#include "rules/compile/image.h"
#include "rules/compile/keys.h"
#include "rules/compile/rarity.h"

struct builder {
    struct buffer sections[IMAGE_SECTION_COUNT];
    struct keys texts, fields, tests, atoms, sources;
    uint32_t *text_at; /* where each text of `texts` stands */
    size_t text_at_count;
    struct buffer key; /* scratch for a key */
    struct rarity *rarity;
    bool failed;
};

void builder_init(struct builder *builder);
void builder_release(struct builder *builder);

/* How many records a section has. */
uint32_t builder_count(const struct builder *builder, enum image_section section);

/* Appends one record. */
void builder_add(struct builder *builder, enum image_section section, const void *record);

/* The bytes in the text section, each text only once. */
struct image_text builder_bytes(struct builder *builder, struct bytes bytes);

/* The same for a C string: NULL becomes "no such text", or "" by the second function. */
struct image_text builder_text_or_none(struct builder *builder, const char *text);
struct image_text builder_text(struct builder *builder, const char *text);

/* The number of a field. */
uint32_t builder_field(struct builder *builder, const char *name);

/* The number of the atom of this field and test. */
uint32_t builder_atom(struct builder *builder, uint32_t field, uint32_t test);

/* A list in the words section, and one in the texts section (NULL becomes "no such text"). */
struct image_list builder_words(struct builder *builder, const uint32_t *words, uint32_t count);
struct image_list builder_texts(struct builder *builder, const char *const *texts, uint32_t count);

/* The whole image, sealed with key 0, in memory from malloc; NULL without memory. */
uint8_t *builder_finish(struct builder *builder, size_t *length);

#endif
