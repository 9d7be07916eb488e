#include "readers/xml/xml_record.h"

#include <assert.h>

/* What is remembered of a path in path.kind. */
#define KIND_DATA       1U /* it was a <Data Name='key'> */
#define KIND_ELEMENT    2U /* it was a <key> */
#define KIND_SYSTEM     4U /* it stands below System, where numbers are numbers */

#define NAME_MAX_LENGTH 1024

enum place {
    PLACE_ATTRIBUTE, /* behind the quote */
    PLACE_TEXT,      /* behind the > of its element */
    PLACE_NOTHING,   /* before the /> of an element that is closed at once, <Data Name='X'/> */
};

static bool is_attribute(const struct path *path)
{
    return path->key.length && path->key.data[0] == '@';
}

static enum place place_of(const struct path *path, const uint8_t *at)
{
    if (is_attribute(path))
        return PLACE_ATTRIBUTE;
    return at[-1] == '>' ? PLACE_TEXT : PLACE_NOTHING;
}

static enum status damaged(struct fault *fault, const char *reason)
{
    return fault_set(fault, STATUS_DAMAGED, 0, "%s", reason);
}

static enum status cut_off(struct fault *fault)
{
    return damaged(fault, "the event is cut off");
}

bool xml_is_event(const uint8_t *at, const uint8_t *end)
{
    static const char tag[] = "<Event";
    const size_t length = sizeof(tag) - 1;
    return (size_t)(end - at) > length && memcmp(at, tag, length) == 0 &&
           (xml_is_blank(at[length]) || at[length] == '>');
}

/* ---- values ---- */

static void set_text(struct value *value, struct bytes text)
{
    *value = (struct value){.type = VALUE_UTF8, .length = (uint32_t)text.length, .data = text.data};
}

/* Where a text ends that has sections or comments in it; NULL with `fault` when it does not. */
static const uint8_t *text_end(struct xml_parser *parser, const uint8_t *at, struct fault *fault)
{
    const uint8_t *end = parser->end;
    struct bytes inside;
    for (;;) {
        const uint8_t *mark = memchr(at, '<', (size_t)(end - at));
        if (!mark || end - mark < 2) {
            (void)cut_off(fault);
            return NULL;
        }
        if (mark[1] == '/')
            return mark;
        at = xml_section_end(&parser->closes, mark, end, &inside);
        if (!at) {
            (void)(mark[1] == '!' || mark[1] == '?' ? cut_off(fault)
                                                    : damaged(fault, "an element within a text"));
            return NULL;
        }
    }
}

/* A text with references, sections or comments in it, put together from its parts. */
static enum status read_parts(struct xml_parser *parser, const uint8_t **at, struct value *value,
                              struct fault *fault)
{
    const uint8_t *next = *at, *end = text_end(parser, next, fault);
    if (!end)
        return STATUS_DAMAGED;
    struct arena *arena = &parser->decoder->record.arena;
    uint8_t *text = arena_take_aligned(arena, (size_t)(end - next) + 1, 1);
    if (!text)
        return damaged(fault, "a text that is too long");
    size_t length = 0;
    while (next < end) {
        struct bytes inside = {0};
        const uint8_t *mark = memchr(next, '<', (size_t)(end - next));
        const uint8_t *part_end = mark ? mark : end;
        length += xml_text_decode(text + length, bytes_of(next, (size_t)(part_end - next)));
        next = mark ? xml_section_end(&parser->closes, mark, parser->end, &inside) : end;
        if (inside.length)
            memcpy(text + length, inside.data, inside.length);
        length += inside.length;
    }
    arena->at = text + length;
    set_text(value, bytes_of(text, length));
    *at = end;
    return STATUS_OK;
}

static enum status read_text(struct xml_parser *parser, const uint8_t **at, struct value *value,
                             struct fault *fault)
{
    unsigned high = 0;
    const uint8_t *stop = xml_run(*at, parser->end, '<', &high);
    parser->decoder->is_wide |= high != 0;
    if (stop == parser->end)
        return cut_off(fault);
    if (UNLIKELY(*stop == '&' || stop + 1 == parser->end || stop[1] != '/')) {
        parser->decoder->is_wide = true;
        return read_parts(parser, at, value, fault);
    }
    set_text(value, bytes_of(*at, (size_t)(stop - *at)));
    *at = stop;
    return STATUS_OK;
}

