#include "cli/help.h"

#include "cli/commands.h"

#include <stdio.h>
#include <string.h>

#define LINE_COLUMNS   96
#define OPTION_COLUMNS 30 /* in front of what an option does */
#define NAME_COLUMNS   21 /* in front of what a command does */

/* Prints the words of a line of text from column `at` on, with `indent` columns in front of further
 * lines. Columns are bytes: what help says is ASCII, but for an ellipsis here and there. Returns
 * what stands behind the line. */
static const char *wrapped_print(const char *text, size_t at, size_t indent)
{
    while (*text && *text != '\n') {
        const size_t length = strcspn(text, " \n");
        if (at > indent && at + 1 + length > LINE_COLUMNS) {
            printf("\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)length, text);
        at += length;
        text += length;
        text += strspn(text, " ");
    }
    return text;
}

/* Paragraphs are lines; a line that begins with blanks stands as it is. */
static void detail_print(const char *detail)
{
    while (*detail) {
        const bool is_bare = *detail == ' ';
        const size_t length = strcspn(detail, "\n");
        putchar('\n');
        if (is_bare)
            printf("%.*s", (int)length, detail);
        detail = is_bare ? detail + length : wrapped_print(detail, 0, 0);
        putchar('\n');
        detail += *detail == '\n';
    }
}

static void left_print(const char *left, size_t columns)
{
    const size_t length = strlen(left);
    if (length < columns)
        printf("%s%*s", left, (int)(columns - length), "");
    else
        printf("%s\n%*s", left, (int)columns, "");
}

static void option_print(const struct option *option)
{
    char left[96], text[512];
    snprintf(left, sizeof(left), "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
             option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
             option->argument ? " " : "", option->argument ? option->argument : "");
    snprintf(text, sizeof(text), "%s%s%s%s", option->help, option->choices ? ": " : "",
             option->choices ? option->choices : "", "");
    left_print(left, OPTION_COLUMNS);
    wrapped_print(text, OPTION_COLUMNS, OPTION_COLUMNS);
    putchar('\n');
}

void help_command(const struct command *command)
{
    printf("impound %s [OPTION…]%s%s\n\n%s.\n", command->name, command->arguments ? " " : "",
           command->arguments ? command->arguments : "", command->help);
    if (command->detail)
        detail_print(command->detail);
    const struct option_group *group = NULL;
    struct option_walk at = {0};
    while (options_next(command, &at)) {
        if (!group || strcmp(group->title, at.group->title) != 0)
            printf("\n%s:\n", at.group->title);
        group = at.group;
        option_print(at.option);
    }
    left_print("\n  -h, --help", OPTION_COLUMNS + 1);
    puts("show this help");
}

static bool begins_with_word(const char *name, const char *word)
{
    const size_t length = strlen(word);
    return length == 0 ||
           (strncmp(name, word, length) == 0 && (name[length] == ' ' || !name[length]));
}

bool help_list(const char *prefix)
{
    bool is_found = false;
    for (size_t i = 0; i < command_count; i++) {
        if (!begins_with_word(commands[i]->name, prefix))
            continue;
        if (!is_found)
            printf("%s\n",
                   *prefix ? "Commands:"
                           : "impound finds Impacket in the evidence of a network.\n\nCommands:");
        is_found = true;
        printf("  %-*s%s\n", NAME_COLUMNS - 2, commands[i]->name, commands[i]->help);
    }
    if (is_found)
        puts("\n`impound COMMAND --help` tells a command's options.");
    return is_found;
}
