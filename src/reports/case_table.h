/* The answer on a terminal: a case in a screen. */
#ifndef IMPOUND_REPORTS_CASE_TABLE_H
#define IMPOUND_REPORTS_CASE_TABLE_H

#include "reports/page.h"
#include "verdict/verdict.h"

#define CASE_TABLE_CASES 10U /* that are worth writing one below the other */

/* The case with this number, counted from 1. */
void case_table_write(const struct page *page, uint64_t number, const struct case_record *record,
                      const struct ledger_verdict *verdict);

/* That there are more cases. */
void case_table_more(const struct page *page, uint64_t more);

#endif
