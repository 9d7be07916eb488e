#include "rules/match/index.h"

#include <assert.h>

#define GOLDEN       0x9E3779B97F4A7C15U
#define SUFFIX_BYTES 8U
#define BITS_LOG_MIN 9U
#define BITS_LOG_MAX 20U

/* The last `count` bytes, at most 8, before `end` as a number; the last one is the highest. */
static inline uint64_t last_bytes(const uint8_t *end, size_t count)
{
    uint64_t bytes = 0;
    memcpy((uint8_t *)&bytes + (8 - count), end - count, count);
    return bytes;
}

static inline uint64_t suffix_key(const uint8_t *end, size_t count)
{
    return last_bytes(end, count) ^ count * 0xD6E8FEB86659FD93U;
}

static inline uint64_t equals_key(struct bytes text)
{
    const size_t count = text.length < 8 ? text.length : 8;
    uint64_t first = 0;
    if (count == 0)
        return 0;
    memcpy(&first, text.data, count);
    const uint64_t last = last_bytes(text.data + text.length, count);
    return (first ^ text.length) * 0xD6E8FEB86659FD93U ^ last;
}

static inline uint32_t gram3(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

void index_entry_key(struct index_entry *entry)
{
    const uint8_t *end = entry->literal + entry->length;
    switch ((enum index_part)entry->part) {
    case INDEX_EQUALS:
        entry->key = equals_key(bytes_of(entry->literal, entry->length));
        break;
    case INDEX_SUFFIXES:
        entry->key = suffix_key(end, entry->length < SUFFIX_BYTES ? entry->length : SUFFIX_BYTES);
        break;
    case INDEX_GRAMS:
        assert(entry->offset + 4 <= entry->length);
        entry->key = load_le32(entry->literal + entry->offset);
        break;
    case INDEX_GRAMS3:
        assert(entry->offset + 3 <= entry->length);
        entry->key = gram3(entry->literal + entry->offset);
        break;
    case INDEX_PART_COUNT:
        break;
    }
}

/* The smallest power of two that is not below `count`, as its logarithm. */
static uint8_t log_of(uint64_t count)
{
    uint8_t log = 0;
    while ((UINT64_C(1) << log) < count)
        log++;
    return log;
}

static uint32_t part_count(const struct index_entry *entries, uint32_t count, enum index_part part)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++)
        found += entries[i].part == part;
    return found;
}

/* Sorts one part's entries into buckets by counting. */
static bool table_make(struct arena *arena, struct index_table *table,
                       const struct index_entry *entries, uint32_t count, enum index_part part)
{
    table->count = part_count(entries, count, part);
    if (table->count == 0)
        return true;
    uint8_t bits_log = log_of((uint64_t)table->count * 16);
    bits_log = bits_log < BITS_LOG_MIN ? BITS_LOG_MIN : bits_log;
    bits_log = bits_log > BITS_LOG_MAX ? BITS_LOG_MAX : bits_log;
    const uint8_t buckets_log = (uint8_t)(log_of(table->count) + 1);
    const size_t bucket_count = (size_t)1 << buckets_log;
    uint64_t *bits = arena_take_array(arena, ((size_t)1 << bits_log) / 64, sizeof(*bits));
    uint32_t *starts = arena_take_array(arena, bucket_count + 2, sizeof(*starts));
    struct index_entry *sorted = arena_take_array(arena, table->count, sizeof(*sorted));
    if (!bits || !starts || !sorted)
        return false;
    table->bit_shift = (uint8_t)(64 - bits_log);
    table->bucket_shift = (uint8_t)(64 - buckets_log);
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].part != part)
            continue;
        const uint64_t hash = entries[i].key * GOLDEN;
        const uint64_t bit = hash >> table->bit_shift;
        bits[bit >> 6] |= UINT64_C(1) << (bit & 63);
        starts[(hash >> table->bucket_shift) + 2]++;
    }
    for (size_t i = 2; i < bucket_count + 2; i++)
        starts[i] += starts[i - 1];
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].part == part)
            sorted[starts[(entries[i].key * GOLDEN >> table->bucket_shift) + 1]++] = entries[i];
    table->bits = bits;
    table->starts = starts;
    table->entries = sorted;
    return true;
}

const struct index *index_make(struct arena *arena, const struct index_entry *entries,
                               uint32_t count)
{
    struct index *index = arena_take_array(arena, 1, sizeof(*index));
    if (!index)
        return NULL;
    for (unsigned part = 0; part < INDEX_PART_COUNT; part++)
        if (!table_make(arena, &index->parts[part], entries, count, part))
            return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].part == INDEX_SUFFIXES) {
            const uint32_t length =
                entries[i].length < SUFFIX_BYTES ? entries[i].length : SUFFIX_BYTES;
            index->suffix_lengths |= (uint8_t)(1U << (length - 1));
        }
    return index;
}

