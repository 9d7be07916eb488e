/* The stream of hits against the plan.
 *
 * Time moves with the hits. A correlation that fires is a hit in its turn, at once given to those
 * that refer to it. Hits of a moment come before the windows that end with it are judged. */
#include "rules/correlate/correlate.h"

#include "base/utf.h"
#include "event/value.h"
#include "rules/correlate/group.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#define BYTES_DEFAULT  ((size_t)32 << 20)
#define GROUPS_DEFAULT 200000
#define SHARE_MAX      4 /* one window may take a quarter of the memory */
#define COUNTED_MAX    ((size_t)INT32_MAX)

struct correlator {
    struct plan plan;
    struct groups groups;
    struct correlate_statistics statistics;
    bool has_begun;
    struct instant now; /* time of the last hit */
    struct instant due; /* no window is to be judged before this moment has passed */
    correlate_sink *sink;
    void *context;
    struct buffer key, value, packed; /* scratch */
    struct buffer events;             /* scratch: an array of struct correlate_event */
};

/* A hit on its way into correlations. */
struct arrival {
    const struct correlate_hit *hit; /* rule and values are the correlation's when one has fired */
    struct correlate_event event;    /* the event behind it that came last */
    struct instant moment;
    struct bundle *bundle; /* all events behind it; NULL for a hit of a base rule */
};

static const struct instant far_future = {.seconds = INT64_MAX, .nanos = 999999999};

static struct correlate_limits limits_or_defaults(const struct correlate_limits *limits)
{
    struct correlate_limits set = limits ? *limits : (struct correlate_limits){0};
    if (!set.bytes)
        set.bytes = BYTES_DEFAULT;
    if (!set.groups)
        set.groups = GROUPS_DEFAULT;
    return set;
}

enum status correlator_new(const struct rule_info *const *rules, uint32_t count,
                           const struct correlate_limits *limits, struct correlator **correlator,
                           struct fault *fault)
{
    const struct correlate_limits set = limits_or_defaults(limits);
    const size_t units = set.bytes / SHARE_MAX / sizeof(struct unit) + 1;
    const uint32_t units_max = (uint32_t)(units < COUNTED_MAX ? units : COUNTED_MAX);
    struct correlator *new = calloc(1, sizeof(*new));
    if (!new)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for the correlations");
    new->due = far_future;
    enum status status = plan_init(&new->plan, rules, count, units_max, fault);
    if (status == STATUS_OK && !groups_init(&new->groups, &new->plan, &set))
        status = fault_set(fault, STATUS_MEMORY, 0, "no memory for the correlations");
    if (status != STATUS_OK) {
        correlator_free(new);
        return status;
    }
    new->groups.windows.units_max = units_max;
    *correlator = new;
    return STATUS_OK;
}

uint32_t correlator_refusal_count(const struct correlator *correlator)
{
    return correlator->plan.refusal_count;
}

const char *correlator_refusal(const struct correlator *correlator, uint32_t index, uint32_t *rule)
{
    assert(index < correlator->plan.refusal_count);
    *rule = correlator->plan.refusals[index].rule;
    return correlator->plan.refusals[index].reason;
}

/* Correlations have readers too, but their hits are made here. */
static const struct plan_rule *base_rule(const struct correlator *correlator, uint32_t rule)
{
    if (rule >= correlator->plan.rule_count)
        return NULL;
    const struct plan_rule *found = &correlator->plan.rules[rule];
    return found->readers && !found->is_correlation ? found : NULL;
}

bool correlator_needs(const struct correlator *correlator, uint32_t rule,
                      const char *const **fields, uint32_t *count)
{
    const struct plan_rule *found = base_rule(correlator, rule);
    *fields = found ? (const char *const *)found->fields : NULL;
    *count = found ? found->field_count : 0;
    return found != NULL;
}

/* Joins values, folded, each behind its length; false when one is absent. */
static bool values_join(struct buffer *to, const struct correlate_hit *hit, const uint8_t *at,
                        uint32_t count)
{
    buffer_reset(to);
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes value = hit->values[at[i]];
        if (!value.data)
            return false;
        uint8_t *room = buffer_room(to, sizeof(size_t) + value.length * 3 + 32);
        if (!room)
            return true;
        const size_t length = utf8_fold(room + sizeof(size_t), value);
        memcpy(room, &length, sizeof(length));
        to->length += sizeof(length) + length;
    }
    return true;
}

