#include "readers/json/json_record.h"

#include <assert.h>
#include <stdlib.h>

#define NUMBER_MAX  64
#define KEY_MAX     1024
#define ITEMS_FIRST 8

/* In glue.marks: what its keys have. */
#define GLUE_WIDE    1U
#define GLUE_CONTROL 2U

static enum status damaged(struct fault *fault, const uint8_t *at, const char *reason)
{
    return fault_set(fault, STATUS_DAMAGED, (uint64_t)(uintptr_t)at, "%s", reason);
}

static enum status cut_off(struct fault *fault, const uint8_t *at)
{
    return damaged(fault, at, "the record is cut off");
}

/* ---- numbers ---- */

static bool is_digit(uint8_t byte)
{
    return (uint8_t)(byte - '0') < 10;
}

static const uint8_t *number_end(const uint8_t *at, const uint8_t *end)
{
    while (at < end &&
           (is_digit(*at) || *at == '.' || *at == '-' || *at == '+' || (*at | 0x20) == 'e'))
        at++;
    return at;
}

/* A number whose text is needed exactly: `extra` bytes at `length` from the start of the record. */
static bool read_real(const struct json_parser *parser, struct bytes text, struct value *value)
{
    char copy[NUMBER_MAX + 1];
    char *behind;
    if (text.length > NUMBER_MAX)
        return false;
    memcpy(copy, text.data, text.length);
    copy[text.length] = '\0';
    const double real = strtod(copy, &behind);
    if (behind != copy + text.length)
        return false;
    *value = (struct value){.type = VALUE_REAL,
                            .width = 8,
                            .extra = (uint16_t)text.length,
                            .length = (uint32_t)(text.data - parser->start),
                            .real = real};
    return true;
}

/* A whole number that does not fit into 64 bits, or has noughts before it, stays text: it has to
 * stay exact. */
static bool read_whole(struct bytes text, struct value *value)
{
    const bool is_negative = text.data[0] == '-';
    const uint8_t *digits = text.data + is_negative, *end = text.data + text.length;
    uint64_t number = 0;
    bool fits = digits < end && (*digits != '0' || end - digits == 1);
    for (const uint8_t *at = digits; at < end; at++) {
        if (!is_digit(*at))
            return false;
        fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_add_overflow(number, (uint64_t)(*at - '0'), &number);
    }
    if (!fits || (is_negative && number > (uint64_t)INT64_MAX + 1))
        *value =
            (struct value){.type = VALUE_UTF8, .length = (uint32_t)text.length, .data = text.data};
    else
        *value = (struct value){.type = is_negative ? VALUE_INT : VALUE_UINT,
                                .width = 8,
                                .number = is_negative ? 0 - number : number};
    return digits < end;
}

static enum status read_number(const struct json_parser *parser, const uint8_t **at,
                               struct value *value, struct fault *fault)
{
    const uint8_t *begin = *at, *digit = begin, *end = parser->end;
    uint64_t number = 0;
    for (; digit < end && is_digit(*digit) && digit - begin < 18; digit++)
        number = number * 10 + (uint64_t)(*digit - '0');
    if (LIKELY(digit > begin && *begin != '0' && digit < end && !is_digit(*digit) &&
               *digit != '.' && (*digit | 0x20) != 'e')) {
        *value = (struct value){.type = VALUE_UINT, .width = 8, .number = number};
        *at = digit;
        return STATUS_OK;
    }
    *at = number_end(begin, end);
    const struct bytes text = bytes_of(begin, (size_t)(*at - begin));
    if (text.length == 0)
        return damaged(fault, begin, "no value where one should be");
    const bool is_real = memchr(text.data, '.', text.length) ||
                         memchr(text.data, 'e', text.length) || memchr(text.data, 'E', text.length);
    return (is_real ? read_real(parser, text, value) : read_whole(text, value))
               ? STATUS_OK
               : damaged(fault, begin, "a wrong number");
}

/* ---- values ---- */

