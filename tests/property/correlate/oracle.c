#include "oracle.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>

#define FINDINGS_MAX 512
#define SEPARATOR    "\x1f"

const char *const oracle_fields[ORACLE_FIELDS] = {"User", "Ip", "N", "M"};

struct inputs {
    struct oracle_input all[ORACLE_HITS_MAX];
    uint32_t count;
};

struct oracle {
    const struct sigma_correlation *const *sigmas;
    uint32_t count;
    uint32_t order[ORACLE_RULES_MAX]; /* correlations, each after those that it refers to */
    uint32_t order_count;
    struct inputs inputs[ORACLE_RULES_MAX];
    struct oracle_hit hits[ORACLE_HITS_MAX];
    uint32_t hit_count;
    struct oracle_finding *findings[FINDINGS_MAX];
    uint32_t finding_count;
};

/* The inputs of one group that lie in a window. */
struct view {
    struct oracle_input *inputs[ORACLE_HITS_MAX];
    uint32_t count;
};

static bool is_ready(const struct oracle *oracle, const bool *placed, uint32_t rule)
{
    const struct sigma_correlation *sigma = oracle->sigmas[rule];
    for (uint32_t i = 0; i < sigma->rule_count; i++)
        if (oracle->sigmas[sigma->rules[i]] && !placed[sigma->rules[i]])
            return false;
    return true;
}

struct oracle *oracle_new(const struct sigma_correlation *const *sigmas, uint32_t count)
{
    struct oracle *oracle = calloc(1, sizeof(*oracle));
    bool placed[ORACLE_RULES_MAX] = {false};
    assert(oracle && count <= ORACLE_RULES_MAX);
    oracle->sigmas = sigmas;
    oracle->count = count;
    for (uint32_t sweep = 0; sweep < count; sweep++)
        for (uint32_t rule = 0; rule < count; rule++)
            if (sigmas[rule] && !placed[rule] && is_ready(oracle, placed, rule)) {
                placed[rule] = true;
                oracle->order[oracle->order_count++] = rule;
            }
    return oracle;
}

void oracle_free(struct oracle *oracle)
{
    for (uint32_t i = 0; i < oracle->finding_count; i++)
        free(oracle->findings[i]);
    free(oracle);
}

uint32_t oracle_count(const struct oracle *oracle)
{
    return oracle->finding_count;
}

const struct oracle_finding *oracle_finding(const struct oracle *oracle, uint32_t index)
{
    return oracle->findings[index];
}

/* The value of a field: of a base rule's event its own; of a correlation what the field means there
 * in its last hit. */
static const char *hit_value(const struct oracle *oracle, const struct oracle_hit *hit,
                             const char *name);

static const char *meant_value(const struct oracle *oracle, const struct sigma_correlation *sigma,
                               const struct oracle_hit *hit, const char *name)
{
    for (uint32_t a = 0; a < sigma->alias_count; a++)
        for (uint32_t i = 0; i < sigma->rule_count; i++)
            if (strcmp(sigma->aliases[a].alias, name) == 0 && sigma->rules[i] == hit->rule &&
                sigma->aliases[a].fields[i])
                return hit_value(oracle, hit, sigma->aliases[a].fields[i]);
    return hit_value(oracle, hit, name);
}

static const char *hit_value(const struct oracle *oracle, const struct oracle_hit *hit,
                             const char *name)
{
    if (hit->inner)
        return meant_value(oracle, oracle->sigmas[hit->rule], hit->inner, name);
    for (uint32_t i = 0; i < ORACLE_FIELDS; i++)
        if (strcmp(oracle_fields[i], name) == 0)
            return hit->fields[i];
    return NULL;
}

static bool join(const struct oracle *oracle, const struct sigma_correlation *sigma,
                 const struct oracle_hit *hit, const char *const *names, uint32_t count, char *to)
{
    *to = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *value = meant_value(oracle, sigma, hit, names[i]);
        if (!value)
            return false;
        strcat(to, value);
        strcat(to, SEPARATOR);
    }
    return true;
}

