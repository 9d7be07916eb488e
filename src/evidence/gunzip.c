#include "evidence/gunzip.h"

#include <stdlib.h>
#define ZLIB_CONST /* zlib does not write to its input */
#include <zlib.h>

/* RFC 1952: any number of members, each a header, deflated bytes, and a trailer:
 *
 *     0  4  CRC-32 of what they unfold to
 *     4  4  its length modulo 2^32
 *
 * zlib would end at a trailer that is wrong, and what is behind it would be lost; so it compares
 * nothing, and we do. Zeros behind the last member are padding. */
#define WINDOW  (15 + 16) /* of gzip only */
#define TRAILER 8U

struct gunzip {
    z_stream stream;
    uint64_t offset;        /* of the compressed bytes */
    uint8_t trail[TRAILER]; /* the last bytes that were used */
    uint32_t sum, length;   /* of the member's bytes so far */
    bool is_begun;          /* a member, and not ended */
    bool has_member;        /* one that has ended */
    bool has_no_more;
    struct fault wrong; /* the first sum that is; status 0: none */
};

struct gunzip *gunzip_new(void)
{
    struct gunzip *gunzip = calloc(1, sizeof(*gunzip));
    if (!gunzip)
        return NULL;
    if (inflateInit2(&gunzip->stream, WINDOW) != Z_OK) {
        free(gunzip);
        return NULL;
    }
    inflateValidate(&gunzip->stream, 0);
    return gunzip;
}

void gunzip_free(struct gunzip *gunzip)
{
    if (gunzip)
        inflateEnd(&gunzip->stream);
    free(gunzip);
}

bool gunzip_is_hungry(const struct gunzip *gunzip)
{
    return gunzip->stream.avail_in == 0 && !gunzip->has_no_more;
}

void gunzip_feed(struct gunzip *gunzip, struct bytes input)
{
    gunzip->has_no_more = input.length == 0;
    gunzip->stream.next_in = input.data;
    gunzip->stream.avail_in = (uInt)input.length;
}

static void used(struct gunzip *gunzip, const uint8_t *from, size_t length)
{
    gunzip->offset += length;
    if (length >= TRAILER) {
        memcpy(gunzip->trail, from + length - TRAILER, TRAILER);
    } else {
        memmove(gunzip->trail, gunzip->trail + length, TRAILER - length);
        memcpy(gunzip->trail + TRAILER - length, from, length);
    }
}

static void member_end(struct gunzip *gunzip)
{
    const bool is_right =
        load_le32(gunzip->trail) == gunzip->sum && load_le32(gunzip->trail + 4) == gunzip->length;
    if (!is_right && gunzip->wrong.status == STATUS_OK)
        fault_set(&gunzip->wrong, STATUS_DAMAGED, gunzip->offset - TRAILER,
                  "gzip: the check sum is wrong, so bytes before it were altered");
    gunzip->is_begun = false;
    gunzip->has_member = true;
    inflateReset(&gunzip->stream);
    inflateValidate(&gunzip->stream, 0);
}

/* Behind a member: zeros are passed over, anything else begins the next. */
static void padding_pass(struct gunzip *gunzip)
{
    while (gunzip->stream.avail_in && *gunzip->stream.next_in == 0) {
        gunzip->stream.next_in++;
        gunzip->stream.avail_in--;
        gunzip->offset++;
    }
}

static enum status at_end(const struct gunzip *gunzip, struct fault *fault)
{
    if (gunzip->is_begun || !gunzip->has_member)
        return fault_set(fault, STATUS_DAMAGED, gunzip->offset, "gzip: cut off");
    if (gunzip->wrong.status == STATUS_OK)
        return STATUS_END;
    if (fault)
        *fault = gunzip->wrong;
    return gunzip->wrong.status;
}

enum status gunzip_read(struct gunzip *gunzip, uint8_t *to, size_t want, size_t *got,
                        struct fault *fault)
{
    z_stream *stream = &gunzip->stream;
    *got = 0;
    if (gunzip->has_member && !gunzip->is_begun)
        padding_pass(gunzip);
    if (stream->avail_in == 0 && !gunzip->is_begun)
        return gunzip->has_no_more ? at_end(gunzip, fault) : STATUS_OK;
    if (!gunzip->is_begun) {
        gunzip->is_begun = true;
        gunzip->sum = (uint32_t)crc32(0, NULL, 0);
        gunzip->length = 0;
    }
    const uint8_t *from = stream->next_in;
    stream->next_out = to;
    stream->avail_out = (uInt)want;
    const int result = inflate(stream, Z_NO_FLUSH);
    *got = want - stream->avail_out;
    used(gunzip, from, (size_t)(stream->next_in - from));
    gunzip->sum = (uint32_t)crc32(gunzip->sum, to, (uInt)*got);
    gunzip->length += (uint32_t)*got;
    if (result == Z_STREAM_END)
        member_end(gunzip);
    else if (result == Z_BUF_ERROR && *got == 0 && gunzip->has_no_more)
        return at_end(gunzip, fault);
    else if (result == Z_MEM_ERROR)
        return fault_set(fault, STATUS_MEMORY, gunzip->offset, "no memory to unfold");
    else if (result != Z_OK && result != Z_BUF_ERROR)
        return fault_set(fault, STATUS_DAMAGED, gunzip->offset, "gzip: %s",
                         stream->msg ? stream->msg : "damaged");
    return STATUS_OK;
}
