#include "rules/match/text.h"

#include "base/attributes.h"
#include "base/utf.h"
#include "rules/sigma/sigma.h"

/* 16 bytes at a time, by the compiler's vectors. */
typedef uint8_t lanes __attribute__((vector_size(16)));

static inline lanes lanes_at(const uint8_t *at)
{
    lanes loaded;
    memcpy(&loaded, at, sizeof(loaded));
    return loaded;
}

/* Which of 16 places have the part's first byte there and its last byte where it would end. */
static inline bool lanes_fit(const uint8_t *at, struct bytes part, uint8_t fit[16])
{
    const uint8_t first = part.data[0], last = part.data[part.length - 1];
    const lanes both =
        (lanes)(lanes_at(at) == first) & (lanes)(lanes_at(at + part.length - 1) == last);
    memcpy(fit, &both, sizeof(both));
    return (load_le64(fit) | load_le64(fit + 8)) != 0;
}

/* Several times faster than memmem for the short parts and texts that rules and events have. */
const uint8_t *text_find(struct bytes text, struct bytes part)
{
    if (part.length == 0)
        return text.data;
    if (part.length > text.length)
        return NULL;
    if (part.length == 1)
        return memchr(text.data, part.data[0], text.length);
    size_t at = 0;
    const size_t places = text.length - part.length + 1;
    for (; at + 16 <= places; at += 16) {
        uint8_t fit[16];
        if (LIKELY(!lanes_fit(text.data + at, part, fit)))
            continue;
        for (size_t i = 0; i < 16; i++)
            if (fit[i] && memcmp(text.data + at + i, part.data, part.length) == 0)
                return text.data + at + i;
    }
    for (; at < places; at++)
        if (text.data[at] == part.data[0] && memcmp(text.data + at, part.data, part.length) == 0)
            return text.data + at;
    return NULL;
}

bool text_begins(struct bytes text, struct bytes with)
{
    return with.length <= text.length &&
           (with.length == 0 || memcmp(text.data, with.data, with.length) == 0);
}

bool text_ends(struct bytes text, struct bytes with)
{
    return with.length <= text.length &&
           (with.length == 0 ||
            memcmp(text.data + text.length - with.length, with.data, with.length) == 0);
}

/* Steps over one piece that is no `*`; false when it does not stand here. */
static bool piece_step(const struct image *image, const struct image_piece *piece,
                       struct bytes text, size_t *at)
{
    const struct bytes rest = bytes_of(text.data + *at, text.length - *at);
    if (piece->kind == SIGMA_PIECE_LITERAL) {
        *at += piece->literal.length;
        return text_begins(rest, image_bytes(image, piece->literal));
    }
    uint32_t character;
    if (rest.length == 0)
        return false;
    const unsigned length = utf8_decode(rest.data, rest.length, &character);
    *at += length ? length : 1;
    return true;
}

/* The next place from `from` on where the pieces behind a `*` may begin; false when there is none.
 * Patterns are made so that a literal or nothing stands behind a `*`. */
static bool next_begin(const struct image *image, const struct image_piece *behind,
                       struct bytes text, size_t *from)
{
    if (*from > text.length)
        return false;
    if (!behind || behind->kind != SIGMA_PIECE_LITERAL)
        return true;
    const uint8_t *found = text_find(bytes_of(text.data + *from, text.length - *from),
                                     image_bytes(image, behind->literal));
    if (found)
        *from = (size_t)(found - text.data);
    return found != NULL;
}

/* Only the last `*` needs to be tried again, because what stands before it was matched as far to
 * the left as it goes. */
static bool glob_fits(const struct image *image, struct image_list list, struct bytes text)
{
    const struct image_piece *pieces = &image->pieces[list.first];
    uint32_t piece = 0, behind = 0; /* behind: the piece behind the last `*`; 0: none yet */
    size_t at = 0, begin = 0;
    for (;;) {
        if (piece < list.count && pieces[piece].kind == SIGMA_PIECE_MANY) {
            behind = ++piece;
            if (behind == list.count)
                return true;
            begin = at;
        } else if (piece < list.count ? piece_step(image, &pieces[piece], text, &at)
                                      : at == text.length) {
            if (piece++ == list.count)
                return true;
            continue;
        } else {
            if (behind == 0)
                return false;
            begin++;
        }
        if (!next_begin(image, behind < list.count ? &pieces[behind] : NULL, text, &begin))
            return false;
        at = begin;
        piece = behind;
    }
}

bool text_fits(const struct image *image, const struct image_test *test, struct bytes text)
{
    const struct bytes literal = image_bytes(image, test->text);
    switch ((enum text_form)test->form) {
    case TEXT_EQUAL:
        return bytes_equal(text, literal);
    case TEXT_PREFIX:
        return text_begins(text, literal);
    case TEXT_SUFFIX:
        return text_ends(text, literal);
    case TEXT_CONTAINS:
        return text_find(text, literal) != NULL;
    case TEXT_ANY:
        return true;
    case TEXT_GLOB:
        return glob_fits(image, test->pieces, text);
    case TEXT_FORM_COUNT:
        break;
    }
    return false;
}
