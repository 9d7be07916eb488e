/* A chunk, cut off where its zeros begin: live records and carved ones, as JSON, XML and fields. A
 * chunk whose byte 116 (which means nothing) is odd gets the right checksum for its header, so that
 * its counts are believed. */
#include "evtx_lab.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_decoder.h"

#include <isa-l/crc.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

struct look {
    struct evtx_decoder *decoder;
    struct buffer text;
    uint64_t count, carved;
    size_t chunk;
};

static void look(void *context, struct event *event)
{
    struct look *look = context;
    look->count++;
    look->carved += event->is_carved;
    if (event->offset >= look->chunk || event->raw.length > look->chunk - event->offset)
        abort();
    lab_event_look(event);
    buffer_reset(&look->text);
    evtx_decoder_render(look->decoder, READER_TEXT_JSON, &look->text);
    lab_json_check(buffer_view(&look->text));
    buffer_reset(&look->text);
    evtx_decoder_render(look->decoder, READER_TEXT_XML, &look->text);
    lab_xml_check(buffer_view(&look->text));
}

static struct account decode(struct bytes chunk, bool carve)
{
    struct reader_shared shared = {.carve = carve};
    struct account account;
    struct look all = {.chunk = chunk.length};
    const struct evtx_piece piece = {.chunk = chunk};
    lab_open(&shared);
    account_init(&account);
    all.decoder = evtx_decoder_new(&shared);
    if (!all.decoder)
        abort();
    evtx_decode_chunk(all.decoder, &piece, &account, look, &all);
    if (account.read != all.count || account.carved != all.carved ||
        (account.is_incomplete && !account.note_count))
        abort();
    evtx_decoder_free(all.decoder);
    buffer_release(&all.text);
    lab_close(&shared);
    return account;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    const bool is_cut = length && data[length - 1] == 0;
    if (length > EVTX_CHUNK_LENGTH)
        return 0;
    const size_t whole = is_cut ? length : EVTX_CHUNK_LENGTH;
    uint8_t *chunk = calloc(1, whole ? whole : 1);
    if (!chunk)
        abort();
    if (length)
        memcpy(chunk, data, length);
    if (whole >= EVTX_CHUNK_HEADER && chunk[116] & 1) {
        uint32_t sum = crc32_gzip_refl(0, chunk, 120);
        sum = crc32_gzip_refl(sum, chunk + 128, EVTX_CHUNK_HEADER - 128);
        memcpy(chunk + 124, &sum, sizeof(sum));
    }
    struct account live = decode(bytes_of(chunk, whole), false);
    struct account carved = decode(bytes_of(chunk, whole), true);
    if (carved.read < live.read || live.carved || carved.is_incomplete != live.is_incomplete)
        abort();
    account_release(&live);
    account_release(&carved);
    free(chunk);
    return 0;
}
