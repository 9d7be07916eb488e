#include "base/names.h"

#include "base/arena.h"
#include "base/hash.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
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

struct table {
    pthread_mutex_t lock;
    struct arena arena;
    struct name **segments;
    name_id *index;
    size_t index_count; /* a power of two */
    size_t count;
    size_t maximum_count;
};

struct names {
    struct table *table;
    struct names_budget *budget; /* NULL: nobody's */
    bool is_owner;
};

static void table_free(struct table *table)
{
    for (size_t i = 0; table->segments && i <= table->maximum_count / SEGMENT_COUNT; i++)
        free(table->segments[i]);
    free(table->segments);
    free(table->index);
    free(table);
}

static struct table *table_new(size_t maximum_count, size_t maximum_bytes)
{
    struct table *table = calloc(1, sizeof(*table));
    if (!table)
        return NULL;
    table->maximum_count = maximum_count;
    table->index_count = 1024;
    table->index = calloc(table->index_count, sizeof(*table->index));
    table->segments = calloc(maximum_count / SEGMENT_COUNT + 1, sizeof(struct name *));
    if (!table->index || !table->segments || pthread_mutex_init(&table->lock, NULL) != 0) {
        table_free(table);
        return NULL;
    }
    arena_init(&table->arena, maximum_bytes);
    return table;
}

static struct names *names_of(struct table *table, bool is_owner)
{
    struct names *names = table ? calloc(1, sizeof(*names)) : NULL;
    if (names)
        *names = (struct names){.table = table, .is_owner = is_owner};
    return names;
}

struct names *names_new(size_t maximum_count, size_t maximum_bytes)
{
    struct table *table = table_new(maximum_count, maximum_bytes);
    struct names *names = names_of(table, true);
    if (table && !names) {
        pthread_mutex_destroy(&table->lock);
        table_free(table);
    }
    return names;
}

struct names *names_share(struct names *names)
{
    return names_of(names->table, false);
}

void names_charge(struct names *names, struct names_budget *budget)
{
    names->budget = budget;
}

void names_free(struct names *names)
{
    if (names && names->is_owner) {
        arena_release(&names->table->arena);
        pthread_mutex_destroy(&names->table->lock);
        table_free(names->table);
    }
    free(names);
}

static struct name *name_at(const struct table *table, name_id id)
{
    const size_t place = id - 1;
    return &table->segments[place >> SEGMENT_BITS][place & (SEGMENT_COUNT - 1)];
}

/* The index place of `text`, or the free one where it would go. */
static size_t index_place(const struct table *table, struct bytes text)
{
    size_t place = hash_bytes(text, 0) & (table->index_count - 1);
    while (table->index[place] && !bytes_equal(name_at(table, table->index[place])->text, text))
        place = (place + 1) & (table->index_count - 1);
    return place;
}

static bool index_grow(struct table *table)
{
    name_id *const before = table->index;
    name_id *const wider = calloc(table->index_count * 2, sizeof(*wider));
    if (!wider)
        return false;
    table->index = wider;
    table->index_count *= 2;
    for (name_id id = 1; id <= table->count; id++)
        table->index[index_place(table, name_at(table, id)->text)] = id;
    free(before);
    return true;
}

/* Whether whoever is charged may bring another name. */
static bool may_add(const struct names_budget *budget, struct bytes text)
{
    return !budget || (budget->count > 0 && budget->bytes >= text.length);
}

static name_id name_add(struct names *names, struct bytes text)
{
    struct table *table = names->table;
    if (!may_add(names->budget, text) || table->count == table->maximum_count ||
        ((table->count + 1) * 2 > table->index_count && !index_grow(table)))
        return 0;
    struct name **segment = &table->segments[table->count >> SEGMENT_BITS];
    if (!*segment && !(*segment = calloc(SEGMENT_COUNT, sizeof(**segment))))
        return 0;
    const char *copy = arena_keep_text(&table->arena, text);
    if (!copy)
        return 0;
    const name_id id = (name_id)(table->count + 1);
    struct name *name = &(*segment)[table->count & (SEGMENT_COUNT - 1)];
    name->text = bytes_of(copy, text.length);
    name->plain = id;
    table->index[index_place(table, text)] = id;
    table->count++;
    if (names->budget) {
        names->budget->count--;
        names->budget->bytes -= text.length;
    }
    return id;
}

static name_id intern_locked(struct names *names, struct bytes text)
{
    const name_id known = names->table->index[index_place(names->table, text)];
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
    pthread_mutex_lock(&names->table->lock);
    name_id id = names->table->index[index_place(names->table, text)];
    if (!id && (id = name_add(names, text)))
        name_at(names->table, id)->plain = plain_intern(names, id, text);
    pthread_mutex_unlock(&names->table->lock);
    return id;
}

name_id names_find(struct names *names, struct bytes text)
{
    if (!text.data)
        text.data = (const uint8_t *)"";
    pthread_mutex_lock(&names->table->lock);
    const name_id id = names->table->index[index_place(names->table, text)];
    pthread_mutex_unlock(&names->table->lock);
    return id;
}

struct bytes names_text(const struct names *names, name_id id)
{
    assert(id);
    return name_at(names->table, id)->text;
}

name_id names_plain(const struct names *names, name_id id)
{
    assert(id);
    return name_at(names->table, id)->plain;
}

size_t names_count(const struct names *names)
{
    return names->table->count;
}
