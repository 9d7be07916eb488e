/* Ledgers and steps from texts, without signatures. */
#ifndef IMPOUND_TESTS_LEDGER_DESK_H
#define IMPOUND_TESTS_LEDGER_DESK_H

#include "ledger/store.h"

#define DESK_VALUES 8

/* A ledger of engagements that all count. Fails the test when one of them is invalid. */
struct ledger *desk_ledger(const char *const *engagements, uint32_t count);
void desk_free(struct ledger *ledger);

/* A step: values with `|` between them, NULL for what is not known. Times as RFC 3339. */
struct desk_step {
    const char *first, *last;
    const char *sources, *targets, *accounts, *tools, *techniques, *texts;
};

struct desk_values {
    struct bytes items[6][DESK_VALUES];
};

struct ledger_step desk_step(const struct desk_step *told, struct desk_values *values);

#endif
