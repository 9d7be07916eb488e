#include "cli/manual/manual.h"

enum manual_value manual_value_of(const struct option *option)
{
    if (!option->argument)
        return MANUAL_NONE;
    if (option->choices)
        return MANUAL_CHOICE;
    return strstr(option->argument, "FILE") || strstr(option->argument, "DIR") ? MANUAL_PATH
                                                                               : MANUAL_ANYTHING;
}

bool manual_takes_paths(const struct command *command)
{
    static const char *const words[] = {"PATH", "FILE", "DIR", "SOURCE"};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (command->arguments && strstr(command->arguments, words[i]))
            return true;
    return false;
}

size_t manual_group_length(const struct command *command)
{
    const char *blank = strchr(command->name, ' ');
    return blank ? (size_t)(blank - command->name) : 0;
}

bool manual_is_group_known(size_t index)
{
    const size_t length = manual_group_length(commands[index]);
    for (size_t i = 0; i < index; i++)
        if (length && manual_group_length(commands[i]) == length &&
            memcmp(commands[i]->name, commands[index]->name, length) == 0)
            return true;
    return false;
}

void manual_choices(struct buffer *to, const struct option *option, const char *between)
{
    for (const char *at = option->choices; *at; at++) {
        if (*at == '|')
            buffer_text(to, between);
        else
            buffer_byte(to, (uint8_t)*at);
    }
}

void manual_escaped(struct buffer *to, const char *text, const char *which, const char *before)
{
    for (; *text; text++) {
        if (strchr(which, *text))
            buffer_text(to, before);
        buffer_byte(to, (uint8_t)*text);
    }
}
