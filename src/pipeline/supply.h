/* The supplying side of the pipeline: sources one after the other, cut into batches by their
 * format. One thread at a time. */
#ifndef IMPOUND_PIPELINE_SUPPLY_H
#define IMPOUND_PIPELINE_SUPPLY_H

#include "pipeline/pipeline.h"

/* A piece of evidence on its way: made when its source is opened, released when the last of it was
 * committed. */
struct supply_item {
    uint32_t evidence;
    char *path;
    const struct reader_format *format; /* NULL: nothing to decode */
    const char *type;
    uint64_t bytes;
    char hash[EVIDENCE_HASH_BOUND];
    bool is_evidence;
    struct account cutting;    /* written by the supplier */
    struct account account;    /* joined at the commits */
    struct names_budget names; /* what it may still bring of new ones */
};

void supply_item_free(struct supply_item *item);

struct supply {
    struct evidence *evidence;
    const struct pipeline_options *options;
    struct source *source;
    struct supply_item *item; /* of the source that is being cut; NULL: the next source is due */
    void *state;              /* of its format */
};

/* What a call gave. */
enum supply_kind {
    SUPPLY_BATCH, /* *item and the batch */
    SUPPLY_ITEM,  /* *item has ended */
};

/* Fills the batch or ends an item. STATUS_END behind the last item. Failures of one source end that
 * source and are in its account. */
enum status supply_next(struct supply *supply, enum supply_kind *kind, struct supply_item **item,
                        struct batch *batch, struct fault *fault) MUST_CHECK;

#endif
