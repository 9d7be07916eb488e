#include "rules/sigma/reference.h"

#include "rules/sigma/filter.h"
#include "rules/sigma/header.h"

#include <assert.h>
#include <stdlib.h>

#define CORRELATION_DEPTH_MAX 32 /* correlations over correlations */

/* Every rule and correlation by its id and by its name, sorted. A name that several have means the
 * one in the referrer's file, or else the first. */
struct entry {
    const char *key;
    uint32_t draft;
};

struct index {
    struct sigma_rules *rules;
    struct entry *entries;
    uint32_t count;
};

static int compare_entries(const void *one, const void *other)
{
    const struct entry *a = one, *b = other;
    const int order = strcmp(a->key, b->key);
    return order ? order : (a->draft > b->draft) - (a->draft < b->draft);
}

static bool index_add(struct index *index, const char *key, uint32_t draft)
{
    char digits[HEADER_UUID_DIGITS + 1];
    if (!key)
        return true;
    if (header_uuid(key, digits))
        key = arena_keep_text(&index->rules->arena, bytes_of_text(digits));
    if (!key)
        return false;
    index->entries[index->count++] = (struct entry){key, draft};
    return true;
}

static enum status index_make(struct index *index, struct sigma_rules *rules)
{
    *index = (struct index){.rules = rules};
    index->entries = calloc((size_t)rules->draft_count * 2 + 1, sizeof(*index->entries));
    if (!index->entries)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < rules->draft_count; i++) {
        const struct draft_rule *draft = &rules->drafts[i];
        if (draft->filter)
            continue;
        if (!index_add(index, draft->rule.id, i) || !index_add(index, draft->rule.name, i)) {
            free(index->entries);
            return STATUS_MEMORY;
        }
    }
    qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
    return STATUS_OK;
}

