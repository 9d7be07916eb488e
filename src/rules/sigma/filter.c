#include "rules/sigma/filter.h"

#include "rules/sigma/condition.h"
#include "rules/sigma/document.h"
#include "rules/sigma/header.h"
#include "rules/sigma/index.h"

#include <stdlib.h>
#include <strings.h>

/* `rules` must be there; `any` and an empty list mean every rule of the log source. */
static enum status take_references(const struct draft_context *context,
                                   const struct tree_node *section, struct draft_filter *filter)
{
    const struct tree_node *rules = tree_find(section, "rules");
    if (!rules || rules->kind == TREE_NULL || rules->kind == TREE_MAP)
        return fault_set(context->fault, STATUS_INVALID, section->line,
                         "the filter's rules are neither any nor a list of ids and names");
    if (tree_is_scalar(rules) && strcasecmp((const char *)rules->text.data, "any") == 0)
        return STATUS_OK;
    return header_texts(context, rules, &filter->references, &filter->reference_count);
}

enum status filter_parse(const struct draft_context *context, const struct tree_node *document,
                         struct draft_rule *draft)
{
    const struct tree_node *section = tree_find(document, "filter");
    struct draft_filter *filter = arena_take_array(context->arena, 1, sizeof(*filter));
    if (!filter)
        return draft_no_memory(context);
    if (section->kind != TREE_MAP)
        return fault_set(context->fault, STATUS_INVALID, section->line, "filter must be a map");
    enum status status = header_logsource(context, document, &draft->rule.logsource);
    if (status == STATUS_OK)
        status = take_references(context, section, filter);
    if (status == STATUS_OK)
        status = document_section(context, section, true, draft);
    draft->filter = filter;
    return status;
}

static bool allows(const char *filter_says, const char *rule_says)
{
    return !filter_says || (rule_says && strcasecmp(filter_says, rule_says) == 0);
}

/* Whether the filter's log source says nothing that the rule's does not. */
static bool fits(const struct draft_rule *filter, const struct draft_rule *rule)
{
    const struct sigma_logsource *mine = &filter->rule.logsource;
    const struct sigma_logsource *its = &rule->rule.logsource;
    return allows(mine->category, its->category) && allows(mine->product, its->product) &&
           allows(mine->service, its->service);
}

/* First it is settled which filters each rule gets, then each rule is changed once: what a filter
 * costs does not grow with those before it. */

#define FILTERS_MAX 1024U /* of one rule */

struct application {
    uint32_t rule, filter; /* drafts */
};

struct applying {
    const struct index *index;
    struct application *list; /* in the order of filters */
    size_t count, capacity;
    uint32_t *counts; /* of each draft: the filters it gets */
    uint32_t *last;   /* of each draft: the last filter that it got, plus one */
};

static enum status note(struct applying *applying, uint32_t filter, uint32_t rule,
                        uint32_t *reached)
{
    const struct draft_rule *drafts = applying->index->rules->drafts;
    if (drafts[rule].is_refused || drafts[rule].filter || drafts[rule].correlation ||
        !fits(&drafts[filter], &drafts[rule]))
        return STATUS_OK;
    ++*reached;
    if (applying->last[rule] == filter + 1 || applying->counts[rule] > FILTERS_MAX)
        return STATUS_OK;
    applying->last[rule] = filter + 1;
    applying->counts[rule]++;
    if (applying->count == applying->capacity) {
        const size_t capacity = applying->capacity * 2 + 64;
        struct application *list = reallocarray(applying->list, capacity, sizeof(*list));
        if (!list)
            return STATUS_MEMORY;
        applying->list = list;
        applying->capacity = capacity;
    }
    applying->list[applying->count++] = (struct application){rule, filter};
    return STATUS_OK;
}

static enum status refuse(struct sigma_rules *rules, struct draft_rule *draft)
{
    struct fault fault;
    fault_set(&fault, STATUS_INVALID, draft->rule.line,
              "the filter reaches no rule: %.80s is not there, or of another log source",
              draft->filter->references[0]);
    return collection_refuse_draft(rules, draft, &fault);
}

static enum status note_filter(struct applying *applying, uint32_t at)
{
    const struct index *index = applying->index;
    struct sigma_rules *rules = index->rules;
    const struct draft_filter *filter = rules->drafts[at].filter;
    enum status status = STATUS_OK;
    uint32_t reached = 0;
    const uint32_t any = filter->reference_count == 0 ? rules->draft_count : 0;
    for (uint32_t i = 0; i < any && status == STATUS_OK; i++)
        status = note(applying, at, i, &reached);
    for (uint32_t i = 0; i < filter->reference_count; i++) {
        const struct index_range range = reference_index_range(index, filter->references[i]);
        for (uint32_t j = range.first; j < range.end && status == STATUS_OK; j++)
            status = note(applying, at, index->entries[j].draft, &reached);
    }
    if (status != STATUS_OK || reached || filter->reference_count == 0)
        return status;
    return refuse(rules, &rules->drafts[at]);
}

