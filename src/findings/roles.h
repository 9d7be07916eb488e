/* Which of an event's fields say who did it and from where, and which are its envelope. A table of
 * facts (roles.c), nothing else: a line a fact. */
#ifndef IMPOUND_FINDINGS_ROLES_H
#define IMPOUND_FINDINGS_ROLES_H

#include "event/event.h"

#define ROLES_FIELDS_MAX 64 /* different fields in the table */

struct roles;

/* NULL without memory. */
struct roles *roles_new(struct names *fields);
void roles_free(struct roles *roles);

/* What one event has of the table. */
struct roles_event {
    const struct event *event;
    uint16_t slots[ROLES_FIELDS_MAX];         /* by number in the table */
    uint64_t envelope[SHAPE_FIELDS_MAX / 64]; /* a bit a slot: it belongs to the envelope */
};

void roles_look(const struct roles *roles, const struct event *event, struct roles_event *seen);

static inline bool roles_is_envelope(const struct roles_event *seen, unsigned slot)
{
    return seen->envelope[slot >> 6] >> (slot & 63) & 1;
}

/* The account as its domain and name; either may be empty. */
struct roles_account {
    struct bytes domain, name;
};

/* The computer that logged the event; of a capture's event, the server's address. */
struct bytes roles_host(const struct roles *roles, const struct roles_event *seen);

/* Views of the event's texts. `host` is the event's computer: it is no source of its own. */
struct roles_account roles_account(const struct roles *roles, const struct roles_event *seen);
struct bytes roles_source(const struct roles *roles, const struct roles_event *seen,
                          struct bytes host);

#endif
