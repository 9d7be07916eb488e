#include "rules/sigma/pattern.h"

#include <assert.h>

enum status draft_no_memory(const struct draft_context *context)
{
    return fault_set(context->fault, STATUS_MEMORY, 0, "the rules need more memory than %zu MiB",
                     context->arena->maximum >> 20);
}

/* Pieces are written into an array with room for them; a second * beside another adds nothing. */
struct pieces {
    struct sigma_piece *at;
    uint32_t count;
};

static bool pieces_begin(struct pieces *pieces, struct arena *arena, size_t most)
{
    *pieces = (struct pieces){.at = arena_take_array(arena, most ? most : 1, sizeof(*pieces->at))};
    return pieces->at != NULL;
}

static void pieces_add(struct pieces *pieces, struct sigma_piece piece)
{
    const bool repeats = piece.kind == SIGMA_PIECE_MANY && pieces->count &&
                         pieces->at[pieces->count - 1].kind == SIGMA_PIECE_MANY;
    const bool is_empty = piece.kind == SIGMA_PIECE_LITERAL && piece.literal.length == 0;
    if (!repeats && !is_empty)
        pieces->at[pieces->count++] = piece;
}

static void pieces_add_literal(struct pieces *pieces, const uint8_t *from, const uint8_t *to)
{
    pieces_add(pieces, (struct sigma_piece){.kind = SIGMA_PIECE_LITERAL,
                                            .literal = bytes_of(from, (size_t)(to - from))});
}

static void pieces_add_kind(struct pieces *pieces, enum sigma_piece_kind kind)
{
    pieces_add(pieces, (struct sigma_piece){.kind = kind});
}

static struct pattern pieces_pattern(const struct pieces *pieces)
{
    return (struct pattern){pieces->at, pieces->count};
}

static bool is_special(uint8_t byte)
{
    return byte == '*' || byte == '?' || byte == '\\';
}

enum status pattern_parse(const struct draft_context *context, struct bytes text,
                          struct pattern *pattern)
{
    size_t wildcards = 0;
    for (size_t i = 0; i < text.length; i++)
        wildcards += text.data[i] == '*' || text.data[i] == '?';
    struct pieces pieces;
    uint8_t *plain = arena_take_aligned(context->arena, text.length + 1, 1);
    if (!plain || !pieces_begin(&pieces, context->arena, 2 * wildcards + 1))
        return draft_no_memory(context);
    const uint8_t *begin = plain;
    for (size_t i = 0; i < text.length; i++) {
        const uint8_t byte = text.data[i];
        if (byte == '*' || byte == '?') {
            pieces_add_literal(&pieces, begin, plain);
            begin = plain;
            pieces_add_kind(&pieces, byte == '*' ? SIGMA_PIECE_MANY : SIGMA_PIECE_ONE);
            continue;
        }
        if (byte == '\\' && i + 1 < text.length && is_special(text.data[i + 1]))
            i++;
        *plain++ = text.data[i];
    }
    pieces_add_literal(&pieces, begin, plain);
    *pattern = pieces_pattern(&pieces);
    return STATUS_OK;
}

enum status pattern_literal(const struct draft_context *context, struct bytes text,
                            struct pattern *pattern)
{
    const struct bytes kept = arena_keep(context->arena, text);
    struct pieces pieces;
    if (!kept.data || !pieces_begin(&pieces, context->arena, 1))
        return draft_no_memory(context);
    pieces_add_literal(&pieces, kept.data, kept.data + kept.length);
    *pattern = pieces_pattern(&pieces);
    return STATUS_OK;
}

enum status pattern_open(const struct draft_context *context, bool front, bool back,
                         struct pattern *pattern)
{
    struct pieces pieces;
    if (!pieces_begin(&pieces, context->arena, (size_t)pattern->count + 2))
        return draft_no_memory(context);
    if (front)
        pieces_add_kind(&pieces, SIGMA_PIECE_MANY);
    for (uint32_t i = 0; i < pattern->count; i++)
        pieces_add(&pieces, pattern->pieces[i]);
    if (back)
        pieces_add_kind(&pieces, SIGMA_PIECE_MANY);
    *pattern = pieces_pattern(&pieces);
    return STATUS_OK;
}

/* Makes two literals that have come to stand side by side one. */
static bool join_literals(const struct draft_context *context, struct sigma_piece *last,
                          struct bytes more)
{
    const size_t length = last->literal.length + more.length;
    uint8_t *both = arena_take_aligned(context->arena, length, 1);
    if (!both)
        return false;
    memcpy(both, last->literal.data, last->literal.length);
    memcpy(both + last->literal.length, more.data, more.length);
    last->literal = bytes_of(both, length);
    return true;
}

