/* A case and the ledger: whether what was done was authorised.
 *
 * In: a case, and engagements (or none). Out: the verdict on each of its steps and on the whole,
 * with every clause that covered or failed. It removes nothing and hides nothing. */
#ifndef IMPOUND_VERDICT_H
#define IMPOUND_VERDICT_H

#include "cases/cases.h"
#include "ledger/ledger.h"

/* Judges a case; without a ledger (NULL) nothing is covered. All of the verdict is in the arena, or
 * in the ledger. STATUS_MEMORY when the arena is full. */
enum status verdict_make(const struct ledger *ledger, const struct case_record *record,
                         struct arena *arena, struct ledger_verdict *verdict,
                         struct fault *fault) MUST_CHECK;

#endif
