/* A scan: events from the pipeline meet the rules, findings are gathered in bounded memory, hits
 * are correlated, and all comes out in order.
 *
 * In: evidence, a rule set, choices. Out: accounts and findings, handed to the caller in the order
 * of the output. Knows nothing of formats of output. */
#ifndef IMPOUND_SCAN_H
#define IMPOUND_SCAN_H

#include "cases/cases.h"
#include "findings/findings.h"
#include "pipeline/pipeline.h"
#include "rules/correlate/correlate.h"

struct scan_options {
    const struct ruleset *ruleset;
    struct names *fields;
    const bool *is_wanted;   /* per rule: give its findings; NULL: all that are not silent */
    const bool *is_off;      /* per rule: never fires, not even for correlations; may be NULL */
    struct instant from, to; /* events outside take no part; unknown: no bound */
    struct cases *cases;     /* gets the facts of events; NULL: no cases */
    size_t memory;           /* for findings, and as much for hits; 0: a default */
    const char *directory;   /* for what does not fit */
};

struct scan;

enum status scan_new(const struct scan_options *options, struct scan **scan,
                     struct fault *fault) MUST_CHECK;
void scan_free(struct scan *scan);

/* The work for pipeline_run. `item` is called with each piece of evidence; its account lives during
 * the call only. */
typedef enum status scan_item(void *context, const struct pipeline_item *item, struct fault *fault);
struct pipeline_work scan_work(struct scan *scan, scan_item *item, void *context);

/* To be called when the pipeline has run: correlates, then gives all findings in order, each with
 * those of its rules that are wanted. */
typedef enum status scan_sink(void *context, const struct finding *finding, uint32_t rule,
                              struct fault *fault);
enum status scan_finish(struct scan *scan, scan_sink *sink, void *context,
                        struct fault *fault) MUST_CHECK;

/* What the matchers of all threads did; valid after the pipeline has run. */
struct matcher_counts scan_counts(const struct scan *scan);

/* Why a rule could not fire; valid after the pipeline has run. */
struct blind scan_blind(const struct scan *scan, uint32_t rule);

/* What the correlator has to say of its limits. */
struct correlate_statistics scan_statistics(const struct scan *scan);

/* Correlations that cannot be run. */
uint32_t scan_refusal_count(const struct scan *scan);
const char *scan_refusal(const struct scan *scan, uint32_t index, uint32_t *rule);

#endif
