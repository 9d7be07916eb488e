/* Whether rule files are still those that were compiled before, told by what the file system says
 * of them (path, size, times, inode) instead of reading them all: 3,000 files cost more to read
 * than their compiled form. A stamp in the cache names the hash of the contents that such a state
 * had. */
#ifndef IMPOUND_RULES_LOAD_STAMP_H
#define IMPOUND_RULES_LOAD_STAMP_H

#include "rules/load/load.h"

/* The hash of the state of all that the options name, into *stamp. False when something changed so
 * recently that its times cannot tell, or cannot be looked at: then the files are to be read. */
bool stamp_make(const struct load_options *options, uint64_t seed, uint64_t *stamp);

/* The hash of the contents that this state had. False when it is not known. */
bool stamp_find(const char *cache, uint64_t stamp, uint64_t *hash);

/* Remembers it. A failure does not matter. */
void stamp_keep(const char *cache, uint64_t stamp, uint64_t hash);

#endif
