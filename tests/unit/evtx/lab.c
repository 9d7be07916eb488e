#include "lab.h"

#include <stdio.h>
#include <stdlib.h>

struct buffer lab_log(const char *path)
{
    struct buffer log = {0};
    FILE *file = fopen(path, "rb");
    size_t got;
    assert_non_null(file);
    while (buffer_room(&log, 4096) && (got = fread(log.data + log.length, 1, 4096, file)) > 0)
        log.length += got;
    fclose(file);
    assert_false(log.failed);
    assert_true(log.length >= EVTX_FILE_HEADER + EVTX_CHUNK_LENGTH);
    return log;
}

struct bytes lab_chunk(const struct buffer *log)
{
    const uint8_t *chunk = log->data + EVTX_FILE_HEADER;
    return bytes_of(chunk, evtx_chunk_header_load(bytes_of(chunk, EVTX_CHUNK_LENGTH)).free_offset);
}

struct evtx_envelope lab_record(struct bytes chunk, unsigned index)
{
    struct evtx_envelope envelope = {.offset = EVTX_CHUNK_HEADER};
    assert_true(evtx_envelope_at(chunk, envelope.offset, &envelope));
    while (index--)
        assert_true(evtx_envelope_at(chunk, envelope.offset + envelope.length, &envelope));
    return envelope;
}

void lab_open(struct lab *lab, bool carve)
{
    *lab = (struct lab){.shared = {.carve = carve}};
    lab->shared.fields = fields_new();
    lab->shared.shapes = shapes_new(64);
    lab->decoder = evtx_decoder_new(&lab->shared);
    assert_non_null(lab->decoder);
    account_init(&lab->account);
}

void lab_close(struct lab *lab)
{
    evtx_decoder_free(lab->decoder);
    shapes_free(lab->shared.shapes);
    names_free(lab->shared.fields);
    account_release(&lab->account);
    buffer_release(&lab->text);
}

static void event_keep(void *context, struct event *event)
{
    struct lab *lab = context;
    if (lab->count < COUNT_OF(lab->identifiers))
        lab->identifiers[lab->count] = event->record;
    lab->count++;
    lab->carved += event->is_carved;
    evtx_decoder_render(lab->decoder, READER_TEXT_JSON, &lab->text);
    buffer_byte(&lab->text, '\n');
    evtx_decoder_render(lab->decoder, READER_TEXT_XML, &lab->text);
    buffer_byte(&lab->text, '\n');
}

void lab_decode(struct lab *lab, struct bytes chunk)
{
    uint8_t *copy = malloc(chunk.length ? chunk.length : 1);
    if (chunk.length)
        memcpy(copy, chunk.data, chunk.length);
    const struct evtx_piece piece = {.chunk = bytes_of(copy, chunk.length)};
    account_release(&lab->account);
    buffer_reset(&lab->text);
    lab->count = lab->carved = 0;
    evtx_decode_chunk(lab->decoder, &piece, &lab->account, event_keep, lab);
    free(copy);
}

bool lab_is_noted(const struct lab *lab, const char *words)
{
    const char *note;
    for (uint32_t i = 0; (note = account_note_at(&lab->account, i)); i++)
        if (strstr(note, words))
            return true;
    return false;
}
