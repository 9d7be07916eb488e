/* The table of commands; a command is a file and a row here. */
#ifndef IMPOUND_CLI_COMMANDS_H
#define IMPOUND_CLI_COMMANDS_H

#include "cli/options.h"

extern const struct command command_dump;
extern const struct command command_scan;

/* All commands, in the order of help. */
extern const struct command *const commands[];
extern const size_t command_count;

/* Prints a command's help, or the list of commands. */
void help_command(const struct command *command);
void help_all(void);

#endif
