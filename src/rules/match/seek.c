#include "rules/match/seek.h"

#include "base/utf.h"
#include "rules/sigma/sigma.h"

/* An entry for a literal in this part of the index; false when it is too short for it. */
static bool entry_make(const struct rarity *rarity, struct bytes literal, enum index_part part,
                       struct index_entry *entry)
{
    *entry = (struct index_entry){
        .literal = literal.data,
        .length = (uint32_t)literal.length,
        .part = (uint8_t)part,
    };
    if (part == INDEX_SUFFIXES) {
        entry->offset = 0;
        if (literal.length == 0)
            return false;
    } else if (part == INDEX_GRAMS) {
        const struct anchor anchor = rarity_anchor(rarity, literal);
        if (anchor.width == 0)
            return false;
        entry->offset = anchor.offset;
        entry->part = anchor.width == RARITY_GRAM ? INDEX_GRAMS : INDEX_GRAMS3;
    }
    index_entry_key(entry);
    return true;
}

/* Indexes see folded text. A literal that counts with its case is looked for folded; the value
 * itself is compared afterwards. That is right only for whole characters. */
static bool folded_literal(struct arena *arena, struct bytes *literal)
{
    if (!utf8_is_valid(*literal))
        return false;
    uint8_t *room = arena_take_aligned(arena, literal->length * 3 + 32, 1);
    if (!room)
        return false;
    *literal = bytes_of(room, utf8_fold(room, *literal));
    return true;
}

/* Of a pattern with several literals the rarest. */
static bool glob_literal(const struct image *image, const struct rarity *rarity,
                         const struct image_test *test, struct bytes *literal)
{
    float best = 2;
    for (uint32_t i = 0; i < test->pieces.count; i++) {
        const struct image_piece *piece = &image->pieces[test->pieces.first + i];
        if (piece->kind != SIGMA_PIECE_LITERAL)
            continue;
        const struct bytes candidate = image_bytes(image, piece->literal);
        const struct anchor anchor = rarity_anchor(rarity, candidate);
        if (anchor.width && anchor.rate < best) {
            best = anchor.rate;
            *literal = candidate;
        }
    }
    return best < 2;
}

static float rate_of(const struct rarity *rarity, const struct index_entry *entry)
{
    const struct bytes literal = bytes_of(entry->literal, entry->length);
    switch ((enum index_part)entry->part) {
    case INDEX_EQUALS:
        return rarity_equals(rarity, literal);
    case INDEX_SUFFIXES:
        return rarity_edge(rarity, literal);
    case INDEX_GRAMS:
    case INDEX_GRAMS3:
        return rarity_contains(rarity, literal);
    case INDEX_PART_COUNT:
        break;
    }
    return 1;
}

static uint32_t seek_text(const struct image *image, const struct rarity *rarity,
                          struct arena *arena, const struct image_test *test,
                          struct index_entry *entry)
{
    static const enum index_part parts[TEXT_FORM_COUNT] = {
        [TEXT_EQUAL] = INDEX_EQUALS,   [TEXT_PREFIX] = INDEX_GRAMS, [TEXT_SUFFIX] = INDEX_SUFFIXES,
        [TEXT_CONTAINS] = INDEX_GRAMS, [TEXT_GLOB] = INDEX_GRAMS,
    };
    struct bytes literal = image_bytes(image, test->text);
    const bool is_cased = test->flags & TEST_CASED;
    if (test->form == TEXT_ANY ||
        (test->form == TEXT_GLOB && !glob_literal(image, rarity, test, &literal)) ||
        (is_cased && !folded_literal(arena, &literal)) ||
        !entry_make(rarity, literal, parts[test->form], entry))
        return 0;
    entry->is_exact = !is_cased && test->form != TEXT_GLOB;
    entry->is_anchored = test->form == TEXT_PREFIX;
    return 1;
}

static uint32_t seek_regex(const struct image *image, const struct rarity *rarity,
                           const struct image_test *test, struct index_entry *entries)
{
    const uint32_t count = test->pieces.count;
    if (count > SEEK_MAX)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct image_piece *piece = &image->pieces[test->pieces.first + i];
        if (!entry_make(rarity, image_bytes(image, piece->literal), INDEX_GRAMS, &entries[i]))
            return 0;
    }
    return count;
}

uint32_t seek_test(const struct image *image, const struct rarity *rarity, struct arena *arena,
                   const struct image_test *test, struct index_entry entries[SEEK_MAX], float *rate)
{
    const uint32_t count = test->kind == SIGMA_TEXT ? seek_text(image, rarity, arena, test, entries)
                           : test->kind == SIGMA_REGEX ? seek_regex(image, rarity, test, entries)
                                                       : 0;
    *rate = 0;
    for (uint32_t i = 0; i < count; i++)
        *rate += rate_of(rarity, &entries[i]);
    return count;
}