static enum status read_attribute(struct xml_parser *parser, const uint8_t **at,
                                  struct value *value, struct fault *fault)
{
    unsigned high = 0;
    const uint8_t quote = (*at)[-1];
    const uint8_t *stop = xml_run(*at, parser->end, quote, &high);
    const bool is_plain = stop < parser->end && *stop == quote;
    if (!is_plain) {
        stop = memchr(stop, quote, (size_t)(parser->end - stop));
        high = 1;
    }
    if (!stop)
        return cut_off(fault);
    struct bytes text = bytes_of(*at, (size_t)(stop - *at));
    if (!is_plain) {
        uint8_t *decoded = arena_take_aligned(&parser->decoder->record.arena, text.length + 1, 1);
        if (!decoded)
            return damaged(fault, "an attribute that is too long");
        text = bytes_of(decoded, xml_text_decode(decoded, text));
    }
    parser->decoder->is_wide |= high != 0;
    set_text(value, text);
    *at = stop;
    return STATUS_OK;
}

/* Numbers of System are numbers, as they are in the log itself. */
static void set_number(struct value *value)
{
    uint64_t number = 0;
    if (value->type != VALUE_UTF8 || value->length == 0 || value->length > 18 ||
        (value->data[0] == '0' && value->length > 1))
        return;
    for (uint32_t i = 0; i < value->length; i++) {
        if (value->data[i] < '0' || value->data[i] > '9')
            return;
        number = number * 10 + (uint64_t)(value->data[i] - '0');
    }
    *value = (struct value){.type = VALUE_UINT, .width = 8, .number = number};
}

static enum status read_value(struct xml_parser *parser, const struct path *path,
                              const uint8_t **at, struct value *value, struct fault *fault)
{
    enum status status = STATUS_OK;
    switch (place_of(path, *at)) {
    case PLACE_ATTRIBUTE:
        status = read_attribute(parser, at, value, fault);
        break;
    case PLACE_TEXT:
        status = read_text(parser, at, value, fault);
        break;
    case PLACE_NOTHING:
        *value = (struct value){.type = VALUE_NULL};
        break;
    }
    if (path->kind & KIND_SYSTEM && status == STATUS_OK)
        set_number(value);
    return status;
}

/* ---- glue: all between one value and the next ---- */

struct lexer {
    struct xml_parser *parser;
    const uint8_t *at;
    struct path *element; /* that is open */
    bool has_attributes;
};

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
    while (at < end && xml_is_blank(*at))
        at++;
    return at;
}

static bool is_name(uint8_t byte)
{
    return !xml_is_blank(byte) && byte != '>' && byte != '/' && byte != '=' && byte != '<';
}

static struct bytes read_name(struct lexer *lexer)
{
    const uint8_t *begin = lexer->at, *end = lexer->parser->end;
    uint8_t bits = 0;
    for (; lexer->at < end && is_name(*lexer->at); lexer->at++)
        bits |= *lexer->at;
    lexer->parser->decoder->is_wide |= bits >= 0x80;
    return bytes_of(begin, (size_t)(lexer->at - begin));
}

static enum status child(struct lexer *lexer, const struct path *parent, struct bytes key,
                         struct path **path, struct fault *fault)
{
    if (parent->depth == OUTLINE_DEPTH_MAX)
        return damaged(fault, "elements too deep within each other");
    *path = outline_path(&lexer->parser->decoder->record.outline, parent, key);
    if (!*path)
        return STATUS_MEMORY;
    (*path)->kind |= parent->kind;
    if (parent->depth == 1 && bytes_equal(key, bytes_of_text("System")))
        (*path)->kind |= KIND_SYSTEM;
    return STATUS_OK;
}

/* Only in UserData an element may be called so; elsewhere the event that is open has lost its end.
 */
static bool may_hold_event(const struct path *element)
{
    if (!element->depth)
        return true;
    while (element->depth > 2)
        element = element->parent;
    return bytes_equal(element->key, bytes_of_text("UserData"));
}

/* `<name`, up to its attributes. */
static enum status open_element(struct lexer *lexer, struct fault *fault)
{
    lexer->at++;
    const struct bytes name = read_name(lexer);
    if (name.length == 0 || name.length > NAME_MAX_LENGTH || name.data[0] == '@')
        return damaged(fault, "an element without a name");
    if (bytes_equal(name, bytes_of_text("Event")) && !may_hold_event(lexer->element))
        return damaged(fault, "an event within an event");
    lexer->has_attributes = false;
    return child(lexer, lexer->element, name, &lexer->element, fault);
}

