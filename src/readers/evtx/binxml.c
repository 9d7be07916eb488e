#include "readers/evtx/binxml.h"

#include "base/cursor.h"
#include "base/hash.h"
#include "readers/evtx/binxml_outline.h"
#include "readers/evtx/binxml_template.h"
#include "readers/evtx/binxml_token.h"
#include "readers/evtx/binxml_value.h"

#include <assert.h>
#include <stdlib.h>

#define DEFINITION_HEADER  24
#define CACHE_BUCKETS      1024U
#define CACHE_TREES_MAX    8192U
#define CACHE_CHAIN_MAX    64U /* looked through in one bucket, the newest first */
#define CACHE_MEMORY_MAX   (64U << 20)
#define SCRATCH_MEMORY_MAX (16U << 20)
#define CHUNK_SLOTS        512U /* definitions of the current chunk, by offset */
#define SEEN_SLOTS         256U /* outlines that were seen once */

/* A definition that was met in the current chunk. */
struct chunk_slot {
    uint32_t generation;
    uint32_t offset;
    const struct binxml_template *template;
};

/* A loose stream's tree, for all streams of the same outline. */
struct outlined {
    struct outlined *next; /* with the same hash */
    struct bytes words;    /* the outline */
    struct binxml_tree tree;
};

struct binxml_cache {
    struct arena arena;   /* templates, and what is derived from them */
    struct arena scratch; /* of one definition's compilation */
    struct arena loose;   /* of one loose stream's compilation */
    struct binxml_template *buckets[CACHE_BUCKETS];
    struct outlined *outlined[CACHE_BUCKETS];
    uint64_t seen[SEEN_SLOTS]; /* hashes */
    uint32_t count;
    uint32_t serial;
    bool is_full;
    struct binxml_chunk chunk;
    uint32_t generation;
    size_t compiled; /* bytes of the chunk's definitions; they cannot be more than its own */
    struct chunk_slot slots[CHUNK_SLOTS];
    struct binxml_names names;
    struct binxml_outline outline; /* of the stream that is read */
};

struct binxml_cache *binxml_cache_new(struct names *names)
{
    struct binxml_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return NULL;
    cache->names.table = names;
    cache->names.name = names_intern(names, bytes_of_text("Name"));
    arena_init(&cache->arena, CACHE_MEMORY_MAX);
    arena_init(&cache->scratch, SCRATCH_MEMORY_MAX);
    arena_init(&cache->loose, SCRATCH_MEMORY_MAX);
    return cache;
}

void binxml_cache_free(struct binxml_cache *cache)
{
    if (!cache)
        return;
    arena_release(&cache->arena);
    arena_release(&cache->scratch);
    arena_release(&cache->loose);
    free(cache);
}

void binxml_chunk_begin(struct binxml_cache *cache, const struct binxml_chunk *chunk)
{
    cache->chunk = *chunk;
    cache->generation++;
    cache->names.generation = cache->generation;
    cache->compiled = 0;
}

bool binxml_cache_trim(struct binxml_cache *cache)
{
    if (LIKELY(!cache->is_full && cache->count < CACHE_TREES_MAX &&
               cache->arena.taken < CACHE_MEMORY_MAX / 2))
        return false;
    memset(cache->buckets, 0, sizeof(cache->buckets));
    memset(cache->outlined, 0, sizeof(cache->outlined));
    arena_reset(&cache->arena);
    cache->count = 0;
    cache->is_full = false;
    cache->generation++;
    cache->compiled = 0;
    return true;
}

struct names *binxml_names(const struct binxml_cache *cache)
{
    return cache->names.table;
}

struct arena *binxml_cache_arena(struct binxml_cache *cache)
{
    return &cache->arena;
}

/* What one record's reading carries along. */
struct reading {
    struct binxml_cache *cache;
    struct arena *arena;
    unsigned nested;
    unsigned loose; /* streams that are being compiled, one in the other */
    struct fault *fault;
};

static enum status damaged(const struct reading *reading, size_t offset, const char *reason)
{
    return fault_set(reading->fault, STATUS_DAMAGED, reading->cache->chunk.offset + offset,
                     "BinXML: %s", reason);
}

/* Whether the definition body at `start` of the chunk says the same as the template: equal bytes
 * between the names, and equal names, in line or not in the same places. */
