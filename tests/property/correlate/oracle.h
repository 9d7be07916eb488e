/* What correlations mean, in the slowest and most obvious way: nothing is ever forgotten, and with
 * every hit each window is looked at anew. docs/correlations.md is the text of it. */
#ifndef IMPOUND_TESTS_CORRELATE_ORACLE_H
#define IMPOUND_TESTS_CORRELATE_ORACLE_H

#include "rules/correlate/correlate.h"

#define ORACLE_RULES_MAX 16
#define ORACLE_HITS_MAX  256 /* hits of one stream, those of correlations among them */
#define ORACLE_NAMED_MAX 32  /* events behind one hit */
#define ORACLE_GROUP_MAX 48

enum { FIELD_USER, FIELD_IP, FIELD_N, FIELD_M, ORACLE_FIELDS };

extern const char *const oracle_fields[ORACLE_FIELDS];

struct oracle_hit {
    uint32_t rule;
    int64_t moment;                                  /* nanoseconds */
    const char *fields[ORACLE_FIELDS];               /* of a base rule's event; NULL: absent */
    const struct oracle_hit *inner;                  /* of a correlation: the hit that came last */
    struct correlate_event events[ORACLE_NAMED_MAX]; /* behind it; one for a base rule */
    uint32_t event_count;
    bool is_exact; /* there is no choice in which events are named */
};

/* A hit as one correlation sees it. */
struct oracle_input {
    const struct oracle_hit *hit;
    char group[ORACLE_GROUP_MAX], value[ORACLE_GROUP_MAX]; /* folded */
    double number;
    uint64_t steps;
    bool is_consumed;
};

struct oracle_finding {
    uint32_t correlation;
    int64_t time, judged;
    double number;
    char group[ORACLE_GROUP_MAX];
    struct correlate_event events[ORACLE_HITS_MAX];
    uint32_t event_count;
    bool is_exact;
    /* Of temporal_ordered over base rules alone: what a chain may be made of, and when the one that
     * begins last begins. */
    bool is_chain;
    int64_t chain_start;
    struct oracle_input inputs[ORACLE_HITS_MAX];
    uint32_t input_count;
};

struct oracle;

/* `sigmas` has NULL for base rules. All must outlive the oracle. */
struct oracle *oracle_new(const struct sigma_correlation *const *sigmas, uint32_t count);
void oracle_free(struct oracle *oracle);

/* The next hit of a base rule, in order; then the end. */
void oracle_feed(struct oracle *oracle, const struct oracle_hit *hit);
void oracle_finish(struct oracle *oracle);

uint32_t oracle_count(const struct oracle *oracle);
const struct oracle_finding *oracle_finding(const struct oracle *oracle, uint32_t index);

/* Whether events are a chain that the finding may name. */
bool oracle_chain_fits(const struct oracle_finding *finding, const struct sigma_correlation *sigma,
                       const struct correlate_event *events, uint32_t count);

#endif
