/* Any bytes as a file of evidence, carving: logs with their header, and images with chunks and
 * lone records anywhere. The first byte is not part of it; it chooses where a batch ends. */
#include "evtx_lab.h"
#include "readers/evtx/evtx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

struct look {
    const struct reader_format *format;
    void *decoder;
    struct buffer text;
    uint64_t count;
};

static void look(void *context, struct event *event)
{
    struct look *look = context;
    look->count++;
    if (!event->is_carved)
        abort();
    buffer_reset(&look->text);
    look->format->render(look->decoder, READER_TEXT_JSON, &look->text);
    lab_json_check(buffer_view(&look->text));
}

static void batch_decode(struct look *all, struct bytes bytes, size_t own)
{
    struct account account;
    struct batch batch = {.offset = 0, .own = own};
    account_init(&account);
    buffer_bytes(&batch.data, bytes.data, bytes.length);
    all->count = 0;
    all->format->decode(all->decoder, &batch, &account, look, all);
    if (account.read != all->count || account.carved != all->count)
        abort();
    buffer_release(&batch.data);
    account_release(&account);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct reader_shared shared = {.carve = true};
    struct look all = {.format = &reader_evtx_carve};
    if (length < 2)
        return 0;
    lab_open(&shared);
    all.decoder = all.format->decoder_new(&shared);
    if (!all.decoder)
        abort();
    const struct bytes bytes = bytes_of(data + 1, length - 1);
    const size_t own = bytes.length - bytes.length * data[0] / 512;
    batch_decode(&all, bytes, own);
    batch_decode(&all, bytes_of(bytes.data + own, bytes.length - own), bytes.length - own);
    all.format->decoder_free(all.decoder);
    buffer_release(&all.text);
    lab_close(&shared);
    return 0;
}
