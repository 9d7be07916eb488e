#include "rules/correlate/keyed.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>

#define BUCKETS_MIN 64

void *budget_resize(struct budget *budget, void *old, size_t from, size_t to)
{
    void *new = NULL;
    if (to == 0)
        free(old);
    else
        new = realloc(old, to);
    if (to == 0 || new) {
        assert(budget->used >= from);
        budget->used = budget->used - from + to;
        if (budget->used > budget->peak)
            budget->peak = budget->used;
    }
    return new;
}

void keyed_table_release(struct keyed_table *table, struct budget *budget)
{
    assert(table->count == 0);
    budget_resize(budget, table->buckets, table->bucket_count * sizeof(*table->buckets), 0);
    *table = (struct keyed_table){0};
}

static struct keyed **bucket_of(const struct keyed_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

struct keyed *keyed_find(const struct keyed_table *table, uint64_t owner, struct bytes key)
{
    if (table->bucket_count == 0)
        return NULL;
    const uint64_t hash = hash_bytes(key, owner);
    struct keyed *node = *bucket_of(table, hash);
    while (node && (node->hash != hash || node->owner != owner || !bytes_equal(node->key, key)))
        node = node->chain;
    return node;
}

/* Doubles the buckets. */
static bool table_grow(struct keyed_table *table, struct budget *budget)
{
    const size_t count = table->bucket_count ? table->bucket_count * 2 : BUCKETS_MIN;
    struct keyed **buckets = budget_resize(budget, NULL, 0, count * sizeof(*buckets));
    if (!buckets)
        return false;
    memset(buckets, 0, count * sizeof(*buckets));
    for (size_t i = 0; i < table->bucket_count; i++) {
        for (struct keyed *node = table->buckets[i], *next; node; node = next) {
            next = node->chain;
            node->chain = buckets[node->hash & (count - 1)];
            buckets[node->hash & (count - 1)] = node;
        }
    }
    budget_resize(budget, table->buckets, table->bucket_count * sizeof(*buckets), 0);
    table->buckets = buckets;
    table->bucket_count = count;
    return true;
}

struct keyed *keyed_add(struct keyed_table *table, struct budget *budget, size_t size,
                        uint64_t owner, struct bytes key)
{
    assert(size >= sizeof(struct keyed));
    if (table->count == table->bucket_count && !table_grow(table, budget))
        return NULL;
    uint8_t *memory = budget_resize(budget, NULL, 0, size + key.length);
    if (!memory)
        return NULL;
    memset(memory, 0, size);
    if (key.length)
        memcpy(memory + size, key.data, key.length);
    struct keyed *node = (void *)memory;
    node->owner = owner;
    node->key = bytes_of(memory + size, key.length);
    node->hash = hash_bytes(key, owner);
    struct keyed **bucket = bucket_of(table, node->hash);
    node->chain = *bucket;
    *bucket = node;
    table->count++;
    return node;
}

void keyed_take(struct keyed_table *table, struct keyed *node)
{
    struct keyed **at = bucket_of(table, node->hash);
    while (*at != node)
        at = &(*at)->chain;
    *at = node->chain;
    node->chain = NULL;
    table->count--;
}

void keyed_free(struct budget *budget, struct keyed *node, size_t size)
{
    budget_resize(budget, node, size + node->key.length, 0);
}

void keyed_list_append(struct keyed_list *list, struct keyed *node)
{
    node->older = list->newest;
    node->newer = NULL;
    *(node->older ? &node->older->newer : &list->oldest) = node;
    list->newest = node;
}

void keyed_list_remove(struct keyed_list *list, struct keyed *node)
{
    *(node->older ? &node->older->newer : &list->oldest) = node->newer;
    *(node->newer ? &node->newer->older : &list->newest) = node->older;
    node->older = node->newer = NULL;
}
