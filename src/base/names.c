#include "base/names.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* Names stand in segments that never move, so that names_text needs no lock: whoever holds an id
 * got it through the lock that published its entry. The index is open addressing with linear steps,
 * at most half full. */
#define SEGMENT_BITS  10U
#define SEGMENT_COUNT (1U << SEGMENT_BITS)

struct name {
    struct bytes text;
    name_id plain;
};

struct names {
    pthread_mutex_t lock;
    struct arena arena;
    struct name **segments;
    name_id *index;
    size_t index_count; /* a power of two */
    size_t count;
    size_t maximum_count;
};

struct names *names_new(size_t maximum_count, size_t maximum_bytes)
{
    struct names *names = calloc(1, sizeof(*names));
    if (!names)
        return NULL;
    names->maximum_count = maximum_count;
    names->index_count = 1024;
    names->index = calloc(names->index_count, sizeof(*names->index));
    names->segments = calloc(maximum_count / SEGMENT_COUNT + 1, sizeof(*names->segments));
    if (!names->index || !names->segments || pthread_mutex_init(&names->lock, NULL) != 0) {
        free(names->index);
        free(names->segments);
        free(names);
        return NULL;
    }
    arena_init(&names->arena, maximum_bytes);
    return names;
}

void names_free(struct names *names)
{
    if (!names)
        return;
    for (size_t i = 0; i <= names->maximum_count / SEGMENT_COUNT; i++)
        free(names->segments[i]);
    free(names->segments);
    free(names->index);
    arena_release(&names->arena);
    pthread_mutex_destroy(&names->lock);
    free(names);
}

static struct name *name_at(const struct names *names, name_id id)
{
    const size_t place = id - 1;
    return &names->segments[place >> SEGMENT_BITS][place & (SEGMENT_COUNT - 1)];
}

/* The index place of `text`, or the free one where it would go. */
static size_t index_place(const struct names *names, struct bytes text)
{
    size_t place = hash_bytes(text, 0) & (names->index_count - 1);
    while (names->index[place] && !bytes_equal(name_at(names, names->index[place])->text, text))
        place = (place + 1) & (names->index_count - 1);
    return place;
}

static bool index_grow(struct names *names)
{
    name_id *const before = names->index;
    name_id *const wider = calloc(names->index_count * 2, sizeof(*wider));
    if (!wider)
        return false;
    names->index = wider;
    names->index_count *= 2;
    for (name_id id = 1; id <= names->count; id++)
        names->index[index_place(names, name_at(names, id)->text)] = id;
    free(before);
    return true;
}

static name_id name_add(struct names *names, struct bytes text)
{
    if (names->count == names->maximum_count ||
        ((names->count + 1) * 2 > names->index_count && !index_grow(names)))
        return 0;
    struct name **segment = &names->segments[names->count >> SEGMENT_BITS];
    if (!*segment && !(*segment = calloc(SEGMENT_COUNT, sizeof(**segment))))
        return 0;
    const char *copy = arena_keep_text(&names->arena, text);
    if (!copy)
        return 0;
    const name_id id = (name_id)(names->count + 1);
    struct name *name = &(*segment)[names->count & (SEGMENT_COUNT - 1)];
    name->text = bytes_of(copy, text.length);
    name->plain = id;
    names->index[index_place(names, text)] = id;
    names->count++;
    return id;
}

static name_id intern_locked(struct names *names, struct bytes text)
{
    const name_id known = names->index[index_place(names, text)];
    return known ? known : name_add(names, text);
}

#define PLAIN_MAX 256

/* The id of the name without its blanks, itself when it has none or is very long. */
static name_id plain_intern(struct names *names, name_id id, struct bytes text)
{
    uint8_t plain[PLAIN_MAX];
    size_t length = 0;
    if (text.length > sizeof(plain) || !memchr(text.data, ' ', text.length))
        return id;
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] != ' ')
            plain[length++] = text.data[i];
    const name_id found = length ? intern_locked(names, bytes_of(plain, length)) : 0;
    return found ? found : id;
}

name_id names_intern(struct names *names, struct bytes text)
{
    if (!text.data)
        text.data = (const uint8_t *)"";
    pthread_mutex_lock(&names->lock);
    name_id id = names->index[index_place(names, text)];
    if (!id && (id = name_add(names, text)))
        name_at(names, id)->plain = plain_intern(names, id, text);
    pthread_mutex_unlock(&names->lock);
    return id;
}

name_id names_find(struct names *names, struct bytes text)
{
    if (!text.data)
        text.data = (const uint8_t *)"";
    pthread_mutex_lock(&names->lock);
    const name_id id = names->index[index_place(names, text)];
    pthread_mutex_unlock(&names->lock);
    return id;
}

struct bytes names_text(const struct names *names, name_id id)
{
    assert(id);
    return name_at(names, id)->text;
}

name_id names_plain(const struct names *names, name_id id)
{
    assert(id);
    return name_at(names, id)->plain;
}

size_t names_count(const struct names *names)
{
    return names->count;
}