static bool template_fits(const struct binxml_template *template, const struct binxml_chunk *chunk,
                          size_t start)
{
    const uint8_t *body = chunk->data + start;
    size_t at = 0;
    for (uint32_t i = 0; i < template->reference_count; i++) {
        const struct binxml_reference *reference = &template->references[i];
        if (memcmp(body + at, template->body.data + at, reference->at - at) != 0)
            return false;
        const uint32_t offset = load_le32(body + reference->at);
        const bool is_inline = offset == start + reference->at + 4;
        struct bytes raw;
        if (is_inline != reference->is_inline || !binxml_name_at(chunk, offset, &raw) ||
            !bytes_equal(raw, reference->raw))
            return false;
        /* Behind an entry in line: its link to the next name differs and means nothing. */
        at = reference->at + (is_inline ? 8 : 4);
    }
    return memcmp(body + at, template->body.data + at, template->body.length - at) == 0;
}

static enum status template_compile(struct reading *reading, size_t offset, size_t length,
                                    struct binxml_template **compiled)
{
    struct binxml_cache *cache = reading->cache;
    const size_t start = offset + DEFINITION_HEADER;
    cache->compiled += length;
    if (cache->compiled > cache->chunk.length)
        return damaged(reading, offset, "template definitions that overlap");
    struct binxml_template *template = arena_take_array(&cache->arena, 1, sizeof(*template));
    if (!template) {
        cache->is_full = true;
        return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for a template");
    }
    memcpy(template->guid, cache->chunk.data + offset + 4, sizeof(template->guid));
    arena_reset(&cache->scratch);
    const struct binxml_compile compile = {
        .chunk = &cache->chunk,
        .names = &cache->names,
        .keep = &cache->arena,
        .scratch = &cache->scratch,
        .start = start,
        .end = start + length,
        .is_definition = true,
        .keeps_literals = true,
    };
    const enum status status = binxml_compile(&compile, &template->tree, &template->references,
                                              &template->reference_count, reading->fault);
    if (status)
        return status;
    template->body = arena_keep(&cache->arena, bytes_of(cache->chunk.data + start, length));
    if (!template->body.data) {
        cache->is_full = true;
        return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for a template");
    }
    template->tree.serial = ++cache->serial;
    *compiled = template;
    return STATUS_OK;
}

/* The template whose definition stands at `offset` of the chunk, `length` bytes of body. */
static enum status template_find(struct reading *reading, size_t offset, size_t length,
                                 const struct binxml_template **found)
{
    struct binxml_cache *cache = reading->cache;
    const uint8_t *guid = cache->chunk.data + offset + 4;
    const uint64_t hash = hash_bytes(bytes_of(guid, 20), 0);
    struct binxml_template **bucket = &cache->buckets[hash % CACHE_BUCKETS];
    unsigned steps = 0;
    for (struct binxml_template *template = *bucket; template && steps < CACHE_CHAIN_MAX;
         template = template->next, steps++)
        if (memcmp(template->guid, guid, 16) == 0 && template->body.length == length &&
            template_fits(template, &cache->chunk, offset + DEFINITION_HEADER)) {
            *found = template;
            return STATUS_OK;
        }
    struct binxml_template *template;
    const enum status status = template_compile(reading, offset, length, &template);
    if (status)
        return status;
    template->next = *bucket;
    *bucket = template;
    cache->count++;
    *found = template;
    return STATUS_OK;
}

/* The same by the chunk's table of what was met before. */
static enum status template_at(struct reading *reading, size_t offset,
                               const struct binxml_template **found)
{
    struct binxml_cache *cache = reading->cache;
    struct chunk_slot *slot = &cache->slots[(offset * 2654435761U >> 7) % CHUNK_SLOTS];
    if (LIKELY(slot->generation == cache->generation && slot->offset == offset)) {
        *found = slot->template;
        return *found ? STATUS_OK : damaged(reading, offset, "a damaged template definition");
    }
    if (offset > cache->chunk.length || cache->chunk.length - offset < DEFINITION_HEADER)
        return damaged(reading, offset, "a template definition outside the chunk");
    const size_t length = load_le32(cache->chunk.data + offset + 20);
    if (cache->chunk.length - offset - DEFINITION_HEADER < length)
        return damaged(reading, offset, "a template definition that runs over the chunk");
    const enum status status = template_find(reading, offset, length, found);
    /* A damaged one is remembered too, so that it costs its records nothing more. */
    *slot = (struct chunk_slot){cache->generation, (uint32_t)offset, status ? NULL : *found};
    return status;
}

static enum status stream_read(struct reading *reading, size_t start, size_t length,
                               struct binxml_instance *instance);

/* Embedded BinXML becomes an instance of its own. */
static enum status embedded_read(struct reading *reading, struct value *value)
{
    struct binxml_instance *instance = arena_take(reading->arena, sizeof(*instance));
    if (!instance)
        return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for a record");
    const size_t start = (size_t)(value->data - reading->cache->chunk.data);
    const enum status status = stream_read(reading, start, value->length, instance);
    if (status)
        return status;
    *value = (struct value){.type = VALUE_BINXML, .data = (const uint8_t *)instance};
    return STATUS_OK;
}

