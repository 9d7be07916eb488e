/* Rules in one file: compressed, checksummed, swapped in whole. Antivirus quarantines plain rule
 * folders; this it leaves alone.
 *
 * A bundle is one line of text, `impound-bundle 1 sha256:HEX LENGTH\n`, and a zstd frame; the sum
 * and the length are those of the pack (book.h) inside. */
#ifndef IMPOUND_RULES_LOAD_BUNDLE_H
#define IMPOUND_RULES_LOAD_BUNDLE_H

#include "rules/load/book.h"

#define BUNDLE_SUFFIX   ".bundle"
#define BUNDLE_PREVIOUS ".previous" /* behind the suffix: what the newest import replaced */

/* Whether the file begins as a bundle does. */
bool bundle_is(const char *path);

/* Adds a bundle's rules to the book; their paths begin with `name`. STATUS_DAMAGED when it does not
 * verify. */
enum status bundle_read(const char *path, const char *name, struct book *book,
                        struct fault *fault) MUST_CHECK;

/* Writes the book as a bundle. */
enum status bundle_write(const char *path, const struct book *book, struct fault *fault) MUST_CHECK;

/* Moves a bundle to `path` in the same folder; what stood there is kept beside it. */
enum status bundle_place(const char *from, const char *path, struct fault *fault) MUST_CHECK;

/* Changes places with what was kept beside the bundle, which must verify. Twice is as if never. */
enum status bundle_roll_back(const char *path, struct fault *fault) MUST_CHECK;

#endif
