#include "rules/match/seek.h"

#include "base/utf.h"
#include "rules/sigma/sigma.h"

/* Indexes see folded text. A literal that counts with its case is looked for folded; the value
 * itself is compared afterwards. That is right only for whole characters. */
static bool folded_literal(struct arena *arena, struct bytes *literal)
{
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
        if (piece->kind != SIGMA_PIECE_LITERAL || !index_takes(candidate, INDEX_ANYWHERE) ||
            ((test->flags & TEST_CASED) && !utf8_is_valid(candidate)))
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

/* What is being gathered for one atom. */
struct seeking {
    const struct image *image;
    const struct rarity *rarity;
    struct arena *arena;
    struct buffer *literals;
    uint32_t atom;
    float rate;
    bool has_failed; /* there is a value that the test may hold for and no literal is in */
};

static void seek_literal(struct seeking *seeking, struct bytes literal, enum index_place place,
                         bool is_exact)
{
    const struct index_literal found = {literal, seeking->atom, (uint8_t)place, is_exact};
    if (!index_takes(literal, place)) {
        seeking->has_failed = true;
        return;
    }
    buffer_bytes(seeking->literals, &found, sizeof(found));
    seeking->rate += rate_of(seeking->rarity, &found);
}

static void seek_text(struct seeking *seeking, const struct image_test *test)
{
    static const enum index_place places[TEXT_FORM_COUNT] = {
        [TEXT_EQUAL] = INDEX_WHOLE,       [TEXT_PREFIX] = INDEX_BEGIN,  [TEXT_SUFFIX] = INDEX_END,
        [TEXT_CONTAINS] = INDEX_ANYWHERE, [TEXT_GLOB] = INDEX_ANYWHERE,
    };
    struct bytes literal = image_bytes(seeking->image, test->text);
    const bool is_cased = test->flags & TEST_CASED;
    if ((test->form == TEXT_GLOB &&
         !glob_literal(seeking->image, seeking->rarity, test, &literal)) ||
        (is_cased && !folded_literal(seeking->arena, &literal)))
        seeking->has_failed = true;
    else
        seek_literal(seeking, literal, places[test->form], !is_cased && test->form != TEXT_GLOB);
}

static void seek_regex(struct seeking *seeking, const struct image_test *test)
{
    for (uint32_t i = 0; i < test->split; i++)
        seek_literal(
            seeking,
            image_bytes(seeking->image, seeking->image->pieces[test->pieces.first + i].literal),
            INDEX_ANYWHERE, false);
}

static void seek(struct seeking *seeking, const struct image_test *test)
{
    if (!(test->flags & TEST_SOUGHT))
        seeking->has_failed = true;
    else if (test->kind == SIGMA_TEXT)
        seek_text(seeking, test);
    else if (test->kind == SIGMA_REGEX)
        seek_regex(seeking, test);
    else
        seeking->has_failed = true;
}

uint32_t seek_test(const struct image *image, const struct rarity *rarity, struct arena *arena,
                   uint32_t number, uint32_t atom, struct buffer *literals, float *rate)
{
    const struct image_test *test = &image->tests[number];
    const size_t before = literals->length;
    struct seeking seeking = {image, rarity, arena, literals, atom, 0, false};
    if (test->kind == TEST_SET)
        for (uint32_t i = 0; i < test->pieces.count && !seeking.has_failed; i++)
            seek(&seeking, &image->tests[image->words[test->pieces.first + i]]);
    else
        seek(&seeking, test);
    if (seeking.has_failed)
        literals->length = before;
    *rate = seeking.rate;
    return (uint32_t)((literals->length - before) / sizeof(struct index_literal));
}
