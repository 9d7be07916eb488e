#include "readers/text/cutter.h"

#include <assert.h>
#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define RAW_CHUNK   (64U << 10)
#define SKIP_MARGIN 4096 /* kept of what is skipped: the next record may begin in it */

/* ---- encodings ---- */

enum text_encoding text_encoding_of(struct bytes head, size_t *skip)
{
    const uint8_t *at = head.data;
    *skip = 0;
    if (head.length >= 3 && at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF) {
        *skip = 3;
        return TEXT_UTF8;
    }
    if (head.length < 4)
        return TEXT_UTF8;
    if ((at[0] == 0xFF && at[1] == 0xFE) || (at[0] == 0xFE && at[1] == 0xFF)) {
        *skip = 2;
        return at[0] == 0xFF ? TEXT_UTF16LE : TEXT_UTF16BE;
    }
    if (at[0] && !at[1] && at[2] && !at[3])
        return TEXT_UTF16LE;
    return !at[0] && at[1] && !at[2] && at[3] ? TEXT_UTF16BE : TEXT_UTF8;
}

static void swap_units(uint8_t *at, size_t units)
{
    for (size_t i = 0; i < units; i++) {
        const uint8_t first = at[2 * i];
        at[2 * i] = at[2 * i + 1];
        at[2 * i + 1] = first;
    }
}

struct bytes text_head(uint8_t *to, struct bytes head)
{
    size_t skip;
    const enum text_encoding encoding = text_encoding_of(head, &skip);
    head = bytes_of(head.data + skip, head.length - skip);
    if (encoding == TEXT_UTF8)
        return head;
    uint8_t raw[EVIDENCE_HEAD];
    const size_t units = (head.length < sizeof(raw) ? head.length : sizeof(raw)) / 2;
    memcpy(raw, head.data, units * 2);
    if (encoding == TEXT_UTF16BE)
        swap_units(raw, units);
    return bytes_of(to, utf8_from_utf16(to, raw, units));
}

/* ---- reading ---- */

static enum status read_into(struct cutter *cutter, struct buffer *to, size_t want)
{
    size_t got = 0;
    /* One byte more than there is tells the end, and small evidence takes small batches. */
    const uint64_t size = source_size(cutter->source), offset = source_offset(cutter->source);
    if (size != SOURCE_SIZE_NONE && size >= offset && size - offset < want)
        want = (size_t)(size - offset) + 1;
    uint8_t *room = buffer_room(to, want);
    if (!room)
        return fault_set(&cutter->fault, STATUS_MEMORY, cutter->offset, "no memory for a batch");
    const enum status status = source_read(cutter->source, room, want, &got, &cutter->fault);
    to->length += status == STATUS_END ? 0 : got;
    if (status == STATUS_OK && got < want)
        return STATUS_END;
    return status;
}

/* Converts what was read, but for half a character at its end, which waits for the rest of it. */
static enum status convert_raw(struct cutter *cutter, struct buffer *to)
{
    struct buffer *raw = &cutter->raw;
    size_t units = raw->length / 2;
    if (cutter->encoding == TEXT_UTF16BE)
        swap_units(raw->data, units);
    if (cutter->status == STATUS_OK && units && (raw->data[units * 2 - 1] & 0xFC) == 0xD8)
        units--;
    uint8_t *room = buffer_room(to, UTF8_BOUND(units));
    if (!room)
        return fault_set(&cutter->fault, STATUS_MEMORY, cutter->offset, "no memory for a batch");
    if (units)
        to->length += utf8_from_utf16(room, raw->data, units);
    if (cutter->encoding == TEXT_UTF16BE)
        swap_units(raw->data + units * 2, (raw->length - units * 2) / 2);
    raw->length -= units * 2;
    if (raw->length)
        memmove(raw->data, raw->data + units * 2, raw->length);
    /* Half a character at the end of all: no text, so that it is not passed over in silence. */
    if (raw->length && cutter->status != STATUS_OK)
        buffer_text(to, "\xEF\xBF\xBD");
    return cutter->status;
}

