/* The bytes of a member, and the limits on them. */
#include "evidence/layer.h"

#include <assert.h>

/* Logs that hold little are mostly zeros, and there may be hundreds of them in an archive: a member
 * alone is suspected earlier than all of them together. */
#define RATIO_MAX    200
#define MEMBER_FREE  ((uint64_t)64 << 20)
#define ARCHIVE_FREE ((uint64_t)1 << 30)
#define BOMBS_MAX    16
#define EMPTIES_MAX  4096 /* blocks without a byte, one after the other */

enum status layer_blame(const struct layer *layer, uint64_t offset, struct fault *fault)
{
    if (layer->outer_fault.status < 0) {
        if (fault)
            *fault = layer->outer_fault;
        return layer->outer_fault.status;
    }
    const char *text = archive_error_string(layer->archive);
    if (!text)
        return fault_set(fault, STATUS_DAMAGED, offset, "cut off");
    return fault_set(fault, STATUS_DAMAGED, offset, "%.*s", (int)strcspn(text, "\n"), text);
}

void layer_judge(struct layer *layer, const struct fault *verdict)
{
    assert(verdict->status < 0);
    if (layer->verdict.status == STATUS_OK)
        layer->verdict = *verdict;
}

/* The end of a member, which a sparse file may reach by a gap. */
static enum status end(struct layer *layer, uint64_t offset, struct fault *fault)
{
    const bool is_sparse = layer->kind == UNPACK_TAR && !layer->has_ended;
    layer->has_ended = true;
    if (is_sparse && offset == layer->member_size && offset > layer->member_out) {
        layer->gap = offset - layer->member_out;
        return STATUS_OK;
    }
    if (layer->member_size != SOURCE_SIZE_NONE && layer->member_size != layer->member_out)
        return fault_set(fault, STATUS_DAMAGED, layer->member_out, "ends before its %llu bytes",
                         (unsigned long long)layer->member_size);
    return STATUS_END;
}

/* The library's next block of the open member: STATUS_END behind the last. */
static enum status next_block(struct layer *layer, struct fault *fault)
{
    const void *data = NULL;
    size_t length = 0;
    la_int64_t offset = 0;
    const int result = archive_read_data_block(layer->archive, &data, &length, &offset);
    if (result == ARCHIVE_EOF)
        return end(layer, (uint64_t)offset, fault);
    if (result < ARCHIVE_WARN)
        return layer_blame(layer, layer->member_out, fault);
    if (result != ARCHIVE_OK)
        layer_blame(layer, layer->member_out, &layer->warning);
    if (length == 0 && offset <= 0)
        return STATUS_OK;
    if (offset < 0 || (uint64_t)offset < layer->member_out)
        return fault_set(fault, STATUS_DAMAGED, layer->member_out, "blocks overlap");
    layer->gap = (uint64_t)offset - layer->member_out;
    layer->data = data;
    layer->data_left = length;
    return STATUS_OK;
}

static enum status fill(struct layer *layer, struct fault *fault)
{
    for (unsigned empties = 0; layer->gap == 0 && layer->data_left == 0; empties++) {
        if (layer->warning.status < 0) {
            if (fault)
                *fault = layer->warning;
            return layer->warning.status;
        }
        if (empties == EMPTIES_MAX)
            return fault_set(fault, STATUS_DAMAGED, layer->member_out, "does not come to an end");
        const enum status status = next_block(layer, fault);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static size_t take(struct layer *layer, uint8_t *to, size_t want)
{
    if (layer->gap > 0) {
        const size_t length = want < layer->gap ? want : (size_t)layer->gap;
        memset(to, 0, length);
        layer->gap -= length;
        return length;
    }
    const size_t length = want < layer->data_left ? want : layer->data_left;
    memcpy(to, layer->data, length);
    layer->data += length;
    layer->data_left -= length;
    return length;
}

static bool is_bomb(uint64_t out, uint64_t in, uint64_t free)
{
    return out > free && out / RATIO_MAX > in + LAYER_BLOCK;
}

static enum status refuse_archive(struct layer *layer, const char *reason, struct fault *fault)
{
    struct fault verdict;
    fault_set(&verdict, STATUS_REFUSED, 0, "%s", reason);
    layer_judge(layer, &verdict);
    layer->is_over = true;
    return fault_set(fault, STATUS_REFUSED, layer->member_out, "%s", reason);
}

/* The archive says so too, because nobody may be reading the member. It is over, unless the rest of
 * the member can be passed over. */
static enum status refuse_bomb(struct layer *layer, struct fault *fault)
{
    struct fault verdict;
    fault_set(&verdict, STATUS_REFUSED, 0, "member %llu unfolds to more than %d times its size",
              (unsigned long long)layer->members, RATIO_MAX);
    layer_judge(layer, &verdict);
    layer->is_over |= !layer->can_skip || ++layer->bombs > BOMBS_MAX;
    layer->out -= layer->member_out;
    return fault_set(fault, STATUS_REFUSED, layer->member_out,
                     "unfolds to more than %d times its size", RATIO_MAX);
}

static enum status count(struct layer *layer, uint64_t length, struct fault *fault)
{
    layer->member_out += length;
    layer->out += length;
    layer->total += length;
    if (layer->options.stop && *layer->options.stop) {
        layer->is_over = true;
        return fault_set(fault, STATUS_STOPPED, layer->member_out, "stopped");
    }
    if (layer->total > layer->options.archive_limit)
        return refuse_archive(layer, "the archive unfolds to more than its limit", fault);
    if (is_bomb(layer->member_out, layer->in - layer->member_in, MEMBER_FREE))
        return refuse_bomb(layer, fault);
    const uint64_t size = source_size(layer->outer); /* members may share bytes of the archive */
    if (is_bomb(layer->out, layer->in < size ? layer->in : size, ARCHIVE_FREE))
        return refuse_archive(layer, "the archive unfolds to more than 200 times its size", fault);
    return STATUS_OK;
}

enum status layer_read(struct layer *layer, void *to, size_t want, size_t *got, struct fault *fault)
{
    *got = 0;
    while (layer->is_open && *got < want) {
        enum status status = fill(layer, fault);
        if (status == STATUS_OK) {
            const size_t length = take(layer, (uint8_t *)to + *got, want - *got);
            *got += length;
            status = count(layer, length, fault);
        }
        layer->is_open = status == STATUS_OK;
        if (status < 0)
            return status;
    }
    return STATUS_OK;
}

void layer_pass(struct layer *layer)
{
    while (layer->is_open) {
        struct fault fault;
        enum status status = fill(layer, &fault);
        if (status == STATUS_OK) {
            const uint64_t length = layer->gap ? layer->gap : layer->data_left;
            layer->data_left = layer->gap ? layer->data_left : 0;
            layer->gap = 0;
            status = count(layer, length, &fault);
        }
        layer->is_open = status == STATUS_OK;
    }
}
