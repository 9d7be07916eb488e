/* The JSON reader: the cutting half and the decoding half.
 *
 * Batches are whole lines, blocks or objects (json_frame.h); the decoder reads object by object.
 * What it cannot read is one `damaged` with the offset and the reason, and it goes on where the
 * next record begins. */
#include "readers/json/json_envelope.h"
#include "readers/json/json_record.h"
#include "readers/readers.h"

#include <stdlib.h>

/* ---- telling ---- */

/* Whether an object begins at `at`: a bracket, a key, a colon. */
static bool is_object(const uint8_t *at, const uint8_t *end)
{
    struct json_marks marks = {0};
    if (at == end || *at != '{')
        return false;
    for (at++; at < end && json_is_blank(*at);)
        at++;
    if (at == end || *at != '"')
        return false;
    at = json_string_end(at + 1, end, &marks);
    if (!at)
        return false;
    for (at++; at < end && json_is_blank(*at);)
        at++;
    return at < end && *at == ':';
}

/* A log whose beginning is lost: behind the rest of a line there are whole objects and nothing
 * else. */
static bool is_rest_of_lines(const uint8_t *at, const uint8_t *end)
{
    unsigned objects = 0;
    const uint8_t *feed = memchr(at, '\n', (size_t)(end - at));
    while (feed) {
        at = feed + 1;
        feed = memchr(at, '\n', (size_t)(end - at));
        if (!feed)
            break;
        if (!is_object(at, feed))
            return false;
        objects++;
    }
    return objects >= 2;
}

/* A list or a row of objects, or an object around a list of them. */
static bool json_recognises(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    uint8_t text[TEXT_HEAD_BOUND];
    const struct bytes view = text_head(text, head);
    const uint8_t *end = view.data + view.length;
    return is_object(json_between(view.data, end), end) || is_rest_of_lines(view.data, end);
}

/* ---- the cutting half ---- */

struct json_state {
    struct cutter cutter;
    struct json_frame frame;
    uint8_t key[64];
};

static size_t state_cut(void *context, struct bytes text)
{
    const struct json_state *state = context;
    return json_cut(&state->frame, text);
}

static size_t state_resume(void *context, struct bytes text)
{
    const struct json_state *state = context;
    const uint8_t *at = json_resume(&state->frame, text.data, text.data + text.length);
    return at ? (size_t)(at - text.data) : SIZE_MAX;
}

/* Lines are counted where records are told by lines, else records. */
static uint64_t state_count(void *context, struct bytes text)
{
    const struct json_state *state = context;
    if (state->frame.framing != JSON_STREAM)
        return text_lines(text);
    uint64_t count = 0;
    const uint8_t *at = text.data, *end = at + text.length;
    struct json_marks marks = {0};
    while (at && (at = json_between(at, end)) < end && *at == '{') {
        at = json_container_end(at, end, &marks);
        count++;
    }
    return count;
}

static const struct cutter_format cutter_format = {state_cut, state_resume, state_count};

static void tell_frame(struct json_state *state)
{
    struct bytes text;
    const bool is_all = cutter_peek(&state->cutter, CUTTER_BATCH, &text) == STATUS_END;
    const size_t envelope = json_envelope_end(text);
    const uint8_t *end = text.data + text.length;
    state->frame = json_frame_of(bytes_of(text.data + envelope, text.length - envelope), is_all);
    state->frame.has_envelope = envelope != 0;
    const struct bytes key = json_first_key(json_between(text.data + envelope, end), end);
    if (key.length)
        memcpy(state->key, key.data, key.length);
    state->frame.key = bytes_of(state->key, key.length);
    cutter_drop(&state->cutter, envelope);
}

static enum status json_open(const struct reader_shared *shared, struct source *source,
                             struct account *account, void **opened, struct fault *fault)
{
    (void)shared;
    (void)account;
    struct json_state *state = calloc(1, sizeof(*state));
    if (!state)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the reader");
    const enum status status = cutter_open(&state->cutter, &cutter_format, state, source, fault);
    if (status != STATUS_OK) {
        free(state);
        return status;
    }
    tell_frame(state);
    *opened = state;
    return STATUS_OK;
}

static enum status json_next(void *opened, struct batch *batch, struct account *account,
                             struct fault *fault)
{
    struct json_state *state = opened;
    return cutter_next(&state->cutter, json_frame_number(&state->frame), batch, account, fault);
}

static void json_close(void *opened, struct account *account)
{
    (void)account;
    struct json_state *state = opened;
    cutter_close(&state->cutter);
    free(state);
}

/* ---- the decoding half ---- */

struct json_decoder {
    struct text_decoder text;
    struct json_parser parser;
};

static void json_decoder_free(void *opened)
{
    struct json_decoder *decoder = opened;
    if (!decoder)
        return;
    text_decoder_release(&decoder->text);
    free(decoder);
}

static void *json_decoder_new(const struct reader_shared *shared)
{
    struct json_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return NULL;
    decoder->parser.decoder = &decoder->text;
    decoder->parser.xml.decoder = &decoder->text;
    if (text_decoder_init(&decoder->text, shared))
        return decoder;
    json_decoder_free(decoder);
    return NULL;
}

/* Reads what begins at `at`; returns where the next may begin. */
static const uint8_t *decode_one(struct json_decoder *decoder, const uint8_t *at)
{
    struct text_decoder *text = &decoder->text;
    struct json_frame *frame = &decoder->parser.frame;
    const uint8_t *behind = NULL;
    if (frame->has_envelope && json_is_envelope_tail(text->begin, at))
        return text->end;
    if (*at != '{') {
        text_decoder_damage(text, at, "text that is no JSON object");
    } else {
        if (frame->framing == JSON_STREAM && frame->key.length == 0)
            frame->key = json_first_key(at, text->end);
        behind = text_decoder_read(text, json_record_read, &decoder->parser, at);
        text->number += frame->framing == JSON_STREAM;
        at++;
    }
    if (!behind)
        behind = json_resume(frame, at, text->end);
    return behind ? behind : text->end;
}

static void json_decode(void *opened, const struct batch *batch, struct account *account,
                        event_sink *sink, void *context)
{
    struct json_decoder *decoder = opened;
    struct json_frame *frame = &decoder->parser.frame;
    *frame = json_frame_of_number(batch->kind >> CUTTER_KIND_SHIFT);
    text_decoder_begin(&decoder->text, batch, frame->framing != JSON_STREAM, account, sink,
                       context);
    const uint8_t *at = batch->data.data;
    while ((at = json_between(at, decoder->text.end)) < decoder->text.end)
        at = decode_one(decoder, at);
}

const struct reader_format reader_json = {
    .name = "json",
    .recognises = json_recognises,
    .open = json_open,
    .next = json_next,
    .close = json_close,
    .decoder_new = json_decoder_new,
    .decoder_free = json_decoder_free,
    .decode = json_decode,
};
