/* NDR (C706 chapter 14) and NDR64 ([MS-RPCE] 2.2.5): values out of a stub, aligned, bounded. A read
 * that does not fit sets `is_broken`, after which everything reads as zero and nothing. */
#ifndef IMPOUND_READERS_CAPTURE_NDR_H
#define IMPOUND_READERS_CAPTURE_NDR_H

#include "base/cursor.h"

struct ndr {
    struct bytes stub;
    size_t at;
    bool is_big_endian;
    bool is_64; /* pointers and counts of arrays are 8 bytes long, enumerations 4 */
    bool is_broken;
    /* What alignment and pointers looked like, which tells libraries apart: */
    unsigned fills, odd_fills;           /* gaps; gaps that were not all zero */
    uint8_t fill;                        /* the first odd one's byte */
    unsigned referents, small_referents; /* non-null pointers; those below 0x10000 */
};

static inline struct ndr ndr_over(struct bytes stub, bool is_big_endian)
{
    return (struct ndr){.stub = stub, .is_big_endian = is_big_endian};
}

/* Takes raw bytes, unaligned; NULL when they are not all there. */
const uint8_t *ndr_take(struct ndr *ndr, size_t length);
void ndr_align(struct ndr *ndr, size_t alignment);

uint8_t ndr_u8(struct ndr *ndr);
uint16_t ndr_u16(struct ndr *ndr);
uint32_t ndr_u32(struct ndr *ndr);
uint64_t ndr_u64(struct ndr *ndr);
/* How many elements an array has; what does not fit in 32 bits is broken. */
uint32_t ndr_count(struct ndr *ndr);
uint32_t ndr_enum(struct ndr *ndr);
void ndr_handle(struct ndr *ndr); /* a context handle, 20 bytes */

/* A unique or full pointer's referent: whether it is there. */
bool ndr_pointer(struct ndr *ndr);

/* [string] wchar_t *: maximum, offset, count, units. The view is UTF-16LE without its NUL
 * (big-endian stubs give nothing). */
struct bytes ndr_wide(struct ndr *ndr);
/* Behind a pointer; nothing when it is null. */
struct bytes ndr_wide_pointer(struct ndr *ndr);
/* Takes `count` referents one behind the other; which are there is asked with ndr_referent. NULL
 * when they are not all there. */
const uint8_t *ndr_referents(struct ndr *ndr, uint32_t count);
bool ndr_referent(const struct ndr *ndr, const uint8_t *referents, uint32_t index);
/* RPC_UNICODE_STRING's fixed part: its pointer is there when true; the text follows later by
 * ndr_wide. */
bool ndr_unicode_header(struct ndr *ndr);

#endif
