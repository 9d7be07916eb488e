#include "rules/sigma/collection.h"

#include "rules/sigma/document.h"
#include "rules/sigma/filter.h"
#include "rules/sigma/lower.h"
#include "rules/sigma/pipeline.h"
#include "rules/sigma/placeholder.h"
#include "rules/sigma/reference.h"
#include "yaml/tree.h"

#include <assert.h>
#include <stdlib.h>

#define ARENA_MAX      (256U << 20) /* all that the collection keeps */
#define DOCUMENT_MAX   (8U << 20)   /* what one document may add to it */
#define TREE_ARENA_MAX (96U << 20)  /* the YAML of one file */

enum status sigma_new(const struct sigma_options *options, struct sigma_rules **rules,
                      struct fault *fault)
{
    struct sigma_rules *made = calloc(1, sizeof(*made));
    if (!made)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for rules");
    arena_init(&made->arena, ARENA_MAX);
    arena_init(&made->trees, TREE_ARENA_MAX);
    enum status status = placeholder_read_builtin(&made->arena, &made->placeholders, fault);
    for (uint32_t i = 0; options && i < options->placeholder_count && status == STATUS_OK; i++)
        status = placeholder_read(&made->arena, options->placeholder_files[i], made->placeholders,
                                  fault);
    for (uint32_t i = 0; options && i < options->pipeline_count && status == STATUS_OK; i++)
        status = pipeline_read(made, options->pipeline_files[i], fault);
    if (status != STATUS_OK) {
        sigma_free(made);
        return status;
    }
    pipeline_order(made);
    *rules = made;
    return STATUS_OK;
}

void sigma_free(struct sigma_rules *rules)
{
    if (!rules)
        return;
    arena_release(&rules->arena);
    arena_release(&rules->trees);
    free(rules->drafts);
    free(rules->refusals);
    free(rules->finished);
    pipeline_free(rules->pipelines);
    free(rules);
}

/* Makes room for one more element of `size` in a list that doubles. */
static void *room_for_one(void *list, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return list;
    const uint32_t wanted = *capacity ? *capacity * 2 : 256;
    void *grown = reallocarray(list, wanted, size);
    if (grown)
        *capacity = wanted;
    return grown;
}

enum status collection_refuse(struct sigma_rules *rules, const char *path, uint32_t line,
                              const char *reason)
{
    struct sigma_refusal *refusals = room_for_one(rules->refusals, rules->refusal_count,
                                                  &rules->refusal_capacity, sizeof(*refusals));
    if (!refusals)
        return STATUS_MEMORY;
    rules->refusals = refusals;
    const char *kept = arena_keep_text(&rules->arena, bytes_of_text(reason));
    if (!kept)
        return STATUS_MEMORY;
    refusals[rules->refusal_count++] = (struct sigma_refusal){path, line, kept};
    return STATUS_OK;
}

enum status collection_refuse_draft(struct sigma_rules *rules, struct draft_rule *draft,
                                    const struct fault *fault)
{
    const uint32_t line = fault->offset ? (uint32_t)fault->offset : draft->rule.line;
    draft->is_refused = true;
    return collection_refuse(rules, draft->rule.path, line, fault->reason);
}

/* One file while it is read. */
struct file {
    struct sigma_rules *rules;
    const char *path;
    const struct tree_node *global;   /* of `action: global`; NULL: none */
    const struct tree_node *previous; /* what `action: repeat` builds on */
};

static enum status no_memory(struct fault *fault)
{
    return fault_set(fault, STATUS_MEMORY, 0, "the rules need more memory than %u MiB",
                     ARENA_MAX >> 20);
}

static enum status add_draft(struct file *file, const struct tree_node *document,
                             struct fault *fault)
{
    struct sigma_rules *rules = file->rules;
    struct draft_rule *drafts =
        room_for_one(rules->drafts, rules->draft_count, &rules->draft_capacity, sizeof(*drafts));
    if (!drafts)
        return no_memory(fault);
    rules->drafts = drafts;
    const struct draft_context context = {&rules->arena, rules->placeholders, fault};
    const enum status status = document_parse(&context, document, &drafts[rules->draft_count]);
    if (status == STATUS_OK)
        drafts[rules->draft_count++].rule.path = file->path;
    return status;
}

/* Adds within the memory that one document may take, so that a hostile one is only refused. */
static enum status add_bounded(struct file *file, const struct tree_node *document)
{
    struct arena *arena = &file->rules->arena;
    struct fault fault = {0};
    const size_t maximum = arena->maximum;
    const bool is_bounded = maximum - arena->taken > DOCUMENT_MAX;
    if (is_bounded)
        arena->maximum = arena->taken + DOCUMENT_MAX;
    enum status status = add_draft(file, document, &fault);
    arena->maximum = maximum;
    if (status == STATUS_MEMORY && is_bounded)
        status = fault_set(&fault, STATUS_INVALID, document->line,
                           "the rule needs more memory than %u MiB", DOCUMENT_MAX >> 20);
    if (status != STATUS_INVALID)
        return status;
    const uint32_t line = fault.offset ? (uint32_t)fault.offset : document->line;
    return collection_refuse(file->rules, file->path, line, fault.reason);
}

