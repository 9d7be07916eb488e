/* Findings to cases: the door of this folder.
 *
 * One run of one tool against one target is a step; steps by the same source, account or chain of
 * credentials are one case. What joins them are the hosts' names and addresses, logon ids,
 * accounts, connections and times, each clock set right by what two sides saw of the same logon.
 *
 * In: findings in the order of the output, and facts that threads take from events on the way
 * (logons, names of hosts, authentications on the wire). Out: cases, in the order of their first
 * step. The same evidence gives the same cases, whatever the order of its files. Knows nothing of
 * ledgers and of reports.
 *
 * Memory is bounded: what is many is sorted on disk, and past the limits below it is counted and
 * said, never silent. */
#ifndef IMPOUND_CASES_H
#define IMPOUND_CASES_H

#include "event/event.h"
#include "findings/findings.h"
#include "rules/rules.h"

#define CASE_FINDINGS_MAX 1000 /* that a step cites */
#define CASE_TEXTS_MAX    1024 /* of each kind that a case lists */
#define STEP_TEXTS_MAX    64   /* of each kind that a step lists */

/* Everything below lives during the call of the sink only. Texts are UTF-8 by their source's word,
 * as the evidence wrote them first; lists are sorted and without repetition. */
struct case_texts {
    const struct bytes *items;
    uint32_t count;
};

/* A tool that is named, and why. */
struct case_tool {
    struct bytes name; /* as in impound.tool */
    double confidence; /* 0 to 1 */
    struct case_texts because, against;
};

/* One run of one tool against one target. Times are the reference clock's (see case_skew). */
struct case_step {
    struct instant first, last;
    struct bytes tool;   /* the first of `tools` */
    struct bytes target; /* one name for it; empty when unknown, as all that follow */
    struct bytes source, account;
    struct bytes what;                  /* a sentence */
    struct case_texts targets, sources; /* all names and addresses known */
    struct case_texts accounts, tools, techniques;
    struct case_texts ran;      /* command lines, services, tasks */
    const char (*findings)[33]; /* ids */
    uint32_t finding_count, findings_left_out;
};

struct case_skew {
    struct bytes host;
    double seconds, uncertainty; /* that host's clock minus the reference's */
};

struct case_record {
    char id[33];
    struct bytes title;
    const struct case_tool *tools, *alternatives;
    uint32_t tool_count, alternative_count;
    struct case_texts hosts, accounts, sources, techniques;
    struct instant first, last;
    const struct case_skew *skews;
    uint32_t skew_count;
    const struct case_step *steps; /* oldest first */
    uint32_t step_count;
};

struct cases;

/* `levels` gives each rule's level as shown, or is NULL. `directory` is where goes what does not
 * fit in memory. The rule set must outlive the cases. NULL without memory. */
struct cases *cases_new(const struct ruleset *ruleset, const enum sigma_level *levels,
                        const char *directory);
void cases_free(struct cases *cases);

/* Whether any rule speaks of tools: without one there are no cases, and facts are not needed. */
bool cases_are_possible(const struct cases *cases);

/* Takes facts from events: one a thread, for events with field names of `fields`. NULL without
 * memory. */
struct fact_maker;
struct fact_maker *fact_maker_new(struct names *fields);
void fact_maker_free(struct fact_maker *maker);

/* Whether the event says something that cases may need; then a packed fact was appended. */
bool fact_maker_write(struct fact_maker *maker, const struct event *event, struct buffer *to);

/* Takes a packed fact. */
enum status cases_fact(struct cases *cases, struct bytes fact, struct fault *fault) MUST_CHECK;

/* Takes a finding of one rule; to be called in the order of the output. */
enum status cases_finding(struct cases *cases, const struct finding *finding, uint32_t rule,
                          struct fault *fault) MUST_CHECK;

typedef enum status case_sink(void *context, const struct case_record *record, struct fault *fault);

/* Builds the cases and gives them. To be called once, last. */
enum status cases_finish(struct cases *cases, case_sink *sink, void *context,
                         struct fault *fault) MUST_CHECK;

/* What the limits left out, in words; valid after cases_finish, as long as the cases. */
uint32_t cases_note_count(const struct cases *cases);
const char *cases_note(const struct cases *cases, uint32_t index);

#endif