static void fill(struct cutter *cutter, struct buffer *to, size_t want)
{
    if (cutter->encoding == TEXT_UTF8) {
        if (cutter->status == STATUS_OK && to->length < want)
            cutter->status = read_into(cutter, to, want - to->length);
        return;
    }
    while (cutter->status == STATUS_OK && to->length < want) {
        cutter->status = read_into(cutter, &cutter->raw, RAW_CHUNK);
        const enum status status = convert_raw(cutter, to);
        if (status == STATUS_MEMORY)
            cutter->status = status;
    }
}

enum status cutter_peek(struct cutter *cutter, size_t want, struct bytes *text)
{
    fill(cutter, &cutter->rest, want);
    *text = buffer_view(&cutter->rest);
    return cutter->status;
}

enum status cutter_open(struct cutter *cutter, const struct cutter_format *format, void *context,
                        struct source *source, struct fault *fault)
{
    struct bytes head;
    uint8_t mark[4];
    size_t skip, got;
    *cutter = (struct cutter){.format = format, .context = context, .source = source, .first = 1};
    enum status status = source_peek(source, &head, fault);
    if (status < 0)
        return status;
    cutter->encoding = text_encoding_of(head, &skip);
    status = skip ? source_read(source, mark, skip, &got, fault) : STATUS_OK;
    cutter->offset = source_offset(source);
    return status < 0 ? status : STATUS_OK;
}

void cutter_close(struct cutter *cutter)
{
    buffer_release(&cutter->rest);
    buffer_release(&cutter->raw);
}

/* ---- cutting ---- */

#ifdef __SSE2__
/* The line feeds of up to 255 blocks of 16 bytes: each byte of `counts` counts down its column. */
static uint64_t block_lines(const uint8_t *at, size_t blocks)
{
    const __m128i feed = _mm_set1_epi8('\n');
    __m128i counts = _mm_setzero_si128();
    for (size_t i = 0; i < blocks; i++) {
        const __m128i text = _mm_loadu_si128((const __m128i_u *)(const void *)(at + i * 16));
        counts = _mm_sub_epi8(counts, _mm_cmpeq_epi8(text, feed));
    }
    const __m128i sums = _mm_sad_epu8(counts, _mm_setzero_si128());
    return (uint64_t)_mm_cvtsi128_si64(sums) + (uint64_t)_mm_cvtsi128_si64(_mm_srli_si128(sums, 8));
}
#endif

uint64_t text_lines(struct bytes text)
{
    uint64_t lines = 0;
    size_t at = 0;
#ifdef __SSE2__
    while (text.length - at >= 16) {
        const size_t blocks = (text.length - at) / 16, some = blocks < 255 ? blocks : 255;
        lines += block_lines(text.data + at, some);
        at += some * 16;
    }
#endif
    for (; at < text.length; at++)
        lines += text.data[at] == '\n';
    return lines;
}

static uint64_t utf16_units(const uint8_t *at, const uint8_t *end)
{
    uint64_t units = 0;
    for (; at < end; at++)
        units += (uint64_t)((*at & 0xC0) != 0x80) + (uint64_t)(*at >= 0xF0);
    return units;
}

uint64_t text_place_utf16(struct text_place *place, const uint8_t *at)
{
    assert(at >= place->at);
    place->offset += 2 * utf16_units(place->at, at);
    place->at = at;
    return place->offset;
}

/* Takes the first bytes away from what follows in the evidence. */
static void pass(struct cutter *cutter, struct bytes text)
{
    cutter->offset += cutter->encoding == TEXT_UTF8
                          ? text.length
                          : 2 * utf16_units(text.data, text.data + text.length);
    cutter->first += cutter->format->count(cutter->context, text);
}

