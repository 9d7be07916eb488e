#include "readers/evtx/evtx_decoder.h"

#include "readers/evtx/binxml.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_fields.h"
#include "readers/evtx/evtx_json.h"
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
    bool is_carved;
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
    if (text == READER_TEXT_XML)
        evtx_xml_write(decoder->cache, &decoder->instance, to);
    else
        evtx_json_write(decoder->json, &decoder->instance, to);
}

/* The decoding of one chunk. */
struct pass {
    struct evtx_decoder *decoder;
    struct bytes chunk;
    uint64_t offset; /* of the chunk in the evidence */
    struct account *account;
    event_sink *sink;
    void *context;
};

static void record_damaged(const struct pass *pass, const struct evtx_envelope *envelope,
                           const struct fault *fault)
{
    pass->account->damaged++;
    pass->account->is_incomplete |= !pass->decoder->is_carved;
    account_note(pass->account, "record %llu at offset %llu cannot be read: %s (at offset %llu)",
                 (unsigned long long)envelope->identifier,
                 (unsigned long long)(pass->offset + envelope->offset), fault->reason,
                 (unsigned long long)fault->offset);
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

/* Reads one record and hands it on. False when it was damaged. */
static bool record_decode(const struct pass *pass, const struct evtx_envelope *envelope)
{
    struct evtx_decoder *decoder = pass->decoder;
    struct fault fault = {0};
    if (UNLIKELY(binxml_cache_trim(decoder->cache)))
        evtx_fields_forget(decoder->fields);
    arena_reset(&decoder->arena);
    struct event event = {
        .time = instant_from_filetime(envelope->filetime),
        .record = envelope->identifier,
        .offset = pass->offset + envelope->offset,
        .raw = bytes_of(pass->chunk.data + envelope->offset, envelope->length),
        .is_carved = decoder->is_carved,
        .cache = decoder->texts,
    };
    if (binxml_read(decoder->cache, envelope->offset + EVTX_RECORD_HEADER,
                    envelope->length - EVTX_RECORD_LEAST, &decoder->arena, &decoder->instance,
                    &fault) ||
        event_fill(decoder, &event, &fault)) {
        record_damaged(pass, envelope, &fault);
        return false;
    }
    pass->account->read++;
    pass->account->carved += decoder->is_carved;
    account_time(pass->account, event.time);
    event_begin(&event);
    pass->sink(pass->context, &event);
    return true;
}

/* The records that should stand between two that do. */
static void gap_account(const struct pass *pass, uint64_t last, uint64_t next, uint64_t damaged)
{
    if (next <= last + 1)
        return;
    const uint64_t gap = next - last - 1;
    pass->account->is_incomplete = true;
    if (gap > damaged)
        pass->account->missing += gap - damaged;
    account_note(pass->account, "record ids %llu to %llu are missing in the chunk at offset %llu",
                 (unsigned long long)last + 1, (unsigned long long)next - 1,
                 (unsigned long long)pass->offset);
}

/* Where a run of records ended, and what it saw. */
struct run {
    size_t end;
    uint64_t last; /* identifier; 0: none */
    uint64_t damaged;
};

static void hole_account(const struct pass *pass, struct run *run, size_t to)
{
    pass->account->damaged++;
    pass->account->is_incomplete |= !pass->decoder->is_carved;
    run->damaged++;
    account_note(pass->account, "offset %llu: %zu bytes in which no record can be read",
                 (unsigned long long)(pass->offset + run->end), to - run->end);
}

/* Reads records one behind the other up to `limit`, stepping over what is damaged. */
static void run_decode(const struct pass *pass, struct run *run, size_t limit)
{
    struct evtx_envelope envelope;
    while (run->end < limit) {
        if (!evtx_envelope_at(pass->chunk, run->end, &envelope)) {
            if (!evtx_envelope_find(pass->chunk, run->end, limit, &envelope)) {
                hole_account(pass, run, limit);
                run->end = limit;
                return;
            }
            hole_account(pass, run, envelope.offset);
        }
        if (run->last)
            gap_account(pass, run->last, envelope.identifier, run->damaged);
        run->damaged = !record_decode(pass, &envelope);
        run->last = envelope.identifier;
        run->end = envelope.offset + envelope.length;
    }
}

/* Records that go on where the header says the free space begins: the header is behind. */
static void run_continue(const struct pass *pass, struct run *run)
{
    struct evtx_envelope envelope;
    unsigned count = 0;
    while (run->last && evtx_envelope_at(pass->chunk, run->end, &envelope) &&
           envelope.identifier == run->last + 1) {
        record_decode(pass, &envelope);
        run->last = envelope.identifier;
        run->end = envelope.offset + envelope.length;
        count++;
    }
    if (count)
        account_note(pass->account, "offset %llu: the chunk's header is behind; %u more records",
                     (unsigned long long)pass->offset, count);
}

static void slack_carve(const struct pass *pass, size_t from)
{
    struct evtx_envelope envelope;
    pass->decoder->is_carved = true;
    while (evtx_envelope_find(pass->chunk, from, pass->chunk.length, &envelope)) {
        record_decode(pass, &envelope);
        from = envelope.offset + envelope.length;
    }
    pass->decoder->is_carved = false;
}

static void chunk_begin(const struct pass *pass)
{
    const struct binxml_chunk chunk = {
        .data = pass->chunk.data, .length = pass->chunk.length, .offset = pass->offset};
    binxml_chunk_begin(pass->decoder->cache, &chunk);
}

static void checksum_note(const struct pass *pass, const struct evtx_chunk_header *header)
{
    if (!header->is_header_whole)
        account_note(pass->account, "offset %llu: the chunk header's checksum is wrong",
                     (unsigned long long)pass->offset);
    if (!evtx_chunk_is_whole(pass->chunk))
        account_note(pass->account, "offset %llu: the checksum of the chunk's records is wrong",
                     (unsigned long long)pass->offset);
}

/* Records that the header still counts behind the last one that was read. */
static void tail_account(const struct pass *pass, const struct run *run,
                         const struct evtx_chunk_header *header)
{
    const uint64_t last = header->last_identifier;
    if (header->is_header_whole && run->last && last != UINT64_MAX && last > run->last)
        gap_account(pass, run->last, last + 1, run->damaged);
}

static void head_account(const struct pass *pass, const struct evtx_chunk_header *header)
{
    struct evtx_envelope envelope;
    const uint64_t first = header->first_identifier;
    if (header->is_header_whole && first && first <= header->last_identifier &&
        !evtx_envelope_at(pass->chunk, EVTX_CHUNK_HEADER, &envelope) &&
        evtx_envelope_find(pass->chunk, EVTX_CHUNK_HEADER, header->free_offset, &envelope))
        gap_account(pass, first - 1, envelope.identifier, 1);
}

void evtx_decode_chunk(struct evtx_decoder *decoder, struct bytes chunk, uint64_t offset,
                       struct account *account, event_sink *sink, void *context)
{
    const struct pass pass = {decoder, chunk, offset, account, sink, context};
    chunk_begin(&pass);
    if (!evtx_is_chunk_header(chunk)) {
        if (decoder->shared->carve)
            slack_carve(&pass, 0);
        return;
    }
    const struct evtx_chunk_header header = evtx_chunk_header_load(chunk);
    struct run run = {.end = EVTX_CHUNK_HEADER};
    checksum_note(&pass, &header);
    head_account(&pass, &header);
    run_decode(&pass, &run, header.free_offset);
    tail_account(&pass, &run, &header);
    run_continue(&pass, &run);
    if (decoder->shared->carve)
        slack_carve(&pass, run.end);
}

void evtx_decode_carved(struct evtx_decoder *decoder, struct bytes chunk, uint64_t offset,
                        struct account *account, event_sink *sink, void *context)
{
    const struct pass pass = {decoder, chunk, offset, account, sink, context};
    chunk_begin(&pass);
    slack_carve(&pass, 0);
}

void evtx_decode_loose(struct evtx_decoder *decoder, struct bytes chunk, uint64_t offset,
                       size_t record, struct account *account, event_sink *sink, void *context)
{
    const struct pass pass = {decoder, chunk, offset, account, sink, context};
    struct evtx_envelope envelope;
    chunk_begin(&pass);
    if (!evtx_envelope_at(chunk, record, &envelope))
        return;
    decoder->is_carved = true;
    record_decode(&pass, &envelope);
    decoder->is_carved = false;
}