/* The first entry of the reference; those behind it with the same key are meant, too. */
static uint32_t index_first(const struct index *index, const char *reference,
                            char digits[HEADER_UUID_DIGITS + 1])
{
    if (!header_uuid(reference, digits))
        digits[0] = '\0';
    const char *key = digits[0] ? digits : reference;
    uint32_t low = 0, high = index->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (strcmp(index->entries[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_meant(const struct index *index, uint32_t at, const char *reference,
                     const char *digits)
{
    return at < index->count && strcmp(index->entries[at].key, digits[0] ? digits : reference) == 0;
}

/* The draft that a reference in `from` means; false when there is none. */
static bool index_find(const struct index *index, const char *reference,
                       const struct draft_rule *from, uint32_t *draft)
{
    char digits[HEADER_UUID_DIGITS + 1];
    const uint32_t first = index_first(index, reference, digits);
    if (!is_meant(index, first, reference, digits))
        return false;
    *draft = index->entries[first].draft;
    for (uint32_t i = first; is_meant(index, i, reference, digits); i++) {
        if (index->rules->drafts[index->entries[i].draft].rule.path == from->rule.path) {
            *draft = index->entries[i].draft;
            break;
        }
    }
    return true;
}

static enum status refuse(struct sigma_rules *rules, struct draft_rule *draft, const char *before,
                          const char *reference, const char *behind)
{
    struct fault fault;
    fault_set(&fault, STATUS_INVALID, draft->rule.line, "%s %.80s%s", before, reference, behind);
    return collection_refuse_draft(rules, draft, &fault);
}

static enum status apply_filter(struct sigma_rules *rules, const struct draft_rule *filter,
                                struct draft_rule *rule, uint32_t *applied)
{
    if (rule->is_refused || rule->filter || rule->correlation || !filter_fits(filter, rule))
        return STATUS_OK;
    struct fault fault = {0};
    const struct draft_context context = {&rules->arena, rules->placeholders, &fault};
    const enum status status = filter_apply(&context, filter, rule);
    ++*applied;
    return status == STATUS_INVALID ? collection_refuse_draft(rules, rule, &fault) : status;
}

/* Applies a filter to every rule that a reference means, `seen` marking those that had it. */
static enum status apply_by_reference(const struct index *index, const struct draft_rule *filter,
                                      const char *reference, bool *seen, uint32_t *applied)
{
    char digits[HEADER_UUID_DIGITS + 1];
    enum status status = STATUS_OK;
    for (uint32_t i = index_first(index, reference, digits);
         is_meant(index, i, reference, digits) && status == STATUS_OK; i++) {
        const uint32_t draft = index->entries[i].draft;
        if (!seen[draft])
            status = apply_filter(index->rules, filter, &index->rules->drafts[draft], applied);
        seen[draft] = true;
    }
    return status;
}

static enum status apply_one(const struct index *index, struct draft_rule *draft, bool *seen)
{
    struct sigma_rules *rules = index->rules;
    const struct draft_filter *filter = draft->filter;
    enum status status = STATUS_OK;
    uint32_t applied = 0;
    if (filter->reference_count == 0) {
        for (uint32_t i = 0; i < rules->draft_count && status == STATUS_OK; i++)
            status = apply_filter(rules, draft, &rules->drafts[i], &applied);
        return status;
    }
    memset(seen, 0, rules->draft_count * sizeof(*seen));
    for (uint32_t i = 0; i < filter->reference_count && status == STATUS_OK; i++)
        status = apply_by_reference(index, draft, filter->references[i], seen, &applied);
    if (status != STATUS_OK || applied)
        return status;
    return refuse(rules, draft, "the filter reaches no rule:", filter->references[0],
                  " is not there, or of another log source");
}

static bool has_filters(const struct sigma_rules *rules)
{
    for (uint32_t i = 0; i < rules->draft_count; i++)
        if (rules->drafts[i].filter)
            return true;
    return false;
}

enum status reference_apply_filters(struct sigma_rules *rules)
{
    struct index index;
    if (!has_filters(rules))
        return STATUS_OK;
    bool *seen = calloc(rules->draft_count, sizeof(*seen));
    if (!seen || index_make(&index, rules) != STATUS_OK) {
        free(seen);
        return STATUS_MEMORY;
    }
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < rules->draft_count && status == STATUS_OK; i++)
        if (rules->drafts[i].filter)
            status = apply_one(&index, &rules->drafts[i], seen);
    free(index.entries);
    free(seen);
    return status;
}

static bool is_open(const struct draft_rule *draft)
{
    return draft->correlation && !draft->is_refused;
}

static enum status find_targets(const struct index *index, struct draft_rule *draft)
{
    struct sigma_rules *rules = index->rules;
    struct draft_correlation *correlation = draft->correlation;
    const uint32_t count = correlation->correlation.rule_count;
    correlation->targets = arena_take_array(&rules->arena, count, sizeof(*correlation->targets));
    if (!correlation->targets)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const char *name = correlation->correlation.rule_names[i];
        if (!index_find(index, name, draft, &correlation->targets[i]))
            return refuse(rules, draft, "correlation: there is no rule", name, "");
    }
    return STATUS_OK;
}

/* The field of an alias in the correlation's rule `at`; NULL when it names none for that. */
static const char *alias_field(const struct index *index, const struct draft_rule *draft,
                               const struct draft_alias *alias, uint32_t at)
{
    const struct draft_correlation *correlation = draft->correlation;
    for (uint32_t i = 0; i < alias->count; i++) {
        uint32_t target;
        if (index_find(index, alias->references[i], draft, &target) &&
            target == correlation->targets[at])
            return alias->fields[i];
    }
    return NULL;
}

static bool has_target(const struct index *index, const struct draft_rule *draft,
                       const char *reference)
{
    uint32_t target;
    if (!index_find(index, reference, draft, &target))
        return false;
    for (uint32_t i = 0; i < draft->correlation->correlation.rule_count; i++)
        if (draft->correlation->targets[i] == target)
            return true;
    return false;
}

static enum status find_alias(const struct index *index, struct draft_rule *draft,
                              const struct draft_alias *from, struct sigma_alias *alias)
{
    const uint32_t count = draft->correlation->correlation.rule_count;
    const char **fields = arena_take_array(&index->rules->arena, count, sizeof(*fields));
    if (!fields)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < from->count; i++) {
        if (has_target(index, draft, from->references[i]))
            continue;
        struct fault fault;
        fault_set(&fault, STATUS_INVALID, from->line,
                  "correlation: the alias %.60s names %.80s, which is none of the rules",
                  from->alias, from->references[i]);
        return collection_refuse_draft(index->rules, draft, &fault);
    }
    for (uint32_t i = 0; i < count; i++)
        fields[i] = alias_field(index, draft, from, i);
    *alias = (struct sigma_alias){from->alias, fields};
    return STATUS_OK;
}

static enum status find_aliases(const struct index *index, struct draft_rule *draft)
{
    struct draft_correlation *correlation = draft->correlation;
    struct sigma_alias *aliases =
        arena_take_array(&index->rules->arena, correlation->alias_count, sizeof(*aliases));
    if (!aliases)
        return STATUS_MEMORY;
    correlation->correlation.aliases = aliases;
    correlation->correlation.alias_count = correlation->alias_count;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < correlation->alias_count && status == STATUS_OK && is_open(draft); i++)
        status = find_alias(index, draft, &correlation->aliases[i], &aliases[i]);
    return status;
}

