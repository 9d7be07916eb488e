/* The last words of a scan: which rules were refused, which were blind, what limits left out. */
#ifndef IMPOUND_CLI_SCAN_SUMMARY_H
#define IMPOUND_CLI_SCAN_SUMMARY_H

#include "cli/rule_choice.h"
#include "reports/reports.h"
#include "scan/scan.h"

/* Ends the report; `summary` has all but the rules. Warns of what limits of ours left out. */
enum status scan_summary_write(struct report *report, struct report_summary *summary,
                               const struct load_result *rules, const struct rule_choice *choice,
                               const struct scan *scan, struct fault *fault) MUST_CHECK;

#endif
