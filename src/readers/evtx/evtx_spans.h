/* Which record identifiers a log covers, chunk by chunk, in any order, and so which are missing. */
#ifndef IMPOUND_READERS_EVTX_SPANS_H
#define IMPOUND_READERS_EVTX_SPANS_H

#include "base/buffer.h"

struct evtx_span {
    uint64_t first, last;
};

struct evtx_spans {
    struct buffer spans; /* struct evtx_span; one for all as long as they come in order */
    bool is_full;        /* some were not kept */
};

#define EVTX_SPANS_MAX 65536U

void evtx_spans_release(struct evtx_spans *spans);

/* Adds the identifiers from `first` to `last`. */
void evtx_spans_add(struct evtx_spans *spans, uint64_t first, uint64_t last);

/* Sorts and joins them; to be called before the two below. */
void evtx_spans_close(struct evtx_spans *spans);

/* The highest identifier, 0 when there is none. */
uint64_t evtx_spans_highest(const struct evtx_spans *spans);

/* Number `index` of the runs that are missing between two identifiers that are there; false behind
 * the last one. */
bool evtx_spans_gap(const struct evtx_spans *spans, size_t index, struct evtx_span *gap);

#endif
