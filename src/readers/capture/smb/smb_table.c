#include "readers/capture/smb/smb_table.h"

#include "base/utf.h"

#include <assert.h>
#include <stdio.h>

void smb_table_init(struct smb_table *table, uint32_t maximum, size_t size)
{
    assert(size >= sizeof(struct smb_node) && size <= UINT32_MAX);
    *table = (struct smb_table){.maximum = maximum, .size = (uint32_t)size};
}

static unsigned bucket_of(uint64_t key)
{
    return (unsigned)(key * 0x9E3779B97F4A7C15U >> 58);
}

_Static_assert(SMB_BUCKETS == 1U << (64 - 58), "bucket_of gives that many");

void *smb_table_find(const struct smb_table *table, uint64_t key)
{
    struct smb_node *node = table->buckets[bucket_of(key)];
    while (node && node->key != key)
        node = node->chain;
    return node;
}

static struct smb_node *entry_new(struct smb_table *table, struct arena *arena)
{
    struct smb_node *node = table->spare;
    if (node)
        table->spare = node->chain;
    else
        node = arena_take_array(arena, 1, table->size);
    return node;
}

void *smb_table_take(struct smb_table *table, struct arena *arena, uint64_t key)
{
    struct smb_node *node = smb_table_is_full(table) ? NULL : entry_new(table, arena);
    if (!node)
        return NULL;
    struct smb_node **bucket = &table->buckets[bucket_of(key)];
    *node = (struct smb_node){.chain = *bucket, .older = table->newest, .key = key};
    *bucket = node;
    if (table->newest)
        table->newest->newer = node;
    else
        table->oldest = node;
    table->newest = node;
    table->count++;
    return node;
}

void smb_table_drop(struct smb_table *table, void *entry)
{
    struct smb_node *node = entry;
    struct smb_node **link = &table->buckets[bucket_of(node->key)];
    while (*link != node)
        link = &(*link)->chain;
    *link = node->chain;
    *(node->older ? &node->older->newer : &table->oldest) = node->newer;
    *(node->newer ? &node->newer->older : &table->newest) = node->older;
    node->chain = table->spare;
    table->spare = node;
    assert(table->count > 0);
    table->count--;
}

static bool text_room(struct smb_text *text, struct arena *arena, size_t length)
{
    if (length <= text->room)
        return true;
    size_t room = text->room ? text->room : 32;
    while (room < length)
        room *= 2;
    uint8_t *data = arena_take_aligned(arena, room, 1);
    if (!data)
        return false;
    if (text->length)
        memcpy(data, text->data, text->length);
    text->data = data;
    text->room = (uint32_t)room;
    return true;
}

bool smb_text_add(struct smb_text *text, struct arena *arena, struct bytes more, size_t maximum)
{
    assert(maximum <= 1U << 20);
    if (more.length == 0)
        return true;
    if (more.length > maximum - text->length || !text_room(text, arena, text->length + more.length))
        return false;
    memcpy(text->data + text->length, more.data, more.length);
    text->length += (uint32_t)more.length;
    return true;
}

bool smb_text_add_number(struct smb_text *text, struct arena *arena, const char *before,
                         uint64_t number, unsigned base, size_t maximum)
{
    char written[64];
    const int length =
        base == 16
            ? snprintf(written, sizeof(written), "%s%llx", before, (unsigned long long)number)
            : snprintf(written, sizeof(written), "%s%llu", before, (unsigned long long)number);
    assert(length > 0 && (size_t)length < sizeof(written));
    return smb_text_add(text, arena, bytes_of(written, (size_t)length), maximum);
}

void smb_text_set_utf16(struct smb_text *text, struct arena *arena, struct bytes utf16)
{
    size_t units = utf16.length / 2;
    if (units > SMB_NAME_UNITS)
        units = SMB_NAME_UNITS;
    units = units ? utf16_length(utf16.data, units) : 0;
    text->length = 0;
    if (units && text_room(text, arena, UTF8_BOUND(units)))
        text->length = (uint32_t)utf8_from_utf16(text->data, utf16.data, units);
}

void smb_text_set_ascii(struct smb_text *text, struct arena *arena, struct bytes ascii)
{
    const size_t most = ascii.length < SMB_NAME_UNITS ? ascii.length : SMB_NAME_UNITS;
    text->length = 0;
    if (!text_room(text, arena, most * 3))
        return;
    for (size_t i = 0; i < most && ascii.data[i]; i++)
        text->length +=
            utf8_encode(text->data + text->length, ascii.data[i] < 0x80 ? ascii.data[i] : 0xFFFD);
}
