/* One record with its templates, as the first of a chunk: read cold and warm, written by the
 * compiled program and by the walk, which have to agree. */
#include "evtx_lab.h"
#include "readers/evtx/binxml.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_fields.h"
#include "readers/evtx/evtx_json.h"
#include "readers/evtx/evtx_xml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#define ARENA_MAX (64U << 20)

struct lab {
    struct reader_shared shared;
    struct binxml_cache *cache;
    struct evtx_fields *fields;
    struct evtx_json *json;
    struct event_cache *texts;
    struct arena arena;
};

static void lab_make(struct lab *lab)
{
    *lab = (struct lab){0};
    lab_open(&lab->shared);
    lab->cache = binxml_cache_new(lab->shared.fields);
    lab->fields = lab->cache ? evtx_fields_new(lab->cache, lab->shared.shapes) : NULL;
    lab->json = lab->cache ? evtx_json_new(lab->cache) : NULL;
    lab->texts = event_cache_new();
    if (!lab->fields || !lab->json || !lab->texts)
        abort();
    arena_init(&lab->arena, ARENA_MAX);
}

static void lab_release(struct lab *lab)
{
    event_cache_free(lab->texts);
    evtx_json_free(lab->json);
    evtx_fields_free(lab->fields);
    binxml_cache_free(lab->cache);
    arena_release(&lab->arena);
    lab_close(&lab->shared);
}

static void instance_look(struct lab *lab, const struct binxml_instance *instance,
                          struct buffer *json)
{
    struct buffer walked = {0}, xml = {0};
    evtx_json_write(lab->json, instance, json);
    if (evtx_json_walk(lab->json, instance, &walked) &&
        !bytes_equal(buffer_view(json), buffer_view(&walked)))
        abort();
    lab_json_check(buffer_view(json));
    evtx_xml_write(lab->cache, instance, &xml);
    lab_xml_check(buffer_view(&xml));
    buffer_release(&walked);
    buffer_release(&xml);
}

/* The record as JSON; empty when it was refused. */
static void record_read(struct lab *lab, struct bytes chunk, struct buffer *json)
{
    const struct binxml_chunk whole = {.data = chunk.data, .length = chunk.length};
    struct binxml_instance instance;
    struct fault fault = {0};
    struct event event = {.cache = lab->texts};
    arena_reset(&lab->arena);
    binxml_chunk_begin(lab->cache, &whole);
    const enum status status = binxml_read(lab->cache, EVTX_CHUNK_HEADER + EVTX_RECORD_HEADER,
                                           chunk.length - EVTX_CHUNK_HEADER - EVTX_RECORD_LEAST,
                                           &lab->arena, &instance, &fault);
    if ((status != STATUS_OK) != (fault.reason[0] != '\0'))
        abort();
    if (status)
        return;
    instance_look(lab, &instance, json);
    if (evtx_fields_fill(lab->fields, &instance, &lab->arena, &event, NULL) == STATUS_OK) {
        event_begin(&event);
        lab_event_look(&event);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    if (length < EVTX_RECORD_LEAST || length > EVTX_CHUNK_LENGTH - EVTX_CHUNK_HEADER)
        return 0;
    const size_t whole = EVTX_CHUNK_HEADER + length;
    uint8_t *chunk = calloc(1, whole);
    struct buffer cold = {0}, warm = {0};
    struct lab lab;
    if (!chunk)
        abort();
    memcpy(chunk + EVTX_CHUNK_HEADER, data, length);
    lab_make(&lab);
    record_read(&lab, bytes_of(chunk, whole), &cold);
    record_read(&lab, bytes_of(chunk, whole), &warm);
    if (!bytes_equal(buffer_view(&cold), buffer_view(&warm)))
        abort();
    lab_release(&lab);
    buffer_release(&cold);
    buffer_release(&warm);
    free(chunk);
    return 0;
}
