/* Events to findings: the door of this folder. A rule set is compiled once, immutable and shared;
 * each thread has a matcher of its own, which looks at one event at a time and never allocates once
 * it is warm.
 *
 * In: a Sigma collection (sigma/) and the log source table. Out: which rules fire on an event.
 * Knows nothing of evidence formats, of threads, or of how findings are kept or shown. */
#ifndef IMPOUND_RULES_H
#define IMPOUND_RULES_H

#include "base/buffer.h"
#include "event/event.h"
#include "rules/sigma/logsource.h"
#include "rules/sigma/sigma.h"

struct ruleset;

/* What outputs say of a rule. All text lives as long as the rule set. */
struct rule_info {
    const char *id, *title, *author, *path; /* never NULL; "" when the rule has none */
    uint32_t line;
    uint32_t number; /* in its rule set */
    enum sigma_level level;
    enum sigma_status status;
    const char *const *tags;
    uint32_t tag_count;
    const char *const *tools; /* impound.tool */
    uint32_t tool_count;
    const char *strength, *layer; /* impound.strength and impound.layer; "" when absent */
    struct sigma_logsource logsource;
    const char *description;
    bool is_silent;                              /* gives no findings of its own */
    bool is_correlation;                         /* its `correlation` is not NULL */
    const struct sigma_correlation *correlation; /* rules are indices into this rule set */
};

/* Compiles a collection, which may be freed afterwards. `fields` must outlive the rule set.
 * A rule that cannot be compiled (a bad regular expression) becomes a refusal. */
enum status ruleset_compile(const struct sigma_rules *rules, const struct logsource_table *sources,
                            struct names *fields, struct ruleset **ruleset,
                            struct fault *fault) MUST_CHECK;
void ruleset_free(struct ruleset *ruleset);

/* The compiled form as bytes without pointers, and back. `key` says what it was made from (a hash
 * of rules, tables and program version): loading anything else, or bytes that do not verify, gives
 * STATUS_DAMAGED, and the caller compiles again. `image` was allocated with malloc and is the rule
 * set's from then on, whatever the outcome. */
enum status ruleset_write(const struct ruleset *ruleset, uint64_t key, struct buffer *image,
                          struct fault *fault) MUST_CHECK;
enum status ruleset_read(uint8_t *image, size_t length, uint64_t key, struct names *fields,
                         struct ruleset **ruleset, struct fault *fault) MUST_CHECK;

uint32_t ruleset_count(const struct ruleset *ruleset);
const struct rule_info *ruleset_info(const struct ruleset *ruleset, uint32_t rule);
uint32_t ruleset_refusal_count(const struct ruleset *ruleset);
const struct sigma_refusal *ruleset_refusal(const struct ruleset *ruleset, uint32_t index);

struct matcher;

/* One a thread. NULL without memory. */
struct matcher *matcher_new(const struct ruleset *ruleset);
void matcher_free(struct matcher *matcher);

/* The rules that fire on the event, ascending, without repetition; *fired is valid until the next
 * call. Silent rules are among them. */
uint32_t matcher_run(struct matcher *matcher, const struct event *event, const uint32_t **fired);

/* The value of a rule's field in this event, by the translation of the event's log source (Image is
 * NewProcessName in Security 4688); NULL when the event has none. */
const struct value *matcher_field(struct matcher *matcher, const struct event *event, uint32_t rule,
                                  struct bytes field);

/* What this matcher did so far. */
struct matcher_counts {
    uint64_t events;
    uint64_t evaluated; /* rules, on one event each */
    uint64_t limited;   /* regular expressions that ran into a limit, which counts as no match */
    uint64_t unmatched; /* events that no rule saw, for want of memory */
};
struct matcher_counts matcher_counts(const struct matcher *matcher);

/* For rules that loaded and could not fire: why. Fed by the events that matchers saw; matchers of
 * other threads are joined first with matcher_join. */
enum blind_reason {
    BLIND_NOT,
    BLIND_NO_LOGSOURCE, /* the table does not know the log source */
    BLIND_NO_EVENTS,    /* no event of this log source was in the evidence */
    BLIND_NO_FIELD,     /* events were, but none had a field that the rule needs */
};
struct blind {
    enum blind_reason reason;
    const char *field; /* of BLIND_NO_FIELD */
    const char *audit; /* what would feed it; may be NULL */
};
void matcher_join(struct matcher *into, const struct matcher *from);
struct blind matcher_blind(const struct matcher *matcher, uint32_t rule);

/* Why a rule fires or not on an event, condition by condition, as indented text. */
void matcher_explain(struct matcher *matcher, const struct event *event, uint32_t rule,
                     struct buffer *to);

#endif
