#include "cli/commands.h"
#include "cli/console.h"
#include "cli/help.h"
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

static const struct command *command_find(int count, char **words, int *used)
{
    for (size_t i = 0; i < command_count; i++) {
        *used = name_words(commands[i], count, words);
        if (*used)
            return commands[i];
    }
    return NULL;
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

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* `help`, `help scan`, `help rules`, `help rules lint`. */
static int help_run(int count, char **words)
{
    int used;
    const struct command *command = command_find(count, words, &used);
    if (command) {
        help_command(command);
        return EXIT_DONE;
    }
    if (help_list(count ? words[0] : ""))
        return EXIT_DONE;
    console_error("no command `%s`; see `impound --help`", words[0]);
    return EXIT_USAGE;
}

/* The first word of a command that has two, alone: what could follow. */
static int group_run(int count, char **words)
{
    const bool is_asked = count > 1 && is_help(words[1]);
    if ((count == 1 || is_asked) && help_list(words[0]))
        return is_asked ? EXIT_DONE : EXIT_USAGE;
    console_error("no command `%s%s%s`; see `impound --help`", words[0], count > 1 ? " " : "",
                  count > 1 ? words[1] : "");
    return EXIT_USAGE;
}

static int words_run(int count, char **words)
{
    int used;
    if (count == 0) {
        help_list("");
        return EXIT_USAGE;
    }
    const struct command *command = command_find(count, words, &used);
    if (command)
        return command_run(command, count - used, words + used);
    if (is_help(words[0]) || strcmp(words[0], "help") == 0)
        return help_run(count - 1, words + 1);
    if (strcmp(words[0], "--version") == 0 || strcmp(words[0], "-V") == 0) {
        printf("impound %s\n", version_text());
        return EXIT_DONE;
    }
    return group_run(count, words);
}

int main(int count, char **words)
{
    command_line_keep(count, words);
    console_begin();
    const int result = words_run(count - 1, words + 1);
    return console_end(result);
}
