/* One BinXML value: type byte and bytes to a typed slice ([MS-EVEN6] 2.2.12, value types). */
#ifndef IMPOUND_READERS_EVTX_BINXML_VALUE_H
#define IMPOUND_READERS_EVTX_BINXML_VALUE_H

#include "base/arena.h"
#include "base/status.h"
#include "event/value.h"

enum binxml_type {
    BINXML_NULL,
    BINXML_STRING,
    BINXML_ANSI,
    BINXML_INT8,
    BINXML_UINT8,
    BINXML_INT16,
    BINXML_UINT16,
    BINXML_INT32,
    BINXML_UINT32,
    BINXML_INT64,
    BINXML_UINT64,
    BINXML_REAL32,
    BINXML_REAL64,
    BINXML_BOOL,
    BINXML_BINARY,
    BINXML_GUID,
    BINXML_SIZE,
    BINXML_FILETIME,
    BINXML_SYSTEMTIME,
    BINXML_SID,
    BINXML_HEX32,
    BINXML_HEX64,
    BINXML_HANDLE = 0x20,
    BINXML_BINXML = 0x21,
    BINXML_XML = 0x23,
    BINXML_ARRAY = 0x80, /* with one of the types above */
};

/* The bytes of one element of a type with a fixed width, 0 for the others. */
unsigned binxml_type_width(unsigned type);

/* Reads a value of `length` bytes at `data`, all of them there. Arrays become lists, whose items
 * are in `arena`. Embedded BinXML stays VALUE_BINARY with the type in `extra`. STATUS_DAMAGED when
 * the type is unknown or the length does not fit it. */
enum status binxml_value_read(unsigned type, const uint8_t *data, size_t length,
                              struct arena *arena, struct value *value) MUST_CHECK;

#endif