/* Reads the values of an instance: their number, descriptors, bytes. */
static enum status values_read(struct reading *reading, struct cursor *at,
                               struct binxml_instance *instance)
{
    struct cursor rest = *at;
    const uint8_t *field = cursor_take(&rest, 4);
    const uint32_t count = field ? load_le32(field) : 0;
    if (!field || count > BINXML_VALUES_MAX)
        return damaged(reading, (size_t)cursor_offset(at), "no credible number of values");
    const uint8_t *descriptor = cursor_take(&rest, (size_t)count * 4);
    struct value *values = arena_take(reading->arena, (count + 1) * sizeof(*values));
    if (!descriptor || !values)
        return damaged(reading, (size_t)cursor_offset(at), "cut off in the values");
    for (uint32_t i = 0; i < count; i++, descriptor += 4) {
        const size_t length = load_le16(descriptor);
        const uint8_t *data = cursor_take(&rest, length);
        if (!data)
            return damaged(reading, (size_t)cursor_offset(&rest),
                           "a value that runs over its record");
        enum status status =
            binxml_value_read(descriptor[2], data, length, reading->arena, &values[i]);
        if (status)
            return damaged(reading, (size_t)cursor_offset(&rest) - length,
                           "a value that does not fit its type");
        if (UNLIKELY(values[i].extra == BINXML_BINXML) && values[i].type == VALUE_BINARY &&
            (status = embedded_read(reading, &values[i])))
            return status;
    }
    *at = rest;
    instance->values = values;
    instance->count = count;
    return STATUS_OK;
}

/* Reads a template instance; the cursor stands behind its token. */
static enum status instance_read(struct reading *reading, struct cursor *at,
                                 struct binxml_instance *instance)
{
    const uint8_t *header = cursor_take(at, 9);
    const size_t here = (size_t)cursor_offset(at);
    if (!header)
        return damaged(reading, here, "cut off in a template instance");
    const uint32_t offset = load_le32(header + 5);
    const struct binxml_template *template;
    const enum status status = template_at(reading, offset, &template);
    if (status)
        return status;
    /* In the slack of a chunk, a newer definition may stand where the record's own one was. */
    if (load_le32(header + 1) != load_le32(template->guid))
        return damaged(reading, offset, "the template definition is another one's");
    if (offset == here && !cursor_take(at, DEFINITION_HEADER + template->body.length))
        return damaged(reading, here, "a template definition that runs over its record");
    instance->tree = &template->tree;
    return values_read(reading, at, instance);
}

/* For binxml_compile: an instance in the middle of a stream. */
static enum status inner_instance(void *context, size_t *at,
                                  const struct binxml_instance **instance, struct fault *fault)
{
    struct reading *reading = context;
    struct binxml_chunk *chunk = &reading->cache->chunk;
    (void)fault;
    struct binxml_instance *read = arena_take(reading->arena, sizeof(*read));
    if (!read || reading->nested >= BINXML_NESTED_MAX)
        return damaged(reading, *at, "streams nested too deeply");
    struct cursor cursor =
        cursor_over(bytes_of(chunk->data + *at + 1, chunk->length - *at - 1), *at + 1);
    reading->nested++;
    const enum status status = instance_read(reading, &cursor, read);
    reading->nested--;
    if (status)
        return status;
    *at = (size_t)cursor_offset(&cursor);
    *instance = read;
    return STATUS_OK;
}

/* A stream that is not just one instance: compiled for this record only. `before` (may be NULL) is
 * an instance that it begins with and that was read. The working memory of the outermost one is
 * kept from record to record. */
static enum status loose_read(struct reading *reading, const struct cursor *stream,
                              const struct binxml_instance *before,
                              struct binxml_instance *instance)
{
    struct binxml_cache *cache = reading->cache;
    struct arena inner;
    struct binxml_tree *tree = arena_take_array(reading->arena, 1, sizeof(*tree));
    if (!tree)
        return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for a record");
    arena_init(&inner, SCRATCH_MEMORY_MAX);
    if (reading->loose == 0)
        arena_reset(&cache->loose);
    const struct binxml_compile compile = {
        .chunk = &cache->chunk,
        .names = &cache->names,
        .keep = reading->arena,
        .scratch = reading->loose == 0 ? &cache->loose : &inner,
        .start = (size_t)cursor_offset(stream),
        .end = (size_t)cursor_offset(stream) + cursor_left(stream),
        .before = before,
        .read_instance = inner_instance,
        .context = reading,
    };
    reading->loose++;
    const enum status status = binxml_compile(&compile, tree, NULL, NULL, reading->fault);
    reading->loose--;
    arena_release(&inner);
    *instance = (struct binxml_instance){.tree = tree, .length = tree->length};
    return status;
}

