#include "rules/correlate/plan.h"

#include <assert.h>
#include <math.h>

#define ARENA_MAX     ((size_t)256 << 20)
#define NO_FIELD      UINT32_MAX
#define REASON_FIELDS "more than 64 different fields are wanted of a rule that it refers to"

enum fate { FATE_OPEN, FATE_RUNS, FATE_REFUSED };

static bool number_holds(double number, const struct sigma_bound *bound)
{
    switch (bound->compare) {
    case SIGMA_EQ:
        return number == bound->number;
    case SIGMA_NEQ:
        return number != bound->number;
    case SIGMA_LT:
        return number < bound->number;
    case SIGMA_LTE:
        return number <= bound->number;
    case SIGMA_GT:
        return number > bound->number;
    case SIGMA_GTE:
        return number >= bound->number;
    }
    return false;
}

bool plan_bounds_hold(const struct sigma_correlation *sigma, double number)
{
    if (sigma->bound_count == 0 && !sigma->expression)
        return number >= sigma->rule_count;
    for (uint32_t i = 0; i < sigma->bound_count; i++)
        if (!number_holds(number, &sigma->bounds[i]))
            return false;
    return true;
}

bool plan_expression_holds(const struct sigma_node *node, uint64_t seen)
{
    switch (node->kind) {
    case SIGMA_LEAF:
        return seen >> (unsigned)node->test->number & 1;
    case SIGMA_NOT:
        return !plan_expression_holds(node->children[0], seen);
    case SIGMA_AND:
    case SIGMA_OR:
        break;
    }
    for (uint32_t i = 0; i < node->count; i++)
        if (plan_expression_holds(node->children[i], seen) == (node->kind == SIGMA_OR))
            return node->kind == SIGMA_OR;
    return node->kind == SIGMA_AND;
}

static bool expression_has(const struct sigma_node *node, enum sigma_node_kind kind)
{
    if (node->kind == kind)
        return true;
    for (uint32_t i = 0; node->kind != SIGMA_LEAF && i < node->count; i++)
        if (expression_has(node->children[i], kind))
            return true;
    return false;
}

static bool expression_is_in_range(const struct sigma_node *node, uint32_t rule_count)
{
    if (node->kind == SIGMA_LEAF)
        return node->test->number >= 0 && node->test->number < rule_count;
    for (uint32_t i = 0; i < node->count; i++)
        if (!expression_is_in_range(node->children[i], rule_count))
            return false;
    return true;
}

static uint64_t all_steps(uint32_t count)
{
    return UINT64_MAX >> (PLAN_STEPS_MAX - count);
}

static enum plan_kind kind_of(enum sigma_correlation_type type)
{
    switch (type) {
    case SIGMA_VALUE_COUNT:
        return PLAN_DISTINCT;
    case SIGMA_TEMPORAL:
        return PLAN_TEMPORAL;
    case SIGMA_TEMPORAL_ORDERED:
        return PLAN_ORDERED;
    case SIGMA_EVENT_COUNT:
    case SIGMA_VALUE_SUM:
    case SIGMA_VALUE_AVG:
    case SIGMA_VALUE_PERCENTILE:
    case SIGMA_VALUE_MEDIAN:
        break;
    }
    return PLAN_TALLY;
}

/* A lower bound on a count or a sum, once reached, is judged at once. Everything else could be
 * undone by the next hit. */
static bool is_late(const struct sigma_correlation *sigma)
{
    if (sigma->type == SIGMA_TEMPORAL_ORDERED)
        return false;
    if (sigma->type == SIGMA_VALUE_AVG || sigma->type == SIGMA_VALUE_PERCENTILE ||
        sigma->type == SIGMA_VALUE_MEDIAN)
        return true;
    if (sigma->expression && expression_has(sigma->expression, SIGMA_NOT))
        return true;
    for (uint32_t i = 0; i < sigma->bound_count; i++)
        if (sigma->bounds[i].compare != SIGMA_GT && sigma->bounds[i].compare != SIGMA_GTE)
            return true;
    return false;
}

