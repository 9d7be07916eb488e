/* Rule texts by path, gathered in memory before anything is parsed. Paths order the texts.
 *
 * A pack is a book as bytes, for the built-in rules and for bundles: for each text
 *   0 4 length of the path   4 4 length of the text   8 path, text. */
#ifndef IMPOUND_RULES_LOAD_BOOK_H
#define IMPOUND_RULES_LOAD_BOOK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/status.h"

struct book_page {
    const char *path;
    struct bytes text;
};

struct book {
    struct arena arena;
    struct book_page *pages;
    size_t count, room;
    size_t bytes;
};

void book_init(struct book *book);
void book_release(struct book *book);

/* Adds copies. STATUS_REFUSED past the maxima. */
enum status book_add(struct book *book, const char *path, struct bytes text,
                     struct fault *fault) MUST_CHECK;

/* Calls `found` for the rule files (.yml, .yaml) below a folder, by name, or for one file whatever
 * its name. What is not STATUS_OK ends the walk and is passed on. */
struct stat;
typedef enum status book_found(void *context, const char *path, const struct stat *info,
                               struct fault *fault);
enum status book_walk(const char *path, book_found *found, void *context,
                      struct fault *fault) MUST_CHECK;

/* Adds these files. */
enum status book_add_path(struct book *book, const char *path, struct fault *fault) MUST_CHECK;

/* Adds a pack; paths get `prefix` in front. STATUS_DAMAGED. */
enum status book_add_pack(struct book *book, const char *prefix, struct bytes pack,
                          struct fault *fault) MUST_CHECK;

/* Writes the book as a pack. */
void book_write_pack(const struct book *book, struct buffer *to);

/* A hash over paths and texts. */
uint64_t book_hash(const struct book *book, uint64_t seed);

#endif
