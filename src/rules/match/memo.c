#include "rules/match/memo.h"

#include "base/attributes.h"
#include "rules/match/raw.h"

#include <stdlib.h>

#define ENTRY_COUNT 32768U
#define FIRED_COUNT 65536U
#define FIRED_MAX   1024U /* of one event; more are not remembered */
#define QUIET_COUNT 16384U

#define MIX_ONE     0x9E3779B97F4A7C15U
#define MIX_OTHER   0xD6E8FEB86659FD93U

bool memo_init(struct memo *memo)
{
    *memo = (struct memo){
        .entries = calloc(ENTRY_COUNT, sizeof(*memo->entries)),
        .fired = calloc(FIRED_COUNT, sizeof(*memo->fired)),
        .quiet = calloc(QUIET_COUNT, sizeof(*memo->quiet)),
    };
    hash_secret_draw(&memo->secret);
    return memo->entries && memo->fired && memo->quiet;
}

void memo_release(struct memo *memo)
{
    free(memo->entries);
    free(memo->fired);
    free(memo->quiet);
    *memo = (struct memo){0};
}

void memo_reset(struct memo *memo)
{
    memset(memo->entries, 0, ENTRY_COUNT * sizeof(*memo->entries));
    memset(memo->quiet, 0, QUIET_COUNT * sizeof(*memo->quiet));
    memo->fired_count = 0;
}

static inline uint64_t mix(uint64_t tag, uint64_t with)
{
    tag = (tag ^ with) * MIX_ONE;
    return tag ^ tag >> 32;
}

static uint64_t value_tag(const struct memo *memo, uint64_t tag, const struct value *value)
{
    const struct bytes bytes = raw_bytes(value);
    tag = mix(tag, value->type * MIX_OTHER + value->width);
    if (bytes.length)
        return mix(tag, hash_secretly(bytes, &memo->secret));
    if (raw_is_number(value))
        return mix(mix(tag, value->number), value->length);
    for (uint32_t i = 0; value->type == VALUE_LIST && i < value->length; i++)
        tag = value_tag(memo, tag, &value->items[i]);
    return tag;
}

uint64_t memo_tag(const struct memo *memo, uint64_t binding, const struct event *event,
                  const uint16_t *slots, uint32_t slot_count)
{
    uint64_t tag = mix(MIX_ONE, binding);
    for (uint32_t i = 0; i < slot_count; i++)
        tag = value_tag(memo, tag, &event->values[slots[i]]);
    return tag ? tag : 1;
}

static struct memo_entry *entry_of(const struct memo *memo, uint64_t tag)
{
    return &memo->entries[tag >> 16 & (ENTRY_COUNT - 1)];
}

const struct memo_entry *memo_find(const struct memo *memo, uint64_t tag)
{
    const struct memo_entry *entry = entry_of(memo, tag);
    return entry->tag == tag ? entry : NULL;
}

void memo_expect(const struct memo *memo, uint64_t tag)
{
    __builtin_prefetch(entry_of(memo, tag));
}

void memo_keep(struct memo *memo, uint64_t tag, const uint32_t *fired, uint32_t count)
{
    if (count > FIRED_MAX)
        return;
    if (UNLIKELY(count > FIRED_COUNT - memo->fired_count))
        memo_reset(memo);
    if (count)
        memcpy(memo->fired + memo->fired_count, fired, count * sizeof(*fired));
    *entry_of(memo, tag) = (struct memo_entry){tag, memo->fired_count, count};
    memo->fired_count += count;
}

uint64_t memo_text_tag(const struct memo *memo, uint64_t index, const struct value *text)
{
    return value_tag(memo, mix(MIX_OTHER, index), text);
}

static uint64_t *quiet_of(const struct memo *memo, uint64_t tag)
{
    return &memo->quiet[tag >> 16 & (QUIET_COUNT - 1)];
}

void memo_expect_quiet(const struct memo *memo, uint64_t tag)
{
    __builtin_prefetch(quiet_of(memo, tag));
}

bool memo_is_quiet(const struct memo *memo, uint64_t tag)
{
    return *quiet_of(memo, tag) == tag && tag;
}

void memo_keep_quiet(struct memo *memo, uint64_t tag)
{
    *quiet_of(memo, tag) = tag;
}
