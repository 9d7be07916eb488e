#include "readers/evtx/binxml_name.h"

#include "base/utf.h"

#define NAME_UNITS_MAX 256U

bool binxml_name_at(const struct binxml_chunk *chunk, size_t offset, struct bytes *raw)
{
    if (offset > chunk->length || chunk->length - offset < BINXML_NAME_HEADER)
        return false;
    const size_t length = (size_t)load_le16(chunk->data + offset + 6) * 2;
    if (chunk->length - offset - BINXML_NAME_HEADER < length)
        return false;
    *raw = bytes_of(chunk->data + offset + 6, length + 2);
    return true;
}

enum status binxml_name_find(struct binxml_names *names, const struct binxml_chunk *chunk,
                             uint32_t offset, struct bytes raw, name_id *id, struct fault *fault)
{
    if (binxml_name_is_known(names, offset, id))
        return STATUS_OK;
    uint8_t text[UTF8_BOUND(NAME_UNITS_MAX)];
    const size_t units = raw.length / 2 - 1;
    if (units > NAME_UNITS_MAX)
        return fault_set(fault, STATUS_DAMAGED, chunk->offset + offset,
                         "BinXML: a name of more than %u characters", NAME_UNITS_MAX);
    const size_t length = utf8_from_utf16(text, raw.data + 2, utf16_length(raw.data + 2, units));
    *id = names_intern(names->table, bytes_of(text, length));
    if (!*id)
        return fault_set(fault, STATUS_REFUSED, chunk->offset + offset, "too many different names");
    *binxml_name_slot(names, offset) = (struct binxml_name_slot){names->generation, offset, *id};
    return STATUS_OK;
}
