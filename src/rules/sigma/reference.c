#include "rules/sigma/reference.h"

#include "rules/sigma/index.h"

#include <stdlib.h>

#define CORRELATION_DEPTH_MAX 32 /* correlations over correlations */

static enum status refuse(struct sigma_rules *rules, struct draft_rule *draft, const char *before,
                          const char *reference, const char *behind)
{
    struct fault fault;
    fault_set(&fault, STATUS_INVALID, draft->rule.line, "%s %.80s%s", before, reference, behind);
    return collection_refuse_draft(rules, draft, &fault);
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
        if (!reference_index_find(index, name, draft, &correlation->targets[i]))
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
        if (reference_index_find(index, alias->references[i], draft, &target) &&
            target == correlation->targets[at])
            return alias->fields[i];
    }
    return NULL;
}

static bool has_target(const struct index *index, const struct draft_rule *draft,
                       const char *reference)
{
    uint32_t target;
    if (!reference_index_find(index, reference, draft, &target))
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
    enum status status = reference_index_make(&index, rules);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < rules->draft_count && status == STATUS_OK; i++)
        if (is_open(&rules->drafts[i]))
            status = step(&index, &rules->drafts[i]);
    reference_index_release(&index);
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
