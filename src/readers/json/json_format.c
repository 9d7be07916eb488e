/* The JSON reader: the cutting half and the decoding half.
 *
 * Batches are whole lines, blocks or objects (json_frame.h); the decoder reads object by object.
 * What it cannot read is one `damaged` with the offset and the reason, and it goes on where the
 * next record begins. */
#include "base/utf.h"
#include "readers/json/json_record.h"
#include "readers/readers.h"
#include "readers/text/cutter.h"
#include "readers/text/plan.h"

#include <stdlib.h>

/* ---- telling ---- */

/* A list or a row of objects: the first one begins with a key, or is empty. */
static bool json_recognises(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    uint8_t text[UTF8_BOUND(EVIDENCE_HEAD / 2)];
    const struct bytes view = text_head(text, head);
    const uint8_t *end = view.data + view.length;
    const uint8_t *at = json_between(view.data, end);
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
    struct bytes text;
    const bool is_all = cutter_peek(&state->cutter, CUTTER_BATCH, &text) == STATUS_END;
    const uint8_t *end = text.data + text.length;
    state->frame = json_frame_of(text, is_all);
    const struct bytes key = json_first_key(json_between(text.data, end), end);
    if (key.length)
        memcpy(state->key, key.data, key.length);
    state->frame.key = bytes_of(state->key, key.length);
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
    const struct reader_shared *shared;
    struct json_parser parser;
    struct plans plans;
    struct event_cache *cache;
};

static void json_decoder_free(void *opened)
{
    struct json_decoder *decoder = opened;
    if (!decoder)
        return;
    event_cache_free(decoder->cache);
    plans_release(&decoder->plans);
    json_parser_release(&decoder->parser);
    free(decoder);
}

static void *json_decoder_new(const struct reader_shared *shared)
{
    struct json_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return NULL;
    decoder->shared = shared;
    decoder->cache = event_cache_new();
    const bool is_ready = json_parser_init(&decoder->parser);
    if (!plans_init(&decoder->plans, shared, &decoder->parser.outline, &decoder->parser.arena) ||
        !is_ready || !decoder->cache) {
        json_decoder_free(decoder);
        return NULL;
    }
    return decoder;
}

/* The decoding of one batch. */
struct decoding {
    struct json_decoder *decoder;
    const uint8_t *end;
    struct account *account;
    event_sink *sink;
    void *context;
    struct text_place place;
    const uint8_t *counted; /* up to where `number` counts */
    uint64_t number;        /* of lines or records, before `counted` */
};

static void account_damage(struct decoding *decoding, const uint8_t *at, const char *reason)
{
    decoding->account->damaged++;
    decoding->account->is_incomplete = true;
    account_note(decoding->account, "offset %llu: %s",
                 (unsigned long long)text_place(&decoding->place, at), reason);
}

static uint64_t number_of_record(struct decoding *decoding, const uint8_t *at)
{
    if (decoding->decoder->parser.frame.framing == JSON_STREAM)
        return decoding->number;
    decoding->number += text_lines(bytes_of(decoding->counted, (size_t)(at - decoding->counted)));
    decoding->counted = at;
    return decoding->number;
}

/* The event is given even if its text is not all well-formed: one bad byte must not hide it. */
static void account_marks(struct decoding *decoding, struct bytes raw)
{
    const struct json_marks *marks = &decoding->decoder->parser.marks;
    if (LIKELY(!marks->has_control && !marks->high))
        return;
    if (marks->has_control)
        account_damage(decoding, raw.data, "a record with unescaped control characters");
    else if (!utf8_is_valid(raw))
        account_damage(decoding, raw.data, "a record that is not UTF-8");
}

static enum status read_event(struct json_decoder *decoder, const uint8_t **at, const uint8_t *end,
                              struct event *event, struct fault *fault)
{
    const uint8_t *begin = *at;
    const enum status status = json_record_read(&decoder->parser, at, end, fault);
    if (status != STATUS_OK)
        return status;
    event->raw = bytes_of(begin, (size_t)(*at - begin));
    return plans_event(&decoder->plans, &decoder->parser.record, event);
}

/* Again with everything forgotten, when there was no room for what is new. */
static enum status read_event_again(struct json_decoder *decoder, const uint8_t **at,
                                    const uint8_t *end, struct event *event, struct fault *fault)
{
    outline_reset(&decoder->parser.outline);
    plans_reset(&decoder->plans);
    const enum status status = read_event(decoder, at, end, event, fault);
    return status == STATUS_MEMORY
               ? fault_set(fault, STATUS_DAMAGED, 0, "a record with too many different keys")
               : status;
}

/* Reads the object at `at`; returns what is behind it, or NULL when it is damaged. */
static const uint8_t *decode_record(struct decoding *decoding, const uint8_t *at)
{
    struct json_decoder *decoder = decoding->decoder;
    struct event event = {.cache = decoder->cache};
    struct fault fault;
    const uint8_t *behind = at;
    enum status status = read_event(decoder, &behind, decoding->end, &event, &fault);
    if (UNLIKELY(status == STATUS_MEMORY)) {
        behind = at;
        status = read_event_again(decoder, &behind, decoding->end, &event, &fault);
    }
    if (UNLIKELY(status != STATUS_OK)) {
        account_damage(decoding, at, fault.reason);
        return NULL;
    }
    event.offset = text_place(&decoding->place, at);
    if (event.record == 0)
        event.record = number_of_record(decoding, at);
    account_marks(decoding, event.raw);
    decoding->account->read++;
    account_time(decoding->account, event.time);
    event_begin(&event);
    decoding->sink(decoding->context, &event);
    return behind;
}

/* What stands where a record should begin is passed over up to the next. */
static const uint8_t *decode_garbage(struct decoding *decoding, const uint8_t *at)
{
    account_damage(decoding, at, "text that is no JSON object");
    const uint8_t *next = json_resume(&decoding->decoder->parser.frame, at, decoding->end);
    return next ? next : decoding->end;
}

static void json_decode(void *opened, const struct batch *batch, struct account *account,
                        event_sink *sink, void *context)
{
    struct json_decoder *decoder = opened;
    const uint8_t *at = batch->data.data;
    struct decoding decoding = {
        .decoder = decoder,
        .end = at + batch->data.length,
        .account = account,
        .sink = sink,
        .context = context,
        .place = text_place_of(batch),
        .counted = at,
        .number = batch->first,
    };
    struct json_frame *frame = &decoder->parser.frame;
    *frame = json_frame_of_number(batch->kind >> CUTTER_KIND_SHIFT);
    while ((at = json_between(at, decoding.end)) < decoding.end) {
        if (*at != '{') {
            at = decode_garbage(&decoding, at);
            continue;
        }
        if (frame->framing == JSON_STREAM && frame->key.length == 0)
            frame->key = json_first_key(at, decoding.end);
        const uint8_t *behind = decode_record(&decoding, at);
        if (!behind)
            behind = json_resume(frame, at + 1, decoding.end);
        at = behind ? behind : decoding.end;
        decoding.number += frame->framing == JSON_STREAM;
    }
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
