#include "readers/text/naming_fields.h"

#include <stdlib.h>

#define REPEATS_DONE UINT32_MAX /* the rows of this path were looked at */

/* ---- steps ---- */

static void add(struct naming *naming, struct bytes name, struct step step)
{
    const name_id id =
        naming->count < naming->maximum ? names_intern(naming->plans->shared->fields, name) : 0;
    if (!id) {
        naming->has_lost = true;
        return;
    }
    naming->names[naming->count] = id;
    naming->steps[naming->count++] = step;
}

static int compare_parts(const void *one, const void *other)
{
    const struct part *a = one, *b = other;
    return a->rank != b->rank ? (a->rank > b->rank) - (a->rank < b->rank)
                              : (a->source > b->source) - (a->source < b->source);
}

/* The values without a name as one list; as a plain field when there is only one. */
static bool add_data(struct naming *naming, bool of_parameters)
{
    const uint32_t count = naming->plan->count;
    struct part *parts = arena_take_array(&naming->plans->arena, count, sizeof(*parts));
    if (!parts)
        return false;
    struct step step = {.parts = parts};
    for (uint32_t i = 0; i < count; i++) {
        const struct named *field = &naming->fields[i];
        if (of_parameters ? field->is_parameter : field->is_data)
            parts[step.parts_count++] = (struct part){.source = (uint16_t)i, .rank = field->order};
    }
    qsort(parts, step.parts_count, sizeof(*parts), compare_parts);
    step.how = step.parts_count == 1 ? NAMING_COPY : NAMING_DATA;
    step.source = parts[0].source;
    add(naming, bytes_of_text("Data"), step);
    return true;
}

static bool add_fields(struct naming *naming)
{
    bool has_data = false;
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        const struct named *field = &naming->fields[i];
        const struct naming_row *row = field->row;
        struct step step = {.how = field->how, .source = (uint16_t)i};
        if (field->how == NAMING_DROP)
            continue;
        if (row) {
            step.how = row->how;
            step.list = row->list;
            if (row->how == NAMING_WORDS && bytes_equal(field->name, bytes_of_text(row->ours)))
                step.how = NAMING_WORDS_OR;
            add(naming, bytes_of_text(row->ours), step);
            if (step.how != NAMING_WORDS)
                continue;
            step.how = NAMING_NOT_WORDS;
        }
        if (!field->is_data) {
            add(naming, field->name, step);
        } else if (!has_data) {
            has_data = true;
            if (!add_data(naming, false))
                return false;
        }
    }
    return true;
}

static struct step *step_find(const struct naming *naming, const char *name)
{
    const name_id id = names_find(naming->plans->shared->fields, bytes_of_text(name));
    for (uint32_t i = 0; i < naming->count; i++)
        if (naming->names[i] == id)
            return &naming->steps[i];
    return NULL;
}

static struct step *step_keep(struct naming *naming, struct step step)
{
    struct step *kept = arena_take_array(&naming->plans->arena, 1, sizeof(*kept));
    if (kept)
        *kept = step;
    return kept;
}

/* A row that holds in some places only is another chance for a field that is not there, or another
 * notation of one that is: what holds everywhere comes last. */
static bool add_conditional(struct naming *naming, struct step step, const char *name)
{
    struct step *last = step_find(naming, name);
    if (!last) {
        add(naming, bytes_of_text(name), step);
        return true;
    }
    while (last->where && last->next)
        last = last->next;
    const bool is_certain = !last->where && last->how != NAMING_NOT_WORDS;
    if (is_certain && last->source != step.source)
        return true;
    if (last->where) {
        last->next = step_keep(naming, step);
        return last->next != NULL;
    }
    step.next = step_keep(naming, *last);
    *last = step;
    return step.next != NULL;
}

