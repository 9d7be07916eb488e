/* A growing run of bytes: what outputs are written into. Not thread-safe.
 *
 * A failed growth is remembered instead of returned by every append: `failed` stays set, further
 * appends do nothing, and whoever writes the buffer out asks once. */
#ifndef IMPOUND_BASE_BUFFER_H
#define IMPOUND_BASE_BUFFER_H

#include "base/attributes.h"
#include "base/bytes.h"

struct buffer {
    uint8_t *data;
    size_t length;
    size_t capacity;
    bool failed;
};

void buffer_release(struct buffer *buffer);

/* Makes room for `more` bytes behind the length; false (and `failed`) without memory. */
bool buffer_grow(struct buffer *buffer, size_t more);

/* Room for `more` bytes, to be written at data + length by the caller, who then adds to length. */
static inline uint8_t *buffer_room(struct buffer *buffer, size_t more)
{
    if (UNLIKELY(buffer->capacity - buffer->length < more) && !buffer_grow(buffer, more))
        return NULL;
    return buffer->data + buffer->length;
}

static inline void buffer_bytes(struct buffer *buffer, const void *data, size_t length)
{
    uint8_t *room = length ? buffer_room(buffer, length) : NULL;
    if (room) {
        memcpy(room, data, length);
        buffer->length += length;
    }
}

static inline void buffer_byte(struct buffer *buffer, uint8_t byte)
{
    uint8_t *room = buffer_room(buffer, 1);
    if (room) {
        *room = byte;
        buffer->length++;
    }
}

static inline void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_bytes(buffer, text, strlen(text));
}

static inline struct bytes buffer_view(const struct buffer *buffer)
{
    return bytes_of(buffer->data, buffer->length);
}

static inline void buffer_reset(struct buffer *buffer)
{
    buffer->length = 0;
}

/* Decimal, and printf for what is not hot. */
void buffer_number(struct buffer *buffer, uint64_t number);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* JSON text with quotes around it (RFC 8259 section 7). `text` should be UTF-8; each byte that is
 * not part of a well-formed sequence becomes U+FFFD. Control characters, DEL and C1 are escaped. */
void buffer_json(struct buffer *buffer, struct bytes text);
/* The same without the quotes. */
void buffer_json_inside(struct buffer *buffer, struct bytes text);
/* `,"name":`, for a member behind the first one. */
static inline void buffer_json_key(struct buffer *buffer, const char *name)
{
    buffer_text(buffer, ",\"");
    buffer_text(buffer, name);
    buffer_text(buffer, "\":");
}

/* Text inside of an XML 1.0 element or attribute. What is no character of XML becomes U+FFFD and
 * control characters are written by their number, so that whatever is written is a document, and
 * one line that leaves a terminal alone. */
void buffer_xml(struct buffer *buffer, struct bytes text);
/* The same as buffer_json, from `units` little-endian 16-bit units. */
void buffer_json_utf16(struct buffer *buffer, const uint8_t *data, size_t units);

#endif