static void fold(char *text)
{
    for (; *text; text++)
        *text = (char)tolower((unsigned char)*text);
}

static bool add_up(const struct oracle *oracle, const struct sigma_correlation *sigma,
                   const struct oracle_hit *hit, double *number)
{
    *number = 0;
    for (uint32_t i = 0; i < sigma->condition_field_count; i++) {
        const char *value = meant_value(oracle, sigma, hit, sigma->condition_fields[i]);
        char *end;
        if (!value || !*value)
            return false;
        *number += strtod(value, &end);
        if (*end)
            return false;
    }
    return true;
}

static bool is_numeric(const struct sigma_correlation *sigma)
{
    return sigma->type == SIGMA_VALUE_SUM || sigma->type == SIGMA_VALUE_AVG ||
           sigma->type == SIGMA_VALUE_PERCENTILE || sigma->type == SIGMA_VALUE_MEDIAN;
}

static bool has_not(const struct sigma_node *node)
{
    if (node->kind == SIGMA_NOT)
        return true;
    for (uint32_t i = 0; node->kind != SIGMA_LEAF && i < node->count; i++)
        if (has_not(node->children[i]))
            return true;
    return false;
}

static bool is_late(const struct sigma_correlation *sigma)
{
    bool late = sigma->expression && has_not(sigma->expression);
    for (uint32_t i = 0; i < sigma->bound_count; i++)
        late |= sigma->bounds[i].compare != SIGMA_GT && sigma->bounds[i].compare != SIGMA_GTE;
    return sigma->type != SIGMA_TEMPORAL_ORDERED &&
           (late || (is_numeric(sigma) && sigma->type != SIGMA_VALUE_SUM));
}

static bool expression_holds(const struct sigma_node *node, uint64_t seen)
{
    bool all = true, any = false;
    if (node->kind == SIGMA_LEAF)
        return seen >> (unsigned)node->test->number & 1;
    for (uint32_t i = 0; i < node->count; i++) {
        const bool holds = expression_holds(node->children[i], seen);
        all &= holds;
        any |= holds;
    }
    return node->kind == SIGMA_NOT ? !any : node->kind == SIGMA_AND ? all : any;
}

static bool bounds_hold(const struct sigma_correlation *sigma, double number)
{
    for (uint32_t i = 0; i < sigma->bound_count; i++) {
        const double bound = sigma->bounds[i].number;
        const bool holds[] = {
            [SIGMA_EQ] = number == bound,
            [SIGMA_NEQ] = number != bound,
            [SIGMA_LT] = number<bound, [SIGMA_LTE] = number <= bound, [SIGMA_GT] = number> bound,
            [SIGMA_GTE] = number >= bound,
        };
        if (!holds[sigma->bounds[i].compare])
            return false;
    }
    return true;
}

static bool is_place(const struct correlate_event *one, const struct correlate_event *other)
{
    return one->evidence == other->evidence && one->offset == other->offset &&
           one->record == other->record;
}

/* Two hits of rules on one event; what correlations found is an event of its own. */
static bool is_same_event(const struct oracle_hit *one, const struct oracle_hit *other)
{
    return one == other ||
           (!one->inner && !other->inner && is_place(&one->events[0], &other->events[0]));
}

/* The last start of a chain of distinct events in order of time that goes on from the `step` hits
 * taken, the first of them at `start`; INT64_MIN if there is none. */
static int64_t chain_search(const struct sigma_correlation *sigma, struct oracle_input *const *all,
                            uint32_t count, const struct oracle_hit **taken, uint32_t step,
                            int64_t start)
{
    int64_t best = INT64_MIN;
    if (step == sigma->rule_count)
        return start;
    for (uint32_t i = 0; i < count; i++) {
        bool fits = all[i]->steps >> step & 1;
        if (step && all[i]->hit->moment < taken[step - 1]->moment)
            fits = false;
        for (uint32_t t = 0; t < step && fits; t++)
            fits = !is_same_event(taken[t], all[i]->hit);
        if (!fits)
            continue;
        taken[step] = all[i]->hit;
        const int64_t found =
            chain_search(sigma, all, count, taken, step + 1, step ? start : all[i]->hit->moment);
        best = found > best ? found : best;
    }
    return best;
}

