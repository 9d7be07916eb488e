#include "rules/match/seek.h"

#include "base/utf.h"
#include "rules/sigma/sigma.h"

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

/* Of a pattern with several literals the rarest that can be looked for. */
static bool glob_literal(const struct image *image, const struct rarity *rarity,
                         const struct image_test *test, struct bytes *literal)
{
    float best = 2;
    for (uint32_t i = 0; i < test->pieces.count; i++) {
        const struct image_piece *piece = &image->pieces[test->pieces.first + i];
        const struct bytes candidate = image_bytes(image, piece->literal);
        if (piece->kind != SIGMA_PIECE_LITERAL || !index_takes(candidate, INDEX_ANYWHERE))
            continue;
        const float rate = rarity_contains(rarity, candidate);
        if (rate < best) {
            best = rate;
            *literal = candidate;
        }
    }
    return best < 2;
}

static float rate_of(const struct rarity *rarity, const struct index_literal *literal)
{
    switch ((enum index_place)literal->place) {
    case INDEX_WHOLE:
        return rarity_equals(rarity, literal->literal);
    case INDEX_BEGIN:
    case INDEX_END:
        return rarity_edge(rarity, literal->literal);
    case INDEX_ANYWHERE:
        return rarity_contains(rarity, literal->literal);
    }
    return 1;
}

static uint32_t seek_text(const struct image *image, const struct rarity *rarity,
                          struct arena *arena, const struct image_test *test,
                          struct index_literal *to)
{
    static const enum index_place places[TEXT_FORM_COUNT] = {
        [TEXT_EQUAL] = INDEX_WHOLE,       [TEXT_PREFIX] = INDEX_BEGIN,  [TEXT_SUFFIX] = INDEX_END,
        [TEXT_CONTAINS] = INDEX_ANYWHERE, [TEXT_GLOB] = INDEX_ANYWHERE,
    };
    struct bytes literal = image_bytes(image, test->text);
    const bool is_cased = test->flags & TEST_CASED;
    if (test->form == TEXT_ANY ||
        (test->form == TEXT_GLOB && !glob_literal(image, rarity, test, &literal)) ||
        (is_cased && !folded_literal(arena, &literal)) || !index_takes(literal, places[test->form]))
        return 0;
    *to = (struct index_literal){
        .literal = literal,
        .place = (uint8_t)places[test->form],
        .is_exact = !is_cased && test->form != TEXT_GLOB,
    };
    return 1;
}

static uint32_t seek_regex(const struct image *image, const struct image_test *test,
                           struct index_literal *to)
{
    const uint32_t count = test->split;
    if (count > SEEK_MAX)
        return 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct image_piece *piece = &image->pieces[test->pieces.first + i];
        to[i] = (struct index_literal){
            .literal = image_bytes(image, piece->literal),
            .place = INDEX_ANYWHERE,
        };
        if (!index_takes(to[i].literal, INDEX_ANYWHERE))
            return 0;
    }
    return count;
}

uint32_t seek_test(const struct image *image, const struct rarity *rarity, struct arena *arena,
                   const struct image_test *test, struct index_literal literals[SEEK_MAX],
                   float *rate)
{
    const uint32_t count = test->kind == SIGMA_TEXT
                               ? seek_text(image, rarity, arena, test, literals)
                           : test->kind == SIGMA_REGEX ? seek_regex(image, test, literals)
                                                       : 0;
    *rate = 0;
    for (uint32_t i = 0; i < count; i++)
        *rate += rate_of(rarity, &literals[i]);
    return count;
}
