#include "readers/evtx/binxml_outline.h"

#include "base/utf.h"
#include "readers/evtx/binxml_token.h"
#include "readers/evtx/binxml_value.h"

struct outliner {
    struct binxml_outline *to;
    struct binxml_names *names;
    const struct binxml_chunk *chunk;
    struct cursor at; /* its offsets are offsets in the chunk */
    bool in_name;     /* in an attribute Name */
};

static bool word_add(struct outliner *outliner, uint32_t word)
{
    struct binxml_outline *to = outliner->to;
    if (to->word_count == BINXML_OUTLINE_WORDS)
        return false;
    to->words[to->word_count++] = word;
    return true;
}

/* A name by its offset; the entry may follow right here. */
static bool name_add(struct outliner *outliner, name_id *id)
{
    const size_t start = (size_t)cursor_offset(&outliner->at);
    const uint8_t *field = cursor_take(&outliner->at, 4);
    const uint32_t offset = field ? load_le32(field) : 0;
    struct bytes raw;
    if (LIKELY(field && offset != start + 4 && binxml_name_is_known(outliner->names, offset, id)))
        return word_add(outliner, *id);
    if (!field || !binxml_name_at(outliner->chunk, offset, &raw) ||
        (offset == start + 4 && !cursor_take(&outliner->at, BINXML_NAME_HEADER + raw.length)))
        return false;
    return binxml_name_find(outliner->names, outliner->chunk, offset, raw, id, NULL) == STATUS_OK &&
           word_add(outliner, *id);
}

static bool name_text_add(struct outliner *outliner, struct bytes text)
{
    struct binxml_outline *to = outliner->to;
    const size_t words = (text.length + 3) / 4;
    if (!word_add(outliner, (uint32_t)text.length) || words > BINXML_OUTLINE_WORDS - to->word_count)
        return false;
    if (words) {
        to->words[to->word_count + words - 1] = 0;
        memcpy(to->words + to->word_count, text.data, text.length);
    }
    to->word_count += (uint32_t)words;
    return true;
}

/* Text with its count of units in front, ending at its first NUL. */
static bool text_add(struct outliner *outliner)
{
    struct binxml_outline *to = outliner->to;
    const uint8_t *field = cursor_take(&outliner->at, 2);
    const uint8_t *text = field ? cursor_take(&outliner->at, (size_t)load_le16(field) * 2) : NULL;
    if (!text)
        return false;
    const struct bytes units = bytes_of(text, utf16_length(text, load_le16(field)) * 2);
    if (outliner->in_name)
        return name_text_add(outliner, units);
    if (to->value_count == BINXML_OUTLINE_VALUES)
        return false;
    to->values[to->value_count++] =
        (struct value){.type = VALUE_UTF16, .length = (uint32_t)units.length, .data = units.data};
    return true;
}

static bool element_open(struct outliner *outliner, bool has_attributes)
{
    name_id name;
    return cursor_take(&outliner->at, 4) && name_add(outliner, &name) &&
           (!has_attributes || cursor_take(&outliner->at, 4));
}

static bool attribute_open(struct outliner *outliner)
{
    name_id name;
    if (!name_add(outliner, &name))
        return false;
    outliner->in_name = name == outliner->names->name;
    return true;
}

static bool entity_add(struct outliner *outliner)
{
    name_id name;
    return name_add(outliner, &name);
}

static bool value_add(struct outliner *outliner)
{
    const uint8_t *type = cursor_take(&outliner->at, 1);
    return type && *type == BINXML_STRING && text_add(outliner);
}

static bool character_add(struct outliner *outliner)
{
    const uint8_t *field = cursor_take(&outliner->at, 2);
    return field && word_add(outliner, load_le16(field));
}

static bool token_add(struct outliner *outliner, uint8_t token)
{
    const uint8_t kind = token & (uint8_t)~TOKEN_MORE;
    if (kind == TOKEN_FRAGMENT)
        return cursor_take(&outliner->at, 3);
    if (!word_add(outliner, kind))
        return false;
    switch (kind) {
    case TOKEN_OPEN_START:
        return element_open(outliner, token & TOKEN_MORE);
    case TOKEN_CLOSE_START:
    case TOKEN_CLOSE_EMPTY:
        outliner->in_name = false;
        return true;
    case TOKEN_END_ELEMENT:
        return true;
    case TOKEN_ATTRIBUTE:
        return attribute_open(outliner);
    case TOKEN_ENTITY:
        return entity_add(outliner);
    case TOKEN_VALUE:
        return value_add(outliner);
    case TOKEN_CDATA:
        return text_add(outliner);
    case TOKEN_CHARACTER:
        return character_add(outliner);
    default:
        return false;
    }
}

bool binxml_outline_read(struct binxml_outline *outline, struct binxml_names *names,
                         const struct binxml_chunk *chunk, struct cursor stream)
{
    struct outliner outliner = {.to = outline, .names = names, .chunk = chunk, .at = stream};
    outline->word_count = outline->value_count = 0;
    const uint8_t *token;
    while ((token = cursor_take(&outliner.at, 1)) && *token != TOKEN_END)
        if (!token_add(&outliner, *token))
            return false;
    outline->length = (uint32_t)(cursor_offset(&outliner.at) - cursor_offset(&stream));
    return true;
}
