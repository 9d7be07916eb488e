#include "rules/match/seek.h"

#include "base/utf.h"
#include "rules/sigma/sigma.h"

/* An entry for the rarest gram of a literal; false when the literal is too short. */
static bool gram_entry(const struct rarity *rarity, struct bytes literal, struct index_entry *entry)
{
    const struct anchor anchor = rarity_anchor(rarity, literal);
    if (anchor.width == 0)
        return false;
    *entry = index_gram(literal, anchor.offset, anchor.width);
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
    default:
        return rarity_contains(rarity, literal);
    }
}

static bool text_entry(const struct rarity *rarity, struct bytes literal, enum text_form form,
                       struct index_entry *entry)
{
    if (form == TEXT_EQUAL)
        *entry = index_equals(literal);
    else if (form == TEXT_SUFFIX && literal.length > 0)
        *entry = index_suffix(literal);
    else
        return gram_entry(rarity, literal, entry);
    return true;
}

static uint32_t seek_text(const struct image *image, const struct rarity *rarity,
                          struct arena *arena, const struct image_test *test,
                          struct index_entry *entry)
{
    struct bytes literal = image_bytes(image, test->text);
    const bool is_cased = test->flags & TEST_CASED;
    if (test->form == TEXT_ANY ||
        (test->form == TEXT_GLOB && !glob_literal(image, rarity, test, &literal)) ||
        (is_cased && !folded_literal(arena, &literal)) ||
        !text_entry(rarity, literal, (enum text_form)test->form, entry))
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
        if (!gram_entry(rarity, image_bytes(image, piece->literal), &entries[i]))
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
