/* One region of memory holds everything. While records come, each lies in it behind its length,
 * one after the other, and as much room is kept free at the end as sorting them will take:
 *
 *   | length record | length record | ... free ... | entries | half as many entries to merge with |
 *
 * An entry is a record's address and its first eight bytes behind what all records begin with, so
 * that most comparisons look at nothing else. The same region holds the windows on the runs while
 * they are merged. */
#include "findings/sorter.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LENGTH_BYTES  sizeof(uint32_t)
#define WRITE_ROOM    ((size_t)256 << 10)
#define WINDOW_ROOM   ((size_t)64 << 10) /* the least that is worth a read */
#define WINDOWS_MAX   256U               /* runs that are merged at one time */
#define INSERTION_MAX 12U

struct entry {
    uint64_t prefix;
    const uint8_t *at; /* the record's length */
};

#define ENTRY_COST (sizeof(struct entry) + sizeof(struct entry) / 2)

struct run {
    uint64_t offset, length; /* in the file */
};

struct sorter {
    uint8_t *region;
    size_t size, used, count;
    uint64_t total;
    uint32_t largest; /* of all records */
    int file, file_error;
    uint64_t file_length;
    uint8_t *output; /* WRITE_ROOM bytes, once it is needed */
    struct run *runs;
    size_t run_count, run_room;
    char directory[];
};

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

struct sorter *sorter_new(size_t memory, const char *directory)
{
    assert(memory >= SORTER_MEMORY_MIN && memory / 4 <= UINT32_MAX);
    const size_t length = strlen(directory) + 1;
    struct sorter *sorter = calloc(1, sizeof(*sorter) + length);
    if (!sorter)
        return NULL;
    memcpy(sorter->directory, directory, length);
    sorter->size = memory / _Alignof(struct entry) * _Alignof(struct entry);
    sorter->region = malloc(sorter->size);
    sorter->file = temporary_open(directory);
    sorter->file_error = errno;
    if (!sorter->region) {
        sorter_free(sorter);
        return NULL;
    }
    return sorter;
}

void sorter_free(struct sorter *sorter)
{
    if (!sorter)
        return;
    if (sorter->file >= 0)
        close(sorter->file);
    free(sorter->region);
    free(sorter->output);
    free(sorter->runs);
    free(sorter);
}

uint64_t sorter_count(const struct sorter *sorter)
{
    return sorter->total;
}

static uint32_t length_load(const uint8_t *at)
{
    return load_le32(at);
}

static struct bytes record_at(const uint8_t *at)
{
    return bytes_of(at + LENGTH_BYTES, length_load(at));
}

static struct bytes record_behind(const uint8_t *at, size_t depth)
{
    const struct bytes record = record_at(at);
    return bytes_of(record.data + depth, record.length - depth);
}

/* How many bytes all records begin with. */
static size_t common_length(const struct sorter *sorter)
{
    const struct bytes first = record_at(sorter->region);
    size_t common = first.length;
    const uint8_t *at = sorter->region;
    for (size_t i = 0; i < sorter->count && common; i++) {
        const struct bytes record = record_at(at);
        if (record.length < common)
            common = record.length;
        size_t same = 0;
        while (same < common && record.data[same] == first.data[same])
            same++;
        common = same;
        at = record.data + record.length;
    }
    return common;
}

/* The first eight bytes as a number, so that numbers compare as memcmp does; a shorter record may
 * have the same number as a longer one that goes on with zeros. */
static uint64_t prefix_of(struct bytes bytes)
{
    if (bytes.length >= sizeof(uint64_t))
        return load_be64(bytes.data);
    uint8_t padded[sizeof(uint64_t)] = {0};
    if (bytes.length)
        memcpy(padded, bytes.data, bytes.length);
    return load_be64(padded);
}

static bool is_after(const struct entry *one, const struct entry *other, size_t depth)
{
    if (one->prefix != other->prefix)
        return one->prefix > other->prefix;
    return bytes_compare(record_behind(one->at, depth), record_behind(other->at, depth)) > 0;
}

static void sort_short(struct entry *entries, size_t count, size_t depth)
{
    for (size_t i = 1; i < count; i++) {
        const struct entry entry = entries[i];
        size_t to = i;
        for (; to && is_after(&entries[to - 1], &entry, depth); to--)
            entries[to] = entries[to - 1];
        entries[to] = entry;
    }
}