/* The condition's fields together as one number; false when one is absent or none. */
static bool values_add_up(const struct correlate_hit *hit, const uint8_t *at, uint32_t count,
                          double *number)
{
    *number = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct bytes text = hit->values[at[i]];
        const struct value value = {
            .type = VALUE_UTF8, .length = (uint32_t)text.length, .data = text.data};
        double term;
        if (!text.data || text.length > UINT32_MAX || !value_number(&value, &term))
            return false;
        *number += term;
    }
    return isfinite(*number);
}

/* What a hit means to a correlation; false when it takes no part, for want of a value. The group's
 * key and the counted value are left in the scratch buffers. */
static bool unit_make(struct correlator *correlator, const struct plan_reader *reader,
                      const struct arrival *arrival, struct unit *unit)
{
    const struct plan_correlation *plan = &correlator->plan.correlations[reader->correlation];
    const struct sigma_correlation *sigma = plan->sigma;
    *unit = (struct unit){.event = arrival->event, .bundle = arrival->bundle};
    if (!values_join(&correlator->key, arrival->hit, reader->group, sigma->group_count))
        return false;
    if (plan->kind == PLAN_TEMPORAL || plan->kind == PLAN_ORDERED)
        unit->steps = reader->steps;
    else if (plan->kind == PLAN_DISTINCT)
        return values_join(&correlator->value, arrival->hit, reader->condition,
                           sigma->condition_field_count);
    else if (sigma->type != SIGMA_EVENT_COUNT)
        return values_add_up(arrival->hit, reader->condition, sigma->condition_field_count,
                             &unit->number);
    return true;
}