bool oracle_chain_fits(const struct oracle_finding *finding, const struct sigma_correlation *sigma,
                       const struct correlate_event *events, uint32_t count)
{
    static struct oracle_input copies[ORACLE_HITS_MAX];
    struct oracle_input *named[ORACLE_HITS_MAX];
    const struct oracle_hit *taken[64];
    uint32_t named_count = 0;
    for (uint32_t i = 0; i < finding->input_count; i++)
        for (uint32_t e = 0; e < count; e++)
            if (is_place(&finding->inputs[i].hit->events[0], &events[e])) {
                copies[named_count] = finding->inputs[i];
                named[named_count] = &copies[named_count];
                named_count++;
            }
    return count == sigma->rule_count &&
           chain_search(sigma, named, named_count, taken, 0, 0) == finding->chain_start;
}

static int number_order(const void *one, const void *other)
{
    const double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

static double numbers_at(const struct view *view, double percent)
{
    double numbers[ORACLE_HITS_MAX];
    for (uint32_t i = 0; i < view->count; i++)
        numbers[i] = view->inputs[i]->number;
    qsort(numbers, view->count, sizeof(*numbers), number_order);
    const double rank = percent * (view->count - 1) / 100;
    uint32_t low = 0;
    while (low + 1 < view->count && low + 1 <= rank)
        low++;
    const uint32_t high = low + 1 < view->count ? low + 1 : low;
    return numbers[low] + (numbers[high] - numbers[low]) * (rank - low);
}

static void name_event(struct oracle_finding *finding, const struct oracle_input *input)
{
    for (uint32_t e = 0; e < input->hit->event_count; e++) {
        assert(finding->event_count < ORACLE_HITS_MAX);
        finding->events[finding->event_count++] = input->hit->events[e];
    }
    finding->is_exact &= input->hit->is_exact;
}

/* The newest input that serves a step (value: that has the value of another input). */
static const struct oracle_input *newest(const struct view *view, uint64_t step, const char *value)
{
    const struct oracle_input *found = NULL;
    for (uint32_t i = 0; i < view->count; i++)
        if (value ? strcmp(view->inputs[i]->value, value) == 0 : view->inputs[i]->steps & step)
            found = view->inputs[i];
    return found;
}

static void look_at_values(const struct view *view, struct oracle_finding *finding)
{
    for (uint32_t i = 0; i < view->count; i++)
        if (newest(view, 0, view->inputs[i]->value) == view->inputs[i]) {
            finding->number++;
            name_event(finding, view->inputs[i]);
        }
}

static bool look_at_steps(const struct sigma_correlation *sigma, const struct view *view,
                          struct oracle_finding *finding)
{
    uint64_t seen = 0;
    for (uint32_t step = 0; step < sigma->rule_count; step++) {
        const struct oracle_input *input = newest(view, UINT64_C(1) << step, NULL);
        if (!input)
            continue;
        seen |= UINT64_C(1) << step;
        finding->number++;
        name_event(finding, input);
    }
    if (sigma->expression)
        return expression_holds(sigma->expression, seen) && bounds_hold(sigma, finding->number);
    return sigma->bound_count ? bounds_hold(sigma, finding->number)
                              : finding->number == sigma->rule_count;
}

static bool look_at_order(const struct sigma_correlation *sigma, const struct view *view,
                          struct oracle_finding *finding)
{
    const struct oracle_hit *taken[64];
    finding->chain_start = chain_search(sigma, view->inputs, view->count, taken, 0, 0);
    finding->number = sigma->rule_count;
    finding->is_exact = false;
    finding->is_chain = true;
    for (uint32_t i = 0; i < view->count; i++) {
        finding->is_chain &= !view->inputs[i]->hit->inner;
        finding->inputs[finding->input_count++] = *view->inputs[i];
    }
    name_event(finding, view->inputs[view->count - 1]);
    return finding->chain_start != INT64_MIN;
}

static void look_at_all(const struct sigma_correlation *sigma, const struct view *view,
                        struct oracle_finding *finding)
{
    double sum = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        sum += view->inputs[i]->number;
        name_event(finding, view->inputs[i]);
    }
    finding->number = sigma->type == SIGMA_EVENT_COUNT        ? view->count
                      : sigma->type == SIGMA_VALUE_SUM        ? sum
                      : sigma->type == SIGMA_VALUE_AVG        ? sum / view->count
                      : sigma->type == SIGMA_VALUE_PERCENTILE ? numbers_at(view, sigma->percentile)
                                                              : numbers_at(view, 50);
}

