/* Evidence to events. One table (readers.c) names the formats; a format is a folder.
 *
 * A reader works in two halves, so that one file can be decoded by several threads: `next` cuts the
 * evidence into batches, in order and under a lock; `decode` turns a batch into events on any
 * thread, in any order. What is said of a batch (account) is added up in order afterwards. Damage
 * is a result: a reader goes on behind it and accounts for it.
 *
 * Knows nothing of rules or outputs. */
#ifndef IMPOUND_READERS_H
#define IMPOUND_READERS_H

#include "base/buffer.h"
#include "event/event.h"
#include "evidence/account.h"
#include "evidence/source.h"

struct secrets;

/* What all readers of a process share. */
struct reader_shared {
    struct names *fields;
    struct shapes *shapes;
    const struct secrets *secrets; /* to open what is encrypted; NULL: none */
    bool carve;                    /* look for records outside the format's own structure too */
    bool is_alone;  /* one thread does everything: batches need not be worth handing over */
    bool no_fields; /* events only need what their envelope says, because records are just written
                       out with `render` */
};

enum reader_text {
    READER_TEXT_JSON, /* as evtx_dump -o jsonl has it, one line without its end */
    READER_TEXT_XML,  /* one line likewise */
};

#define BATCH_LANES_MAX 64U

/* A piece of evidence that can be decoded alone. The memory is the batch's own and is reused. */
struct batch {
    struct buffer data;
    uint64_t offset;   /* in the evidence, of the first byte */
    size_t own;        /* records that begin in the first `own` bytes belong to this batch; the rest
                          is there so that the last one is whole */
    uint64_t sequence; /* of the batch in its evidence, from 0 */
    uint64_t first;    /* number of the first record or line, where the format counts */
    uint32_t kind;     /* for the reader's own use */
    uint32_t lane;     /* 0: may be decoded in any order; else batches of one lane, up to
                          BATCH_LANES_MAX, are decoded one after the other as they were cut, for
                          formats whose records hang together */
    void *context;     /* of the lane; the reader's own, valid until `close` */
};

typedef void event_sink(void *context, struct event *event);

struct reader_format {
    const char *name; /* as `type` in the evidence account */
    /* Whether it looks like this format. `head` is the first bytes, all of them when shorter than
     * EVIDENCE_HEAD. */
    bool (*recognises)(struct bytes head, const struct reader_shared *shared);

    /* The cutting half: one a piece of evidence. */
    enum status (*open)(const struct reader_shared *shared, struct source *source,
                        struct account *account, void **state, struct fault *fault);
    /* The next batch; STATUS_END behind the last one. A failure ends the evidence, which is then
     * incomplete. What the cutter itself notices goes into `account`. */
    enum status (*next)(void *state, struct batch *batch, struct account *account,
                        struct fault *fault);
    void (*close)(void *state, struct account *account);

    /* The decoding half: one a thread, used for any evidence of this format. */
    void *(*decoder_new)(const struct reader_shared *shared); /* NULL without memory */
    void (*decoder_free)(void *decoder);
    /* Calls `sink` for each event of the batch, in order. The event lives during that call only. */
    void (*decode)(void *decoder, const struct batch *batch, struct account *account,
                   event_sink *sink, void *context);
    /* Writes the current record out; to be called from the sink. False, with nothing written, when
     * the format has no such form, NULL when it has none at all: events are then written by their
     * fields. */
    bool (*render)(void *decoder, enum reader_text text, struct buffer *to);
};

/* The format of the evidence by its first bytes, or NULL: not evidence. */
const struct reader_format *reader_find(struct bytes head, const struct reader_shared *shared);

extern const struct reader_format reader_evtx;
extern const struct reader_format reader_evtx_carve;
extern const struct reader_format reader_pcap;
extern const struct reader_format reader_pcapng;
extern const struct reader_format reader_json;
extern const struct reader_format reader_xml;

#endif
