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

bool options_next(const struct command *command, struct option_walk *at)
{
    if (!at->group) {
        at->group = command->groups;
        at->option = at->group->options;
    } else {
        at->option++;
    }
    while (at->option && !at->option->name) {
        at->group++;
        at->option = at->group->options;
    }
    return at->option != NULL;
}

/* Where an option keeps what was given. */
static void *place_of(const struct option_walk *at, void *arguments)
{
    return (char *)arguments + at->group->offset + at->option->offset;
}

static struct text_list *positional_of(const struct command *command, void *arguments)
{
    return (struct text_list *)(void *)((char *)arguments + command->positional);
}

static enum status option_set(const struct option_walk *at, const char *text, void *arguments,
                              struct fault *fault)
{
    const struct option *option = at->option;
    void *const place = place_of(at, arguments);
    if (option->choices && !is_choice(option->choices, text))
        return fault_set(fault, STATUS_INVALID, 0, "--%s takes %s, not `%s`", option->name,
                         option->choices, text);
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)place = true;
        return STATUS_OK;
    case OPTION_TEXT:
        *(const char **)place = text;
        return STATUS_OK;
    case OPTION_LIST:
        return text_list_add((struct text_list *)place, text)
                   ? STATUS_OK
                   : fault_set(fault, STATUS_INVALID, 0, "--%s is given too often", option->name);
    case OPTION_NUMBER:
        return number_parse(text, (unsigned *)place) == STATUS_OK
                   ? STATUS_OK
                   : fault_set(fault, STATUS_INVALID, 0, "--%s takes a number, not `%s`",
                               option->name, text);
    }
    return STATUS_INVALID;
}

static bool find_name(const struct command *command, const char *name, size_t length,
                      struct option_walk *at)
{
    *at = (struct option_walk){0};
    while (options_next(command, at))
        if (strncmp(at->option->name, name, length) == 0 && !at->option->name[length])
            return true;
    return false;
}

static bool find_letter(const struct command *command, char letter, struct option_walk *at)
{
    *at = (struct option_walk){0};
    while (options_next(command, at))
        if (at->option->letter == letter)
            return true;
    return false;
}

/* What is left of the command line. */
struct words {
    char **next;
    char **end;
};

static enum status with_argument(const struct option_walk *at, const char *attached,
                                 struct words *words, void *arguments, struct fault *fault)
{
    const struct option *option = at->option;
    if (option->kind == OPTION_FLAG)
        return attached ? fault_set(fault, STATUS_INVALID, 0, "--%s takes no value", option->name)
                        : option_set(at, NULL, arguments, fault);
    if (!attached) {
        if (words->next == words->end)
            return fault_set(fault, STATUS_INVALID, 0, "--%s needs a value", option->name);
        attached = *words->next++;
    }
    return option_set(at, attached, arguments, fault);
}

static enum status long_parse(const struct command *command, const char *word, struct words *words,
                              void *arguments, struct fault *fault)
{
    const char *name = word + 2;
    const char *equals = strchr(name, '=');
    const size_t length = equals ? (size_t)(equals - name) : strlen(name);
    if (length == 4 && strncmp(name, "help", 4) == 0)
        return STATUS_END;
    struct option_walk at;
    if (!find_name(command, name, length, &at))
        return fault_set(fault, STATUS_INVALID, 0, "no option --%.*s; see `impound %s --help`",
                         (int)length, name, command->name);
    return with_argument(&at, equals ? equals + 1 : NULL, words, arguments, fault);
}

/* -q, -qK, -m high, -mhigh */
static enum status letters_parse(const struct command *command, const char *word,
                                 struct words *words, void *arguments, struct fault *fault)
{
    for (const char *letter = word + 1; *letter; letter++) {
        struct option_walk at;
        const bool is_known = find_letter(command, *letter, &at);
        if (!is_known && *letter == 'h')
            return STATUS_END;
        if (!is_known)
            return fault_set(fault, STATUS_INVALID, 0, "no option -%c; see `impound %s --help`",
                             *letter, command->name);
        if (at.option->kind != OPTION_FLAG)
            return with_argument(&at, letter[1] ? letter + 1 : NULL, words, arguments, fault);
        const enum status status = option_set(&at, NULL, arguments, fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static enum status positional_add(const struct command *command, const char *word, void *arguments,
                                  struct fault *fault)
{
    if (!command->arguments)
        return fault_set(fault, STATUS_INVALID, 0, "impound %s takes no arguments", command->name);
    return text_list_add(positional_of(command, arguments), word)
               ? STATUS_OK
               : fault_set(fault, STATUS_INVALID, 0, "too many arguments");
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
        else
            status = positional_add(command, word, arguments, fault);
        if (status)
            return status;
    }
    return STATUS_OK;
}

static void list_release(struct text_list *list)
{
    free(list->items);
    *list = (struct text_list){0}; /* an option may share the list of what is no option */
}

void options_release(const struct command *command, void *arguments)
{
    struct option_walk at = {0};
    if (command->arguments)
        list_release(positional_of(command, arguments));
    while (options_next(command, &at))
        if (at.option->kind == OPTION_LIST)
            list_release(place_of(&at, arguments));
}