static bool holds(const struct sigma_correlation *sigma, const struct view *view,
                  struct oracle_finding *finding)
{
    finding->is_exact = true;
    if (sigma->type == SIGMA_TEMPORAL)
        return look_at_steps(sigma, view, finding);
    if (sigma->type == SIGMA_TEMPORAL_ORDERED)
        return look_at_order(sigma, view, finding);
    if (sigma->type == SIGMA_VALUE_COUNT)
        look_at_values(view, finding);
    else
        look_at_all(sigma, view, finding);
    return bounds_hold(sigma, finding->number);
}

static int event_order(const void *one, const void *other)
{
    const struct correlate_event *a = one, *b = other;
    const int time = instant_compare(a->time, b->time);
    if (time || is_place(a, b))
        return time;
    return a->evidence != b->evidence ? (a->evidence < b->evidence ? -1 : 1)
                                      : (a->offset < b->offset ? -1 : 1);
}

static void settle_events(struct oracle_finding *finding)
{
    uint32_t kept = 0;
    qsort(finding->events, finding->event_count, sizeof(*finding->events), event_order);
    for (uint32_t i = 0; i < finding->event_count; i++)
        if (i == 0 || !is_place(&finding->events[i], &finding->events[kept - 1]))
            finding->events[kept++] = finding->events[i];
    finding->event_count = kept;
    const struct instant time = finding->events[kept - 1].time;
    finding->time = time.seconds * 1000000000 + time.nanos;
}

static void deliver(struct oracle *oracle, const struct oracle_hit *hit);

/* Looks at a window; if the condition holds there is a finding, and a hit of the correlation. */
static bool judge(struct oracle *oracle, uint32_t rule, const struct view *view, int64_t moment)
{
    const struct sigma_correlation *sigma = oracle->sigmas[rule];
    const struct oracle_input *last = view->inputs[view->count - 1];
    struct oracle_finding *finding = calloc(1, sizeof(*finding));
    assert(finding && oracle->finding_count < FINDINGS_MAX && oracle->hit_count < ORACLE_HITS_MAX);
    if (!holds(sigma, view, finding)) {
        free(finding);
        return false;
    }
    finding->correlation = rule;
    finding->judged = moment;
    join(oracle, sigma, last->hit, sigma->group_by, sigma->group_count, finding->group);
    settle_events(finding);
    oracle->findings[oracle->finding_count++] = finding;
    for (uint32_t i = 0; i < view->count; i++)
        view->inputs[i]->is_consumed = true;
    struct oracle_hit *hit = &oracle->hits[oracle->hit_count++];
    *hit = (struct oracle_hit){.rule = rule,
                               .moment = moment,
                               .inner = last->hit,
                               .event_count = finding->event_count,
                               .is_exact = finding->is_exact};
    assert(finding->event_count <= ORACLE_NAMED_MAX);
    memcpy(hit->events, finding->events, sizeof(hit->events));
    deliver(oracle, hit);
    return true;
}

/* What has not been used up of a group since a moment. */
static void view_group(struct inputs *inputs, const char *group, int64_t since, struct view *view)
{
    view->count = 0;
    for (uint32_t i = 0; i < inputs->count; i++)
        if (!inputs->all[i].is_consumed && strcmp(inputs->all[i].group, group) == 0 &&
            inputs->all[i].hit->moment >= since)
            view->inputs[view->count++] = &inputs->all[i];
}