/* `</name>`. */
static enum status close_element(struct lexer *lexer, struct fault *fault)
{
    lexer->at += 2;
    const struct bytes name = read_name(lexer);
    const struct bytes key = lexer->element->key;
    const bool is_own = bytes_equal(name, key.data[0] == '=' ? bytes_of_text("Data") : key);
    lexer->at = skip_blanks(lexer->at, lexer->parser->end);
    if (lexer->at == lexer->parser->end)
        return cut_off(fault);
    if (!is_own || *lexer->at != '>')
        return damaged(fault, "an element that is closed by another's name");
    lexer->at++;
    return STATUS_OK;
}

/* `mark` and the name, as a key. */
static enum status marked_child(struct lexer *lexer, const struct path *parent, char mark,
                                struct bytes name, struct path **path, struct fault *fault)
{
    uint8_t key[NAME_MAX_LENGTH + 1];
    if (name.length > NAME_MAX_LENGTH)
        return damaged(fault, "a name that is too long");
    key[0] = (uint8_t)mark;
    memcpy(key + 1, name.data, name.length);
    return child(lexer, parent, bytes_of(key, name.length + 1), path, fault);
}

/* `Name='…'` of a <Data>: its key from here on, when it is not empty. */
static enum status name_data(struct lexer *lexer, struct fault *fault)
{
    struct value value;
    const enum status status = read_attribute(lexer->parser, &lexer->at, &value, fault);
    if (status != STATUS_OK)
        return status;
    lexer->at++;
    return value.length ? marked_child(lexer, lexer->element->parent, '=',
                                       bytes_of(value.data, value.length), &lexer->element, fault)
                        : STATUS_OK;
}

static bool is_namespace(struct bytes name)
{
    return name.length >= 5 && memcmp(name.data, "xmlns", 5) == 0 &&
           (name.length == 5 || name.data[5] == ':');
}

/* `name='`, up to the value; namespaces are passed over as a whole. */
static enum status open_attribute(struct lexer *lexer, struct path **to, struct fault *fault)
{
    const uint8_t *end = lexer->parser->end;
    const struct bytes name = read_name(lexer);
    if (lexer->at == end || end - lexer->at < 2)
        return cut_off(fault);
    if (name.length == 0 || name.length > NAME_MAX_LENGTH || lexer->at[0] != '=' ||
        (lexer->at[1] != '\'' && lexer->at[1] != '"'))
        return damaged(fault, "a wrong attribute");
    const uint8_t quote = lexer->at[1];
    lexer->at += 2;
    if (bytes_equal(name, bytes_of_text("Name")) &&
        bytes_equal(lexer->element->key, bytes_of_text("Data")))
        return name_data(lexer, fault);
    if (!is_namespace(name)) {
        lexer->has_attributes = true;
        return marked_child(lexer, lexer->element, '@', name, to, fault);
    }
    const uint8_t *close = memchr(lexer->at, quote, (size_t)(end - lexer->at));
    if (!close)
        return cut_off(fault);
    lexer->at = close + 1;
    return STATUS_OK;
}

/* Behind > of an element: whether its text is a value, or only blanks before other elements. */
static bool has_text(const struct lexer *lexer)
{
    const uint8_t *end = lexer->parser->end, *at = skip_blanks(lexer->at, end);
    if (end - at < 2 || *at != '<')
        return true;
    if (at[1] == '/')
        return at != lexer->at || !lexer->has_attributes;
    return at[1] == '!' && end - at > 2 && at[2] == '[';
}

/* Within a start tag: the next attribute's value, or the element's text. *to is set for a value;
 * *is_in is false when the tag is over. */
static enum status read_tag(struct lexer *lexer, bool *is_in, struct path **to, struct fault *fault)
{
    const uint8_t *end = lexer->parser->end;
    lexer->at = skip_blanks(lexer->at, end);
    if (end - lexer->at < 2)
        return cut_off(fault);
    *is_in = true;
    if (*lexer->at == '>') {
        lexer->at++;
        *is_in = false;
        if (has_text(lexer))
            *to = lexer->element;
    } else if (*lexer->at == '/' && lexer->at[1] == '>') {
        if (!lexer->has_attributes) {
            *to = lexer->element;
            return STATUS_OK;
        }
        lexer->at += 2;
        *is_in = false;
        lexer->element = (struct path *)(uintptr_t)lexer->element->parent;
    } else {
        return open_attribute(lexer, to, fault);
    }
    return STATUS_OK;
}

