#include "rules/compile/compile.h"

#include "base/address.h"
#include "rules/compile/regex.h"
#include "rules/compile/seek.h"

#include "base/utf.h"

#include <math.h>
#include <stdio.h>

/* Patterns are brought to one form, so that equal ones become one test: neighbouring literals are
 * joined, `**` is `*`, and `*?` is `?*`. */

static struct bytes folded(struct arena *arena, struct bytes text)
{
    uint8_t *room = arena_take_aligned(arena, text.length * 3 + 32, 1);
    return room ? bytes_of(room, utf8_fold(room, text)) : (struct bytes){0};
}

static struct bytes joined(struct arena *arena, struct bytes one, struct bytes other)
{
    uint8_t *room = arena_take_aligned(arena, one.length + other.length + 1, 1);
    if (!room)
        return (struct bytes){0};
    memcpy(room, one.data, one.length);
    memcpy(room + one.length, other.data, other.length);
    return bytes_of(room, one.length + other.length);
}

struct pattern {
    struct sigma_piece *pieces;
    uint32_t count;
};

static void pattern_add(struct arena *arena, struct pattern *pattern, struct sigma_piece piece)
{
    struct sigma_piece *last = pattern->count ? &pattern->pieces[pattern->count - 1] : NULL;
    if (piece.kind == SIGMA_PIECE_LITERAL && piece.literal.length == 0)
        return;
    if (last && last->kind == SIGMA_PIECE_LITERAL && piece.kind == SIGMA_PIECE_LITERAL) {
        last->literal = joined(arena, last->literal, piece.literal);
    } else if (last && last->kind == SIGMA_PIECE_MANY && piece.kind == SIGMA_PIECE_ONE) {
        last->kind = SIGMA_PIECE_ONE;
        pattern->pieces[pattern->count++] = (struct sigma_piece){.kind = SIGMA_PIECE_MANY};
    } else if (!last || last->kind != SIGMA_PIECE_MANY || piece.kind != SIGMA_PIECE_MANY) {
        pattern->pieces[pattern->count++] = piece;
    }
}

/* A keyword may stand anywhere in a value, so it gets a `*` at both ends. */
static bool pattern_make(struct arena *arena, const struct sigma_test *test,
                         struct pattern *pattern)
{
    const struct sigma_piece many = {.kind = SIGMA_PIECE_MANY};
    const bool is_keyword = test->field == NULL;
    pattern->pieces =
        arena_take_array(arena, (size_t)test->piece_count + 3, sizeof(*pattern->pieces));
    if (!pattern->pieces)
        return false;
    if (is_keyword)
        pattern_add(arena, pattern, many);
    for (uint32_t i = 0; i < test->piece_count; i++) {
        struct sigma_piece piece = test->pieces[i];
        if (piece.kind == SIGMA_PIECE_LITERAL && !test->is_cased)
            piece.literal = folded(arena, piece.literal);
        pattern_add(arena, pattern, piece);
    }
    if (is_keyword)
        pattern_add(arena, pattern, many);
    return true;
}

/* The form of a pattern, and its one literal where the form has one. */
static enum text_form pattern_form(const struct pattern *pattern, struct bytes *literal)
{
    char kinds[4] = "";
    *literal = (struct bytes){.data = (const uint8_t *)""};
    for (uint32_t i = 0; i < pattern->count && i < 4; i++) {
        kinds[i] = "l?*"[pattern->pieces[i].kind];
        if (i < 3 && kinds[i] == 'l')
            *literal = pattern->pieces[i].literal;
    }
    if (pattern->count == 0 || (pattern->count == 1 && kinds[0] == 'l'))
        return TEXT_EQUAL;
    if (pattern->count == 1 && kinds[0] == '*')
        return TEXT_ANY;
    if (pattern->count == 2 && kinds[0] == 'l' && kinds[1] == '*')
        return TEXT_PREFIX;
    if (pattern->count == 2 && kinds[0] == '*' && kinds[1] == 'l')
        return TEXT_SUFFIX;
    if (pattern->count == 3 && kinds[0] == '*' && kinds[1] == 'l' && kinds[2] == '*')
        return TEXT_CONTAINS;
    *literal = (struct bytes){.data = (const uint8_t *)""};
    return TEXT_GLOB;
}