static bool join_parts(const struct naming *naming, const struct naming_row *first,
                       struct step *step)
{
    struct part *parts = arena_take_array(&naming->plans->arena, PARTS_MAX, sizeof(*parts));
    if (!parts)
        return false;
    step->parts = parts;
    for (uint32_t i = 0; i < naming->plan->count; i++)
        for (const struct naming_row *row = naming_rows_find(naming, naming->fields[i].theirs); row;
             row = naming_rows_next(row))
            if (row->how == NAMING_JOIN && row->where == first->where &&
                strcmp(row->ours, first->ours) == 0 && step->parts_count < PARTS_MAX)
                parts[step->parts_count++] = (struct part){(uint16_t)i, row->rank, row->text};
    qsort(parts, step->parts_count, sizeof(*parts), compare_parts);
    return true;
}

static bool add_conditionals_of(struct naming *naming, uint32_t number)
{
    const struct naming_row *row = naming_rows_find(naming, naming->fields[number].theirs);
    for (; row; row = naming_rows_next(row)) {
        struct step step = {
            .how = row->how, .list = row->list, .where = row->where, .text = row->text};
        step.source = (uint16_t)number;
        if (!row->where)
            continue;
        if (row->how == NAMING_JOIN &&
            (step_find(naming, row->ours) || !join_parts(naming, row, &step)))
            continue;
        if (!add_conditional(naming, step, row->ours))
            return false;
    }
    return true;
}

static bool add_conditionals(struct naming *naming)
{
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        /* A key that a record repeats is looked at once. */
        struct path *path = naming->fields[i].path;
        if (path->repeats == REPEATS_DONE)
            continue;
        path->repeats = REPEATS_DONE;
        if (!add_conditionals_of(naming, i))
            return false;
    }
    return true;
}

/* ---- all of it ---- */

static bool is_plain(const struct naming *naming)
{
    if (naming->count != naming->plan->count)
        return false;
    for (uint32_t i = 0; i < naming->count; i++)
        if (naming->steps[i].how != NAMING_COPY || naming->steps[i].source != i ||
            naming->steps[i].where)
            return false;
    return true;
}

static bool all_data_is_parameters(const struct naming *naming)
{
    uint32_t parameters = 0, others = 0;
    for (uint32_t i = 0; i < naming->plan->count; i++) {
        parameters += naming->fields[i].is_parameter;
        others += naming->fields[i].is_prefixed && !naming->fields[i].is_parameter &&
                  !bytes_equal(naming->fields[i].name, bytes_of_text("Binary"));
    }
    return parameters && !others;
}

static bool make_steps(struct naming *naming)
{
    if (!naming_names(naming) || !add_fields(naming) ||
        (all_data_is_parameters(naming) && !add_data(naming, true)))
        return false;
    return !naming->is_known || add_conditionals(naming);
}

bool naming_make(struct plans *plans, struct plan *plan)
{
    struct arena *scratch = &plans->scratch;
    arena_reset(scratch);
    const uint32_t maximum = plan->count + (SHAPE_FIELDS_MAX - RECORD_FIELDS_MAX);
    struct naming naming = {
        .plans = plans,
        .plan = plan,
        .scratch = scratch,
        .fields = arena_take_array(scratch, plan->count + 1, sizeof(struct named)),
        .steps = arena_take_array(scratch, maximum, sizeof(struct step)),
        .names = arena_take_array(&plans->arena, maximum, sizeof(name_id)),
        .maximum = maximum,
    };
    if (!naming.fields || !naming.steps || !naming.names || !make_steps(&naming))
        return false;
    if (!is_plain(&naming)) {
        struct step *steps = arena_take_array(&plans->arena, naming.count + 1, sizeof(*steps));
        if (!steps)
            return false;
        memcpy(steps, naming.steps, naming.count * sizeof(*steps));
        plan->steps = steps;
        for (uint32_t i = 0; i < naming.count; i++)
            plan->has_conditions |= steps[i].where != 0;
    }
    plan->step_count = naming.count;
    plan->has_lost = naming.has_lost;
    plan->shape = shapes_intern(plans->shared->shapes, naming.names, naming.count);
    if (!plan->shape) {
        shape_init(&plan->own, naming.names, naming.count);
        plan->shape = &plan->own;
    }
    return true;
}
