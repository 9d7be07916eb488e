#include "rules/match/index.h"

#include "rules/compile/seek.h"

#include <assert.h>
#include <stdlib.h>

#define GOLDEN       0x9E3779B1U
#define SUFFIX_BYTES 8U

/* Sizes of bitmaps: with these the loops over text have constant shifts. The first two are at most
 * 1/16 full and stay in the first cache; the last is for the few fields with very many. */
#define BITS_SMALL  12U
#define BITS_MIDDLE 15U
#define BITS_LARGE  20U

static inline uint32_t hash_of(uint64_t key)
{
    return (uint32_t)(key ^ key >> 32) * GOLDEN;
}

/* The first and the last 8 bytes of a text as numbers, filled up with zeros when it is shorter: the
 * first byte is the lowest of `first`, the last one the highest of `last`. */
struct edges {
    uint64_t first, last;
};

static inline struct edges edges_of(struct bytes text)
{
    struct edges edges = {0, 0};
    if (LIKELY(text.length >= 8)) {
        edges.first = load_le64(text.data);
        edges.last = load_le64(text.data + text.length - 8);
    } else if (text.length > 0) {
        for (size_t i = 0; i < text.length; i++)
            edges.first |= (uint64_t)text.data[i] << 8 * i;
        edges.last = edges.first << (64 - 8 * text.length);
    }
    return edges;
}

/* Of the last `count` bytes, 1 to 8. */
static inline uint64_t suffix_key(const struct edges *edges, size_t count)
{
    const unsigned other_bits = 64 - 8 * (unsigned)count;
    return (edges->last >> other_bits << other_bits) ^ count * 0xD6E8FEB86659FD93U;
}

