#include "evidence/evidence.h"

#include "evidence/input.h"
#include "evidence/walk.h"

#include <assert.h>
#include <stdlib.h>

struct evidence {
    struct evidence_options options;
    struct walk walk;
    size_t next_item;
    uint32_t next_index;
    struct meter meter;
    struct source *given; /* the one that the caller has */
};

enum status evidence_open(const char *const *paths, size_t count,
                          const struct evidence_options *options, struct evidence **evidence,
                          struct fault *fault)
{
    struct evidence *opened = calloc(1, sizeof(*opened));
    if (!opened)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the evidence");
    opened->options = *options;
    if (opened->options.archive_limit == 0)
        opened->options.archive_limit = EVIDENCE_ARCHIVE_LIMIT;
    const enum status status = walk_paths(&opened->walk, paths, count, fault);
    if (status < 0) {
        free(opened);
        return status;
    }
    *evidence = opened;
    return STATUS_OK;
}

void evidence_close(struct evidence *evidence)
{
    if (!evidence)
        return;
    source_close(evidence->given);
    walk_release(&evidence->walk);
    free(evidence);
}

const char *const *evidence_roots(const struct evidence *evidence, size_t *count)
{
    *count = evidence->walk.roots.count;
    return evidence->walk.roots.texts;
}

uint64_t evidence_size(const struct evidence *evidence)
{
    return evidence->walk.size;
}

uint64_t evidence_done(const struct evidence *evidence)
{
    return __atomic_load_n(&evidence->meter.done, __ATOMIC_RELAXED);
}

/* What the walk found out is what the source says. */
static void refuse_item(struct source *source, const struct item *item)
{
    struct fault fault;
    const enum source_kind kind = item->status < 0 ? SOURCE_BYTES : SOURCE_OTHER;
    fault_set(&fault, item->status < 0 ? item->status : STATUS_REFUSED, 0, "%s", item->reason);
    source_conclude(source, kind, &fault);
}

/* The next file's turn: the one before counts as done, however much of it was read. */
static void meter_turn(struct meter *meter, uint64_t limit)
{
    meter->before += meter->limit;
    meter->current = 0;
    meter->limit = limit;
    __atomic_store_n(&meter->done, meter->before, __ATOMIC_RELAXED);
}

static struct source *open_item(struct evidence *evidence, const struct item *item)
{
    struct source *source = source_new(item->path, &evidence->options);
    if (!source)
        return NULL;
    meter_turn(&evidence->meter, item->reason ? 0 : item->size);
    source->meter = &evidence->meter;
    if (item->reason)
        refuse_item(source, item);
    else
        source_open(source, item->is_stream);
    return source;
}

enum status evidence_next(struct evidence *evidence, struct source **source, struct fault *fault)
{
    source_close(evidence->given);
    evidence->given = NULL;
    if (evidence->next_item == evidence->walk.count) {
        meter_turn(&evidence->meter, 0);
        return STATUS_END;
    }
    struct source *opened = open_item(evidence, &evidence->walk.items[evidence->next_item]);
    if (!opened)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to open a file");
    evidence->next_item++;
    opened->index = evidence->next_index++;
    evidence->given = opened;
    *source = opened;
    return STATUS_OK;
}
