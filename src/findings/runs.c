#include "findings/runs.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_ROOM ((size_t)256 << 10)
#define WINDOW_ROOM ((size_t)64 << 10) /* the least that is worth a read */
#define WINDOWS_MAX 256U               /* runs that are merged at one time */

/* A file without a name, or -1 with errno. */
static int temporary_open(const char *directory)
{
    const int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof(path), "%s/impound-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int named = mkostemp(path, O_CLOEXEC);
    if (named >= 0)
        unlink(path);
    return named;
}

bool runs_init(struct runs *runs, const char *directory)
{
    *runs = (struct runs){.directory = strdup(directory)};
    runs->file = temporary_open(directory);
    runs->file_error = errno;
    return runs->directory != NULL;
}

void runs_release(struct runs *runs)
{
    if (runs->file >= 0)
        close(runs->file);
    free(runs->output);
    free(runs->runs);
    free(runs->directory);
}

void runs_reset(struct runs *runs)
{
    /* If that fails, the room goes with the file. */
    if (runs->length)
        (void)!ftruncate(runs->file, 0);
    runs->length = 0;
    runs->count = 0;
}

/* --- Writing --- */

enum status runs_begin(struct runs *runs, struct fault *fault)
{
    if (runs->file < 0)
        return fault_errno(fault, runs->file_error, "cannot make a temporary file in %.150s",
                           runs->directory);
    if (runs->count == runs->room) {
        const size_t room = runs->room ? runs->room * 2 : 16;
        struct run *more = reallocarray(runs->runs, room, sizeof(*more));
        if (!more)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for sorting");
        runs->runs = more;
        runs->room = room;
    }
    if (!runs->output && !(runs->output = malloc(OUTPUT_ROOM)))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for sorting");
    runs->run_length = 0;
    runs->output_length = 0;
    return STATUS_OK;
}

