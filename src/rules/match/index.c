#include "rules/match/index.h"

#include <assert.h>

#define GOLDEN       0x9E3779B97F4A7C15U
#define SUFFIX_BYTES 8U

/* Sizes of bitmaps: with these the loops over text have constant shifts. The first two are at most
 * 1/16 full; the last is half of a small first cache. */
#define BITS_SMALL  12U
#define BITS_MIDDLE 15U
#define BITS_LARGE  17U

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

ALWAYS_INLINE uint32_t gram_at(const uint8_t *at, unsigned width)
{
    switch (width) {
    case 2:
        return load_le16(at);
    case 3:
        return load_le16(at) | (uint32_t)at[2] << 16;
    default:
        return load_le32(at);
    }
}

static struct index_entry entry_of(struct bytes literal, enum index_part part, uint64_t key)
{
    return (struct index_entry){
        .key = key,
        .literal = literal.data,
        .length = (uint32_t)literal.length,
        .part = (uint8_t)part,
    };
}

struct index_entry index_equals(struct bytes literal)
{
    return entry_of(literal, INDEX_EQUALS, equals_key(literal));
}

static size_t suffix_length(size_t length)
{
    return length < SUFFIX_BYTES ? length : SUFFIX_BYTES;
}

struct index_entry index_suffix(struct bytes literal)
{
    assert(literal.length > 0);
    return entry_of(literal, INDEX_SUFFIXES,
                    suffix_key(literal.data + literal.length, suffix_length(literal.length)));
}

struct index_entry index_gram(struct bytes literal, uint32_t offset, unsigned width)
{
    assert(width >= 2 && width <= 4 && offset + width <= literal.length);
    const uint32_t gram = gram_at(literal.data + offset, width);
    const bool is_high = gram & 0x80808080U;
    const enum index_part part = width == 4   ? INDEX_GRAMS
                                 : width == 3 ? (is_high ? INDEX_HIGH3 : INDEX_GRAMS3)
                                              : (is_high ? INDEX_HIGH2 : INDEX_GRAMS2);
    struct index_entry entry = entry_of(literal, part, gram);
    entry.offset = offset;
    return entry;
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
    const uint8_t wanted_log = log_of((uint64_t)table->count * 16);
    const uint8_t bits_log = wanted_log <= BITS_SMALL    ? BITS_SMALL
                             : wanted_log <= BITS_MIDDLE ? BITS_MIDDLE
                                                         : BITS_LARGE;
    const uint8_t buckets_log = (uint8_t)(log_of(table->count) + 1);
    const size_t bucket_count = (size_t)1 << buckets_log;
    uint64_t *bits = arena_take_array(arena, ((size_t)1 << bits_log) / 64, sizeof(*bits));
    uint32_t *starts = arena_take_array(arena, bucket_count + 2, sizeof(*starts));
    struct index_entry *sorted = arena_take_array(arena, table->count, sizeof(*sorted));
    if (!bits || !starts || !sorted)
        return false;
    table->bits_log = bits_log;
    table->bucket_shift = (uint8_t)(64 - buckets_log);
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].part != part)
            continue;
        const uint64_t hash = entries[i].key * GOLDEN;
        const uint64_t bit = hash >> (64 - bits_log);
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

/* The characters that values of a type consist of when they are rendered and folded; NULL: any. */
static const char *const type_letters[] = {
    [VALUE_NULL] = "",
    [VALUE_UTF16] = NULL,
    [VALUE_UTF8] = NULL,
    [VALUE_ANSI] = NULL,
    [VALUE_ESCAPED] = NULL,
    [VALUE_INT] = "0123456789-",
    [VALUE_UINT] = "0123456789",
    [VALUE_HEX] = "0123456789abcdefx",
    [VALUE_REAL] = "0123456789-+.einfa",
    [VALUE_BOOL] = "truefals",
    [VALUE_BINARY] = "0123456789abcdef",
    [VALUE_GUID] = "0123456789abcdef-{}",
    [VALUE_SID] = "0123456789abcdefx-s",
    [VALUE_FILETIME] = "0123456789-:.tz",
    [VALUE_SYSTEMTIME] = "0123456789-:.tz",
    [VALUE_INSTANT] = "0123456789-:.tz",
    [VALUE_IP4] = "0123456789.",
    [VALUE_IP6] = "0123456789abcdef:.",
};

_Static_assert(COUNT_OF(type_letters) == VALUE_LIST, "each type has its letters");

static bool consists_of(struct bytes literal, const char *letters)
{
    for (size_t i = 0; i < literal.length; i++)
        if (!literal.data[i] || !strchr(letters, literal.data[i]))
            return false;
    return true;
}

/* The types of values that an entry can be found in. */
static uint32_t entry_types(const struct index_entry *entry)
{
    const struct bytes literal = bytes_of(entry->literal, entry->length);
    uint32_t types = 1U << VALUE_LIST;
    for (unsigned type = VALUE_NULL; type < VALUE_LIST; type++)
        if (!type_letters[type] || consists_of(literal, type_letters[type]))
            types |= 1U << type;
    return types;
}