static const char *temporal_reason(const struct plan_correlation *correlation)
{
    const struct sigma_correlation *sigma = correlation->sigma;
    const struct sigma_node *expression = sigma->expression;
    if (expression && !expression_is_in_range(expression, sigma->rule_count))
        return "its condition names a rule that it does not list";
    if (correlation->kind != PLAN_ORDERED)
        return NULL;
    if (expression &&
        (expression_has(expression, SIGMA_OR) || expression_has(expression, SIGMA_NOT)))
        return "`or` and `not` are for temporal, not for temporal_ordered";
    for (uint32_t i = 0; expression && i < sigma->rule_count; i++)
        if (plan_expression_holds(expression, all_steps(sigma->rule_count) & ~(UINT64_C(1) << i)))
            return "its condition leaves out a rule of the order";
    if (!plan_bounds_hold(sigma, sigma->rule_count))
        return "its condition cannot hold when all of its rules were seen";
    return NULL;
}

static const char *value_reason(const struct plan_correlation *correlation, uint32_t counted_max)
{
    const struct sigma_correlation *sigma = correlation->sigma;
    const bool is_count = sigma->type == SIGMA_EVENT_COUNT || sigma->type == SIGMA_VALUE_COUNT;
    if (sigma->bound_count == 0)
        return "it has no condition";
    if (sigma->type != SIGMA_EVENT_COUNT && sigma->condition_field_count == 0)
        return "its condition names no field";
    if (sigma->type == SIGMA_VALUE_PERCENTILE &&
        !(sigma->percentile >= 0 && sigma->percentile <= 100))
        return "its percentile is not between 0 and 100";
    for (uint32_t i = 0; i < sigma->bound_count; i++) {
        if (isnan(sigma->bounds[i].number))
            return "its condition compares with what is not a number";
        if (is_count && !correlation->is_late && sigma->bounds[i].number >= counted_max)
            return "it counts further than one window may hold";
    }
    return NULL;
}

/* Why a correlation cannot run, looking at it alone; NULL when it can. */
static const char *own_reason(const struct plan_correlation *correlation, uint32_t counted_max)
{
    const struct sigma_correlation *sigma = correlation->sigma;
    if (sigma->rule_count == 0)
        return "it refers to no rule";
    if (sigma->rule_count > PLAN_STEPS_MAX)
        return "it refers to more than 64 rules";
    if (sigma->group_count > CORRELATE_FIELDS_MAX ||
        sigma->condition_field_count > CORRELATE_FIELDS_MAX)
        return REASON_FIELDS;
    return correlation->kind == PLAN_TEMPORAL || correlation->kind == PLAN_ORDERED
               ? temporal_reason(correlation)
               : value_reason(correlation, counted_max);
}

/* The state of the ordering: a fate and a depth for every rule. */
struct order {
    uint8_t *fates;
    uint8_t *depths;
    uint32_t counted_max;
};

static void refuse(struct plan *plan, struct order *order, uint32_t rule, const char *reason)
{
    order->fates[rule] = FATE_REFUSED;
    plan->refusals[plan->refusal_count++] = (struct plan_refusal){rule, reason};
}

/* What the rules that it refers to mean for a correlation: it must wait for one of them
 * (FATE_OPEN), may run, or is refused with *reason. */
static enum fate references_fate(const struct plan *plan, const struct order *order,
                                 const struct sigma_correlation *sigma, uint8_t *depth,
                                 const char **reason)
{
    enum fate fate = FATE_RUNS;
    *depth = 0;
    for (uint32_t i = 0; i < sigma->rule_count; i++) {
        const uint32_t rule = sigma->rules[i];
        *reason = rule >= plan->rule_count ? "it refers to a rule that is not there"
                                           : "it refers to a correlation that was refused";
        if (rule >= plan->rule_count || order->fates[rule] == FATE_REFUSED)
            return FATE_REFUSED;
        if (order->fates[rule] == FATE_OPEN)
            fate = FATE_OPEN;
        else if (plan->infos[rule]->correlation && order->depths[rule] >= *depth)
            *depth = order->depths[rule] + 1;
    }
    *reason = "more than 16 correlations stand on each other";
    return *depth > PLAN_DEPTH_MAX ? FATE_REFUSED : fate;
}