static int event_order(const void *one, const void *other)
{
    const struct correlate_event *a = one;
    const struct correlate_event *b = other;
    const int time = instant_compare(a->time, b->time);
    if (time)
        return time;
    if (a->evidence != b->evidence)
        return a->evidence < b->evidence ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    if (a->record != b->record)
        return a->record < b->record ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

/* Sorts the scratch events, keeps each once and the newest that a finding may name. */
static void events_settle(struct correlator *correlator, struct correlate_finding *finding)
{
    struct correlate_event *events = (void *)correlator->events.data;
    const size_t count = correlator->events.length / sizeof(*events);
    assert(count > 0);
    size_t kept = 1;
    qsort(events, count, sizeof(*events), event_order);
    for (size_t i = 1; i < count; i++)
        if (!event_is_same(&events[i], &events[kept - 1]))
            events[kept++] = events[i];
    const size_t over = kept > CORRELATE_EVENTS_MAX ? kept - CORRELATE_EVENTS_MAX : 0;
    finding->events = events + over;
    finding->event_count = (uint32_t)(kept - over);
    finding->left_out += over;
    finding->time = events[kept - 1].time;
}

static enum status deliver(struct correlator *correlator, const struct arrival *arrival,
                           struct fault *fault);

/* Gives a finding, as a hit, to the correlations that refer to this one. */
static enum status pass_on(struct correlator *correlator, const struct plan_reader *reader,
                           const struct arrival *arrival, const struct correlate_finding *finding,
                           struct fault *fault)
{
    struct windows *windows = &correlator->groups.windows;
    const struct plan_rule *own = &correlator->plan.rules[finding->correlation];
    struct correlate_hit hit = *arrival->hit;
    hit.rule = finding->correlation;
    hit.value_count = own->field_count;
    for (uint32_t i = 0; i < own->field_count; i++)
        hit.values[i] = arrival->hit->values[reader->carried[i]];
    struct bundle *bundle =
        budget_resize(&windows->budget, NULL, 0, bundle_size(finding->event_count));
    if (!bundle)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a correlation's events");
    *bundle = (struct bundle){.references = 1,
                              .count = finding->event_count,
                              .left_out = finding->left_out,
                              .moment = finding->judged};
    memcpy(bundle->events, finding->events, finding->event_count * sizeof(*finding->events));
    const struct arrival next = {
        .hit = &hit, .event = arrival->event, .moment = finding->judged, .bundle = bundle};
    const enum status status = deliver(correlator, &next, fault);
    bundle_drop(windows, bundle);
    return status;
}

/* The window's condition holds: makes the finding, empties the window, and tells whoever waits for
 * it. `arrival` is the hit that came last, through `reader`. */
static enum status fire(struct correlator *correlator, const struct plan_reader *reader,
                        const struct arrival *arrival, struct window *window, double number,
                        struct fault *fault)
{
    const struct plan_correlation *plan = &correlator->plan.correlations[reader->correlation];
    struct bytes group[CORRELATE_FIELDS_MAX];
    struct correlate_finding finding = {
        .correlation = plan->rule,
        .judged = arrival->moment,
        .number = number,
        .group = group,
        .group_count = plan->sigma->group_count,
        .last = arrival->event,
        .host = arrival->hit->host,
        .account = arrival->hit->account,
        .source = arrival->hit->source,
    };
    for (uint32_t i = 0; i < finding.group_count; i++)
        group[i] = arrival->hit->values[reader->group[i]];
    buffer_reset(&correlator->events);
    finding.left_out = window_collect(plan, window, &correlator->events);
    if (correlator->events.failed)
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a correlation's events");
    events_settle(correlator, &finding);
    window_clear(&correlator->groups.windows, plan, window);
    correlator->statistics.findings++;
    enum status status = STATUS_OK;
    if (!plan->info->is_silent)
        status = correlator->sink(correlator->context, &finding, fault);
    if (status == STATUS_OK && correlator->plan.rules[plan->rule].readers)
        status = pass_on(correlator, reader, arrival, &finding, fault);
    return status;
}

/* Whether a rule fired on the very event that was counted, or used up by a finding, for another
 * rule already. */
static bool is_repeated(const struct group *group, const struct arrival *arrival)
{
    return group->is_used_up && !arrival->bundle && event_is_same(&group->seen, &arrival->event) &&
           group->seen.rule != arrival->event.rule;
}

/* Keeps the last hit for the finding that may come of it. */
static bool last_keep(struct correlator *correlator, struct group *group,
                      const struct plan_reader *reader, const struct arrival *arrival)
{
    struct buffer *packed = &correlator->packed;
    buffer_reset(packed);
    correlate_hit_write(packed, arrival->hit);
    if (packed->failed)
        return false;
    if (group->last_capacity < packed->length) {
        uint8_t *last = budget_resize(&correlator->groups.windows.budget, group->last,
                                      group->last_capacity, packed->length);
        if (!last)
            return false;
        group->last = last;
        group->last_capacity = packed->length;
    }
    memcpy(group->last, packed->data, packed->length);
    group->last_length = packed->length;
    group->last_event = arrival->event;
    group->last_reader = reader;
    return true;
}

/* Takes a hit into one correlation. */
static enum status take(struct correlator *correlator, const struct plan_reader *reader,
                        const struct arrival *arrival, struct fault *fault)
{
    const struct plan_correlation *plan = &correlator->plan.correlations[reader->correlation];
    struct unit unit;
    if (!unit_make(correlator, reader, arrival, &unit))
        return STATUS_OK;
    if (!plan->is_late)
        groups_expire(&correlator->groups, reader->correlation, arrival->moment);
    struct group *group = NULL;
    if (!correlator->key.failed && !correlator->value.failed)
        group = groups_open(&correlator->groups, reader->correlation, buffer_view(&correlator->key),
                            arrival->moment);
    if (group && is_repeated(group, arrival))
        return STATUS_OK;
    if (!group ||
        !window_add(&correlator->groups.windows, plan, &group->window, &unit, group->number,
                    buffer_view(&correlator->value)) ||
        (plan->is_late && !last_keep(correlator, group, reader, arrival)))
        return fault_set(fault, STATUS_MEMORY, 0, "no memory for a correlation's window");
    if (!arrival->bundle) {
        group->seen = arrival->event;
        group->is_used_up = plan->kind == PLAN_TALLY;
    }
    if (plan->is_late && instant_compare(group->deadline, correlator->due) < 0)
        correlator->due = group->deadline;
    double number;
    if (plan->is_late || !window_holds(plan, &group->window, &number))
        return STATUS_OK;
    group->is_used_up = true;
    return fire(correlator, reader, arrival, &group->window, number, fault);
}

static enum status deliver(struct correlator *correlator, const struct arrival *arrival,
                           struct fault *fault)
{
    const struct plan_reader *reader = correlator->plan.rules[arrival->hit->rule].readers;
    enum status status = STATUS_OK;
    for (; reader && status == STATUS_OK; reader = reader->next)
        status = take(correlator, reader, arrival, fault);
    return status;
}

/* A window has ended: judges the oldest group of a correlation and frees it. */
static enum status judge(struct correlator *correlator, uint32_t index, struct fault *fault)
{
    const struct plan_correlation *plan = &correlator->plan.correlations[index];
    struct group *group = groups_first(&correlator->groups, index);
    group_take(&correlator->groups, index, group);
    enum status status = STATUS_OK;
    double number;
    if (window_holds(plan, &group->window, &number)) {
        struct correlate_hit hit;
        status = correlate_hit_read(bytes_of(group->last, group->last_length), &hit, fault);
        assert(status == STATUS_OK);
        const struct arrival arrival = {
            .hit = &hit, .event = group->last_event, .moment = group->deadline};
        status = fire(correlator, group->last_reader, &arrival, &group->window, number, fault);
    }
    group_free(&correlator->groups, index, group);
    return status;
}

/* Judges the windows that end before a moment, in the order in which they end. */
static enum status advance(struct correlator *correlator, struct instant moment,
                           struct fault *fault)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && instant_compare(correlator->due, moment) < 0) {
        const uint32_t index = groups_earliest(&correlator->groups, true);
        correlator->due = index == correlator->plan.correlation_count
                              ? far_future
                              : groups_first(&correlator->groups, index)->deadline;
        if (instant_compare(correlator->due, moment) < 0)
            status = judge(correlator, index, fault);
    }
    return status;
}

