#include "pipeline/supply.h"

#include <assert.h>
#include <stdlib.h>

void supply_item_free(struct supply_item *item)
{
    if (!item)
        return;
    account_release(&item->cutting);
    account_release(&item->account);
    free(item->path);
    free(item);
}

static struct supply_item *item_new(struct source *source)
{
    struct supply_item *item = calloc(1, sizeof(*item));
    if (!item)
        return NULL;
    account_init(&item->cutting);
    account_init(&item->account);
    item->names = fields_budget();
    item->evidence = source_index(source);
    item->path = strdup(source_path(source));
    item->type = "not evidence";
    if (!item->path) {
        free(item);
        return NULL;
    }
    return item;
}

static void failure_note(struct supply_item *item, const struct fault *fault)
{
    item->cutting.is_incomplete = true;
    if (fault->offset)
        account_note(&item->cutting, "offset %llu: %s", (unsigned long long)fault->offset,
                     fault->reason);
    else
        account_note(&item->cutting, "%s", fault->reason);
}

/* An archive, given behind its members, or something that is no evidence by its nature. */
static void describe_unread(struct supply_item *item, struct source *source)
{
    const struct fault *fault = source_fault(source);
    if (source_kind(source) == SOURCE_ARCHIVE) {
        item->type = source_type(source);
        item->is_evidence = true;
        if (fault)
            failure_note(item, fault);
    } else if (fault) {
        account_note(&item->cutting, "%s", fault->reason);
    }
}

/* Finds the format of the current source and opens it. */
static void source_begin(struct supply *supply)
{
    struct supply_item *item = supply->item;
    const struct reader_shared *shared = supply->options->shared;
    struct fault fault = {0};
    struct bytes head;
    if (source_kind(supply->source) != SOURCE_BYTES) {
        describe_unread(item, supply->source);
        return;
    }
    enum status status = source_peek(supply->source, &head, &fault);
    if (status < 0) {
        item->type = "unreadable";
        failure_note(item, &fault);
        return;
    }
    if (status == STATUS_END || head.length == 0) {
        account_note(&item->cutting, "empty");
        return;
    }
    const struct reader_format *format = reader_find(head, shared);
    if (!format) {
        account_note(&item->cutting, "not evidence: no format that is known");
        return;
    }
    item->type = format->name;
    item->is_evidence = true;
    status = format->open(shared, supply->source, &item->cutting, &supply->state, &fault);
    if (status == STATUS_OK)
        item->format = format;
    else
        failure_note(item, &fault);
}

static void source_end(struct supply *supply)
{
    struct supply_item *item = supply->item;
    struct fault fault = {0};
    if (item->format)
        item->format->close(supply->state, &item->cutting);
    supply->state = NULL;
    if (source_hash(supply->source, &item->bytes, item->hash, &fault) != STATUS_OK &&
        !item->cutting.is_incomplete && fault.reason[0] && item->is_evidence)
        failure_note(item, &fault);
}

static enum status source_open_next(struct supply *supply, struct fault *fault)
{
    const enum status status = evidence_next(supply->evidence, &supply->source, fault);
    if (status)
        return status;
    supply->item = item_new(supply->source);
    if (!supply->item)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for one more piece of evidence");
    source_begin(supply);
    return STATUS_OK;
}

static bool is_stopped(const struct supply *supply)
{
    return supply->options->stop && __atomic_load_n(supply->options->stop, __ATOMIC_RELAXED);
}

enum status supply_next(struct supply *supply, enum supply_kind *kind, struct supply_item **item,
                        struct batch *batch, struct fault *fault)
{
    enum status status = is_stopped(supply) ? fault_set(fault, STATUS_STOPPED, 0, "stopped")
                         : supply->item     ? STATUS_OK
                                            : source_open_next(supply, fault);
    if (status)
        return status;
    struct fault reading = {0};
    batch->lane = 0;
    status = supply->item->format ? supply->item->format->next(supply->state, batch,
                                                               &supply->item->cutting, &reading)
                                  : STATUS_END;
    *item = supply->item;
    if (status == STATUS_OK) {
        *kind = SUPPLY_BATCH;
        return STATUS_OK;
    }
    if (status < 0)
        failure_note(supply->item, &reading);
    source_end(supply);
    supply->item = NULL;
    *kind = SUPPLY_ITEM;
    return STATUS_OK;
}