static enum status read_word(const struct json_parser *parser, const uint8_t **at,
                             struct value *value, struct fault *fault)
{
    const size_t left = (size_t)(parser->end - *at);
    if (left >= 4 && memcmp(*at, "null", 4) == 0) {
        *value = (struct value){.type = VALUE_NULL};
        *at += 4;
    } else if (left >= 4 && memcmp(*at, "true", 4) == 0) {
        *value = (struct value){.type = VALUE_BOOL, .width = 1, .number = 1};
        *at += 4;
    } else if (left >= 5 && memcmp(*at, "false", 5) == 0) {
        *value = (struct value){.type = VALUE_BOOL, .width = 1, .number = 0};
        *at += 5;
    } else {
        return damaged(fault, *at, "no value where one should be");
    }
    return STATUS_OK;
}

ALWAYS_INLINE enum status read_string(struct json_parser *parser, const uint8_t **at,
                                      struct value *value, struct fault *fault)
{
    const uint8_t *begin = *at + 1;
    parser->marks.has_escape = false;
    const uint8_t *quote = json_string_end(begin, parser->end, &parser->marks);
    if (UNLIKELY(!quote))
        return damaged(fault, *at, "a string without an end");
    value->type = parser->marks.has_escape ? VALUE_ESCAPED : VALUE_UTF8;
    value->width = 0;
    value->extra = 0;
    value->length = (uint32_t)(quote - begin);
    value->data = begin;
    *at = quote + 1;
    return STATUS_OK;
}

ALWAYS_INLINE enum status read_scalar(struct json_parser *parser, const uint8_t **at,
                                      struct value *value, struct fault *fault)
{
    if (**at == '"')
        return read_string(parser, at, value, fault);
    if (**at == '-' || is_digit(**at))
        return read_number(parser, at, value, fault);
    return read_word(parser, at, value, fault);
}

/* What a list contains of lists and objects is kept as its text. */
static enum status read_item(struct json_parser *parser, const uint8_t **at, struct value *value,
                             struct fault *fault)
{
    if (**at != '{' && **at != '[')
        return read_scalar(parser, at, value, fault);
    const uint8_t *behind = json_container_end(*at, parser->end, &parser->marks);
    if (!behind)
        return damaged(fault, *at, "a list without an end");
    *value = (struct value){.type = VALUE_UTF8, .length = (uint32_t)(behind - *at), .data = *at};
    *at = behind;
    return STATUS_OK;
}

static const uint8_t *skip_blanks(const struct json_parser *parser, const uint8_t *at)
{
    while (at < parser->end && json_is_blank(*at) &&
           !json_is_boundary(&parser->frame, at, parser->end))
        at++;
    return at;
}

/* A place for one more item; the list moves to twice the room when it is full. */
static struct value *item_room(struct json_parser *parser, struct value **items, uint32_t count)
{
    const bool is_full = count == 0 || (count >= ITEMS_FIRST && (count & (count - 1)) == 0);
    if (is_full) {
        const size_t room = count ? count * 2UL : ITEMS_FIRST;
        struct value *larger = arena_take(&parser->decoder->record.arena, room * sizeof(**items));
        if (!larger)
            return NULL;
        if (count)
            memcpy(larger, *items, count * sizeof(**items));
        *items = larger;
    }
    return *items + count;
}

static enum status read_list(struct json_parser *parser, const uint8_t **at, struct value *list,
                             struct fault *fault)
{
    struct value *items = NULL;
    uint32_t count = 0;
    const uint8_t *next = skip_blanks(parser, *at + 1);
    while (next < parser->end && !json_is_blank(*next) && (count || *next != ']')) {
        struct value *item = item_room(parser, &items, count);
        if (!item)
            return damaged(fault, *at, "a list that is too long");
        const enum status status = read_item(parser, &next, item, fault);
        if (status != STATUS_OK)
            return status;
        count++;
        next = skip_blanks(parser, next);
        if (next == parser->end || *next != ',')
            break;
        next = skip_blanks(parser, next + 1);
    }
    if (next == parser->end || *next != ']')
        return next == parser->end || json_is_blank(*next)
                   ? cut_off(fault, next)
                   : damaged(fault, next, "no comma between two items");
    *list = (struct value){.type = VALUE_LIST, .length = count, .items = items};
    *at = next + 1;
    return STATUS_OK;
}

