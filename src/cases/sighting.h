/* What cases keep of a finding: who, where, when, and what joins it with others. */
#ifndef IMPOUND_CASES_SIGHTING_H
#define IMPOUND_CASES_SIGHTING_H

#include "cases/cases.h"
#include "cases/logons.h"

struct sighting {
    struct instant time;
    char id[33]; /* of the finding */
    uint32_t rule;
    bool is_wire;   /* of a capture: its clock is the reference */
    bool is_ticket; /* asked of a domain controller on the way to somewhere else */
    uint64_t logon; /* keys; 0: unknown */
    uint64_t flow;
    struct bytes host, account, source;
    uint16_t port;    /* of `source`, in a log; 0: unknown, and not kept when packed */
    struct bytes ran; /* a command line, a service's program, a task */
};

struct sighting_maker;

/* `logons` makes the keys. NULL without memory. */
struct sighting_maker *sighting_maker_new(const struct logons *logons);
void sighting_maker_free(struct sighting_maker *maker);

/* Makes a sighting of a finding of one rule; it lives until the next call. Findings are to come in
 * the order of the output: what a correlation found is looked up among the findings on its events.
 */
const struct sighting *sighting_make(struct sighting_maker *maker, const struct finding *finding,
                                     const struct rule_info *info, uint32_t rule);

/* Appends the sighting as bytes, which order by time, then id. */
void sighting_write(const struct sighting *sighting, struct buffer *to);

/* Reads what sighting_write wrote, all of it; the texts point into `packed`. */
enum status sighting_read(struct bytes packed, struct sighting *sighting,
                          struct fault *fault) MUST_CHECK;

#endif