static void drop(struct cutter *cutter, struct buffer *text, size_t length)
{
    pass(cutter, bytes_of(text->data, length));
    text->length -= length;
    memmove(text->data, text->data + length, text->length);
}

void cutter_drop(struct cutter *cutter, size_t length)
{
    if (length)
        drop(cutter, &cutter->rest, length);
}

/* What separates it from the record before is not of it; then its first byte goes, so that it is
 * not taken for the next record. */
static void refuse(struct cutter *cutter, struct buffer *text, struct account *account)
{
    size_t begin = 0;
    while (begin + 1 < text->length && memchr(" \t\r\n,[", text->data[begin], 6))
        begin++;
    drop(cutter, text, begin);
    account->damaged++;
    account->is_incomplete = true;
    account_note(account, "offset %llu: a record of more than %u MiB is refused",
                 (unsigned long long)cutter->offset, CUTTER_RECORD_MAX >> 20);
    drop(cutter, text, 1);
    cutter->is_skipping = true;
}

/* Goes on to where the next record begins; false when the evidence ends before. */
static bool skip(struct cutter *cutter, struct buffer *text)
{
    for (;;) {
        const size_t at = cutter->format->resume(cutter->context, buffer_view(text));
        if (at != SIZE_MAX) {
            drop(cutter, text, at);
            cutter->is_skipping = false;
            return true;
        }
        if (cutter->status != STATUS_OK) {
            text->length = 0;
            return false;
        }
        if (text->length > SKIP_MARGIN)
            drop(cutter, text, text->length - SKIP_MARGIN);
        fill(cutter, text, CUTTER_BATCH);
    }
}

/* The length of the next batch in `text`, which is filled as far as it takes; 0: nothing is left.
 */
static size_t find_cut(struct cutter *cutter, struct buffer *text, struct account *account)
{
    size_t want = CUTTER_BATCH;
    for (;;) {
        if (cutter->is_skipping && !skip(cutter, text))
            return 0;
        fill(cutter, text, want);
        if (cutter->status != STATUS_OK)
            return text->length;
        const size_t cut = cutter->format->cut(cutter->context, buffer_view(text));
        if (cut)
            return cut;
        if (text->length >= CUTTER_RECORD_MAX) {
            refuse(cutter, text, account);
            want = CUTTER_BATCH;
        } else {
            want = text->length * 2 < CUTTER_RECORD_MAX ? text->length * 2 : CUTTER_RECORD_MAX;
        }
    }
}

/* Hands the batch's old memory to the rest: two buffers change places, nothing is allocated. What a
 * very large record took is given back. */
static void take_rest(struct cutter *cutter, struct buffer *text)
{
    if (text->capacity > 4 * CUTTER_BATCH)
        buffer_release(text);
    const struct buffer old = *text;
    *text = cutter->rest;
    cutter->rest = old;
    cutter->rest.length = 0;
}

enum status cutter_next(struct cutter *cutter, uint32_t kind, struct batch *batch,
                        struct account *account, struct fault *fault)
{
    struct buffer *text = &batch->data;
    take_rest(cutter, text);
    const size_t cut = find_cut(cutter, text, account);
    if (cut == 0) {
        if (cutter->status < 0 && fault)
            *fault = cutter->fault;
        return cutter->status;
    }
    if (cut < text->length)
        buffer_bytes(&cutter->rest, text->data + cut, text->length - cut);
    if (cutter->rest.failed)
        return fault_set(fault, STATUS_MEMORY, cutter->offset, "no memory for a batch");
    text->length = cut;
    batch->offset = cutter->offset;
    batch->own = cut;
    batch->sequence = cutter->sequence++;
    batch->first = cutter->first;
    batch->kind = (kind << CUTTER_KIND_SHIFT) | (cutter->encoding == TEXT_UTF8 ? 0 : CUTTER_UTF16);
    pass(cutter, bytes_of(text->data, cut));
    return STATUS_OK;
}
