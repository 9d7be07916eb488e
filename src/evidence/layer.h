/* The state of one archive that is being read, for unpack*.c only. */
#ifndef IMPOUND_EVIDENCE_LAYER_H
#define IMPOUND_EVIDENCE_LAYER_H

#include "evidence/input.h"
#include "evidence/unpack.h"

#include <archive.h>

#define LAYER_BLOCK ((size_t)256 << 10) /* what the library gets of the outer source at once */

struct layer {
    struct archive *archive; /* NULL: not attached yet */
    struct source *outer;
    enum unpack_kind kind;
    struct evidence_options options;
    uint8_t *block;
    struct gunzip *gunzip; /* NULL: the library undoes the compression */
    uint8_t *unfolded;     /* likewise: a block of what it gives */
    uint64_t position;     /* in the outer source, when it can be sought */
    bool is_seekable;
    bool is_streamed; /* a zip that is read by its local headers */
    bool is_over;     /* no more headers are to be read */
    bool has_given;

    uint64_t members; /* headers seen */
    uint64_t passed;  /* headers still to be passed over, because they were seen before */
    uint64_t in;      /* taken from the outer source; twice what was read twice */
    uint64_t out;     /* given by members, those refused as bombs left out */
    uint64_t total;   /* given by members */
    unsigned bombs;

    struct fault outer_fault; /* why the outer source ended; status 0: it did not fail */
    struct fault verdict;     /* what was wrong with the archive first; status 0: nothing */

    bool is_open;   /* the member has bytes left */
    bool can_skip;  /* and passing over them costs nothing */
    bool has_ended; /* but for a gap at its end */
    uint64_t member_in, member_out;
    uint64_t member_size; /* as the archive says, or SOURCE_SIZE_NONE */
    const uint8_t *data;  /* the library's own, until its next call */
    size_t data_left;
    uint64_t gap;         /* zeros that come before the data (sparse files) */
    struct fault warning; /* raised behind the data that it came with; status 0: none */
};

/* Reads the open member, under the limits: as source_read does. */
enum status layer_read(struct layer *layer, void *to, size_t want, size_t *got,
                       struct fault *fault) MUST_CHECK;

/* Reads the open member to its end for nothing, under the limits. */
void layer_pass(struct layer *layer);

/* Fills `fault` with what the library says, or with why the outer source failed. */
enum status layer_blame(const struct layer *layer, uint64_t offset, struct fault *fault);

/* Keeps the first verdict. */
void layer_judge(struct layer *layer, const struct fault *verdict);

#endif
