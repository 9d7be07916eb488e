/* From rule files to a rule set: the built-in pack, files, folders and bundles, compiled, or taken
 * from the cache when exactly the same was compiled before.
 *
 * Reads rules only; touches no evidence. Everything is read before the sandbox closes. */
#ifndef IMPOUND_RULES_LOAD_H
#define IMPOUND_RULES_LOAD_H

#include "rules/rules.h"

#define LOAD_FILE_MAX (16U << 20)  /* bytes of one rule file */
#define LOAD_ALL_MAX  (512U << 20) /* bytes of all of them */

struct load_options {
    const char *const *sources; /* folders, files, bundles, `builtin`; none: the built-in pack */
    size_t source_count;
    const char *bundles;    /* the folder in which bundles have names, or NULL */
    const char *cache;      /* a folder for compiled rule sets, or NULL: none */
    const char *logsources; /* the user's own table, or NULL: the built-in one */
    struct sigma_options sigma;
};

struct load_result {
    struct ruleset *ruleset;
    uint64_t hash; /* of all that the rules were made from */
    bool is_from_cache;
    char warning[FAULT_REASON_MAX]; /* why the cache was of no use; empty: nothing to say */
};

/* STATUS_INVALID with the reason when a source cannot be read or a table is wrong; single rules
 * that are wrong are refusals of the rule set. */
enum status rules_load(const struct load_options *options, struct names *fields,
                       struct load_result *result, struct fault *fault) MUST_CHECK;

#endif
