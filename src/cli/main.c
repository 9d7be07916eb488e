#include "cli/commands.h"
#include "cli/console.h"
#include "cli/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many of the words name the command: `rules lint` takes two. 0: not this one. */
static int name_words(const struct command *command, int count, char **words)
{
    const char *at = command->name;
    int used = 0;
    while (used < count) {
        const size_t length = strcspn(at, " ");
        if (strncmp(words[used], at, length) != 0 || words[used][length])
            return 0;
        used++;
        if (!at[length])
            return used;
        at += length + 1;
    }
    return 0;
}

static int command_run(const struct command *command, int count, char **words)
{
    void *arguments = calloc(1, command->size);
    struct fault fault = {0};
    if (!arguments) {
        console_error("no memory");
        return EXIT_USAGE;
    }
    int result = EXIT_USAGE;
    const enum status status = options_parse(command, count, words, arguments, &fault);
    if (status == STATUS_OK) {
        result = command->run(arguments);
    } else if (status == STATUS_END) {
        help_command(command);
        result = EXIT_DONE;
    } else {
        console_error("%s", fault.reason);
    }
    options_release(command, arguments);
    free(arguments);
    return result;
}

int main(int count, char **words)
{
    command_line_keep(count, words);
    if (count < 2) {
        help_all();
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < command_count; i++) {
        const int used = name_words(commands[i], count - 1, words + 1);
        if (used)
            return command_run(commands[i], count - 1 - used, words + 1 + used);
    }
    if (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0 ||
        strcmp(words[1], "help") == 0) {
        help_all();
        return EXIT_DONE;
    }
    console_error("no command `%s`; see `impound --help`", words[1]);
    return EXIT_USAGE;
}
