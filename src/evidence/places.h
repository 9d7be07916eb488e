/* Which files and directories were met already: device and inode, and the path they were met at. */
#ifndef IMPOUND_EVIDENCE_PLACES_H
#define IMPOUND_EVIDENCE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

struct places;

struct places *places_new(void); /* NULL without memory */
void places_free(struct places *places);

/* The path at which it was met first, or NULL. */
const char *places_find(const struct places *places, uint64_t device, uint64_t inode);

/* Remembers `path` (not copied) unless the place is known. False without memory. */
bool places_add(struct places *places, uint64_t device, uint64_t inode, const char *path);

#endif
