/* Reports of made-up findings, caught as text. */
#ifndef IMPOUND_TESTS_REPORTS_LAB_H
#define IMPOUND_TESTS_REPORTS_LAB_H

#include "reports/reports.h"

struct lab {
    struct account accounts[3];
    struct report_evidence evidence[3];
    struct report_options options;
    struct report_summary summary;
    struct report_target target;
    char *text; /* what was written */
};

void lab_open(struct lab *lab);
void lab_close(struct lab *lab);

/* A finding full of hostile text, one of a correlation over two files, and one that is plain. */
void lab_report(struct lab *lab, const char *format);
/* No evidence, no findings. */
void lab_report_nothing(struct lab *lab, const char *format);

/* The hostile finding, and a correlation. */
extern const struct finding lab_hostile, lab_plain;
extern const struct rule_info lab_rule, lab_context_rule;

#define LAB_TIME 1709294400 /* 2024-03-01 12:00:00 */

/* The text must be the content of tests/unit/reports/golden/<name>; with IMPOUND_GOLDEN=write it
 * becomes that. */
void lab_expect(const struct lab *lab, const char *name);

#endif
