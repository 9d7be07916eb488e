#include "readers/capture/http/head.h"

#include <strings.h>

#define METHOD_MAX 24U

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct bytes trim(struct bytes text)
{
    while (text.length && is_blank(text.data[0]))
        text = bytes_of(text.data + 1, text.length - 1);
    while (text.length && is_blank(text.data[text.length - 1]))
        text.length--;
    return text;
}

size_t head_length(struct bytes bytes, size_t *scanned)
{
    size_t at = *scanned;
    while (at < bytes.length) {
        const uint8_t *end = memchr(bytes.data + at, '\n', bytes.length - at);
        if (!end)
            break;
        at = (size_t)(end - bytes.data) + 1;
        if (bytes.length - at >= 1 && end[1] == '\n')
            return at + 1;
        if (bytes.length - at >= 2 && end[1] == '\r' && end[2] == '\n')
            return at + 2;
    }
    /* The last line end may be the first half of what is looked for. */
    *scanned = bytes.length > 3 ? bytes.length - 3 : 0;
    return 0;
}

bool head_line(struct bytes *rest, struct bytes *line)
{
    if (!rest->length)
        return false;
    const uint8_t *end = memchr(rest->data, '\n', rest->length);
    const size_t length = end ? (size_t)(end - rest->data) : rest->length;
    const size_t step = end ? length + 1 : length;
    *line = bytes_of(rest->data, length);
    if (length && line->data[length - 1] == '\r')
        line->length--;
    *rest = bytes_of(rest->data + step, rest->length - step);
    return true;
}

/* `HTTP/` and the version behind it. */
static bool version_read(struct bytes text, struct bytes *version)
{
    if (text.length < 8 || memcmp(text.data, "HTTP/1.", 7) != 0 || text.data[7] < '0' ||
        text.data[7] > '9')
        return false;
    *version = bytes_of(text.data + 5, 3);
    return true;
}

/* method SP target SP version (RFC 9112 3); the target may have blanks in it that should not. */
bool head_request_read(struct bytes line, struct head_request *request)
{
    size_t method = 0;
    while (method < line.length && method < METHOD_MAX &&
           ((line.data[method] >= 'A' && line.data[method] <= 'Z') || line.data[method] == '_' ||
            line.data[method] == '-'))
        method++;
    if (method < 2 || line.length < method + 11 || line.data[method] != ' ')
        return false;
    const size_t last = line.length - 9;
    if (line.data[last] != ' ' ||
        !version_read(bytes_of(line.data + last + 1, 8), &request->version))
        return false;
    request->method = bytes_of(line.data, method);
    request->target = trim(bytes_of(line.data + method + 1, last - method - 1));
    return request->target.length > 0;
}

/* version SP code SP reason (RFC 9112 4) */
bool head_status_read(struct bytes line, struct head_status *status)
{
    if (line.length < 12 || !version_read(line, &status->version) || line.data[8] != ' ')
        return false;
    status->code = 0;
    for (size_t i = 9; i < 12; i++) {
        const unsigned digit = line.data[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        status->code = status->code * 10 + digit;
    }
    status->reason = trim(bytes_of(line.data + 12, line.length - 12));
    return true;
}

bool head_field(struct bytes *rest, struct bytes *name, struct bytes *value)
{
    struct bytes line;
    while (head_line(rest, &line)) {
        const uint8_t *colon = line.length ? memchr(line.data, ':', line.length) : NULL;
        if (!colon || colon == line.data)
            continue;
        const size_t length = (size_t)(colon - line.data);
        *name = trim(bytes_of(line.data, length));
        *value = trim(bytes_of(colon + 1, line.length - length - 1));
        return true;
    }
    return false;
}

bool head_is(struct bytes text, const char *word)
{
    return text.length == strlen(word) &&
           (text.length == 0 || strncasecmp((const char *)text.data, word, text.length) == 0);
}

struct bytes head_find(struct bytes head, const char *name)
{
    struct bytes found, value;
    while (head_field(&head, &found, &value))
        if (head_is(found, name))
            return value;
    return (struct bytes){0};
}

bool head_has_word(struct bytes list, const char *word)
{
    size_t start = 0;
    if (!list.length)
        return false;
    for (size_t at = 0; at <= list.length; at++) {
        if (at < list.length && list.data[at] != ',')
            continue;
        if (head_is(trim(bytes_of(list.data + start, at - start)), word))
            return true;
        start = at + 1;
    }
    return false;
}

struct bytes head_word(struct bytes *text)
{
    size_t length = 0;
    while (length < text->length && !is_blank(text->data[length]) && text->data[length] != ',')
        length++;
    const struct bytes word = bytes_of(text->data, length);
    if (length)
        *text = trim(bytes_of(text->data + length, text->length - length));
    return word;
}

bool head_number(struct bytes text, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < text.length; i++) {
        const unsigned digit = text.data[i] - (unsigned)'0';
        if (digit > 9 || *number > (UINT64_MAX >> 1) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    return text.length > 0;
}
