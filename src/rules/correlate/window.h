/* What one group of one correlation holds at a moment: the hits in its window, and no more of them
 * than its type needs to decide and to name its events.
 *
 * A tally that is judged at once keeps every hit, one judged late the newest ones and totals.
 * Distinct values: the newest hit of each. Temporal: the newest hit of each step. Ordered: for
 * each k the chain over steps 1 to k that began last, since a chain that began earlier can complete
 * nothing that this one cannot. */
#ifndef IMPOUND_RULES_CORRELATE_WINDOW_H
#define IMPOUND_RULES_CORRELATE_WINDOW_H

#include "rules/correlate/keyed.h"
#include "rules/correlate/plan.h"

/* The events behind a correlation's own hit, shared by the windows that hold it. */
struct bundle {
    uint32_t references;
    uint32_t count;
    uint64_t left_out;
    struct instant moment; /* when the correlation was certain */
    struct correlate_event events[];
};

/* One hit in a window. */
struct unit {
    struct correlate_event event;
    struct bundle *bundle; /* NULL for a hit of a base rule */
    union {
        double number;  /* tally: what it adds; while `flipped`, the sum from here to the newest
                           of the flipped ones */
        uint64_t steps; /* temporal and ordered: those it can serve */
    };
};

static inline struct instant unit_moment(const struct unit *unit)
{
    return unit->bundle ? unit->bundle->moment : unit->event.time;
}

/* Whether it is one event, whichever rules fired on it. */
static inline bool event_is_same(const struct correlate_event *one,
                                 const struct correlate_event *other)
{
    return one->evidence == other->evidence && one->offset == other->offset &&
           one->record == other->record && instant_compare(one->time, other->time) == 0;
}

/* The last moment that still lies in a window of this length that began at `start`. */
struct instant window_end(struct instant start, uint64_t span_ns);

struct window {
    struct unit *units; /* a ring: the tally's hits, or the ordered window's hits of one moment */
    uint32_t first, count, capacity;
    uint32_t flipped; /* how many of the oldest units hold sums (see tally_pop) */
    uint64_t total;   /* hits counted */
    double sum;       /* of those that are not flipped */
    double *numbers;  /* all of them, for percentile and median */
    uint32_t number_count, number_capacity;
    struct keyed_list distinct; /* of struct distinct, by the time of their newest hit */
    uint32_t distinct_count;
    struct unit *steps; /* temporal: one a step; ordered: chain 1, chain 2 ... after each other */
    uint64_t filled;    /* which steps, or which chains, there are */
};

/* What all windows of a correlator share. */
struct windows {
    struct budget budget;
    struct keyed_table distinct; /* owned by the number of the group */
    uint64_t hits_dropped;
    uint32_t units_max; /* in one window */
};

void bundle_drop(struct windows *windows, struct bundle *bundle);
size_t bundle_size(uint32_t count);

/* Adds a hit at its moment. `owner` is the group's number, `value` what value_count counts.
 * False without memory. */
bool window_add(struct windows *windows, const struct plan_correlation *plan, struct window *window,
                const struct unit *unit, uint64_t owner, struct bytes value);

/* Whether the correlation's condition holds now; *number is what it was asked of. */
bool window_holds(const struct plan_correlation *plan, struct window *window, double *number);

/* Appends the contributing events to `events` (an array of struct correlate_event), unsorted;
 * returns how many more there were. */
uint64_t window_collect(const struct plan_correlation *plan, const struct window *window,
                        struct buffer *events);

/* Forgets all hits. */
void window_clear(struct windows *windows, const struct plan_correlation *plan,
                  struct window *window);

/* Gives the memory back too. */
void window_release(struct windows *windows, const struct plan_correlation *plan,
                    struct window *window);

#endif
