/* One region of memory holds everything. While records come, each lies in it behind its length,
 * one after the other, and as much room is kept free at the end as sorting them will take:
 *
 *   | length record | length record | ... free ... | entries | half as many entries to merge with |
 *
 * An entry is a record's address and its first eight bytes behind what all records begin with, so
 * that most comparisons look at nothing else. The same region holds the windows on the runs while
 * they are merged. */
#include "findings/runs.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#define INSERTION_MAX 12U

struct entry {
    uint64_t prefix;
    const uint8_t *at; /* the record's length */
};

#define ENTRY_COST (sizeof(struct entry) + sizeof(struct entry) / 2)

struct sorter {
    uint8_t *region;
    size_t size, used, count; /* of what is in memory */
    uint64_t total;
    size_t largest; /* of all records, with its length */
    struct runs runs;
};

/* It fills from its begin on; the system is asked to give it in large pages, which are much fewer
 * to give. That is no more than a hint. */
static uint8_t *region_take(size_t size)
{
    void *region = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (region == MAP_FAILED)
        return NULL;
    (void)madvise(region, size, MADV_HUGEPAGE);
    return region;
}

struct sorter *sorter_new(size_t memory, const char *directory)
{
    assert(memory >= SORTER_MEMORY_MIN && memory / 4 <= UINT32_MAX);
    struct sorter *sorter = calloc(1, sizeof(*sorter));
    if (!sorter)
        return NULL;
    sorter->size = memory / _Alignof(struct entry) * _Alignof(struct entry);
    sorter->region = region_take(sorter->size);
    if (!runs_init(&sorter->runs, directory) || !sorter->region) {
        sorter_free(sorter);
        return NULL;
    }
    return sorter;
}

void sorter_free(struct sorter *sorter)
{
    if (!sorter)
        return;
    runs_release(&sorter->runs);
    if (sorter->region)
        munmap(sorter->region, sorter->size);
    free(sorter);
}

uint64_t sorter_count(const struct sorter *sorter)
{
    return sorter->total;
}

static struct bytes record_behind(const uint8_t *at, size_t depth)
{
    const struct bytes record = run_record(at);
    return bytes_of(record.data + depth, record.length - depth);
}

/* How many bytes all records begin with. */
static size_t common_length(const struct sorter *sorter)
{
    const struct bytes first = run_record(sorter->region);
    size_t common = first.length;
    const uint8_t *at = sorter->region;
    for (size_t i = 0; i < sorter->count && common; i++) {
        const struct bytes record = run_record(at);
        if (record.length < common)
            common = record.length;
        size_t same = 0;
        while (same < common && record.data[same] == first.data[same])
            same++;
        common = same;
        at = record.data + record.length;
    }
    return common;
}

/* The first eight bytes as a number, so that numbers compare as memcmp does; a shorter record may
 * have the same number as a longer one that goes on with zeros. */
static uint64_t prefix_of(struct bytes bytes)
{
    if (bytes.length >= sizeof(uint64_t))
        return load_be64(bytes.data);
    uint8_t padded[sizeof(uint64_t)] = {0};
    if (bytes.length)
        memcpy(padded, bytes.data, bytes.length);
    return load_be64(padded);
}

static bool is_after(const struct entry *one, const struct entry *other, size_t depth)
{
    if (one->prefix != other->prefix)
        return one->prefix > other->prefix;
    return bytes_compare(record_behind(one->at, depth), record_behind(other->at, depth)) > 0;
}

static void sort_short(struct entry *entries, size_t count, size_t depth)
{
    for (size_t i = 1; i < count; i++) {
        const struct entry entry = entries[i];
        size_t to = i;
        for (; to && is_after(&entries[to - 1], &entry, depth); to--)
            entries[to] = entries[to - 1];
        entries[to] = entry;
    }
}

/* Merge sort: never worse than n log n whatever the evidence says, and linear where it comes in
 * order, as most logs do. `spare` has room for half of the entries. */
