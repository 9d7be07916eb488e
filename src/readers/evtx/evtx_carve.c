/* Records in bytes of any kind: images of disks and memory, unallocated space, logs without their
 * header. Chunks are found by their header, wherever it stands; a record outside a chunk can be
 * read when its template is in it or in a neighbour of the same lost chunk. */
#include "readers/evtx/evtx.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_decoder.h"

#include <stdlib.h>

#define BATCH_LENGTH (1U << 20)

/* The cutter keeps what the next batch begins with: the last chunk's length, or from the last chunk
 * header in it on, so that no chunk is cut in two. */
struct cutter {
    struct source *source;
    uint64_t sequence;
    uint64_t offset; /* of the kept bytes */
    struct buffer kept;
    bool is_over;
};

static bool carve_recognises(struct bytes head, const struct reader_shared *shared)
{
    return shared->carve && head.length > 0;
}

static enum status carve_open(const struct reader_shared *shared, struct source *source,
                              struct account *account, void **state, struct fault *fault)
{
    (void)shared, (void)account;
    struct cutter *cutter = calloc(1, sizeof(*cutter));
    if (!cutter)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to carve");
    cutter->source = source;
    *state = cutter;
    return STATUS_OK;
}

static size_t last_chunk_header(struct bytes bytes, size_t from)
{
    size_t found = bytes.length;
    for (const uint8_t *at;
         (at = memmem(bytes.data + from, bytes.length - from, "ElfChnk", 8)) != NULL;
         from = (size_t)(at - bytes.data) + 1)
        found = (size_t)(at - bytes.data);
    return found;
}

static enum status carve_next(void *state, struct batch *batch, struct account *account,
                              struct fault *fault)
{
    struct cutter *cutter = state;
    (void)account;
    if (cutter->is_over)
        return STATUS_END;
    struct buffer *data = &batch->data;
    buffer_reset(data);
    buffer_bytes(data, cutter->kept.data, cutter->kept.length);
    uint8_t *room = buffer_room(data, BATCH_LENGTH);
    if (!room)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to carve");
    size_t got = 0;
    const enum status status = source_read(cutter->source, room, BATCH_LENGTH, &got, fault);
    if (status < 0 && got == 0)
        return status;
    data->length += got;
    batch->offset = cutter->offset;
    batch->sequence = cutter->sequence++;
    batch->own = data->length;
    cutter->is_over = got < BATCH_LENGTH;
    if (cutter->is_over)
        return data->length ? STATUS_OK : STATUS_END;
    const size_t edge = data->length - EVTX_CHUNK_LENGTH;
    const size_t chunk = last_chunk_header(buffer_view(data), edge > EVTX_CHUNK_LENGTH ? edge : 0);
    batch->own = chunk < data->length && chunk > 0 ? chunk : edge;
    buffer_reset(&cutter->kept);
    buffer_bytes(&cutter->kept, data->data + batch->own, data->length - batch->own);
    cutter->offset += batch->own;
    return cutter->kept.failed ? fault_set(fault, STATUS_MEMORY, 0, "no memory to carve")
                               : STATUS_OK;
}

static void carve_close(void *state, struct account *account)
{
    struct cutter *cutter = state;
    (void)account;
    if (!cutter)
        return;
    buffer_release(&cutter->kept);
    free(cutter);
}

struct carver {
    struct evtx_decoder *decoder;
    uint8_t lost[EVTX_CHUNK_LENGTH]; /* what is left of a chunk whose header is gone */
};

static void *carver_new(const struct reader_shared *shared)
{
    struct carver *carver = calloc(1, sizeof(*carver));
    if (carver && !(carver->decoder = evtx_decoder_new(shared))) {
        free(carver);
        return NULL;
    }
    return carver;
}

static void carver_free(void *decoder)
{
    struct carver *carver = decoder;
    if (carver)
        evtx_decoder_free(carver->decoder);
    free(carver);
}

/* Where the chunk of the record at `at` began, if a template definition stands in line in it, whose
 * offset says so; else what was known before. Positions count from the batch and may be negative.
 */