/* Everything that makes a test what it is; the numbers of its texts stand for the texts. */
struct draft_test {
    struct image_test record;
    struct image_piece *pieces;
    uint32_t piece_count;
};

static void seek_add(struct builder *builder, struct image_test *test, struct bytes literal,
                     enum seek_place place, bool is_exact)
{
    float rate;
    struct image_seek seek = seek_make(builder->rarity, literal, place, &rate);
    seek.literal = builder_bytes(builder, literal);
    seek.is_exact = is_exact;
    builder_add(builder, IMAGE_seeks, &seek);
    test->rate += rate;
    test->seeks.count++;
}

/* A copy, since the text section may move while it grows. */
static struct bytes text_copy(const struct builder *builder, struct arena *arena,
                              struct image_text text)
{
    return arena_keep(arena, bytes_of(builder->sections[IMAGE_text].data + text.at, text.length));
}

/* Of a pattern's literals the rarest that can be looked for. */
static bool rarest_literal(const struct builder *builder, struct arena *arena,
                           const struct draft_test *draft, struct bytes *literal)
{
    float best = 2;
    for (uint32_t i = 0; i < draft->piece_count; i++) {
        const struct bytes candidate = text_copy(builder, arena, draft->pieces[i].literal);
        if (draft->pieces[i].kind != SIGMA_PIECE_LITERAL || !candidate.data ||
            !seek_takes(candidate, PLACE_ANYWHERE))
            continue;
        struct rates rates;
        rarity_rates(builder->rarity, candidate, &rates);
        if (rates.least < best) {
            best = rates.least;
            *literal = candidate;
        }
    }
    return best < 2;
}

/* Indexes see folded text. A literal that counts with its case is looked for folded, and the value
 * itself is compared afterwards; that is right only for whole characters. */
static void seek_text(struct builder *builder, struct arena *arena, const struct draft_test *draft,
                      struct image_test *test)
{
    static const enum seek_place places[TEXT_FORM_COUNT] = {
        [TEXT_EQUAL] = PLACE_WHOLE,       [TEXT_PREFIX] = PLACE_BEGIN,  [TEXT_SUFFIX] = PLACE_END,
        [TEXT_CONTAINS] = PLACE_ANYWHERE, [TEXT_GLOB] = PLACE_ANYWHERE,
    };
    const bool is_cased = test->flags & TEST_CASED;
    struct bytes literal = text_copy(builder, arena, test->text);
    if (test->form == TEXT_ANY ||
        (test->form == TEXT_GLOB && !rarest_literal(builder, arena, draft, &literal)) ||
        (is_cased && !utf8_is_valid(literal)))
        return;
    if (is_cased)
        literal = folded(arena, literal);
    if (literal.data && seek_takes(literal, places[test->form]))
        seek_add(builder, test, literal, places[test->form], !is_cased && test->form != TEXT_GLOB);
}

/* All alternatives can be looked for, or none is. */
static void seek_regex(struct builder *builder, struct arena *arena, const struct draft_test *draft,
                       struct image_test *test)
{
    for (uint32_t i = 0; i < test->split; i++)
        if (!seek_takes(text_copy(builder, arena, draft->pieces[i].literal), PLACE_ANYWHERE))
            return;
    for (uint32_t i = 0; i < test->split; i++)
        seek_add(builder, test, text_copy(builder, arena, draft->pieces[i].literal), PLACE_ANYWHERE,
                 false);
}