static enum status flush(struct runs *runs, struct fault *fault)
{
    const uint8_t *at = runs->output;
    uint64_t offset = runs->length + runs->run_length - runs->output_length;
    while (runs->output_length) {
        const ssize_t written = pwrite(runs->file, at, runs->output_length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fault_errno(fault, written ? errno : ENOSPC,
                               "cannot write the temporary file in %.150s", runs->directory);
        at += written;
        offset += (uint64_t)written;
        runs->output_length -= (size_t)written;
    }
    return STATUS_OK;
}

static enum status put(struct runs *runs, struct bytes bytes, struct fault *fault)
{
    size_t done = 0;
    while (done < bytes.length) {
        const size_t left = bytes.length - done, room = OUTPUT_ROOM - runs->output_length;
        const size_t now = left < room ? left : room;
        memcpy(runs->output + runs->output_length, bytes.data + done, now);
        runs->output_length += now;
        runs->run_length += now;
        done += now;
        if (now == room) {
            const enum status status = flush(runs, fault);
            if (status)
                return status;
        }
    }
    return STATUS_OK;
}

enum status runs_add(void *context, struct bytes record, struct fault *fault)
{
    struct runs *runs = context;
    const uint32_t length = (uint32_t)record.length;
    const enum status status = put(runs, bytes_of(&length, sizeof(length)), fault);
    return status ? status : put(runs, record, fault);
}

enum status runs_end(struct runs *runs, struct fault *fault)
{
    const enum status status = flush(runs, fault);
    if (status)
        return status;
    runs->runs[runs->count++] = (struct run){.offset = runs->length, .length = runs->run_length};
    runs->length += runs->run_length;
    return STATUS_OK;
}

/* --- Merging --- */

/* What is seen of a run: bytes `at` to `filled` of the room are read and not yet given. */
struct window {
    uint8_t *room;
    size_t size, at, filled;
    uint64_t offset, end; /* in the file, of what was not read yet */
    struct bytes record;
};

static enum status window_fill(const struct runs *runs, struct window *window, struct fault *fault)
{
    memmove(window->room, window->room + window->at, window->filled - window->at);
    window->filled -= window->at;
    window->at = 0;
    while (window->filled < window->size && window->offset < window->end) {
        const uint64_t left = window->end - window->offset;
        const size_t room = window->size - window->filled;
        const ssize_t got = pread(runs->file, window->room + window->filled,
                                  left < room ? (size_t)left : room, (off_t)window->offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fault_errno(fault, got ? errno : EIO, "cannot read the temporary file in %.150s",
                               runs->directory);
        window->filled += (size_t)got;
        window->offset += (uint64_t)got;
    }
    return STATUS_OK;
}

static bool window_has_record(const struct window *window)
{
    const size_t left = window->filled - window->at;
    return left >= RUN_LENGTH_BYTES &&
           left - RUN_LENGTH_BYTES >= load_le32(window->room + window->at);
}

/* Steps to the run's next record; STATUS_END behind the last. */
static enum status window_next(const struct runs *runs, struct window *window, struct fault *fault)
{
    if (!window_has_record(window)) {
        const enum status status = window_fill(runs, window, fault);
        if (status)
            return status;
        if (window->filled == 0)
            return STATUS_END;
        if (!window_has_record(window))
            return fault_set(fault, STATUS_IO, 0, "the temporary file in %.150s has changed",
                             runs->directory);
    }
    window->record = run_record(window->room + window->at);
    window->at += RUN_LENGTH_BYTES + window->record.length;
    return STATUS_OK;
}

/* Runs whose next records form a heap, the least on top. */
struct merger {
    const struct runs *runs;
    size_t count;
    struct window *heap[WINDOWS_MAX];
    struct window windows[WINDOWS_MAX];
};

static bool is_less(const struct merger *merger, size_t one, size_t other)
{
    return bytes_compare(merger->heap[one]->record, merger->heap[other]->record) < 0;
}

static void heap_sink(struct merger *merger, size_t place)
{
    for (;;) {
        size_t least = place;
        for (size_t child = place * 2 + 1; child <= place * 2 + 2 && child < merger->count; child++)
            if (is_less(merger, child, least))
                least = child;
        if (least == place)
            return;
        struct window *const moved = merger->heap[place];
        merger->heap[place] = merger->heap[least];
        merger->heap[least] = moved;
        place = least;
    }
}

static enum status merger_open(struct merger *merger, struct runs_memory memory, size_t count,
                               struct fault *fault)
{
    const size_t room = memory.size / count;
    for (size_t i = 0; i < count; i++) {
        const struct run run = merger->runs->runs[i];
        struct window *window = &merger->windows[i];
        *window = (struct window){.room = memory.at + i * room,
                                  .size = room,
                                  .offset = run.offset,
                                  .end = run.offset + run.length};
        const enum status status = window_next(merger->runs, window, fault);
        if (status == STATUS_OK)
            merger->heap[merger->count++] = window;
        else if (status != STATUS_END)
            return status;
    }
    for (size_t i = merger->count / 2; i-- > 0;)
        heap_sink(merger, i);
    return STATUS_OK;
}

static enum status merger_run(struct merger *merger, sorter_sink *sink, void *context,
                              struct fault *fault)
{
    while (merger->count) {
        struct window *least = merger->heap[0];
        enum status status = sink(context, least->record, fault);
        if (status)
            return status;
        status = window_next(merger->runs, least, fault);
        if (status == STATUS_END)
            merger->heap[0] = merger->heap[--merger->count];
        else if (status)
            return status;
        heap_sink(merger, 0);
    }
    return STATUS_OK;
}

/* Merges the first `count` runs into one behind all others. */
static enum status join(struct merger *merger, struct runs *runs, struct runs_memory memory,
                        size_t count, struct fault *fault)
{
    enum status status = runs_begin(runs, fault);
    if (!status)
        status = merger_open(merger, memory, count, fault);
    if (!status)
        status = merger_run(merger, runs_add, runs, fault);
    if (!status)
        status = runs_end(runs, fault);
    if (status)
        return status;
    runs->count -= count;
    memmove(runs->runs, runs->runs + count, runs->count * sizeof(*runs->runs));
    return STATUS_OK;
}

/* How many windows fit, each of which must hold the largest record. */
static size_t windows_max(struct runs_memory memory)
{
    size_t room = WINDOW_ROOM < memory.size / 4 ? WINDOW_ROOM : memory.size / 4;
    if (room < memory.largest)
        room = memory.largest;
    const size_t count = memory.size / room;
    assert(count >= 4);
    return count < WINDOWS_MAX ? count : WINDOWS_MAX;
}

enum status runs_merge(struct runs *runs, struct runs_memory memory, sorter_sink *sink,
                       void *context, struct fault *fault)
{
    struct merger *merger = calloc(1, sizeof(*merger));
    if (!merger)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for sorting");
    merger->runs = runs;
    const size_t at_once = windows_max(memory);
    enum status status = STATUS_OK;
    while (!status && runs->count > at_once)
        status = join(merger, runs, memory, at_once, fault);
    if (!status)
        status = merger_open(merger, memory, runs->count, fault);
    if (!status)
        status = merger_run(merger, sink, context, fault);
    free(merger);
    return status;
}
