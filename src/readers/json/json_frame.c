#include "readers/json/json_frame.h"

#include "readers/json/json_scan.h"

#define KEY_MAX     64
#define INDENT_MAX  255
#define STREAM_STEP (4U << 20) /* a stream without an end of a record in so much is out of step */

static const uint8_t *line_end(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *feed = memchr(at, '\n', (size_t)(end - at));
    return feed ? feed : end;
}

/* `Record 12` up to the end of its line, or NULL. */
static const uint8_t *counter_end(const uint8_t *at, const uint8_t *end)
{
    static const char word[] = "Record ";
    if ((size_t)(end - at) < sizeof(word) || memcmp(at, word, sizeof(word) - 1) != 0)
        return NULL;
    at += sizeof(word) - 1;
    const uint8_t *digits = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    if (at == digits || (at < end && *at != '\n' && *at != '\r'))
        return NULL;
    return at;
}

const uint8_t *json_between(const uint8_t *at, const uint8_t *end)
{
    while (at < end) {
        if (json_is_blank(*at) || *at == ',' || *at == '[' || *at == ']') {
            at++;
        } else {
            const uint8_t *behind = *at == 'R' ? counter_end(at, end) : NULL;
            if (!behind)
                return at;
            at = behind;
        }
    }
    return at;
}

/* ---- boundaries ---- */

bool json_is_boundary(const struct json_frame *frame, const uint8_t *at, const uint8_t *end)
{
    if (frame->framing == JSON_STREAM || *at != '\n')
        return false;
    at++;
    if ((size_t)(end - at) <= frame->indent)
        return false;
    for (unsigned i = 0; i < frame->indent; i++)
        if (at[i] != ' ' && at[i] != '\t')
            return false;
    at += frame->indent;
    if (*at == ',')
        for (at++; at < end && (*at == ' ' || *at == '\t');)
            at++;
    return at < end && *at == '{';
}

static const uint8_t *resume_stream(const struct json_frame *frame, const uint8_t *at,
                                    const uint8_t *end)
{
    if (frame->key.length == 0)
        return NULL;
    while (at < end) {
        const uint8_t *found = memmem(at, (size_t)(end - at), frame->key.data, frame->key.length);
        if (!found)
            return NULL;
        const uint8_t *before = found;
        while (before > at && json_is_blank(before[-1]))
            before--;
        if (before > at && (before[-1] == ',' || before[-1] == '}' || before[-1] == '['))
            return found;
        at = found + 1;
    }
    return NULL;
}

const uint8_t *json_resume(const struct json_frame *frame, const uint8_t *at, const uint8_t *end)
{
    if (frame->framing == JSON_STREAM)
        return resume_stream(frame, at, end);
    while (at < end && (at = line_end(at, end)) < end) {
        if (frame->framing == JSON_LINES || json_is_boundary(frame, at, end))
            return at + 1;
        at++;
    }
    return NULL;
}

/* ---- cutting ---- */

/* The last line that begins a record, at least one byte in. */
static size_t cut_at_line(const struct json_frame *frame, struct bytes text)
{
    size_t left = text.length;
    size_t last_feed = 0;
    while (left) {
        const uint8_t *feed = memrchr(text.data, '\n', left);
        if (!feed)
            break;
        left = (size_t)(feed - text.data);
        if (json_is_boundary(frame, feed, text.data + text.length))
            return left + 1;
        if (!last_feed && left + 1 < text.length)
            last_feed = left + 1;
    }
    return frame->framing == JSON_LINES ? last_feed : 0;
}

static size_t cut_behind_record(const struct json_frame *frame, struct bytes text)
{
    const uint8_t *at = text.data, *end = at + text.length;
    size_t cut = 0;
    for (;;) {
        struct json_marks marks = {0};
        at = json_between(at, end);
        if (at == end || *at != '{')
            break;
        at = json_container_end(at, end, &marks);
        if (!at)
            break;
        cut = (size_t)(at - text.data);
    }
    if (cut || text.length < STREAM_STEP)
        return cut;
    const uint8_t *next = text.data + 1;
    while ((next = json_resume(frame, next, end)))
        cut = (size_t)(next++ - text.data);
    return cut;
}