/* Settles one open correlation if that is possible now; says whether it was. */
static bool settle(struct plan *plan, struct order *order, uint32_t rule)
{
    struct plan_correlation correlation = {
        .rule = rule, .info = plan->infos[rule], .sigma = plan->infos[rule]->correlation};
    assert(correlation.sigma);
    correlation.kind = kind_of(correlation.sigma->type);
    correlation.is_late = is_late(correlation.sigma);
    const char *reason = own_reason(&correlation, order->counted_max);
    enum fate fate = FATE_REFUSED;
    if (!reason)
        fate = references_fate(plan, order, correlation.sigma, &order->depths[rule], &reason);
    order->fates[rule] = (uint8_t)fate;
    if (fate == FATE_REFUSED)
        refuse(plan, order, rule, reason);
    else if (fate == FATE_RUNS)
        plan->correlations[plan->correlation_count++] = correlation;
    return fate != FATE_OPEN;
}

/* Puts the correlations that can run into an order in which each comes after those that it refers
 * to. What can never be settled stands in a circle. */
static void order_correlations(struct plan *plan, struct order *order)
{
    plan->correlation_count = 0;
    for (bool is_moving = true; is_moving;) {
        is_moving = false;
        for (uint32_t rule = 0; rule < plan->rule_count; rule++)
            if (order->fates[rule] == FATE_OPEN && settle(plan, order, rule))
                is_moving = true;
    }
    for (uint32_t rule = 0; rule < plan->rule_count; rule++)
        if (order->fates[rule] == FATE_OPEN)
            refuse(plan, order, rule, "it refers to itself, through others or directly");
}

/* The field that a correlation's name for something stands for in hits of one of its rules. */
static const char *field_meant(const struct sigma_correlation *sigma, uint32_t rule,
                               const char *name)
{
    for (uint32_t a = 0; a < sigma->alias_count; a++) {
        if (strcmp(sigma->aliases[a].alias, name) != 0)
            continue;
        for (uint32_t i = 0; i < sigma->rule_count; i++)
            if (sigma->rules[i] == rule && sigma->aliases[a].fields[i])
                return sigma->aliases[a].fields[i];
    }
    return name;
}

/* The position of a field among those that the rule's hits carry; added if it is new. */
static uint32_t field_position(struct plan_rule *rule, const char *field)
{
    for (uint32_t i = 0; i < rule->field_count; i++)
        if (strcmp(rule->fields[i], field) == 0)
            return i;
    if (rule->field_count == CORRELATE_FIELDS_MAX)
        return NO_FIELD;
    rule->fields[rule->field_count] = field;
    return rule->field_count++;
}

/* Where hits of `rule` carry `count` names of the correlation. */
static enum status positions(struct plan *plan, const struct sigma_correlation *sigma,
                             uint32_t rule, const char *const *names, uint32_t count,
                             const uint8_t **at)
{
    uint8_t *found = arena_take_array(&plan->arena, count + 1, sizeof(*found));
    if (!found)
        return STATUS_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t position =
            field_position(&plan->rules[rule], field_meant(sigma, rule, names[i]));
        if (position == NO_FIELD)
            return STATUS_REFUSED;
        found[i] = (uint8_t)position;
    }
    *at = found;
    return STATUS_OK;
}