/* ---- glue: all between one value and the next ---- */

/* A key with escapes is known by its text without them. */
static struct path *key_path(struct json_parser *parser, const struct path *scope, struct bytes key,
                             bool is_escaped)
{
    uint8_t plain[KEY_MAX + 32];
    const struct value value = {
        .type = VALUE_ESCAPED, .length = (uint32_t)key.length, .data = key.data};
    if (is_escaped && key.length <= KEY_MAX && value_bound(&value) <= sizeof(plain))
        key = bytes_of(plain, value_write(plain, &value));
    return outline_path(&parser->decoder->record.outline, scope, key);
}

/* Reads `"key" :` and steps to what follows. */
static enum status read_key(struct json_parser *parser, const uint8_t **at,
                            const struct path *scope, struct path **path, struct fault *fault)
{
    const uint8_t *begin = *at;
    if (begin == parser->end || json_is_blank(*begin))
        return cut_off(fault, begin);
    if (*begin != '"')
        return damaged(fault, begin, "no key where one should be");
    parser->marks.has_escape = false;
    const uint8_t *quote = json_string_end(begin + 1, parser->end, &parser->marks);
    if (!quote)
        return damaged(fault, begin, "a key without an end");
    const struct bytes key = bytes_of(begin + 1, (size_t)(quote - begin) - 1);
    const uint8_t *next = skip_blanks(parser, quote + 1);
    if (next == parser->end || json_is_blank(*next))
        return cut_off(fault, next);
    if (*next != ':')
        return damaged(fault, next, "no colon behind a key");
    if (scope->depth == OUTLINE_DEPTH_MAX)
        return damaged(fault, begin, "objects too deep within each other");
    if (key.length > KEY_MAX)
        return damaged(fault, begin, "a key that is too long");
    *path = key_path(parser, scope, key, parser->marks.has_escape);
    *at = skip_blanks(parser, next + 1);
    return *path ? STATUS_OK : STATUS_MEMORY;
}

/* Closes objects and opens others until a value or the end of the record is there. */
static enum status take_glue_apart(struct json_parser *parser, struct path *from,
                                   const uint8_t **at, struct path **to, struct fault *fault)
{
    struct path *const end_path = &parser->decoder->record.outline.end;
    const struct path *scope = from->parent;
    const uint8_t *next = *at;
    bool is_open = !scope; /* just behind a bracket that opens */
    if (!scope) {
        assert(*next == '{');
        scope = from;
        next++;
    }
    for (;;) {
        next = skip_blanks(parser, next);
        if (next == parser->end || json_is_blank(*next))
            return cut_off(fault, next);
        if (*next == '}') {
            next++;
            if (!scope->parent) {
                *to = end_path;
                break;
            }
            scope = scope->parent;
            is_open = false;
            continue;
        }
        if (!is_open && *next != ',')
            return damaged(fault, next, "no comma between two members");
        if (!is_open)
            next = skip_blanks(parser, next + 1);
        const enum status status = read_key(parser, &next, scope, to, fault);
        if (status != STATUS_OK)
            return status;
        if (next == parser->end || json_is_blank(*next))
            return cut_off(fault, next);
        if (*next != '{')
            break;
        scope = *to;
        is_open = true;
        next++;
    }
    *at = next;
    return STATUS_OK;
}

/* The same, and remembers it, with what there is to say of its keys. */
static enum status read_glue(struct json_parser *parser, struct path *from, const uint8_t **at,
                             struct path **to, struct fault *fault)
{
    const uint8_t *begin = *at;
    const struct json_marks before = parser->marks;
    parser->marks = (struct json_marks){0};
    const enum status status = take_glue_apart(parser, from, at, to, fault);
    const unsigned marks =
        (parser->marks.high ? GLUE_WIDE : 0) | (parser->marks.has_control ? GLUE_CONTROL : 0);
    parser->marks = before;
    parser->glue_marks |= marks;
    if (status == STATUS_OK)
        outline_learn(&parser->decoder->record.outline, from,
                      bytes_of(begin, (size_t)(*at - begin)), *to, (uint16_t)marks);
    return status;
}

