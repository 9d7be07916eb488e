/* Records to events: how the values of records with the same paths become fields with our names.
 *
 * A plan is made once for a row of paths and found again by it; then a record costs a comparison
 * and, where names or values differ from Windows' own, a copy. Nothing is allocated for a record
 * whose plan is known. Fields stand in the order of the evidence, so that they do not depend on
 * what a thread has seen before. Belongs to one thread. */
#ifndef IMPOUND_READERS_TEXT_PLAN_H
#define IMPOUND_READERS_TEXT_PLAN_H

#include "readers/readers.h"
#include "readers/text/record.h"

struct step;
struct plan;

struct plans {
    const struct reader_shared *shared;
    struct record *record; /* whose paths the plans are of */
    struct arena arena;    /* the plans */
    struct arena scratch;  /* for the making of one */
    struct plan **buckets;
    const struct plan *last; /* that was used */
    uint32_t serial;         /* of the plan that is being made: the mark in its paths */
    struct value *values;    /* of the event, where they are not the record's own */
};

/* The record lives as long. False without memory. */
bool plans_init(struct plans *plans, const struct reader_shared *shared, struct record *record);
void plans_release(struct plans *plans);

/* Forgets all plans; to be done whenever the outline is reset. */
void plans_reset(struct plans *plans);

/* Whether the last event lacks fields, because there are more names than the process holds. */
bool plans_has_lost(const struct plans *plans);

/* Fills in the event's shape, values, time and record number (0: it has none) from the record;
 * event->raw is set. STATUS_MEMORY when there is no room for another plan: reset and read again. */
enum status plans_event(struct plans *plans, struct event *event);

#endif
