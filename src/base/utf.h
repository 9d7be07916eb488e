/* UTF-16LE to UTF-8, and the folding under which rules compare.
 *
 * A lone surrogate becomes U+FFFD. Folding is Unicode simple lower case, character by character,
 * so a folded text may differ from its source in length but never in the number of characters. */
#ifndef IMPOUND_BASE_UTF_H
#define IMPOUND_BASE_UTF_H

#include "base/bytes.h"

/* The most bytes that `units` UTF-16 units can become. The writers below may touch this much. */
#define UTF8_BOUND(units) ((units)*3 + 32)

/* Writes the UTF-8 of `units` little-endian 16-bit units at `from` to `to`, which has
 * UTF8_BOUND(units) bytes. Returns the length. */
size_t utf8_from_utf16(uint8_t *to, const uint8_t *from, size_t units);

/* The same, folded. */
size_t utf8_fold_utf16(uint8_t *to, const uint8_t *from, size_t units);

/* Folds UTF-8; bytes that are no part of a sequence are kept. `to` has length * 3 + 32 bytes and
 * may not overlap. Returns the length. */
size_t utf8_fold(uint8_t *to, struct bytes text);

/* Folds one character. */
uint32_t utf_fold_char(uint32_t character);

/* Decodes one character from at most `left` > 0 bytes: its length (1 to 4) with *character set, or
 * 0 when the bytes are not well-formed (RFC 3629). */
unsigned utf8_decode(const uint8_t *at, size_t left, uint32_t *character);

/* How many of `units` units come before the first NUL. */
size_t utf16_length(const uint8_t *from, size_t units);

/* Decodes one character from at most `units` > 0 units; *taken is how many it used. A lone
 * surrogate becomes U+FFFD. */
uint32_t utf16_decode(const uint8_t *at, size_t units, size_t *taken);

/* Encodes one character (at most 0x10FFFF) into up to 4 bytes; returns how many. */
unsigned utf8_encode(uint8_t *to, uint32_t character);

/* Whether all of it is well-formed. */
bool utf8_is_valid(struct bytes text);

#endif
