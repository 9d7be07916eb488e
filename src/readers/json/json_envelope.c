#include "readers/json/json_envelope.h"

#include "readers/json/json_frame.h"
#include "readers/json/json_scan.h"

#define ENVELOPE_DEPTH 4

/* The members that hold the list, and those that hold the object that does. */
static const char *const names[] = {"hits",    "results", "events",      "Events",
                                    "records", "Records", "rows",        "value",
                                    "data",    "items",   "rawResponse", "response"};

static bool is_name(struct bytes key)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (bytes_equal(key, bytes_of_text(names[i])))
            return true;
    return false;
}

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
    while (at < end && json_is_blank(*at))
        at++;
    return at;
}

static const uint8_t *value_end(const uint8_t *at, const uint8_t *end)
{
    struct json_marks marks = {0};
    if (at < end && (*at == '{' || *at == '['))
        return json_container_end(at, end, &marks);
    if (at < end && *at == '"') {
        at = json_string_end(at + 1, end, &marks);
        return at ? at + 1 : NULL;
    }
    while (at < end && *at != ',' && *at != '}')
        at++;
    return at;
}

/* Reads `"key" :`; the place of the value, or NULL. */
static const uint8_t *read_key(const uint8_t *at, const uint8_t *end, struct bytes *key)
{
    struct json_marks marks = {0};
    if (at == end || *at != '"')
        return NULL;
    const uint8_t *quote = json_string_end(at + 1, end, &marks);
    if (!quote)
        return NULL;
    *key = bytes_of(at + 1, (size_t)(quote - at) - 1);
    at = skip_blanks(quote + 1, end);
    return at < end && *at == ':' ? skip_blanks(at + 1, end) : NULL;
}

/* The first record of the list in the object at `at`, or NULL. */
static const uint8_t *find_list(const uint8_t *at, const uint8_t *end, unsigned depth)
{
    struct bytes key;
    while (at && at < end && depth && (*at == '{' || *at == ',')) {
        const uint8_t *value = read_key(skip_blanks(at + 1, end), end, &key);
        if (!value || value == end)
            return NULL;
        if (is_name(key) && *value == '[') {
            const uint8_t *item = skip_blanks(value + 1, end);
            if (item < end && *item == '{')
                return item;
        }
        if (is_name(key) && *value == '{')
            return find_list(value, end, depth - 1);
        at = value_end(value, end);
        at = at ? skip_blanks(at, end) : NULL;
    }
    return NULL;
}

size_t json_envelope_end(struct bytes text)
{
    struct json_marks marks = {0};
    const uint8_t *end = text.data + text.length;
    const uint8_t *begin = skip_blanks(text.data, end);
    if (begin == end || *begin != '{')
        return 0;
    const uint8_t *item = find_list(begin, end, ENVELOPE_DEPTH);
    if (!item)
        return 0;
    /* Objects one after the other are records, whatever they contain. */
    const uint8_t *behind = json_container_end(begin, end, &marks);
    return behind && json_between(behind, end) < end ? 0 : (size_t)(item - text.data);
}

bool json_is_envelope_tail(const uint8_t *begin, const uint8_t *at)
{
    if (*at != '}' && *at != '"')
        return false;
    while (at > begin && (json_is_blank(at[-1]) || at[-1] == ','))
        at--;
    return at > begin && at[-1] == ']';
}