static uint32_t test_number(struct builder *builder, struct arena *arena,
                            const struct draft_test *draft)
{
    struct buffer *key = &builder->key;
    struct image_test record = draft->record;
    bool is_new = false;
    buffer_reset(key);
    buffer_bytes(key, &record, sizeof(record));
    buffer_bytes(key, draft->pieces, draft->piece_count * sizeof(*draft->pieces));
    const uint32_t number = keys_add(&builder->tests, buffer_view(key), &is_new);
    builder->failed |= key->failed || number == KEYS_NONE;
    if (!is_new)
        return number;
    record.pieces = (struct image_list){builder_count(builder, IMAGE_pieces), draft->piece_count};
    for (uint32_t i = 0; i < draft->piece_count; i++)
        builder_add(builder, IMAGE_pieces, &draft->pieces[i]);
    record.seeks.first = builder_count(builder, IMAGE_seeks);
    if (record.kind == SIGMA_TEXT)
        seek_text(builder, arena, draft, &record);
    else if (record.kind == SIGMA_REGEX)
        seek_regex(builder, arena, draft, &record);
    if (record.seeks.count)
        record.flags |= TEST_SOUGHT;
    builder_add(builder, IMAGE_tests, &record);
    return number;
}

static bool draft_text(struct builder *builder, struct arena *arena, const struct sigma_test *test,
                       struct draft_test *draft)
{
    struct pattern pattern = {0};
    struct bytes literal;
    if (!pattern_make(arena, test, &pattern))
        return false;
    draft->record.form = (uint8_t)pattern_form(&pattern, &literal);
    draft->record.text = builder_bytes(builder, literal);
    if (draft->record.form != TEXT_GLOB)
        return true;
    draft->pieces = arena_take_array(arena, pattern.count, sizeof(*draft->pieces));
    if (!draft->pieces)
        return false;
    draft->piece_count = pattern.count;
    for (uint32_t i = 0; i < pattern.count; i++)
        draft->pieces[i] = (struct image_piece){
            .kind = (uint32_t)pattern.pieces[i].kind,
            .literal = builder_bytes(builder, pattern.pieces[i].literal),
        };
    return true;
}

static bool draft_regex(struct builder *builder, struct arena *arena, const struct sigma_test *test,
                        struct draft_test *draft, struct refusal *refusal)
{
    struct regex_needs needs;
    pcre2_code *code = regex_compile(test->text, test->regex_flags, refusal->reason);
    if (!code)
        return false;
    pcre2_code_free(code);
    regex_needs(arena, test->text, test->regex_flags, &needs);
    draft->record.form = test->regex_flags;
    draft->record.text = builder_bytes(builder, test->text);
    draft->record.split = (uint8_t)needs.literal_count;
    draft->piece_count = needs.literal_count + needs.run_count;
    draft->pieces = arena_take_array(arena, draft->piece_count, sizeof(*draft->pieces));
    if (!draft->pieces)
        return false;
    for (uint32_t i = 0; i < draft->piece_count; i++)
        draft->pieces[i] = (struct image_piece){
            .kind = SIGMA_PIECE_LITERAL,
            .literal = builder_bytes(builder, i < needs.literal_count
                                                  ? needs.literals[i]
                                                  : needs.runs[i - needs.literal_count]),
        };
    return true;
}

static bool draft_cidr(struct builder *builder, const struct sigma_test *test,
                       struct draft_test *draft, struct refusal *refusal)
{
    struct network network;
    if (!network_parse(test->text, &network)) {
        snprintf(refusal->reason, sizeof(refusal->reason), "not a network: %.*s",
                 (int)(test->text.length < 80 ? test->text.length : 80),
                 (const char *)test->text.data);
        return false;
    }
    draft->record.form = network.address.version;
    draft->record.split = network.prefix;
    draft->record.text =
        builder_bytes(builder, bytes_of(network.address.bytes, sizeof(network.address.bytes)));
    return true;
}

static bool draft_kind(struct builder *builder, struct arena *arena, const struct sigma_test *test,
                       struct draft_test *draft, struct refusal *refusal)
{
    switch (test->kind) {
    case SIGMA_TEXT:
        return draft_text(builder, arena, test, draft);
    case SIGMA_REGEX:
        return draft_regex(builder, arena, test, draft, refusal);
    case SIGMA_CIDR:
        return draft_cidr(builder, test, draft, refusal);
    case SIGMA_COMPARE:
        draft->record.form = (uint8_t)test->compare;
        draft->record.number = test->number + 0.0; /* -0 is 0 */
        return true;
    case SIGMA_FIELDREF:
        draft->record.form = (uint8_t)test->compare_text;
        draft->record.field =
            builder_field(builder, (const char *)arena_keep_text(arena, test->text));
        return true;
    case SIGMA_TIMEPART:
        draft->record.form = (uint8_t)test->part;
        draft->record.split = (uint8_t)test->compare;
        draft->record.number = test->number + 0.0;
        return true;
    case SIGMA_EXISTS:
    case SIGMA_NULL:
    case SIGMA_TRUE:
        return true;
    }
    return false;
}

