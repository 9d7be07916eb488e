#include "rules/correlate/window.h"

#include <assert.h>
#include <stdlib.h>

#define NANOS_PER_SEC UINT64_C(1000000000)
#define RING_MIN      4U
#define TIED_MAX      64U /* hits of one moment and group that an order is sought among */

struct distinct {
    struct keyed keyed;
    struct unit unit;
};

struct instant window_end(struct instant start, uint64_t span_ns)
{
    const uint64_t nanos = start.nanos + span_ns % NANOS_PER_SEC;
    const int64_t seconds = (int64_t)(span_ns / NANOS_PER_SEC + nanos / NANOS_PER_SEC);
    struct instant end = {.nanos = (uint32_t)(nanos % NANOS_PER_SEC), .digits = start.digits};
    if (__builtin_add_overflow(start.seconds, seconds, &end.seconds))
        return (struct instant){INT64_MAX, (uint32_t)(NANOS_PER_SEC - 1), start.digits};
    if (end.nanos != start.nanos)
        end.digits = 9;
    return end;
}

static bool is_past(const struct plan_correlation *plan, const struct unit *unit,
                    struct instant moment)
{
    return instant_compare(window_end(unit_moment(unit), plan->sigma->timespan_ns), moment) < 0;
}

size_t bundle_size(uint32_t count)
{
    return sizeof(struct bundle) + count * sizeof(struct correlate_event);
}

void bundle_drop(struct windows *windows, struct bundle *bundle)
{
    if (bundle && --bundle->references == 0)
        budget_resize(&windows->budget, bundle, bundle_size(bundle->count), 0);
}

/* Overwrites a unit with another, keeping count of who holds a bundle. */
static void unit_set(struct windows *windows, struct unit *unit, const struct unit *to)
{
    if (to->bundle)
        to->bundle->references++;
    bundle_drop(windows, unit->bundle);
    *unit = *to;
}

/* The ring. */

static struct unit *ring_at(const struct window *window, uint32_t index)
{
    assert(index < window->count);
    const uint32_t at = window->first + index;
    return &window->units[at < window->capacity ? at : at - window->capacity];
}

static bool ring_grow(struct windows *windows, struct window *window)
{
    const uint32_t capacity = window->capacity ? window->capacity * 2 : RING_MIN;
    struct unit *units = budget_resize(&windows->budget, NULL, 0, capacity * sizeof(*units));
    if (!units)
        return false;
    for (uint32_t i = 0; i < window->count; i++)
        units[i] = *ring_at(window, i);
    memset(units + window->count, 0, (capacity - window->count) * sizeof(*units));
    budget_resize(&windows->budget, window->units, window->capacity * sizeof(*units), 0);
    window->units = units;
    window->capacity = capacity;
    window->first = 0;
    return true;
}

static bool ring_push(struct windows *windows, struct window *window, const struct unit *unit)
{
    if (window->count == window->capacity && !ring_grow(windows, window))
        return false;
    window->count++;
    unit_set(windows, ring_at(window, window->count - 1), unit);
    return true;
}

static void ring_pop(struct windows *windows, struct window *window)
{
    unit_set(windows, ring_at(window, 0), &(struct unit){0});
    window->count--;
    window->first = window->first + 1 < window->capacity ? window->first + 1 : 0;
}

/* Tally. */

/* Removes the oldest hit from count and sum. A sum from which numbers are subtracted would drift,
 * and one huge number would spoil it for good; so the hits are two stacks. Those of the front hold
 * the sum of themselves and all that came after them in the front; when it is empty, the whole back
 * becomes the front. */
static void tally_pop(struct windows *windows, struct window *window)
{
    if (window->flipped == 0) {
        double sum = 0;
        for (uint32_t i = window->count; i-- > 0;)
            sum = ring_at(window, i)->number += sum;
        window->flipped = window->count;
        window->sum = 0;
    }
    ring_pop(windows, window);
    window->flipped--;
    window->total--;
}

static bool number_add(struct windows *windows, struct window *window, double number)
{
    if (window->number_count == windows->units_max) {
        windows->hits_dropped++;
        return true;
    }
    if (window->number_count == window->number_capacity) {
        const uint32_t capacity = window->number_capacity ? window->number_capacity * 2 : RING_MIN;
        double *numbers =
            budget_resize(&windows->budget, window->numbers,
                          window->number_capacity * sizeof(*numbers), capacity * sizeof(*numbers));
        if (!numbers)
            return false;
        window->numbers = numbers;
        window->number_capacity = capacity;
    }
    window->numbers[window->number_count++] = number;
    return true;
}

