/* What the commands that look at rules need: rules loaded, chosen, and everything that was refused,
 * correlations too. */
#ifndef IMPOUND_CLI_RULE_DESK_H
#define IMPOUND_CLI_RULE_DESK_H

#include "cli/output.h"
#include "cli/rule_choice.h"
#include "scan/scan.h"

struct rule_desk {
    struct names *fields;
    struct load_result loaded;
    struct rule_choice choice;
    struct scan *scan;             /* of no evidence: it knows which correlations cannot be run */
    struct sigma_refusal *refused; /* by path and line */
    uint32_t refused_count;
};

/* What a command does with them. */
typedef enum status rule_desk_work(void *context, const struct rule_desk *desk,
                                   struct output *output, struct fault *fault);

/* Loads the rules, opens the output, does the work. Returns the exit status; what went wrong was
 * said. */
int rule_desk_run(const struct rule_options *options, const char *output, rule_desk_work *work,
                  void *context);

/* Refused rules, and correlations that cannot be run. The texts are those of the rule set and the
 * scan; the list is to be freed. NULL without memory. */
struct sigma_refusal *rule_refusals(const struct ruleset *ruleset, const struct scan *scan,
                                    uint32_t *count);

#endif
