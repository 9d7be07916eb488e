/* Every record of the given logs becomes JSON in both ways, by a compiled program and by the walk,
 * which have to write the same bytes. */
#include "readers/evtx/binxml.h"
#include "readers/evtx/evtx_chunk.h"
#include "readers/evtx/evtx_json.h"
#include "readers/evtx/evtx_program.h"

#include <stdio.h>
#include <stdlib.h>

#define RECORD_MEMORY_MAX (64U << 20)

struct twins {
    struct binxml_cache *cache;
    struct evtx_json *json;
    struct arena arena;
    struct buffer fast, slow;
    unsigned long records, differing;
};

static void record_compare(struct twins *twins, const struct evtx_envelope *envelope)
{
    struct binxml_instance instance;
    struct fault fault;
    arena_reset(&twins->arena);
    buffer_reset(&twins->fast);
    buffer_reset(&twins->slow);
    if (binxml_read(twins->cache, envelope->offset + EVTX_RECORD_HEADER,
                    envelope->length - EVTX_RECORD_LEAST, &twins->arena, &instance, &fault))
        return;
    evtx_json_write(twins->json, &instance, &twins->fast);
    evtx_json_walk(twins->json, &instance, &twins->slow);
    twins->records++;
    if (bytes_equal(buffer_view(&twins->fast), buffer_view(&twins->slow)))
        return;
    twins->differing++;
    printf("record %llu\nfast %.*s\nslow %.*s\n", (unsigned long long)envelope->identifier,
           (int)twins->fast.length, (const char *)twins->fast.data, (int)twins->slow.length,
           (const char *)twins->slow.data);
}

static void log_compare(struct twins *twins, struct bytes log)
{
    struct evtx_envelope envelope;
    for (size_t at = EVTX_FILE_HEADER; at < log.length; at += EVTX_CHUNK_LENGTH) {
        const size_t left = log.length - at;
        const struct bytes chunk =
            bytes_of(log.data + at, left < EVTX_CHUNK_LENGTH ? left : EVTX_CHUNK_LENGTH);
        const struct binxml_chunk whole = {.data = chunk.data, .length = chunk.length};
        binxml_chunk_begin(twins->cache, &whole);
        for (size_t from = 0; evtx_envelope_find(chunk, from, chunk.length, &envelope);
             from = envelope.offset + envelope.length)
            record_compare(twins, &envelope);
    }
}

static bool file_compare(struct twins *twins, const char *path)
{
    struct buffer log = {0};
    FILE *file = fopen(path, "rb");
    size_t got = 0;
    while (file && buffer_room(&log, EVTX_CHUNK_LENGTH) &&
           (got = fread(log.data + log.length, 1, EVTX_CHUNK_LENGTH, file)) > 0)
        log.length += got;
    const bool is_read = file && feof(file) && !log.failed;
    if (file)
        fclose(file);
    const unsigned long before = twins->differing;
    if (is_read)
        log_compare(twins, buffer_view(&log));
    if (!is_read || twins->differing > before)
        printf("%s: %s\n", path, is_read ? "differs" : "cannot be read");
    buffer_release(&log);
    return is_read;
}

int main(int count, char **paths)
{
    struct names *names = names_new(1U << 20, 64U << 20);
    struct twins twins = {.cache = binxml_cache_new(names)};
    bool are_read = true;
    twins.json = evtx_json_new(twins.cache);
    arena_init(&twins.arena, RECORD_MEMORY_MAX);
    for (int i = 1; i < count; i++)
        are_read &= file_compare(&twins, paths[i]);
    printf("%lu records, %lu differ\n", twins.records, twins.differing);
    evtx_json_free(twins.json);
    binxml_cache_free(twins.cache);
    names_free(names);
    arena_release(&twins.arena);
    buffer_release(&twins.fast);
    buffer_release(&twins.slow);
    return twins.differing || !twins.records || !are_read ? EXIT_FAILURE : EXIT_SUCCESS;
}
