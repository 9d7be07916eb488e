/* The archive walk: any bytes as one file of evidence, every source read to its end. */
#include "evidence/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SOURCES_MAX 100000
#define BYTES_MAX   (64U << 20)
#define PIPE_LENGTH 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);
const char *__asan_default_options(void);

/* Libraries ask for as much as an archive claims to need (gigabytes for a dictionary), and cope
 * when that is refused. */
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

/* As many bytes as the limits allow, and no endless stream of nothing. */
static void read_through(struct source *source, uint64_t *bytes)
{
    static uint8_t room[1 << 16];
    struct fault fault;
    struct bytes head;
    size_t got = 0;
    const enum status peeked = source_peek(source, &head, &fault);
    enum status status;
    while ((status = source_read(source, room, sizeof(room), &got, &fault)) == STATUS_OK) {
        *bytes += got;
        if (got == 0 || *bytes > BYTES_MAX)
            abort();
    }
    if (peeked < 0 && (status >= 0 || got > 0))
        abort();
    char hash[EVIDENCE_HASH_BOUND];
    uint64_t size;
    if (source_hash(source, &size, hash, &fault) < 0 && fault.reason[0] == '\0')
        abort();
}

static void walk(const char *path)
{
    const struct evidence_options options = {.hash = EVIDENCE_HASH_XXH3, .archive_limit = 4U << 20};
    struct evidence *evidence;
    struct source *source;
    uint64_t bytes = 0;
    uint32_t count = 0;
    if (evidence_open(&path, 1, &options, &evidence, NULL) != STATUS_OK)
        return;
    while (evidence_next(evidence, &source, NULL) == STATUS_OK) {
        if (source_index(source) != count++ || count > SOURCES_MAX)
            abort();
        read_through(source, &bytes);
    }
    evidence_close(evidence);
}

/* Every other input comes through a pipe, where nothing can be sought. */
static int open_input(const uint8_t *data, size_t length)
{
    int ends[2] = {-1, -1};
    if (length == 0 || length > PIPE_LENGTH || data[length - 1] % 2 == 0 || pipe(ends) != 0) {
        ends[0] = memfd_create("evidence", MFD_CLOEXEC);
        ends[1] = dup(ends[0]);
    }
    const bool is_written = write(ends[1], data, length) == (ssize_t)length;
    close(ends[1]);
    if (is_written)
        return ends[0];
    close(ends[0]);
    return -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    char path[64];
    const int file = open_input(data, length);
    if (file < 0)
        return 0;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    walk(path);
    close(file);
    return 0;
}
