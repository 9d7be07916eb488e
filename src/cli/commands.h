/* The table of commands; a command is a file in commands/ and a row in commands.c. */
#ifndef IMPOUND_CLI_COMMANDS_H
#define IMPOUND_CLI_COMMANDS_H

#include "cli/options.h"

extern const struct command command_contain;
extern const struct command command_dump;
extern const struct command command_engagement_check;
extern const struct command command_engagement_new;
extern const struct command command_engagement_show;
extern const struct command command_engagement_verify;
extern const struct command command_fields;
extern const struct command command_rules_explain;
extern const struct command command_rules_import;
extern const struct command command_rules_lint;
extern const struct command command_rules_list;
extern const struct command command_rules_test;
extern const struct command command_scan;
extern const struct command command_search;
extern const struct command command_summary;
extern const struct command command_verdict;
extern const struct command command_version;

/* All commands, in the order of help. */
extern const struct command *const commands[];
extern const size_t command_count;

#endif
