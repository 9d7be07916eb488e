#include "readers/text/convert.h"

#include "readers/text/moment.h"

#include <stdlib.h>

#define WORD_MAX    64
#define TICK_DIGITS 7

struct bytes convert_text(struct arena *arena, struct bytes raw, const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_UTF8:
        return bytes_of(value->data, value->length);
    case VALUE_ABSENT:
    case VALUE_NULL:
    case VALUE_LIST:
        return (struct bytes){0};
    case VALUE_REAL: /* as the evidence writes it: see record_real */
        if (value->extra && value->length <= raw.length)
            return bytes_of(raw.data + value->length, value->extra);
        break;
    default:
        break;
    }
    uint8_t *room = arena_take_aligned(arena, value_bound(value), 1);
    return room ? bytes_of(room, value_write(room, value)) : (struct bytes){0};
}

static struct value value_absent(void)
{
    return (struct value){.type = VALUE_ABSENT};
}

static struct value value_text(struct bytes text)
{
    return (struct value){.type = VALUE_UTF8, .length = (uint32_t)text.length, .data = text.data};
}

/* Windows' XML may write two noughts behind the seven digits that its clock has. */
static struct value to_time(const struct conversion *conversion, const struct value *from,
                            bool is_xml)
{
    struct instant instant;
    const struct bytes text = convert_text(conversion->arena, conversion->raw, from);
    if (!moment_parse(text, &instant))
        return *from;
    if (is_xml && instant.digits > TICK_DIGITS && instant.nanos % 100 == 0)
        instant.digits = TICK_DIGITS;
    if (moment_is_plain(text, &instant))
        return *from;
    return (struct value){.type = VALUE_INSTANT,
                          .width = instant.digits,
                          .length = instant.nanos,
                          .integer = instant.seconds};
}

static bool number_of_text(struct bytes text, uint64_t *number)
{
    const size_t sign = text.length && text.data[0] == '-';
    *number = 0;
    for (size_t i = sign; i < text.length; i++)
        if (text.data[i] < '0' || text.data[i] > '9' ||
            __builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, (uint64_t)(text.data[i] - '0'), number))
            return false;
    if (sign)
        *number = 0 - *number;
    return text.length > sign;
}

static struct value to_hex(const struct conversion *conversion, const struct value *from)
{
    struct value to = {.type = VALUE_HEX, .width = 8};
    if (from->type == VALUE_INT || from->type == VALUE_UINT)
        to.number = from->number;
    else if (from->type == VALUE_REAL && from->real >= 0 && from->real < 18446744073709551616.0)
        to.number = (uint64_t)from->real;
    else if (!number_of_text(convert_text(conversion->arena, conversion->raw, from), &to.number))
        return *from;
    return to;
}

#define GUID_LENGTH 36

static bool is_bare_guid(const struct value *value)
{
    if (value->type != VALUE_UTF8 || value->length != GUID_LENGTH)
        return false;
    for (size_t i = 0; i < GUID_LENGTH; i++) {
        const uint8_t byte = value->data[i];
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? byte != '-' : !((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'F')))
            return false;
    }
    return true;
}

/* As the log has it: in braces and small letters. */
static struct value to_guid(const struct conversion *conversion, const struct value *from)
{
    uint8_t *text =
        is_bare_guid(from) ? arena_take_aligned(conversion->arena, GUID_LENGTH + 2, 1) : NULL;
    if (!text)
        return *from;
    text[0] = '{';
    for (size_t i = 0; i < GUID_LENGTH; i++)
        text[i + 1] = from->data[i] >= 'A' ? from->data[i] | 0x20 : from->data[i];
    text[GUID_LENGTH + 1] = '}';
    return value_text(bytes_of(text, GUID_LENGTH + 2));
}

static struct value to_unquoted(const struct value *from)
{
    struct value to = *from;
    if (from->type == VALUE_UTF8 && from->length >= 2 && from->data[0] == '\'' &&
        from->data[from->length - 1] == '\'') {
        to.data++;
        to.length -= 2;
    }
    return to;
}

/* ---- words ---- */

struct word_key {
    uint8_t list;
    struct bytes word;
};

static int compare_word(const void *key, const void *entry)
{
    const struct word_key *wanted = key;
    const struct naming_word *word = entry;
    return wanted->list != word->list ? (wanted->list > word->list) - (wanted->list < word->list)
                                      : bytes_compare(wanted->word, bytes_of_text(word->word));
}

static const char *word_meaning(struct bytes text, uint8_t list)
{
    uint8_t lower[WORD_MAX];
    if (text.length > sizeof(lower))
        return NULL;
    for (size_t i = 0; i < text.length; i++)
        lower[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] | 0x20 : text.data[i];
    const struct word_key key = {list, bytes_of(lower, text.length)};
    const struct naming_word *word =
        bsearch(&key, naming_words, naming_words_count, sizeof(*naming_words), compare_word);
    return word ? word->means : NULL;
}