static bool keeps_numbers(const struct plan_correlation *plan)
{
    return plan->sigma->type == SIGMA_VALUE_PERCENTILE || plan->sigma->type == SIGMA_VALUE_MEDIAN;
}

static bool tally_add(struct windows *windows, const struct plan_correlation *plan,
                      struct window *window, const struct unit *unit)
{
    if (plan->is_late) {
        if (window->count == CORRELATE_EVENTS_MAX)
            ring_pop(windows, window);
        if (keeps_numbers(plan) && !number_add(windows, window, unit->number))
            return false;
    } else {
        while (window->count && is_past(plan, ring_at(window, 0), unit_moment(unit)))
            tally_pop(windows, window);
        if (window->count == windows->units_max) {
            tally_pop(windows, window);
            windows->hits_dropped++;
        }
    }
    window->total++;
    window->sum += unit->number;
    return ring_push(windows, window, unit);
}

static int number_order(const void *one, const void *other)
{
    const double a = *(const double *)one;
    const double b = *(const double *)other;
    return (a > b) - (a < b);
}

/* Between the two nearest ranks, in proportion. */
static double percentile(struct window *window, double percent)
{
    assert(window->number_count);
    qsort(window->numbers, window->number_count, sizeof(*window->numbers), number_order);
    const double rank = percent / 100 * (window->number_count - 1);
    const uint32_t below = (uint32_t)rank;
    const double low = window->numbers[below];
    if (below + 1 == window->number_count)
        return low;
    return low + (rank - below) * (window->numbers[below + 1] - low);
}

static double tally_number(const struct plan_correlation *plan, struct window *window)
{
    const double sum = window->flipped ? ring_at(window, 0)->number + window->sum : window->sum;
    switch (plan->sigma->type) {
    case SIGMA_VALUE_SUM:
        return sum;
    case SIGMA_VALUE_AVG:
        return sum / (double)window->total;
    case SIGMA_VALUE_PERCENTILE:
        return percentile(window, plan->sigma->percentile);
    case SIGMA_VALUE_MEDIAN:
        return percentile(window, 50);
    default:
        return (double)window->total;
    }
}

/* Distinct values. */

static void distinct_remove(struct windows *windows, struct window *window,
                            struct distinct *distinct)
{
    keyed_list_remove(&window->distinct, &distinct->keyed);
    keyed_take(&windows->distinct, &distinct->keyed);
    bundle_drop(windows, distinct->unit.bundle);
    keyed_free(&windows->budget, &distinct->keyed, sizeof(*distinct));
    window->distinct_count--;
}

static struct distinct *distinct_of(struct keyed *keyed)
{
    return (struct distinct *)(void *)keyed;
}

static bool distinct_add(struct windows *windows, const struct plan_correlation *plan,
                         struct window *window, const struct unit *unit, uint64_t owner,
                         struct bytes value)
{
    struct keyed_list *list = &window->distinct;
    while (list->oldest && is_past(plan, &distinct_of(list->oldest)->unit, unit_moment(unit)))
        distinct_remove(windows, window, distinct_of(list->oldest));
    struct keyed *keyed = keyed_find(&windows->distinct, owner, value);
    if (keyed) {
        keyed_list_remove(list, keyed);
    } else {
        if (window->distinct_count == windows->units_max) {
            distinct_remove(windows, window, distinct_of(list->oldest));
            windows->hits_dropped++;
        }
        keyed =
            keyed_add(&windows->distinct, &windows->budget, sizeof(struct distinct), owner, value);
        if (!keyed)
            return false;
        window->distinct_count++;
    }
    keyed_list_append(list, keyed);
    unit_set(windows, &distinct_of(keyed)->unit, unit);
    return true;
}

/* Temporal. */

static bool steps_make(struct windows *windows, struct window *window, size_t count)
{
    if (window->steps)
        return true;
    window->steps = budget_resize(&windows->budget, NULL, 0, count * sizeof(*window->steps));
    if (!window->steps)
        return false;
    memset(window->steps, 0, count * sizeof(*window->steps));
    return true;
}

static bool temporal_add(struct windows *windows, const struct plan_correlation *plan,
                         struct window *window, const struct unit *unit)
{
    if (!steps_make(windows, window, plan->sigma->rule_count))
        return false;
    window->filled |= unit->steps;
    for (uint32_t step = 0; step < plan->sigma->rule_count; step++) {
        const uint64_t bit = UINT64_C(1) << step;
        struct unit *held = &window->steps[step];
        if (unit->steps & bit) {
            unit_set(windows, held, unit);
        } else if (window->filled & bit && is_past(plan, held, unit_moment(unit))) {
            unit_set(windows, held, &(struct unit){0});
            window->filled &= ~bit;
        }
    }
    return true;
}

