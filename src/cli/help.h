/* What the commands are for, told on standard output. */
#ifndef IMPOUND_CLI_HELP_H
#define IMPOUND_CLI_HELP_H

#include "cli/options.h"

/* One command with its options. */
void help_command(const struct command *command);

/* All commands whose names begin with the word `prefix`, or all of them when it is empty; false
 * when there is none. */
bool help_list(const char *prefix);

#endif