enum status pattern_join(const struct draft_context *context, struct pattern one,
                         struct pattern other, struct pattern *joined)
{
    struct pieces pieces;
    if (!pieces_begin(&pieces, context->arena, (size_t)one.count + other.count))
        return draft_no_memory(context);
    for (uint32_t i = 0; i < one.count; i++)
        pieces_add(&pieces, one.pieces[i]);
    uint32_t from = 0;
    if (pieces.count && other.count && other.pieces[0].kind == SIGMA_PIECE_LITERAL &&
        pieces.at[pieces.count - 1].kind == SIGMA_PIECE_LITERAL) {
        if (!join_literals(context, &pieces.at[pieces.count - 1], other.pieces[0].literal))
            return draft_no_memory(context);
        from = 1;
    }
    for (uint32_t i = from; i < other.count; i++)
        pieces_add(&pieces, other.pieces[i]);
    *joined = pieces_pattern(&pieces);
    return STATUS_OK;
}

/* The end of the placeholder that begins at `at`, its closing %; NULL when none begins there. */
static const uint8_t *placeholder_end(struct bytes literal, const uint8_t *at)
{
    const uint8_t *end = literal.data + literal.length;
    if (*at != '%' || (at > literal.data && at[-1] == '\\'))
        return NULL;
    const uint8_t *close = memchr(at + 1, '%', (size_t)(end - at - 1));
    return close && close > at + 1 ? close : NULL;
}

/* Adds the parts of one literal. `plain` has room for its bytes. */
static void split_literal(struct pieces *pieces, struct bytes literal, uint8_t *plain)
{
    const uint8_t *end = literal.data + literal.length;
    const uint8_t *begin = plain;
    for (const uint8_t *at = literal.data; at < end; at++) {
        const uint8_t *close = placeholder_end(literal, at);
        if (close) {
            pieces_add_literal(pieces, begin, plain);
            begin = plain;
            pieces_add(pieces, (struct sigma_piece){
                                   .kind = DRAFT_PLACEHOLDER,
                                   .literal = bytes_of(at + 1, (size_t)(close - at - 1)),
                               });
            at = close;
        } else if (at[0] != '\\' || at + 1 == end || at[1] != '%') {
            *plain++ = *at;
        }
    }
    pieces_add_literal(pieces, begin, plain);
}

enum status pattern_find_placeholders(const struct draft_context *context, struct pattern *pattern)
{
    size_t percents = 0;
    for (uint32_t i = 0; i < pattern->count; i++)
        for (size_t j = 0; j < pattern->pieces[i].literal.length; j++)
            percents += pattern->pieces[i].literal.data[j] == '%';
    if (percents == 0)
        return STATUS_OK;
    struct pieces pieces;
    if (!pieces_begin(&pieces, context->arena, pattern->count + 2 * percents))
        return draft_no_memory(context);
    for (uint32_t i = 0; i < pattern->count; i++) {
        const struct sigma_piece *piece = &pattern->pieces[i];
        if (piece->kind != SIGMA_PIECE_LITERAL) {
            pieces_add(&pieces, *piece);
            continue;
        }
        uint8_t *plain = arena_take_aligned(context->arena, piece->literal.length, 1);
        if (!plain)
            return draft_no_memory(context);
        split_literal(&pieces, piece->literal, plain);
    }
    *pattern = pieces_pattern(&pieces);
    return STATUS_OK;
}

bool pattern_has_wildcard(struct pattern pattern)
{
    for (uint32_t i = 0; i < pattern.count; i++)
        if (pattern.pieces[i].kind == SIGMA_PIECE_ONE || pattern.pieces[i].kind == SIGMA_PIECE_MANY)
            return true;
    return false;
}

const struct sigma_piece *pattern_placeholder(struct pattern pattern)
{
    for (uint32_t i = 0; i < pattern.count; i++)
        if (pattern.pieces[i].kind == DRAFT_PLACEHOLDER)
            return &pattern.pieces[i];
    return NULL;
}

struct bytes pattern_text(struct pattern pattern)
{
    assert(pattern.count <= 1);
    assert(!pattern_has_wildcard(pattern) && !pattern_placeholder(pattern));
    return pattern.count ? pattern.pieces[0].literal : bytes_of("", 0);
}
