/* The steps of ruleset_compile: a Sigma collection into the sections of a builder. */
#ifndef IMPOUND_RULES_COMPILE_H
#define IMPOUND_RULES_COMPILE_H

#include "rules/compile/builder.h"
#include "rules/rules.h"

/* Why a rule was refused. */
struct refusal {
    uint32_t line;
    char reason[FAULT_REASON_MAX];
};

/* The number of a test in the tests section. False with the reason when it cannot be compiled. */
bool compile_test(struct builder *builder, const struct sigma_test *test, uint32_t *number,
                  struct refusal *refusal) MUST_CHECK;

/* The number of the test that one of `members` holds. */
uint32_t compile_set(struct builder *builder, const uint32_t *members, uint32_t count);

/* The tests of log sources: a whole text without case, and the same with `*` allowed at its end. */
uint32_t compile_text(struct builder *builder, const char *text);
uint32_t compile_begin(struct builder *builder, const char *text);

/* A text folded, in the text section. */
struct image_text compile_folded(struct builder *builder, const char *text);

/* A condition into nodes and notes; `rule_line` is for what has no line of its own. */
bool compile_tree(struct builder *builder, const struct sigma_node *tree, uint32_t rule_line,
                  struct image_list *nodes, struct refusal *refusal) MUST_CHECK;

/* Fields without which the rule with these nodes cannot fire, as words. */
struct image_list compile_needs(struct builder *builder, struct image_list nodes);

/* The sources that a log source stands for, as words; empty when the table has none such. */
struct image_list compile_sources(struct builder *builder, const struct logsource_table *table,
                                  const struct sigma_logsource *logsource);

/* Fills in which rules each source has. After the last rule. */
void compile_source_rules(struct builder *builder);

/* What outputs say of a rule, and a refusal. `numbers` are the rules' places in the rule set. */
void compile_info(struct builder *builder, const struct sigma_rule *rule, const uint32_t *numbers);
void compile_refusal(struct builder *builder, const char *path, uint32_t line, const char *reason);

#endif
