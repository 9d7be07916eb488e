#include "readers/text/plan.h"

#include "readers/text/convert.h"
#include "readers/text/moment.h"

#include <stdlib.h>

#define MEMORY_MAX   (16U << 20)
#define BUCKET_COUNT 1024 /* a power of two */

bool plans_init(struct plans *plans, const struct reader_shared *shared, struct record *record)
{
    *plans = (struct plans){.shared = shared, .record = record};
    arena_init(&plans->arena, MEMORY_MAX);
    arena_init(&plans->scratch, MEMORY_MAX);
    plans->buckets = calloc(BUCKET_COUNT, sizeof(struct plan *));
    plans->values = malloc((SHAPE_FIELDS_MAX + RECORD_FIELDS_MAX) * sizeof(struct value));
    plans->order = malloc(RECORD_FIELDS_MAX * sizeof(*plans->order));
    return plans->buckets && plans->values && plans->order;
}

void plans_release(struct plans *plans)
{
    arena_release(&plans->arena);
    arena_release(&plans->scratch);
    free(plans->buckets);
    free(plans->values);
    free(plans->order);
}

void plans_reset(struct plans *plans)
{
    arena_reset(&plans->arena);
    memset(plans->buckets, 0, BUCKET_COUNT * sizeof(struct plan *));
}

/* ---- the same paths in another order ---- */

static int compare_paths(const void *one, const void *other, void *paths)
{
    struct path *const *of = paths;
    const uint16_t a = *(const uint16_t *)one, b = *(const uint16_t *)other;
    const uintptr_t at_a = (uintptr_t)of[a], at_b = (uintptr_t)of[b];
    return at_a != at_b ? (at_a > at_b) - (at_a < at_b) : (a > b) - (a < b);
}

static void sort_paths(uint16_t *order, struct path **paths, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = (uint16_t)i;
    qsort_r(order, count, sizeof(*order), compare_paths, paths);
}

/* The record's values in the plan's order, or NULL when its paths are not the plan's. */
static const struct value *permuted(const struct plans *plans, const struct plan *plan,
                                    const struct record *record)
{
    struct value *values = plans->values + SHAPE_FIELDS_MAX;
    for (uint32_t i = 0; i < plan->count; i++) {
        const uint16_t theirs = plans->order[i], ours = plan->order[i];
        if (record->paths[theirs] != plan->paths[ours])
            return NULL;
        values[ours] = record->values[theirs];
    }
    return values;
}

/* ---- finding and making ---- */

static struct plan *plan_find(struct plans *plans, struct record *record,
                              const struct value **values)
{
    struct plan *first = plans->buckets[record->sum % BUCKET_COUNT];
    bool is_sorted = false;
    for (struct plan *plan = first; plan; plan = plan->next) {
        if (plan->sum != record->sum || plan->count != record->count)
            continue;
        *values = record->values;
        if (memcmp(plan->paths, record->paths, record->count * sizeof(*record->paths)) == 0)
            return plan;
        if (!is_sorted)
            sort_paths(plans->order, record->paths, record->count);
        is_sorted = true;
        *values = permuted(plans, plan, record);
        if (*values)
            return plan;
    }
    return NULL;
}

static struct plan *plan_new(struct plans *plans, const struct record *record)
{
    struct plan *plan = arena_take_array(&plans->arena, 1, sizeof(*plan));
    struct path **paths = arena_take_array(&plans->arena, record->count + 1, sizeof(*paths));
    uint16_t *order = arena_take_array(&plans->arena, record->count + 1, sizeof(*order));
    if (!plan || !paths || !order)
        return NULL;
    memcpy(paths, record->paths, record->count * sizeof(*paths));
    sort_paths(order, paths, record->count);
    plan->sum = record->sum;
    plan->count = record->count;
    plan->paths = paths;
    plan->order = order;
    if (!naming_make(plans, plan))
        return NULL;
    struct plan **bucket = &plans->buckets[record->sum % BUCKET_COUNT];
    plan->next = *bucket;
    *bucket = plan;
    return plan;
}

/* ---- the event ---- */

static const struct value *known_value(const struct plan *plan, const struct value *values,
                                       enum field_known field)
{
    const uint16_t slot = plan->shape->known[field];
    return slot == SHAPE_NO_SLOT ? NULL : &values[slot];
}

static uint64_t number_of(const struct value *value)
{
    double number;
    if (!value)
        return 0;
    if (value->type == VALUE_UINT || (value->type == VALUE_INT && value->integer > 0))
        return value->number;
    return value_number(value, &number) && number > 0 && number < 1e18 ? (uint64_t)number : 0;
}

/* Steps that hold in some places only come behind those that tell the place. */
static void run_steps(struct plans *plans, const struct plan *plan, struct conversion *conversion)
{
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].where)
            plans->values[i] = (struct value){.type = VALUE_ABSENT};
        else
            convert(conversion, &plan->steps[i], &plans->values[i]);
    if (!plan->has_conditions)
        return;
    const struct value *provider = known_value(plan, plans->values, FIELD_PROVIDER_NAME);
    const struct value *channel = known_value(plan, plans->values, FIELD_CHANNEL);
    if (provider)
        conversion->provider = convert_text(&plans->record->arena, conversion->raw, provider);
    if (channel)
        conversion->channel = convert_text(&plans->record->arena, conversion->raw, channel);
    conversion->event_id = (uint32_t)number_of(known_value(plan, plans->values, FIELD_EVENT_ID));
    for (uint32_t i = 0; i < plan->step_count; i++)
        if (plan->steps[i].where)
            convert(conversion, &plan->steps[i], &plans->values[i]);
}

static struct instant time_of(struct plans *plans, const struct value *value, struct bytes raw)
{
    struct instant instant = {.seconds = INSTANT_NONE};
    if (value && value->type == VALUE_INSTANT)
        return (struct instant){value->integer, value->length, value->width};
    if (value)
        (void)moment_parse(convert_text(&plans->record->arena, raw, value), &instant);
    return instant;
}

enum status plans_event(struct plans *plans, struct event *event)
{
    struct record *record = plans->record;
    const struct value *values = NULL;
    struct plan *plan = plan_find(plans, record, &values);
    if (UNLIKELY(!plan)) {
        plan = plan_new(plans, record);
        values = record->values;
    }
    if (!plan)
        return STATUS_MEMORY;
    if (plan->steps) {
        struct conversion conversion = {
            .values = values, .raw = event->raw, .arena = &record->arena};
        run_steps(plans, plan, &conversion);
        values = plans->values;
    }
    plans->last = plan;
    event->shape = plan->shape;
    event->values = values;
    event->time = time_of(plans, known_value(plan, values, FIELD_TIME_CREATED), event->raw);
    event->record = number_of(known_value(plan, values, FIELD_EVENT_RECORD_ID));
    return STATUS_OK;
}

bool plans_has_lost(const struct plans *plans)
{
    return plans->last->has_lost;
}
