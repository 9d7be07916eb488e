#include "rules/compile/compile.h"

#include "rules/compile/compiled.h"

#include <stdlib.h>

/* Rules that stay and rules that are refused are known only when all conditions are compiled, since
 * a correlation over a refused rule is refused too. So there are three rounds: conditions into
 * drafts, refusals spread along references, and the drafts that stayed into the image. */
struct draft {
    struct image_rule record;
    uint32_t number; /* in the rule set; IMAGE_NONE: refused */
};

static void draft_condition(struct builder *builder, const struct sigma_rule *rule,
                            const struct logsource_table *sources, struct draft *draft)
{
    struct refusal refusal = {.line = rule->line};
    struct image_list nodes;
    if (!compile_tree(builder, rule->condition, rule->line, &nodes, &refusal)) {
        compile_refusal(builder, rule->path, refusal.line, refusal.reason);
        draft->number = IMAGE_NONE;
        return;
    }
    draft->record.nodes = nodes;
    draft->record.needs = compile_needs(builder, nodes);
    draft->record.sources = compile_sources(builder, sources, &rule->logsource);
}

static bool refers_to_refused(const struct sigma_correlation *correlation,
                              const struct draft *drafts)
{
    for (uint32_t i = 0; i < correlation->rule_count; i++)
        if (drafts[correlation->rules[i]].number == IMAGE_NONE)
            return true;
    return false;
}

static void refuse_dependents(struct builder *builder, const struct sigma_rules *rules,
                              struct draft *drafts, uint32_t count)
{
    bool has_changed = true;
    while (has_changed) {
        has_changed = false;
        for (uint32_t i = 0; i < count; i++) {
            const struct sigma_rule *rule = sigma_rule_at(rules, i);
            if (!rule->correlation || drafts[i].number == IMAGE_NONE ||
                !refers_to_refused(rule->correlation, drafts))
                continue;
            compile_refusal(builder, rule->path, rule->line, "it refers to a rule that is refused");
            drafts[i].number = IMAGE_NONE;
            has_changed = true;
        }
    }
}

static void compile_rules(struct builder *builder, const struct sigma_rules *rules,
                          const struct logsource_table *sources, struct draft *drafts,
                          uint32_t *numbers)
{
    const uint32_t count = sigma_count(rules);
    for (uint32_t i = 0; i < count; i++)
        if (sigma_rule_at(rules, i)->condition)
            draft_condition(builder, sigma_rule_at(rules, i), sources, &drafts[i]);
    refuse_dependents(builder, rules, drafts, count);
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = drafts[i].number == IMAGE_NONE ? IMAGE_NONE : next++;
    for (uint32_t i = 0; i < count; i++) {
        if (numbers[i] == IMAGE_NONE)
            continue;
        builder_add(builder, IMAGE_rules, &drafts[i].record);
        compile_info(builder, sigma_rule_at(rules, i), numbers);
    }
    compile_source_rules(builder);
}

static void copy_refusals(struct builder *builder, const struct sigma_rules *rules)
{
    for (uint32_t i = 0; i < sigma_refusal_count(rules); i++) {
        const struct sigma_refusal *refusal = sigma_refusal_at(rules, i);
        compile_refusal(builder, refusal->path, refusal->line, refusal->reason);
    }
}

enum status ruleset_compile(const struct sigma_rules *rules, const struct logsource_table *sources,
                            struct names *fields, struct ruleset **ruleset, struct fault *fault)
{
    const size_t count = sigma_count(rules);
    struct draft *drafts = calloc(count + 1, sizeof(*drafts));
    uint32_t *numbers = calloc(count + 1, sizeof(*numbers));
    struct builder builder;
    uint8_t *bytes = NULL;
    size_t length = 0;
    builder_init(&builder);
    if (drafts && numbers) {
        copy_refusals(&builder, rules);
        compile_rules(&builder, rules, sources, drafts, numbers);
        bytes = builder_finish(&builder, &length);
    }
    builder_release(&builder);
    free(drafts);
    free(numbers);
    if (!bytes)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory to compile the rules");
    return ruleset_open(bytes, length, 0, fields, ruleset, fault);
}
