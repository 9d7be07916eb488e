#include "cli/version.h"

#include "build_version.h"

#include <stdio.h>
#include <string.h>

static char command[4096];

const char *version_number(void)
{
    return IMPOUND_VERSION;
}

const char *version_text(void)
{
    return IMPOUND_VERSION " (" IMPOUND_COMMIT ")";
}

const char *command_line(void)
{
    return command;
}

void command_line_keep(int count, char **words)
{
    size_t length = 0;
    for (int i = 0; i < count && length < sizeof(command); i++)
        length += (size_t)snprintf(command + length, sizeof(command) - length, "%s%s", i ? " " : "",
                                   i ? words[i] : "impound");
}