/* Whether a hit adds nothing, because another rule's hit on the same event has been counted or used
 * up. */
static bool is_repeated(const struct inputs *inputs, const struct sigma_correlation *sigma,
                        const struct oracle_input *input)
{
    const bool counts_events = sigma->type == SIGMA_EVENT_COUNT || is_numeric(sigma);
    for (uint32_t i = 0; i < inputs->count; i++)
        if (is_same_event(inputs->all[i].hit, input->hit) &&
            strcmp(inputs->all[i].group, input->group) == 0 &&
            (counts_events || inputs->all[i].is_consumed))
            return true;
    return false;
}

static bool input_make(const struct oracle *oracle, const struct sigma_correlation *sigma,
                       const struct oracle_hit *hit, struct oracle_input *input)
{
    *input = (struct oracle_input){.hit = hit};
    for (uint32_t i = 0; i < sigma->rule_count; i++)
        if (sigma->rules[i] == hit->rule)
            input->steps |= UINT64_C(1) << i;
    if (!input->steps ||
        !join(oracle, sigma, hit, sigma->group_by, sigma->group_count, input->group))
        return false;
    fold(input->group);
    if (is_numeric(sigma))
        return add_up(oracle, sigma, hit, &input->number);
    if (sigma->type == SIGMA_VALUE_COUNT && !join(oracle, sigma, hit, sigma->condition_fields,
                                                  sigma->condition_field_count, input->value))
        return false;
    fold(input->value);
    return true;
}

static void take(struct oracle *oracle, uint32_t rule, const struct oracle_hit *hit)
{
    const struct sigma_correlation *sigma = oracle->sigmas[rule];
    struct inputs *inputs = &oracle->inputs[rule];
    struct oracle_input input;
    struct view view;
    if (!input_make(oracle, sigma, hit, &input) || is_repeated(inputs, sigma, &input))
        return;
    assert(inputs->count < ORACLE_HITS_MAX);
    inputs->all[inputs->count++] = input;
    if (is_late(sigma))
        return;
    view_group(inputs, input.group, hit->moment - (int64_t)sigma->timespan_ns, &view);
    judge(oracle, rule, &view, hit->moment);
}

static void deliver(struct oracle *oracle, const struct oracle_hit *hit)
{
    for (uint32_t i = 0; i < oracle->order_count; i++)
        take(oracle, oracle->order[i], hit);
}

/* Judges the one window that ends first, if it ends before a moment. */
static bool judge_next(struct oracle *oracle, int64_t before)
{
    int64_t first_end = before;
    uint32_t first_rule = 0;
    const struct oracle_input *first = NULL;
    for (uint32_t o = 0; o < oracle->order_count; o++) {
        const uint32_t rule = oracle->order[o];
        const struct inputs *inputs = &oracle->inputs[rule];
        if (!is_late(oracle->sigmas[rule]))
            continue;
        for (uint32_t i = 0; i < inputs->count; i++) {
            const int64_t end =
                inputs->all[i].hit->moment + (int64_t)oracle->sigmas[rule]->timespan_ns;
            if (!inputs->all[i].is_consumed && end < first_end) {
                first_end = end;
                first_rule = rule;
                first = &inputs->all[i];
            }
        }
    }
    if (!first)
        return false;
    struct view view;
    view_group(&oracle->inputs[first_rule], first->group, INT64_MIN, &view);
    for (uint32_t i = 0; i < view.count; i++) {
        assert(view.inputs[i]->hit->moment <= first_end);
        view.inputs[i]->is_consumed = true;
    }
    judge(oracle, first_rule, &view, first_end);
    return true;
}

void oracle_feed(struct oracle *oracle, const struct oracle_hit *hit)
{
    while (judge_next(oracle, hit->moment))
        ;
    assert(oracle->hit_count < ORACLE_HITS_MAX);
    oracle->hits[oracle->hit_count] = *hit;
    deliver(oracle, &oracle->hits[oracle->hit_count++]);
}

void oracle_finish(struct oracle *oracle)
{
    while (judge_next(oracle, INT64_MAX))
        ;
}
