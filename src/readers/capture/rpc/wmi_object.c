/* EncodingUnit (2.2.1): signature 0x12345678, length, then the object: flags, with 0x04 two texts
 * of decoration, and for an instance (2.2.53, flag 0x02) its class part, then
 *
 *   0 length   4 flag   5 class name   9 table of nulls and values   qualifiers   heap
 *
 * ClassPart (2.2.15): 0 length  4 reserved  5 class name  9 length of the table  13 derivation,
 * qualifiers, 4 number of properties, 8 bytes each (name, information), the table, the heap.
 * References count from the heap's first byte; those with the top bit set mean a dictionary. */
#include "readers/capture/rpc/wmi_object.h"

#include "base/cursor.h"

#define FLAG_INSTANCE  0x02U
#define FLAG_DECORATED 0x04U
#define IN_DICTIONARY  0x80000000U
#define CIM_STRING     8U
#define PROPERTIES_MAX 256U

struct class_part {
    uint32_t table_length;
    const uint8_t *properties;
    uint32_t count;
    struct bytes heap;
};

static struct wmi_text text_at(struct bytes heap, uint32_t reference)
{
    struct wmi_text text = {.is_wide = false};
    if (reference & IN_DICTIONARY || reference >= heap.length)
        return text;
    const struct bytes rest = bytes_of(heap.data + reference + 1, heap.length - reference - 1);
    size_t length = 0;
    text.is_wide = heap.data[reference] & 1;
    if (text.is_wide)
        while (rest.length - length >= 2 && load_le16(rest.data + length))
            length += 2;
    else
        while (length < rest.length && rest.data[length])
            length++;
    text.bytes = bytes_of(rest.data, length);
    return text;
}

static bool take_u32(struct cursor *at, uint32_t *number)
{
    const uint8_t *bytes = cursor_take(at, 4);
    if (bytes)
        *number = load_le32(bytes);
    return bytes != NULL;
}

/* A part that begins with its own length. */
static bool skip_counted(struct cursor *at)
{
    uint32_t length;
    return take_u32(at, &length) && length >= 4 && cursor_take(at, length - 4);
}

static bool heap_take(struct cursor *at, struct bytes *heap)
{
    uint32_t length;
    if (!take_u32(at, &length))
        return false;
    length &= ~IN_DICTIONARY;
    heap->data = cursor_take(at, length);
    heap->length = length;
    return heap->data != NULL;
}

static bool class_part_take(struct cursor *at, struct class_part *part)
{
    struct cursor inner;
    struct cursor whole = *at;
    uint32_t length;
    if (!take_u32(&whole, &length) || !cursor_split(at, length, &inner))
        return false;
    const uint8_t *header = cursor_take(&inner, 13);
    if (!header || !skip_counted(&inner) || !skip_counted(&inner) ||
        !take_u32(&inner, &part->count) || part->count > PROPERTIES_MAX)
        return false;
    part->table_length = load_le32(header + 9);
    part->properties = cursor_take(&inner, (size_t)part->count * 8);
    return part->properties && cursor_take(&inner, part->table_length) &&
           heap_take(&inner, &part->heap);
}

static bool encoded_text_skip(struct cursor *at)
{
    const struct bytes rest = bytes_of(at->at, cursor_left(at));
    const struct wmi_text text = text_at(rest, 0);
    return text.bytes.data && cursor_take(at, 1 + text.bytes.length + (text.is_wide ? 2 : 1));
}

/* PropertyInfo (2.2.30): type, declaration order (2), offset in the values. */
static void properties_read(const struct class_part *part, struct bytes table, struct bytes heap,
                            wmi_property *property, void *context)
{
    const size_t nulls = ((size_t)part->count * 2 + 7) / 8;
    for (uint32_t i = 0; i < part->count; i++) {
        const uint32_t name = load_le32(part->properties + (size_t)i * 8);
        const uint32_t at = load_le32(part->properties + (size_t)i * 8 + 4);
        if (at > part->heap.length || part->heap.length - at < 10)
            continue;
        const uint8_t *information = part->heap.data + at;
        const size_t value = nulls + load_le32(information + 6);
        if ((load_le32(information) & 0x3FFF) != CIM_STRING || value > table.length ||
            table.length - value < 4)
            continue;
        const struct wmi_text text = text_at(heap, load_le32(table.data + value));
        if (text.bytes.length)
            property(context, text_at(part->heap, name), text);
    }
}

static bool instance_read(struct cursor at, struct wmi_text *class_name, wmi_property *property,
                          void *context)
{
    struct class_part part;
    struct bytes table, heap;
    if (!class_part_take(&at, &part))
        return false;
    const uint8_t *header = cursor_take(&at, 9);
    table = bytes_of(cursor_take(&at, part.table_length), part.table_length);
    if (!header || !table.data || !skip_counted(&at))
        return false;
    const uint8_t *qualifiers = cursor_take(&at, 1);
    if (!qualifiers)
        return false;
    for (uint32_t i = 0; *qualifiers == 2 && i < part.count; i++)
        if (!skip_counted(&at))
            return false;
    if (!heap_take(&at, &heap))
        return false;
    *class_name = text_at(heap, load_le32(header + 5));
    properties_read(&part, table, heap, property, context);
    return true;
}

bool wmi_object_read(struct bytes bytes, struct wmi_text *class_name, wmi_property *property,
                     void *context)
{
    static const uint8_t signature[] = {0x78, 0x56, 0x34, 0x12};
    const uint8_t *mark =
        bytes.length ? memmem(bytes.data, bytes.length, signature, sizeof(signature)) : NULL;
    if (!mark)
        return false;
    struct cursor at = cursor_over(bytes_of(mark, bytes.length - (size_t)(mark - bytes.data)), 0);
    const uint8_t *header = cursor_take(&at, 9);
    if (!header || !(header[8] & FLAG_INSTANCE))
        return false;
    if (header[8] & FLAG_DECORATED && (!encoded_text_skip(&at) || !encoded_text_skip(&at)))
        return false;
    return instance_read(at, class_name, property, context);
}
