/* A case back from the JSON object that a report wrote of it (docs/design.md, "The output
 * contract"), so that it can be judged again without the evidence. */
#ifndef IMPOUND_CASES_REREAD_H
#define IMPOUND_CASES_REREAD_H

#include "cases/cases.h"

/* Whether a line of a report is a case. */
bool case_is_one(struct bytes line);

/* Reads one; everything is in the arena, or points into `line`. What the object lacks is not known.
 * STATUS_INVALID when it is no case. */
enum status case_reread(struct bytes line, struct arena *arena, struct case_record *record,
                        struct fault *fault) MUST_CHECK;

#endif