/* Temporal, ordered. The ring holds the hits of the current moment, which may stand in any order;
 * the chains end before it. */

static size_t chains_length(uint32_t count)
{
    return (size_t)count * (count + 1) / 2;
}

/* The hits of chain k, which covers steps 0 to k - 1. */
static struct unit *chain(const struct window *window, uint32_t k)
{
    assert(k >= 1);
    return window->steps + chains_length(k - 1);
}

static bool has_chain(const struct window *window, uint32_t k)
{
    return k == 0 || window->filled >> (k - 1) & 1;
}

/* Which of the tied hits serves which step. */
struct tied {
    const struct window *window;
    uint32_t step_of[TIED_MAX]; /* PLAN_STEPS_MAX: free */
    uint64_t tried;
};

/* Finds a tied hit for a step, moving others to other hits where that helps (Kuhn). */
static bool tied_place(struct tied *tied, uint32_t step)
{
    for (uint32_t i = 0; i < tied->window->count; i++) {
        if (tied->tried >> i & 1 || !(ring_at(tied->window, i)->steps >> step & 1))
            continue;
        tied->tried |= UINT64_C(1) << i;
        if (tied->step_of[i] == PLAN_STEPS_MAX || tied_place(tied, tied->step_of[i])) {
            tied->step_of[i] = step;
            return true;
        }
    }
    return false;
}

/* Makes chain k of an earlier chain and hits of this moment, if one can be made that ends now and
 * began in time: of the shortest earlier chain, since that one began last. */
static bool chain_extend(struct windows *windows, const struct plan_correlation *plan,
                         struct window *window, uint32_t k, struct instant moment)
{
    struct tied tied = {.window = window};
    for (uint32_t i = 0; i < window->count; i++)
        tied.step_of[i] = PLAN_STEPS_MAX;
    uint32_t kept = k;
    while (kept > 0 && tied_place(&tied, kept - 1)) {
        tied.tried = 0;
        kept--;
    }
    if (kept == k || !has_chain(window, kept) ||
        (kept > 0 && is_past(plan, chain(window, kept), moment)))
        return false;
    struct unit *made = chain(window, k);
    for (uint32_t step = 0; step < kept; step++)
        unit_set(windows, made + step, chain(window, kept) + step);
    for (uint32_t i = 0; i < window->count; i++)
        if (tied.step_of[i] != PLAN_STEPS_MAX)
            unit_set(windows, made + tied.step_of[i], ring_at(window, i));
    window->filled |= UINT64_C(1) << (k - 1);
    return true;
}

/* The moment is over: its hits become ends of chains. The longest go first, because they build on
 * shorter ones that end before this moment. */
static void chains_close(struct windows *windows, const struct plan_correlation *plan,
                         struct window *window)
{
    const struct instant moment = unit_moment(ring_at(window, 0));
    for (uint32_t k = plan->sigma->rule_count - 1; k > 0; k--)
        chain_extend(windows, plan, window, k, moment);
    while (window->count)
        ring_pop(windows, window);
}

/* Adds a hit to those of this moment. Several rules that fired on one event make one hit that can
 * serve one step only. More hits of a kind than there are steps add nothing. */
static bool tied_add(struct windows *windows, const struct plan_correlation *plan,
                     struct window *window, const struct unit *unit)
{
    uint32_t alike = 0;
    for (uint32_t i = 0; i < window->count; i++) {
        struct unit *held = ring_at(window, i);
        if (!held->bundle && !unit->bundle && event_is_same(&held->event, &unit->event) &&
            !(held->steps & unit->steps)) {
            held->steps |= unit->steps;
            return true;
        }
        alike += held->steps == unit->steps;
    }
    if (alike == plan->sigma->rule_count)
        return true;
    if (window->count == TIED_MAX) {
        windows->hits_dropped++;
        return true;
    }
    return ring_push(windows, window, unit);
}

static bool ordered_add(struct windows *windows, const struct plan_correlation *plan,
                        struct window *window, const struct unit *unit)
{
    const struct instant moment = unit_moment(unit);
    if (!steps_make(windows, window, chains_length(plan->sigma->rule_count)))
        return false;
    if (window->count && instant_compare(unit_moment(ring_at(window, 0)), moment) != 0)
        chains_close(windows, plan, window);
    if (!tied_add(windows, plan, window, unit))
        return false;
    chain_extend(windows, plan, window, plan->sigma->rule_count, moment);
    return true;
}

