/* The raw bytes of a value, by which equal values are known without rendering them. */
#ifndef IMPOUND_RULES_RAW_H
#define IMPOUND_RULES_RAW_H

#include "event/value.h"

/* The bytes that a value points at; none for numbers, for nothing, and for lists. */
static inline struct bytes raw_bytes(const struct value *value)
{
    switch ((enum value_type)value->type) {
    case VALUE_UTF16:
    case VALUE_UTF8:
    case VALUE_ANSI:
    case VALUE_ESCAPED:
    case VALUE_BINARY:
    case VALUE_SID:
        return bytes_of(value->data, value->length);
    case VALUE_GUID:
    case VALUE_SYSTEMTIME:
    case VALUE_IP6:
        return bytes_of(value->data, 16);
    case VALUE_IP4:
        return bytes_of(value->data, 4);
    default:
        return (struct bytes){0};
    }
}

/* Whether the value itself is its content: numbers and times. */
static inline bool raw_is_number(const struct value *value)
{
    return (value->type >= VALUE_INT && value->type <= VALUE_BOOL) ||
           value->type == VALUE_FILETIME || value->type == VALUE_INSTANT;
}

#endif