static enum status refuse_in(const struct file *file, uint32_t line, const char *reason)
{
    return collection_refuse(file->rules, file->path, line, reason);
}

static enum status merge_and_add(struct file *file, const struct tree_node *under,
                                 const struct tree_node *over, uint32_t line)
{
    const struct tree_node *merged = under ? tree_merge(&file->rules->trees, under, over) : over;
    if (!merged)
        return refuse_in(file, line, "the documents are too large to be merged");
    file->previous = merged;
    return add_bounded(file, merged);
}

/* Rule collections of Sigma 1.x. What is global wins over the rule's own, as in pySigma; what is
 * repeated wins over what it repeats. */
static enum status take_action(struct file *file, const struct tree_node *document,
                               const struct tree_node *action)
{
    if (tree_is(action, "global")) {
        file->global = document;
        file->previous = document;
        return STATUS_OK;
    }
    if (tree_is(action, "reset")) {
        file->global = NULL;
        return STATUS_OK;
    }
    if (tree_is(action, "repeat")) {
        if (!file->previous)
            return refuse_in(file, document->line, "there is no document to repeat");
        return merge_and_add(file, file->previous, document, document->line);
    }
    return refuse_in(file, action->line, "action is neither global, reset nor repeat");
}

static enum status take_document(struct file *file, const struct tree_node *document)
{
    if (document->kind == TREE_NULL)
        return STATUS_OK;
    const struct tree_node *action = tree_find(document, "action");
    if (action && action->kind != TREE_NULL)
        return take_action(file, document, action);
    if (tree_find(document, "correlation") || tree_find(document, "filter"))
        return add_bounded(file, document);
    if (file->global)
        return merge_and_add(file, document, file->global, document->line);
    file->previous = document;
    return add_bounded(file, document);
}

static enum status take_documents(struct file *file, struct tree_reader *reader,
                                  struct fault *fault)
{
    for (;;) {
        const struct tree_node *document;
        struct fault inner = {0};
        enum status status = tree_next(reader, &document, &inner);
        if (status == STATUS_END)
            return STATUS_OK;
        if (status == STATUS_OK)
            status = take_document(file, document);
        else
            return refuse_in(file, (uint32_t)inner.offset, inner.reason);
        if (status != STATUS_OK)
            return no_memory(fault);
    }
}

enum status sigma_add(struct sigma_rules *rules, const char *path, struct bytes text,
                      struct fault *fault)
{
    assert(!rules->is_finished);
    arena_reset(&rules->trees);
    struct file file = {.rules = rules,
                        .path = arena_keep_text(&rules->arena, bytes_of_text(path))};
    struct tree_reader *reader = tree_open(text, &rules->trees);
    enum status status = STATUS_MEMORY;
    if (file.path && reader)
        status = take_documents(&file, reader, fault);
    tree_close(reader);
    return status == STATUS_OK ? STATUS_OK : no_memory(fault);
}

static enum status lower_draft(struct sigma_rules *rules, struct draft_rule *draft)
{
    struct fault fault = {0};
    const struct draft_context context = {&rules->arena, rules->placeholders, &fault};
    const enum status status = lower_condition(&context, draft, &draft->rule.condition);
    return status == STATUS_INVALID ? collection_refuse_draft(rules, draft, &fault) : status;
}

static enum status lower_all(struct sigma_rules *rules)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < rules->draft_count && status == STATUS_OK; i++) {
        struct draft_rule *draft = &rules->drafts[i];
        if (!draft->is_refused && !draft->filter && !draft->correlation)
            status = lower_draft(rules, draft);
    }
    return status;
}

static enum status gather(struct sigma_rules *rules)
{
    rules->finished = calloc(rules->draft_count ? rules->draft_count : 1, sizeof(*rules->finished));
    if (!rules->finished)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < rules->draft_count; i++) {
        struct draft_rule *draft = &rules->drafts[i];
        if (draft->is_refused || draft->filter)
            continue;
        draft->rule.correlation = draft->correlation ? &draft->correlation->correlation : NULL;
        rules->finished[rules->finished_count++] = &draft->rule;
    }
    return STATUS_OK;
}

enum status sigma_finish(struct sigma_rules *rules, struct fault *fault)
{
    assert(!rules->is_finished);
    rules->is_finished = true;
    arena_release(&rules->trees);
    static enum status (*const steps[])(struct sigma_rules *) = {
        filter_apply_all, reference_find, pipeline_apply_all, lower_all, reference_settle, gather,
    };
    for (unsigned i = 0; i < COUNT_OF(steps); i++)
        if (steps[i](rules) != STATUS_OK)
            return no_memory(fault);
    return STATUS_OK;
}

uint32_t sigma_count(const struct sigma_rules *rules)
{
    return rules->finished_count;
}

const struct sigma_rule *sigma_rule_at(const struct sigma_rules *rules, uint32_t index)
{
    assert(index < rules->finished_count);
    return rules->finished[index];
}

uint32_t sigma_refusal_count(const struct sigma_rules *rules)
{
    return rules->refusal_count;
}

const struct sigma_refusal *sigma_refusal_at(const struct sigma_rules *rules, uint32_t index)
{
    assert(index < rules->refusal_count);
    return &rules->refusals[index];
}