static inline uint64_t equals_key(const struct edges *edges, size_t length)
{
    return (edges->first ^ length) * 0xD6E8FEB86659FD93U ^ edges->last;
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

static size_t suffix_length(size_t length)
{
    return length < SUFFIX_BYTES ? length : SUFFIX_BYTES;
}

/* The smallest power of two that is not below `count`, as its logarithm. */
static uint8_t log_of(uint64_t count)
{
    uint8_t log = 0;
    while ((UINT64_C(1) << log) < count)
        log++;
    return log;
}

/* The entries of an index while it is made. */
struct draft_entry {
    struct index_entry entry;
    uint32_t hash;
    enum index_part part;
};

struct draft {
    const struct image *image;
    struct draft_entry *entries;
    uint32_t count;
    uint32_t stride;
    uint32_t counts[INDEX_PART_COUNT];
};

static struct draft_entry *draft_add(struct draft *draft, const struct index_want *want,
                                     enum index_part part, uint64_t key)
{
    const struct image_seek *seek = &draft->image->seeks[want->seek];
    struct draft_entry *to = &draft->entries[draft->count++];
    draft->counts[part]++;
    *to = (struct draft_entry){
        .part = part,
        .hash = hash_of(key),
        .entry = {.window = key,
                  .literal = image_bytes(draft->image, seek->literal).data,
                  .length = seek->literal.length,
                  .atom = want->atom,
                  .is_exact = seek->is_exact,
                  .is_anchored = seek->place == PLACE_BEGIN},
    };
    return to;
}

static void draft_gram(struct draft *draft, const struct index_want *want, enum index_part part,
                       uint32_t width, uint32_t offset)
{
    const struct bytes literal = image_bytes(draft->image, draft->image->seeks[want->seek].literal);
    struct index_entry *entry =
        &draft_add(draft, want, part, gram_at(literal.data + offset, width))->entry;
    uint32_t begin = 0;
    if (literal.length > 8 && offset > 2)
        begin = offset - 2 <= literal.length - 8 ? offset - 2 : (uint32_t)literal.length - 8;
    entry->offset = offset;
    entry->back = (uint8_t)(offset - begin);
    entry->window = 0;
    memcpy(&entry->window, literal.data + begin, literal.length < 8 ? literal.length : 8);
}

/* The grams of a literal: as many neighbours as the stride, or one where it is anchored. */
static void draft_grams(struct draft *draft, const struct index_want *want)
{
    const struct image_seek *seek = &draft->image->seeks[want->seek];
    const uint32_t length = seek->literal.length;
    const uint32_t offset = draft->stride == SEEK_STRIDE_MAX ? seek->offset_wide : seek->offset;
    const uint32_t count = seek->place == PLACE_BEGIN ? 1 : draft->stride;
    if (seek->is_high && length < SEEK_GRAM) {
        draft_gram(draft, want, length == 2 ? INDEX_HIGH2 : INDEX_HIGH3, length, 0);
    } else if (seek->is_high) {
        draft_gram(draft, want, INDEX_HIGH, SEEK_GRAM, seek->offset);
    } else if (length == SEEK_GRAM) {
        for (uint32_t i = 0; i < (seek->place == PLACE_BEGIN ? 1 : SEEK_STRIDE); i++)
            draft_gram(draft, want, INDEX_GRAMS3, SEEK_GRAM - 1, i);
    } else {
        for (uint32_t i = 0; i < count; i++)
            draft_gram(draft, want, INDEX_GRAMS, SEEK_GRAM, offset + i);
    }
}

static void draft_want(struct draft *draft, const struct index_want *want)
{
    const struct image_seek *seek = &draft->image->seeks[want->seek];
    const struct bytes literal = image_bytes(draft->image, seek->literal);
    const struct edges edges = edges_of(literal);
    if (seek->place == PLACE_WHOLE)
        draft_add(draft, want, INDEX_EQUALS, equals_key(&edges, literal.length));
    else if (seek->place == PLACE_END)
        draft_add(draft, want, INDEX_SUFFIXES, suffix_key(&edges, suffix_length(literal.length)));
    else
        draft_grams(draft, want);
}

/* A part's table, with room for its entries and nothing in it. */
struct table_draft {
    struct index_table *table;
    uint32_t *bits, *starts;
    struct index_entry *entries;
};

static bool table_begin(struct arena *arena, struct table_draft *draft, uint32_t count)
{
    struct index_table *table = draft->table;
    table->count = count;
    if (count == 0)
        return true;
    const uint8_t wanted_log = log_of((uint64_t)count * 16);
    table->bits_log = wanted_log <= BITS_SMALL    ? BITS_SMALL
                      : wanted_log <= BITS_MIDDLE ? BITS_MIDDLE
                                                  : BITS_LARGE;
    const uint8_t buckets_log = (uint8_t)(log_of(count) + 1);
    table->bucket_shift = (uint8_t)(32 - buckets_log);
    const size_t starts = ((size_t)1 << buckets_log) + 2;
    draft->bits =
        arena_take_array(arena, ((size_t)1 << table->bits_log) / 32, sizeof(*draft->bits));
    draft->starts = arena_take_array(arena, starts, sizeof(*draft->starts));
    draft->entries = arena_take_array(arena, count, sizeof(*draft->entries));
    table->bits = draft->bits;
    table->starts = draft->starts;
    table->entries = draft->entries;
    return draft->bits && draft->starts && draft->entries;
}

/* Counts an entry in its bucket, two places on: the next pass fills the bucket by the place before
 * its own, which ends as the bucket's start. */
static void table_count(const struct table_draft *draft, uint32_t hash)
{
    const uint32_t bit = hash >> (32 - draft->table->bits_log);
    draft->bits[bit / 32] |= 1U << bit % 32;
    draft->starts[(hash >> draft->table->bucket_shift) + 2]++;
}

static void table_sum(const struct table_draft *draft)
{
    const size_t count = ((size_t)1 << (32 - draft->table->bucket_shift)) + 2;
    for (size_t i = 2; i < count && draft->table->count; i++)
        draft->starts[i] += draft->starts[i - 1];
}

/* Sorts all parts' entries into buckets by counting. */
static bool tables_make(struct arena *arena, struct index *index, const struct draft *draft)
{
    struct table_draft tables[INDEX_PART_COUNT];
    for (unsigned part = 0; part < INDEX_PART_COUNT; part++) {
        tables[part] = (struct table_draft){.table = &index->parts[part]};
        if (!table_begin(arena, &tables[part], draft->counts[part]))
            return false;
    }
    for (uint32_t i = 0; i < draft->count; i++)
        table_count(&tables[draft->entries[i].part], draft->entries[i].hash);
    for (unsigned part = 0; part < INDEX_PART_COUNT; part++)
        table_sum(&tables[part]);
    for (uint32_t i = 0; i < draft->count; i++) {
        const struct table_draft *to = &tables[draft->entries[i].part];
        const uint32_t bucket = draft->entries[i].hash >> to->table->bucket_shift;
        to->entries[to->starts[bucket + 1]++] = draft->entries[i].entry;
    }
    return true;
}

/* At least so many characters are in a text: bytes that do not continue one. */
static uint32_t characters_of(struct bytes text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text.length; i++)
        count += (text.data[i] & 0xC0) != 0x80;
    return count;
}

