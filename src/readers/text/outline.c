#include "readers/text/outline.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

#define MEMORY_MAX     (16U << 20)
#define BUCKET_COUNT   16384 /* a power of two */
#define GLUE_COUNT_MAX 4     /* behind one path */

static void roots_init(struct outline *outline)
{
    outline->root = (struct path){.hash = 1};
    outline->end = (struct path){.hash = 2};
    outline->count = 0;
}

bool outline_init(struct outline *outline)
{
    arena_init(&outline->arena, MEMORY_MAX);
    outline->buckets = calloc(BUCKET_COUNT, sizeof(struct path *));
    roots_init(outline);
    return outline->buckets != NULL;
}

void outline_release(struct outline *outline)
{
    arena_release(&outline->arena);
    free(outline->buckets);
    outline->buckets = NULL;
}

void outline_reset(struct outline *outline)
{
    arena_reset(&outline->arena);
    memset(outline->buckets, 0, BUCKET_COUNT * sizeof(struct path *));
    roots_init(outline);
}

static struct path *bucket_find(struct path *path, const struct path *parent, struct bytes key,
                                uint64_t hash)
{
    while (path && (path->hash != hash || path->parent != parent || !bytes_equal(path->key, key)))
        path = path->next;
    return path;
}

struct path *outline_find(const struct outline *outline, const struct path *parent,
                          struct bytes key)
{
    const uint64_t hash = hash_bytes(key, parent->hash);
    return bucket_find(outline->buckets[hash % BUCKET_COUNT], parent, key, hash);
}

struct path *outline_path(struct outline *outline, const struct path *parent, struct bytes key)
{
    const uint64_t hash = hash_bytes(key, parent->hash);
    struct path **bucket = &outline->buckets[hash % BUCKET_COUNT];
    struct path *path = bucket_find(*bucket, parent, key, hash);
    if (path)
        return path;
    if (parent->depth == OUTLINE_DEPTH_MAX)
        return NULL;
    const struct bytes kept = arena_keep(&outline->arena, key);
    path = kept.data ? arena_take(&outline->arena, sizeof(*path)) : NULL;
    if (!path)
        return NULL;
    *path = (struct path){
        .parent = parent,
        .key = kept,
        .next = *bucket,
        .hash = hash,
        .depth = parent->depth + 1,
    };
    *bucket = path;
    outline->count++;
    return path;
}

static bool glue_is(const struct glue *glue, struct bytes text, const struct path *to)
{
    return glue->to == to && bytes_equal(bytes_of(glue->text, glue->length), text);
}

/* A new one, or when there are enough one of the old ones by turns, taken out of the list. */
static struct glue *glue_room(struct outline *outline, struct path *from)
{
    if (from->glue_count < GLUE_COUNT_MAX) {
        struct glue *glue = arena_take(&outline->arena, sizeof(*glue));
        if (glue)
            from->glue_count++;
        return glue;
    }
    struct glue **at = &from->likely;
    for (unsigned turn = from->glue_turn++ % GLUE_COUNT_MAX; turn; turn--)
        at = &(*at)->next;
    struct glue *glue = *at;
    *at = glue->next;
    return glue;
}

void outline_learn(struct outline *outline, struct path *from, struct bytes text, struct path *to,
                   uint16_t marks)
{
    if (text.length > OUTLINE_GLUE_MAX)
        return;
    for (const struct glue *glue = from->likely; glue; glue = glue->next)
        if (glue_is(glue, text, to))
            return;
    struct glue *glue = glue_room(outline, from);
    if (!glue)
        return;
    struct glue **at = &from->likely;
    while (*at && (*at)->length > text.length)
        at = &(*at)->next;
    glue->next = *at;
    glue->to = to;
    glue->length = (uint16_t)text.length;
    glue->marks = marks;
    memcpy(glue->text, text.data, text.length);
    *at = glue;
}
