/* Hits of rules to findings of correlations: counts, distinct values, sums, and rules that fire
 * near each other or in order. docs/correlations.md says what each type means.
 *
 * In: which rules there are, then every hit of a rule that some correlation refers to, sorted.
 * Out: what the correlations found. Knows nothing of events, of threads, or of where hits are kept.
 *
 * A correlator holds a window of hits for each group of each correlation, in bounded memory: past a
 * limit the group whose window would close first is given up, and the statistics say so.
 * One thread at a time, but for correlator_needs, which only reads what correlator_new made. */
#ifndef IMPOUND_RULES_CORRELATE_H
#define IMPOUND_RULES_CORRELATE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/flow.h"
#include "base/instant.h"
#include "base/status.h"
#include "rules/rules.h"

#define CORRELATE_FIELDS_MAX 64   /* values that a hit carries */
#define CORRELATE_EVENTS_MAX 1000 /* events that a finding names */

/* A rule fired on an event. The event is known by its evidence, offset and record together. */
struct correlate_hit {
    struct instant time;
    uint64_t record, offset;
    uint32_t evidence, rule;
    struct flow_id flow;                /* for the finding, as the texts behind it */
    struct bytes host, account, source; /* UTF-8; for the finding, not looked at */
    uint32_t value_count;
    struct bytes values[CORRELATE_FIELDS_MAX]; /* parallel to correlator_needs; UTF-8; absent: NULL
                                                  data, which an empty value does not have */
};

/* Appends the hit as bytes, which order as hits do: by time, evidence, offset, rule, record, then
 * by the rest, so that any two different hits have one order (bytes_compare, memcmp). */
void correlate_hit_write(struct buffer *to, const struct correlate_hit *hit);

/* Reads what correlate_hit_write wrote, all of `packed`; STATUS_DAMAGED when it is anything else.
 * The hit's texts point into `packed`. */
enum status correlate_hit_read(struct bytes packed, struct correlate_hit *hit,
                               struct fault *fault) MUST_CHECK;

struct correlate_event {
    struct instant time;
    uint64_t record, offset;
    uint32_t evidence, rule; /* a rule that fired on it, never a correlation */
    struct flow_id flow;
};

/* Everything is valid during the call of the sink only. */
struct correlate_finding {
    uint32_t correlation;  /* its rule */
    struct instant time;   /* of the newest of its events */
    struct instant judged; /* when it was certain: at `time`, or at the end of the window. Findings
                              come in this order */
    double number;         /* what the condition was asked of: events, distinct values, the sum ...;
                              for temporal types the rules that were seen */
    const struct correlate_event
        *events; /* each once, oldest first, the newest if there are more */
    uint32_t event_count;
    uint64_t left_out;         /* events that contributed and are not named */
    const struct bytes *group; /* values of the correlation's group-by fields, in its order */
    uint32_t group_count;
    struct correlate_event last; /* the event that came last, and what its hit said of it: */
    struct bytes host, account, source;
};

/* What is not STATUS_OK ends the feeding and is passed on. */
typedef enum status correlate_sink(void *context, const struct correlate_finding *finding,
                                   struct fault *fault);

/* 0 stands for the default. */
struct correlate_limits {
    size_t bytes;  /* for all windows together; default 32 MiB */
    size_t groups; /* at one time; default 200,000 */
};

struct correlate_statistics {
    uint64_t hits;           /* that were fed and that some correlation refers to */
    uint64_t hits_timeless;  /* of unknown time: they take no part */
    uint64_t findings;       /* also of silent correlations */
    uint64_t groups_evicted; /* given up for a limit, with what they held */
    uint64_t hits_dropped;   /* that left a window early because one group held too much */
    size_t groups_peak, bytes_peak;
};

struct correlator;

/* Works out which rules the correlations among `rules` refer to and what they need of their hits.
 * A correlation that cannot be run becomes a refusal, and so do those that refer to it. The rules
 * and what they point to must outlive the correlator; the array need not. */
enum status correlator_new(const struct rule_info *const *rules, uint32_t count,
                           const struct correlate_limits *limits, struct correlator **correlator,
                           struct fault *fault) MUST_CHECK;
void correlator_free(struct correlator *correlator);

uint32_t correlator_refusal_count(const struct correlator *correlator);
const char *correlator_refusal(const struct correlator *correlator, uint32_t index, uint32_t *rule);

/* Whether hits of a rule are wanted; if so, the fields whose values they must carry (may be none).
 */
bool correlator_needs(const struct correlator *correlator, uint32_t rule,
                      const char *const **fields, uint32_t *count);

/* Takes the next hit, in the order of correlate_hit_write; what it completes goes to the sink.
 * Findings of silent correlations do not. STATUS_INVALID when the hit is older than the last one or
 * does not carry the values that its rule needs. */
enum status correlator_feed(struct correlator *correlator, const struct correlate_hit *hit,
                            correlate_sink *sink, void *context, struct fault *fault) MUST_CHECK;

/* Ends the stream: judges what waits for the end of its window and forgets everything, so that
 * another stream may begin. */
enum status correlator_finish(struct correlator *correlator, correlate_sink *sink, void *context,
                              struct fault *fault) MUST_CHECK;

struct correlate_statistics correlator_statistics(const struct correlator *correlator);

#endif
