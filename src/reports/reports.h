/* What a scan says, in one of several formats: the door of this folder.
 *
 * In: the account of all evidence, then findings in order, then a summary. Out: text, written in
 * whole lines. What the evidence says is escaped for the format, always. Levels, suppressions and
 * other filters are the caller's. Knows nothing of how findings came to be.
 *
 * One thread at a time. */
#ifndef IMPOUND_REPORTS_H
#define IMPOUND_REPORTS_H

#include "cases/cases.h"
#include "evidence/account.h"
#include "findings/findings.h"
#include "verdict/verdict.h"

/* What one piece of evidence was. */
struct report_evidence {
    const char *path,
        *type; /* `type` as reader and archive formats are called, `not evidence` ... */
    uint64_t bytes;
    const char *hash_name; /* sha256, xxh3; NULL: none was taken */
    const char *hash;      /* hex */
    const struct account *account;
};

struct report_options {
    const struct report_evidence *evidence; /* by index, as findings cite it */
    uint32_t evidence_count;
    const char *const *fields; /* names of the fields to show as details, in this order */
    uint32_t field_count;      /* 0: all */
    bool has_colour;           /* of the table */
    uint32_t width;            /* of the table, in columns; 0: no limit */
};

/* A rule that loaded and could not fire. Each text but `id` and `title` may be NULL. */
struct report_blind {
    const char *id, *title, *reason, *field, *audit;
};

struct report_summary {
    uint64_t events;          /* that were read */
    uint64_t suppressed;      /* findings that a suppression kept back */
    const char *const *notes; /* what limits and suppressions kept back, in words */
    uint32_t note_count;
    uint32_t rules_loaded;
    const struct sigma_refusal *refused;
    uint32_t refused_count;
    const struct report_blind *blind;
    uint32_t blind_count;
    const char *rules_hash, *version, *command, *sandbox; /* never NULL */
    double seconds;
};

struct report;
struct report_format;

/* By its name (jsonl, csv ...); NULL when there is no such format. */
const struct report_format *report_format_find(const char *name);
/* One after the other; NULL behind the last. */
const struct report_format *report_format_at(size_t index);
const char *report_format_name(const struct report_format *format);
/* The name that its file has in a folder of reports; NULL: it is not for folders. */
const char *report_format_file(const struct report_format *format);

/* Where a report goes; all of it stays the caller's. */
struct report_target {
    int file;         /* descriptor */
    const char *name; /* for messages; NULL: the output */
    const char *path; /* of that file, as it is called now; NULL: it is none */
};

/* Begins a report and writes what comes before findings. The options and what they and the
 * target point to must outlive the report. Free with report_close.
 *
 * The functions below fail with STATUS_IO (the disk is full ...), and with STATUS_STOPPED when
 * whoever read the pipe has gone; nothing is written after that. SIGPIPE must be ignored. */
enum status report_open(const struct report_format *format, const struct report_options *options,
                        const struct report_target *target, struct report **report,
                        struct fault *fault) MUST_CHECK;

/* Writes what one rule found; `info` is that rule, with the level to be shown, which is the same in
 * all its findings; its texts must outlive the report. To be called in the order of the output. */
enum status report_finding(struct report *report, const struct finding *finding,
                           const struct rule_info *info, struct fault *fault) MUST_CHECK;

/* Writes a case and its verdict; behind all findings, in order. */
enum status report_case(struct report *report, const struct case_record *record,
                        const struct ledger_verdict *verdict, struct fault *fault) MUST_CHECK;

/* Writes what was gathered so far, for a report that ends without a summary. */
enum status report_flush(struct report *report, struct fault *fault) MUST_CHECK;

/* Writes the rest. */
enum status report_end(struct report *report, const struct report_summary *summary,
                       struct fault *fault) MUST_CHECK;

/* How many findings were written. */
uint64_t report_count(const struct report *report);

/* Without report_end before, the report stays unfinished. NULL is harmless. */
void report_close(struct report *report);

/* The columns of the terminal, or 0 when `file` is none. */
uint32_t report_terminal_width(int file);

#endif