/* Between elements: the next start or end tag. */
static enum status read_content(struct lexer *lexer, bool *is_in, struct fault *fault)
{
    const uint8_t *end = lexer->parser->end;
    lexer->at = skip_blanks(lexer->at, end);
    if (end - lexer->at < 2)
        return cut_off(fault);
    if (*lexer->at != '<')
        return damaged(fault, "text between elements");
    if (lexer->at[1] == '/') {
        const enum status status = close_element(lexer, fault);
        if (status == STATUS_OK)
            lexer->element = (struct path *)(uintptr_t)lexer->element->parent;
        return status;
    }
    if (lexer->at[1] == '!' || lexer->at[1] == '?') {
        struct bytes inside;
        lexer->at = xml_section_end(&lexer->parser->closes, lexer->at, end, &inside);
        return lexer->at ? STATUS_OK : cut_off(fault);
    }
    *is_in = true;
    return open_element(lexer, fault);
}

/* Where the text behind a value goes on. */
static bool lexer_begin(struct lexer *lexer, struct path *from)
{
    if (!from->depth) {
        lexer->element = from;
        return false;
    }
    if (is_attribute(from)) {
        lexer->element = (struct path *)(uintptr_t)from->parent;
        lexer->has_attributes = true;
        lexer->at++;
        return true;
    }
    lexer->element = from;
    if (*lexer->at == '/') { /* closed at once: its nothing was the value */
        lexer->element = (struct path *)(uintptr_t)from->parent;
        lexer->at += 2;
    }
    return false;
}

static enum status read_glue(struct xml_parser *parser, struct path *from, const uint8_t **at,
                             struct path **to, struct fault *fault)
{
    struct outline *outline = &parser->decoder->record.outline;
    struct lexer lexer = {.parser = parser, .at = *at};
    bool is_in = lexer_begin(&lexer, from);
    const bool was_wide = parser->decoder->is_wide;
    parser->decoder->is_wide = false;
    /* An <Event/> is over already. */
    *to = from->depth && !lexer.element->depth ? &outline->end : NULL;
    while (!*to) {
        const enum status status =
            is_in ? read_tag(&lexer, &is_in, to, fault) : read_content(&lexer, &is_in, fault);
        if (status != STATUS_OK)
            return status;
        if (!lexer.element->depth)
            *to = &outline->end;
    }
    outline_learn(outline, from, bytes_of(*at, (size_t)(lexer.at - *at)), *to,
                  parser->decoder->is_wide);
    parser->decoder->is_wide |= was_wide;
    *at = lexer.at;
    return STATUS_OK;
}

/* ---- the record ---- */

/* Whether what was seen before fits here too: an element's text has to be one, not the blanks
 * before other elements; nothing is no text of an element that has attributes. */
static bool fits(const struct xml_parser *parser, const struct path *from, const struct path *to,
                 const uint8_t *at)
{
    if (to == &parser->decoder->record.outline.end)
        return true;
    switch (place_of(to, at)) {
    case PLACE_ATTRIBUTE:
        return true;
    case PLACE_NOTHING:
        return parser->end - at >= 2 && at[0] == '/' && at[1] == '>';
    default:
        break;
    }
    const uint8_t *next = skip_blanks(at, parser->end);
    if (parser->end - next < 2 || *next != '<')
        return true;
    return next[1] == '/' && (next != at || from->parent != to);
}

enum status xml_record_read(void *context, const uint8_t **at, const uint8_t *end,
                            struct fault *fault)
{
    struct xml_parser *parser = context;
    struct record *record = &parser->decoder->record;
    const uint8_t *next = *at;
    struct path *path = &record->outline.root;
    parser->end = end;
    if (!xml_is_event(next, end))
        return damaged(fault, "no <Event> where one should be");
    for (;;) {
        enum status status = STATUS_OK;
        struct path *to;
        const struct glue *glue = outline_guess(path, next, end);
        if (LIKELY(glue && fits(parser, path, glue->to, next + glue->length))) {
            to = glue->to;
            next += glue->length;
            parser->decoder->is_wide |= glue->marks != 0;
        } else {
            status = read_glue(parser, path, &next, &to, fault);
        }
        if (status != STATUS_OK)
            return status;
        if (to == &record->outline.end)
            break;
        struct value *value = record_add(record, to);
        if (!value)
            return damaged(fault, "more fields than an event can have");
        status = read_value(parser, to, &next, value, fault);
        if (status != STATUS_OK)
            return status;
        path = to;
    }
    *at = next;
    return STATUS_OK;
}
