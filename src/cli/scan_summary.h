/* The last words of a scan: which rules were refused, which were blind, what limits and
 * suppressions kept back. */
#ifndef IMPOUND_CLI_SCAN_SUMMARY_H
#define IMPOUND_CLI_SCAN_SUMMARY_H

#include "cli/report_set.h"
#include "cli/rule_choice.h"
#include "scan/scan.h"
#include "suppress/suppress.h"

struct scan_parts {
    const struct load_result *rules;
    const struct rule_choice *choice;
    const struct scan *scan;
    const struct suppressions *suppressions; /* NULL: none */
    const char *suppress_path;
};

/* Ends the reports; `summary` has all but the rules and the notes. Warns of what was kept back. */
enum status scan_summary_write(struct report_set *reports, struct report_summary *summary,
                               const struct scan_parts *parts, struct fault *fault) MUST_CHECK;

#endif
