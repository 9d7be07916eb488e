/* What is worked out before the first hit: which correlations run, in which order, which rules feed
 * them, and where a hit of a rule carries the values that a correlation asks for. Immutable. */
#ifndef IMPOUND_RULES_CORRELATE_PLAN_H
#define IMPOUND_RULES_CORRELATE_PLAN_H

#include "base/arena.h"
#include "rules/correlate/correlate.h"

#define PLAN_STEPS_MAX 64 /* rules of one correlation: a set of them is a uint64_t */
#define PLAN_DEPTH_MAX 16 /* correlations over correlations: bounds recursion */

enum plan_kind {
    PLAN_TALLY,    /* all hits of the window: event_count and the numeric types */
    PLAN_DISTINCT, /* the newest hit of each value: value_count */
    PLAN_TEMPORAL, /* the newest hit of each step */
    PLAN_ORDERED,  /* chains of hits, a step each */
};

struct plan_correlation {
    uint32_t rule;
    const struct rule_info *info;
    const struct sigma_correlation *sigma;
    enum plan_kind kind;
    bool is_late; /* further hits can make it false again: judged at the window's end */
};

/* A correlation that a rule feeds. The arrays are positions among the fields that the rule's hits
 * carry: of the group-by fields, of the condition's fields, and of what the correlation's own hits
 * must carry in their turn. */
struct plan_reader {
    struct plan_reader *next;
    uint32_t correlation; /* index in plan->correlations */
    uint64_t steps;       /* where the correlation lists the rule */
    const uint8_t *group, *condition, *carried;
};

struct plan_rule {
    const char **fields; /* what its hits must carry */
    uint32_t field_count;
    bool is_correlation;
    struct plan_reader *readers; /* in dependency order; NULL: nobody wants its hits */
};

struct plan_refusal {
    uint32_t rule;
    const char *reason;
};

struct plan {
    struct arena arena;
    const struct rule_info *const *infos; /* during plan_init only */
    uint32_t rule_count;
    struct plan_rule *rules;
    struct plan_correlation *correlations; /* each after those that it refers to */
    uint32_t correlation_count;
    struct plan_refusal *refusals;
    uint32_t refusal_count;
};

/* `counted_max` is the most hits that one window can count. */
enum status plan_init(struct plan *plan, const struct rule_info *const *rules, uint32_t count,
                      uint32_t counted_max, struct fault *fault) MUST_CHECK;
void plan_release(struct plan *plan);

/* Whether `number` satisfies all bounds. A temporal correlation without a condition wants all of
 * its rules. */
bool plan_bounds_hold(const struct sigma_correlation *sigma, double number);

/* Whether an extended condition holds when exactly these steps were seen. */
bool plan_expression_holds(const struct sigma_node *node, uint64_t seen);

#endif