static enum status add_filters(const struct draft_context *context,
                               const struct draft_rule *const *filters, uint32_t count,
                               struct draft_rule *rule)
{
    uint32_t total = rule->selection_count;
    for (uint32_t i = 0; i < count; i++)
        total += filters[i]->selection_count;
    struct draft_detection *all = arena_take_array(context->arena, total, sizeof(*all));
    const struct draft_expression **parts =
        arena_take_array(context->arena, (size_t)count + 1, sizeof(*parts));
    if (!all || !parts)
        return draft_no_memory(context);
    memcpy(all, rule->selections, rule->selection_count * sizeof(*all));
    parts[0] = rule->expression;
    uint32_t at = rule->selection_count;
    for (uint32_t i = 0; i < count; i++) {
        parts[i + 1] = condition_shift(context->arena, filters[i]->expression, at);
        if (!parts[i + 1])
            return draft_no_memory(context);
        memcpy(all + at, filters[i]->selections, filters[i]->selection_count * sizeof(*all));
        at += filters[i]->selection_count;
    }
    rule->expression = condition_join(context->arena, SIGMA_AND, parts, count + 1);
    rule->selections = all;
    rule->selection_count = total;
    return rule->expression ? STATUS_OK : draft_no_memory(context);
}

static enum status apply(struct sigma_rules *rules, const struct draft_rule *const *filters,
                         uint32_t count, struct draft_rule *rule)
{
    struct fault fault = {0};
    const struct draft_context context = {&rules->arena, rules->placeholders, &fault};
    uint64_t weight = rule->expression->weight;
    for (uint32_t i = 0; i < count; i++)
        weight += filters[i]->expression->weight;
    if (count > FILTERS_MAX || weight > CONDITION_LEAVES_MAX) {
        fault_set(&fault, STATUS_INVALID, rule->rule.line,
                  "with its filters the condition reaches too many selections");
        return collection_refuse_draft(rules, rule, &fault);
    }
    return add_filters(&context, filters, count, rule);
}

static int compare_applications(const void *one, const void *other)
{
    const struct application *a = one, *b = other;
    if (a->rule != b->rule)
        return a->rule < b->rule ? -1 : 1;
    return (a->filter > b->filter) - (a->filter < b->filter);
}

static enum status apply_noted(struct applying *applying)
{
    struct sigma_rules *rules = applying->index->rules;
    const struct draft_rule **filters = calloc(FILTERS_MAX + 1, sizeof(*filters));
    enum status status = filters ? STATUS_OK : STATUS_MEMORY;
    if (applying->count)
        qsort(applying->list, applying->count, sizeof(*applying->list), compare_applications);
    for (size_t i = 0; i < applying->count && status == STATUS_OK;) {
        struct draft_rule *rule = &rules->drafts[applying->list[i].rule];
        const uint32_t count = applying->counts[applying->list[i].rule];
        for (uint32_t j = 0; j < count; j++)
            filters[j] = &rules->drafts[applying->list[i + j].filter];
        status = apply(rules, filters, count, rule);
        i += count;
    }
    free(filters);
    return status;
}

static enum status apply_by_index(const struct index *index)
{
    const uint32_t draft_count = index->rules->draft_count;
    struct applying applying = {
        .index = index,
        .counts = calloc(draft_count, sizeof(*applying.counts)),
        .last = calloc(draft_count, sizeof(*applying.last)),
    };
    enum status status = applying.counts && applying.last ? STATUS_OK : STATUS_MEMORY;
    for (uint32_t i = 0; i < draft_count && status == STATUS_OK; i++)
        if (index->rules->drafts[i].filter)
            status = note_filter(&applying, i);
    if (status == STATUS_OK)
        status = apply_noted(&applying);
    free(applying.list);
    free(applying.counts);
    free(applying.last);
    return status;
}

enum status filter_apply_all(struct sigma_rules *rules)
{
    bool has_any = false;
    for (uint32_t i = 0; i < rules->draft_count; i++)
        has_any |= rules->drafts[i].filter != NULL;
    if (!has_any)
        return STATUS_OK;
    struct index index;
    enum status status = reference_index_make(&index, rules);
    if (status == STATUS_OK)
        status = apply_by_index(&index);
    reference_index_release(&index);
    return status;
}
