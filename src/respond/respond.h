/* What now: a plan to contain what a case tells of. It is advice; nothing is ever done by it.
 *
 * In: a case and its verdict. Out: actions in the order that stops the intruder without telling
 * him: first what he comes from, then hosts, the one that he reached last first, then accounts,
 * whose sessions are cut by then, then what he has taken. For an authorised test: whom to call.
 * Knows nothing of where cases come from. */
#ifndef IMPOUND_RESPOND_H
#define IMPOUND_RESPOND_H

#include "cases/cases.h"
#include "ledger/ledger.h"

enum plan_kind {
    PLAN_CALL,    /* ask those who know of the test */
    PLAN_SOURCE,  /* cut an address or machine that is none of the case's targets */
    PLAN_HOST,    /* isolate a host */
    PLAN_GUARD,   /* a domain controller: never isolated */
    PLAN_ACCOUNT, /* disable, reset, purge tickets */
    PLAN_SECRETS, /* change what was taken from a host, or of accounts */
    PLAN_KRBTGT,  /* change the key that signs tickets, twice */
};

/* Texts are escaped, and may be shown as they are. Empty: there is nothing to say. */
struct plan_action {
    enum plan_kind kind;
    struct bytes what, why, breaks, save, undo;
};

struct plan {
    const struct case_record *record;
    enum ledger_standing standing;
    const struct plan_action *actions;
    uint32_t count;
    const struct bytes *left_out; /* values that can be no host, address or account, escaped */
    uint32_t left_out_count;
};

/* `people` may be NULL: not known. All of the plan is in the arena, or in the case. */
enum status plan_make(const struct case_record *record, const struct ledger_verdict *verdict,
                      const struct ledger_people *people, struct arena *arena, struct plan *plan,
                      struct fault *fault) MUST_CHECK;

/* Writes it for people. */
void plan_write_text(const struct plan *plan, struct buffer *to);

#endif
