#include "evidence/evidence.h"

#include "evidence/input.h"
#include "evidence/unpack.h"
#include "evidence/walk.h"

#include <assert.h>
#include <locale.h>
#include <stdlib.h>

struct evidence {
    struct evidence_options options;
    struct walk walk;
    size_t next_item;
    uint32_t next_index;
    struct meter meter;
    struct source *given;                    /* the one that the caller has */
    struct layer *layers[UNPACK_LAYERS_MAX]; /* the archives that are open, outermost first */
    unsigned layer_count;
    unsigned archive_count; /* of them, those with members */
    locale_t locale;        /* in which libarchive gives names as UTF-8; 0: none */
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
    opened->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    const enum status status = walk_paths(&opened->walk, paths, count, fault);
    if (status < 0) {
        evidence_close(opened);
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
    while (evidence->layer_count > 0)
        source_close(layer_close(evidence->layers[--evidence->layer_count]));
    if (evidence->locale)
        freelocale(evidence->locale);
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

static enum status next_item(struct evidence *evidence, struct source **source, struct fault *fault)
{
    if (evidence->next_item == evidence->walk.count) {
        meter_turn(&evidence->meter, 0);
        return STATUS_END;
    }
    *source = open_item(evidence, &evidence->walk.items[evidence->next_item]);
    if (!*source)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to open a file");
    evidence->next_item++;
    return STATUS_OK;
}

/* The next member of the innermost archive; behind the last the archive itself, if it is to be
 * given: else *source is NULL. */
static enum status next_member(struct evidence *evidence, struct source **source,
                               struct fault *fault)
{
    struct layer *layer = evidence->layers[evidence->layer_count - 1];
    const enum status status = layer_next(layer, source, fault);
    if (status != STATUS_END)
        return status;
    evidence->layer_count--;
    evidence->archive_count -= layer_has_members(layer);
    *source = layer_close(layer);
    return STATUS_OK;
}

/* Opens a layer if the source is an archive or compressed: then it is no longer ours to give. */
static enum status enter(struct evidence *evidence, struct source **source, struct fault *fault)
{
    struct bytes head;
    if (source_kind(*source) != SOURCE_BYTES || source_peek(*source, &head, NULL) != STATUS_OK)
        return STATUS_OK;
    const enum unpack_kind kind = unpack_tell(head);
    if (kind == UNPACK_NONE)
        return STATUS_OK;
    const bool has_members = unpack_has_members(kind);
    if (evidence->layer_count == UNPACK_LAYERS_MAX ||
        (has_members && evidence->archive_count == EVIDENCE_ARCHIVE_DEPTH)) {
        struct fault verdict;
        if (evidence->archive_count == EVIDENCE_ARCHIVE_DEPTH)
            fault_set(&verdict, STATUS_REFUSED, 0, "archives are nested more than %d deep",
                      EVIDENCE_ARCHIVE_DEPTH);
        else
            fault_set(&verdict, STATUS_REFUSED, 0, "compressed more than %d times",
                      UNPACK_LAYERS_MAX);
        source_conclude(*source, SOURCE_ARCHIVE, &verdict);
        (*source)->type = unpack_name(kind);
        return STATUS_OK;
    }
    struct layer *layer = layer_new(*source, kind, &evidence->options);
    if (!layer)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to open an archive");
    evidence->layers[evidence->layer_count++] = layer;
    evidence->archive_count += has_members;
    *source = NULL;
    return STATUS_OK;
}

static enum status next_source(struct evidence *evidence, struct source **source,
                               struct fault *fault)
{
    for (;;) {
        struct source *next = NULL;
        enum status status = evidence->layer_count > 0 ? next_member(evidence, &next, fault)
                                                       : next_item(evidence, &next, fault);
        if (status == STATUS_OK && next)
            status = enter(evidence, &next, fault);
        if (status != STATUS_OK) {
            source_close(next);
            return status;
        }
        if (next) {
            *source = next;
            return STATUS_OK;
        }
    }
}

enum status evidence_next(struct evidence *evidence, struct source **source, struct fault *fault)
{
    source_close(evidence->given);
    evidence->given = NULL;
    const locale_t before = evidence->locale ? uselocale(evidence->locale) : (locale_t)0;
    const enum status status = next_source(evidence, &evidence->given, fault);
    if (before)
        uselocale(before);
    if (status != STATUS_OK)
        return status;
    evidence->given->index = evidence->next_index++;
    *source = evidence->given;
    return STATUS_OK;
}
