#include "rules/correlate/group.h"

#include <assert.h>

static struct group *group_of(struct keyed *keyed)
{
    return (struct group *)(void *)keyed;
}

bool groups_init(struct groups *groups, struct plan *plan, const struct correlate_limits *limits)
{
    *groups = (struct groups){.plan = plan, .limits = *limits};
    groups->by_deadline = arena_take_array(&plan->arena, (size_t)plan->correlation_count + 1,
                                           sizeof(*groups->by_deadline));
    return groups->by_deadline != NULL;
}

void groups_release(struct groups *groups)
{
    if (groups->by_deadline)
        groups_reset(groups);
    keyed_table_release(&groups->table, &groups->windows.budget);
    keyed_table_release(&groups->windows.distinct, &groups->windows.budget);
    assert(groups->windows.budget.used == 0);
}

struct group *groups_first(const struct groups *groups, uint32_t correlation)
{
    return group_of(groups->by_deadline[correlation].oldest);
}

static struct group *group_new(struct groups *groups, uint32_t correlation, struct bytes key)
{
    struct keyed *keyed =
        keyed_add(&groups->table, &groups->windows.budget, sizeof(struct group), correlation, key);
    if (!keyed)
        return NULL;
    if (groups->table.count > groups->peak)
        groups->peak = groups->table.count;
    group_of(keyed)->number = ++groups->number;
    group_of(keyed)->seen.time.seconds = INSTANT_NONE;
    return group_of(keyed);
}

struct group *groups_open(struct groups *groups, uint32_t correlation, struct bytes key,
                          struct instant moment)
{
    const struct plan_correlation *plan = &groups->plan->correlations[correlation];
    struct keyed_list *list = &groups->by_deadline[correlation];
    struct group *group = group_of(keyed_find(&groups->table, correlation, key));
    if (group && plan->is_late)
        return group;
    if (group)
        keyed_list_remove(list, &group->keyed);
    else
        group = group_new(groups, correlation, key);
    if (!group)
        return NULL;
    group->deadline = window_end(moment, plan->sigma->timespan_ns);
    keyed_list_append(list, &group->keyed);
    return group;
}

uint32_t groups_earliest(const struct groups *groups, bool late)
{
    const uint32_t count = groups->plan->correlation_count;
    uint32_t found = count;
    for (uint32_t i = 0; i < count; i++) {
        const struct group *first = groups_first(groups, i);
        if (!first || (late && !groups->plan->correlations[i].is_late))
            continue;
        if (found == count ||
            instant_compare(first->deadline, groups_first(groups, found)->deadline) < 0)
            found = i;
    }
    return found;
}

void group_take(struct groups *groups, uint32_t correlation, struct group *group)
{
    keyed_list_remove(&groups->by_deadline[correlation], &group->keyed);
    keyed_take(&groups->table, &group->keyed);
}

void group_free(struct groups *groups, uint32_t correlation, struct group *group)
{
    struct budget *budget = &groups->windows.budget;
    window_release(&groups->windows, &groups->plan->correlations[correlation], &group->window);
    budget_resize(budget, group->last, group->last_capacity, 0);
    keyed_free(budget, &group->keyed, sizeof(*group));
}

static void drop_first(struct groups *groups, uint32_t correlation)
{
    struct group *group = groups_first(groups, correlation);
    group_take(groups, correlation, group);
    group_free(groups, correlation, group);
}

void groups_expire(struct groups *groups, uint32_t correlation, struct instant moment)
{
    const struct group *first;
    while ((first = groups_first(groups, correlation)) &&
           instant_compare(first->deadline, moment) < 0)
        drop_first(groups, correlation);
}

void groups_make_room(struct groups *groups)
{
    while (groups->windows.budget.used > groups->limits.bytes ||
           groups->table.count > groups->limits.groups) {
        const uint32_t earliest = groups_earliest(groups, false);
        if (earliest == groups->plan->correlation_count)
            return;
        drop_first(groups, earliest);
        groups->evicted++;
    }
}

void groups_reset(struct groups *groups)
{
    for (uint32_t i = 0; i < groups->plan->correlation_count; i++)
        while (groups_first(groups, i))
            drop_first(groups, i);
}