/* What the literals have in common. The wide stride needs all of them long. */
static struct index *index_begin(struct arena *arena, const struct image *image,
                                 const struct index_want *wants, uint32_t count)
{
    struct index *index = arena_take_array(arena, 1, sizeof(*index));
    if (!index)
        return NULL;
    index->stride = SEEK_STRIDE_MAX;
    index->shortest = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct image_seek *seek = &image->seeks[wants[i].seek];
        const uint32_t length = seek->literal.length;
        index->types |= seek->types;
        const uint32_t characters = characters_of(image_bytes(image, seek->literal));
        if (characters < index->shortest)
            index->shortest = characters;
        if (seek->place == PLACE_END)
            index->suffix_lengths |= (uint8_t)(1U << (suffix_length(length) - 1));
        else if (seek->place != PLACE_WHOLE && !seek->is_high &&
                 length < SEEK_GRAM + SEEK_STRIDE_MAX - 1)
            index->stride = SEEK_STRIDE;
    }
    return index;
}

const struct index *index_make(struct arena *arena, const struct image *image,
                               const struct index_want *wants, uint32_t count)
{
    struct index *index = index_begin(arena, image, wants, count);
    struct draft draft = {
        .image = image,
        .entries = malloc(((size_t)count * SEEK_STRIDE_MAX + 1) * sizeof(*draft.entries)),
    };
    bool is_made = index && draft.entries;
    if (is_made) {
        draft.stride = index->stride;
        for (uint32_t i = 0; i < count; i++)
            draft_want(&draft, &wants[i]);
        is_made = tables_make(arena, index, &draft);
    }
    free(draft.entries);
    return is_made ? index : NULL;
}

ALWAYS_INLINE bool has_bit(const uint32_t *bits, uint32_t hash, unsigned bits_log)
{
    const uint32_t bit = hash >> (32 - bits_log);
    return bits[bit / 32] >> bit % 32 & 1;
}

static void found(struct finds *finds, const struct index_entry *entry)
{
    finds->marks[entry->atom] = finds->generation;
    finds->list[finds->count++] = entry->atom | (entry->is_exact ? FIND_EXACT : 0);
}

struct bucket {
    const struct index_entry *at, *end;
};

static inline struct bucket bucket_of(const struct index_table *table, uint32_t hash)
{
    const uint32_t *start = &table->starts[hash >> table->bucket_shift];
    return (struct bucket){table->entries + start[0], table->entries + start[1]};
}

static inline bool is_seen(const struct finds *finds, const struct index_entry *entry)
{
    return finds->marks[entry->atom] == finds->generation;
}

/* Whether the literal of a gram that was met at `at` fits there, by its place and by its window. */
static inline bool may_stand_at(const struct index_entry *entry, struct bytes text, size_t at)
{
    static const uint64_t masks[] = {0,          0xFF,         0xFFFF,         0xFFFFFF,
                                     0xFFFFFFFF, 0xFFFFFFFFFF, 0xFFFFFFFFFFFF, 0xFFFFFFFFFFFFFF,
                                     UINT64_MAX};
    const size_t begin = at - entry->offset, window = at - entry->back;
    return at >= entry->offset && text.length - begin >= entry->length &&
           (!entry->is_anchored || begin == 0) &&
           (text.length - window < 8 ||
            (load_le64(text.data + window) & masks[entry->length < 8 ? entry->length : 8]) ==
                entry->window);
}

static inline bool stands_at(const struct index_entry *entry, struct bytes text, size_t at)
{
    return memcmp(text.data + at - entry->offset, entry->literal, entry->length) == 0;
}

/* A gram whose bit is set stands at `at` in the text. */
static NOINLINE void check_gram(const struct index_table *table, uint32_t gram, struct bytes text,
                                size_t at, struct finds *finds)
{
    struct bucket bucket = bucket_of(table, hash_of(gram));
    for (; bucket.at < bucket.end; bucket.at++)
        if (may_stand_at(bucket.at, text, at) && !is_seen(finds, bucket.at) &&
            stands_at(bucket.at, text, at))
            found(finds, bucket.at);
}

