/* A typed value: a reference into the evidence, or a number. It owns nothing.
 *
 * Values are rendered only when a rule or an output asks, and then as Windows' own XML and
 * evtx_dump show them (hex forms, SIDs, GUIDs in braces, RFC 3339 times). */
#ifndef IMPOUND_EVENT_VALUE_H
#define IMPOUND_EVENT_VALUE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/instant.h"

enum value_type {
    VALUE_ABSENT,     /* the field is not there (an optional substitution without a value) */
    VALUE_NULL,       /* the field is there and has no value */
    VALUE_UTF16,      /* data, length: UTF-16LE */
    VALUE_UTF8,       /* data, length: UTF-8 by its source's word, to be checked when it matters */
    VALUE_ANSI,       /* data, length: Windows-1252 */
    VALUE_ESCAPED,    /* data, length: inside of a JSON string, escapes not yet undone (RFC 8259) */
    VALUE_INT,        /* integer */
    VALUE_UINT,       /* number */
    VALUE_HEX,        /* number; 0x and hex digits without leading zeros; width 4 or 8 */
    VALUE_REAL,       /* real; width 4 or 8 */
    VALUE_BOOL,       /* number 0 or 1 */
    VALUE_BINARY,     /* data, length: upper-case hex digits */
    VALUE_GUID,       /* data, 16 bytes ([MS-DTYP] 2.3.4.2) */
    VALUE_SID,        /* data, length ([MS-DTYP] 2.4.2.2) */
    VALUE_FILETIME,   /* number, ticks ([MS-DTYP] 2.3.3) */
    VALUE_SYSTEMTIME, /* data, 16 bytes ([MS-DTYP] 2.3.13) */
    VALUE_INSTANT,    /* seconds in integer, nanos in length, digits in width */
    VALUE_IP4,        /* data, 4 bytes, network order */
    VALUE_IP6,        /* data, 16 bytes, network order */
    VALUE_LIST,       /* items, length of them; items are never lists */
};

struct value {
    uint8_t type;   /* enum value_type */
    uint8_t width;  /* bytes of the source's number; digits of an instant; else 0 */
    uint16_t extra; /* 0; for a reader's own use */
    uint32_t length;
    union {
        const uint8_t *data;
        const struct value *items;
        uint64_t number;
        int64_t integer;
        double real;
    };
};

_Static_assert(sizeof(struct value) == 16, "values are copied in arrays");

static inline bool value_is_there(const struct value *value)
{
    return value->type != VALUE_ABSENT;
}

/* The most bytes that value_write may touch for a value that is no list. */
size_t value_bound(const struct value *value);

/* Renders as UTF-8 into `to`, which has value_bound bytes; returns the length. VALUE_ABSENT and
 * VALUE_NULL render as nothing. Not for lists. */
size_t value_write(uint8_t *to, const struct value *value);

/* Renders folded (see utf.h). */
size_t value_write_folded(uint8_t *to, const struct value *value);

/* Appends the text; a list's items are joined by `,`. */
void value_append(struct buffer *to, const struct value *value);

/* Appends as JSON: numbers and booleans bare, lists as arrays, null for nothing, the rest quoted,
 * as evtx_dump's JSON has them (hex integers, times, SIDs and GUIDs are strings). */
void value_append_json(struct buffer *to, const struct value *value);

/* The value as a number if it is one or its text is one (decimal or 0x hex, sign, fraction). */
bool value_number(const struct value *value, double *number);

/* The value as a moment if it is one or its text is one. */
bool value_instant(const struct value *value, struct instant *instant);

#endif
