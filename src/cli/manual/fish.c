/* A line for each word and each option, with the condition under which it counts. */
#include "cli/manual/manual.h"

static void quoted(struct buffer *to, const char *text)
{
    buffer_byte(to, '\'');
    manual_escaped(to, text, "'\\", "\\");
    buffer_byte(to, '\'');
}

/* That the command's words were given. */
static void condition(struct buffer *to, const struct command *command)
{
    const size_t group = manual_group_length(command);
    if (!group)
        buffer_format(to, " -n '__fish_seen_subcommand_from %s'", command->name);
    else
        buffer_format(to,
                      " -n '__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s'",
                      (int)group, command->name, command->name + group + 1);
}

static void words_write(struct buffer *to)
{
    for (size_t i = 0; i < command_count; i++) {
        const char *name = commands[i]->name;
        const size_t group = manual_group_length(commands[i]);
        if (group && !manual_is_group_known(i))
            buffer_format(to,
                          "complete -c impound -f -n __fish_use_subcommand -a %.*s -d 'More "
                          "commands'\n",
                          (int)group, name);
        if (group)
            buffer_format(to,
                          "complete -c impound -f -n '__fish_seen_subcommand_from %.*s; and test "
                          "(count (commandline -opc)) -eq 2' -a %s -d ",
                          (int)group, name, name + group + 1);
        else
            buffer_format(to, "complete -c impound -f -n __fish_use_subcommand -a %s -d ", name);
        quoted(to, commands[i]->help);
        buffer_byte(to, '\n');
    }
}

static void option_write(struct buffer *to, const struct command *command,
                         const struct option *option)
{
    buffer_text(to, "complete -c impound");
    condition(to, command);
    if (option->letter)
        buffer_format(to, " -s %c", option->letter);
    buffer_format(to, " -l %s", option->name);
    switch (manual_value_of(option)) {
    case MANUAL_CHOICE:
        buffer_text(to, " -x -a '");
        manual_choices(to, option, " ");
        buffer_byte(to, '\'');
        break;
    case MANUAL_PATH:
        buffer_text(to, " -r -F");
        break;
    case MANUAL_ANYTHING:
        buffer_text(to, " -x");
        break;
    case MANUAL_NONE:
        break;
    }
    buffer_text(to, " -d ");
    quoted(to, option->help);
    buffer_byte(to, '\n');
}

void manual_fish(struct buffer *to)
{
    buffer_text(to, "# fish completion for impound\n");
    words_write(to);
    for (size_t i = 0; i < command_count; i++) {
        struct option_walk at = {0};
        while (options_next(commands[i], &at))
            option_write(to, commands[i], at.option);
    }
}
