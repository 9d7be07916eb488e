/* Views of bytes that somebody else owns, and loads of fixed width from checked bytes.
 * Passed by value. A view says nothing of how long its bytes live; the function that gives it does.
 */
#ifndef IMPOUND_BASE_BYTES_H
#define IMPOUND_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *data; /* may be NULL when length is 0 */
    size_t length;
};

static inline struct bytes bytes_of(const void *data, size_t length)
{
    return (struct bytes){.data = data, .length = length};
}

static inline struct bytes bytes_of_text(const char *text)
{
    return (struct bytes){.data = (const uint8_t *)text, .length = strlen(text)};
}

static inline bool bytes_equal(struct bytes one, struct bytes other)
{
    return one.length == other.length &&
           (one.length == 0 || memcmp(one.data, other.data, one.length) == 0);
}

/* Orders as memcmp does, the shorter first where one begins the other. */
static inline int bytes_compare(struct bytes one, struct bytes other)
{
    const size_t shorter = one.length < other.length ? one.length : other.length;
    const int order = shorter ? memcmp(one.data, other.data, shorter) : 0;
    return order ? order : (one.length > other.length) - (one.length < other.length);
}

/* Little-endian loads; the caller has checked that the bytes are there. */
static inline uint16_t load_le16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t load_le32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t load_le64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint16_t load_be16(const uint8_t *at)
{
    return __builtin_bswap16(load_le16(at));
}

static inline uint32_t load_be32(const uint8_t *at)
{
    return __builtin_bswap32(load_le32(at));
}

static inline uint64_t load_be64(const uint8_t *at)
{
    return __builtin_bswap64(load_le64(at));
}

/* Big-endian stores: what is written so orders as numbers do under memcmp. */
static inline void store_be32(uint8_t *at, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(at, &value, sizeof(value));
}

static inline void store_be64(uint8_t *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, sizeof(value));
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the loads assume a little-endian host");

#endif
