/* The slow, obvious reading of a rule: what matcher_run must agree with. It walks the syntax tree
 * for every event, renders values anew for every test and knows no index, plan or cache. */
#ifndef IMPOUND_TESTS_PROPERTY_ORACLE_H
#define IMPOUND_TESTS_PROPERTY_ORACLE_H

#include "event/event.h"
#include "rules/sigma/logsource.h"

/* Whether a rule of this log source fires. */
bool oracle_fires(const struct sigma_rule *rule, const struct logsource_table *table,
                  const struct event *event, const struct names *names);

#endif
