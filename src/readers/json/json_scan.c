#include "readers/json/json_scan.h"

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

bool json_escape(const uint8_t **at, const uint8_t *end)
{
    if (end - *at < 2)
        return false;
    switch ((*at)[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        *at += 2;
        return true;
    case 'u':
        if (end - *at < 6 || !is_hex((*at)[2]) || !is_hex((*at)[3]) || !is_hex((*at)[4]) ||
            !is_hex((*at)[5]))
            return false;
        *at += 6;
        return true;
    default:
        return false;
    }
}

const uint8_t *json_container_end(const uint8_t *at, const uint8_t *end, struct json_marks *marks)
{
    uint64_t objects = 0; /* a bit a level: whether it is an object */
    unsigned depth = 0;
    for (; at < end; at++) {
        switch (*at) {
        case '"':
            at = json_string_end(at + 1, end, marks);
            if (!at)
                return NULL;
            break;
        case '{':
        case '[':
            if (depth++ == JSON_DEPTH_MAX)
                return NULL;
            objects = objects << 1 | (*at == '{');
            break;
        case '}':
        case ']':
            if (depth == 0 || (objects & 1) != (*at == '}'))
                return NULL;
            objects >>= 1;
            if (--depth == 0)
                return at + 1;
            break;
        default:
            break;
        }
    }
    return NULL;
}
