#include "evidence/unpack.h"

#include <assert.h>

#define TAR_BLOCK      512
#define TAR_SUM        148 /* octal digits */
#define TAR_SUM_LENGTH 8
#define TAR_MAGIC      257 /* `ustar` (POSIX.1-1988, ustar interchange format) */
#define GZIP_FLAGS     3
#define GZIP_RESERVED  0xE0       /* RFC 1952 2.3.1.2: must be zero */
#define ZSTD_SKIPPABLE 0x184D2A50 /* RFC 8878 3.1.2: and the fifteen behind it */

static bool begins(struct bytes head, const char *magic, size_t length)
{
    return head.length >= length && memcmp(head.data, magic, length) == 0;
}

#define BEGINS(head, magic) begins((head), (magic), sizeof(magic) - 1)

static bool is_zip(struct bytes head)
{
    return BEGINS(head, "PK\3\4") || BEGINS(head, "PK\5\6") || BEGINS(head, "PK\7\10PK\3\4");
}

static bool is_gzip(struct bytes head)
{
    return BEGINS(head, "\x1F\x8B\x08") && head.length > GZIP_FLAGS &&
           (head.data[GZIP_FLAGS] & GZIP_RESERVED) == 0;
}

/* `BZh`, the level, and the magic of a block or of the end. */
static bool is_bzip2(struct bytes head)
{
    if (!BEGINS(head, "BZh") || head.length < 10 || head.data[3] < '1' || head.data[3] > '9')
        return false;
    return memcmp(head.data + 4, "1AY&SY", 6) == 0 ||
           memcmp(head.data + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0;
}

static bool is_zstd(struct bytes head)
{
    if (BEGINS(head, "\x28\xB5\x2F\xFD"))
        return true;
    return head.length >= 4 && (load_le32(head.data) & ~0xFU) == ZSTD_SKIPPABLE;
}

/* The sum of a header, in which it counts as blanks itself, against the digits that it claims. */
static bool has_tar_sum(const uint8_t *header)
{
    unsigned claimed = 0, digits = 0, sum = TAR_SUM_LENGTH * ' ';
    for (size_t i = 0; i < TAR_BLOCK; i++) {
        const uint8_t byte = header[i];
        if (i < TAR_SUM || i >= TAR_SUM + TAR_SUM_LENGTH) {
            sum += byte;
        } else if (byte >= '0' && byte <= '7') {
            claimed = claimed * 8 + byte - '0';
            digits++;
        } else if (byte != ' ' && byte != '\0') {
            return false;
        }
    }
    return digits > 0 && claimed == sum;
}

/* The oldest tars have no magic, but all have the sum, and a NUL somewhere, as no text has. */
static bool is_tar(struct bytes head)
{
    if (head.length < TAR_BLOCK || head.data[0] == '\0' || !memchr(head.data, '\0', TAR_BLOCK))
        return false;
    return memcmp(head.data + TAR_MAGIC, "ustar", 5) == 0 || has_tar_sum(head.data);
}

enum unpack_kind unpack_tell(struct bytes head)
{
    if (is_zip(head))
        return UNPACK_ZIP;
    if (BEGINS(head, "7z\xBC\xAF\x27\x1C"))
        return UNPACK_7Z;
    if (is_gzip(head))
        return UNPACK_GZ;
    if (is_bzip2(head))
        return UNPACK_BZ2;
    if (BEGINS(head, "\xFD"
                     "7zXZ\0"))
        return UNPACK_XZ;
    if (is_zstd(head))
        return UNPACK_ZST;
    return is_tar(head) ? UNPACK_TAR : UNPACK_NONE;
}

const char *unpack_name(enum unpack_kind kind)
{
    static const char *const names[] = {
        [UNPACK_ZIP] = "zip", [UNPACK_7Z] = "7z", [UNPACK_TAR] = "tar", [UNPACK_GZ] = "gz",
        [UNPACK_BZ2] = "bz2", [UNPACK_XZ] = "xz", [UNPACK_ZST] = "zst",
    };
    assert(kind != UNPACK_NONE);
    return names[kind];
}