/* Makes a rule feed a correlation. STATUS_REFUSED when the rule's hits would carry too much. */
static enum status reader_add(struct plan *plan, uint32_t index, uint32_t rule, uint64_t steps)
{
    const struct sigma_correlation *sigma = plan->correlations[index].sigma;
    const struct plan_rule *own = &plan->rules[plan->correlations[index].rule];
    struct plan_rule *fed = &plan->rules[rule];
    struct plan_reader *reader = arena_take_array(&plan->arena, 1, sizeof(*reader));
    if (!reader)
        return STATUS_MEMORY;
    if (!fed->fields)
        fed->fields = arena_take_array(&plan->arena, CORRELATE_FIELDS_MAX, sizeof(*fed->fields));
    if (!fed->fields)
        return STATUS_MEMORY;
    enum status status =
        positions(plan, sigma, rule, sigma->group_by, sigma->group_count, &reader->group);
    if (status == STATUS_OK)
        status = positions(plan, sigma, rule, sigma->condition_fields, sigma->condition_field_count,
                           &reader->condition);
    if (status == STATUS_OK)
        status = positions(plan, sigma, rule, own->fields, own->field_count, &reader->carried);
    if (status != STATUS_OK)
        return status;
    reader->correlation = index;
    reader->steps = steps;
    reader->next = fed->readers;
    fed->readers = reader;
    return STATUS_OK;
}

static enum status readers_add(struct plan *plan, uint32_t index)
{
    const struct sigma_correlation *sigma = plan->correlations[index].sigma;
    uint64_t done = 0;
    for (uint32_t i = 0; i < sigma->rule_count; i++) {
        if (done >> i & 1)
            continue;
        uint64_t steps = 0;
        for (uint32_t j = i; j < sigma->rule_count; j++)
            if (sigma->rules[j] == sigma->rules[i])
                steps |= UINT64_C(1) << j;
        done |= steps;
        const enum status status = reader_add(plan, index, sigma->rules[i], steps);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Connects rules and correlations, the outermost first, because what a correlation's hits must
 * carry is needed of the rules that feed it. Readers are put in front, so they end up in dependency
 * order. On STATUS_REFUSED *culprit is the rule of the correlation that asked for too much. */
static enum status connect(struct plan *plan, uint32_t *culprit)
{
    plan->rules =
        arena_take_array(&plan->arena, (size_t)plan->rule_count + 1, sizeof(*plan->rules));
    if (!plan->rules)
        return STATUS_MEMORY;
    for (uint32_t i = plan->correlation_count; i-- > 0;) {
        plan->rules[plan->correlations[i].rule].is_correlation = true;
        *culprit = plan->correlations[i].rule;
        const enum status status = readers_add(plan, i);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Forgets who runs, so that it can be decided anew without those that were refused. */
static void reopen(const struct plan *plan, struct order *order)
{
    for (uint32_t rule = 0; rule < plan->rule_count; rule++)
        if (plan->infos[rule]->correlation && order->fates[rule] != FATE_REFUSED)
            order->fates[rule] = FATE_OPEN;
}

static enum status plan_make(struct plan *plan, uint32_t counted_max)
{
    const size_t count = (size_t)plan->rule_count + 1;
    struct order order = {.fates = arena_take_array(&plan->arena, count, 1),
                          .depths = arena_take_array(&plan->arena, count, 1),
                          .counted_max = counted_max};
    plan->correlations = arena_take_array(&plan->arena, count, sizeof(*plan->correlations));
    plan->refusals = arena_take_array(&plan->arena, count, sizeof(*plan->refusals));
    if (!order.fates || !order.depths || !plan->correlations || !plan->refusals)
        return STATUS_MEMORY;
    memset(order.fates, FATE_RUNS, count);
    for (;;) {
        uint32_t culprit = 0;
        reopen(plan, &order);
        order_correlations(plan, &order);
        const enum status status = connect(plan, &culprit);
        if (status != STATUS_REFUSED)
            return status;
        refuse(plan, &order, culprit, REASON_FIELDS);
    }
}

enum status plan_init(struct plan *plan, const struct rule_info *const *rules, uint32_t count,
                      uint32_t counted_max, struct fault *fault)
{
    *plan = (struct plan){.infos = rules, .rule_count = count};
    arena_init(&plan->arena, ARENA_MAX);
    const enum status status = plan_make(plan, counted_max);
    plan->infos = NULL;
    if (status == STATUS_OK)
        return STATUS_OK;
    plan_release(plan);
    return fault_set(fault, status, 0, "no memory for the plan of the correlations");
}

void plan_release(struct plan *plan)
{
    arena_release(&plan->arena);
}
