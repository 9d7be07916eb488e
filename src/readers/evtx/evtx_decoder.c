#include "readers/evtx/evtx_decoder.h"

#include "readers/evtx/binxml.h"
#include "readers/evtx/evtx_fields.h"
#include "readers/evtx/evtx_json.h"
#include "readers/evtx/evtx_run.h"
#include "readers/evtx/evtx_xml.h"

#include <stdlib.h>

#define RECORD_MEMORY_MAX (64U << 20)

struct evtx_decoder {
    const struct reader_shared *shared;
    struct binxml_cache *cache;
    struct evtx_fields *fields;
    struct event_cache *texts;
    struct arena arena; /* of the current record */
    struct binxml_instance instance;
    struct evtx_json *json;
    bool was_refused; /* the current record was not written as it is */
};

struct evtx_decoder *evtx_decoder_new(const struct reader_shared *shared)
{
    struct evtx_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return NULL;
    decoder->shared = shared;
    arena_init(&decoder->arena, RECORD_MEMORY_MAX);
    decoder->cache = binxml_cache_new(shared->fields);
    decoder->fields = decoder->cache ? evtx_fields_new(decoder->cache, shared->shapes) : NULL;
    decoder->json = decoder->cache ? evtx_json_new(decoder->cache) : NULL;
    decoder->texts = event_cache_new();
    if (!decoder->fields || !decoder->texts || !decoder->json) {
        evtx_decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

void evtx_decoder_free(struct evtx_decoder *decoder)
{
    if (!decoder)
        return;
    evtx_json_free(decoder->json);
    evtx_fields_free(decoder->fields);
    binxml_cache_free(decoder->cache);
    event_cache_free(decoder->texts);
    arena_release(&decoder->arena);
    free(decoder);
}

void evtx_decoder_render(struct evtx_decoder *decoder, enum reader_text text, struct buffer *to)
{
    const bool is_written = text == READER_TEXT_XML
                                ? evtx_xml_write(decoder->cache, &decoder->instance, to)
                                : evtx_json_write(decoder->json, &decoder->instance, to);
    decoder->was_refused |= !is_written;
}

static void record_damaged(const struct evtx_pass *pass, const struct evtx_envelope *envelope,
                           bool is_carved, const struct fault *fault)
{
    pass->account->damaged++;
    pass->account->is_incomplete |= !is_carved;
    account_note(pass->account, "record %llu at offset %llu cannot be read: %s (at offset %llu)",
                 (unsigned long long)envelope->identifier,
                 (unsigned long long)(pass->piece->offset + envelope->offset), fault->reason,
                 (unsigned long long)fault->offset);
}

static void record_refused(const struct evtx_pass *pass, const struct event *event)
{
    pass->account->is_incomplete |= !event->is_carved;
    account_note(pass->account,
                 "record %llu at offset %llu repeats its values too often to be written out",
                 (unsigned long long)event->record, (unsigned long long)event->offset);
}

/* Without fields only what the envelope says is known, which is enough to write records out. */
static enum status event_fill(struct evtx_decoder *decoder, struct event *event,
                              struct fault *fault)
{
    static const struct shape no_shape;
    if (decoder->shared->no_fields) {
        event->shape = &no_shape;
        return STATUS_OK;
    }
    const enum status status =
        evtx_fields_fill(decoder->fields, &decoder->instance, &decoder->arena, event, fault);
    if (status)
        return status;
    const uint16_t slot = event->shape->known[FIELD_TIME_CREATED];
    if (slot != SHAPE_NO_SLOT)
        value_instant(&event->values[slot], &event->time);
    return STATUS_OK;
}

bool evtx_pass_record(const struct evtx_pass *pass, const struct evtx_envelope *envelope,
                      bool is_carved, size_t *end)
{
    struct evtx_decoder *decoder = pass->decoder;
    struct fault fault = {0};
    if (UNLIKELY(binxml_cache_trim(decoder->cache)))
        evtx_fields_forget(decoder->fields);
    arena_reset(&decoder->arena);
    struct event event = {
        .time = instant_from_filetime(envelope->filetime),
        .record = envelope->identifier,
        .offset = pass->piece->offset + envelope->offset,
        .raw = bytes_of(pass->piece->chunk.data + envelope->offset, envelope->length),
        .is_carved = is_carved,
        .cache = decoder->texts,
    };
    if (binxml_read(decoder->cache, envelope->offset + EVTX_RECORD_HEADER,
                    envelope->length - EVTX_RECORD_LEAST, &decoder->arena, &decoder->instance,
                    &fault) ||
        event_fill(decoder, &event, &fault)) {
        record_damaged(pass, envelope, is_carved, &fault);
        return false;
    }
    *end = envelope->offset + EVTX_RECORD_HEADER + decoder->instance.length;
    pass->account->read++;
    pass->account->carved += is_carved;
    account_time(pass->account, event.time);
    event_begin(&event);
    decoder->was_refused = false;
    pass->sink(pass->context, &event);
    if (UNLIKELY(decoder->was_refused))
        record_refused(pass, &event);
    return true;
}

static void slack_carve(const struct evtx_pass *pass, size_t from)
{
    const struct bytes chunk = pass->piece->chunk;
    struct evtx_envelope envelope;
    size_t end;
    while (evtx_envelope_find(chunk, from, chunk.length, &envelope)) {
        evtx_pass_record(pass, &envelope, true, &end);
        from = envelope.offset + envelope.length;
    }
}

static void chunk_begin(const struct evtx_pass *pass)
{
    const struct binxml_chunk chunk = {.data = pass->piece->chunk.data,
                                       .length = pass->piece->chunk.length,
                                       .offset = pass->piece->offset};
    binxml_chunk_begin(pass->decoder->cache, &chunk);
}

void evtx_decode_chunk(struct evtx_decoder *decoder, const struct evtx_piece *piece,
                       struct account *account, event_sink *sink, void *context)
{
    const struct evtx_pass pass = {decoder, piece, account, sink, context, decoder->shared->carve};
    chunk_begin(&pass);
    const size_t end = evtx_is_chunk_header(piece->chunk) ? evtx_run_decode(&pass) : 0;
    if (pass.carve)
        slack_carve(&pass, end);
}

void evtx_decode_carved(struct evtx_decoder *decoder, const struct evtx_piece *piece,
                        struct account *account, event_sink *sink, void *context)
{
    const struct evtx_pass pass = {decoder, piece, account, sink, context, true};
    chunk_begin(&pass);
    slack_carve(&pass, 0);
}

void evtx_decode_loose(struct evtx_decoder *decoder, const struct evtx_piece *piece, size_t record,
                       struct account *account, event_sink *sink, void *context)
{
    const struct evtx_pass pass = {decoder, piece, account, sink, context, true};
    struct evtx_envelope envelope;
    size_t end;
    chunk_begin(&pass);
    if (evtx_envelope_at(piece->chunk, record, &envelope))
        evtx_pass_record(&pass, &envelope, true, &end);
}
