/* The reports that a scan writes in one go: that of the output, and those of a folder, a file each.
 * Every event goes to all of them. Files appear whole, at the end, or not at all. */
#ifndef IMPOUND_CLI_REPORT_SET_H
#define IMPOUND_CLI_REPORT_SET_H

#include "cli/output.h"
#include "reports/reports.h"

#define REPORT_KINDS                                                                             \
    "html|graph.svg|timeline.svg|jsonl|csv|timesketch|timesketch-jsonl|ecs|ocsf|navigator|stix|" \
    "indicators"
#define REPORTS_MAX 24U

struct report_set {
    struct report_item {
        const struct report_format *format;
        struct output *output;
        char *path;            /* of a file of the folder: its output is the set's */
        struct report *report; /* NULL until report_set_open */
    } items[REPORTS_MAX];
    uint32_t count;
};

/* Adds the report of the output, which stays the caller's; and one of each kind that has a file in
 * a folder. Before the sandbox closes; the folder is to stay writable. */
void report_set_output(struct report_set *set, const struct report_format *format,
                       struct output *output);
enum status report_set_folder(struct report_set *set, const char *folder,
                              struct fault *fault) MUST_CHECK;

/* As in reports/reports.h, for all. */
enum status report_set_open(struct report_set *set, const struct report_options *options,
                            struct fault *fault) MUST_CHECK;
enum status report_set_finding(struct report_set *set, const struct finding *finding,
                               const struct rule_info *info, struct fault *fault) MUST_CHECK;
enum status report_set_case(struct report_set *set, const struct case_record *record,
                            const struct ledger_verdict *verdict, struct fault *fault) MUST_CHECK;
enum status report_set_end(struct report_set *set, const struct report_summary *summary,
                           struct fault *fault) MUST_CHECK;

/* Puts the files of the folder in their places when `status` is STATUS_OK, else removes them.
 * Returns `status`, or what failed. The set is empty afterwards. */
enum status report_set_close(struct report_set *set, enum status status,
                             struct fault *fault) MUST_CHECK;

/* Removes what is not in its place. */
void report_set_release(struct report_set *set);

#endif
