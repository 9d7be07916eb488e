/* A correlator on the bench: rules by letter, hits by one line each, findings as text.
 *
 * Rules A, B, C ... are base rules, those behind them correlations. Every hit is an event of its
 * own unless it is fed with lab_again. A finding is written as X 12.5 3 [1 2 4] alice|srv1 its
 * correlation, its time in seconds, its number, the records of its events (the first is 1), the
 * values of its group; behind that `judged T` if that is another moment and `and N` for events left
 * out. Findings are separated by `; `. */
#ifndef IMPOUND_TESTS_CORRELATE_LAB_H
#define IMPOUND_TESTS_CORRELATE_LAB_H

#include "rules/correlate/correlate.h"

#define SECOND INT64_C(1000000000)

#define RULES(...)                            \
    .rules = (const uint32_t[]){__VA_ARGS__}, \
    .rule_count = sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)
#define GROUP(...)                                  \
    .group_by = (const char *const[]){__VA_ARGS__}, \
    .group_count = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)
#define FIELDS(...)                                         \
    .condition_fields = (const char *const[]){__VA_ARGS__}, \
    .condition_field_count = sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)
#define BOUNDS(...)                                      \
    .bounds = (const struct sigma_bound[]){__VA_ARGS__}, \
    .bound_count = sizeof((struct sigma_bound[]){__VA_ARGS__}) / sizeof(struct sigma_bound)
#define WITHIN(seconds) .timespan_ns = (uint64_t)((seconds)*SECOND)

enum { A, B, C, D, E, F, G, H, LAB_RULES_MAX };

struct lab {
    struct rule_info infos[LAB_RULES_MAX];
    struct correlator *correlator;
    uint64_t records;
    struct buffer found;
};

/* The first `bases` rules are base rules, then come the correlations. `limits` may be NULL. */
void lab_open(struct lab *lab, uint32_t bases, const struct sigma_correlation *correlations,
              uint32_t count, const struct correlate_limits *limits);
void lab_close(struct lab *lab);

/* A hit at a time (in nanoseconds) with `fields` as "User=alice Ip=10.0.0.1". */
void lab_hit(struct lab *lab, int64_t time, uint32_t rule, const char *fields);
/* The same, on the event of the hit before it. */
void lab_again(struct lab *lab, int64_t time, uint32_t rule, const char *fields);

/* What was found since the last call; ends the stream first if `finish`. */
const char *lab_found(struct lab *lab, bool finish);

/* Opens, feeds "A1 B2 B2.5=" (a rule and a time in seconds; `=` behind it: on the event before),
 * ends, closes: all that was found, to be freed. */
char *lab_run(uint32_t bases, const struct sigma_correlation *correlations, uint32_t count,
              const char *hits);

#endif
