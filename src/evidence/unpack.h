/* Archives and compressed files as sources: one layer reads an outer source and gives its members
 * as inner ones, of which one is open at a time. Layers stack: a tar in a gz in a zip is three. */
#ifndef IMPOUND_EVIDENCE_UNPACK_H
#define IMPOUND_EVIDENCE_UNPACK_H

#include "evidence/evidence.h"

/* Each archive may be compressed, and a compressed file needs no archive around it. */
#define UNPACK_LAYERS_MAX (2 * EVIDENCE_ARCHIVE_DEPTH)

enum unpack_kind {
    UNPACK_NONE,
    UNPACK_ZIP,
    UNPACK_7Z,
    UNPACK_TAR,
    UNPACK_GZ, /* from here on: one compressed stream, no members */
    UNPACK_BZ2,
    UNPACK_XZ,
    UNPACK_ZST,
};

/* What the first bytes are. Nothing but the kinds above is ever looked into. */
enum unpack_kind unpack_tell(struct bytes head);
const char *unpack_name(enum unpack_kind kind);

static inline bool unpack_has_members(enum unpack_kind kind)
{
    return kind != UNPACK_NONE && kind < UNPACK_GZ;
}

struct layer;

/* Owns `outer` from now on; NULL without memory, and then it does not. */
struct layer *layer_new(struct source *outer, enum unpack_kind kind,
                        const struct evidence_options *options);

bool layer_has_members(const struct layer *layer);

/* The next member, to be closed before the next call; STATUS_END behind the last one and where the
 * archive cannot be read on. A compressed stream has one, with the outer path, and its `packed` is
 * the outer source. */
enum status layer_next(struct layer *layer, struct source **member, struct fault *fault) MUST_CHECK;

/* Gives the outer source back: an archive concluded as such, with what went wrong in it. A
 * compressed stream that gave its content has nothing to add, and is NULL. */
struct source *layer_close(struct layer *layer);

#endif
