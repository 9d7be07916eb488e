#include "rules/match/memo.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define ENTRY_COUNT 16384U
#define CHUNK_COUNT 32768U

bool memo_init(struct memo *memo)
{
    struct timespec now = {0};
    *memo = (struct memo){
        .entries = calloc(ENTRY_COUNT, sizeof(*memo->entries)),
        .chunks = calloc(CHUNK_COUNT, sizeof(*memo->chunks)),
        .chunk_count = 1,
    };
    if (getrandom(&memo->seed, sizeof(memo->seed), GRND_NONBLOCK) != sizeof(memo->seed)) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        memo->seed = (uint64_t)now.tv_nsec * 0x9E3779B97F4A7C15U ^ (uint64_t)(uintptr_t)memo;
    }
    return memo->entries && memo->chunks;
}

void memo_release(struct memo *memo)
{
    free(memo->entries);
    free(memo->chunks);
    *memo = (struct memo){0};
}

void memo_reset(struct memo *memo)
{
    memset(memo->entries, 0, ENTRY_COUNT * sizeof(*memo->entries));
    memo->chunk_count = 1;
    memo->epoch++;
}

static uint32_t chunk_take(struct memo *memo)
{
    if (memo->chunk_count == CHUNK_COUNT)
        memo_reset(memo);
    const uint32_t number = memo->chunk_count++;
    memo->chunks[number].next = memo->chunks[number].count = 0;
    return number;
}

uint32_t memo_find(struct memo *memo, const struct index *index, const struct value *value,
                   bool *is_new)
{
    const uint64_t kind = (uint64_t)(uintptr_t)index * 0xD6E8FEB86659FD93U + value->type;
    const uint64_t hash = hash_bytes(bytes_of(value->data, value->length), memo->seed ^ kind);
    const uint64_t tag = hash ? hash : 1;
    struct memo_entry *entry = &memo->entries[tag >> 32 & (ENTRY_COUNT - 1)];
    *is_new = entry->tag != tag;
    if (*is_new) {
        const uint32_t first = chunk_take(memo);
        *entry = (struct memo_entry){tag, first};
    }
    return entry->first;
}

void memo_add(struct memo *memo, uint32_t *last, uint32_t epoch, uint32_t fact)
{
    if (memo->epoch != epoch)
        return;
    struct memo_chunk *chunk = &memo->chunks[*last];
    if (chunk->count == MEMO_FACTS) {
        const uint32_t next = chunk_take(memo);
        if (memo->epoch != epoch)
            return;
        chunk->next = *last = next;
        chunk = &memo->chunks[next];
    }
    chunk->facts[chunk->count++] = fact;
}
