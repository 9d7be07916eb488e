/* The cutting half takes a file a few chunks at a time, so that a batch stays in a processor's
 * cache from reading to writing, and looks at the chunks' headers only: what
 * numbers they cover, and so what is missing between them. The decoding half turns chunks into
 * events. */
#include "readers/evtx/evtx.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_decoder.h"

#include <stdlib.h>

#define CHUNKS_PER_BATCH 4U

struct cutter {
    struct source *source;
    bool carve;
    bool has_header;
    bool is_dirty;
    uint64_t next_identifier; /* as the file header says */
    uint32_t promised;        /* chunks, as the file header says */
    uint64_t chunks;          /* slots read */
    uint64_t sequence;
    uint64_t last; /* identifier of the last record of the last chunk with a header; 0: none yet */
    bool is_damaged; /* a chunk since then had no header */
    uint64_t found;  /* whole records in those */
    uint64_t highest;
};

static bool evtx_recognises(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    return evtx_is_file_header(head) || evtx_is_chunk_header(head);
}

static enum status evtx_open(const struct reader_shared *shared, struct source *source,
                             struct account *account, void **state, struct fault *fault)
{
    struct bytes head;
    const enum status status = source_peek(source, &head, fault);
    if (status)
        return status;
    struct cutter *cutter = calloc(1, sizeof(*cutter));
    if (!cutter)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to read the log");
    cutter->source = source;
    cutter->carve = shared->carve;
    cutter->has_header = evtx_is_file_header(head);
    *state = cutter;
    if (!cutter->has_header)
        return STATUS_OK;
    uint8_t header[EVTX_FILE_HEADER];
    size_t got;
    enum status read = source_read(source, header, sizeof(header), &got, fault);
    if (read == STATUS_OK && got < sizeof(header)) {
        account->is_incomplete = true;
        account_note(account, "the file ends inside its header, at offset %zu", got);
        return STATUS_OK;
    }
    if (read)
        return read;
    cutter->next_identifier = load_le64(header + 24);
    cutter->promised = load_le16(header + 42);
    cutter->is_dirty = load_le32(header + 120) & 1;
    if (cutter->is_dirty)
        account_note(account, "the log was not closed (dirty): its header may be behind");
    return STATUS_OK;
}

/* What lies between the last chunk with a header and one that begins with `first`. */
static void gap_account(struct cutter *cutter, uint64_t first, struct account *account)
{
    const bool is_gap = cutter->last && first > cutter->last + 1;
    if (cutter->is_damaged && is_gap) {
        const uint64_t gap = first - cutter->last - 1;
        const uint64_t back = cutter->carve ? cutter->found : 0;
        account->missing += gap > back ? gap - back : 0;
        account_note(account,
                     "record ids %llu to %llu: their chunk has no header; %llu whole records are "
                     "in it, %s",
                     (unsigned long long)cutter->last + 1, (unsigned long long)first - 1,
                     (unsigned long long)cutter->found,
                     cutter->carve ? "carved" : "--carve reads them");
    } else if (is_gap) {
        account_note(account, "record ids %llu to %llu are not in this file",
                     (unsigned long long)cutter->last + 1, (unsigned long long)first - 1);
    }
    cutter->is_damaged = false;
    cutter->found = 0;
}

static void headless_account(struct cutter *cutter, struct bytes chunk, uint64_t offset,
                             struct account *account)
{
    struct evtx_envelope envelope;
    uint64_t found = 0;
    for (size_t at = EVTX_CHUNK_HEADER; evtx_envelope_find(chunk, at, chunk.length, &envelope);
         at = envelope.offset + envelope.length)
        found++;
    if (!found && cutter->chunks >= cutter->promised)
        return;
    bool is_zero = true;
    for (size_t i = 0; i < chunk.length && is_zero; i++)
        is_zero = chunk.data[i] == 0;
    if (!found && is_zero)
        return;
    account->is_incomplete = true;
    account->damaged++;
    account_note(account,
                 "offset %llu: no chunk header where one belongs; %llu whole records in it",
                 (unsigned long long)offset, (unsigned long long)found);
    cutter->is_damaged = true;
    cutter->found += found;
}

static void chunk_account(struct cutter *cutter, struct bytes chunk, uint64_t offset,
                          struct account *account)
{
    if (!evtx_is_chunk_header(chunk)) {
        headless_account(cutter, chunk, offset, account);
        return;
    }
    const struct evtx_chunk_header header = evtx_chunk_header_load(chunk);
    /* An empty chunk counts from all ones. */
    if (header.last_identifier == UINT64_MAX || header.first_identifier > header.last_identifier)
        return;
    gap_account(cutter, header.first_identifier, account);
    cutter->last = header.last_identifier;
    if (cutter->last > cutter->highest)
        cutter->highest = cutter->last;
}

static enum status evtx_next(void *state, struct batch *batch, struct account *account,
                             struct fault *fault)
{
    struct cutter *cutter = state;
    const size_t want = (size_t)CHUNKS_PER_BATCH * EVTX_CHUNK_LENGTH;
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
    for (size_t at = 0; at < got; at += EVTX_CHUNK_LENGTH, cutter->chunks++) {
        const size_t left = got - at;
        const struct bytes chunk =
            bytes_of(room + at, left < EVTX_CHUNK_LENGTH ? left : EVTX_CHUNK_LENGTH);
        chunk_account(cutter, chunk, batch->offset + at, account);
        if (left < EVTX_CHUNK_LENGTH) {
            account->is_incomplete = true;
            account_note(account, "offset %llu: the file ends inside a chunk, %zu of 65536 bytes",
                         (unsigned long long)(batch->offset + at), left);
        }
    }
    return STATUS_OK;
}

static void evtx_close(void *state, struct account *account)
{
    struct cutter *cutter = state;
    if (!cutter)
        return;
    if (cutter->has_header && cutter->chunks < cutter->promised) {
        account->is_incomplete = true;
        account_note(account, "the header promises %u chunks, the file has %llu", cutter->promised,
                     (unsigned long long)cutter->chunks);
        if (cutter->next_identifier > cutter->highest + 1 && cutter->highest) {
            const uint64_t gap = cutter->next_identifier - 1 - cutter->highest;
            account->missing += gap;
            account_note(account, "record ids %llu to %llu are missing behind the file's end",
                         (unsigned long long)cutter->highest + 1,
                         (unsigned long long)cutter->next_identifier - 1);
        }
    } else if (cutter->has_header && !cutter->is_dirty && cutter->chunks > cutter->promised &&
               cutter->highest >= cutter->next_identifier) {
        account_note(account,
                     "the header counts %u chunks and records up to %llu; the file has more",
                     cutter->promised, (unsigned long long)cutter->next_identifier - 1);
    }
    if (cutter->is_damaged && cutter->has_header && cutter->next_identifier > cutter->last + 1 &&
        cutter->last)
        gap_account(cutter, cutter->next_identifier, account);
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
        evtx_decode_chunk(
            decoder, bytes_of(data.data + at, left < EVTX_CHUNK_LENGTH ? left : EVTX_CHUNK_LENGTH),
            batch->offset + at, account, sink, context);
    }
}

static void evtx_render(void *decoder, enum reader_text text, struct buffer *to)
{
    evtx_decoder_render(decoder, text, to);
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
