#include "cli/options.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

bool text_list_add(struct text_list *list, const char *text)
{
    if (list->count == list->room) {
        const size_t room = list->room ? list->room * 2 : 8;
        const char **items =
            list->room >= TEXT_LIST_MAX ? NULL : realloc(list->items, room * sizeof(*items));
        if (!items)
            return false;
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = text;
    return true;
}

static bool is_choice(const char *choices, const char *text)
{
    const size_t length = strlen(text);
    for (const char *at = choices; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, text, length) == 0 && (at[length] == '|' || !at[length]))
            return true;
    }
    return false;
}

static enum status number_parse(const char *text, unsigned *number)
{
    char *end;
    errno = 0;
    const unsigned long read = strtoul(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || read > UINT_MAX)
        return STATUS_INVALID;
    *number = (unsigned)read;
    return STATUS_OK;
}

static enum status option_set(const struct option *option, const char *text, void *arguments,
                              struct fault *fault)
{
    char *const place = (char *)arguments + option->offset;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)place = true;
        return STATUS_OK;
    case OPTION_CHOICE:
        if (!is_choice(option->choices, text))
            return fault_set(fault, STATUS_INVALID, 0, "--%s takes %s, not `%s`", option->name,
                             option->choices, text);
        *(const char **)(void *)place = text;
        return STATUS_OK;
    case OPTION_TEXT:
        *(const char **)(void *)place = text;
        return STATUS_OK;
    case OPTION_LIST:
        return text_list_add((struct text_list *)(void *)place, text)
                   ? STATUS_OK
                   : fault_set(fault, STATUS_INVALID, 0, "--%s is given too often", option->name);
    case OPTION_NUMBER:
        return number_parse(text, (unsigned *)(void *)place) == STATUS_OK
                   ? STATUS_OK
                   : fault_set(fault, STATUS_INVALID, 0, "--%s takes a number, not `%s`",
                               option->name, text);
    }
    return STATUS_INVALID;
}

static const struct option *find_name(const struct command *command, const char *name,
                                      size_t length)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (strncmp(command->options[i].name, name, length) == 0 &&
            !command->options[i].name[length])
            return &command->options[i];
    return NULL;
}

static const struct option *find_letter(const struct command *command, char letter)
{
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].letter == letter)
            return &command->options[i];
    return NULL;
}

/* What is left of the command line. */
struct words {
    char **next;
    char **end;
};

static enum status with_argument(const struct option *option, const char *attached,
                                 struct words *words, void *arguments, struct fault *fault)
{
    if (option->kind == OPTION_FLAG)
        return attached ? fault_set(fault, STATUS_INVALID, 0, "--%s takes no value", option->name)
                        : option_set(option, NULL, arguments, fault);
    if (!attached) {
        if (words->next == words->end)
            return fault_set(fault, STATUS_INVALID, 0, "--%s needs a value", option->name);
        attached = *words->next++;
    }
    return option_set(option, attached, arguments, fault);
}

static enum status long_parse(const struct command *command, const char *word, struct words *words,
                              void *arguments, struct fault *fault)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    const size_t length = equals ? (size_t)(equals - name) : strlen(name);
    if (length == 4 && strncmp(name, "help", 4) == 0)
        return STATUS_END;
    const struct option *option = find_name(command, name, length);
    if (!option)
        return fault_set(fault, STATUS_INVALID, 0, "no option --%.*s; see `impound %s --help`",
                         (int)length, name, command->name);
    return with_argument(option, equals ? equals + 1 : NULL, words, arguments, fault);
}

/* -q, -qK, -m high, -mhigh */
static enum status letters_parse(const struct command *command, const char *word,
                                 struct words *words, void *arguments, struct fault *fault)
{
    for (const char *at = word + 1; *at; at++) {
        const struct option *option = find_letter(command, *at);
        if (!option && *at == 'h')
            return STATUS_END;
        if (!option)
            return fault_set(fault, STATUS_INVALID, 0, "no option -%c; see `impound %s --help`",
                             *at, command->name);
        if (option->kind != OPTION_FLAG)
            return with_argument(option, at[1] ? at + 1 : NULL, words, arguments, fault);
        const enum status status = option_set(option, NULL, arguments, fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

enum status options_parse(const struct command *command, int count, char **words_given,
                          void *arguments, struct fault *fault)
{
    struct words words = {words_given, words_given + count};
    bool only_positional = false;
    while (words.next < words.end) {
        const char *word = *words.next++;
        enum status status = STATUS_OK;
        if (!only_positional && strcmp(word, "--") == 0)
            only_positional = true;
        else if (!only_positional && word[0] == '-' && word[1] == '-')
            status = long_parse(command, word, &words, arguments, fault);
        else if (!only_positional && word[0] == '-' && word[1])
            status = letters_parse(command, word, &words, arguments, fault);
        else if (!text_list_add(
                     (struct text_list *)(void *)((char *)arguments + command->positional), word))
            status = fault_set(fault, STATUS_INVALID, 0, "too many arguments");
        if (status)
            return status;
    }
    return STATUS_OK;
}

void options_release(const struct command *command, void *arguments)
{
    free(((struct text_list *)(void *)((char *)arguments + command->positional))->items);
    for (size_t i = 0; i < command->option_count; i++)
        if (command->options[i].kind == OPTION_LIST)
            free(((struct text_list *)(void *)((char *)arguments + command->options[i].offset))
                     ->items);
}
