/* The cutting half takes a file a few chunks at a time, so that a batch stays in a processor's
 * cache from reading to writing, and looks at the chunks' headers only: what numbers they cover,
 * and so what is missing between them. The decoding half turns chunks into events. */
#include "readers/evtx/evtx.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_decoder.h"
#include "readers/evtx/evtx_spans.h"

#include <stdlib.h>

/* The smaller a batch, the more of the cache is left to what decodes it; the larger, the less
 * threads wait for each other. */
#define BATCH_ALONE  EVTX_CHUNK_LENGTH
#define BATCH_SHARED (4 * EVTX_CHUNK_LENGTH)

enum batch_kind {
    BATCH_OF_CLOSED_LOG,
    BATCH_OF_OPEN_LOG,
};

struct cutter {
    struct source *source;
    size_t batch_length;
    bool carve;
    bool has_header;          /* of the file, and its checksum is right */
    bool is_dirty;            /* as the file header says, like the next two */
    uint64_t next_identifier; /* of the record that would come next */
    uint32_t promised;        /* chunks */
    uint64_t chunks;          /* places for chunks that were read */
    uint64_t sequence;
    uint64_t unread; /* whole records in chunks without a header, which were not carved */
    struct evtx_spans spans;
};

static bool has_chunk_behind(struct bytes head)
{
    return head.length > EVTX_FILE_HEADER &&
           evtx_is_chunk_header(
               bytes_of(head.data + EVTX_FILE_HEADER, head.length - EVTX_FILE_HEADER));
}

static bool evtx_recognises(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    return evtx_is_file_header(head) || evtx_is_chunk_header(head) || has_chunk_behind(head);
}

static void header_load(struct cutter *cutter, const uint8_t *header, struct account *account)
{
    if (!evtx_is_file_header(bytes_of(header, EVTX_FILE_HEADER))) {
        account_note(account, "the file header is gone");
        return;
    }
    cutter->is_dirty = load_le32(header + 120) & 1;
    cutter->has_header = evtx_file_header_is_whole(header);
    if (cutter->is_dirty)
        account_note(account, "the log was not closed (dirty): its header may be behind");
    if (!cutter->has_header) {
        account_note(account, "the file header's checksum is wrong: what it counts is not used");
        return;
    }
    cutter->next_identifier = load_le64(header + 24);
    cutter->promised = load_le16(header + 42);
}

static enum status evtx_open(const struct reader_shared *shared, struct source *source,
                             struct account *account, void **state, struct fault *fault)
{
    struct bytes head;
    enum status status = source_peek(source, &head, fault);
    if (status)
        return status;
    uint8_t header[EVTX_FILE_HEADER];
    size_t got = 0;
    const bool is_file = !evtx_is_chunk_header(head);
    if (is_file && (status = source_read(source, header, sizeof(header), &got, fault)))
        return status;
    struct cutter *cutter = calloc(1, sizeof(*cutter));
    if (!cutter)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to read the log");
    cutter->source = source;
    cutter->batch_length = shared->is_alone ? BATCH_ALONE : BATCH_SHARED;
    cutter->carve = shared->carve;
    *state = cutter;
    if (is_file && got == sizeof(header)) {
        header_load(cutter, header, account);
    } else if (is_file) {
        account->is_incomplete = true;
        account_note(account, "the file ends inside its header, at offset %zu", got);
    }
    return STATUS_OK;
}

static bool is_zero(struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (bytes.data[i])
            return false;
    return true;
}

/* A place without a chunk's header: not used yet, behind the end, or damaged. */
static void headless_account(struct cutter *cutter, struct bytes chunk, uint64_t offset,
                             struct account *account)
{
    struct evtx_envelope envelope;
    uint64_t found = 0;
    for (size_t at = 0; evtx_envelope_find(chunk, at, chunk.length, &envelope);
         at = envelope.offset + envelope.length) {
        found++;
        if (cutter->carve)
            evtx_spans_add(&cutter->spans, envelope.identifier, envelope.identifier);
    }
    if (!found && (cutter->chunks >= cutter->promised || is_zero(chunk)))
        return;
    cutter->unread += cutter->carve ? 0 : found;
    account->is_incomplete = true;
    account->damaged++;
    account_note(account,
                 "offset %llu: no chunk header where one belongs; %llu whole records in it%s",
                 (unsigned long long)offset, (unsigned long long)found,
                 !found          ? ""
                 : cutter->carve ? ", carved"
                                 : ", which --carve reads");
}

/* The identifiers of a chunk whose header does not say; false when there is none. */
static bool identifiers_find(struct bytes chunk, struct evtx_chunk_header *header)
{
    struct evtx_envelope envelope;
    bool is_found = false;
    for (size_t at = EVTX_CHUNK_HEADER;
         evtx_envelope_find(chunk, at, header->free_offset, &envelope) &&
         (!is_found || envelope.identifier > header->last_identifier);
         at = envelope.offset + envelope.length) {
        if (!is_found)
            header->first_identifier = envelope.identifier;
        header->last_identifier = envelope.identifier;
        is_found = true;
    }
    return is_found;
}

/* Records that go on in the free space are not live, or the header is behind; missing they are not.
 */
static uint64_t last_in_slack(struct bytes chunk, const struct evtx_chunk_header *header)
{
    struct evtx_envelope envelope;
    uint64_t last = header->last_identifier;
    for (size_t at = header->free_offset;
         evtx_envelope_at(chunk, at, &envelope) && envelope.identifier == last + 1;
         at = envelope.offset + envelope.length)
        last++;
    return last;
}