static void sort_entries(struct entry *entries, size_t count, struct entry *spare, size_t depth)
{
    if (count <= INSERTION_MAX) {
        sort_short(entries, count, depth);
        return;
    }
    const size_t half = count / 2;
    sort_entries(entries, half, spare, depth);
    sort_entries(entries + half, count - half, spare, depth);
    if (!is_after(&entries[half - 1], &entries[half], depth))
        return;
    memcpy(spare, entries, half * sizeof(*entries));
    const struct entry *left = spare, *right = entries + half;
    const struct entry *const left_end = spare + half, *const right_end = entries + count;
    while (left < left_end && right < right_end)
        *entries++ = is_after(left, right, depth) ? *right++ : *left++;
    memcpy(entries, left, (size_t)(left_end - left) * sizeof(*entries));
}

/* The records in memory, sorted. */
static const struct entry *sorted(struct sorter *sorter)
{
    struct entry *const end = (struct entry *)(void *)(sorter->region + sorter->size);
    struct entry *const spare = end - sorter->count / 2;
    struct entry *const entries = spare - sorter->count;
    assert(sorter->region + sorter->used <= (uint8_t *)entries);
    if (!sorter->count)
        return entries;
    const size_t depth = common_length(sorter);
    const uint8_t *at = sorter->region;
    for (size_t i = 0; i < sorter->count; i++) {
        entries[i] = (struct entry){.prefix = prefix_of(record_behind(at, depth)), .at = at};
        at += RUN_LENGTH_BYTES + run_record(at).length;
    }
    sort_entries(entries, sorter->count, spare, depth);
    return entries;
}

static enum status memory_give(struct sorter *sorter, sorter_sink *sink, void *context,
                               struct fault *fault)
{
    const struct entry *entries = sorted(sorter);
    for (size_t i = 0; i < sorter->count; i++) {
        const enum status status = sink(context, run_record(entries[i].at), fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* Turns what is in memory into a run. */
static enum status spill(struct sorter *sorter, struct fault *fault)
{
    enum status status = runs_begin(&sorter->runs, fault);
    if (!status)
        status = memory_give(sorter, runs_add, &sorter->runs, fault);
    if (!status)
        status = runs_end(&sorter->runs, fault);
    if (!status)
        sorter->used = sorter->count = 0;
    return status;
}

enum status sorter_add(struct sorter *sorter, struct bytes record, struct fault *fault)
{
    if (record.length > SORTER_RECORD_MAX(sorter->size))
        return fault_set(fault, STATUS_REFUSED, 0, "%zu bytes are too many to sort", record.length);
    const size_t more = RUN_LENGTH_BYTES + record.length;
    if (sorter->size - sorter->used < more + (sorter->count + 1) * ENTRY_COST) {
        const enum status status = spill(sorter, fault);
        if (status)
            return status;
    }
    uint8_t *at = sorter->region + sorter->used;
    const uint32_t length = (uint32_t)record.length;
    memcpy(at, &length, sizeof(length));
    if (length)
        memcpy(at + RUN_LENGTH_BYTES, record.data, length);
    sorter->used += more;
    sorter->count++;
    sorter->total++;
    if (more > sorter->largest)
        sorter->largest = more;
    return STATUS_OK;
}

static enum status file_give(struct sorter *sorter, sorter_sink *sink, void *context,
                             struct fault *fault)
{
    const enum status status = sorter->count ? spill(sorter, fault) : STATUS_OK;
    const struct runs_memory memory = {
        .at = sorter->region, .size = sorter->size, .largest = sorter->largest};
    return status ? status : runs_merge(&sorter->runs, memory, sink, context, fault);
}

enum status sorter_merge(struct sorter *sorter, sorter_sink *sink, void *context,
                         struct fault *fault)
{
    const enum status status = sorter->runs.count ? file_give(sorter, sink, context, fault)
                                                  : memory_give(sorter, sink, context, fault);
    runs_reset(&sorter->runs);
    sorter->used = sorter->count = sorter->largest = 0;
    sorter->total = 0;
    return status;
}
