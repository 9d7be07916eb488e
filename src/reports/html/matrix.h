/* ATT&CK: what was used, tactics as columns, as the rules that conclude are tagged. */
#ifndef IMPOUND_REPORTS_MATRIX_H
#define IMPOUND_REPORTS_MATRIX_H

#include "reports/tally.h"
#include "rules/rules.h"

struct matrix {
    struct tally pairs; /* tactic, NUL, technique */
};

void matrix_init(struct matrix *matrix);
void matrix_release(struct matrix *matrix);
void matrix_add(struct matrix *matrix, const struct rule_info *info);
/* To be called once, last. */
void matrix_write(struct matrix *matrix, struct buffer *to);

#endif