static void chunk_account(struct cutter *cutter, struct bytes chunk, uint64_t offset,
                          struct account *account)
{
    if (chunk.length < EVTX_CHUNK_LENGTH &&
        (evtx_is_chunk_header(chunk) || cutter->chunks < cutter->promised)) {
        account->is_incomplete = true;
        account_note(account, "offset %llu: the file ends inside a chunk, %zu of 65536 bytes",
                     (unsigned long long)offset, chunk.length);
    }
    if (!evtx_is_chunk_header(chunk)) {
        headless_account(cutter, chunk, offset, account);
        return;
    }
    struct evtx_chunk_header header = evtx_chunk_header_load(chunk);
    if (!header.has_records && (header.is_header_whole || !identifiers_find(chunk, &header)))
        return;
    evtx_spans_add(&cutter->spans, header.first_identifier, last_in_slack(chunk, &header));
}

static enum status evtx_next(void *state, struct batch *batch, struct account *account,
                             struct fault *fault)
{
    struct cutter *cutter = state;
    const size_t want = cutter->batch_length;
    buffer_reset(&batch->data);
    uint8_t *room = buffer_room(&batch->data, want);
    if (!room)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to read the log");
    batch->offset = source_offset(cutter->source);
    size_t got = 0;
    const enum status status = source_read(cutter->source, room, want, &got, fault);
    if (status && (status < 0 ? got == 0 : true))
        return status;
    batch->data.length = got;
    batch->own = got;
    batch->sequence = cutter->sequence++;
    batch->first = cutter->chunks;
    batch->kind = cutter->is_dirty ? BATCH_OF_OPEN_LOG : BATCH_OF_CLOSED_LOG;
    for (size_t at = 0; at < got; at += EVTX_CHUNK_LENGTH, cutter->chunks++) {
        const size_t left = got - at;
        const struct bytes chunk =
            bytes_of(room + at, left < EVTX_CHUNK_LENGTH ? left : EVTX_CHUNK_LENGTH);
        chunk_account(cutter, chunk, batch->offset + at, account);
    }
    return STATUS_OK;
}

static void gap_account(const struct cutter *cutter, const struct evtx_span *gap,
                        struct account *account)
{
    account->is_incomplete = true;
    account->missing += gap->last - gap->first + 1;
    account_note(account, "record ids %llu to %llu are missing%s", (unsigned long long)gap->first,
                 (unsigned long long)gap->last,
                 cutter->unread ? ", unless --carve finds them in a chunk without a header" : "");
}

/* What is missing between the records, and behind them as far as the file header promises. */
static void gaps_account(struct cutter *cutter, struct account *account)
{
    struct evtx_span gap;
    evtx_spans_close(&cutter->spans);
    if (cutter->spans.is_full)
        account_note(account, "too many pieces to say which records are missing");
    for (size_t i = 0; !cutter->spans.is_full && evtx_spans_gap(&cutter->spans, i, &gap); i++)
        gap_account(cutter, &gap, account);
    const uint64_t highest = evtx_spans_highest(&cutter->spans);
    if (highest && cutter->next_identifier > highest + 1) {
        gap = (struct evtx_span){highest + 1, cutter->next_identifier - 1};
        gap_account(cutter, &gap, account);
    } else if (cutter->has_header && !cutter->is_dirty && highest >= cutter->next_identifier) {
        account_note(account, "the file header counts records up to %llu, the file has more",
                     (unsigned long long)cutter->next_identifier - 1);
    }
}

static void evtx_close(void *state, struct account *account)
{
    struct cutter *cutter = state;
    if (!cutter)
        return;
    if (cutter->chunks < cutter->promised) {
        account->is_incomplete = true;
        account_note(account, "the header promises %u chunks, the file has %llu", cutter->promised,
                     (unsigned long long)cutter->chunks);
    }
    gaps_account(cutter, account);
    evtx_spans_release(&cutter->spans);
    free(cutter);
}

static void *evtx_decoder_new_any(const struct reader_shared *shared)
{
    return evtx_decoder_new(shared);
}

static void evtx_decoder_free_any(void *decoder)
{
    evtx_decoder_free(decoder);
}

static void evtx_decode(void *decoder, const struct batch *batch, struct account *account,
                        event_sink *sink, void *context)
{
    const struct bytes data = buffer_view(&batch->data);
    for (size_t at = 0; at < data.length; at += EVTX_CHUNK_LENGTH) {
        const size_t left = data.length - at;
        const struct evtx_piece piece = {
            .chunk = bytes_of(data.data + at, left < EVTX_CHUNK_LENGTH ? left : EVTX_CHUNK_LENGTH),
            .offset = batch->offset + at,
            .is_open = batch->kind == BATCH_OF_OPEN_LOG};
        evtx_decode_chunk(decoder, &piece, account, sink, context);
    }
}

static bool evtx_render(void *decoder, enum reader_text text, struct buffer *to)
{
    evtx_decoder_render(decoder, text, to);
    return true;
}

const struct reader_format reader_evtx = {
    .name = "evtx",
    .recognises = evtx_recognises,
    .open = evtx_open,
    .next = evtx_next,
    .close = evtx_close,
    .decoder_new = evtx_decoder_new_any,
    .decoder_free = evtx_decoder_free_any,
    .decode = evtx_decode,
    .render = evtx_render,
};
