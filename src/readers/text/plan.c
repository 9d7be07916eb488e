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
    plans->values = malloc(SHAPE_FIELDS_MAX * sizeof(struct value));
    return plans->buckets && plans->values;
}

void plans_release(struct plans *plans)
{
    arena_release(&plans->arena);
    arena_release(&plans->scratch);
    free(plans->buckets);
    free(plans->values);
}

void plans_reset(struct plans *plans)
{
    arena_reset(&plans->arena);
    memset(plans->buckets, 0, BUCKET_COUNT * sizeof(struct plan *));
}

/* ---- finding and making ---- */

static struct plan *plan_find(const struct plans *plans, const struct record *record)
{
    struct plan *plan = plans->buckets[record->hash % BUCKET_COUNT];
    while (plan &&
           (plan->hash != record->hash || plan->count != record->count ||
            memcmp(plan->paths, record->paths, record->count * sizeof(*record->paths)) != 0))
        plan = plan->next;
    return plan;
}

static struct plan *plan_new(struct plans *plans, const struct record *record)
{
    struct plan *plan = arena_take_array(&plans->arena, 1, sizeof(*plan));
    struct path **paths = arena_take_array(&plans->arena, record->count + 1, sizeof(*paths));
    if (!plan || !paths)
        return NULL;
    memcpy(paths, record->paths, record->count * sizeof(*paths));
    plan->hash = record->hash;
    plan->count = record->count;
    plan->paths = paths;
    if (!naming_make(plans, plan))
        return NULL;
    /* The next evidence may have room for the names that this one has not. */
    if (plan->has_lost)
        return plan;
    struct plan **bucket = &plans->buckets[record->hash % BUCKET_COUNT];
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
    const struct value *values = record->values;
    struct plan *plan = plan_find(plans, record);
    if (UNLIKELY(!plan))
        plan = plan_new(plans, record);
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