/* The tree for the outline that was read: compiled and kept when it is met for the second time.
 * NULL when it is not kept, or cannot be. */
static const struct binxml_tree *outlined_find(struct reading *reading, const struct cursor *stream)
{
    struct binxml_cache *cache = reading->cache;
    const struct bytes words =
        bytes_of(cache->outline.words, cache->outline.word_count * sizeof(uint32_t));
    const uint64_t hash = hash_bytes(words, 0);
    struct outlined **bucket = &cache->outlined[hash % CACHE_BUCKETS];
    unsigned steps = 0;
    for (struct outlined *known = *bucket; known && steps < CACHE_CHAIN_MAX;
         known = known->next, steps++)
        if (bytes_equal(known->words, words))
            return &known->tree;
    uint64_t *seen = &cache->seen[hash % SEEN_SLOTS];
    if (*seen != hash) {
        *seen = hash;
        return NULL;
    }
    struct outlined *outlined = arena_take_array(&cache->arena, 1, sizeof(*outlined));
    arena_reset(&cache->scratch);
    const struct binxml_compile compile = {
        .chunk = &cache->chunk,
        .names = &cache->names,
        .keep = &cache->arena,
        .scratch = &cache->scratch,
        .start = (size_t)cursor_offset(stream),
        .end = (size_t)cursor_offset(stream) + cursor_left(stream),
        .keeps_literals = true,
        .counts_literals = true,
    };
    struct fault ignored;
    if (!outlined || binxml_compile(&compile, &outlined->tree, NULL, NULL, &ignored))
        return NULL;
    outlined->words = arena_keep(&cache->arena, words);
    if (!outlined->words.data)
        return NULL;
    outlined->tree.serial = ++cache->serial;
    outlined->next = *bucket;
    *bucket = outlined;
    cache->count++;
    return &outlined->tree;
}

/* Reads a loose stream by its outline. False when it has to be compiled for itself. */
static bool outlined_read(struct reading *reading, const struct cursor *stream,
                          struct binxml_instance *instance)
{
    struct binxml_cache *cache = reading->cache;
    const struct binxml_outline *outline = &cache->outline;
    if (reading->loose ||
        !binxml_outline_read(&cache->outline, &cache->names, &cache->chunk, *stream))
        return false;
    const struct binxml_tree *tree = outlined_find(reading, stream);
    struct value *values =
        tree ? arena_take(reading->arena, (outline->value_count + 1) * sizeof(*values)) : NULL;
    if (!values)
        return false;
    memcpy(values, outline->values, outline->value_count * sizeof(*values));
    *instance = (struct binxml_instance){
        .tree = tree, .values = values, .count = outline->value_count, .length = outline->length};
    return true;
}

/* Nearly always a fragment header, one instance, and the end. */
static enum status stream_read(struct reading *reading, size_t start, size_t length,
                               struct binxml_instance *instance)
{
    if (reading->nested >= BINXML_NESTED_MAX)
        return damaged(reading, start, "streams nested too deeply");
    const struct cursor stream =
        cursor_over(bytes_of(reading->cache->chunk.data + start, length), start);
    struct cursor at = stream;
    const uint8_t *token = cursor_peek(&at, 5);
    if (token && token[0] == TOKEN_FRAGMENT)
        cursor_take(&at, 4);
    token = cursor_take(&at, 1);
    if (!token || *token != TOKEN_INSTANCE)
        return outlined_read(reading, &stream, instance)
                   ? STATUS_OK
                   : loose_read(reading, &stream, NULL, instance);
    reading->nested++;
    enum status status = instance_read(reading, &at, instance);
    reading->nested--;
    if (status)
        return status;
    token = cursor_peek(&at, 1);
    const uint32_t taken = (uint32_t)(length - cursor_left(&at));
    instance->length = taken;
    if (LIKELY(!token || *token == TOKEN_END))
        return STATUS_OK;
    struct binxml_instance *before = arena_take(reading->arena, sizeof(*before));
    if (!before)
        return fault_set(reading->fault, STATUS_MEMORY, 0, "no memory for a record");
    *before = *instance;
    status = loose_read(reading, &at, before, instance);
    instance->length += taken;
    return status;
}

enum status binxml_read(struct binxml_cache *cache, size_t offset, size_t length,
                        struct arena *arena, struct binxml_instance *instance, struct fault *fault)
{
    assert(offset <= cache->chunk.length && length <= cache->chunk.length - offset);
    struct reading reading = {.cache = cache, .arena = arena, .fault = fault};
    return stream_read(&reading, offset, length, instance);
}
