#include "harness.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- a source in memory, in the place of evidence/source.c ---- */

struct source {
    uint8_t *data;
    size_t length;
    size_t at;
    size_t fails_at; /* SIZE_MAX: never */
};

const char *source_path(const struct source *source)
{
    (void)source;
    return "memory";
}

uint64_t source_size(const struct source *source)
{
    return source->length;
}

uint64_t source_offset(const struct source *source)
{
    return source->at;
}

enum status source_peek(struct source *source, struct bytes *head, struct fault *fault)
{
    (void)fault;
    *head = bytes_of(source->data, source->length < EVIDENCE_HEAD ? source->length : EVIDENCE_HEAD);
    return STATUS_OK;
}

enum status source_read(struct source *source, void *to, size_t want, size_t *got,
                        struct fault *fault)
{
    const size_t end = source->length < source->fails_at ? source->length : source->fails_at;
    *got = want < end - source->at ? want : end - source->at;
    memcpy(to, source->data + source->at, *got);
    source->at += *got;
    if (*got == want)
        return STATUS_OK;
    if (end == source->fails_at)
        return fault_set(fault, STATUS_IO, source->at, "the disk says no");
    return *got ? STATUS_OK : STATUS_END;
}

/* ---- the run ---- */

struct harness *harness_new(const struct reader_format *format)
{
    struct harness *harness = calloc(1, sizeof(*harness));
    harness->shared.fields = fields_new();
    harness->shared.shapes = shapes_new(4096);
    harness->format = format;
    harness->decoder = format->decoder_new(&harness->shared);
    account_init(&harness->account);
    return harness;
}

void harness_free(struct harness *harness)
{
    harness->format->decoder_free(harness->decoder);
    account_release(&harness->account);
    buffer_release(&harness->events);
    names_free(harness->shared.fields);
    shapes_free(harness->shared.shapes);
    free(harness);
}

static void write_event(void *context, struct event *event)
{
    struct harness *harness = context;
    struct buffer *to = &harness->events;
    char time[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(time, event->time);
    harness->count++;
    harness->last_shape = event->shape->serial;
    buffer_format(to, "{\"#time\":\"%.*s\",\"#record\":%llu,\"#offset\":%llu", (int)length, time,
                  (unsigned long long)event->record, (unsigned long long)event->offset);
    for (unsigned slot = 0; slot < event->shape->count; slot++) {
        const struct value *value = &event->values[slot];
        if (value->type == VALUE_ABSENT)
            continue;
        if (value->type != VALUE_LIST) /* that it can be rendered at all */
            (void)event_folded(event, slot);
        buffer_byte(to, ',');
        buffer_json(to, names_text(harness->shared.fields, event->shape->fields[slot]));
        buffer_byte(to, ':');
        value_append_json(to, value);
    }
    buffer_text(to, "}\n");
}

static void run(struct harness *harness, struct source *source)
{
    struct batch batch = {0};
    struct fault fault = {0};
    void *state = NULL;
    const struct reader_format *format = harness->format;
    account_release(&harness->account);
    account_init(&harness->account);
    harness->events.length = 0;
    harness->count = 0;
    harness->batches = 0;
    enum status status = format->open(&harness->shared, source, &harness->account, &state, &fault);
    while (status == STATUS_OK) {
        status = format->next(state, &batch, &harness->account, &fault);
        if (status != STATUS_OK)
            break;
        /* A copy of exactly its size. */
        struct batch exact = batch;
        exact.data.data = malloc(batch.data.length ? batch.data.length : 1);
        memcpy(exact.data.data, batch.data.data, batch.data.length);
        format->decode(harness->decoder, &exact, &harness->account, write_event, harness);
        free(exact.data.data);
        harness->batches++;
    }
    if (state)
        format->close(state, &harness->account);
    harness->status = status;
    buffer_release(&batch.data);
}

void harness_fail_behind(struct harness *harness, struct bytes text, size_t length)
{
    struct source source = {.length = text.length, .fails_at = length};
    source.data = malloc(text.length ? text.length : 1);
    if (text.length)
        memcpy(source.data, text.data, text.length);
    run(harness, &source);
    free(source.data);
}

void harness_run(struct harness *harness, struct bytes text)
{
    harness_fail_behind(harness, text, SIZE_MAX);
}

void harness_text(struct harness *harness, const char *text)
{
    harness_run(harness, bytes_of_text(text));
}

#define LINE_LENGTH 65536

/* The line as text of its own: whoever searches in all of them searches long. */
static const char *line_of(struct harness *harness, size_t index)
{
    static char line[LINE_LENGTH];
    const uint8_t *at = harness->events.data, *end = at + harness->events.length;
    for (; index && at < end; index--)
        at = (const uint8_t *)memchr(at, '\n', (size_t)(end - at)) + 1;
    if (at >= end)
        return NULL;
    const size_t length = (size_t)((const uint8_t *)memchr(at, '\n', (size_t)(end - at)) - at);
    const size_t kept = length < LINE_LENGTH ? length : LINE_LENGTH - 1;
    memcpy(line, at, kept);
    line[kept] = '\0';
    return line;
}

const char *harness_event(struct harness *harness, size_t index)
{
    static char text[LINE_LENGTH];
    const char *line = line_of(harness, index);
    if (!line)
        return "";
    const char *rest = strstr(line, "\"#offset\":") + strlen("\"#offset\":");
    rest += strspn(rest, "0123456789,");
    snprintf(text, sizeof(text), "{%s", rest);
    return text;
}

uint64_t harness_number(struct harness *harness, size_t index, const char *name)
{
    const char *line = line_of(harness, index);
    const char *at = line ? strstr(line, name) : NULL;
    return at ? strtoull(at + strlen(name) + 2, NULL, 10) : UINT64_MAX;
}

const char *harness_time(struct harness *harness, size_t index)
{
    static char text[INSTANT_TEXT_BOUND];
    const char *line = line_of(harness, index) + strlen("{\"#time\":\"");
    snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\""), line);
    return text;
}
