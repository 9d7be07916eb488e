/* Names turned into small numbers, once, for the whole process: field names above all.
 *
 * Thread-safe; ids are stable and names live as long as the table. Case counts. The table has a
 * maximum, because names come from evidence too: past it names_intern returns 0. So that one piece
 * of evidence does not take the room of all others, what it adds can be charged to a budget. */
#ifndef IMPOUND_BASE_NAMES_H
#define IMPOUND_BASE_NAMES_H

#include "base/bytes.h"

typedef uint32_t name_id; /* 0: none */

struct names;

/* `maximum_count` names of `maximum_bytes` in all. NULL without memory. */
struct names *names_new(size_t maximum_count, size_t maximum_bytes);
void names_free(struct names *names);

/* The same table for the use of one thread; to be freed before the table. NULL without memory. */
struct names *names_share(struct names *names);

/* How many names, and bytes of names, may still be added. Threads may be charged to one budget. */
struct names_budget {
    size_t count, bytes;
};

/* New names that come through `names` are charged to `budget` from now on: when it is spent,
 * names_intern returns 0 for them. NULL: they are nobody's. */
void names_charge(struct names *names, struct names_budget *budget);

/* The id of `name`, new or known. 0 when the table is full, or the budget spent. */
name_id names_intern(struct names *names, struct bytes name);

/* The id of `name` if it is known, else 0. */
name_id names_find(struct names *names, struct bytes name);

/* The text of an id that this table gave; it also ends with a NUL that is not counted. */
struct bytes names_text(const struct names *names, name_id id);

/* The id under which rules find the field: the same name without blanks ("Threat Name" is
 * ThreatName to rules); usually the id itself. */
name_id names_plain(const struct names *names, name_id id);

/* How many there are; ids are 1 to this. */
size_t names_count(const struct names *names);

#endif
