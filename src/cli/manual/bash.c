/* One function; a case for each command, in it a case for each option that takes something. */
#include "cli/manual/manual.h"

static void option_names(struct buffer *to, const struct option *option, const char *between)
{
    buffer_format(to, "--%s", option->name);
    if (option->letter)
        buffer_format(to, "%s-%c", between, option->letter);
}

static void options_write(struct buffer *to, const struct command *command)
{
    struct option_walk at = {0};
    buffer_text(to, "            options='--help -h");
    while (options_next(command, &at)) {
        buffer_byte(to, ' ');
        option_names(to, at.option, " ");
    }
    buffer_text(to, "'\n");
}

static void values_write(struct buffer *to, const struct command *command)
{
    struct option_walk at = {0};
    buffer_text(to, "            case $previous in\n");
    while (options_next(command, &at)) {
        const enum manual_value value = manual_value_of(at.option);
        if (value == MANUAL_NONE)
            continue;
        buffer_text(to, "                ");
        option_names(to, at.option, "|");
        if (value == MANUAL_CHOICE) {
            buffer_text(to, ") values='");
            manual_choices(to, at.option, " ");
            buffer_text(to, "' ;;\n");
        } else {
            buffer_text(to, value == MANUAL_PATH ? ") values=FILES ;;\n" : ") values=NONE ;;\n");
        }
    }
    buffer_text(to, "            esac\n");
}

static void command_write(struct buffer *to, const struct command *command)
{
    buffer_format(to, "        '%s')\n", command->name);
    options_write(to, command);
    values_write(to, command);
    buffer_text(to, "            ;;\n");
}

/* The words that may stand first, and those that may stand behind one of them. */
static void words_write(struct buffer *to)
{
    buffer_text(to, "    local first='help");
    for (size_t i = 0; i < command_count; i++) {
        const size_t group = manual_group_length(commands[i]);
        if (!group)
            buffer_format(to, " %s", commands[i]->name);
        else if (!manual_is_group_known(i))
            buffer_format(to, " %.*s", (int)group, commands[i]->name);
    }
    buffer_text(to, "'\n    local second=''\n    case ${COMP_WORDS[1]} in\n");
    for (size_t i = 0; i < command_count; i++) {
        const size_t group = manual_group_length(commands[i]);
        if (!group || manual_is_group_known(i))
            continue;
        buffer_format(to, "        %.*s) second='", (int)group, commands[i]->name);
        for (size_t j = i; j < command_count; j++)
            if (manual_group_length(commands[j]) == group &&
                memcmp(commands[j]->name, commands[i]->name, group) == 0)
                buffer_format(to, "%s%s", j > i ? " " : "", commands[j]->name + group + 1);
        buffer_text(to, "' ;;\n");
    }
    buffer_text(to, "        help) second=$first ;;\n    esac\n");
}

static const char head[] = "# bash completion for impound\n"
                           "_impound() {\n"
                           "    local current=${COMP_WORDS[COMP_CWORD]}\n"
                           "    local previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                           "    local command=${COMP_WORDS[1]} options='' values=''\n"
                           "    COMPREPLY=()\n";

static const char middle[] =
    "    if ((COMP_CWORD == 1)); then\n"
    "        COMPREPLY=($(compgen -W \"$first --help --version\" -- \"$current\"))\n"
    "        return\n"
    "    fi\n"
    "    if [[ $second ]]; then\n"
    "        if ((COMP_CWORD == 2)); then\n"
    "            COMPREPLY=($(compgen -W \"$second\" -- \"$current\"))\n"
    "            return\n"
    "        fi\n"
    "        command+=\" ${COMP_WORDS[2]}\"\n"
    "    fi\n"
    "    case $command in\n";

static const char tail[] = "    esac\n"
                           "    if [[ $values == NONE ]]; then\n"
                           "        return\n"
                           "    elif [[ $values && $values != FILES ]]; then\n"
                           "        COMPREPLY=($(compgen -W \"$values\" -- \"$current\"))\n"
                           "    elif [[ ! $values && $current == -* ]]; then\n"
                           "        COMPREPLY=($(compgen -W \"$options\" -- \"$current\"))\n"
                           "    else\n"
                           "        compopt -o filenames 2>/dev/null\n"
                           "        COMPREPLY=($(compgen -f -- \"$current\"))\n"
                           "    fi\n"
                           "}\n"
                           "complete -F _impound impound\n";

void manual_bash(struct buffer *to)
{
    buffer_text(to, head);
    words_write(to);
    buffer_text(to, middle);
    for (size_t i = 0; i < command_count; i++)
        command_write(to, commands[i]);
    buffer_text(to, tail);
}
