/* The XML reader: event after event, whatever stands around them.
 *
 * Batches end behind an </Event>; the decoder looks for the next <Event>. What it cannot read is
 * one `damaged` with the offset and the reason. */
#include "readers/xml/xml_record.h"

#include <stdlib.h>

#define CLOSE        "</Event>"
#define CLOSE_LENGTH (sizeof(CLOSE) - 1)

/* The next <Event> at or behind `at`, or `end`. */
static const uint8_t *next_event(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        const uint8_t *mark = memmem(at, (size_t)(end - at), "<Event", 6);
        if (!mark)
            return end;
        if (xml_is_event(mark, end))
            return mark;
        at = mark + 1;
    }
    return end;
}

/* ---- telling ---- */

static bool has(const uint8_t *at, const uint8_t *end, const char *text)
{
    return memmem(at, (size_t)(end - at), text, strlen(text)) != NULL;
}

/* XML whose first event is Windows' own by its namespace or by its first element. */
static bool xml_recognises(struct bytes head, const struct reader_shared *shared)
{
    (void)shared;
    uint8_t text[TEXT_HEAD_BOUND];
    const struct bytes view = text_head(text, head);
    const uint8_t *at = view.data, *end = at + view.length;
    while (at < end && xml_is_blank(*at))
        at++;
    if (at == end || *at != '<')
        return false;
    const uint8_t *event = next_event(at, end);
    if (event == end)
        return has(at, end, "<Events>") || has(at, end, "<Events ");
    return has(event, end, "schemas.microsoft.com/win/2004/08/events/event") ||
           has(event, end, "<System>");
}

/* ---- the cutting half ---- */

static size_t cut(void *context, struct bytes text)
{
    (void)context;
    for (size_t left = text.length; left >= CLOSE_LENGTH;) {
        const uint8_t *mark = memrchr(text.data, '<', left - (CLOSE_LENGTH - 1));
        if (!mark)
            return 0;
        if (memcmp(mark, CLOSE, CLOSE_LENGTH) == 0)
            return (size_t)(mark - text.data) + CLOSE_LENGTH;
        left = (size_t)(mark - text.data) + CLOSE_LENGTH - 1;
    }
    return 0;
}

static size_t resume(void *context, struct bytes text)
{
    (void)context;
    const uint8_t *end = text.data + text.length;
    const uint8_t *event = next_event(text.data, end);
    return event == end ? SIZE_MAX : (size_t)(event - text.data);
}

static uint64_t count(void *context, struct bytes text)
{
    (void)context;
    uint64_t events = 0;
    const uint8_t *end = text.data + text.length;
    for (const uint8_t *at = next_event(text.data, end); at < end; at = next_event(at + 1, end))
        events++;
    return events;
}

static const struct cutter_format cutter_format = {cut, resume, count};

static enum status xml_open(const struct reader_shared *shared, struct source *source,
                            struct account *account, void **opened, struct fault *fault)
{
    (void)shared;
    (void)account;
    struct cutter *cutter = calloc(1, sizeof(*cutter));
    if (!cutter)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the reader");
    const enum status status = cutter_open(cutter, &cutter_format, NULL, source, fault);
    if (status != STATUS_OK)
        free(cutter);
    else
        *opened = cutter;
    return status;
}

static enum status xml_next(void *opened, struct batch *batch, struct account *account,
                            struct fault *fault)
{
    return cutter_next(opened, 0, batch, account, fault);
}

static void xml_close(void *opened, struct account *account)
{
    (void)account;
    cutter_close(opened);
    free(opened);
}

/* ---- the decoding half ---- */

struct xml_decoder {
    struct text_decoder text;
    struct xml_parser parser;
};

static void xml_decoder_free(void *opened)
{
    struct xml_decoder *decoder = opened;
    if (!decoder)
        return;
    text_decoder_release(&decoder->text);
    free(decoder);
}

static void *xml_decoder_new(const struct reader_shared *shared)
{
    struct xml_decoder *decoder = calloc(1, sizeof(*decoder));
    if (!decoder)
        return NULL;
    decoder->parser.decoder = &decoder->text;
    if (text_decoder_init(&decoder->text, shared))
        return decoder;
    xml_decoder_free(decoder);
    return NULL;
}

/* Between two events only tags, comments and blanks are in order: a root, a declaration. */
static void look_between(struct text_decoder *text, const uint8_t *at, const uint8_t *event)
{
    while (at < event) {
        if (xml_is_blank(*at)) {
            at++;
            continue;
        }
        const uint8_t *close = *at == '<' ? memchr(at, '>', (size_t)(event - at)) : NULL;
        if (!close) {
            text_decoder_damage(text, at, "text that is no event");
            return;
        }
        at = close + 1;
    }
}

static void xml_decode(void *opened, const struct batch *batch, struct account *account,
                       event_sink *sink, void *context)
{
    struct xml_decoder *decoder = opened;
    struct text_decoder *text = &decoder->text;
    const uint8_t *at = batch->data.data;
    text_decoder_begin(text, batch, false, account, sink, context);
    decoder->parser.closes = (struct xml_closes){0};
    while (at < text->end) {
        const uint8_t *event = next_event(at, text->end);
        look_between(text, at, event);
        if (event == text->end)
            break;
        const uint8_t *behind = text_decoder_read(text, xml_record_read, &decoder->parser, event);
        text->number++;
        at = behind ? behind : next_event(event + 1, text->end);
    }
}

const struct reader_format reader_xml = {
    .name = "xml",
    .recognises = xml_recognises,
    .open = xml_open,
    .next = xml_next,
    .close = xml_close,
    .decoder_new = xml_decoder_new,
    .decoder_free = xml_decoder_free,
    .decode = xml_decode,
};
