#include "cli/commands.h"

const struct command *const commands[] = {
    &command_scan,
    &command_dump,
};

const size_t command_count = sizeof(commands) / sizeof(commands[0]);
