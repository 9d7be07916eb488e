/* Which events a rule's log source means: the table in data/logsources.yaml, or the user's own.
 *
 * A log source is one or more alternatives (process_creation is Sysmon 1 and Security 4688), each a
 * set of conditions on fields of the event and a translation of field names. */
#ifndef IMPOUND_RULES_SIGMA_LOGSOURCE_H
#define IMPOUND_RULES_SIGMA_LOGSOURCE_H

#include "rules/sigma/sigma.h"

/* The field must have one of the values; compared without case. A value may end in * . */
struct logsource_condition {
    const char *field;
    const char *const *values;
    uint32_t count;
};

/* What rules write for a value, and what the events have instead. A rule's value that occurs more
 * than once stands for any of its event values. */
struct logsource_value {
    const char *rule_value; /* compared without case to a text without wildcards */
    const char *event_value;
};

struct logsource_translation {
    const char *rule_field;
    const char *event_field; /* may be the same, where only values differ */
    const struct logsource_value *values;
    uint32_t value_count;
};

struct logsource_alternative {
    const struct logsource_condition *conditions; /* all must hold; none: any event */
    uint32_t condition_count;
    const struct logsource_translation *translations;
    uint32_t translation_count;
    const char *audit; /* the setting that makes Windows log it, for `blind`; may be NULL */
};

struct logsource_table;

/* The text of data/logsources.yaml, as it was when the program was built. */
struct bytes logsource_builtin(void);

/* Reads a table. STATUS_INVALID with the line in fault->offset. Free with logsource_free. */
enum status logsource_parse(struct bytes text, struct logsource_table **table,
                            struct fault *fault) MUST_CHECK;
void logsource_free(struct logsource_table *table);

/* The alternatives of a log source; their number in *count. Category, service and product that a
 * rule names must all fit. NULL and 0 when the table has no such log source (the rule is blind). */
const struct logsource_alternative *logsource_find(const struct logsource_table *table,
                                                   const struct sigma_logsource *logsource,
                                                   uint32_t *count);

#endif
