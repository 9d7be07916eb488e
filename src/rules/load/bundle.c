#include "rules/load/bundle.h"

#include "rules/load/file.h"
#include "rules/load/load.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define MAGIC      "impound-bundle 1 sha256:"
#define HEADER_MAX 128
#define BUNDLE_MAX (256U << 20)
#define LEVEL      19

bool bundle_is(const char *path)
{
    char start[sizeof(MAGIC) - 1];
    FILE *file = fopen(path, "rbe");
    const bool is_bundle = file && fread(start, 1, sizeof(start), file) == sizeof(start) &&
                           memcmp(start, MAGIC, sizeof(start)) == 0;
    if (file)
        fclose(file);
    return is_bundle;
}

static bool sum_write(struct bytes bytes, char to[65])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (!EVP_Digest(bytes.data, bytes.length, sum, &length, EVP_sha256(), NULL) || length != 32)
        return false;
    for (unsigned i = 0; i < length; i++)
        snprintf(to + (size_t)i * 2, 3, "%02x", sum[i]);
    return true;
}

/* The header's fields; the frame's offset is returned, 0 when the header is wrong. */
static size_t header_parse(struct bytes file, char sum[65], size_t *length)
{
    char line[HEADER_MAX] = {0};
    const size_t most = file.length < sizeof(line) - 1 ? file.length : sizeof(line) - 1;
    memcpy(line, file.data, most);
    char *end = strchr(line, '\n');
    if (!end || sscanf(line, MAGIC "%64[0-9a-f] %zu", sum, length) != 2 || *length > LOAD_ALL_MAX)
        return 0;
    return (size_t)(end - line) + 1;
}

static enum status pack_unfold(struct bytes file, const char *path, struct buffer *pack,
                               struct fault *fault)
{
    char sum[65] = "", wanted[65] = "";
    size_t length = 0;
    const size_t start = header_parse(file, wanted, &length);
    uint8_t *room = start ? buffer_room(pack, length + 1) : NULL;
    if (!room)
        return fault_set(fault, STATUS_DAMAGED, 0, "%s: no bundle header", path);
    const size_t got = ZSTD_decompress(room, length + 1, file.data + start, file.length - start);
    if (ZSTD_isError(got) || got != length)
        return fault_set(fault, STATUS_DAMAGED, start, "%s: the bundle does not unfold", path);
    pack->length = length;
    if (!sum_write(buffer_view(pack), sum) || strcmp(sum, wanted) != 0)
        return fault_set(fault, STATUS_DAMAGED, start, "%s: the bundle's sum is wrong", path);
    return STATUS_OK;
}

enum status bundle_read(const char *path, const char *name, struct book *book, struct fault *fault)
{
    struct buffer file = {0}, pack = {0};
    char *prefix = NULL;
    enum status status = file_read(path, BUNDLE_MAX, &file, fault);
    if (status == STATUS_OK)
        status = pack_unfold(buffer_view(&file), path, &pack, fault);
    if (status == STATUS_OK && asprintf(&prefix, "%s:", name) < 0)
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory");
    if (status == STATUS_OK)
        status = book_add_pack(book, prefix, buffer_view(&pack), fault);
    free(prefix);
    buffer_release(&file);
    buffer_release(&pack);
    return status;
}

enum status bundle_write(const char *path, const struct book *book, struct fault *fault)
{
    struct buffer pack = {0}, file = {0};
    char sum[65] = "";
    book_write_pack(book, &pack);
    if (pack.failed || !sum_write(buffer_view(&pack), sum))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the bundle");
    buffer_format(&file, MAGIC "%s %zu\n", sum, pack.length);
    uint8_t *room = buffer_room(&file, ZSTD_compressBound(pack.length));
    const size_t got =
        room ? ZSTD_compress(room, ZSTD_compressBound(pack.length), pack.data, pack.length, LEVEL)
             : 0;
    enum status status = STATUS_OK;
    if (!room || ZSTD_isError(got))
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory for the bundle");
    file.length += status ? 0 : got;
    if (status == STATUS_OK)
        status = file_write(path, buffer_view(&file), fault);
    buffer_release(&pack);
    buffer_release(&file);
    return status;
}

/* What stands at `path` stays as a second name until the new one is in its place. */
static enum status previous_keep(const char *path, struct fault *fault)
{
    char *previous = NULL;
    if (asprintf(&previous, "%s" BUNDLE_PREVIOUS, path) < 0)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    enum status status = STATUS_OK;
    unlink(previous);
    if (linkat(AT_FDCWD, path, AT_FDCWD, previous, 0) != 0 && errno != ENOENT)
        status = fault_errno(fault, errno, "cannot keep the bundle before as %s", previous);
    free(previous);
    return status;
}

enum status bundle_place(const char *from, const char *path, struct fault *fault)
{
    const enum status status = previous_keep(path, fault);
    if (status == STATUS_OK && rename(from, path) != 0)
        return fault_errno(fault, errno, "cannot write %s", path);
    return status;
}

static enum status bundle_check(const char *path, struct fault *fault)
{
    struct book book;
    book_init(&book);
    const enum status status = bundle_read(path, "", &book, fault);
    book_release(&book);
    return status;
}

enum status bundle_roll_back(const char *path, struct fault *fault)
{
    char *previous = NULL;
    if (asprintf(&previous, "%s" BUNDLE_PREVIOUS, path) < 0)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory");
    enum status status = bundle_check(previous, fault);
    if (status == STATUS_OK && renameat2(AT_FDCWD, previous, AT_FDCWD, path, RENAME_EXCHANGE) != 0)
        status = fault_errno(fault, errno, "cannot put %s in its place", previous);
    free(previous);
    return status;
}
