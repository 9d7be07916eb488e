/* The documents of a ledger: engagements and their withdrawals, from YAML. */
#ifndef IMPOUND_LEDGER_ENGAGEMENT_H
#define IMPOUND_LEDGER_ENGAGEMENT_H

#include "base/instant.h"
#include "ledger/ledger.h"
#include "ledger/pattern.h"

#define ENGAGEMENT_ITEMS_MAX 4096U /* of a list */
#define ENGAGEMENT_TEXT_MAX  1024U /* bytes of an id, a name, a reason */

struct window {
    struct instant from, to; /* both within */
};

struct engagement {
    const char *id;
    struct ledger_people people;
    const struct window *windows; /* in order of time; those that touch are one */
    uint32_t window_count;
    struct pattern_list sources, include, exclude, accounts, tools, techniques, forbidden, canaries;
};

struct revocation {
    const char *id; /* of the engagement */
    struct instant from;
    const char *reason; /* or NULL */
};

struct document {
    enum ledger_kind kind; /* which of them was read */
    struct engagement engagement;
    struct revocation revocation;
};

/* Reads the YAML of one file; all of it in the arena. STATUS_INVALID with the line in
 * fault->offset; STATUS_MEMORY when the arena is full. */
enum status document_read(struct bytes text, struct arena *arena, struct document *document,
                          struct fault *fault) MUST_CHECK;

#endif