/* The first target that is not known to stand; `count` when all do. */
static uint32_t first_missing(const struct draft_rule *draft, const bool *stands)
{
    const struct draft_correlation *correlation = draft->correlation;
    uint32_t at = 0;
    while (at < correlation->correlation.rule_count && stands[correlation->targets[at]])
        at++;
    return at;
}

static enum status refuse_hanging(struct sigma_rules *rules, struct draft_rule *draft,
                                  const bool *stands)
{
    const struct draft_correlation *correlation = draft->correlation;
    const uint32_t at = first_missing(draft, stands);
    const char *name = correlation->correlation.rule_names[at];
    if (rules->drafts[correlation->targets[at]].is_refused)
        return refuse(rules, draft, "correlation: the rule", name, " was refused");
    return refuse(rules, draft, "correlation: it refers to itself by way of", name,
                  ", or is nested too deep");
}

/* Rules stand; a correlation stands when all it refers to does. What does not after as many rounds
 * as correlations may be deep refers to itself. */
static enum status refuse_all_hanging(struct sigma_rules *rules, bool *stands)
{
    for (uint32_t i = 0; i < rules->draft_count; i++)
        stands[i] = !rules->drafts[i].is_refused && !rules->drafts[i].correlation;
    bool is_changed = true;
    for (unsigned round = 0; round < CORRELATION_DEPTH_MAX && is_changed; round++) {
        is_changed = false;
        for (uint32_t i = 0; i < rules->draft_count; i++) {
            const struct draft_rule *draft = &rules->drafts[i];
            if (stands[i] || !is_open(draft) ||
                first_missing(draft, stands) < draft->correlation->correlation.rule_count)
                continue;
            stands[i] = is_changed = true;
        }
    }
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < rules->draft_count && status == STATUS_OK; i++)
        if (is_open(&rules->drafts[i]) && !stands[i])
            status = refuse_hanging(rules, &rules->drafts[i], stands);
    return status;
}

/* Draft indices to indices among the rules that are given out. */
static enum status number_targets(struct sigma_rules *rules)
{
    uint32_t *numbers = calloc((size_t)rules->draft_count + 1, sizeof(*numbers));
    if (!numbers)
        return STATUS_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < rules->draft_count; i++) {
        numbers[i] = count;
        count += !rules->drafts[i].is_refused && !rules->drafts[i].filter;
    }
    for (uint32_t i = 0; i < rules->draft_count; i++) {
        if (!is_open(&rules->drafts[i]))
            continue;
        struct draft_correlation *correlation = rules->drafts[i].correlation;
        for (uint32_t j = 0; j < correlation->correlation.rule_count; j++)
            correlation->targets[j] = numbers[correlation->targets[j]];
        correlation->correlation.rules = correlation->targets;
    }
    free(numbers);
    return STATUS_OK;
}

/* Silent is what correlations refer to, unless one of them wants its findings generated. */
static void mark_silent(struct sigma_rules *rules, bool *is_generated)
{
    memset(is_generated, 0, rules->draft_count * sizeof(*is_generated));
    for (uint32_t i = 0; i < rules->draft_count; i++) {
        if (!is_open(&rules->drafts[i]))
            continue;
        const struct draft_correlation *correlation = rules->drafts[i].correlation;
        for (uint32_t j = 0; j < correlation->correlation.rule_count; j++) {
            const uint32_t target = correlation->targets[j];
            is_generated[target] |= correlation->correlation.generate;
            rules->drafts[target].rule.is_silent = !is_generated[target];
        }
    }
}

static bool has_correlations(const struct sigma_rules *rules)
{
    bool has_any = false;
    for (uint32_t i = 0; i < rules->draft_count; i++)
        has_any |= is_open(&rules->drafts[i]);
    return has_any;
}

/* Does something for every correlation that is not refused. */
static enum status for_each(struct sigma_rules *rules,
                            enum status (*step)(const struct index *, struct draft_rule *))
{
    struct index index;
    enum status status = index_make(&index, rules);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < rules->draft_count && status == STATUS_OK; i++)
        if (is_open(&rules->drafts[i]))
            status = step(&index, &rules->drafts[i]);
    free(index.entries);
    return status;
}

enum status reference_find(struct sigma_rules *rules)
{
    return has_correlations(rules) ? for_each(rules, find_targets) : STATUS_OK;
}

enum status reference_settle(struct sigma_rules *rules)
{
    if (!has_correlations(rules))
        return STATUS_OK;
    bool *flags = calloc(rules->draft_count, sizeof(*flags));
    if (!flags)
        return STATUS_MEMORY;
    enum status status = for_each(rules, find_aliases);
    if (status == STATUS_OK)
        status = refuse_all_hanging(rules, flags);
    if (status == STATUS_OK) {
        mark_silent(rules, flags);
        status = number_targets(rules);
    }
    free(flags);
    return status;
}
