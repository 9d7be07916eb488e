#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

static void option_print(const struct option *option)
{
    char left[64];
    const int length =
        snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
    printf("%s%*s%s", left, length < 30 ? 30 - length : 1, "", option->help);
    if (option->choices)
        printf(" (%s)", option->choices);
    putchar('\n');
}

void help_command(const struct command *command)
{
    printf("impound %s [options] %s\n\n%s.\n", command->name,
           command->arguments ? command->arguments : "", command->help);
    if (command->detail)
        printf("\n%s\n", command->detail);
    puts("\nOptions:");
    for (size_t i = 0; i < command->option_count; i++)
        option_print(&command->options[i]);
    puts("  -h, --help                  show this help");
}

void help_all(void)
{
    puts("impound finds Impacket in the evidence of a network.\n\nCommands:");
    for (size_t i = 0; i < command_count; i++)
        printf("  %-16s %s\n", commands[i]->name, commands[i]->help);
    puts("\n`impound COMMAND --help` tells a command's options.");
}
