/* Chunks to events: one decoder a thread. */
#ifndef IMPOUND_READERS_EVTX_DECODER_H
#define IMPOUND_READERS_EVTX_DECODER_H

#include "readers/readers.h"

struct evtx_decoder;

struct evtx_decoder *evtx_decoder_new(const struct reader_shared *shared);
void evtx_decoder_free(struct evtx_decoder *decoder);

/* A chunk, whole or cut short, with or without its header. */
struct evtx_piece {
    struct bytes chunk;
    uint64_t offset; /* in the evidence */
    bool is_open;    /* its log was not closed: its header may be behind */
};

/* Decodes one chunk. Live records always; with `carve` also those in slack space, in chunks without
 * a header and inside records that were enlarged over them. */
void evtx_decode_chunk(struct evtx_decoder *decoder, const struct evtx_piece *piece,
                       struct account *account, event_sink *sink, void *context);

/* Decodes all whole records of a chunk that was found somewhere. */
void evtx_decode_carved(struct evtx_decoder *decoder, const struct evtx_piece *piece,
                        struct account *account, event_sink *sink, void *context);

/* Decodes one record that stands alone, at `record` of the piece, whose bytes are those that its
 * offsets count from, as far as they are known. */
void evtx_decode_loose(struct evtx_decoder *decoder, const struct evtx_piece *piece, size_t record,
                       struct account *account, event_sink *sink, void *context);

/* Writes the current record; to be called from the sink. */
void evtx_decoder_render(struct evtx_decoder *decoder, enum reader_text text, struct buffer *to);

#endif
