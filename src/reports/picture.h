/* The closing picture: what was found, by level, tool, rule, host and time; and next to it, always,
 * what could be seen and what could not. */
#ifndef IMPOUND_REPORTS_PICTURE_H
#define IMPOUND_REPORTS_PICTURE_H

#include "reports/format.h"
#include "reports/page.h"

struct picture;

/* NULL without memory. */
struct picture *picture_new(void);
void picture_free(struct picture *picture);

/* Counts one. */
void picture_add(struct picture *picture, const struct finding *finding,
                 const struct rule_info *info);

/* To be called once, last. */
void picture_write(struct picture *picture, const struct page *page);

/* The second half: evidence, rules, sandbox. */
void picture_write_account(const struct page *page, const struct report_options *options,
                           const struct report_summary *summary);

#endif