/* All types. */

bool window_add(struct windows *windows, const struct plan_correlation *plan, struct window *window,
                const struct unit *unit, uint64_t owner, struct bytes value)
{
    switch (plan->kind) {
    case PLAN_TALLY:
        return tally_add(windows, plan, window, unit);
    case PLAN_DISTINCT:
        return distinct_add(windows, plan, window, unit, owner, value);
    case PLAN_TEMPORAL:
        return temporal_add(windows, plan, window, unit);
    case PLAN_ORDERED:
        break;
    }
    return ordered_add(windows, plan, window, unit);
}

bool window_holds(const struct plan_correlation *plan, struct window *window, double *number)
{
    const struct sigma_correlation *sigma = plan->sigma;
    switch (plan->kind) {
    case PLAN_TALLY:
        *number = tally_number(plan, window);
        break;
    case PLAN_DISTINCT:
        *number = window->distinct_count;
        break;
    case PLAN_TEMPORAL:
        *number = __builtin_popcountll(window->filled);
        if (sigma->expression && !plan_expression_holds(sigma->expression, window->filled))
            return false;
        break;
    case PLAN_ORDERED:
        *number = sigma->rule_count;
        return has_chain(window, sigma->rule_count);
    }
    return plan_bounds_hold(sigma, *number);
}

static uint64_t unit_collect(const struct unit *unit, struct buffer *events)
{
    if (!unit->bundle) {
        buffer_bytes(events, &unit->event, sizeof(unit->event));
        return 0;
    }
    buffer_bytes(events, unit->bundle->events, unit->bundle->count * sizeof(unit->event));
    return unit->bundle->left_out;
}

static uint64_t tally_collect(const struct window *window, struct buffer *events)
{
    uint64_t left_out = window->total - window->count;
    for (uint32_t i = window->count; i-- > 0;) {
        const struct unit *unit = ring_at(window, i);
        if (events->length < CORRELATE_EVENTS_MAX * sizeof(unit->event))
            left_out += unit_collect(unit, events);
        else
            left_out += unit->bundle ? unit->bundle->count + unit->bundle->left_out : 1;
    }
    return left_out;
}

uint64_t window_collect(const struct plan_correlation *plan, const struct window *window,
                        struct buffer *events)
{
    uint64_t left_out = 0;
    const uint32_t count = plan->sigma->rule_count;
    switch (plan->kind) {
    case PLAN_TALLY:
        return tally_collect(window, events);
    case PLAN_DISTINCT:
        for (struct keyed *at = window->distinct.newest; at; at = at->older)
            left_out += unit_collect(&distinct_of(at)->unit, events);
        return left_out;
    case PLAN_TEMPORAL:
        for (uint32_t step = 0; step < count; step++)
            if (window->filled >> step & 1)
                left_out += unit_collect(&window->steps[step], events);
        return left_out;
    case PLAN_ORDERED:
        break;
    }
    for (uint32_t step = 0; step < count; step++)
        left_out += unit_collect(chain(window, count) + step, events);
    return left_out;
}

static size_t steps_length(const struct plan_correlation *plan)
{
    const uint32_t count = plan->sigma->rule_count;
    return plan->kind == PLAN_ORDERED ? chains_length(count) : count;
}

void window_clear(struct windows *windows, const struct plan_correlation *plan,
                  struct window *window)
{
    while (window->count)
        ring_pop(windows, window);
    while (window->distinct.oldest)
        distinct_remove(windows, window, distinct_of(window->distinct.oldest));
    for (size_t i = 0; window->steps && i < steps_length(plan); i++)
        unit_set(windows, &window->steps[i], &(struct unit){0});
    window->first = window->flipped = window->number_count = 0;
    window->total = 0;
    window->sum = 0;
    window->filled = 0;
}

void window_release(struct windows *windows, const struct plan_correlation *plan,
                    struct window *window)
{
    struct budget *budget = &windows->budget;
    window_clear(windows, plan, window);
    budget_resize(budget, window->units, window->capacity * sizeof(*window->units), 0);
    budget_resize(budget, window->numbers, window->number_capacity * sizeof(*window->numbers), 0);
    if (window->steps)
        budget_resize(budget, window->steps, steps_length(plan) * sizeof(*window->steps), 0);
    *window = (struct window){0};
}