size_t json_cut(const struct json_frame *frame, struct bytes text)
{
    return frame->framing == JSON_STREAM ? cut_behind_record(frame, text)
                                         : cut_at_line(frame, text);
}

/* ---- telling ---- */

struct bytes json_first_key(const uint8_t *at, const uint8_t *end)
{
    struct json_marks marks = {0};
    const uint8_t *quote = at;
    if (at == end || *at != '{')
        return (struct bytes){0};
    for (quote++; quote < end && json_is_blank(*quote);)
        quote++;
    if (quote == end || *quote != '"')
        return (struct bytes){0};
    const uint8_t *close = json_string_end(quote + 1, end, &marks);
    return close && close - at < KEY_MAX ? bytes_of(at, (size_t)(close - at) + 1)
                                         : (struct bytes){0};
}

/* How far a record is indented whose line begins in `text`; false when something stands before it,
 * but for a comma. */
static bool indent_of(const uint8_t *record, const uint8_t *text, unsigned *indent)
{
    const uint8_t *at = record;
    while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    if (at > text && at[-1] == ',') {
        record = --at;
        while (at > text && (at[-1] == ' ' || at[-1] == '\t'))
            at--;
    }
    *indent = (unsigned)(record - at);
    return (at == text || at[-1] == '\n') && record - at <= INDENT_MAX;
}

static bool has_boundary(const struct json_frame *frame, const uint8_t *at, const uint8_t *end)
{
    while (at < end && (at = line_end(at, end)) < end) {
        if (json_is_boundary(frame, at, end))
            return true;
        at++;
    }
    return false;
}

/* With the first record's end known, the second's place tells; else the first's own. */
static struct json_frame frame_of_second(const uint8_t *text, const uint8_t *first,
                                         const uint8_t *behind, const uint8_t *end, bool is_all)
{
    struct json_frame frame = {.framing = JSON_BLOCKS};
    const uint8_t *second = json_between(behind, end);
    const bool is_alone = second == end || *second != '{';
    if (!indent_of(is_alone ? first : second, text, &frame.indent) ||
        has_boundary(&frame, first, behind))
        return (struct json_frame){.framing = is_alone && is_all ? JSON_LINES : JSON_STREAM};
    if (!memchr(first, '\n', (size_t)(behind - first)) && frame.indent == 0)
        frame.framing = JSON_LINES;
    return frame;
}

struct json_frame json_frame_of(struct bytes text, bool is_all)
{
    const uint8_t *end = text.data + text.length;
    const uint8_t *first = json_between(text.data, end);
    struct json_marks marks = {0};
    const uint8_t *behind =
        first < end && *first == '{' ? json_container_end(first, end, &marks) : NULL;
    if (behind)
        return frame_of_second(text.data, first, behind, end, is_all);
    /* The first record is damaged or very long: lines, unless its line is too. */
    struct json_frame frame = {.framing = JSON_BLOCKS};
    const uint8_t *feed = line_end(first, end);
    if (feed == end && !is_all)
        frame.framing = JSON_STREAM;
    else if (first == end || *first != '{' || feed - first > 2)
        frame.framing = JSON_LINES;
    else if (!indent_of(first, text.data, &frame.indent))
        frame.framing = JSON_STREAM;
    return frame;
}

uint32_t json_frame_number(const struct json_frame *frame)
{
    return (uint32_t)frame->framing | (uint32_t)frame->has_envelope << 2 | frame->indent << 3;
}

struct json_frame json_frame_of_number(uint32_t number)
{
    return (struct json_frame){.framing = (enum json_framing)(number & 3),
                               .has_envelope = number >> 2 & 1,
                               .indent = number >> 3 & INDENT_MAX};
}