/* Merge sort: never worse than n log n whatever the evidence says, and linear where it comes in
 * order, as most logs do. `spare` has room for half of the entries. */
static void sort_entries(struct entry *entries, size_t count, struct entry *spare, size_t depth)
{
    if (count <= INSERTION_MAX) {
        sort_short(entries, count, depth);
        return;
    }
    const size_t half = count / 2;
    sort_entries(entries, half, spare, depth);
    sort_entries(entries + half, count - half, spare, depth);
    if (!is_after(&entries[half - 1], &entries[half], depth))
        return;
    memcpy(spare, entries, half * sizeof(*entries));
    const struct entry *left = spare, *right = entries + half;
    const struct entry *const left_end = spare + half, *const right_end = entries + count;
    while (left < left_end && right < right_end)
        *entries++ = is_after(left, right, depth) ? *right++ : *left++;
    memcpy(entries, left, (size_t)(left_end - left) * sizeof(*entries));
}

/* The records in memory, sorted. */
static const struct entry *sorted(struct sorter *sorter)
{
    struct entry *const end = (struct entry *)(void *)(sorter->region + sorter->size);
    struct entry *const spare = end - sorter->count / 2;
    struct entry *const entries = spare - sorter->count;
    assert(sorter->region + sorter->used <= (uint8_t *)entries);
    if (!sorter->count)
        return entries;
    const size_t depth = common_length(sorter);
    const uint8_t *at = sorter->region;
    for (size_t i = 0; i < sorter->count; i++) {
        entries[i] = (struct entry){.prefix = prefix_of(record_behind(at, depth)), .at = at};
        at += LENGTH_BYTES + length_load(at);
    }
    sort_entries(entries, sorter->count, spare, depth);
    return entries;
}