static uint8_t flags_of(const struct sigma_test *test)
{
    const bool may_be_cased = test->kind == SIGMA_TEXT || test->kind == SIGMA_FIELDREF;
    const bool may_be_wanted = test->kind == SIGMA_EXISTS || test->kind == SIGMA_TRUE;
    return (uint8_t)((may_be_cased && test->is_cased ? TEST_CASED : 0) |
                     (may_be_wanted && test->wanted ? TEST_WANTED : 0));
}

#define TEST_MEMORY_MAX (64U << 20) /* of one test while it is compiled */

bool compile_test(struct builder *builder, const struct sigma_test *test, uint32_t *number,
                  struct refusal *refusal)
{
    struct arena arena;
    struct draft_test draft = {
        .record = {.kind = (uint8_t)test->kind, .flags = flags_of(test)},
    };
    arena_init(&arena, TEST_MEMORY_MAX);
    draft.record.text = builder_text(builder, "");
    snprintf(refusal->reason, sizeof(refusal->reason), "a value is too long");
    const bool is_done = draft_kind(builder, &arena, test, &draft, refusal);
    if (is_done && !builder->failed)
        *number = test_number(builder, &arena, &draft);
    arena_release(&arena);
    return is_done;
}

uint32_t compile_set(struct builder *builder, const uint32_t *members, uint32_t count)
{
    struct image_test record = {.kind = TEST_SET, .text = builder_text(builder, "")};
    struct buffer *key = &builder->key;
    bool is_new = false;
    buffer_reset(key);
    buffer_bytes(key, &record, sizeof(record));
    buffer_bytes(key, members, count * sizeof(*members));
    const uint32_t number = keys_add(&builder->tests, buffer_view(key), &is_new);
    builder->failed |= key->failed || number == KEYS_NONE;
    if (!is_new || builder->failed)
        return number;
    const struct image_test *tests = (const void *)builder->sections[IMAGE_tests].data;
    record.flags = TEST_SOUGHT;
    for (uint32_t i = 0; i < count; i++) {
        record.flags &= tests[members[i]].flags;
        record.rate += tests[members[i]].rate;
    }
    record.pieces = builder_words(builder, members, count);
    builder_add(builder, IMAGE_tests, &record);
    return number;
}

static uint32_t compile_plain(struct builder *builder, struct bytes text, bool is_prefix)
{
    const struct sigma_piece pieces[] = {
        {SIGMA_PIECE_LITERAL, text},
        {.kind = SIGMA_PIECE_MANY},
    };
    const struct sigma_test test = {
        .kind = SIGMA_TEXT,
        .field = "",
        .pieces = pieces,
        .piece_count = is_prefix ? 2 : 1,
    };
    struct refusal refusal;
    uint32_t number = 0;
    builder->failed |= !compile_test(builder, &test, &number, &refusal);
    return number;
}

uint32_t compile_text(struct builder *builder, const char *text)
{
    return compile_plain(builder, bytes_of_text(text), false);
}

uint32_t compile_begin(struct builder *builder, const char *text)
{
    const size_t length = strlen(text);
    const bool is_prefix = length > 0 && text[length - 1] == '*';
    return compile_plain(builder, bytes_of(text, length - is_prefix), is_prefix);
}

struct image_text compile_folded(struct builder *builder, const char *text)
{
    struct arena arena;
    arena_init(&arena, TEST_MEMORY_MAX);
    const struct bytes value = folded(&arena, bytes_of_text(text));
    builder->failed |= value.data == NULL;
    const struct image_text kept = builder_bytes(builder, value);
    arena_release(&arena);
    return kept;
}