enum status correlator_feed(struct correlator *correlator, const struct correlate_hit *hit,
                            correlate_sink *sink, void *context, struct fault *fault)
{
    const struct plan_rule *rule = base_rule(correlator, hit->rule);
    if (!rule)
        return STATUS_OK;
    correlator->statistics.hits++;
    if (hit->value_count != rule->field_count)
        return fault_set(fault, STATUS_INVALID, 0, "a hit does not carry what its rule needs");
    if (!instant_is_known(hit->time)) {
        correlator->statistics.hits_timeless++;
        return STATUS_OK;
    }
    if (correlator->has_begun && instant_compare(hit->time, correlator->now) < 0)
        return fault_set(fault, STATUS_INVALID, 0, "a hit is older than the one before it");
    correlator->has_begun = true;
    correlator->now = hit->time;
    correlator->sink = sink;
    correlator->context = context;
    const enum status status = advance(correlator, hit->time, fault);
    if (status != STATUS_OK)
        return status;
    groups_make_room(&correlator->groups);
    const struct arrival arrival = {
        .hit = hit,
        .event = {hit->time, hit->record, hit->offset, hit->evidence, hit->rule, hit->flow},
        .moment = hit->time,
    };
    return deliver(correlator, &arrival, fault);
}

enum status correlator_finish(struct correlator *correlator, correlate_sink *sink, void *context,
                              struct fault *fault)
{
    correlator->sink = sink;
    correlator->context = context;
    enum status status = STATUS_OK;
    uint32_t index;
    while (status == STATUS_OK && (index = groups_earliest(&correlator->groups, true)) <
                                      correlator->plan.correlation_count)
        status = judge(correlator, index, fault);
    groups_reset(&correlator->groups);
    correlator->has_begun = false;
    correlator->due = far_future;
    return status;
}

struct correlate_statistics correlator_statistics(const struct correlator *correlator)
{
    struct correlate_statistics statistics = correlator->statistics;
    statistics.groups_evicted = correlator->groups.evicted;
    statistics.groups_peak = correlator->groups.peak;
    statistics.hits_dropped = correlator->groups.windows.hits_dropped;
    statistics.bytes_peak = correlator->groups.windows.budget.peak;
    return statistics;
}

void correlator_free(struct correlator *correlator)
{
    if (!correlator)
        return;
    groups_release(&correlator->groups);
    buffer_release(&correlator->key);
    buffer_release(&correlator->value);
    buffer_release(&correlator->packed);
    buffer_release(&correlator->events);
    plan_release(&correlator->plan);
    free(correlator);
}
