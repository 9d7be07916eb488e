/* The live records of a chunk, one behind the other, over whatever is damaged between them. */
#ifndef IMPOUND_READERS_EVTX_RUN_H
#define IMPOUND_READERS_EVTX_RUN_H

#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_decoder.h"

/* The decoding of one piece. */
struct evtx_pass {
    struct evtx_decoder *decoder;
    const struct evtx_piece *piece;
    struct account *account;
    event_sink *sink;
    void *context;
    bool carve; /* also what is not live */
};

/* Reads one record and hands it on; *end is where its stream ended. False, and accounted for, when
 * it was damaged. */
bool evtx_pass_record(const struct evtx_pass *pass, const struct evtx_envelope *envelope,
                      bool is_carved, size_t *end);

/* Reads the live records and says what is wrong with the chunk. Returns where they end. */
size_t evtx_run_decode(const struct evtx_pass *pass);

#endif
