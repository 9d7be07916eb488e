/* Facts are found by a hash over both hosts, the kind and the key, in a ring whose oldest row is
 * taken for a new one. */
#include "runtime.h"

#include "base/hash.h"

#include <stdlib.h>

void facts_release(struct facts *facts)
{
    for (size_t i = 0; i < FACTS_MAX; i++)
        free(facts->rows[i].value);
}

/* The same for both directions between two hosts. */
static struct hash128 hash_of(const struct wire_connection *connection, const char *kind,
                              uint64_t key)
{
    const struct wire_address *one = &connection->client, *other = &connection->server;
    if (memcmp(one->bytes, other->bytes, sizeof(one->bytes)) > 0) {
        one = &connection->server;
        other = &connection->client;
    }
    uint8_t text[40] = {0};
    memcpy(text, one->bytes, one->length);
    memcpy(text + 16, other->bytes, other->length);
    memcpy(text + 32, &key, sizeof(key));
    return hash128_bytes(bytes_of(text, sizeof(text)), hash_bytes(bytes_of_text(kind), 0));
}

static struct fact *find(const struct facts *facts, struct hash128 hash)
{
    uint32_t at = facts->buckets[hash.low % FACTS_MAX];
    for (; at; at = facts->rows[at - 1].next) {
        const struct fact *row = &facts->rows[at - 1];
        if (row->low == hash.low && row->high == hash.high)
            break;
    }
    return at ? (struct fact *)(uintptr_t)&facts->rows[at - 1] : NULL;
}

static void unlink_row(struct facts *facts, uint32_t number)
{
    const struct fact *row = &facts->rows[number - 1];
    uint32_t *link = &facts->buckets[row->low % FACTS_MAX];
    while (*link && *link != number)
        link = &facts->rows[*link - 1].next;
    if (*link)
        *link = row->next;
}

static struct fact *row_new(struct facts *facts, struct hash128 hash)
{
    const uint32_t number = facts->at + 1;
    struct fact *row = &facts->rows[facts->at];
    facts->at = number % FACTS_MAX;
    if (row->value)
        unlink_row(facts, number);
    row->low = hash.low;
    row->high = hash.high;
    row->next = facts->buckets[hash.low % FACTS_MAX];
    facts->buckets[hash.low % FACTS_MAX] = number;
    return row;
}

void wire_remember(struct wire_connection *connection, const char *kind, uint64_t key,
                   struct bytes value)
{
    struct facts *facts = connection->lane->facts;
    if (value.length > FACT_LENGTH_MAX)
        return;
    uint8_t *copy = malloc(value.length + 1);
    if (!copy)
        return;
    if (value.length)
        memcpy(copy, value.data, value.length);
    const struct hash128 hash = hash_of(connection, kind, key);
    struct fact *row = find(facts, hash);
    if (!row)
        row = row_new(facts, hash);
    free(row->value);
    row->value = copy;
    row->length = (uint32_t)value.length;
}

struct bytes wire_recall(const struct wire_connection *connection, const char *kind, uint64_t key)
{
    const struct fact *row = find(connection->lane->facts, hash_of(connection, kind, key));
    return row ? bytes_of(row->value, row->length) : (struct bytes){0};
}
