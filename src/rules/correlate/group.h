/* The groups of all correlations: found by their values, in order of deadline, within limits.
 *
 * Groups of one correlation share its timespan, so their list is in order of deadline when each
 * goes to its end as it is opened or touched. */
#ifndef IMPOUND_RULES_CORRELATE_GROUP_H
#define IMPOUND_RULES_CORRELATE_GROUP_H

#include "rules/correlate/window.h"

struct group {
    struct keyed keyed;
    uint64_t number; /* unique; what its distinct values are owned by */
    /* Judged at once: when the last hit leaves the window. Judged late: the end of the window. */
    struct instant deadline;
    struct window window;
    struct correlate_event seen; /* the last event that it took */
    bool is_used_up;             /* and that must not come again for another rule's sake */
    /* Judged late only: the last hit, as bytes, and how it came. */
    uint8_t *last;
    size_t last_length, last_capacity;
    struct correlate_event last_event;
    const struct plan_reader *last_reader;
};

struct groups {
    const struct plan *plan;
    struct windows windows;
    struct correlate_limits limits;
    struct keyed_table table;       /* owned by the correlation's index */
    struct keyed_list *by_deadline; /* one a correlation */
    uint64_t number;                /* the last that was given */
    size_t peak;
    uint64_t evicted;
};

/* False without memory; to be released either way. The plan must outlive the groups. */
bool groups_init(struct groups *groups, struct plan *plan, const struct correlate_limits *limits);
void groups_release(struct groups *groups);

/* The group with these values (see keyed.h), new if need be, with its deadline set for a hit at
 * `moment`. NULL without memory. */
struct group *groups_open(struct groups *groups, uint32_t correlation, struct bytes key,
                          struct instant moment);

/* The group of a correlation that comes first, or NULL. */
struct group *groups_first(const struct groups *groups, uint32_t correlation);

/* The correlation whose first group has the earliest deadline, the earlier in dependency order if
 * they are equal; `late`: of those that are judged late. The number of correlations if none has. */
uint32_t groups_earliest(const struct groups *groups, bool late);

/* Takes a group out, so that nothing finds it any more; it lives on until group_free. */
void group_take(struct groups *groups, uint32_t correlation, struct group *group);
void group_free(struct groups *groups, uint32_t correlation, struct group *group);

/* Frees the groups of a correlation whose deadline has passed. */
void groups_expire(struct groups *groups, uint32_t correlation, struct instant moment);

/* Gives groups up, those that end first, until the limits hold. */
void groups_make_room(struct groups *groups);

/* Gives all up. */
void groups_reset(struct groups *groups);

#endif