static void scan_equals(const struct index_table *table, const struct edges *edges,
                        struct bytes text, struct finds *finds)
{
    const uint64_t key = equals_key(edges, text.length);
    const uint32_t hash = hash_of(key);
    if (!has_bit(table->bits, hash, table->bits_log))
        return;
    struct bucket bucket = bucket_of(table, hash);
    for (; bucket.at < bucket.end; bucket.at++)
        if (bucket.at->window == key && !is_seen(finds, bucket.at) &&
            bytes_equal(bytes_of(bucket.at->literal, bucket.at->length), text))
            found(finds, bucket.at);
}

static void check_suffix(const struct index_table *table, uint64_t key, struct bytes text,
                         struct finds *finds)
{
    struct bucket bucket = bucket_of(table, hash_of(key));
    for (; bucket.at < bucket.end; bucket.at++) {
        const struct index_entry *entry = bucket.at;
        if (entry->window == key && !is_seen(finds, entry) && entry->length <= text.length &&
            memcmp(text.data + text.length - entry->length, entry->literal, entry->length) == 0)
            found(finds, entry);
    }
}

static void scan_suffixes(const struct index *index, const struct edges *edges, struct bytes text,
                          struct finds *finds)
{
    const struct index_table *table = &index->parts[INDEX_SUFFIXES];
    for (unsigned lengths = index->suffix_lengths; lengths; lengths &= lengths - 1) {
        const size_t length = (size_t)__builtin_ctz(lengths) + 1;
        if (length > text.length)
            return;
        const uint64_t key = suffix_key(edges, length);
        if (has_bit(table->bits, hash_of(key), table->bits_log))
            check_suffix(table, key, text, finds);
    }
}

/* The loop that most of the time is spent in. Every argument but text and finds is constant where
 * it is called. */
ALWAYS_INLINE void scan_places(const struct index_table *table, struct bytes text,
                               struct finds *finds, unsigned width, unsigned stride,
                               unsigned bits_log)
{
    const uint32_t *const bits = table->bits;
    const uint8_t *const data = text.data;
    if (text.length < width)
        return;
    for (size_t at = 0, last = text.length - width; at <= last; at += stride) {
        const uint32_t gram = gram_at(data + at, width);
        if (UNLIKELY(has_bit(bits, hash_of(gram), bits_log)))
            check_gram(table, gram, text, at, finds);
    }
}

ALWAYS_INLINE void scan_grams(const struct index_table *table, struct bytes text,
                              struct finds *finds, unsigned width, unsigned stride)
{
    if (table->count == 0)
        return;
    if (table->bits_log == BITS_SMALL)
        scan_places(table, text, finds, width, stride, BITS_SMALL);
    else if (table->bits_log == BITS_MIDDLE)
        scan_places(table, text, finds, width, stride, BITS_MIDDLE);
    else
        scan_places(table, text, finds, width, stride, BITS_LARGE);
}

/* Not the common case: every place, one table after the other. */
static void scan_high(const struct index_table *parts, struct bytes text, struct finds *finds)
{
    scan_grams(&parts[INDEX_HIGH], text, finds, 4, 1);
    scan_grams(&parts[INDEX_HIGH3], text, finds, 3, 1);
    scan_grams(&parts[INDEX_HIGH2], text, finds, 2, 1);
}

static void finds_begin(struct finds *finds, uint32_t atom_count)
{
    finds->count = 0;
    if (UNLIKELY(++finds->generation == 0)) {
        memset(finds->marks, 0, atom_count * sizeof(*finds->marks));
        finds->generation = 1;
    }
}

void index_scan(const struct index *index, struct bytes text, struct finds *finds,
                uint32_t atom_count)
{
    finds_begin(finds, atom_count);
    const struct index_table *parts = index->parts;
    const struct edges edges = edges_of(text);
    if (parts[INDEX_EQUALS].count)
        scan_equals(&parts[INDEX_EQUALS], &edges, text, finds);
    if (index->suffix_lengths)
        scan_suffixes(index, &edges, text, finds);
    if (index->stride == SEEK_STRIDE)
        scan_grams(&parts[INDEX_GRAMS], text, finds, 4, SEEK_STRIDE);
    else
        scan_grams(&parts[INDEX_GRAMS], text, finds, 4, SEEK_STRIDE_MAX);
    scan_grams(&parts[INDEX_GRAMS3], text, finds, 3, SEEK_STRIDE);
    if ((parts[INDEX_HIGH].count || parts[INDEX_HIGH3].count || parts[INDEX_HIGH2].count) &&
        !is_ascii(text))
        scan_high(parts, text, finds);
}
