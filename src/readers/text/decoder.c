#include "readers/text/decoder.h"

#include "base/utf.h"

#define RECORD_MEMORY_MAX (256U << 20) /* several times the largest record */

bool text_decoder_init(struct text_decoder *decoder, const struct reader_shared *shared)
{
    arena_init(&decoder->record.arena, RECORD_MEMORY_MAX);
    decoder->cache = event_cache_new();
    const bool has_outline = outline_init(&decoder->record.outline);
    const bool has_plans = plans_init(&decoder->plans, shared, &decoder->record);
    return decoder->cache && has_outline && has_plans;
}

void text_decoder_release(struct text_decoder *decoder)
{
    arena_release(&decoder->record.arena);
    event_cache_free(decoder->cache);
    outline_release(&decoder->record.outline);
    plans_release(&decoder->plans);
}

void text_decoder_begin(struct text_decoder *decoder, const struct batch *batch, bool is_lines,
                        struct account *account, event_sink *sink, void *context)
{
    decoder->begin = batch->data.data;
    decoder->end = batch->data.data + batch->data.length;
    decoder->account = account;
    decoder->sink = sink;
    decoder->context = context;
    decoder->place = text_place_of(batch);
    decoder->counted = is_lines ? batch->data.data : NULL;
    decoder->number = batch->first;
}

void text_decoder_damage(struct text_decoder *decoder, const uint8_t *at, const char *reason)
{
    decoder->account->damaged++;
    decoder->account->is_incomplete = true;
    account_note(decoder->account, "offset %llu: %s",
                 (unsigned long long)text_place(&decoder->place, at), reason);
}

static enum status read_event(struct text_decoder *decoder, text_reader *read, void *parser,
                              const uint8_t **at, struct event *event, struct fault *fault)
{
    const uint8_t *begin = *at;
    record_begin(&decoder->record);
    arena_reset(&decoder->record.arena);
    decoder->is_wide = false;
    decoder->flaw = NULL;
    const enum status status = read(parser, at, decoder->end, fault);
    if (UNLIKELY(status != STATUS_OK))
        return status;
    event->raw = bytes_of(begin, (size_t)(*at - begin));
    return plans_event(&decoder->plans, event);
}

/* Once more with everything forgotten: there was no room for what is new. */
static enum status read_event_again(struct text_decoder *decoder, text_reader *read, void *parser,
                                    const uint8_t **at, struct event *event, struct fault *fault)
{
    outline_reset(&decoder->record.outline);
    plans_reset(&decoder->plans);
    const enum status status = read_event(decoder, read, parser, at, event, fault);
    return status == STATUS_MEMORY
               ? fault_set(fault, STATUS_DAMAGED, 0, "a record with too many different names")
               : status;
}

static uint64_t number_of_record(struct text_decoder *decoder, const uint8_t *at)
{
    if (!decoder->counted)
        return decoder->number;
    decoder->number += text_lines(bytes_of(decoder->counted, (size_t)(at - decoder->counted)));
    decoder->counted = at;
    return decoder->number;
}

/* A record whose text is not all as it should be is an event all the same: one bad byte must not
 * hide it. */
static void account_flaws(struct text_decoder *decoder, struct bytes raw)
{
    if (decoder->flaw)
        text_decoder_damage(decoder, raw.data, decoder->flaw);
    else if (UNLIKELY(plans_has_lost(&decoder->plans)))
        text_decoder_damage(decoder, raw.data,
                            "a record with more new names than there is room for");
    else if (decoder->is_wide && !utf8_is_valid(raw))
        text_decoder_damage(decoder, raw.data, "a record that is not UTF-8");
}

const uint8_t *text_decoder_read(struct text_decoder *decoder, text_reader *read, void *parser,
                                 const uint8_t *at)
{
    struct event event = {.cache = decoder->cache};
    struct fault fault;
    const uint8_t *behind = at;
    enum status status = read_event(decoder, read, parser, &behind, &event, &fault);
    if (UNLIKELY(status == STATUS_MEMORY)) {
        behind = at;
        status = read_event_again(decoder, read, parser, &behind, &event, &fault);
    }
    if (UNLIKELY(status != STATUS_OK)) {
        text_decoder_damage(decoder, at, fault.reason);
        return NULL;
    }
    event.offset = text_place(&decoder->place, at);
    if (event.record == 0)
        event.record = number_of_record(decoder, at);
    account_flaws(decoder, event.raw);
    decoder->account->read++;
    account_time(decoder->account, event.time);
    event_begin(&event);
    decoder->sink(decoder->context, &event);
    return behind;
}
