/* Rule files: the bytes are one file of rules, and as a log source table, too. */
#include "rules/sigma/logsource.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

static void walk(const struct sigma_node *node, unsigned depth, unsigned *leaves)
{
    if (depth > SIGMA_DEPTH_MAX)
        abort();
    if (node->kind == SIGMA_LEAF) {
        if (++*leaves > SIGMA_TESTS_MAX)
            abort();
        return;
    }
    if (node->count == 0 || (node->kind == SIGMA_NOT && node->count != 1))
        abort();
    for (uint32_t i = 0; i < node->count; i++)
        walk(node->children[i], depth + 1, leaves);
}

static void check(const struct sigma_rules *rules)
{
    for (uint32_t i = 0; i < sigma_count(rules); i++) {
        const struct sigma_rule *rule = sigma_rule_at(rules, i);
        unsigned leaves = 0;
        if ((rule->condition == NULL) == (rule->correlation == NULL))
            abort();
        if (rule->condition)
            walk(rule->condition, 1, &leaves);
        for (uint32_t j = 0; rule->correlation && j < rule->correlation->rule_count; j++)
            if (rule->correlation->rules[j] >= sigma_count(rules))
                abort();
    }
    for (uint32_t i = 0; i < sigma_refusal_count(rules); i++)
        if (sigma_refusal_at(rules, i)->reason[0] == '\0' || sigma_refusal_at(rules, i)->line == 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
    struct sigma_rules *rules;
    struct logsource_table *table;
    struct fault fault;
    const struct bytes text = bytes_of(data, length);
    if (sigma_new(NULL, &rules, &fault) != STATUS_OK)
        abort();
    if (sigma_add(rules, "fuzz.yml", text, &fault) != STATUS_OK ||
        sigma_finish(rules, &fault) != STATUS_OK)
        abort();
    check(rules);
    sigma_free(rules);
    if (logsource_parse(text, &table, &fault) == STATUS_OK)
        logsource_free(table);
    return 0;
}