static int64_t base_of(struct bytes data, size_t at, size_t length, int64_t before)
{
    const size_t definition = at + EVTX_RECORD_HEADER + 14;
    if (length < EVTX_RECORD_HEADER + 14 + 24 || data.data[at + EVTX_RECORD_HEADER] != 0x0F ||
        data.data[at + EVTX_RECORD_HEADER + 4] != 0x0C)
        return before;
    const uint32_t offset = load_le32(data.data + definition - 4);
    const int64_t base = (int64_t)definition - (int64_t)offset;
    /* In line, the next definition's offset or 0 comes first, then a GUID that begins with the
     * identifier of the instance. */
    const bool is_inline = offset < EVTX_CHUNK_LENGTH && load_le32(data.data + definition + 4) ==
                                                             load_le32(data.data + definition - 8);
    return is_inline ? base : before;
}

static void loose_decode(struct carver *carver, const struct batch *batch, size_t at, int64_t base,
                         struct account *account, event_sink *sink, void *context)
{
    const struct bytes data = buffer_view(&batch->data);
    const int64_t end = base + EVTX_CHUNK_LENGTH;
    if ((int64_t)at < base || (int64_t)at >= end)
        base = (int64_t)at;
    memset(carver->lost, 0, sizeof(carver->lost));
    const size_t from = base < 0 ? 0 : (size_t)base;
    const size_t skip = (size_t)((int64_t)from - base);
    size_t length = data.length - from;
    if (length > EVTX_CHUNK_LENGTH - skip)
        length = EVTX_CHUNK_LENGTH - skip;
    memcpy(carver->lost + skip, data.data + from, length);
    const struct evtx_piece piece = {.chunk = bytes_of(carver->lost, sizeof(carver->lost)),
                                     .offset = batch->offset + (uint64_t)base};
    evtx_decode_loose(carver->decoder, &piece, (size_t)((int64_t)at - base), account, sink,
                      context);
}

static size_t loose_records(struct carver *carver, const struct batch *batch, size_t at, size_t end,
                            struct account *account, event_sink *sink, void *context)
{
    const struct bytes data = buffer_view(&batch->data);
    struct evtx_envelope envelope;
    int64_t base = -(int64_t)EVTX_CHUNK_LENGTH * 2;
    while (at < end && evtx_envelope_find(data, at, end, &envelope)) {
        base = base_of(data, envelope.offset, envelope.length, base);
        loose_decode(carver, batch, envelope.offset, base, account, sink, context);
        at = envelope.offset + envelope.length;
    }
    return at > end ? at : end;
}

static void carve_decode(void *decoder, const struct batch *batch, struct account *account,
                         event_sink *sink, void *context)
{
    const struct bytes data = buffer_view(&batch->data);
    size_t at = 0;
    while (at < batch->own) {
        const uint8_t *header = memmem(data.data + at, batch->own - at, "ElfChnk", 8);
        const size_t end = header ? (size_t)(header - data.data) : batch->own;
        if (end > at)
            at = loose_records(decoder, batch, at, end, account, sink, context);
        if (!header || at > end)
            continue;
        const size_t left = data.length - end;
        const struct evtx_piece piece = {
            .chunk = bytes_of(header, left < EVTX_CHUNK_LENGTH ? left : EVTX_CHUNK_LENGTH),
            .offset = batch->offset + end};
        evtx_decode_carved(((struct carver *)decoder)->decoder, &piece, account, sink, context);
        at = end + piece.chunk.length;
    }
}

static bool carve_render(void *decoder, enum reader_text text, struct buffer *to)
{
    evtx_decoder_render(((struct carver *)decoder)->decoder, text, to);
    return true;
}

const struct reader_format reader_evtx_carve = {
    .name = "carved",
    .recognises = carve_recognises,
    .open = carve_open,
    .next = carve_next,
    .close = carve_close,
    .decoder_new = carver_new,
    .decoder_free = carver_free,
    .decode = carve_decode,
    .render = carve_render,
};
