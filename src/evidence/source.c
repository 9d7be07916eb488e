/* A source is its input plus the bytes that were taken ahead: `held` is the evidence from its first
 * byte on, so a peek stays possible and a short stream can be read at any offset. */
#include "evidence/source.h"

#include "evidence/digest.h"
#include "evidence/input.h"

#include <assert.h>
#include <stdlib.h>

#define DRAIN_MIN ((size_t)4 << 10)
#define DRAIN_MAX ((size_t)256 << 10)

static void meter_add(struct meter *meter, size_t got)
{
    if (!meter)
        return;
    meter->current = meter->limit - meter->current < got ? meter->limit : meter->current + got;
    __atomic_store_n(&meter->done, meter->before + meter->current, __ATOMIC_RELAXED);
}

struct source *source_new(const char *path, const struct evidence_options *options)
{
    struct source *source = calloc(1, sizeof(*source));
    if (!source)
        return NULL;
    source->size = SOURCE_SIZE_NONE;
    source->stop = options->stop;
    source->path = strdup(path);
    if (options->hash != EVIDENCE_HASH_NONE)
        source->digest = digest_new(options->hash);
    if (!source->path || (options->hash != EVIDENCE_HASH_NONE && !source->digest)) {
        source_close(source);
        return NULL;
    }
    return source;
}

void source_close(struct source *source)
{
    if (!source)
        return;
    if (source->input)
        source->input->close(source);
    digest_free(source->digest);
    buffer_release(&source->held);
    free(source->path);
    free(source);
}

enum status source_fail(struct source *source, const struct fault *fault)
{
    assert(fault->status < 0);
    source->is_failed = true;
    source->fault = *fault;
    return fault->status;
}

void source_conclude(struct source *source, enum source_kind kind, const struct fault *verdict)
{
    source->kind = kind;
    source->has_verdict = verdict != NULL;
    if (verdict)
        source->verdict = *verdict;
}

/* The failure that this source ended with. */
static enum status failure(const struct source *source, struct fault *fault)
{
    const struct fault *why = source_fault(source);
    assert(why);
    if (fault)
        *fault = *why;
    return why->status;
}

/* Takes from the input; a failure is kept. Fewer bytes than `want` mean that there are no more. */
static size_t take(struct source *source, void *to, size_t want)
{
    if (source->is_ended || source->is_failed || want == 0)
        return 0;
    if (!source->input) {
        source->is_ended = true;
        return 0;
    }
    size_t got = 0;
    struct fault fault = {.status = STATUS_IO};
    const enum status status = source->input->read(source, to, want, &got, &fault);
    assert(got <= want);
    source->taken += got;
    meter_add(source->meter, got);
    source->is_ended = status >= 0 && got < want;
    if (source->digest && !digest_add(source->digest, bytes_of(to, got)) && status >= 0)
        source_fail(source, &(struct fault){STATUS_MEMORY, source->taken, "the hash failed"});
    if (status < 0)
        source_fail(source, &fault);
    return got;
}

enum status source_hold(struct source *source, size_t want, struct fault *fault)
{
    struct buffer *held = &source->held;
    if (held->length >= want || source->is_ended || source->is_failed)
        return STATUS_OK;
    assert(source->taken == held->length);
    uint8_t *room = buffer_room(held, want - held->length);
    if (!room) {
        source_fail(source, &(struct fault){STATUS_MEMORY, source->taken, "no memory"});
        return failure(source, fault);
    }
    held->length += take(source, room, want - held->length);
    return STATUS_OK;
}

bool source_is_seekable(const struct source *source)
{
    return (source->input && source->input->read_at) ||
           (source->is_ended && source->taken == source->held.length);
}

enum status source_read_at(const struct source *source, uint64_t offset, void *to, size_t want,
                           size_t *got, struct fault *fault)
{
    assert(source_is_seekable(source));
    if (source->input && source->input->read_at) {
        const enum status status = source->input->read_at(source, offset, to, want, got, fault);
        meter_add(source->meter, *got);
        return status;
    }
    const struct buffer *held = &source->held;
    const size_t left = offset < held->length ? held->length - (size_t)offset : 0;
    *got = want < left ? want : left;
    if (*got)
        memcpy(to, held->data + offset, *got);
    return STATUS_OK;
}