static enum status file_write(const struct sorter *sorter, const uint8_t *data, size_t length,
                              uint64_t offset, struct fault *fault)
{
    while (length) {
        const ssize_t written = pwrite(sorter->file, data, length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return fault_errno(fault, written ? errno : ENOSPC,
                               "cannot write the temporary file in %.150s", sorter->directory);
        data += written;
        length -= (size_t)written;
        offset += (uint64_t)written;
    }
    return STATUS_OK;
}

/* A run that is being written behind all others. */
struct run_writer {
    struct sorter *sorter;
    uint64_t length; /* with what is still in the output */
    size_t pending;  /* bytes in the output */
};

static enum status run_flush(struct run_writer *writer, struct fault *fault)
{
    struct sorter *sorter = writer->sorter;
    const uint64_t offset = sorter->file_length + writer->length - writer->pending;
    const enum status status = file_write(sorter, sorter->output, writer->pending, offset, fault);
    writer->pending = 0;
    return status;
}

static enum status run_put(struct run_writer *writer, struct bytes bytes, struct fault *fault)
{
    size_t done = 0;
    while (done < bytes.length) {
        const size_t room = WRITE_ROOM - writer->pending;
        const size_t now = bytes.length - done < room ? bytes.length - done : room;
        memcpy(writer->sorter->output + writer->pending, bytes.data + done, now);
        writer->pending += now;
        writer->length += now;
        done += now;
        const enum status status =
            writer->pending == WRITE_ROOM ? run_flush(writer, fault) : STATUS_OK;
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* A sorter_sink. */
static enum status run_add(void *context, struct bytes record, struct fault *fault)
{
    const uint32_t length = (uint32_t)record.length;
    const enum status status = run_put(context, bytes_of(&length, sizeof(length)), fault);
    return status ? status : run_put(context, record, fault);
}

static enum status run_begin(struct sorter *sorter, struct run_writer *writer, struct fault *fault)
{
    if (sorter->file < 0)
        return fault_errno(fault, sorter->file_error, "cannot make a temporary file in %.150s",
                           sorter->directory);
    if (sorter->run_count == sorter->run_room) {
        const size_t room = sorter->run_room ? sorter->run_room * 2 : 16;
        struct run *runs = reallocarray(sorter->runs, room, sizeof(*runs));
        if (!runs)
            return fault_set(fault, STATUS_MEMORY, 0, "no memory for sorting");
        sorter->runs = runs;
        sorter->run_room = room;
    }
    if (!sorter->output && !(sorter->output = malloc(WRITE_ROOM)))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for sorting");
    *writer = (struct run_writer){.sorter = sorter};
    return STATUS_OK;
}

static enum status run_end(struct run_writer *writer, struct fault *fault)
{
    struct sorter *sorter = writer->sorter;
    const enum status status = run_flush(writer, fault);
    if (status)
        return status;
    sorter->runs[sorter->run_count++] =
        (struct run){.offset = sorter->file_length, .length = writer->length};
    sorter->file_length += writer->length;
    return STATUS_OK;
}

static enum status memory_give(struct sorter *sorter, sorter_sink *sink, void *context,
                               struct fault *fault)
{
    const struct entry *entries = sorted(sorter);
    for (size_t i = 0; i < sorter->count; i++) {
        const enum status status = sink(context, record_at(entries[i].at), fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* Turns what is in memory into a run. */
static enum status spill(struct sorter *sorter, struct fault *fault)
{
    struct run_writer writer;
    enum status status = run_begin(sorter, &writer, fault);
    if (!status)
        status = memory_give(sorter, run_add, &writer, fault);
    if (!status)
        status = run_end(&writer, fault);
    if (!status)
        sorter->used = sorter->count = 0;
    return status;
}

enum status sorter_add(struct sorter *sorter, struct bytes record, struct fault *fault)
{
    if (record.length > SORTER_RECORD_MAX(sorter->size))
        return fault_set(fault, STATUS_REFUSED, 0, "%zu bytes are too many to sort", record.length);
    const size_t more = LENGTH_BYTES + record.length;
    if (sorter->size - sorter->used < more + (sorter->count + 2) * ENTRY_COST) {
        const enum status status = spill(sorter, fault);
        if (status)
            return status;
    }
    const uint32_t length = (uint32_t)record.length;
    memcpy(sorter->region + sorter->used, &length, sizeof(length));
    if (length)
        memcpy(sorter->region + sorter->used + LENGTH_BYTES, record.data, length);
    sorter->used += more;
    sorter->count++;
    sorter->total++;
    if (length > sorter->largest)
        sorter->largest = length;
    return STATUS_OK;
}

/* What is seen of a run: bytes `at` to `filled` of the room are read and not yet given. */
struct window {
    uint8_t *room;
    size_t size, at, filled;
    uint64_t offset, end; /* in the file, of what was not read yet */
    struct bytes record;
};

static enum status window_fill(const struct sorter *sorter, struct window *window,
                               struct fault *fault)
{
    memmove(window->room, window->room + window->at, window->filled - window->at);
    window->filled -= window->at;
    window->at = 0;
    while (window->filled < window->size && window->offset < window->end) {
        const uint64_t left = window->end - window->offset;
        const size_t room = window->size - window->filled;
        const ssize_t got = pread(sorter->file, window->room + window->filled,
                                  left < room ? (size_t)left : room, (off_t)window->offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fault_errno(fault, got ? errno : EIO, "cannot read the temporary file in %.150s",
                               sorter->directory);
        window->filled += (size_t)got;
        window->offset += (uint64_t)got;
    }
    return STATUS_OK;
}

static bool window_has(const struct window *window)
{
    const size_t left = window->filled - window->at;
    return left >= LENGTH_BYTES && left - LENGTH_BYTES >= length_load(window->room + window->at);
}

/* Steps to the run's next record. */
static enum status window_next(const struct sorter *sorter, struct window *window,
                               struct fault *fault)
{
    if (!window_has(window)) {
        const enum status status = window_fill(sorter, window, fault);
        if (status)
            return status;
        if (window->filled == 0)
            return STATUS_END;
        if (!window_has(window))
            return fault_set(fault, STATUS_IO, 0, "the temporary file in %.150s has changed",
                             sorter->directory);
    }
    window->record = record_at(window->room + window->at);
    window->at += LENGTH_BYTES + window->record.length;
    return STATUS_OK;
}

/* Runs whose next records form a heap, the least on top. */
struct merger {
    struct window windows[WINDOWS_MAX];
    struct window *heap[WINDOWS_MAX];
    size_t count;
};

static void heap_sink(struct merger *merger, size_t place)
{
    struct window *const moved = merger->heap[place];
    for (;;) {
        size_t child = place * 2 + 1;
        if (child >= merger->count)
            break;
        if (child + 1 < merger->count &&
            bytes_compare(merger->heap[child + 1]->record, merger->heap[child]->record) < 0)
            child++;
        if (bytes_compare(merger->heap[child]->record, moved->record) >= 0)
            break;
        merger->heap[place] = merger->heap[child];
        place = child;
    }
    merger->heap[place] = moved;
}

static enum status merger_open(struct merger *merger, struct sorter *sorter, size_t count,
                               struct fault *fault)
{
    const size_t room = sorter->size / count;
    for (size_t i = 0; i < count; i++) {
        struct window *window = &merger->windows[i];
        const struct run run = sorter->runs[i];
        *window = (struct window){.room = sorter->region + i * room,
                                  .size = room,
                                  .offset = run.offset,
                                  .end = run.offset + run.length};
        const enum status status = window_next(sorter, window, fault);
        if (status == STATUS_OK)
            merger->heap[merger->count++] = window;
        else if (status != STATUS_END)
            return status;
    }
    for (size_t i = merger->count / 2; i-- > 0;)
        heap_sink(merger, i);
    return STATUS_OK;
}

/* Gives the records of the first `count` runs in order. */
static enum status runs_give(struct sorter *sorter, size_t count, sorter_sink *sink, void *context,
                             struct fault *fault)
{
    struct merger *merger = calloc(1, sizeof(*merger));
    if (!merger)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for sorting");
    enum status status = merger_open(merger, sorter, count, fault);
    while (!status && merger->count) {
        struct window *least = merger->heap[0];
        status = sink(context, least->record, fault);
        if (status)
            break;
        status = window_next(sorter, least, fault);
        if (status == STATUS_END) {
            merger->heap[0] = merger->heap[--merger->count];
            status = STATUS_OK;
        }
        if (!status && merger->count)
            heap_sink(merger, 0);
    }
    free(merger);
    return status;
}

/* How many runs can be merged at one time: each window must hold the largest record. */
static size_t windows_max(const struct sorter *sorter)
{
    size_t room = WINDOW_ROOM < sorter->size / 4 ? WINDOW_ROOM : sorter->size / 4;
    if (room < sorter->largest + LENGTH_BYTES)
        room = sorter->largest + LENGTH_BYTES;
    const size_t count = sorter->size / room;
    assert(count >= 2);
    return count < WINDOWS_MAX ? count : WINDOWS_MAX;
}

/* Makes one run of the first `count`. */
static enum status runs_join(struct sorter *sorter, size_t count, struct fault *fault)
{
    struct run_writer writer;
    enum status status = run_begin(sorter, &writer, fault);
    if (!status)
        status = runs_give(sorter, count, run_add, &writer, fault);
    if (!status)
        status = run_end(&writer, fault);
    if (status)
        return status;
    sorter->run_count -= count;
    memmove(sorter->runs, sorter->runs + count, sorter->run_count * sizeof(*sorter->runs));
    return STATUS_OK;
}

static enum status file_give(struct sorter *sorter, sorter_sink *sink, void *context,
                             struct fault *fault)
{
    enum status status = sorter->count ? spill(sorter, fault) : STATUS_OK;
    const size_t at_once = windows_max(sorter);
    while (!status && sorter->run_count > at_once)
        status = runs_join(sorter, at_once, fault);
    return status ? status : runs_give(sorter, sorter->run_count, sink, context, fault);
}

enum status sorter_merge(struct sorter *sorter, sorter_sink *sink, void *context,
                         struct fault *fault)
{
    const enum status status = sorter->run_count ? file_give(sorter, sink, context, fault)
                                                 : memory_give(sorter, sink, context, fault);
    /* Gives the room on the disk back; if that fails, it goes with the file. */
    if (sorter->file_length)
        (void)!ftruncate(sorter->file, 0);
    sorter->used = sorter->count = sorter->run_count = 0;
    sorter->total = sorter->file_length = 0;
    sorter->largest = 0;
    return status;
}
