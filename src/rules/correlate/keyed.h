/* Nodes that are found by a key and stand in a list in order of age; and the account of the memory
 * that they and what hangs on them take. A node is the first member of what the user keeps. */
#ifndef IMPOUND_RULES_CORRELATE_KEYED_H
#define IMPOUND_RULES_CORRELATE_KEYED_H

#include "base/bytes.h"

struct budget {
    size_t used, peak; /* bytes */
};

/* realloc that keeps the account: from `from` bytes (0: none yet) to `to` (0: free, gives NULL).
 * NULL without memory, and then nothing has changed. */
void *budget_resize(struct budget *budget, void *old, size_t from, size_t to);

struct keyed {
    struct keyed *chain;         /* the next in its bucket */
    struct keyed *older, *newer; /* in its list */
    uint64_t hash;
    uint64_t owner; /* part of the key */
    struct bytes key;
};

struct keyed_list {
    struct keyed *oldest, *newest;
};

struct keyed_table {
    struct keyed **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;
};

void keyed_table_release(struct keyed_table *table, struct budget *budget);

struct keyed *keyed_find(const struct keyed_table *table, uint64_t owner, struct bytes key);

/* A node of `size` bytes, cleared behind its head, with a copy of the key. It is in no list yet.
 * NULL without memory. The key must not be in the table. */
struct keyed *keyed_add(struct keyed_table *table, struct budget *budget, size_t size,
                        uint64_t owner, struct bytes key);

/* Takes a node out of the table; it lives on until keyed_free, with the same size. */
void keyed_take(struct keyed_table *table, struct keyed *node);
void keyed_free(struct budget *budget, struct keyed *node, size_t size);

void keyed_list_append(struct keyed_list *list, struct keyed *node);
void keyed_list_remove(struct keyed_list *list, struct keyed *node);

#endif
