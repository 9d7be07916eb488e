/* The rules of one file tried on one sample: which fired, on how many of its events. */
#ifndef IMPOUND_CLI_RULE_TRIAL_H
#define IMPOUND_CLI_RULE_TRIAL_H

#include "cli/rule_desk.h"

/* What several trials share. */
struct rule_trials {
    const struct rule_desk *desk;
    struct shapes *shapes;
    bool *is_wanted;   /* by rule: scratch */
    uint32_t *fired;   /* by rule: how often, in the last trial */
    uint64_t events;   /* that the last sample had */
    uint64_t touched;  /* how many of them some rule fired on */
    uint64_t place[2]; /* of the event that was touched last: evidence and offset */
};

enum status rule_trials_init(struct rule_trials *trials, const struct rule_desk *desk,
                             struct fault *fault) MUST_CHECK;
void rule_trials_release(struct rule_trials *trials);

/* Runs the sample through the rules whose path is `rules`. STATUS_DAMAGED when it could not be read
 * whole. */
enum status rule_trial(struct rule_trials *trials, const char *rules, const char *sample,
                       struct fault *fault) MUST_CHECK;

#endif