const char *source_path(const struct source *source)
{
    return source->path;
}

uint64_t source_size(const struct source *source)
{
    return source->is_ended && !source->is_failed ? source->taken : source->size;
}

enum status source_peek(struct source *source, struct bytes *head, struct fault *fault)
{
    if (source->has_verdict)
        return failure(source, fault);
    if (source->kind != SOURCE_BYTES) {
        *head = bytes_of(NULL, 0);
        return STATUS_OK;
    }
    const enum status status = source_hold(source, EVIDENCE_HEAD, fault);
    if (status < 0)
        return status;
    const size_t length = source->held.length;
    if (length == 0 && source->is_failed)
        return failure(source, fault);
    *head = bytes_of(source->held.data, length < EVIDENCE_HEAD ? length : EVIDENCE_HEAD);
    return STATUS_OK;
}

enum status source_read(struct source *source, void *to, size_t want, size_t *got,
                        struct fault *fault)
{
    *got = 0;
    if (source->has_verdict)
        return failure(source, fault);
    if (source->kind != SOURCE_BYTES)
        return STATUS_END;
    size_t given = 0;
    if (source->offset < source->held.length) {
        const size_t left = source->held.length - (size_t)source->offset;
        given = want < left ? want : left;
        memcpy(to, source->held.data + source->offset, given);
    }
    given += take(source, (uint8_t *)to + given, want - given);
    source->offset += given;
    *got = given;
    if (given < want && source->is_failed)
        return failure(source, fault);
    return given == 0 && want > 0 ? STATUS_END : STATUS_OK;
}

uint64_t source_offset(const struct source *source)
{
    return source->kind == SOURCE_BYTES ? source->offset : 0;
}

enum source_kind source_kind(const struct source *source)
{
    return source->kind;
}

const char *source_type(const struct source *source)
{
    return source->type;
}

uint32_t source_index(const struct source *source)
{
    return source->index;
}

const struct fault *source_fault(const struct source *source)
{
    if (source->has_verdict)
        return &source->verdict;
    return source->is_failed ? &source->fault : NULL;
}

/* How much to take at once of what seems to be left: most sources are small. */
static size_t drain_length(const struct source *source)
{
    const uint64_t left = source->size > source->taken ? source->size - source->taken : 0;
    if (left < DRAIN_MIN)
        return DRAIN_MIN;
    return left < DRAIN_MAX ? (size_t)left : DRAIN_MAX;
}

/* Takes what is left, for the hash only. */
static enum status drain(struct source *source, struct fault *fault)
{
    const size_t length = drain_length(source);
    uint8_t *room = malloc(length);
    if (!room)
        return fault_set(fault, STATUS_MEMORY, source->taken, "no memory to hash");
    while (take(source, room, length) == length) {
        if (source->stop && *source->stop)
            source_fail(source, &(struct fault){STATUS_STOPPED, source->taken, "stopped"});
    }
    free(room);
    if (source->is_failed && fault)
        *fault = source->fault;
    return source->is_failed ? source->fault.status : STATUS_OK;
}

enum status source_hash(struct source *source, uint64_t *size, char hash[EVIDENCE_HASH_BOUND],
                        struct fault *fault)
{
    while (source->packed)
        source = source->packed;
    enum status status = STATUS_OK;
    hash[0] = '\0';
    if (!source->input) {
        status = source->kind != SOURCE_OTHER && source_fault(source) ? failure(source, fault)
                                                                      : STATUS_OK;
    } else if (source->digest) {
        status = source->is_ended ? STATUS_OK : drain(source, fault);
        if (status == STATUS_OK && !digest_write(source->digest, hash))
            status = fault_set(fault, STATUS_MEMORY, 0, "the hash failed");
    }
    *size = source_size(source) == SOURCE_SIZE_NONE ? source->taken : source_size(source);
    return status;
}