/* ---- the record ---- */

static bool is_value_start(uint8_t byte)
{
    return byte == '"' || byte == '-' || is_digit(byte) || byte == '[' || byte == 't' ||
           byte == 'f' || byte == 'n';
}

/* The next value's path. What was seen before is taken as it is, unless more of the same kind
 * follows: then it was only the beginning of this glue. */
ALWAYS_INLINE enum status next_path(struct json_parser *parser, struct path *from,
                                    const uint8_t **at, struct path **to, struct fault *fault)
{
    const struct glue *glue = outline_guess(from, *at, parser->end);
    const uint8_t *next = glue ? *at + glue->length : NULL;
    if (LIKELY(glue && (glue->to == &parser->decoder->record.outline.end ||
                        (next < parser->end && is_value_start(*next))))) {
        parser->glue_marks |= glue->marks;
        *to = glue->to;
        *at = next;
        return STATUS_OK;
    }
    return read_glue(parser, from, at, to, fault);
}

/* Strings under these keys may be an event as XML. */
static bool may_embed(const struct path *path)
{
    static const char *const keys[] = {"_raw", "event", "xml", "original"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (bytes_equal(path->key, bytes_of_text(keys[i])))
            return true;
    return false;
}

static void look_for_xml(struct json_parser *parser, const struct path *path,
                         const struct value *value)
{
    static const char begin[] = "<Event";
    if (value->length > sizeof(begin) && memcmp(value->data, begin, sizeof(begin) - 1) == 0 &&
        may_embed(path))
        parser->embedded = *value;
}

/* The record is read anew, from the XML; when that is damaged, so is the record. */
static enum status read_embedded(struct json_parser *parser, struct fault *fault)
{
    struct record *record = &parser->decoder->record;
    const struct value *value = &parser->embedded;
    uint8_t *text = arena_take_aligned(&record->arena, value_bound(value), 1);
    if (!text)
        return damaged(fault, value->data, "an event as XML that is too long");
    const uint8_t *at = text, *end = text + value_write(text, value);
    record_begin(record);
    parser->xml.closes = (struct xml_closes){0};
    return xml_record_read(&parser->xml, &at, end, fault);
}

static enum status read_object(struct json_parser *parser, const uint8_t **at, struct fault *fault)
{
    struct record *record = &parser->decoder->record;
    const uint8_t *next = *at;
    struct path *path = &record->outline.root;
    for (;;) {
        enum status status = next_path(parser, path, &next, &path, fault);
        if (UNLIKELY(status != STATUS_OK))
            return status;
        if (path == &record->outline.end)
            break;
        struct value *value = record_add(record, path);
        if (UNLIKELY(!value))
            return damaged(fault, next, "more fields than an event can have");
        status = *next == '[' ? read_list(parser, &next, value, fault)
                              : read_scalar(parser, &next, value, fault);
        if (UNLIKELY(status != STATUS_OK))
            return status;
        if (UNLIKELY(value->length && (value->type == VALUE_UTF8 || value->type == VALUE_ESCAPED) &&
                     *value->data == '<'))
            look_for_xml(parser, path, value);
    }
    *at = next;
    return STATUS_OK;
}

enum status json_record_read(void *context, const uint8_t **at, const uint8_t *end,
                             struct fault *fault)
{
    struct json_parser *parser = context;
    parser->start = *at;
    parser->end = end;
    parser->marks = (struct json_marks){0};
    parser->glue_marks = 0;
    parser->embedded.type = VALUE_ABSENT;
    const enum status status = read_object(parser, at, fault);
    parser->decoder->is_wide = parser->marks.high || parser->glue_marks & GLUE_WIDE;
    if (parser->marks.has_control || parser->glue_marks & GLUE_CONTROL)
        parser->decoder->flaw = "a record with unescaped control characters";
    return status != STATUS_OK || parser->embedded.type == VALUE_ABSENT
               ? status
               : read_embedded(parser, fault);
}
