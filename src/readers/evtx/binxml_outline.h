/* What a stream that uses no template (a forwarded event's, say) tells but for its texts: tokens,
 * names, and what the attributes Name say, as words. Two streams of equal outlines have equal trees
 * when the other literals are slots numbered in their order; so a tree is compiled once for all. */
#ifndef IMPOUND_READERS_EVTX_BINXML_OUTLINE_H
#define IMPOUND_READERS_EVTX_BINXML_OUTLINE_H

#include "base/cursor.h"
#include "readers/evtx/binxml_name.h"

#define BINXML_OUTLINE_WORDS  4096U
#define BINXML_OUTLINE_VALUES 512U

struct binxml_outline {
    uint32_t word_count;
    uint32_t value_count;
    uint32_t length; /* of the stream, up to its end token */
    uint32_t words[BINXML_OUTLINE_WORDS];
    struct value values[BINXML_OUTLINE_VALUES]; /* the slots; their bytes are the chunk's */
};

/* Reads the outline of the stream. False when there is anything in it that asks for a compilation:
 * templates, values of other types than text, damage, more than there is room for. */
bool binxml_outline_read(struct binxml_outline *outline, struct binxml_names *names,
                         const struct binxml_chunk *chunk, struct cursor stream) MUST_CHECK;

#endif