/* Of a list the first item that is a word. */
static struct value to_meaning(const struct conversion *conversion, const struct value *from,
                               uint8_t list)
{
    const struct value *items = from->type == VALUE_LIST ? from->items : from;
    const uint32_t count = from->type == VALUE_LIST ? from->length : 1;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number;
        const struct bytes text = convert_text(conversion->arena, conversion->raw, &items[i]);
        const char *meaning = word_meaning(text, list);
        if (meaning)
            return value_text(bytes_of_text(meaning));
        if (number_of_text(text, &number))
            return items[i];
    }
    return value_absent();
}

static struct value to_word(const struct conversion *conversion, const struct value *from,
                            const struct step *step)
{
    const struct value meaning = to_meaning(conversion, from, step->list);
    const bool is_known = meaning.type != VALUE_ABSENT;
    if (step->how == NAMING_NOT_WORDS)
        return is_known ? value_absent() : *from;
    return is_known || step->how == NAMING_WORDS ? meaning : *from;
}

/* ---- several values ---- */

static struct value to_list(const struct conversion *conversion, const struct step *step)
{
    size_t count = 0;
    for (uint16_t i = 0; i < step->parts_count; i++) {
        const struct value *value = &conversion->values[step->parts[i].source];
        count += value->type == VALUE_LIST ? value->length : 1;
    }
    struct value *items = arena_take(conversion->arena, count * sizeof(*items) + 1);
    if (!items)
        return value_absent();
    count = 0;
    for (uint16_t i = 0; i < step->parts_count; i++) {
        const struct value *value = &conversion->values[step->parts[i].source];
        const size_t more = value->type == VALUE_LIST ? value->length : 1;
        if (more)
            memcpy(items + count, value->type == VALUE_LIST ? value->items : value,
                   more * sizeof(*items));
        count += more;
    }
    return (struct value){.type = VALUE_LIST, .length = (uint32_t)count, .items = items};
}

static struct value to_joined(const struct conversion *conversion, const struct step *step)
{
    struct bytes texts[PARTS_MAX];
    size_t length = 0;
    for (uint16_t i = 0; i < step->parts_count; i++) {
        texts[i] = convert_text(conversion->arena, conversion->raw,
                                &conversion->values[step->parts[i].source]);
        length += strlen(step->parts[i].text) + texts[i].length;
    }
    uint8_t *text = arena_take_aligned(conversion->arena, length + 1, 1);
    if (!text)
        return value_absent();
    size_t at = 0;
    for (uint16_t i = 0; i < step->parts_count; i++) {
        const char *before = step->parts[i].text + (i == 0);
        memcpy(text + at, before, strlen(before));
        at += strlen(before);
        if (texts[i].length)
            memcpy(text + at, texts[i].data, texts[i].length);
        at += texts[i].length;
    }
    return value_text(bytes_of(text, at));
}

/* ---- a step ---- */

static bool is_where(const struct conversion *conversion, uint8_t number)
{
    if (!number)
        return true;
    const struct naming_where *where = &naming_wheres[number];
    const bool is_channel = where->provider[0] == '@';
    if (!bytes_equal(is_channel ? conversion->channel : conversion->provider,
                     bytes_of_text(where->provider + is_channel)))
        return false;
    for (size_t i = 0; i < NAMING_IDS_MAX && where->ids[i]; i++)
        if (where->ids[i] == conversion->event_id)
            return true;
    return where->ids[0] == 0;
}

static struct value run(const struct conversion *conversion, const struct step *step)
{
    const struct value *from = &conversion->values[step->source];
    switch ((enum naming_how)step->how) {
    case NAMING_ITEM:
        return from->type == VALUE_LIST && from->length == 1 ? from->items[0] : *from;
    case NAMING_FILLED:
        return from->type == VALUE_NULL || (from->type == VALUE_UTF8 && from->length == 0)
                   ? value_absent()
                   : *from;
    case NAMING_TIME:
    case NAMING_XML_TIME:
        return to_time(conversion, from, step->how == NAMING_XML_TIME);
    case NAMING_HEX:
        return to_hex(conversion, from);
    case NAMING_GUID:
        return to_guid(conversion, from);
    case NAMING_QUOTED:
        return to_unquoted(from);
    case NAMING_WORDS:
    case NAMING_WORDS_OR:
    case NAMING_NOT_WORDS:
        return to_word(conversion, from, step);
    case NAMING_CONST:
        return value_text(bytes_of_text(step->text));
    case NAMING_JOIN:
        return to_joined(conversion, step);
    case NAMING_DATA:
        return to_list(conversion, step);
    default:
        return *from;
    }
}

void convert(const struct conversion *conversion, const struct step *step, struct value *to)
{
    while (step && !is_where(conversion, step->where))
        step = step->next;
    *to = step ? run(conversion, step) : value_absent();
}
