/* Which rules the command line wants, and what it says of their levels. */
#ifndef IMPOUND_CLI_RULE_CHOICE_H
#define IMPOUND_CLI_RULE_CHOICE_H

#include "cli/options.h"
#include "rules/load/load.h"

struct rule_options {
    struct text_list sources, placeholders, pipelines, statuses, excluded, tags;
    const char *cache, *logsources, *min_level, *levels;
};

#define LEVEL_CHOICES "informational|low|medium|high|critical|info|med|crit"

/* Where rules come from; and which of them count. */
extern const struct option rule_source_options[], rule_filter_options[];

/* Loads the rules that the options name; warns of what the cache did. */
enum status rule_choice_load(const struct rule_options *options, struct names *fields,
                             struct load_result *loaded, struct fault *fault) MUST_CHECK;

/* Warns of refused rules, if there are any. */
void rule_refusals_warn(uint32_t count);

struct rule_choice {
    uint32_t count;
    bool *is_fitting;         /* the filters let it through */
    bool *is_wanted;          /* and it is not silent: its findings are shown */
    bool *is_off;             /* it does not run at all */
    enum sigma_level *levels; /* as shown */
};

/* STATUS_INVALID when the file of levels is wrong. */
enum status rule_choice_make(const struct rule_options *options, const struct ruleset *ruleset,
                             struct rule_choice *choice, struct fault *fault) MUST_CHECK;
void rule_choice_release(struct rule_choice *choice);

/* Sigma's word or Hayabusa's abbreviation. */
bool level_parse(const char *text, enum sigma_level *level);

/* Folders of this user: made of XDG_CACHE_HOME and XDG_DATA_HOME or HOME; NULL when neither is
 * set. To be freed. */
char *user_cache_folder(void);
char *user_bundle_folder(void);

#endif