const struct index *index_make(struct arena *arena, const struct index_entry *entries,
                               uint32_t count)
{
    struct index *index = arena_take_array(arena, 1, sizeof(*index));
    if (!index)
        return NULL;
    index->shortest = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        index->types |= entry_types(&entries[i]);
        if (entries[i].length < index->shortest)
            index->shortest = entries[i].length;
    }
    for (unsigned part = 0; part < INDEX_PART_COUNT; part++)
        if (!table_make(arena, &index->parts[part], entries, count, part))
            return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (entries[i].part == INDEX_SUFFIXES)
            index->suffix_lengths |= (uint8_t)(1U << (suffix_length(entries[i].length) - 1));
    return index;
}

ALWAYS_INLINE bool has_bit(const uint64_t *bits, uint64_t hash, unsigned bits_log)
{
    const uint64_t bit = hash >> (64 - bits_log);
    return bits[bit >> 6] >> (bit & 63) & 1;
}

static void found(struct trace *trace, const struct index_entry *entry)
{
    trace_hit(trace, entry->atom, entry->is_exact ? TRUTH_YES : TRUTH_MAYBE);
}

/* The entries of a bucket are entries[first] up to entries[last]. */
static inline void bucket_of(const struct index_table *table, uint64_t hash, uint32_t *first,
                             uint32_t *last)
{
    const uint64_t bucket = hash >> table->bucket_shift;
    *first = table->starts[bucket];
    *last = table->starts[bucket + 1];
}

/* A gram whose bit is set stands at `at` in the text. */
static void check_gram(const struct index_table *table, uint64_t key, struct bytes text, size_t at,
                       struct trace *trace)
{
    uint32_t first, last;
    bucket_of(table, key * GOLDEN, &first, &last);
    for (uint32_t i = first; i < last; i++) {
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
    uint32_t first, last;
    if (!has_bit(table->bits, key * GOLDEN, table->bits_log))
        return;
    bucket_of(table, key * GOLDEN, &first, &last);
    for (uint32_t i = first; i < last; i++) {
        const struct index_entry *entry = &table->entries[i];
        if (entry->key == key && trace_truth(trace, entry->atom) == TRUTH_UNSEEN &&
            bytes_equal(bytes_of(entry->literal, entry->length), text))
            found(trace, entry);
    }
}

static void check_suffix(const struct index_table *table, uint64_t key, struct bytes text,
                         struct trace *trace)
{
    uint32_t first, last;
    bucket_of(table, key * GOLDEN, &first, &last);
    for (uint32_t i = first; i < last; i++) {
        const struct index_entry *entry = &table->entries[i];
        if (entry->key == key && trace_truth(trace, entry->atom) == TRUTH_UNSEEN &&
            entry->length <= text.length &&
            memcmp(text.data + text.length - entry->length, entry->literal, entry->length) == 0)
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
        if (has_bit(table->bits, key * GOLDEN, table->bits_log))
            check_suffix(table, key, text, trace);
    }
}

/* The loop that most of the time is spent in. */
ALWAYS_INLINE void scan_grams_by(const struct index_table *table, struct bytes text,
                                 struct trace *trace, unsigned width, unsigned bits_log)
{
    const uint64_t *const bits = table->bits;
    const uint8_t *const data = text.data;
    if (text.length < width)
        return;
    for (size_t at = 0, last = text.length - width; at <= last; at++) {
        const uint64_t key = gram_at(data + at, width);
        if (UNLIKELY(has_bit(bits, key * GOLDEN, bits_log)))
            check_gram(table, key, text, at, trace);
    }
}

ALWAYS_INLINE void scan_grams(const struct index_table *table, struct bytes text,
                              struct trace *trace, unsigned width)
{
    if (table->bits_log == BITS_SMALL)
        scan_grams_by(table, text, trace, width, BITS_SMALL);
    else if (table->bits_log == BITS_MIDDLE)
        scan_grams_by(table, text, trace, width, BITS_MIDDLE);
    else
        scan_grams_by(table, text, trace, width, BITS_LARGE);
}

static bool is_ascii(struct bytes text)
{
    uint64_t high = 0;
    size_t at = 0;
    for (; at + 8 <= text.length; at += 8)
        high |= load_le64(text.data + at);
    for (; at < text.length; at++)
        high |= text.data[at];
    return (high & 0x8080808080808080U) == 0;
}

void index_scan(const struct index *index, struct bytes text, struct trace *trace)
{
    const struct index_table *parts = index->parts;
    if (parts[INDEX_EQUALS].count)
        scan_equals(&parts[INDEX_EQUALS], text, trace);
    if (index->suffix_lengths)
        scan_suffixes(index, text, trace);
    if (parts[INDEX_GRAMS].count)
        scan_grams(&parts[INDEX_GRAMS], text, trace, 4);
    if (parts[INDEX_GRAMS3].count)
        scan_grams(&parts[INDEX_GRAMS3], text, trace, 3);
    if (parts[INDEX_GRAMS2].count)
        scan_grams(&parts[INDEX_GRAMS2], text, trace, 2);
    if ((parts[INDEX_HIGH3].count || parts[INDEX_HIGH2].count) && !is_ascii(text)) {
        if (parts[INDEX_HIGH3].count)
            scan_grams(&parts[INDEX_HIGH3], text, trace, 3);
        if (parts[INDEX_HIGH2].count)
            scan_grams(&parts[INDEX_HIGH2], text, trace, 2);
    }
}
