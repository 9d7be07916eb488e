/* A function for each command, which hands its options to _arguments. */
#include "cli/manual/manual.h"

#include <stdio.h>

/* Between quotes, in a description. */
static void description(struct buffer *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            buffer_text(to, "'\\''");
        else if (strchr("[]:\\", *text))
            buffer_format(to, "\\%c", *text);
        else
            buffer_byte(to, (uint8_t)*text);
    }
}

static void function_name(struct buffer *to, const char *name)
{
    buffer_text(to, "_impound_");
    for (; *name; name++)
        buffer_byte(to, (uint8_t)(*name == ' ' ? '_' : *name));
}

static void names_write(struct buffer *to, const struct option *option)
{
    const bool is_list = option->kind == OPTION_LIST;
    const bool is_flag = !option->argument;
    const char *again = is_list ? "*" : "";
    if (!option->letter) {
        buffer_format(to, "'%s--%s%s", again, option->name, is_flag ? "" : "=");
        return;
    }
    if (!is_list)
        buffer_format(to, "'(-%c --%s)'", option->letter, option->name);
    else
        buffer_text(to, "'*'");
    buffer_format(to, "{-%c%s,--%s%s}'", option->letter, is_flag ? "" : "+", option->name,
                  is_flag ? "" : "=");
}

static void option_write(struct buffer *to, const struct option *option)
{
    buffer_text(to, "        ");
    names_write(to, option);
    buffer_byte(to, '[');
    description(to, option->help);
    buffer_byte(to, ']');
    if (option->argument) {
        buffer_byte(to, ':');
        description(to, option->argument);
    }
    switch (manual_value_of(option)) {
    case MANUAL_CHOICE:
        buffer_text(to, ":(");
        manual_choices(to, option, " ");
        buffer_byte(to, ')');
        break;
    case MANUAL_PATH:
        buffer_text(to, ":_files");
        break;
    case MANUAL_ANYTHING:
        buffer_text(to, ": ");
        break;
    case MANUAL_NONE:
        break;
    }
    buffer_text(to, "' \\\n");
}

static void command_write(struct buffer *to, const struct command *command)
{
    struct option_walk at = {0};
    function_name(to, command->name);
    buffer_text(to, "() {\n    _arguments -s \\\n");
    while (options_next(command, &at))
        option_write(to, at.option);
    buffer_text(to, "        '(-h --help)'{-h,--help}'[show help]'");
    if (manual_takes_paths(command))
        buffer_text(to, " \\\n        '*:path:_files'");
    buffer_text(to, "\n}\n\n");
}

/* The commands behind a first word, or the first words when it is empty. */
static void level_write(struct buffer *to, const char *function, const char *group)
{
    const size_t length = strlen(group);
    buffer_format(to, "%s() {\n    local -a names=(\n", function);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = commands[i];
        const size_t own = manual_group_length(command);
        const bool is_here = length ? own == length && memcmp(command->name, group, own) == 0
                                    : !manual_is_group_known(i);
        if (!is_here)
            continue;
        buffer_text(to, "        '");
        if (length)
            buffer_text(to, command->name + length + 1);
        else
            buffer_bytes(to, command->name, own ? own : strlen(command->name));
        buffer_byte(to, ':');
        description(to, !length && own ? "More commands" : command->help);
        buffer_text(to, "'\n");
    }
    buffer_text(to, length ? "    )\n" : "        'help:Show help'\n    )\n");
    buffer_text(to, "    _describe command names\n}\n\n");
}

static void groups_write(struct buffer *to)
{
    for (size_t i = 0; i < command_count; i++) {
        const size_t length = manual_group_length(commands[i]);
        if (!length || manual_is_group_known(i))
            continue;
        char group[64], function[96];
        snprintf(group, sizeof(group), "%.*s", (int)length, commands[i]->name);
        snprintf(function, sizeof(function), "_impound_%s", group);
        level_write(to, function, group);
    }
}

static const char tail[] = "_impound() {\n"
                           "    if ((CURRENT == 2)); then\n"
                           "        _impound_commands\n"
                           "        return\n"
                           "    fi\n"
                           "    local name=_impound_${words[2]}\n"
                           "    if ((CURRENT > 3)) && (($+functions[${name}_${words[3]}])); then\n"
                           "        name+=_${words[3]}\n"
                           "        shift words\n"
                           "        ((CURRENT--))\n"
                           "    fi\n"
                           "    shift words\n"
                           "    ((CURRENT--))\n"
                           "    (($+functions[$name])) && $name\n"
                           "}\n\n"
                           "_impound \"$@\"\n";

void manual_zsh(struct buffer *to)
{
    buffer_text(to, "#compdef impound\n\n");
    for (size_t i = 0; i < command_count; i++)
        command_write(to, commands[i]);
    groups_write(to);
    level_write(to, "_impound_commands", "");
    buffer_text(to, tail);
}
