/* Which rules the command line wants, and what it says of their levels. */
#ifndef IMPOUND_CLI_RULE_CHOICE_H
#define IMPOUND_CLI_RULE_CHOICE_H

#include "cli/options.h"
#include "rules/load/load.h"

/* The options that several commands share. */
struct rule_options {
    struct text_list sources, placeholders, pipelines, statuses, excluded, tags;
    const char *cache, *logsources, *min_level, *levels;
};

#define RULE_SOURCE_OPTIONS(at)                                                                  \
    {"rules",                                                                                    \
     'r',                                                                                        \
     "DIR|FILE|BUNDLE",                                                                          \
     OPTION_LIST,                                                                                \
     at + offsetof(struct rule_options, sources),                                                \
     NULL,                                                                                       \
     "rules instead of the built-in pack; `builtin` adds it back"},                              \
        {"cache",                                                                                \
         0,                                                                                      \
         "DIR|none",                                                                             \
         OPTION_TEXT,                                                                            \
         at + offsetof(struct rule_options, cache),                                              \
         NULL,                                                                                   \
         "where compiled rules are kept"},                                                       \
        {"logsources",                                                                           \
         0,                                                                                      \
         "FILE",                                                                                 \
         OPTION_TEXT,                                                                            \
         at + offsetof(struct rule_options, logsources),                                         \
         NULL,                                                                                   \
         "another table of log sources"},                                                        \
        {"placeholders",                                                                         \
         0,                                                                                      \
         "FILE",                                                                                 \
         OPTION_LIST,                                                                            \
         at + offsetof(struct rule_options, placeholders),                                       \
         NULL,                                                                                   \
         "values for %placeholders% in rules"},                                                  \
    {                                                                                            \
        "pipeline", 0, "FILE", OPTION_LIST, at + offsetof(struct rule_options, pipelines), NULL, \
            "a pySigma processing pipeline"                                                      \
    }

#define RULE_FILTER_OPTIONS(at)                                                                   \
    {"min-level",                                                                                 \
     'm',                                                                                         \
     "LEVEL",                                                                                     \
     OPTION_CHOICE,                                                                               \
     at + offsetof(struct rule_options, min_level),                                               \
     "informational|low|medium|high|critical|info|med|crit",                                      \
     "leave out rules below this level"},                                                         \
        {"status",                                                                                \
         0,                                                                                       \
         "STATUS",                                                                                \
         OPTION_LIST,                                                                             \
         at + offsetof(struct rule_options, statuses),                                            \
         NULL,                                                                                    \
         "only rules of this status (again for more; default: all but deprecated, unsupported)"}, \
        {"exclude-id",                                                                            \
         0,                                                                                       \
         "ID",                                                                                    \
         OPTION_LIST,                                                                             \
         at + offsetof(struct rule_options, excluded),                                            \
         NULL,                                                                                    \
         "leave out this rule"},                                                                  \
        {"tag",                                                                                   \
         0,                                                                                       \
         "TAG",                                                                                   \
         OPTION_LIST,                                                                             \
         at + offsetof(struct rule_options, tags),                                                \
         NULL,                                                                                    \
         "only rules with this tag, or one that begins with it and a dot"},                       \
    {                                                                                             \
        "levels", 0, "FILE", OPTION_TEXT, at + offsetof(struct rule_options, levels), NULL,       \
            "levels of your own: lines of a rule's id and a level"                                \
    }

/* Loads the rules that the options name; warns of what the cache did. */
enum status rule_choice_load(const struct rule_options *options, struct names *fields,
                             struct load_result *loaded, struct fault *fault) MUST_CHECK;

struct rule_choice {
    uint32_t count;
    bool *is_wanted;          /* its findings are shown */
    bool *is_off;             /* it does not run at all */
    enum sigma_level *levels; /* as shown */
};

/* STATUS_INVALID when an option or the file of levels is wrong. */
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
