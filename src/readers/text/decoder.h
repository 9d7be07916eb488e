/* What the decoding halves of the text formats share: reading record after record, making events of
 * them, and accounting for what cannot be read. */
#ifndef IMPOUND_READERS_TEXT_DECODER_H
#define IMPOUND_READERS_TEXT_DECODER_H

#include "readers/text/cutter.h"
#include "readers/text/plan.h"

struct text_decoder {
    struct record record;
    struct plans plans;
    struct event_cache *cache;
    /* What a parser says of the text of its last record. */
    bool is_wide;     /* it has bytes that are not ASCII */
    const char *flaw; /* it is not as it should be, and was read all the same; or NULL */
    /* The batch. */
    const uint8_t *begin;
    const uint8_t *end;
    struct account *account;
    event_sink *sink;
    void *context;
    struct text_place place;
    const uint8_t *counted; /* up to where `number` counts lines; NULL: it counts records */
    uint64_t number;
};

/* Reads the record at `*at`, which begins with an empty decoder->record, and steps past it.
 * STATUS_DAMAGED with a reason; STATUS_MEMORY: no room for more paths. */
typedef enum status text_reader(void *parser, const uint8_t **at, const uint8_t *end,
                                struct fault *fault);

/* False without memory; to be released in any case. */
bool text_decoder_init(struct text_decoder *decoder, const struct reader_shared *shared);
void text_decoder_release(struct text_decoder *decoder);

void text_decoder_begin(struct text_decoder *decoder, const struct batch *batch, bool is_lines,
                        struct account *account, event_sink *sink, void *context);

/* The record at `at` as an event. Returns what is behind it, or NULL when it is damaged, which is
 * then accounted for. */
const uint8_t *text_decoder_read(struct text_decoder *decoder, text_reader *read, void *parser,
                                 const uint8_t *at);

/* Accounts for a place that cannot be read. */
void text_decoder_damage(struct text_decoder *decoder, const uint8_t *at, const char *reason);

#endif
