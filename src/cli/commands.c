#include "cli/commands.h"

const struct command *const commands[] = {
    &command_scan,
    &command_verdict,
    &command_contain,
    &command_search,
    &command_summary,
    &command_fields,
    &command_dump,
    &command_rules_lint,
    &command_rules_list,
    &command_rules_test,
    &command_rules_explain,
    &command_rules_import,
    &command_engagement_new,
    &command_engagement_check,
    &command_engagement_verify,
    &command_engagement_show,
    &command_version,
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);