static inline bool may_have(const struct index_table *table, uint64_t hash)
{
    const uint64_t bit = hash >> table->bit_shift;
    return table->bits[bit >> 6] >> (bit & 63) & 1;
}

static void found(struct trace *trace, const struct index_entry *entry)
{
    trace_hit(trace, entry->atom, entry->is_exact ? TRUTH_YES : TRUTH_MAYBE);
}

/* The entries of one bucket that have this key, at the place in the text that the key came from:
 * for grams where the gram stands, for suffixes the end. */
static void check_bucket(const struct index_table *table, uint64_t hash, uint64_t key,
                         struct bytes text, size_t at, struct trace *trace)
{
    const uint64_t bucket = hash >> table->bucket_shift;
    for (uint32_t i = table->starts[bucket]; i < table->starts[bucket + 1]; i++) {
        const struct index_entry *entry = &table->entries[i];
        if (entry->key != key || trace_truth(trace, entry->atom) != TRUTH_UNSEEN ||
            at < entry->offset || text.length - (at - entry->offset) < entry->length ||
            (entry->is_anchored && at != entry->offset))
            continue;
        if (memcmp(text.data + at - entry->offset, entry->literal, entry->length) == 0)
            found(trace, entry);
    }
}

static void scan_equals(const struct index_table *table, struct bytes text, struct trace *trace)
{
    const uint64_t key = equals_key(text);
    const uint64_t hash = key * GOLDEN;
    if (!may_have(table, hash))
        return;
    const uint64_t bucket = hash >> table->bucket_shift;
    for (uint32_t i = table->starts[bucket]; i < table->starts[bucket + 1]; i++) {
        const struct index_entry *entry = &table->entries[i];
        if (entry->key == key && trace_truth(trace, entry->atom) == TRUTH_UNSEEN &&
            bytes_equal(bytes_of(entry->literal, entry->length), text))
            found(trace, entry);
    }
}

static void scan_suffixes(const struct index *index, struct bytes text, struct trace *trace)
{
    const struct index_table *table = &index->parts[INDEX_SUFFIXES];
    for (unsigned lengths = index->suffix_lengths; lengths; lengths &= lengths - 1) {
        const size_t length = (size_t)__builtin_ctz(lengths) + 1;
        if (length > text.length)
            return;
        const uint64_t key = suffix_key(text.data + text.length, length);
        const uint64_t hash = key * GOLDEN;
        if (!may_have(table, hash))
            continue;
        const uint64_t bucket = hash >> table->bucket_shift;
        for (uint32_t i = table->starts[bucket]; i < table->starts[bucket + 1]; i++) {
            const struct index_entry *entry = &table->entries[i];
            if (entry->key == key && trace_truth(trace, entry->atom) == TRUTH_UNSEEN &&
                entry->length <= text.length &&
                memcmp(text.data + text.length - entry->length, entry->literal, entry->length) == 0)
                found(trace, entry);
        }
    }
}

static void scan_grams(const struct index_table *table, struct bytes text, struct trace *trace)
{
    for (size_t at = 0; at + 4 <= text.length; at++) {
        const uint64_t key = load_le32(text.data + at);
        const uint64_t hash = key * GOLDEN;
        if (UNLIKELY(may_have(table, hash)))
            check_bucket(table, hash, key, text, at, trace);
    }
}

static void scan_grams3(const struct index_table *table, struct bytes text, struct trace *trace)
{
    for (size_t at = 0; at + 3 <= text.length; at++) {
        const uint64_t key = gram3(text.data + at);
        const uint64_t hash = key * GOLDEN;
        if (UNLIKELY(may_have(table, hash)))
            check_bucket(table, hash, key, text, at, trace);
    }
}

void index_scan(const struct index *index, struct bytes text, struct trace *trace)
{
    if (index->parts[INDEX_EQUALS].count)
        scan_equals(&index->parts[INDEX_EQUALS], text, trace);
    if (index->suffix_lengths)
        scan_suffixes(index, text, trace);
    if (index->parts[INDEX_GRAMS].count)
        scan_grams(&index->parts[INDEX_GRAMS], text, trace);
    if (index->parts[INDEX_GRAMS3].count)
        scan_grams3(&index->parts[INDEX_GRAMS3], text, trace);
}
